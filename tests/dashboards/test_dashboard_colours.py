"""Colours of the pages can be told apart by everybody, in the light and in the dark theme."""

import re
from itertools import combinations

import numpy as np
import pytest
from colours import SIGHT, ciede2000, over, rgb, seen
from places import ROOT

CSS = (ROOT / "dashboards" / "browser" / "board.css").read_text(encoding="utf-8")
JS = (ROOT / "dashboards" / "browser" / "charts.js").read_text(encoding="utf-8")
SECTORS = [f"s{n}" for n in range(8)]
APART, LEVELS_APART = 8.0, 6.0  # CIEDE2000; side by side, about 2 is seen at a glance
DARK = '.waterplan[data-theme="dark"]'


def palette(theme):
    start = CSS.index(DARK)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", CSS[:start]))
    if theme == "dark":
        colours |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", CSS[start : CSS.index("}", start)]))
    return {name: rgb(colour) for name, colour in colours.items()}


def least(colours, sight):
    """How far apart the two closest are."""
    return min(ciede2000(seen(one, sight), seen(other, sight)) for one, other in combinations(colours, 2))


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.1848, -84.8006), (50, 0, -82.7485), 1.0),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_differences_are_those_of_the_paper(one, other, difference):
    """Table 1 of Sharma, Wu, Dalal: The CIEDE2000 color-difference formula (2005)."""
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(difference, abs=5e-5)


@pytest.mark.parametrize("sight", SIGHT)
def test_greys_stay_grey_under_every_sight(sight):
    """The rows of Machado's matrices add up to 1: what has no colour has none for anybody."""
    assert SIGHT[sight].sum(axis=1) == pytest.approx([1, 1, 1], abs=2e-6)


def test_red_and_green_of_one_brightness_are_close_for_deuteranopia_only():
    red, green = rgb("#b35900"), rgb("#6b7a00")
    assert ciede2000(seen(red, "usual"), seen(green, "usual")) > 25
    assert ciede2000(seen(red, "deuteranopia"), seen(green, "deuteranopia")) < 8


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_sectors_and_bases_can_be_told_apart(theme, sight):
    colours = palette(theme)
    assert least([colours[name] for name in SECTORS], sight) >= APART
    bases = re.findall(r"i\.basis\.\w+ \{ background: var\(--(s\d)\); \}", CSS)
    assert len(bases) == 4
    assert least([colours[name] for name in bases], sight) >= APART


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_levels_of_a_sector_can_be_told_apart_on_their_track(theme, sight):
    colours = palette(theme)
    opacities = [float(text) for text in re.search(r"OPACITIES = \[([\d., ]+)\]", JS)[1].split(",")]
    track = colours["soft"]
    for sector in SECTORS[:5]:
        assert least([track, *(over(colours[sector], track, opacity) for opacity in opacities)], sight) >= LEVELS_APART


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_comes_anyway_can_be_told_from_a_programme_and_from_the_card(theme, sight):
    """Turnover and market are greys beside the accent; a sector's colour begins beside that of the market."""
    colours = palette(theme)
    parts = [colours[name] for name in ("turnover", "market", "accent", "card")]
    assert least(parts, sight) >= APART
