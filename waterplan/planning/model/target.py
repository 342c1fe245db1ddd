"""What counts as saved, and the target for it."""

from __future__ import annotations

from collections.abc import Iterable

from pyomo.core.expr.numeric_expr import LinearExpression

from waterplan.planning.model.unknowns import Columns, Given, weighted


def counted_saving(x: Columns, given: Given, pairs: Iterable[int] | None = None) -> tuple[LinearExpression, float]:
    r"""Counted saving of some pairs from frozen efficiency, as a sum of unknowns and a constant.

    .. math:: \sum_{p,r} (\mathrm{reference\_withdrawal}_{p,r} - M_{p,r})
        + \sum_{t,p,r} (\mathrm{source\_share}_{t,p,r} \, M_{p,r} + \mathrm{supply}_{t,p,r})
        \; [\text{if } \mathrm{count\_alternative\_supply}] \quad [\mathrm{hm^3/a}]
    """
    chosen = set(range(len(x.after_site)) if pairs is None else pairs)
    left = [x.after_site[n] for n in sorted(chosen)]
    uncounted = given.uncounted[sorted(chosen)].tolist()
    supply = []
    if given.levers.count_alternative_supply:
        owner = given.structure.pair_supply_pair.tolist()
        supply = [variable for n, variable in zip(owner, x.supply, strict=True) if n in chosen]
    reference = float(sum(given.flows.reference_withdrawal[n] for n in sorted(chosen)))
    return weighted([-share for share in uncounted] + [1.0] * len(supply), left + supply), reference


def saving_meets_target(x: Columns, given: Given) -> object:
    r"""Counted saving reaches the target.

    .. math:: \sum_{p,r} \mathrm{counted\_saving}_{p,r} \ge \mathrm{saving\_target} \quad [\mathrm{hm^3/a}]

    With ``count_from = "baseline"`` what is saved where nothing is added does not count. The dual is ``shadow_price``:
    what the last cubic metre costs.
    """
    saving, _ = counted_saving(x, given)
    return saving >= given.levers.saving_target - given.counted_from
