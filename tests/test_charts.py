"""Charts of a plan: they hold the plan's figures, in either backend and language."""

import holoviews as hv
import numpy as np
import pytest

from waterplan import Plan, charts, curve, formats
from waterplan.charts.tables import curve_steps
from waterplan.scenario import Scenario

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


def test_the_steps_of_the_curve_are_its_points(points):
    steps = curve_steps(points)
    assert steps.iloc[:, 0].is_monotonic_increasing
    price = points["curve_price"] if "curve_price" in points else points[next(n for n in points if "price" in str(n))]
    assert np.isclose(steps.iloc[:, 1].max(), float(price.max()))


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
