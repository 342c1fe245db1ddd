"""Colours of charts on pages, in notebooks and in reports: a sector has the same everywhere, a level its depth of it.

Told apart with red-green and blue-yellow blindness too; tests/report/test_charts.py simulates both, and compares
with the style sheet of the pages in the browser.
"""

from __future__ import annotations

from collections.abc import Sequence

SECTORS = ("#0072b2", "#56b4e9", "#009e73", "#cc79a7", "#e69f00", "#d55e00", "#882255", "#14181d")
LEVELS = {"end_use": 1.0, "site": 0.62, "supply": 0.34}
ACCENT, INK, MUTED, LINE, SOFT, CARD = "#4348b0", "#17202b", "#566273", "#e2e7ec", "#eef1f5", "#ffffff"
TILE_DEPTH = 0.6  # of the accent on the tile where most is saved


def sector_colours(sectors: Sequence[str]) -> dict[str, str]:
    """The colour of each sector, by its place in the study.

    >>> sector_colours(["chemicals", "steel"])
    {'chemicals': '#0072b2', 'steel': '#56b4e9'}
    """
    return {str(label): SECTORS[place % len(SECTORS)] for place, label in enumerate(sectors)}


def blend(colour: str, depth: float, ground: str = CARD) -> str:
    """A colour that covers a ground to some depth, 0 to 1.

    >>> blend("#000000", 0.5), blend("#0072b2", 1)
    ('#808080', '#0072b2')
    """
    pairs = zip(_parts(colour), _parts(ground), strict=True)
    return "#" + "".join(f"{round(depth * above + (1 - depth) * below):02x}" for above, below in pairs)


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
