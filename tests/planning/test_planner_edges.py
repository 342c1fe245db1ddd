"""Plans where something is nothing: no flow, dust, a study of another size, empty tables; and limits that just hold."""

import re
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from certified import asked, certified
from conftest import TINY
from emptying import EMPTIES, Emptied
from places import TESTS

from waterplan.base.errors import DataError, InfeasibleError
from waterplan.cli.output import error_text
from waterplan.planning.curve import curve
from waterplan.planning.explain import overview
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.judge import judge
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Override, open_scenario

SAID = "relocation plan of the city, read on site"
SIZED = {"output", "supply_potential", "national_output", "sector_withdrawal"}


def made(product, province, value, unit="t/a"):
    return Override("output", {"product": product, "province": province}, value=value, unit=unit, source=SAID)


def scaled(study, size):
    """A study that withdraws as many times as much."""
    values = study.values.copy(
        data={name: v.values * (size if name in SIZED else 1) for name, v in study.values.data_vars.items()}
    )
    rows = study.rows.assign(value=study.rows["value"] * np.where(study.rows["name"].isin(SIZED), size, 1.0))
    return replace(study, values=values, rows=rows)


class TestNoFlow:
    @pytest.mark.parametrize("perspective", ["programme", "enterprise"])
    def test_a_product_made_no_more_in_one_province_takes_no_part(self, planner, perspective):
        gone = certified(planner, asked(made("board", "north", 0), saving_target=40, perspective=perspective))
        here = gone.instance.structure.pair_province == 0
        board = here & (gone.instance.structure.pair_product == 0)
        assert gone.instance.flows.reference_withdrawal[board] == 0
        dust = certified(planner, asked(made("board", "north", 1e-5), saving_target=40, perspective=perspective))
        assert dust.ledger.objective == pytest.approx(gone.ledger.objective, rel=1e-9)

    @pytest.mark.parametrize("amount", [1e-9, 1e-6, 1e-3, 1, 100])
    def test_dust_is_counted_alike_in_plan_and_certificate(self, planner, amount):
        certified(planner, asked(made("board", "north", amount), saving_target=40))

    @pytest.mark.parametrize("name", ["applicable_share", "penetration_max"])
    def test_technologies_that_can_do_nothing_save_nothing(self, planner, name):
        others = [Override("penetration_base", {}, value=0, unit="1", source=SAID)] if name == "penetration_max" else []
        plan = certified(planner, asked(*others, Override(name, {}, value=0, unit="1", source=SAID), saving_target=0))
        assert plan.ledger.saving.sum() == 0
        assert plan.ledger.annual_cost == 0
        with pytest.raises(InfeasibleError, match="save 0"):
            planner.solve(asked(*others, Override(name, {}, value=0, unit="1", source=SAID), saving_target=1))


class TestSize:
    @pytest.mark.parametrize("size", [1e-9, 1e-6, 1e-3, 1e6])
    @pytest.mark.parametrize(
        ("levers", "caps"), [({}, {}), ({"sector_floor": {"paper": 0.1}}, {"investment_cap": 900})], ids=["", "limits"]
    )
    def test_everything_times_a_factor_costs_the_factor_as_much(self, tiny, planner, size, levers, caps):
        other = Planner(scaled(tiny, size))
        here = certified(planner, asked(saving_target=100, **levers, **caps))
        caps = {name: value * size for name, value in caps.items()}
        there = certified(other, asked(saving_target=100 * size, **levers, **caps))
        assert there.ledger.objective == pytest.approx(size * here.ledger.objective, rel=1e-9)
        assert there.duals.shadow_price == pytest.approx(here.duals.shadow_price, rel=1e-9)
        np.testing.assert_allclose(there.ledger.capacity, size * here.ledger.capacity, rtol=1e-9, atol=1e-9 * size)
        one, other_curve = curve(planner, asked(**levers)), curve(other, asked(**levers))
        assert other_curve.attrs["attainable"] == pytest.approx(size * one.attrs["attainable"], rel=1e-9)
        assert len(other_curve["point"]) == len(one["point"])


class TestNothingThere:
    @pytest.mark.parametrize("what", EMPTIES)
    def test_a_study_without_it_is_planned_in_every_way(self, tmp_path, what):
        copy = Emptied(TINY, tmp_path / "study")
        EMPTIES[what](copy)
        planner = Planner(copy.read())
        result = certified(planner, asked(saving_target=1 if what != "no_applicability" else 0))
        plan = Plan.of(result)
        plan.save(tmp_path / "plan.nc")
        plan.to_csv(tmp_path / "csv")
        plan.to_excel(tmp_path / "plan.xlsx")
        assert float(Plan.open(tmp_path / "plan.nc", planner.study).dataset["saving"]) == result.ledger.saving.sum()
        assert curve(planner, asked()).attrs["attainable"] >= result.ledger.counted_saving - 1e-9
        assert overview(planner, result).free_cost <= 0

    def test_without_any_technology_the_check_says_so(self, tmp_path):
        copy = Emptied(TINY, tmp_path / "study")
        copy.without_technologies(*copy.labels("technologies"))
        with pytest.raises(DataError, match="at least one technology"):
            copy.read()


def at_the_edge(planner, seed):
    """Limits that just hold, of a random scenario: the target attainable and a hair less, caps as large as the use."""
    random = np.random.default_rng(seed)
    names, sectors = list(planner.study.technologies.index), list(planner.study.sectors.index)

    def some(labels, low, high, most):
        chosen = random.choice(labels, size=random.integers(0, min(len(labels), most) + 1), replace=False)
        return {str(label): float(random.uniform(low, high)) for label in chosen}

    levers = {
        "perspective": str(random.choice(["programme", "enterprise", "society"])),
        "technology_cost_scale": some(names, 0.5, 2, 10),
        "technology_cap": some(names, 0, 1, 5),
        "sector_floor": some(sectors, 0, 0.08, 2),
        "alternative_share_max": float(random.uniform(0, 0.6)),
        "rollout_scale": float(random.uniform(0.2, 1.3)),
        "count_alternative_supply": bool(random.random() < 0.8),
    }
    base = asked(exclude=random.choice(names, size=len(names) // 5, replace=False), **levers)
    most = planner.attainable(base)
    if most is None:
        return
    for target in (most, most - 1e-6, most * (1 - 1e-9)):
        yield base.with_levers(saving_target=max(float(target), 0.0))
    middle = base.with_levers(saving_target=float(most * random.uniform(0.3, 0.95)))
    ledger = planner.solve(middle).ledger
    yield middle.with_levers(investment_cap=ledger.investment)
    if ledger.electricity > 0:
        yield middle.with_levers(electricity_cap=ledger.electricity)


class TestEdge:
    @pytest.mark.parametrize("target", [0, 60, 120])
    def test_an_excluded_technology_that_plants_have_counts_in_the_lower_bound(self, planner, target):
        certified(planner, asked(exclude=["drum_filter", "spray_rinse"], saving_target=target))

    @pytest.mark.long
    def test_many_excluded_technologies_at_a_high_price_are_certified(self, planner_of_china):
        certified(planner_of_china, open_scenario(str(TESTS / "excluded_at_a_price.toml")))

    @pytest.mark.parametrize("seed", range(6))
    def test_a_limit_that_just_holds_is_certified(self, planner, seed):
        for scenario in at_the_edge(planner, seed):
            certified(planner, scenario)

    @pytest.mark.long
    @pytest.mark.parametrize("seed", range(100, 200))
    def test_a_limit_that_just_holds_is_certified_many_times(self, planner, seed):
        for scenario in at_the_edge(planner, seed):
            certified(planner, scenario)

    @pytest.mark.long
    @pytest.mark.parametrize("seed", range(10))
    def test_a_limit_that_just_holds_is_certified_in_the_shipped_study(self, planner_of_china, seed):
        for scenario in at_the_edge(planner_of_china, seed):
            certified(planner_of_china, scenario)

    def test_what_is_attainable_can_be_asked_for(self, planner):
        most = planner.attainable(asked())
        assert certified(planner, asked(saving_target=most)).ledger.counted_saving == pytest.approx(most, rel=1e-12)
        with pytest.raises(InfeasibleError, match="missing"):
            planner.solve(asked(saving_target=most * (1 + 1e-9)))

    @pytest.mark.parametrize("share", [1e-15, 1e-12, 3e-12])
    def test_what_misses_the_attainable_by_rounding_is_attained_in_both_ways(self, planner, share):
        for levers in ({}, {"sector_floor": {"paper": 0.1}}, {"alternative_share_max": 0.05}):
            most = planner.attainable(asked(**levers))
            certified(planner, asked(saving_target=most * (1 + share), **levers))

    @pytest.mark.parametrize("size", [1, 1e-6, 1e-9])
    def test_what_is_missing_is_never_told_as_nothing(self, tiny, size):
        study = scaled(tiny, size)
        planner = Planner(study)
        most = planner.attainable(asked())
        beyond = asked(saving_target=most + 3e-9 * planner.unit(asked()))
        for way in (planner.solve, partial(judge, study)):
            with pytest.raises(InfeasibleError) as caught:
                way(beyond)
            told = [str(caught.value), error_text(caught.value, "en"), error_text(caught.value, "zh")]
            for text in told:
                figures = [float(figure) for figure in re.findall(r"[\d.]+\d(?:e-\d+)?", text.replace(",", ""))]
                assert figures[0] > figures[1], text
                assert figures[-1] == pytest.approx(3e-9 * planner.unit(asked()), rel=0.5), text
