"""The store of dictionaries: for every use of a scenario, the vertices met on sample walks (see core/store.cpp).

At an end use with technologies a, b, ... plants start in configurations S (shares ``start_share``) and end in larger
ones. Per unit of gross flow the choice is how much moves from S to S':

.. math:: \\max \\; w \\sum_{S \\to S'} (\\rho_S - \\rho_{S'}) \\, y_{S,S'} - \\sum_t \\kappa_t x_t, \\qquad
          x_t = \\sum_{S' \\setminus S \\ni t} y_{S,S'} \\le \\mathrm{added\\_share}_t, \\quad
          \\sum_{S'} y_{S,S'} \\le m^0_S

with ``w`` the worth of a saved cubic metre and ``kappa`` the cost of adding t everywhere. A move is a path of the steps
of the full model, so both have the same answers; here there are fewer rows and none is degenerate by construction.

A dictionary (Chvatal) holds one basis: the basic rows, then a row for the saving, then one for each ``x_t``; the last
column is their value. Those met on the way are kept, so that most questions are answered by a look and a check of
reduced profits; where the check fails, pivoting goes on from there. So completeness of the store is never assumed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from waterplan.planning.core.kernel_arrays import KINDS, Handed, Uses
from waterplan.planning.core.library import Column, call, taken
from waterplan.planning.model.flows import Array, Flows
from waterplan.planning.model.structure import Index, Structure

TAKEN_OVER = 1  # as store.cpp
OF_MOVES = ("rows", "move_start", "move_from", "move_to", "move_members", "dictionary", "basis")


@dataclass(frozen=True)
class Sampled(Handed):
    """What the store is made from: configurations and apps of each use, sample costs [sample, app], and the kind of
    each use, that is its product and end use: uses of one kind that start from the same shares are stored once."""

    app_start: Index
    configuration_start: Index
    members: Index
    start_share: Array
    remaining: Array
    added_share: Array
    kappas: Array
    kind: Index
    uses: int
    samples: int
    kinds: int


@dataclass(frozen=True)
class Vertices(Handed):
    """Bases that a store lacks: the use of each, and the bases one after the other (see core/lost.h)."""

    use: Index
    basis: Index
    count: int

    @classmethod
    def none(cls) -> Vertices:
        """No bases."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), 0)


def build_uses(
    structure: Structure, flows: Flows, kappas: Array, known: Uses | None = None, more: Vertices | None = None
) -> Uses:
    """The uses of a scenario, with the dictionaries met for the sample costs ``kappas`` [sample, app].

    Where a use has the same moves in the store of ``known`` uses, its bases are taken over instead, and ``more`` of
    them. Made once for each set of coefficients.
    """
    s = structure
    sampled = Sampled(
        s.use_app_start,
        s.use_configuration_start,
        s.configuration_members,
        flows.start_share,
        flows.remaining_fraction,
        flows.added_share,
        np.ascontiguousarray(kappas),
        s.use_product * len(s.end_uses) + s.use_end_use,
        len(s.use_app_start) - 1,
        len(kappas),
        len(s.products) * len(s.end_uses),
    )
    own: dict[str, Any] = {"saving_fraction": flows.saving_fraction, "added_share": flows.added_share}
    stored = fields(Uses)[1 + len(own) :]
    columns = (Column * len(stored))()
    is_taken_over = call("store", sampled, known, more or Vertices.none(), columns) == TAKEN_OVER
    for column, field in zip(columns, stored, strict=True):
        if not (is_taken_over and field.name in OF_MOVES):
            own[field.name] = taken(column, KINDS[str(field.type)])
    if known is not None and is_taken_over:
        return known.changed(**own)
    return Uses(s.use_app_start, **own)
