"""Frontier efficiency of 1,000 plants, 3 inputs and 4 outputs: ours, a plain loop over HiGHS, and pyStoNED."""

from __future__ import annotations

import contextlib
import io

import highspy
import numpy as np
from measuring import Timing, shown, table, timed, times
from pystoned import DEA
from pystoned.constant import OPT_LOCAL, ORIENT_IO, RTS_CRS, RTS_VRS
from raw import QuietHighs

from waterplan.plants.peers.envelopment import envelop
from waterplan.study.study import Study

PLANTS, INPUTS, OUTPUTS = 1000, 3, 4
EVERY = 50  # pyStoNED scores every 50th plant against all 1,000
AGREED = 1e-6


def plants(seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and outputs of plants of many sizes, most of them well behind the frontier."""
    random = np.random.default_rng(seed)
    made = random.lognormal(0.0, 1.0, (PLANTS, 1)) * random.lognormal(0.0, 0.6, (PLANTS, OUTPUTS))
    need = made**0.9 @ random.uniform(0.3, 1.0, (OUTPUTS, INPUTS))
    behind = np.exp(random.normal(0.0, 0.2, need.shape) + abs(random.normal(0.0, 0.4, (PLANTS, 1))))
    return need * behind, made


def plain_scores(x: np.ndarray, y: np.ndarray, variable: bool, presolve: bool) -> np.ndarray:
    """A new programme with all plants in it for each plant, handed to HiGHS whole."""
    entries = np.column_stack([-x, y, np.ones((len(x), int(variable)))])
    count, rows = entries.shape
    matrix = np.vstack([np.zeros(rows), entries])
    scores = np.empty(count)
    for plant in range(count):
        matrix[0, :INPUTS] = x[plant]
        lower = np.concatenate([np.zeros(INPUTS), y[plant], np.ones(int(variable))])
        upper = np.where(np.arange(rows) < INPUTS + OUTPUTS, highspy.kHighsInf, 1.0)
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = rows, count + 1
        lp.col_cost_ = np.append(1.0, np.zeros(count))
        lp.col_lower_, lp.col_upper_ = np.zeros(count + 1), np.full(count + 1, highspy.kHighsInf)
        lp.row_lower_, lp.row_upper_ = lower, upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = rows * np.arange(count + 2, dtype=np.int32)
        lp.a_matrix_.index_ = np.tile(np.arange(rows, dtype=np.int32), count + 1)
        lp.a_matrix_.value_ = matrix.ravel()
        solver = QuietHighs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("presolve", "choose" if presolve else "off")
        solver.passModel(lp)
        solver.run()
        assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal, solver.getModelStatus()
        scores[plant] = solver.getInfo().objective_function_value
    return scores


def pystoned_scores(x: np.ndarray, y: np.ndarray, variable: bool) -> np.ndarray:
    """Some plants against all. pyStoNED writes one programme with a block a plant, which grows with their number."""
    returns = RTS_VRS if variable else RTS_CRS
    with contextlib.redirect_stdout(io.StringIO()):
        model = DEA.DEA(y[::EVERY], x[::EVERY], orient=ORIENT_IO, rts=returns, yref=y, xref=x)
        model.optimize(OPT_LOCAL, "appsi_highs")
    return model.get_theta()


def run(_: Study, quick: bool) -> str:
    """The part of the results; asserts that all scores agree."""
    x, y = plants()
    rows = []
    for variable in (False, True):
        ours = envelop(x, y, variable)
        others: dict[str, tuple[Timing, float]] = {}
        for presolve in (True, False):
            scores = plain_scores(x, y, variable, presolve)
            assert abs(scores - ours.score).max() <= AGREED, abs(scores - ours.score).max()
            took = timed(lambda _, v=variable, p=presolve: plain_scores(x, y, v, p), 1 if quick else 3, warm_up=0)
            others[f"a new programme each, HiGHS {'as it comes' if presolve else 'without presolve'}"] = took, 1.0
        highspy.Highs.resetGlobalScheduler(True)
        assert abs(pystoned_scores(x, y, variable) - ours.score[::EVERY]).max() <= AGREED
        took = timed(lambda _, v=variable: pystoned_scores(x, y, v), 1 if quick else 3, warm_up=0)
        others[f"pyStoNED, HiGHS (every {EVERY}th plant, times {EVERY})"] = took, float(EVERY)
        highspy.Highs.resetGlobalScheduler(True)  # pyStoNED's HiGHS takes more threads than ours
        own = timed(lambda _, v=variable: envelop(x, y, v), 3 if quick else 7)
        name = "variable" if variable else "constant"
        rows.append([name, f"waterplan ({ours.columns} columns, {ours.runs} runs)", shown(own.processor), ""])
        for other, (took, scale) in others.items():
            ratio = times(scale * took.processor / own.processor)
            rows.append([name, other, shown(scale * took.processor), ratio])
    lines = table(["returns", "who", "processor time", "times ours"], rows)
    text = (
        f"## Frontier of {PLANTS} plants, {INPUTS} inputs, {OUTPUTS} outputs\n\n"
        f"Scores of all agree to {AGREED:g}. pyStoNED's one programme for 1,000 plants has a million unknowns,\n"
        f"so it is asked for {PLANTS // EVERY} of them against all and its time taken {EVERY}-fold:\n"
        "its blocks do not touch.\n\n"
    )
    return text + lines + "\n"
