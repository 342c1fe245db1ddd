"""Slack behind a score: examples of the books, a plain programme for each plant, and what slack means."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from waterplan.plants.peers.frontier import RETURNS, efficiency

WHOLE = st.integers(1, 6).map(float)  # small whole numbers: many plants lie on an edge of the frontier


def frames(x, y):
    return pd.DataFrame(x).add_prefix("input_"), pd.DataFrame(y).add_prefix("output_")


def plain_slack(x, y, score, plant, variable):
    """Sum of slacks, each over its mean, of the best mixture: all plants in one programme, by scipy."""
    count, mean_x, mean_y = len(x), x.mean(axis=0), y.mean(axis=0)
    gain = (y / mean_y).sum(axis=1) - (x / mean_x).sum(axis=1)
    matrix = np.vstack([(x / mean_x).T, -(y / mean_y).T])
    most = np.concatenate([score * x[plant] / mean_x + 1e-9, -y[plant] / mean_y + 1e-9])
    sums = (np.ones((1, count)), [1.0]) if variable else (None, None)
    found = linprog(-gain, matrix, most, *sums)
    assert found.status == 0
    return -found.fun + (score * x[plant] / mean_x).sum() - (y[plant] / mean_y).sum()


def test_cooper_seiford_tone_a_unit_of_score_1_that_another_outdoes():
    """Cooper, Seiford & Tone (2007), example 2.2, figures known by heart, so the sum beside them: C (8, 1) makes what
    F (10, 1) makes, so F wastes 10 - 8 = 2 of the first input and is efficient only weakly."""
    units = pd.DataFrame({"x1": [4, 7, 8, 4, 2, 10], "x2": [3, 3, 1, 2, 4, 1], "y": [1] * 6}, index=list("ABCDEF"))
    found = efficiency(units[["x1", "x2"]], units[["y"]], enough=6, with_slack=True)
    assert found.score["F"] == pytest.approx(1.0)
    assert found.slack.loc["F"].tolist() == pytest.approx([2.0, 0.0, 0.0], abs=1e-6)
    assert found.slack.drop("F").to_numpy() == pytest.approx(0.0, abs=1e-6)
    assert found.efficient.to_dict() == {"A": False, "B": False, "C": True, "D": True, "E": True, "F": False}


def test_coelli_1996_the_first_firm_has_slack_in_its_second_input():
    """Coelli (1996), A guide to DEAP, example 1, known by heart; the sum: half of firm 2 needs (1, 2) and makes 1;
    firm 1 shrunk to a half has (1, 2.5), which leaves 0.5 of the second input."""
    firms = pd.DataFrame({"x1": [2, 2, 6, 3, 6], "x2": [5, 4, 6, 2, 2], "q": [1, 2, 3, 1, 2]})
    found = efficiency(firms[["x1", "x2"]], firms[["q"]], enough=5, with_slack=True)
    assert found.slack.loc[0].tolist() == pytest.approx([0.0, 0.5, 0.0], abs=1e-6)
    assert found.slack.drop(0).to_numpy() == pytest.approx(0.0, abs=1e-6)
    assert found.efficient.tolist() == [False, True, False, False, True]


def test_an_output_that_could_still_grow_is_slack_too():
    """Both take 10; the second makes 3 where the first makes 5 of one thing, and as much of the other."""
    found = efficiency(*frames([[10.0], [10.0]], [[4.0, 5.0], [4.0, 3.0]]), enough=2, with_slack=True)
    assert found.score.tolist() == pytest.approx([1.0, 1.0])
    assert found.slack.loc[1].tolist() == pytest.approx([0.0, 0.0, 2.0], abs=1e-6)
    assert found.efficient.tolist() == [True, False]


def test_slack_is_told_only_where_it_was_asked_for():
    found = efficiency(*frames([[1.0], [2.0]], [[1.0], [1.0]]), enough=2)
    assert found.slack.empty
    assert found.efficient.empty


@pytest.mark.parametrize("returns", RETURNS)
class TestLaws:
    @given(x=arrays(float, (10, 2), elements=WHOLE), y=arrays(float, (10, 2), elements=WHOLE))
    @settings(max_examples=25, deadline=None)
    def test_no_mixture_has_more_slack_than_what_is_told(self, returns, x, y):
        found = efficiency(*frames(x, y), returns, enough=10, with_slack=True)
        weighed = (found.slack.to_numpy() / np.concatenate([x.mean(axis=0), y.mean(axis=0)])).sum(axis=1)
        most = [plain_slack(x, y, score, plant, returns == "variable") for plant, score in enumerate(found.score)]
        assert weighed == pytest.approx(np.array(most), abs=1e-5)
        assert (found.slack.to_numpy() >= 0).all()

    @given(
        x=arrays(float, (10, 2), elements=WHOLE),
        y=arrays(float, (10, 2), elements=WHOLE),
        factors=arrays(float, 4, elements=st.sampled_from([1e-3, 0.5, 40.0, 1e4])),
    )
    @settings(max_examples=25, deadline=None)
    def test_who_is_efficient_does_not_depend_on_units_and_nobody_outdoes_the_efficient(self, returns, x, y, factors):
        found = efficiency(*frames(x, y), returns, enough=10, with_slack=True)
        other = efficiency(*frames(x * factors[:2], y * factors[2:]), returns, enough=10, with_slack=True)
        assert found.efficient.tolist() == other.efficient.tolist()
        assert found.efficient.any()
        for plant in np.flatnonzero(found.efficient):
            no_worse = (x <= x[plant]).all(axis=1) & (y >= y[plant]).all(axis=1)
            better = (x < x[plant]).any(axis=1) | (y > y[plant]).any(axis=1)
            assert not (no_worse & better).any()
