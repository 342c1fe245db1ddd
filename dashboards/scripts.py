"""The browser's modules as they are served: read once, under an address that changes when one of them does."""

from __future__ import annotations

import hashlib
from pathlib import Path

BROWSER = Path(__file__).parent / "browser"
SCRIPTS = {path.name: path.read_bytes() for path in sorted(BROWSER.glob("*.js"))}
DIGEST = hashlib.sha256(b"\0".join(name.encode() + b"\0" + text for name, text in SCRIPTS.items())).hexdigest()[:16]
PLACE = f"static/pages/{DIGEST}"  # relative to the page, whatever stands before it in the address
ENTRY = f'export const {{ render }} = await import(new URL("{PLACE}/board.js", document.baseURI).href);\n'
