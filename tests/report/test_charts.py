"""Charts of a plan: they hold the plan's figures, in either backend and language, in colours that can be told apart."""

import re
from itertools import combinations

import holoviews as hv
import numpy as np
import pytest
from places import ROOT

from waterplan import Plan, charts, curve
from waterplan.base import formats, palette
from waterplan.base.errors import WaterplanError
from waterplan.report.charts.chart_tables import curve_steps
from waterplan.report.charts.drawing import drawing, fonts_of, known_fonts
from waterplan.study.scenario import Scenario

STYLE = ROOT / "dashboards" / "browser" / "board.css"
BLIND = {  # what is left of linear red, green and blue to those who lack a cone (Machado 2009, severity 1)
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


@pytest.fixture(scope="module")
def plan(planner):
    return Plan.of(planner.solve(Scenario(levers={"saving_target": 180})))


@pytest.fixture(scope="module")
def points(planner):
    return curve.curve(planner, Scenario(levers={"saving_target": 0.0}))


def numbers(drawn):
    """All numbers that a HoloViews object holds."""
    frames = drawn.traverse(lambda part: part.dframe(), [hv.Element])
    return np.concatenate([frame.select_dtypes("number").to_numpy(float).ravel() for frame in frames])


def holds(drawn, values):
    found = numbers(drawn)
    return all(np.isclose(found, value, rtol=1e-6, atol=1e-9).any() for value in values)


def texts(drawn):
    """All words that a HoloViews object holds."""
    frames = drawn.traverse(lambda part: part.dframe(), [hv.Element])
    return "\n".join(str(cell) for frame in frames if "text" in frame for cell in frame["text"])


@LANGUAGES
def test_the_map_tells_what_each_province_saves_and_its_shares(plan, language):
    told = texts(charts.province_map(plan, language))
    taken = plan.dataset["reference_withdrawal"].sum("product").to_series()
    saving = plan.dataset["saving_by_province"].to_series()
    for label, name in plan.study.provinces[f"name_{language}"].items():
        tile = next(lines for lines in told.split(name)[1:])
        number, _ = formats.quantity("hm3/a", saving[label], language, 2)
        assert tile.split("\n")[1].startswith(number[:4])
        assert f"{100 * saving[label] / saving.sum():.0f} | {100 * taken[label] / taken.sum():.0f}" in tile


@LANGUAGES
def test_the_path_holds_both_withdrawals(plan, language):
    factor = 0.01 if language == "zh" else 1.0
    drawn = charts.annual_path(plan, language)
    assert holds(drawn, plan.dataset["reference_path"].values * factor)
    assert holds(drawn, plan.dataset["planned_path"].values * factor)


def test_the_sectors_hold_every_level_one_on_the_other(plan):
    saving = plan.dataset["saving_by_choice"].sum("province").values
    level, sector = plan.dataset["technology_level"].values, plan.dataset["product_sector"].values
    by_level = [
        [saving[level == one][:, sector == branch].sum() for branch in plan.dataset["sector"].values]
        for one in ("end_use", "site", "supply")
    ]
    assert holds(charts.saving_by_sector(plan), np.cumsum(by_level, axis=0).ravel())


def test_the_area_under_the_steps_is_what_the_saving_costs_beyond_what_pays_for_itself(points):
    steps = curve_steps(points)
    area = np.trapezoid(steps["price"], steps["saving"])
    objective = points["objective"].values
    assert steps["saving"].is_monotonic_increasing
    assert area == pytest.approx(objective[-1] - objective[0], rel=0.01)


@LANGUAGES
@pytest.mark.parametrize("name", sorted(charts.KINDS))
def test_every_kind_becomes_a_picture_with_its_text(plan, points, language, name):
    picture = charts.draw(name, plan, language, points)
    assert picture.startswith("<svg")
    assert 'role="img"' in picture
    assert "aria-label=" in picture
    assert "<script" not in picture


@pytest.mark.parametrize("backend", ["bokeh", "matplotlib"])
def test_every_kind_is_an_hvplot_object_in_both_backends(plan, points, backend):
    made = [
        charts.cost_curve(plan, points, backend=backend),
        charts.saving_by_sector(plan, backend=backend),
        charts.annual_path(plan, backend=backend),
        charts.investment_path(plan, backend=backend),
        charts.province_map(plan, backend=backend),
        charts.technologies_bar(plan, backend=backend),
    ]
    assert all(isinstance(one, hv.core.Dimensioned) for one in made)
    assert all(hv.render(one, backend=backend) is not None for one in made)


def test_the_picture_of_the_sectors_is_painted_in_their_colours_at_the_depth_of_the_level(plan):
    picture = charts.draw("saving_by_sector", plan)
    saved = plan.dataset["saving_by_level"].to_series()
    for colour in palette.sector_colours(plan.dataset["sector"].values).values():
        for level, depth in palette.LEVELS.items():
            assert saved[level] == 0 or palette.blend(colour, depth) in picture


def test_text_in_a_picture_stays_text_in_a_font_that_is_here(plan):
    picture = charts.draw("saving_by_sector", plan, "zh")
    assert plan.study.sectors["name_zh"].iloc[0] in re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    families = set(re.findall(r"font-family: \W*([\w ]+)", picture))
    assert families == {fonts_of("zh")[0]}
    assert fonts_of("zh")[0] in known_fonts()


def test_names_inside_pictures_do_not_meet_in_one_document(plan, points):
    pictures = [charts.draw(name, plan, "en", points) for name in charts.KINDS]
    names = [name for picture in pictures for name in re.findall(r' id="([^"]+)"', picture)]
    assert names
    assert len(names) == len(set(names))
    asked = {name for picture in pictures for name in re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", picture)}
    assert asked <= set(names)


def test_drawing_leaves_the_backend_as_it_was():
    before = hv.Store.current_backend
    with drawing("matplotlib") as pen:
        assert pen.backend == "matplotlib"
    assert hv.Store.current_backend == before


def test_another_chart_is_refused_by_name(plan):
    with pytest.raises(WaterplanError, match="province_map"):
        charts.draw("pie", plan)


def test_sectors_have_the_same_colours_as_on_the_pages():
    found = re.findall(r"--s\d: (#\w{6})", STYLE.read_text(encoding="utf-8"))
    assert tuple(found[: len(palette.SECTORS)]) == palette.SECTORS
    assert f"--accent: {palette.ACCENT}" in STYLE.read_text(encoding="utf-8")


@pytest.mark.parametrize("blindness", [None, *BLIND])
def test_the_first_five_sectors_can_be_told_apart_with_any_colour_blindness(blindness):
    seen = [lightness_and_hue(colour, BLIND.get(blindness, np.eye(3))) for colour in palette.SECTORS[:5]]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 8


def lightness_and_hue(colour, left):
    """A colour in CIELAB as somebody sees it, in which a distance of 2.3 is just seen."""
    coded = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(left) @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(to_xyz @ seen / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
