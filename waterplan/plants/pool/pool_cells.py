"""The cells of a release: a leaf (route, size class) of a product stands in one cell at most: nothing overlaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from waterplan.plants.pool.deciles import Deciles, deciles
from waterplan.plants.pool.points import Contribution, Leaf, least_of, points_of
from waterplan.plants.pool.rules import Rules

TOLD, KEPT, WITHHELD, UNTOLD = "told", "kept", "withheld", "untold"
FEW_CHANGED, TOLD_APART, TOO_FEW, TOO_LARGE = "few_changed", "told_apart", "too_few", "too_large"  # reasons
Member = tuple[int, int]  # owner, contribution


@dataclass(frozen=True)
class Cell:
    """Leaves of a product that are told together, with the private owners behind them and what is told.

    ``state``: told in this release; kept from an earlier one (too few owners changed); withheld (kept, but somebody in
    it has withdrawn); untold (in no release yet; it is not frozen). ``origin``: the release that told it first; 0 while
    that is not settled. ``reason``: of a cell of which the next release tells nothing new, why: too few owners changed,
    all that was ever told would with it tell somebody apart, there are too few owners, or one of them is too large.
    """

    product: str
    leaves: frozenset[Leaf]
    members: frozenset[Member]
    deciles: Deciles
    state: str = TOLD
    origin: int = 0
    reason: str = ""


def cells_of(contributions: Iterable[Contribution], rules: Rules) -> list[Cell]:
    """The cells that the rules allow, from the contributions alone; a leaf that no cell takes is not told."""
    products: dict[str, dict[Leaf, list[Contribution]]] = {}
    for one in contributions:
        products.setdefault(one.product, {}).setdefault(one.leaf, []).append(one)
    return [cell for product, leaves in sorted(products.items()) for cell in _with_public(product, leaves, rules)]


def _with_public(product: str, leaves: Mapping[Leaf, list[Contribution]], rules: Rules) -> list[Cell]:
    """Leaves that hold published enterprises only force nobody to merge; they join where the product is one cell."""
    private = {leaf: inside for leaf, inside in leaves.items() if not all(one.is_public for one in inside)}
    cells = _cells(product, private, rules) if private else []
    if len(cells) == 1 and cells[0].leaves == frozenset(private):
        whole = _cell(product, frozenset(leaves), leaves, rules)
        return [whole] if whole else cells
    return cells


def _cells(product: str, leaves: Mapping[Leaf, list[Contribution]], rules: Rules) -> list[Cell]:
    """Sizes of a route are merged first, then routes of the product."""
    if not rules.merges:
        return _unmerged(product, leaves, rules)
    routes: dict[str, list[frozenset[Leaf]]] = {}
    for leaf in sorted(leaves):
        routes.setdefault(leaf[0], []).append(frozenset([leaf]))
    told: dict[str, list[Cell]] = {}
    for route, sizes in routes.items():
        told[route] = _merged(product, sizes, leaves, rules)
    short = [route for route, cells in told.items() if not cells]
    if not short:
        return [cell for cells in told.values() for cell in cells]
    whole = {route: frozenset().union(*sizes) for route, sizes in routes.items()}
    taken = list(short)
    long = [route for route in routes if route not in short]
    spare = sorted(long, key=lambda route: (_owners(whole[route], leaves), route))
    while True:
        cell = _cell(product, frozenset().union(*(whole[route] for route in taken)), leaves, rules)
        if cell or not spare:
            rest = [one for route in spare for one in told[route]]
            return [*rest, cell] if cell else rest
        taken.append(spare.pop(0))


def _merged(
    product: str, parts: Sequence[frozenset[Leaf]], leaves: Mapping[Leaf, list[Contribution]], rules: Rules
) -> list[Cell]:
    """Parts that can be told alone; those that cannot are told together, with the smallest that can if it must be.

    Empty if some part cannot be told even with all the others.
    """
    alone = {part: _cell(product, part, leaves, rules) for part in parts}
    taken = [part for part in parts if alone[part] is None]
    spare = sorted((part for part in parts if alone[part]), key=lambda part: (_owners(part, leaves), sorted(part)))
    while taken:
        cell = _cell(product, frozenset().union(*taken), leaves, rules)
        if cell:
            return [*(one for part in spare if (one := alone[part])), cell]
        if not spare:
            return []
        taken.append(spare.pop(0))
    return [one for part in spare if (one := alone[part])]


def _unmerged(product: str, leaves: Mapping[Leaf, list[Contribution]], rules: Rules) -> list[Cell]:
    if _cell(product, frozenset(leaves), leaves, rules) is None:
        return []
    small = Rules(k=1, coalition=0, dominance=1.0, digits=rules.digits)
    cells = (_cell(product, frozenset([leaf]), leaves, small) for leaf in sorted(leaves))
    return [cell for cell in cells if cell]


def _is_shared(inside: Iterable[Contribution], rules: Rules) -> bool:
    """Whether, of private owners' coarse outputs, the largest is beside others enough; as the audit looks at them."""
    made: dict[int, float] = {}
    for one in inside:
        if not one.is_public and one.coarse is not None:
            made[one.owner] = made.get(one.owner, 0.0) + least_of(one.coarse)
    outputs = sorted(made.values())
    rest = outputs[: max(0, len(outputs) - 1 - rules.coalition)]
    return not outputs or sum(rest) >= outputs[-1] * rules.output_needed


def _owners(part: frozenset[Leaf], leaves: Mapping[Leaf, list[Contribution]]) -> int:
    return len({one.owner for leaf in part for one in leaves[leaf] if not one.is_public})


def _cell(product: str, part: frozenset[Leaf], leaves: Mapping[Leaf, list[Contribution]], rules: Rules) -> Cell | None:
    inside = [one for leaf in sorted(part) for one in leaves[leaf]]
    told = deciles(points_of(inside), rules) if _is_shared(inside, rules) else None
    if told is None:
        return None
    return Cell(product, part, frozenset((one.owner, one.key) for one in inside if not one.is_public), told)
