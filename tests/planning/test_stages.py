"""One stage of planning, from any state: Pyomo, arrays and the plain implementation say the same; laws; the figures of
the study's README."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from naive_stages import Tables, Year, fresh, stage, volumes
from places import ROOT
from solving import compile_given
from staging import Stage, tell_plainly
from test_matrices import EVERY_LIMIT, differences

from waterplan.base.errors import InfeasibleError, ScenarioError
from waterplan.planning.model import decision_costs, matrices
from waterplan.planning.model.matrices import build_matrices
from waterplan.planning.model.row_families import FAMILIES
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.model.structure import totals
from waterplan.planning.model.value_added import value_added_ratio
from waterplan.planning.plan.deployment import deployment_of, real_savings, saving_by_choice
from waterplan.planning.plan.ledger import COST_LINES
from waterplan.planning.planner.judge import judge, judge_by_arrays, judge_stage, judge_stage_by_arrays
from waterplan.planning.solver import FullSolver, largest_saving, solve
from waterplan.study.scenario import Override, Scenario
from waterplan.study.study import Study

few = settings(
    deadline=None, max_examples=8, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
NEW_LIMITS = {"value_added_cut": 0.05, "non_conventional_min": {"north": 0.01}}
MONEY, VOLUME = 1e-9, 1e-6


@pytest.fixture(scope="module")
def whole_tiny(tmp_path_factory):
    """The tiny study with all that a study may tell, its output in plain tonnes, and its tables."""
    folder = tell_plainly(tmp_path_factory.mktemp("stages") / "whole").folder
    return SimpleNamespace(study=Study.read(folder), folder=folder)


def line(stage_):
    """Fresh water where nothing is added [hm3/a]."""
    return stage_.instance.flows.programme_free(stage_.instance.structure)


def later(whole, seed, groups=1, stages=1, **levers):
    """A stage that starts from a random state."""
    begun = Stage.of(whole.study, groups=groups, **{"baseline": "turnover", "saving_target": 0, **levers})
    for n in range(stages):
        begun = begun.after(begun.some_decisions(seed + n))
    return begun


def target_of(stage_, share):
    """A counted saving so far between what comes anyway and the most."""
    free = stage_.asking(saving_target=0.0)
    most = largest_saving(free.compiled, free.instance.structure)
    i = free.instance
    least = float(i.flows.counted_at_start(i.structure, i.levers.count_alternative_supply).sum())
    least = 0.0 if i.levers.count_from == "baseline" else least
    return least + share * (most - least)


@pytest.mark.parametrize("groups", [1, 5])
@few
@given(seed=st.integers(0, 2**20), stages=st.integers(1, 2), part=st.floats(0.1, 0.9), enterprise=st.booleans(),
       counts=st.booleans())  # fmt: skip
def test_a_stage_from_any_state_is_that_of_the_plain_implementation(
    whole_tiny, groups, seed, stages, part, enterprise, counts
):
    perspective = "enterprise" if enterprise else "programme"
    begun = later(whole_tiny, seed, groups, stages, perspective=perspective, count_alternative_supply=counts)
    target = target_of(begun, part)
    here = begun.asking(saving_target=target)
    tables = Tables(whole_tiny.folder, count_alternative_supply=counts)
    year, state = Year(tables, "turnover"), begun.naive(tables)
    assert fresh(tables, state, year) == pytest.approx(line(begun).sum(), abs=VOLUME)
    end, cost, _, _ = stage(tables, state, year, perspective, target)
    ledger = here.ledger(here.decisions)
    noise = here.solution.objective - ledger.objective  # the tie-break
    assert ledger.objective == pytest.approx(cost, abs=MONEY * max(ledger.gross_cost, 1.0) + abs(noise))
    assert here.solution.objective == pytest.approx(here.solution.dual_bound, abs=1e-7)
    counted = sum(year.frozen.values()) - sum(volumes(tables, end, year)[1].values())
    counted += sum(volumes(tables, end, year)[2].values()) if counts else 0.0
    assert ledger.counted_saving == pytest.approx(counted, abs=VOLUME)


@pytest.mark.parametrize("groups", [1, 5])
@few
@given(seed=st.integers(0, 2**20))
def test_accounts_are_differences_of_states(whole_tiny, groups, seed):
    """Where the plain implementation stands before and after any decisions: every cell, every level."""
    begun = later(whole_tiny, seed, groups, 2)
    decisions = begun.some_decisions(seed + 7)
    ended = begun.after(decisions)
    tables = Tables(whole_tiny.folder)
    year, i = Year(tables, "turnover"), begun.instance
    before, after = (volumes(tables, one.naive(tables), year) for one in (begun, ended))
    deployment = deployment_of(i.structure, i.flows, decisions)
    use, site, supply = real_savings(i.structure, i.flows, deployment)
    s, pairs = i.structure, len(i.structure.pair_fleet)
    of_pair = [
        totals(owner, volume, pairs)
        for owner, volume in ((s.local_pair, use), (s.pair_site_pair, site), (s.pair_supply_pair, supply))
    ]
    places = zip(s.pair_product.tolist(), s.pair_province.tolist(), s.pair_group.tolist(), strict=True)
    for n, (p, r, g) in enumerate(places):
        cell = s.products[p], s.provinces[r], g + 1
        less_n, less_m = before[0][cell] - after[0][cell], before[1][cell] - after[1][cell]
        told = [less_n, less_m - less_n, after[2][cell] - before[2][cell]]
        assert [part[n] for part in of_pair] == pytest.approx(told, abs=1e-9)
    ledger = begun.ledger(decisions)
    assert ledger.saving.sum() == pytest.approx(line(begun).sum() - line(ended).sum(), abs=1e-8)
    assert saving_by_choice(s, i.flows, deployment).sum() == pytest.approx(ledger.saving.sum(), abs=1e-9)
    left = i.flows.counted_at_start(s, True).sum() + ledger.saving.sum()
    assert ledger.counted_saving == pytest.approx(left, abs=1e-9)
    assert begun.asking(count_from="baseline").ledger(decisions).counted_saving == pytest.approx(ledger.saving.sum())


@few
@given(seed=st.integers(0, 2**20), perspective=st.sampled_from(["programme", "enterprise", "society"]))
def test_credits_of_decisions_add_up_to_those_of_the_accounts(whole_tiny, seed, perspective):
    begun = later(whole_tiny, seed, 5, perspective=perspective, scarcity_value=0.4).with_barriers()
    decisions = begun.some_decisions(seed + 1)
    costs = decision_costs.decision_costs(begun.given, tie_broken=False)
    volume = decisions.step, decisions.site_saving, decisions.supply
    paid = sum(float(cost @ part) for cost, part in zip(costs, volume, strict=True))
    ledger = begun.ledger(decisions)
    if perspective == "enterprise":
        assert paid == pytest.approx(ledger.objective, rel=1e-9, abs=1e-9)
        assert ledger.cost_lines[1, COST_LINES.index("barrier_cost")] > 0
    else:
        free = begun.ledger(decisions).objective
        barrier = ledger.cost_lines[1, COST_LINES.index("barrier_cost")]
        assert paid - barrier == pytest.approx(free, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("groups", [1, 5])
@few
@given(seed=st.integers(0, 2**20), limits=st.booleans(), counts=st.booleans(), whence=st.sampled_from(["frozen",
       "baseline"]))  # fmt: skip
def test_both_ways_to_write_a_stage_give_the_same(whole_tiny, groups, seed, limits, counts, whence):
    levers = {**EVERY_LIMIT, **NEW_LIMITS} if limits else {}
    begun = later(whole_tiny, seed, groups, count_alternative_supply=counts, count_from=whence)
    asked = Stage.of(whole_tiny.study, groups=groups, baseline="turnover", count_alternative_supply=counts,
                     count_from=whence, **levers).first  # fmt: skip
    here = Stage.starting(asked, begun.state).with_barriers()
    there = compile_given(here.given)
    assert differences(here.compiled, there) == []
    assert here.compiled.counted_from == there.counted_from
    assert list(here.compiled.rows) == [name for name in there.rows if name in here.compiled.rows]
    assert limits == ("other_sources_reach_minimum" in here.compiled.rows)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_a_family_of_a_stage_that_is_left_out_or_off_by_a_little_is_found(whole_tiny, family, monkeypatch):
    first = Stage.of(whole_tiny.study, baseline="turnover", **EVERY_LIMIT, **NEW_LIMITS).first
    numbers = Stage.starting(first, later(whole_tiny, 3).state).given
    right = compile_given(numbers)
    assert differences(build_matrices(numbers), right) == []
    monkeypatch.setattr(matrices, "FAMILIES", tuple(one for one in FAMILIES if one is not family))
    assert differences(build_matrices(numbers), right)

    def off(places):
        entries = family(places)
        return entries._replace(value=entries.value * (1 + 1e-12))

    off.__name__ = family.__name__
    monkeypatch.setattr(matrices, "FAMILIES", tuple(off if one is family else one for one in FAMILIES))
    assert differences(build_matrices(numbers), right) == ["data"]


class TestLaws:
    """Those of stages that a single stage shows."""

    def test_from_the_base_state_with_the_frozen_baseline_it_is_the_first_model(self, whole_tiny):
        scenario = Scenario(levers={**EVERY_LIMIT, "saving_target": 60})
        staged = Stage.of(whole_tiny.study, scenario)
        first = replace(staged, instance=staged.first)
        here, there = staged.ledger(staged.decisions), first.ledger(first.decisions)
        assert np.array_equal(here.cost_lines, there.cost_lines)
        assert np.array_equal(here.saving, there.saving)
        assert here.objective == judge_by_arrays(whole_tiny.study, scenario).ledger.objective

    def test_turnover_never_takes_more_than_frozen_nor_a_market_more_than_turnover(self, whole_tiny):
        market = market_of(whole_tiny)
        i = market.instance
        assert (i.flows.reference_withdrawal >= line(market) - 1e-12).all()
        assert (line(market) >= line(market.after(market.decisions)) - 1e-9).all()

    def test_a_plan_never_takes_more_than_where_nothing_is_added(self, whole_tiny):
        begun = later(whole_tiny, 11)
        ended = begun.after(begun.some_decisions(12))
        assert (line(ended) <= line(begun) + 1e-9).all()

    def test_where_nothing_closes_and_nothing_grows_turnover_is_frozen(self, whole_tiny):
        values = {"retirement_rate": 0.0, "output_growth": -0.02}
        frozen, turnover = (
            Stage.of(whole_tiny.study, overridden(values), baseline=baseline) for baseline in ("frozen", "turnover")
        )
        assert np.array_equal(frozen.compiled.row_upper, turnover.compiled.row_upper)
        assert differences(frozen.compiled, turnover.compiled) == []

    def test_new_plants_like_the_old_ones_take_as_much(self, whole_tiny):
        scenario = overridden({"new_intensity_ratio": 1.0})
        turnover = Stage.of(whole_tiny.study, scenario, baseline="turnover")
        assert turnover.instance.flows.new_withdrawal.sum() > 10
        assert line(turnover) == pytest.approx(turnover.instance.flows.reference_withdrawal, abs=1e-12)

    def test_a_programme_asked_again_from_its_own_end_costs_nothing(self, whole_tiny):
        begun = later(whole_tiny, 5)
        target = target_of(begun, 0.5)
        once = begun.asking(saving_target=target)
        again = once.after(once.decisions)
        assert line(again).sum() == pytest.approx(line(once).sum() - once.ledger(once.decisions).saving.sum(), abs=1e-7)
        more = again.asking(saving_target=target - 1e-7)
        assert more.cost == pytest.approx(0, abs=1e-6)

    def test_a_market_asked_twice_adds_nothing_the_second_time(self, whole_tiny):
        once = market_of(whole_tiny)
        assert once.ledger(once.decisions).saving.sum() > 1
        twice = once.after(once.decisions).with_barriers()
        assert abs(twice.ledger(twice.decisions).saving.sum()) < 1e-6

    def test_groups_with_the_same_barrier_are_like_one(self, whole_tiny):
        cost, volume = [], []
        for groups in (1, 5):
            market = Stage.of(whole_tiny.study, groups=groups, **MARKET)
            i = market.instance
            barrier = np.full(len(i.flows.barrier), 0.3)
            market = replace(market, instance=replace(i, flows=replace(i.flows, barrier=barrier)))
            ledger = market.ledger(market.decisions)
            cost.append(ledger.cost_lines)
            volume.append(ledger.saving)
        assert cost[0] == pytest.approx(cost[1], abs=1e-6)
        assert volume[0] == pytest.approx(volume[1], abs=1e-7)


MARKET = {"baseline": "turnover", "perspective": "enterprise", "saving_target": 0, "barrier_cost": 0}


def market_of(whole, **levers):
    return Stage.of(whole.study, groups=5, **MARKET, **levers).with_barriers()


def overridden(values):
    """A scenario in which these are the figures of every product."""
    units = {name: "1" if name.endswith("ratio") else "1/a" for name in values}
    words = "a guess made for this test"
    return Scenario(overrides=tuple(Override(name, {}, value, units[name], words) for name, value in values.items()))


def test_the_market_is_that_of_the_plain_implementation(whole_tiny):
    market, tables = market_of(whole_tiny), Tables(whole_tiny.folder)
    year = Year(tables, "market")
    end, cost, _, _ = stage(
        tables, Stage.of(whole_tiny.study, groups=5).naive(tables), year, "enterprise", barriers=True
    )
    ended = market.after(market.decisions)
    assert market.cost == pytest.approx(cost, abs=1e-6)
    assert line(ended).sum() == pytest.approx(fresh(tables, end, year), abs=VOLUME)


class TestLimitsOfTheWhole:
    """Fresh water per value added, and the smallest share of other sources."""

    def test_value_added_grows_by_sector(self, whole_tiny):
        """Paper 2e10 at 10 % a year, steel 1e10 standing still."""
        stage_ = Stage.of(whole_tiny.study, output_scale={"steel": 0.9})
        years = stage_.instance.flows.years
        ratio = value_added_ratio(stage_.instance.values, stage_.instance.levers, years)
        assert ratio == pytest.approx((2 * 1.1**years + 0.9) / 3, rel=1e-12)

    @pytest.mark.parametrize("cut", [0.3, 0.4])
    def test_withdrawal_per_value_added_falls_by_the_cut(self, whole_tiny, cut):
        begun = later(whole_tiny, 21).asking(value_added_cut=cut)
        i = begun.instance
        ratio = value_added_ratio(i.values, i.levers, i.flows.years)
        most = (1 - cut) * ratio * i.flows.base_withdrawal.sum()
        planned = line(begun).sum() - begun.ledger(begun.decisions).saving.sum()
        assert planned <= most + 1e-7
        assert (begun.solution.duals.value_added_cut > 0) == (planned == pytest.approx(most, abs=1e-6))

    def test_its_dual_is_what_a_cubic_metre_more_would_save(self, whole_tiny):
        begun = later(whole_tiny, 21)
        i, free = begun.instance, line(begun).sum()
        base = value_added_ratio(i.values, i.levers, i.flows.years) * i.flows.base_withdrawal.sum()
        cut = 1 - (free - 0.4 * (target_of(begun, 1) - target_of(begun, 0))) / base
        here, above = begun.asking(value_added_cut=cut), begun.asking(value_added_cut=cut + 1e-6)
        price = here.solution.duals.value_added_cut
        assert price > 0
        slope = (above.solution.objective - here.solution.objective) / (1e-6 * base)
        assert slope == pytest.approx(price, rel=1e-3)

    def test_other_sources_reach_their_share_of_what_is_left(self, whole_tiny):
        begun = later(whole_tiny, 4)
        s = begun.instance.structure
        share = np.array([0.04, 0.0, 0.02])[: len(s.provinces)]
        asked = begun.asking(non_conventional_min=share)
        ended = asked.after(asked.decisions)
        flows = ended.instance.flows
        left = totals(s.pair_province, flows.after_site(s), len(s.provinces))
        others = totals(s.pair_province, flows.after_site(s) * flows.replaced(s), len(s.provinces))
        assert (others >= share * left - 1e-8).all()
        price = asked.solution.duals.non_conventional_min
        assert price[0] > 0
        assert price[1] == 0
        more = begun.asking(non_conventional_min=share + np.array([1e-6, 0, 0]))
        slope = (more.solution.objective - asked.solution.objective) / 1e-6
        assert slope == pytest.approx(price[0] * left[0], rel=1e-3)

    @pytest.mark.parametrize("levers", [{"value_added_cut": 0.1}, {"baseline": "turnover"}, {"baseline": "market"}])
    def test_what_a_study_does_not_tell_is_named(self, tiny, levers):
        with pytest.raises(ScenarioError) as caught:
            judge(tiny, Scenario(levers=levers))
        (problem,) = caught.value.problems
        assert problem.column == f"levers.{next(iter(levers))}"
        words = {"value_added_cut": "value_added_growth", "baseline": "retirement_rate"}[next(iter(levers))]
        assert words in problem.text()
        assert words in problem.text("zh")
        assert ("barrier" in problem.text()) == (levers.get("baseline") == "market")


class TestJudge:
    def test_it_answers_stages_either_way(self, whole_tiny):
        begun = later(whole_tiny, 8, 5)
        instance = begun.asking(saving_target=target_of(begun, 0.6)).instance
        one, other = judge_stage(instance), judge_stage_by_arrays(instance)
        assert one.ledger.objective == other.ledger.objective
        assert one.ledger.counted_saving == pytest.approx(instance.levers.saving_target, abs=1e-6)

    @pytest.mark.parametrize("whence", ["frozen", "baseline"])
    def test_the_largest_saving_of_a_stage_is_within_reach_and_no_more(self, whole_tiny, whence):
        begun = later(whole_tiny, 9, count_from=whence)
        most = target_of(begun, 1.0)
        asked = begun.asking(saving_target=most - 1e-6)
        assert asked.solution.status == "optimal"
        assert asked.ledger(asked.decisions).counted_saving == pytest.approx(most, abs=1e-5)
        with pytest.raises(InfeasibleError) as caught:
            judge_stage_by_arrays(begun.asking(saving_target=most + 1).instance)
        assert caught.value.attainable == pytest.approx(most, abs=1e-6)

    def test_one_solver_answers_stages_with_the_same_rows_one_after_the_other(self, whole_tiny):
        begun = later(whole_tiny, 9)
        solver = FullSolver(begun.instance.structure)
        for part in (0.3, 0.4):
            asked = begun.asking(saving_target=target_of(begun, part))
            assert solver.solve_compiled(asked.compiled).objective == pytest.approx(asked.solution.objective, abs=1e-9)


CHINA = ROOT / "data" / "china-2015"
TOLD = (
    ("turnover", "frozen", 2000, (19697.507, 18406.132, -0.2682, 0.9540, 8033.7)),
    ("turnover", "baseline", 1000, (19697.507, 18697.507, -253.2454, 0.8346, 4782.7)),
)


@pytest.mark.parametrize(("baseline", "whence", "target", "told"), TOLD)
def test_the_figures_of_the_readme(china, baseline, whence, target, told):
    here = Stage.of(china, baseline=baseline, count_from=whence, saving_target=target)
    ledger, before = here.ledger(here.decisions), line(here).sum()
    found = before, before - ledger.saving.sum(), ledger.objective, here.solution.duals.shadow_price, ledger.investment
    for value, expected, digits in zip(found, told, (6e-4, 6e-4, 6e-5, 6e-5, 0.06), strict=True):
        assert value == pytest.approx(expected, abs=digits)
    assert ledger.counted_saving == pytest.approx(target, abs=1e-6)


def test_the_market_of_the_readme(china):
    market = Stage.of(china, groups=5, **MARKET).with_barriers()
    saved = market.ledger(market.decisions).saving.sum()
    assert line(market).sum() - saved == pytest.approx(17951.983, abs=6e-4)
    ended = market.after(market.decisions)
    assert line(ended).sum() == pytest.approx(17951.983, abs=6e-4)


@pytest.mark.long
@pytest.mark.parametrize(
    ("whence", "target", "told"),
    [
        ("frozen", 3000, (17406.132, 629.3812, 1.8668, 4369.7)),
        ("baseline", 1000, (16951.983, 1707.9992, 3.0788, 9136.0)),
    ],
)
def test_programmes_after_the_market_of_the_readme(china, whence, target, told):
    market = Stage.of(china, groups=5, **MARKET).with_barriers()
    first = Stage.of(china, groups=5, baseline="turnover", count_from=whence, saving_target=target).first
    here = Stage.starting(first, market.after(market.decisions).state)
    ledger = here.ledger(here.decisions)
    planned = line(here).sum() - ledger.saving.sum()
    found = planned, ledger.objective, here.solution.duals.shadow_price, ledger.investment
    for value, expected, digits in zip(found, told, (6e-4, 6e-5, 6e-5, 0.06), strict=True):
        assert value == pytest.approx(expected, abs=digits)


class TestMutants:
    """What a row or a credit without one of its parts would answer is not what the plain implementation does."""

    @pytest.fixture
    def apart(self, whole_tiny, monkeypatch):
        """How far the stage is from the plain implementation [MCNY/a] when a mutant is in force."""

        def apart(name, mutant, perspective="enterprise", part=0.9):
            begun = later(whole_tiny, 33, 1, 1, perspective=perspective)
            target = target_of(begun, part)
            tables = Tables(whole_tiny.folder)
            _, cost, _, _ = stage(tables, begun.naive(tables), Year(tables, "turnover"), perspective, target)
            asked = begun.asking(saving_target=target)
            right = solve(asked.compiled, asked.instance.structure).objective
            assert right == pytest.approx(cost, abs=1e-4)
            monkeypatch.setattr(Given, name, property(mutant))
            wrong = solve(build_matrices(asked.given), asked.instance.structure)
            return np.inf if wrong.status != "optimal" else abs(wrong.objective - cost)

        return apart

    def test_what_reaches_the_site_without_what_was_added_there(self, apart):
        assert apart("on_site", lambda given: np.zeros(len(given.structure.pair_fleet))) > 1e-2

    def test_what_sources_replaced_before_in_the_target(self, apart):
        assert apart("uncounted", lambda given: np.ones(len(given.structure.pair_fleet)), "programme") > 1e-2

    def test_credits_without_what_sources_replaced_before(self, apart):
        assert apart("replaced", lambda given: np.zeros(len(given.structure.pair_fleet)), part=0.3) > 1e-2

    def test_a_pool_that_forgets_what_is_drawn_from_it(self, whole_tiny, monkeypatch):
        """Less is left behind sites, so what was drawn before shrinks and makes room, which a mutant has not."""
        begun = later(whole_tiny, 33)
        i = begun.instance
        tight = replace(i.flows, pool_limit=0.0 * i.flows.pool_limit)
        here = replace(begun, instance=replace(i, flows=tight))
        most = largest_saving(here.compiled, i.structure)
        without = np.zeros((len(i.structure.pools), len(i.structure.pair_fleet)))
        monkeypatch.setattr(Given, "pooled_share", property(lambda given: without))
        monkeypatch.setattr(Given, "pool_bound", property(lambda given: given.flows.pool_limit))
        forgets = largest_saving(build_matrices(here.given), i.structure)
        assert most > forgets + 1e-3
