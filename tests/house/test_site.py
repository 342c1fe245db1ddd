"""The documentation as a site: it builds without a warning, names what is public, and loads nothing from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

import waterplan

pytest.importorskip("sphinx", reason="make site installs it")
SITE = ROOT / "build" / "site"

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site() -> Path:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "site" / "build.py", "--quick"], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return SITE


def test_every_public_name_has_its_place(site):
    page = (site / "site" / "names.html").read_text(encoding="utf-8")
    missing = [name for name in waterplan.__all__ if name[0] != "_" and f">{name}<" not in page]
    assert missing == []


def test_no_page_loads_anything_from_elsewhere(site):
    loaded = re.compile(r"""<(?:script|link|img|iframe|source)[^>]*?(?:src|href)=["'](https?:)?//""")
    assert [page.name for page in site.rglob("*.html") if loaded.search(page.read_text(encoding="utf-8"))] == []
    sheets = [sheet for sheet in site.rglob("*.css") if re.search(r"url\(.?https?:", sheet.read_text(encoding="utf-8"))]
    assert sheets == []


def test_formulas_are_drawn_without_a_script(site):
    page = (site / "model.html").read_text(encoding="utf-8")
    assert page.count("<math") > 25
    assert not re.search(r"<script[^>]*(mathjax|katex)", page, re.IGNORECASE)
