"""Why a release tells nothing new of a cell, or nothing at all of a product, as its operator hears it.

A reason rests on who is there and on outputs, on no intensity: whoever knows these can work it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from waterplan.plants.pool.points import Contribution, Leaf
from waterplan.plants.pool.pool_cells import TOLD_APART, TOO_FEW, TOO_LARGE, UNTOLD, Cell
from waterplan.plants.pool.rules import Rules


def reasoned(cells: Sequence[Cell], proposed: Sequence[Cell], now: Sequence[Contribution], rules: Rules) -> list[Cell]:
    """The cells of a release, with the reason of each that nothing new is told of, and after them what stands in none.

    ``proposed``: the cells that the contributions of now allow: all leaves of a product, or nothing of it. Of a product
    without any, either the owners are too few, or one of them is too large, for all were tried together.
    """
    private = [one for one in now if not one.is_public]
    silent = {one.product for one in private} - {cell.product for cell in proposed}
    large = {product for product in silent if len(_owners(private, product)) >= rules.owners_needed}
    named = [
        replace(cell, reason=TOO_LARGE) if cell.reason == TOO_FEW and cell.product in large else cell for cell in cells
    ]
    told = {(cell.product, leaf) for cell in cells for leaf in cell.leaves}
    left: dict[str, set[Leaf]] = {}
    for one in private:
        if (one.product, one.leaf) not in told:
            left.setdefault(one.product, set()).add(one.leaf)
    for product, leaves in sorted(left.items()):
        reason = TOO_LARGE if product in large else TOO_FEW if product in silent else TOLD_APART
        named.append(Cell(product, frozenset(leaves), frozenset(), (), UNTOLD, reason=reason))
    return named


def _owners(private: Sequence[Contribution], product: str) -> set[int]:
    return {one.owner for one in private if one.product == product}
