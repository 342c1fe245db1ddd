"""The canonical tie-break: among least-cost plans, always the same one.

Least-cost plans are often not unique. A fixed tiny amount is added to each unit cost inside the optimisation and left
out of all reports, so that every path ends in the same plan. Since the amounts are equidistant, an exchange between
four rows or more can still cost nothing where all their unit costs are equal; both plans are then right.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from waterplan.planning.model.flows import Array
from waterplan.planning.model.structure import Index, Structure

TIE_BREAK_MAX = 1e-6
WASTE = 1e-7  # CNY/m3 on what capacity would save on its own and does not, since another technology is there already


@dataclass(frozen=True)
class TieBreak:
    """What is added to the cost of capacity [CNY/m3, between 0 and 1e-6]: app [local app], site [pair site], supply
    [pair supply]; app includes ``WASTE``, which every m3 really saved at an end use earns back.
    """

    app: Array
    site: Array
    supply: Array


KEPT_AS = "tie_break"


def build_tie_break(structure: Structure) -> TieBreak:
    """The tie-break of a study; made once for each structure object.

    The rows of a technology are put in the order of a hash of technology, product, province and end use and get
    equidistant amounts, so that no two are closer than a solver can tell apart. Where a saved m3 is worth nothing,
    plants without other technologies go first.
    """
    known: dict[str, TieBreak] = vars(structure)  # kept there; fleets do not change it (see fleets.py)
    if KEPT_AS not in known:
        known[KEPT_AS] = _tie_break(structure)
    return known[KEPT_AS]


def _tie_break(structure: Structure) -> TieBreak:
    s = structure
    site = s.end_uses.index("site")
    return TieBreak(
        app=WASTE
        + _amounts(
            s,
            s.app_technology[s.local_app],
            s.local_pair[s.local_app_local],
            s.use_end_use[s.local_use[s.local_app_local]],
        ),
        site=_amounts(s, s.site_technology[s.pair_site], s.pair_site_pair, np.full(len(s.pair_site), site)),
        supply=_amounts(s, s.supply_technology[s.pair_supply], s.pair_supply_pair, np.full(len(s.pair_supply), site)),
    )


def tie_break_of(tie: TieBreak, capacity: Array, use_saving: Array, site_saving: Array, supply: Array) -> float:
    """What the tie-break adds to the objective of a plan [MCNY/a]; never negative."""
    # sums of products, not @: BLAS starts threads for vectors of this length and then waits for them, milliseconds long
    added = (tie.app * capacity).sum() + (tie.site * site_saving).sum() + (tie.supply * supply).sum()
    return float(added) - WASTE * float(use_saving.sum())


def _amounts(structure: Structure, technology: Index, pair: Index, end_use: Index) -> Array:
    mixed = np.zeros(len(technology), dtype=np.uint64)
    for label in (
        _label_hash(structure.technologies)[technology],
        _label_hash(structure.products)[structure.pair_product[pair]],
        _label_hash(structure.provinces)[structure.pair_province[pair]],
        _label_hash(structure.end_uses)[end_use],
    ):
        mixed = _splitmix(mixed ^ label)
    order = np.lexsort((mixed, technology))
    count = np.bincount(technology, minlength=len(structure.technologies))
    place = np.empty(len(technology))
    place[order] = np.arange(len(technology)) - np.repeat(np.cumsum(count) - count, count)
    return (TIE_BREAK_MAX - WASTE) * (place + 0.5) / np.maximum(count, 1)[technology]


def _label_hash(labels: tuple[str, ...]) -> NDArray[np.uint64]:
    return np.array(
        [int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") for name in labels], dtype=np.uint64
    )


def _splitmix(number: NDArray[np.uint64]) -> NDArray[np.uint64]:
    number = number + np.uint64(0x9E3779B97F4A7C15)
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))
