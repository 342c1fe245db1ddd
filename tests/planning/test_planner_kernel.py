"""The kernel and the master: what one pair answers, and that a loss in either does not pass unseen."""

from dataclasses import replace

import numpy as np
import pytest
from asking import agree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_answer import OnePair
from solving import lever_changes, levers_of

from waterplan.base.errors import CertificateError, SolverError
from waterplan.planning.core.kernel_arrays import fresh_answers
from waterplan.planning.model.instance import build_instance
from waterplan.planning.planner.answer import ask
from waterplan.planning.planner.dictionaries import build_uses
from waterplan.planning.planner.kernel_input import Places, build_costs, build_pairs, sample_costs, sample_uses
from waterplan.planning.planner.lanes import Layout
from waterplan.planning.planner.master import Master
from waterplan.planning.planner.planner import Planner
from waterplan.planning.planner.steps import steps_of
from waterplan.study.scenario import Scenario

stable = {"derandomize": True, "deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
MANY_LIMITS = Scenario(levers={"saving_target": 150, "sector_floor": 0.27, "province_floor": 0.25})
FIRST_QUESTIONS = 3  # before the master is asked for prices
EVERYWHERE = {"name": "applicable_share", "where": {"technology": "counter_current"}, "value": 0.9, "unit": "1",
              "source": "a guess made for this test"}  # fmt: skip
QUESTIONS = tuple(
    Scenario.from_mapping({"title": "a", "levers": {"saving_target": target, "rollout_scale": scale}, "set": changed})
    for target in (30, 120, 500)
    for scale, changed in ((1.0, []), (1.3, []), (1.0, [EVERYWHERE]))
)


class Kernel:
    """The compiled kernel for one scenario, without the tie-break, which the twin does not know."""

    def __init__(self, study, scenario):
        i = self.instance = build_instance(study, scenario)
        self.structure = i.structure
        places = Places.of(i.structure)
        self.pairs = build_pairs(places, i.flows, i.levers)
        costs = build_costs(places, i.flows, i.own_prices, i.values, i.levers)
        self.uses = sample_uses(i.structure, i.flows, sample_costs(i.structure, costs))
        credit = (i.own_prices.withdrawal_credit + i.own_prices.scarcity_credit).reshape(-1)[places.local_place]
        credit += (
            i.own_prices.effluent_credit.reshape(-1)[places.local_place]
            * (i.values["effluent_share"][places.local_end_use])
        )
        self.costs = replace(
            costs,
            app=costs.app - places.tie.app,
            site=costs.site - places.tie.site,
            supply=costs.supply - places.tie.supply,
            use_credit=credit,
        )
        self.answers = fresh_answers(self.pairs, self.costs, self.uses.entry_start[:-1][i.structure.local_use])

    def profit(self, pair, price):
        """What a pair earns at a price, by its answer; and the same summed from its decisions."""
        extra = np.zeros(len(self.pairs.start))
        counted, cost, value = ask(np.array([pair]), price, extra, self.pairs, self.costs, self.uses, self.answers)
        assert value == pytest.approx(price * counted - cost, abs=1e-9 * (1 + abs(value)))
        return value

    def name(self, pair):
        s = self.structure
        return s.products[s.pair_product[pair]], s.provinces[s.pair_province[pair]]


def levers_of_prices(changes):
    """Without what is no business of a single pair."""
    limits = ("saving_target", "sector_floor", "province_floor", "technology_floor", "technology_cap",
              "investment_cap", "electricity_cap", "exclude")  # fmt: skip
    return {name: value for name, value in changes.items() if name not in limits}


@settings(max_examples=50, **stable)
@given(data=st.data())
def test_a_pair_of_the_tiny_study_answers_any_price_as_the_obvious_version_does(tiny, data):
    levers = levers_of_prices(data.draw(lever_changes(tiny)))
    kernel = Kernel(tiny, Scenario(levers=levers))
    pair = data.draw(st.integers(0, len(kernel.pairs.start) - 1))
    twin = OnePair(tiny, levers_of(tiny, **levers), *kernel.name(pair))
    for price in data.draw(st.lists(st.floats(0, 30), min_size=4, max_size=4)):
        profit = twin.profit(price)
        assert kernel.profit(pair, price) == pytest.approx(profit, abs=1e-7 * (1 + abs(profit)))


def test_pairs_with_the_most_steps_answer_as_the_obvious_version_does(china):
    generator = np.random.default_rng(5)
    scales = {name: float(generator.uniform(0.5, 2)) for name in china.technologies.index}
    levers = {"technology_cost_scale": scales, "perspective": "society"}
    kernel = Kernel(china, Scenario(levers=levers))
    s = kernel.structure
    steps = np.bincount(s.local_pair[s.local_step_local], minlength=len(s.pair_product))
    products = list(dict.fromkeys(s.pair_product[np.argsort(-steps, kind="stable")].tolist()))[:8]
    for product in products:
        pair = int(generator.choice(np.flatnonzero(s.pair_product == product)))
        twin = OnePair(china, levers_of(china, **levers), *kernel.name(pair))
        for price in generator.uniform(-1, 8, size=12):
            profit = twin.profit(price)
            assert kernel.profit(pair, price) == pytest.approx(profit, abs=1e-7 * (1 + abs(profit)))


@settings(max_examples=30, **stable)
@given(data=st.data(), prices=st.lists(st.floats(-5, 40), min_size=3, max_size=8))
def test_an_answer_does_not_depend_on_the_questions_before(tiny, data, prices):
    scenario = Scenario(levers=levers_of_prices(data.draw(lever_changes(tiny))))
    seasoned, pairs = Kernel(tiny, scenario), range(10)
    for price in prices:
        fresh = Kernel(tiny, scenario) if price == prices[-1] else None
        for pair in range(min(len(pairs), len(seasoned.pairs.start))):
            value = seasoned.profit(pair, price)
            if fresh:
                assert value == pytest.approx(fresh.profit(pair, price), abs=1e-9 * (1 + abs(value)))


# Mutants: what is lost in the kernel or in the master must be noticed


def test_a_planner_that_loses_a_local_vertex_is_caught(tiny, monkeypatch):
    """One move at one end use is lost, so that the vertices with it are out of reach: for each move in turn."""
    uses = Kernel(tiny, Scenario()).uses
    for use in np.flatnonzero(np.diff(uses.app_start) > 1):
        for move in range(uses.move_start[use + 1] - uses.move_start[use]):
            lose_move(monkeypatch, use, move)
            assert any(is_caught(tiny, question) for question in QUESTIONS), (use, move)


def lose_move(monkeypatch, use, move):
    """From now on no stored vertex of a use has a move, and the last check does not see that it is missing."""

    def without(uses):
        names = ("dictionary", "basis", "value", "amount", "reduced")
        uses = brought_together(uses)
        changed = {name: getattr(uses, name).copy() for name in names}
        apps, moves = np.diff(uses.app_start)[use], np.diff(uses.move_start)[use]
        rows, entries = uses.rows[use], range(*uses.entry_start[use : use + 2])
        sizes = {"dictionary": (rows + apps) * moves, "basis": rows + moves,
                 "value": apps + 1, "amount": rows, "reduced": moves * (apps + 1)}  # fmt: skip
        starts = {"dictionary": uses.entry_place, "basis": uses.entry_basis,
                  "value": uses.entry_value, "amount": uses.entry_amount, "reduced": uses.entry_reduced}  # fmt: skip
        for entry in entries:
            parts = {name: changed[name][starts[name][entry] :][:size] for name, size in sizes.items()}
            if move in parts["basis"][:rows]:
                for name, part in parts.items():
                    part[:] = changed[name][starts[name][entries[0]] :][: sizes[name]]
            column = int(np.flatnonzero(parts["basis"][rows:] == move)[0])
            parts["reduced"].reshape(moves, apps + 1)[column] = 0.0
            parts["dictionary"].reshape(-1, moves)[:, column] = 0.0
        return replace(uses, **changed)

    def brought_together(uses):
        places = (uses.entry_place, len(uses.dictionary)), (uses.entry_basis, len(uses.basis))
        entry_place, entry_basis = (np.where(place < 0, size + ~place, place) for place, size in places)
        dictionary, basis = np.append(uses.dictionary, uses.late_dictionary), np.append(uses.basis, uses.late_basis)
        return replace(uses, dictionary=dictionary, basis=basis, entry_place=entry_place, entry_basis=entry_basis)

    for name, real in (("starts.sample_uses", sample_uses), ("kept_coefficients.build_uses", build_uses)):
        monkeypatch.setattr(f"waterplan.planning.planner.{name}", lambda *given, real=real: without(real(*given)))


def test_an_almost_empty_store_is_no_loss_while_the_last_check_fills_it(tiny, monkeypatch):
    """The same with no move lost: that the store is complete is never assumed."""
    monkeypatch.setattr("waterplan.planning.planner.starts.sample_uses", from_nothing)
    for question in QUESTIONS:
        agree(Planner(tiny), question)


def test_a_planner_that_skips_the_last_check_is_caught(tiny, monkeypatch):
    """Cost and bound come from the same vertices, so the gap shows nothing: only the judge does."""

    def blind(structure, flows, samples, known):
        uses = from_nothing(structure, flows, samples, known)
        return replace(uses, reduced=np.zeros_like(uses.reduced))

    monkeypatch.setattr("waterplan.planning.planner.starts.sample_uses", blind)
    question = Scenario(levers={"saving_target": 120})
    assert abs(Planner(tiny).solve(question).gap) < 1e-12
    with pytest.raises(AssertionError, match="differs by"):
        agree(Planner(tiny), question)


def from_nothing(structure, flows, samples, known):
    """A store in which nobody moves."""
    return build_uses(structure, flows, np.empty((0, len(structure.app_use))))


def test_a_lane_that_only_fills_up_a_block_and_counts_is_caught(tiny, monkeypatch):
    real = Layout.lanes

    def lanes(self, *given):
        found = real(self, *given)
        padded = np.where(self.lane_pair < 0, 1e-3 * found.unit, found.existing)
        return replace(found, existing=padded)

    monkeypatch.setattr(Layout, "lanes", lanes)
    with pytest.raises(AssertionError, match="differs by"):
        agree(Planner(tiny), Scenario(levers={"saving_target": 80}))


def test_a_vertex_lost_at_one_end_use_of_the_shipped_study_is_caught(china, monkeypatch):
    """The step that saves most among those of the plan, at one of the uses with several technologies."""
    result = Planner(china).solve(Scenario())
    s, step = result.instance.structure, result.decisions().step
    alone = np.diff(s.use_app_start)[s.local_use[s.local_step_local]] == 1
    use = int(s.local_use[s.local_step_local[np.argmax(np.where(alone, 0.0, step))]])
    lose_move(monkeypatch, use, 0)
    with pytest.raises(AssertionError, match="differs by"):
        agree(Planner(china), Scenario())


def test_pivoting_that_does_not_end_is_told_in_words_and_the_full_model_answers(tiny, monkeypatch):
    """In the spoilt store every move gains for ever where water is dear."""
    dear = 1e6

    def sampled(*given):
        uses = sample_uses(*given)
        return replace(uses, dictionary=np.full_like(uses.dictionary, -1.0), reduced=np.full_like(uses.reduced, 1.0))

    question = Scenario(levers={"saving_target": 120})
    agree(Planner(tiny), question, dear)
    monkeypatch.setattr("waterplan.planning.planner.starts.sample_uses", sampled)
    agree(Planner(tiny), question, dear, solver="highs")
    with pytest.raises(SolverError, match="end use did not end; solve with --solver highs") as caught:
        Planner(tiny).search(question).run(dear)
    assert "用水环节" in caught.value.text("zh")


@pytest.mark.parametrize("block", [3, 4])
def test_a_master_that_loses_the_columns_of_one_block_finds_no_end_and_the_full_model_answers(tiny, monkeypatch, block):
    real = Master.add

    def add(self, question, usage, cost, wanted):
        kept = wanted if question < FIRST_QUESTIONS else wanted[wanted != block]
        if len(kept):
            real(self, question, usage, cost, kept)

    agree(Planner(tiny), MANY_LIMITS)
    monkeypatch.setattr(Master, "add", add)
    agree(Planner(tiny), MANY_LIMITS, solver="highs")


@pytest.mark.parametrize("block", [3, 4])
def test_a_search_that_stops_asking_one_block_is_caught(tiny, monkeypatch, block):
    real = Master.solve

    def solve(self):
        objective, prices, block_dual, missing = real(self)
        block_dual[block] = -1e9
        return objective, prices, block_dual, missing

    monkeypatch.setattr(Master, "solve", solve)
    with pytest.raises(CertificateError, match="differ by"):
        Planner(tiny).solve(MANY_LIMITS)


def is_caught(study, scenario):
    """Whether the certificate, an error or the comparison with the judge shows that something is wrong."""
    try:
        agree(Planner(study), scenario)
    except (AssertionError, CertificateError, SolverError):
        return True
    return False



def test_steps_are_those_of_the_answers_even_where_others_are_better_at_their_price(tiny):
    """A plan that mixes answers to two prices rests on vertices that are the best at the price between them, and need
    not be the best at either: that nobody moves is an answer, though at this price everybody would."""
    kernel = Kernel(tiny, Scenario(levers={"saving_target": 60}))
    s, pairs = kernel.structure, kernel.pairs
    first = np.asarray(kernel.uses.entry_start[:-1][s.local_use])  # in which nobody moves
    answers = fresh_answers(pairs, kernel.costs, first)
    told = replace(answers, low=np.full(len(first), 50.0), high=np.full(len(first), 50.0))
    step = steps_of(s, pairs, kernel.uses, told, kernel.costs, np.ones(len(pairs.start)))
    several = (np.diff(s.use_app_start) > 1)[s.local_use][s.local_step_local]
    assert several.any()
    assert not step[several].any()
