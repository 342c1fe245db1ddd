"""Frontier efficiency of plants: how far each could shrink its inputs and still make what it makes, as others show.

Data envelopment analysis, input-oriented, with constant returns to scale (Charnes, Cooper & Rhodes 1978) or variable
ones (Banker, Charnes & Cooper 1984). The score of a plant is the least share θ of all its inputs [1] that a mixture of
plants needs to make at least its outputs; plants of score 1 with no slack span the frontier. The frontier is the best
that is observed, not the best that is possible: scores rise when plants are left out, never when they are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from waterplan.base.errors import WaterplanError, suggest
from waterplan.base.messages import Message
from waterplan.plants.peers.envelopment import envelop
from waterplan.plants.peers.slack import most_slack
from waterplan.plants.peers.too_few import TooFewPlantsError
from waterplan.plants.records.balance import graded_withdrawal
from waterplan.plants.records.records import Records
from waterplan.plants.records.totals import totals_among

CONSTANT, VARIABLE = "constant", "variable"
RETURNS = (CONSTANT, VARIABLE)
GRADED_WITHDRAWAL = "withdrawal_graded"
NONE = 1e-6  # slack below this share of the plant's own figure, or of the mean, is rounding


@dataclass(frozen=True)
class Frontier:
    """Scores and what stands behind them; indexes are those of the plants that were given.

    ``score``
        θ [1], at most 1; 1 is on the frontier
    ``peers``
        plant, peer, weight [1]: the mixture of plants that needs only θ of the plant's inputs
    ``targets``
        the mixture's inputs and outputs, in the units given: at most θ times the plant's inputs, at least its outputs.
        Where it needs still less than θ there is slack; the mixture is one of the best, not that of the most slack,
        which is in ``slack``.
    ``slack``
        what each input could still shrink, each output still grow, after all inputs have shrunk to θ, in the units
        given; of all mixtures the one with most. Empty unless it was asked for.
    ``efficient``
        whether a plant is on the frontier without slack; one of score 1 with slack is so only weakly. Empty with it.
    ``returns``
        constant or variable
    """

    score: pd.Series
    peers: pd.DataFrame
    targets: pd.DataFrame
    slack: pd.DataFrame
    efficient: pd.Series
    returns: str


def plants_needed(inputs: int, outputs: int) -> int:
    """How many plants the frontier needs: max(inputs x outputs, 3 (inputs + outputs)).

    The rule of Cooper, Seiford & Tone (2007), Data Envelopment Analysis, 2nd ed.: with fewer, so many plants
    come out as efficient for lack of peers that the scores say little.

    >>> plants_needed(3, 4)
    21
    """
    return max(inputs * outputs, 3 * (inputs + outputs))


def efficiency(
    inputs: pd.DataFrame,
    outputs: pd.DataFrame,
    returns: str = CONSTANT,
    enough: int | None = None,
    with_slack: bool = False,
) -> Frontier:
    """Frontier efficiency of each row; columns are inputs and outputs in any units, none negative or missing.

    enough: how many plants suffice, instead of ``plants_needed``; for examples from books. with_slack: the second phase
    too, which takes about as long again. Raises TooFewPlantsError
    with how many are needed, and WaterplanError for what cannot be compared. With one input and one output and
    constant returns the score is the best ratio of all over the plant's own:

    >>> take = pd.DataFrame({"withdrawal": [20.0, 30.0, 80.0]})
    >>> make = pd.DataFrame({"board": [10.0, 10.0, 20.0]})
    >>> efficiency(take, make, enough=3).score.round(3).tolist()
    [1.0, 0.667, 0.5]
    """
    if returns not in RETURNS:
        raise WaterplanError(Message("grades.no_returns", given=returns, near=suggest(returns, RETURNS)))
    if not inputs.index.equals(outputs.index):
        raise WaterplanError(Message("grades.other_plants"))
    if totals := totals_among([name for name in inputs.index if isinstance(name, str)]):
        raise WaterplanError(Message("grades.total_row", plant=totals[0]))
    needed = plants_needed(inputs.shape[1], outputs.shape[1]) if enough is None else enough
    if len(inputs) < max(needed, 1):
        raise TooFewPlantsError(len(inputs), needed)
    x, y = inputs.to_numpy(np.float64), outputs.to_numpy(np.float64)
    _check(inputs, x, Message("grades.input"))
    _check(outputs, y, Message("grades.output"))
    found = envelop(x, y, returns == VARIABLE)
    plants = inputs.index
    mixture = np.zeros((len(plants), x.shape[1] + y.shape[1]))
    np.add.at(mixture, found.of, found.weight[:, None] * np.column_stack([x, y])[found.peer])
    names = [*inputs.columns, *outputs.columns]
    slack = pd.DataFrame(columns=names, dtype=np.float64)
    if with_slack:
        parts = most_slack(x, y, found, returns == VARIABLE)
        slack = pd.DataFrame(np.column_stack(parts), index=plants, columns=names)
        own = np.column_stack([x, y])
        slack = slack.where(slack > NONE * np.where(own > 0, own, own.mean(axis=0)), 0.0)
    return Frontier(
        score=pd.Series(found.score, index=plants, name="score"),
        peers=pd.DataFrame({"plant": plants[found.of], "peer": plants[found.peer], "weight": found.weight}),
        targets=pd.DataFrame(mixture, index=plants, columns=names),
        slack=slack,
        efficient=(slack == 0).all(axis=1) & (found.score[: len(slack)] >= 1 - NONE),
        returns=returns,
    )


def scale_efficiency(inputs: pd.DataFrame, outputs: pd.DataFrame, enough: int | None = None) -> pd.DataFrame:
    """Scores with constant and variable returns, and their ratio ``scale``: what the plant's size costs it [1]."""
    scores = {name: efficiency(inputs, outputs, name, enough).score for name in RETURNS}
    return pd.DataFrame(scores).assign(scale=scores[CONSTANT] / scores[VARIABLE])


def frontier_tables(
    records: Records, products: Sequence[str], year: int, inputs: Sequence[str] = (GRADED_WITHDRAWAL,)
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Inputs and outputs for ``efficiency`` of the plants that make only these products, in a year.

    inputs: columns of ``records.sites`` such as volumes [m3/a]; withdrawal_graded is the sum of the graded sources.
    Outputs: output of each product [output_unit/a], 0 where a plant does not make it. A plant whose input or output is
    missing is left out, since missing never means zero.
    """
    sites = records.sites[records.sites.index.get_level_values("year") == year].droplevel("year")
    made = records.products[records.products["year"] == year]
    unknown = [name for name in inputs if name != GRADED_WITHDRAWAL and name not in sites]
    if unknown:
        near = suggest(unknown[0], [GRADED_WITHDRAWAL, *sites.columns])
        raise WaterplanError(Message("grades.no_column", given=unknown[0], near=near))
    others = set(made.loc[~made["product"].isin(products), "plant"])
    own = made[made["product"].isin(products) & ~made["plant"].isin(others)]
    gaps = set(own.loc[own["output"].isna(), "plant"])
    own = own[~own["plant"].isin(gaps)]
    outputs = own.pivot_table(index="plant", columns="product", values="output", aggfunc="sum", fill_value=0.0)
    graded = pd.Series(graded_withdrawal(sites), index=sites.index)
    taken = pd.DataFrame({name: graded if name == GRADED_WITHDRAWAL else sites[name] for name in inputs})
    taken = taken.reindex(outputs.index).dropna()
    return taken, outputs.loc[taken.index]


def _check(table: pd.DataFrame, values: np.ndarray, side: Message) -> None:
    """Raises WaterplanError for what has no place on a frontier."""
    wrong = ~np.isfinite(values) | (values < 0)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        told = {"column": table.columns[column], "plant": table.index[row], "value": values[row, column]}
        raise WaterplanError(Message("grades.not_on_a_frontier", side=side, **told))
    if not (values.sum(axis=0) > 0).all():
        name = table.columns[int(values.sum(axis=0).argmin())]
        raise WaterplanError(Message("grades.none_of_it", side=side, column=name))
    if not (values.sum(axis=1) > 0).all():
        plant = table.index[int(values.sum(axis=1).argmin())]
        raise WaterplanError(Message("grades.none_at_all", side=side, plant=plant))
