"""What the compiled kernel reads and fills in: plain arrays in named tuples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index


class Pairs(NamedTuple):
    """Volumes and limits of a scenario [packed; hm3/a, shares]; ``*_start`` by pair, app_start by local."""

    reference: Array
    local_start: Index
    local_use: Index
    gross_flow: Array
    app_start: Index
    site_start: Index
    site_limit: Array
    site_together: Array
    supply_start: Index
    supply_limit: Array
    alternative_share_max: float
    count_supply: float
    unit: float


class Costs(NamedTuple):
    """What capacity costs and what a saved m3 earns besides the price [packed; CNY/m3]."""

    app: Array
    site: Array
    supply: Array
    use_credit: Array
    site_credit: Array
    supply_credit: Array


class Answers(NamedTuple):
    """The decisions of all pairs to the last price asked, and how far each holds.

    share [local app], use_saving [local]: per unit of gross flow; site_saving, supply: hm3/a; counted [pair] hm3/a;
    cost [pair] MCNY/a. entry, low, high, spent [local]: the stored dictionary in use, the worths between which the
    choice stands, and what it costs (net of credits) per unit of gross flow.
    """

    share: Array
    use_saving: Array
    site_saving: Array
    supply: Array
    counted: Array
    cost: Array
    entry: Index
    low: Array
    high: Array
    spent: Array


def fresh_answers(pairs: Pairs, costs: Costs, entry: Index) -> Answers:
    """Answers that hold for no price yet; ``entry`` [local] says where to look first."""
    locals_, count = len(pairs.local_use), len(pairs.reference)
    return Answers(
        share=np.zeros(len(costs.app)),
        use_saving=np.zeros(locals_),
        site_saving=np.zeros(len(costs.site)),
        supply=np.zeros(len(costs.supply)),
        counted=np.zeros(count),
        cost=np.zeros(count),
        entry=entry.copy(),
        low=np.full(locals_, np.inf),
        high=np.full(locals_, -np.inf),
        spent=np.zeros(locals_),
    )
