"""Sentences about a plan are true: thresholds turn where they say, causes are what they claim, in both languages."""

import json
import re

import places
import pytest

from waterplan.base.messages import LANGUAGES
from waterplan.cli.entry import main
from waterplan.planning.explain.causes import causes
from waterplan.planning.explain.overview import overview
from waterplan.planning.planner.planner import Planner
from waterplan.report.pages.explanation import ends, figure, overview_page, technology_page
from waterplan.study.scenario import Scenario

TINY = str(places.TINY)
QUESTIONS = [
    ("saving_target=60",),
    ("saving_target=0",),
    ("saving_target=140",),
    ("saving_target=180",),
    ("saving_target=150", "perspective=enterprise"),
    ("saving_target=100", "technology_floor.dry_cooling=0.3", "technology_cap.spray_rinse=0.2",
     "technology_cap.membrane_reuse=0", "excluded=hybrid_cooling"),
    ("saving_target=90", "sector_floor.steel=0.2", "province_floor.south=0.2", "investment_cap=1500"),
    ("saving_target=0", "rollout_scale=0"),
]  # fmt: skip
ONE_M3 = re.compile(r"hm3|m3|1 立方米")


def asked(*settings: str, investment: dict[str, float] | None = None) -> Scenario:
    changes = [
        {"name": "investment_per_m3", "where": {"technology": label}, "value": value, "unit": "CNY per m3/a",
         "source": "a guess made for this test"}
        for label, value in (investment or {}).items()
    ]  # fmt: skip
    return Scenario.from_mapping({"title": "A question", "set": changes}).with_settings(settings)


def why(planner: Planner, technology: str, *settings: str, sector: str = "paper"):
    """What is found of a technology in a sector."""
    table = causes(planner, planner.solve(asked(*settings)), technology)
    return table.set_index("sector").loc[sector]


def used(planner: Planner, technology: str, scenario: Scenario, sector: str = "paper") -> float:
    s = planner.structure
    capacity = planner.solve(scenario).ledger.capacity
    return float(capacity[s.technologies.index(technology), s.sectors.index(sector)].sum())


def test_a_technology_enters_just_below_the_investment_that_is_named(planner):
    """At the price p = 0.985 / 0.95 of the drum filter a m3 less at the end use takes a tenth from metering, which
    costs 0.3: it is worth p - 0.1 (p - 0.3). The spray rinse lives 10 years and costs 0.1 to run."""
    price = 0.985 / 0.95
    row = why(planner, "spray_rinse", "saving_target=60")
    assert row["state"] == "out"
    assert row["enters_investment"] == pytest.approx(10 * (price - 0.1 * (price - 0.3) - 0.1), abs=1e-4)
    for share, is_in in ((0.999, True), (1.001, False)):
        investment = {"spray_rinse": row["enters_investment"] * share}
        assert (used(planner, "spray_rinse", asked("saving_target=60", investment=investment)) > 1e-6) is is_in


def test_a_technology_leaves_just_above_the_investment_that_is_named(planner):
    """The next best, spray rinse, is worth its 1.1 at p = (1.1 - 0.03) / 0.9. The drum filter's yearly cost is then at
    most 0.95 p + 0.05 x 0.3 instead of 1, and a quarter of a twentieth of its investment is charged each year."""
    row = why(planner, "drum_filter", "saving_target=60")
    rise = 0.95 * (1.07 / 0.9) + 0.015 - 1
    assert row["leaves_above"] == pytest.approx(rise, abs=1e-4)
    assert row["leaves_investment"] == pytest.approx(40 + rise / (0.25 * 0.05), abs=1e-2)
    for share, is_in in ((0.999, True), (1.001, False)):
        investment = {"drum_filter": row["leaves_investment"] * share}
        assert (used(planner, "drum_filter", asked("saving_target=60", investment=investment)) > 1e-6) is is_in


def test_not_even_a_gift_brings_reclaimed_water_in(planner):
    row = why(planner, "reclaimed_water", "saving_target=60")
    assert row["enters_investment"] != row["enters_investment"]
    gift = asked("saving_target=60", investment={"reclaimed_water": 0.0})
    assert used(planner, "reclaimed_water", gift) == pytest.approx(0, abs=1e-6)
    page = technology_page(*explained(planner, "reclaimed_water", "saving_target=60"))
    assert "not even a gift of its investment (10 CNY per m3/a) is enough" in " ".join(page.split())


@pytest.mark.parametrize("technology", ["spray_rinse", "reclaimed_water", "counter_current", "membrane_reuse"])
def test_a_technology_enters_at_the_target_that_is_named_and_not_below(planner, technology):
    row = why(planner, technology, "saving_target=60")
    target = row["enters_at_target"]
    assert used(planner, technology, asked(f"saving_target={target}")) > 1e-7
    assert used(planner, technology, asked(f"saving_target={target * (1 - 1e-4)}")) <= 1e-7
    price = planner.solve(asked(f"saving_target={target}")).duals.shadow_price
    assert row["enters_at_price"] == pytest.approx(price, abs=1e-9)


def test_what_pays_for_itself_is_built_without_a_target(planner):
    settings = ("saving_target=150", "perspective=enterprise")
    row = why(planner, "spray_rinse", *settings)
    assert row["cause"] == "pays"
    assert used(planner, "spray_rinse", asked("saving_target=0", "perspective=enterprise")) == pytest.approx(37.5)


def test_the_margin_moves_with_the_target(planner):
    assert why(planner, "drum_filter", "saving_target=60")["cause"] == "margin"
    amounts = [used(planner, "drum_filter", asked(f"saving_target={target}")) for target in (59.4, 60, 60.6)]
    assert amounts == pytest.approx([amounts[1] - 0.6 / 0.95, amounts[1], amounts[1] + 0.6 / 0.95])


def test_a_technology_displaced_by_its_group_is_in_without_the_rival(planner):
    row = why(planner, "membrane_reuse", "saving_target=180")
    assert (row["state"], row["cause"], row["rival"]) == ("out", "group", "biological_reuse")
    assert used(planner, "membrane_reuse", asked("saving_target=180", "excluded=biological_reuse")) > 0


@pytest.mark.parametrize(
    ("technology", "settings", "state", "cause", "rest"),
    [
        ("dry_cooling", QUESTIONS[5], "partly", "floor", "dearer"),
        ("spray_rinse", QUESTIONS[5], "partly", "cheaper", "cap"),
        ("membrane_reuse", QUESTIONS[5], "out", "cap", ""),
        ("hybrid_cooling", QUESTIONS[5], "excluded", "excluded", ""),
        ("reclaimed_water", QUESTIONS[2], "partly", "margin", "pool"),
        ("metering", QUESTIONS[2], "partly", "cheaper", "upstream"),
        ("metering", ("saving_target=0", "rollout_scale=0"), "full", "nothing_left", ""),
        ("metering", ("saving_target=0",), "out", "dearer", ""),
    ],
)
def test_causes_are_told_apart(planner, technology, settings, state, cause, rest):
    row = why(planner, technology, *settings)
    assert (row["state"], row["cause"], row["rest"]) == (state, cause, rest)


def test_where_no_province_has_a_source_this_is_said(copy):
    copy.replace("supply_potential.csv", "reclaimed_water,middle", "reclaimed_water,north")
    copy.delete("supply_potential", 3)
    row = why(Planner(copy.read()), "reclaimed_water", "saving_target=60", sector="steel")
    assert (row["state"], row["cause"]) == ("full", "no_source")


def explained(planner: Planner, technology: str, *settings: str):
    result = planner.solve(asked(*settings))
    return result, causes(planner, result, technology)


def numbers(page: str) -> list[str]:
    return sorted(re.findall(r"[+-]?\d[\d,.]*\d|\d", ONE_M3.sub("", page)))


@pytest.mark.parametrize("settings", QUESTIONS, ids=" ".join)
def test_both_languages_tell_the_same_figures(planner, settings):
    result = planner.solve(asked(*settings))
    pages = [[technology_page(result, causes(planner, result, label), language) for language in LANGUAGES]
             for label in ("drum_filter", "dry_cooling", "reclaimed_water")]  # fmt: skip
    found = overview(planner, result)
    pages.append([overview_page(result, found, language) for language in LANGUAGES])
    for english, chinese in pages:
        assert numbers(english) == numbers(chinese)
        assert "nan" not in english
        assert not re.search(r"[{}\u4e00-\u9fff]", english)


def test_the_overview_of_the_tiny_study(planner):
    result = planner.solve(asked("saving_target=60"))
    page = " ".join(overview_page(result, overview(planner, result)).split())
    assert "Nothing pays for itself in this perspective" in page
    assert "A target 1 % higher: Drum filter +0.6316, Metering -0.0316." in page
    assert "Target 60 hm3/a: 1.037 CNY/m3. Exactly so from 41.37 to 65.12." in page
    assert "Spray rinse Paper" in page


def test_forced_and_free_choices_follow_the_tolerance(planner):
    result = planner.solve(asked("saving_target=60"))
    narrow, wide = (overview(planner, result, tolerance).freedom.set_index("label") for tolerance in (0.001, 0.2))
    assert (narrow["least"] >= wide["least"] - 1e-9).all()
    assert (narrow["most"] <= wide["most"] + 1e-9).all()


@pytest.mark.parametrize(
    ("value", "told"),
    [(2031.3962, "2,031"), (0.18162, "0.1816"), (72.7, "72.7"), (10345.7, "10,346"), (0.0, "0"), (-0.00001, "0"),
     (9.99999, "10"), (100.0, "100"), (float("nan"), "-")],
)  # fmt: skip
def test_a_figure_has_four_digits_at_most(value, told):
    assert figure(value) == told


def test_the_ends_of_a_short_range_can_be_told_apart():
    assert ends(4499.5089, 4500.0713) == ("4,499.51", "4,500.07")
    assert ends(1988.8108, 2031.3962) == ("1,989", "2,031")


def command(capsys, *words: str) -> tuple[int, str, str]:
    code = main(["explain", "reference", *words, "--study", TINY])
    return code, *capsys.readouterr()


def test_the_object_of_a_technology(capsys):
    code, out, _ = command(capsys, "Drum filter", "--json")
    found = json.loads(out)
    assert code == 0
    assert list(found) == [
        "scenario", "study", "saving_target", "counted_saving", "shadow_price", "technology", "sectors",
    ]  # fmt: skip
    (row,) = found["sectors"]
    assert (found["technology"], row["sector"], row["cause"]) == ("drum_filter", "paper", "margin")
    assert row["enters_at_target"] is None
    assert {"state", "capacity", "largest", "reach", "rest", "rival", "leaves_investment"} <= set(row)


@pytest.mark.parametrize(("words", "has_freedom"), [((), True), (("--fast",), False)])
def test_the_object_of_an_overview(capsys, words, has_freedom):
    code, out, err = command(capsys, "--json", "--tolerance", "0.05", *words)
    found = json.loads(out)
    assert code == 0
    assert "Reasons: every technology" in err
    assert list(found)[5:] == ["pays_for_itself", "margin", "following", "limits", "freedom"]
    assert found["following"][0]["technology"] == "spray_rinse"
    assert (found["limits"][0]["holds_from"] is not None) is has_freedom
    assert (found["freedom"] is not None) is has_freedom
    if has_freedom:
        assert found["freedom"]["tolerance"] == 0.05


def test_the_page_is_printed_in_the_language_asked_for(capsys):
    code, out, err = command(capsys, "spray_rinse", "--language", "zh")
    assert code == 0
    assert "喷淋（spray_rinse），用水环节" in out
    assert "原因" in err


def test_an_unknown_technology_is_told_with_the_nearest(capsys):
    code, out, err = command(capsys, "drum_filtre")
    assert (code, out) == (2, "")
    assert 'Did you mean "drum_filter"?' in err


def test_where_there_is_no_plan_the_ways_out_are_told(capsys):
    code, out, err = command(capsys, "--set", "saving_target=260")
    assert (code, out) == (5, "")
    assert "Ways out, each tried:" in err
