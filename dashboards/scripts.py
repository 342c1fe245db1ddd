"""The browser's modules as they are served: read once, at an address that changes when one of them does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path


def digest(scripts: Mapping[str, bytes]) -> str:
    """What tells one version of all modules from another."""
    said = hashlib.sha256()
    for name, text in scripts.items():
        said.update(f"{name} {len(text)}\n".encode() + text)
    return said.hexdigest()[:16]


BROWSER = Path(__file__).parent / "browser"
SCRIPTS = {path.name: path.read_bytes() for path in sorted(BROWSER.glob("*.js"))}
PLACE = f"static/pages/{digest(SCRIPTS)}"  # relative to the page: what stands before it is the proxy's
ENTRY = f"""// all at once, not one level of imports after the other
const load = (name) => import(new URL(`{PLACE}/${{name}}`, document.baseURI).href);
const [{{ render }}] = await Promise.all({json.dumps(sorted(SCRIPTS, key="board.js".__ne__))}.map(load));
export {{ render }};
"""
