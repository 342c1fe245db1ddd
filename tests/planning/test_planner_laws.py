"""What a right planner obeys (design, model.md), by planning many times on the tiny study."""

import numpy as np
import pytest
from asking import Refusal, asked, questions, questions_of_many_limits
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from waterplan.planning.model.structure import totals
from waterplan.study.scenario import Override

lawful = settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
BOTH = st.sampled_from([questions, questions_of_many_limits])


def planned(planner, scenario):
    answer = asked(lambda: planner.solve(scenario))
    assume(not isinstance(answer, Refusal))
    return answer


def cost(result):
    """What the planner minimises, with the canonical tie-break."""
    return result.ledger.objective + result.tie_break


def slack(*results):
    return 1e-8 * (1 + max(abs(cost(result)) + result.ledger.gross_cost for result in results))


@lawful
@given(data=st.data(), kind=BOTH)
def test_savings_and_what_is_still_withdrawn_add_up_to_the_reference(planner, data, kind):
    result = planned(planner, data.draw(kind(planner.study)))
    s, d, count = planner.structure, result.deployment, len(planner.structure.pair_product)
    left = result.instance.flows.reference_withdrawal - totals(s.local_pair, d.use_saving, count)
    for pair, volume, limit, together in (
        (s.pair_site_pair, d.site_saving, result.instance.flows.site_limit, None),
        (s.pair_supply_pair, d.supply, result.instance.flows.supply_limit,
         result.instance.levers.alternative_share_max),
    ):  # fmt: skip
        assert (volume <= limit * left[pair] + 1e-8).all()
        taken = totals(pair, volume, count)
        if together is not None:
            assert (taken <= together * left + 1e-8).all()
        left = left - taken
    assert (left >= -1e-8).all()
    assert result.ledger.saving.sum() + left.sum() == pytest.approx(result.instance.flows.reference_withdrawal.sum())


@lawful
@given(data=st.data(), kind=BOTH, near=st.floats(0, 160), far=st.floats(0, 160), between=st.floats(0, 1))
def test_the_least_cost_is_convex_in_the_target(planner, data, kind, near, far, between):
    question = data.draw(kind(planner.study))
    first, last, middle = (
        planned(planner, question.with_levers(saving_target=target))
        for target in (near, far, (1 - between) * near + between * far)
    )
    assert cost(middle) <= (1 - between) * cost(first) + between * cost(last) + slack(first, last)


@lawful
@given(data=st.data(), kind=BOTH)
def test_the_shadow_price_lies_between_the_derivatives_on_both_sides(planner, data, kind):
    question, step = data.draw(kind(planner.study)), 1e-2
    target = question.resolve(planner.study).saving_target
    assume(target > 1)
    here = planned(planner, question)
    price = here.duals.shadow_price
    below = planned(planner, question.with_levers(saving_target=target - step))
    assert (cost(here) - cost(below)) / step <= price + slack(here) / step
    above = asked(lambda: planner.solve(question.with_levers(saving_target=target + step)))
    if not isinstance(above, Refusal):
        assert (cost(above) - cost(here)) / step >= price - slack(here) / step
    if here.ledger.counted_saving > target + 1e-6:
        assert price == 0


@lawful
@given(data=st.data())
def test_with_target_zero_only_what_pays_for_itself_is_built(planner, data):
    question = data.draw(questions(planner.study))
    free = {"sector_floor": 0.0, "province_floor": 0.0, "technology_floor": 0.0, "saving_target": 0.0}
    result = planned(planner, question.with_levers(**free))
    assert cost(result) <= 1e-9
    assert result.duals.shadow_price == 0


@lawful
@given(data=st.data(), kind=BOTH, scale=st.floats(0.2, 5))
def test_scaling_all_volumes_scales_cost_and_volumes(planner, data, kind, scale):
    question = data.draw(kind(planner.study))
    levers = question.resolve(planner.study)
    result = planned(planner, question)
    source = "a guess made for this test"
    larger = tuple(Override(name, {}, factor=scale, source=source) for name in ("intensity", "supply_potential"))
    caps = {
        name: scale * value
        for name in ("saving_target", "investment_cap", "electricity_cap")
        if np.isfinite(value := getattr(levers, name))
    }
    changed = question.with_levers(**caps)
    scaled = planned(planner, type(changed)(**{**vars(changed), "overrides": (*changed.overrides, *larger)}))
    assert cost(scaled) == pytest.approx(scale * cost(result), abs=slack(scaled) + scale * slack(result))
    assert scaled.ledger.counted_saving == pytest.approx(scale * result.ledger.counted_saving, rel=1e-7, abs=1e-6)


@lawful
@given(data=st.data(), kind=BOTH)
def test_excluding_a_technology_never_makes_the_plan_cheaper(planner, data, kind):
    question = data.draw(kind(planner.study)).with_levers(technology_floor=0.0, technology_cap=1.0)
    result = planned(planner, question)
    left_out = data.draw(st.sampled_from(list(planner.study.technologies.index)))
    fewer = planned(planner, type(question)(**{**vars(question), "exclude": (*question.exclude, left_out)}))
    assert cost(fewer) >= cost(result) - slack(result, fewer)


@lawful
@given(data=st.data(), kind=BOTH, share=st.floats(0.6, 1))
def test_lowering_a_cap_never_makes_the_plan_cheaper(planner, data, kind, share):
    question = data.draw(kind(planner.study)).with_levers(technology_floor=0.0)
    result = planned(planner, question)
    investment = share * result.ledger.investment
    lower = planned(planner, question.with_levers(technology_cap=share, investment_cap=investment))
    freed = planned(planner, question.with_levers(technology_cap=1.0))
    assert cost(freed) <= cost(result) + slack(result, freed)
    without = question.with_levers(technology_cap=share)
    assert cost(lower) >= cost(planned(planner, without)) - slack(lower)


@lawful
@given(data=st.data(), kind=BOTH)
def test_no_price_is_negative_and_a_slack_limit_has_none(planner, data, kind):
    result = planned(planner, data.draw(kind(planner.study)))
    for price in vars(result.duals).values():
        assert np.min(price, initial=0.0) >= 0.0
    levers, ledger = result.instance.levers, result.ledger
    if ledger.investment < levers.investment_cap - 1e-4:
        assert result.duals.investment_cap == 0
    counted = ledger.saving[:2].sum(axis=0) + levers.count_alternative_supply * ledger.saving[2]
    s, reference = planner.structure, result.instance.flows.reference_withdrawal
    for axis, owner, floor, price in (
        (1, s.pair_sector, levers.sector_floor, result.duals.sector_floor),
        (0, s.pair_province, levers.province_floor, result.duals.province_floor),
    ):
        bound = floor * totals(owner, reference, len(floor))
        assert (price[counted.sum(axis=axis) > bound + 1e-6] == 0).all()
