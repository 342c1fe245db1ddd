"""Plans whose last cubic metre is very dear: other currencies, dear technologies, limits in units of any size."""

from dataclasses import replace

import numpy as np
import pytest
from certified import asked, certified

from waterplan.base.errors import InfeasibleError
from waterplan.planning.curve import curve
from waterplan.planning.planner.judge import judge
from waterplan.planning.planner.planner import Planner

LIMITS = {"technology_cap": {"counter_current": 0.5}, "sector_floor": {"paper": 0.02}}


def times(study, factor, names, technology=None):
    """The study with values a factor as large, in all rows of the names or in those of one technology."""
    rows, data = study.rows, {}
    hit = rows["name"].isin(names) & ((technology is None) | (rows["technology"] == technology))
    for name, array in study.values.data_vars.items():
        here = 1.0 if technology is None else array["technology"] == technology if name in names else False
        data[name] = (array * np.where(here, factor, 1.0)).values if name in names else array.values
    scaled = rows.assign(value=rows["value"] * np.where(hit, factor, 1.0))
    return replace(study, values=study.values.copy(data=data), rows=scaled)


def money(study):
    """Names of all amounts of money."""
    rows = study.rows
    return set(rows.loc[rows["unit"].str.contains("CNY"), "name"])


class TestAnotherCurrency:
    @pytest.mark.parametrize("factor", [12, 2000])
    @pytest.mark.parametrize("levers", [{}, LIMITS], ids=["", "limits"])
    @pytest.mark.parametrize("near", [0.5, 0.99, 1 - 1e-9])
    def test_a_plan_costs_the_factor_as_much_and_is_the_same(self, tiny, planner, factor, levers, near):
        other = Planner(times(tiny, factor, money(tiny)))
        most = planner.attainable(asked(**levers))
        assert other.attainable(asked(**levers)) == pytest.approx(most, rel=1e-12)
        here = certified(planner, asked(saving_target=most * near, **levers))
        there = certified(other, asked(saving_target=most * near, **levers))
        assert there.ledger.annual_cost == pytest.approx(factor * here.ledger.annual_cost, rel=1e-8)
        assert there.duals.shadow_price == pytest.approx(factor * here.duals.shadow_price, rel=1e-5)
        np.testing.assert_allclose(there.ledger.capacity, here.ledger.capacity, atol=1e-6)

    def test_the_curve_goes_as_far(self, tiny, planner):
        here, there = (curve(Planner(times(tiny, factor, money(tiny))), asked()) for factor in (1, 2000))
        assert there.attrs["attainable"] == pytest.approx(here.attrs["attainable"], rel=1e-12)
        assert float(there["shadow_price"][-1]) == pytest.approx(2000 * float(here["shadow_price"][-1]), rel=1e-6)


class TestDearTechnology:
    @pytest.mark.parametrize(("technology", "factor"), [("spray_rinse", 1e4), ("counter_current", 1e5), (None, 1e3)])
    @pytest.mark.parametrize("levers", [{}, LIMITS], ids=["", "limits"])
    def test_the_last_cubic_metre_is_found_however_dear(self, tiny, planner, technology, factor, levers):
        dear = Planner(times(tiny, factor, {"investment_per_m3"}, technology))
        most = planner.attainable(asked(**levers))
        assert dear.attainable(asked(**levers)) == pytest.approx(most, rel=1e-12)
        plan = certified(dear, asked(saving_target=most * (1 - 1e-9), **levers))
        assert plan.duals.shadow_price > 1000
        with pytest.raises(InfeasibleError, match="missing"):
            dear.solve(asked(saving_target=most + 0.01, **levers))
        if not levers:
            assert curve(dear, asked()).attrs["attainable"] == pytest.approx(most, rel=1e-12)


class TestCheapCap:
    @pytest.mark.parametrize("factor", [1e-6, 1e-4, 1e3])
    def test_what_a_cap_leaves_attainable_does_not_hang_on_the_size_of_its_unit(self, tiny, factor):
        planner = Planner(times(tiny, factor, {"investment_per_m3"}))
        whole = planner.solve(asked(saving_target=129)).ledger.investment
        scenario = asked(saving_target=129, investment_cap=whole / 2)
        with pytest.raises(InfeasibleError) as ours:
            planner.solve(scenario)
        with pytest.raises(InfeasibleError) as judged:
            judge(planner.study, scenario)
        assert ours.value.attainable == pytest.approx(judged.value.attainable, rel=1e-9)
