"""The frontier: published examples, a plain programme for each plant in another library, and laws."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from solving import least_cost_by_glpk, least_cost_by_ortools

from waterplan.base.errors import SolverError, WaterplanError
from waterplan.plants.peers.envelopment import envelop
from waterplan.plants.peers.frontier import (
    RETURNS,
    efficiency,
    frontier_tables,
    plants_needed,
    scale_efficiency,
)
from waterplan.plants.peers.too_few import TooFewPlantsError
from waterplan.plants.records.records import Records

AS_WRITTEN = 5.1e-4  # the books round to three digits


def plain_programme(x, y, plant, variable):
    """The programme of one plant as the books write it, all plants in it; rows in the plant's own units."""
    own_x, own_y = (np.where(own > 0, own, 1.0) for own in (x[plant], y[plant]))
    inputs = np.column_stack([-(x[plant] / own_x), (x / own_x).T])
    outputs = np.column_stack([np.zeros(y.shape[1]), -(y / own_y).T])
    least = np.concatenate([np.zeros(x.shape[1]), -(y[plant] / own_y)])
    sums = np.concatenate([[0.0], np.ones(len(x))])[None] if variable else None
    cost = np.concatenate([[1.0], np.zeros(len(x))])
    return cost, np.vstack([inputs, outputs]), least, sums, [1.0] if variable else None


def plain_score(x, y, plant, variable):
    """Its optimum by scipy, whose solver is HiGHS too."""
    found = linprog(*plain_programme(x, y, plant, variable))
    assert found.status == 0
    return found.fun


def score_by(solver, x, y, plant, variable):
    """Its optimum by a solver that shares nothing with HiGHS."""
    cost, matrix, most, sums, one = plain_programme(x, y, plant, variable)
    rows = np.vstack([matrix, sums]) if variable else matrix
    problem = SimpleNamespace(
        matrix=csr_matrix(rows), row_lower=np.concatenate([np.full(len(most), -np.inf), one or []]),
        row_upper=np.concatenate([most, one or []]), lower=np.zeros(len(cost)), upper=np.full(len(cost), np.inf),
        cost=cost,
    )  # fmt: skip
    return solver(problem)


def plain_scores(x, y, variable):
    return np.array([plain_score(x, y, plant, variable) for plant in range(len(x))])


def frames(x, y):
    return pd.DataFrame(x).add_prefix("input_"), pd.DataFrame(y).add_prefix("output_")


def some_plants(count, inputs, outputs, seed, spread=1.0):
    random = np.random.default_rng(seed)
    size = np.exp(random.normal(0, spread, (count, 1)))
    return size * random.uniform(1, 4, (count, inputs)), size**0.9 * random.uniform(1, 4, (count, outputs))


class TestPublishedExamples:
    def test_coelli_1996_five_firms_with_two_inputs(self):
        """Coelli (1996), A guide to DEAP version 2.1, example 1: constant returns, input-oriented."""
        firms = pd.DataFrame({"x1": [2, 2, 6, 3, 6], "x2": [5, 4, 6, 2, 2], "q": [1, 2, 3, 1, 2]})
        found = efficiency(firms[["x1", "x2"]], firms[["q"]], enough=5)
        assert found.score.tolist() == pytest.approx([0.5, 1.0, 0.833, 0.714, 1.0], abs=AS_WRITTEN)
        third = found.peers[found.peers["plant"] == 2].set_index("peer")["weight"]
        assert third.to_dict() == pytest.approx({1: 1.0, 4: 0.5})

    def test_coelli_1996_five_firms_with_one_input_and_their_scale(self):
        """The same, example 2: constant and variable returns, and scale efficiency."""
        firms = pd.DataFrame({"x": [2, 4, 3, 5, 6], "q": [1, 2, 3, 4, 5]})
        found = scale_efficiency(firms[["x"]], firms[["q"]], enough=5)
        assert found["constant"].tolist() == pytest.approx([0.5, 0.5, 1.0, 0.8, 0.833], abs=AS_WRITTEN)
        assert found["variable"].tolist() == pytest.approx([1.0, 0.625, 1.0, 0.9, 1.0], abs=AS_WRITTEN)
        assert found["scale"].tolist() == pytest.approx([0.5, 0.8, 1.0, 0.889, 0.833], abs=AS_WRITTEN)

    def test_cooper_seiford_tone_eight_branch_stores(self):
        """Cooper, Seiford & Tone (2007), Data Envelopment Analysis, table 1.1: employees and sales."""
        employees, sales = [2, 3, 3, 4, 5, 5, 6, 8], [1, 3, 2, 3, 4, 2, 3, 5]
        found = efficiency(pd.DataFrame({"employees": employees}), pd.DataFrame({"sales": sales}))
        assert found.score.tolist() == pytest.approx([0.5, 1, 0.667, 0.75, 0.8, 0.4, 0.5, 0.625], abs=AS_WRITTEN)

    def test_cooper_seiford_tone_six_units_with_a_weakly_efficient_one(self):
        """The same, example 2.2: F is on the frontier and yet C makes as much with less of the first input."""
        units = pd.DataFrame({"x1": [4, 7, 8, 4, 2, 10], "x2": [3, 3, 1, 2, 4, 1], "y": [1] * 6}, index=list("ABCDEF"))
        found = efficiency(units[["x1", "x2"]], units[["y"]], enough=6)
        assert found.score.tolist() == pytest.approx([0.8571, 0.6316, 1, 1, 1, 1], abs=5.1e-5)

    def test_cooper_seiford_tone_twelve_hospitals(self):
        """The same, table 1.5: doctors and nurses, out- and inpatients; CCR and BCC scores."""
        doctors = [20, 19, 25, 27, 22, 55, 33, 31, 30, 50, 53, 38]
        nurses = [151, 131, 160, 168, 158, 255, 235, 206, 244, 268, 306, 284]
        out = [100, 150, 160, 180, 94, 230, 220, 152, 190, 250, 260, 250]
        inpatients = [90, 50, 55, 72, 66, 90, 88, 80, 100, 100, 147, 120]
        inputs, outputs = pd.DataFrame({"d": doctors, "n": nurses}), pd.DataFrame({"o": out, "i": inpatients})
        ccr = [1, 1, 0.883, 1, 0.763, 0.835, 0.902, 0.796, 0.960, 0.871, 0.955, 0.958]
        bcc = [1, 1, 0.896, 1, 0.882, 0.939, 1, 0.799, 0.989, 1, 1, 1]
        assert efficiency(inputs, outputs, "constant").score.tolist() == pytest.approx(ccr, abs=AS_WRITTEN)
        assert efficiency(inputs, outputs, "variable").score.tolist() == pytest.approx(bcc, abs=AS_WRITTEN)


@pytest.mark.parametrize("returns", RETURNS)
class TestAgainstAnotherLibrary:
    @pytest.mark.parametrize(("inputs", "outputs", "seed"), [(1, 1, 1), (3, 4, 2), (2, 1, 3), (1, 4, 4)])
    def test_scores_are_those_of_a_plain_programme_for_each_plant(self, returns, inputs, outputs, seed):
        x, y = some_plants(60, inputs, outputs, seed)
        found = efficiency(*frames(x, y), returns).score.to_numpy()
        assert found == pytest.approx(plain_scores(x, y, returns == "variable"), abs=1e-6)

    @pytest.mark.parametrize("solver", [least_cost_by_glpk, least_cost_by_ortools])
    def test_scores_are_those_of_other_solvers(self, returns, solver):
        x, y = some_plants(60, 3, 4, 10)
        found = efficiency(*frames(x, y), returns).score.to_numpy()
        told = [score_by(solver, x, y, plant, returns == "variable") for plant in range(60)]
        assert found == pytest.approx(np.array(told), abs=1e-6)

    def test_sizes_over_eight_decades_do_no_harm(self, returns):
        x, y = some_plants(60, 2, 2, 5, spread=5.0)
        found = efficiency(*frames(x, y), returns).score.to_numpy()
        if returns == "constant":  # any plant may be taken smaller; scipy loses small ones beside large ones otherwise
            x, y = x / x.sum(axis=1)[:, None], y / x.sum(axis=1)[:, None]
        assert found == pytest.approx(plain_scores(x, y, returns == "variable"), abs=1e-6)

    def test_noughts_and_twins_do_no_harm(self, returns):
        x, y = some_plants(40, 3, 2, 6)
        x[::3, 0], y[1::3, 1] = 0.0, 0.0
        x[20:30], y[20:30] = x[:10], y[:10]
        found = efficiency(*frames(x, y), returns).score.to_numpy()
        assert found == pytest.approx(plain_scores(x, y, returns == "variable"), abs=1e-6)
        assert found[20:30] == pytest.approx(found[:10], abs=1e-9)


@pytest.mark.parametrize("returns", RETURNS)
class TestLaws:
    def test_the_mixture_of_peers_proves_the_score(self, returns):
        inputs, outputs = frames(*some_plants(80, 3, 2, 7))
        found = efficiency(inputs, outputs, returns)
        for plant, mixture in found.peers.groupby("plant"):
            weight = mixture["weight"].to_numpy()
            needed = weight @ inputs.loc[mixture["peer"]].to_numpy()
            made = weight @ outputs.loc[mixture["peer"]].to_numpy()
            assert (needed / inputs.loc[plant]).max() == pytest.approx(found.score[plant], abs=1e-9)
            assert (made >= outputs.loc[plant] * (1 - 1e-9)).all()
            assert found.targets.loc[plant].tolist() == pytest.approx([*needed, *made])
            assert returns == "constant" or weight.sum() == pytest.approx(1)
        assert found.score[found.peers["peer"]].to_numpy() == pytest.approx(1)

    @given(
        x=arrays(float, (12, 2), elements=st.floats(0.1, 100)),
        y=arrays(float, (12, 2), elements=st.floats(0.1, 100)),
        factors=arrays(float, 4, elements=st.floats(1e-3, 1e3)),
    )
    @settings(max_examples=25, deadline=None)
    def test_scores_do_not_depend_on_units_and_fall_when_plants_join(self, returns, x, y, factors):
        score = efficiency(*frames(x, y), returns).score
        other_units = efficiency(*frames(x * factors[:2], y * factors[2:]), returns).score
        fewer = efficiency(*frames(x[:8], y[:8]), returns, enough=8).score
        assert other_units.to_numpy() == pytest.approx(score.to_numpy(), abs=1e-6)
        assert (score[:8] <= fewer + 1e-7).all()
        assert score.max() == pytest.approx(1)
        assert (score > 0).all()


def test_variable_returns_never_score_lower():
    found = scale_efficiency(*frames(*some_plants(50, 2, 2, 8)))
    assert (found["variable"] >= found["constant"] - 1e-9).all()
    assert (found["scale"] < 0.999).any()


def test_only_plants_that_are_wanted_join_the_programme():
    x, y = some_plants(300, 2, 2, 9)
    found = envelop(x, y, variable=False)
    efficient = np.flatnonzero(found.score > 1 - 1e-9)
    assert set(found.peer) <= set(efficient)
    assert found.columns <= len(efficient) < 60
    assert found.runs <= 300 + found.columns


def test_a_programme_whose_values_do_not_agree_is_not_believed(monkeypatch):
    monkeypatch.setattr("waterplan.plants.peers.envelopment.AGREED", -1.0)
    with pytest.raises(SolverError, match="by its prices"):
        envelop(*some_plants(12, 1, 1, 1), variable=False)


class TestRefusals:
    def test_too_few_plants_are_refused_with_how_many_it_needs(self):
        inputs, outputs = frames(*some_plants(20, 3, 4, 1))
        assert plants_needed(3, 4) == 21
        assert plants_needed(6, 6) == 36
        with pytest.raises(TooFewPlantsError, match=r"needs 21 plants.*there are 20") as refused:
            efficiency(inputs, outputs)
        assert (refused.value.given, refused.value.needed) == (20, 21)
        assert "至少需要 21 家" in refused.value.text("zh")

    @pytest.mark.parametrize("spoilt", [np.nan, -1.0, np.inf])
    def test_what_is_missing_or_negative_is_refused_by_its_name(self, spoilt):
        inputs, outputs = frames(*some_plants(20, 2, 2, 1))
        inputs.iloc[3, 1] = spoilt
        with pytest.raises(WaterplanError, match="input_1 of plant 3"):
            efficiency(inputs, outputs)

    def test_an_input_that_nobody_has_and_a_plant_that_makes_nothing_are_refused(self):
        inputs, outputs = frames(*some_plants(20, 2, 2, 1))
        with pytest.raises(WaterplanError, match="any of the input input_0"):
            efficiency(inputs.assign(input_0=0.0), outputs)
        outputs.iloc[4] = 0.0
        with pytest.raises(WaterplanError, match="Plant 4 has none of the outputs"):
            efficiency(inputs, outputs)

    def test_other_returns_and_other_plants_are_refused(self):
        inputs, outputs = frames(*some_plants(20, 1, 1, 1))
        with pytest.raises(WaterplanError, match='Did you mean "variable"'):
            efficiency(inputs, outputs, "variabel")
        with pytest.raises(WaterplanError, match="same plants"):
            efficiency(inputs, outputs.iloc[::-1])


class TestTables:
    RECORDS = Records(
        sites=pd.DataFrame(
            {"withdrawal_surface": [50.0, np.nan, 30.0, 9.0], "withdrawal_ground": [np.nan, 20.0, 10.0, 1.0]},
            index=pd.MultiIndex.from_tuples(
                [("a", 2020), ("b", 2020), ("c", 2020), ("a", 2019)], names=["plant", "year"]
            ),
        ),
        products=pd.DataFrame(
            [
                *[("a", 2020, "board", 5.0), ("a", 2020, "pulp", 2.0), ("b", 2020, "board", 4.0)],
                *[("c", 2020, "board", 3.0), ("c", 2020, "plate", 1.0), ("a", 2019, "board", 1.0)],
            ],
            columns=["plant", "year", "product", "output"],
        ),
        technologies=pd.DataFrame(),
        end_use_shares=pd.DataFrame(),
    )

    def test_plants_that_make_other_things_too_are_left_out(self):
        inputs, outputs = frontier_tables(self.RECORDS, ["board", "pulp"], 2020)
        assert inputs["withdrawal_graded"].to_dict() == {"a": 50, "b": 20}
        assert outputs.to_dict("index") == {"a": {"board": 5, "pulp": 2}, "b": {"board": 4, "pulp": 0}}

    def test_a_plant_without_a_figure_is_left_out_and_an_unknown_figure_is_named(self):
        inputs, outputs = frontier_tables(self.RECORDS, ["board", "pulp"], 2020, ["withdrawal_surface"])
        assert list(inputs.index) == list(outputs.index) == ["a"]
        with pytest.raises(WaterplanError, match='Did you mean "withdrawal_ground"'):
            frontier_tables(self.RECORDS, ["board"], 2020, ["withdrawal_grund"])
