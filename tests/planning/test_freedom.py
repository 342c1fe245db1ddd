"""Near-optimal freedom: the ends of each range, checked by planning with a floor or a cap there."""

import numpy as np
import pytest

from waterplan.planning.explain import freedom
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import open_scenario

TOLERANCE = 0.02


@pytest.fixture(scope="module")
def found(china):
    planner = Planner(china)
    result = planner.solve(open_scenario("reference"))
    return planner, result, freedom(planner, result, TOLERANCE, largest=4).set_index(["kind", "label"])


def budget(result):
    return result.ledger.objective + TOLERANCE * result.ledger.gross_cost


def test_what_is_planned_lies_within_its_range(found):
    _, _, table = found
    assert (table["least"] <= table["planned"] + 1e-6).all()
    assert (table["planned"] <= table["most"] + 1e-6).all()


def test_a_floor_at_the_most_a_sector_can_give_costs_the_whole_tolerance(found):
    planner, result, table = found
    s = planner.structure
    reference = np.bincount(s.pair_sector, result.instance.flows.reference_withdrawal)
    for sector in ("paper", "textiles"):
        floor = table.loc[("sector", sector), "most"] / reference[s.sectors.index(sector)]
        forced = planner.solve(result.instance.scenario.with_levers(sector_floor={sector: float(floor)}))
        assert forced.ledger.objective == pytest.approx(budget(result), abs=1e-4)


def test_a_cap_at_the_least_of_a_technology_costs_the_whole_tolerance(found):
    planner, result, table = found
    largest = dict(zip(planner.structure.technologies, result.instance.flows.largest_capacity, strict=True))
    label = table.loc["technology"]["least"].idxmax()
    cap = table.loc[("technology", label), "least"] / largest[label]
    capped = planner.solve(result.instance.scenario.with_levers(technology_cap={label: float(cap)}))
    assert capped.ledger.objective == pytest.approx(budget(result), abs=1e-4)


def test_without_tolerance_only_choices_of_equal_cost_are_left(found):
    """Provinces with the same tariffs cost the same, so a little room stays."""
    planner, result, table = found
    tight = freedom(planner, result, tolerance=0.0, largest=2).set_index(["kind", "label"])
    wide = table.loc[tight.index]
    assert ((tight["most"] - tight["least"]) <= 0.1 * (wide["most"] - wide["least"]) + 1e-6).all()


def test_the_verdict_follows_from_the_least(found):
    _, _, table = found
    for row in table.itertuples():
        share = row.least / row.planned
        assert row.verdict == ("forced" if share >= 0.9 else "free" if share <= 0.1 else "between")
