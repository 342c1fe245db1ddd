r"""That no plan can cost less, shown from the plan's own prices.

Give every limit that joins products and provinces (target, floors, caps, pools) its price. Each pair of a product and
a province is then on its own, and what it could earn at these prices at most is easy to say, backwards through the
levels. No plan can cost less than

.. math:: \text{what the limits are worth at their prices} - \sum_{p,r} \text{what the pair can earn at most}

whatever the prices are, as long as none is negative; at the right prices it is the least cost. The tie-break is left
out.
"""

from __future__ import annotations

import numpy as np

from waterplan.base.vocabulary import term
from waterplan.planning.certificate.accounts import SPENT, cost_lines, keep_book, scarcity_credit
from waterplan.planning.certificate.allowances import by_label
from waterplan.planning.certificate.coefficients import Coefficients, Shares, withdrawal_allowed
from waterplan.planning.certificate.decision_rows import Rows
from waterplan.planning.certificate.readings import Array
from waterplan.planning.certificate.roll_outs import end_uses
from waterplan.planning.certificate.stage_starts import Start
from waterplan.planning.certificate.statement import Statement
from waterplan.planning.certificate.tables import END_USE, SITE, SUPPLY, Tables

PRICES = (
    "shadow_price",
    "sector_floor_price",
    "province_floor_price",
    "technology_floor_price",
    "technology_cap_price",
    "investment_cap_price",
    "electricity_cap_price",
    "pool_price",
)
OF_NEWER_LIMITS = ("value_added_cut_price", "non_conventional_min_price")  # without them nothing is asked for them
Prices = dict[str, Array]


def read_prices(plan: Statement, tables: Tables) -> Prices | None:
    """The prices of a plan over the labels of their dims, none below nought; None if one is no number."""
    if not all(np.isfinite(plan[name]).all() for name in (*PRICES, *OF_NEWER_LIMITS) if name in plan):
        return None
    names = {**tables.labels, "pool": tables.pools}
    stated = {name: plan.over(name, term(name).dims, names) for name in PRICES}
    prices = no_prices(tables) | stated
    prices |= {name: plan.over(name, term(name).dims, names) for name in OF_NEWER_LIMITS if name in plan}
    prices = {name: np.maximum(np.nan_to_num(price), 0.0) for name, price in prices.items()}
    levers = tables.levers  # what is no limit has no price
    prices["technology_cap_price"] = np.where(levers.technology_cap < 1, prices["technology_cap_price"], 0.0)
    prices["value_added_cut_price"] = prices["value_added_cut_price"] * (levers.value_added_cut > 0)
    return prices


def market_prices(plan: Statement, tables: Tables) -> Prices | None:
    """The prices of what enterprises do by themselves: pools alone bind them together."""
    if not np.isfinite(plan["market_pool_price"]).all():
        return None
    price = plan.over("market_pool_price", ("pool", "province"), {**tables.labels, "pool": tables.pools})
    return no_prices(tables) | {"pool_price": np.maximum(np.nan_to_num(price), 0.0)}


def no_prices(tables: Tables) -> Prices:
    """A price of nothing for every limit."""
    sizes = {dim: len(labels) for dim, labels in tables.labels.items()} | {"pool": len(tables.pools)}
    return {name: np.zeros([sizes[dim] for dim in term(name).dims]) for name in (*PRICES, *OF_NEWER_LIMITS)}


def lower_bound(prices: Prices | None, tables: Tables, coefficients: Coefficients, start: Start) -> float:
    """The least that any plan of the scenario can cost from a start, without the tie-break [MCNY/a]; NaN without
    prices.

    Less water that reaches a level also takes from what was there before: of every m3 that sites are spared, sources
    that were there save rho less; of every m3 that end uses save, site technologies sigma less.
    """
    if prices is None:
        return np.nan
    c = coefficients
    worth, cost = unit_values(prices, tables, c, start, SUPPLY)
    after_site = best_fill(tables, c, start, SUPPLY, worth - cost)
    before = start.state.source_share * (worth - pool_cost(prices, tables, c, start))
    spared = start.of_places(prices["non_conventional_min_price"] * tables.levers.non_conventional_min)
    spared = spared - _of_products(before, c.sources, len(c.made)) - after_site  # a m3 less behind the site
    worth, cost = unit_values(prices, tables, c, start, SITE)
    on_site = best_fill(tables, c, start, SITE, worth + spared[c.sites.product] - cost)
    before = _of_products(start.state.site_share * worth, c.sites, len(c.made))
    less = (1.0 - start.on_site) * spared - before - on_site  # a m3 less before the site
    worth, cost = unit_values(prices, tables, c, start, END_USE)
    others = after_site * (start.after_site - start.after_uses)  # new plants' water, less what sites save already
    earned = float(((after_site + on_site) * start.after_uses + others).sum())
    earned += end_uses(c, start, is_open(tables, c, start, END_USE), worth + less[c.apps.product], cost)
    return limits_worth(prices, tables, c, start) - earned


def _of_products(amount: Array, shares: Shares, products: int) -> Array:
    """The sums over the technologies of each product [product, place]."""
    total = np.zeros((products, amount.shape[1]))
    np.add.at(total, shares.product, amount)
    return total


def unit_values(
    prices: Prices, tables: Tables, coefficients: Coefficients, start: Start, level: int
) -> tuple[Array, Array]:
    """Worth of a m3 saved, cost of a m3/a of capacity of a level, prices of limits in them [share, place; CNY/m3].

    Also of choices that are not open: who asks for them knows (:func:`is_open`).
    """
    shares, levers = _of_level(coefficients, level), tables.levers
    places = start.after_uses.shape[1]
    one = np.ones(len(shares) * places)
    use = np.full(len(shares), -1) if level == SUPPLY else shares.end_use
    technology, product, end_use = (np.repeat(own, places) for own in (shares.technology, shares.product, use))
    place = np.tile(np.arange(places), len(shares))
    province = place // start.groups
    book = keep_book(tables, Rows(np.full(len(one), level), technology, product, province, place, end_use, one, one))
    lines = cost_lines(tables, book, levers.perspective)
    payment = prices["shadow_price"] + prices["sector_floor_price"][book.sector]
    payment = payment + prices["province_floor_price"][province]
    worth = scarcity_credit(tables, coefficients, province) - lines[len(SPENT) :].sum(axis=0)
    worth = worth + payment * (level != SUPPLY or bool(levers.count_alternative_supply))
    worth = worth + prices["value_added_cut_price"]
    cost = lines[: len(SPENT)].sum(axis=0) + prices["investment_cap_price"] * book.whole
    cost = cost + prices["electricity_cap_price"] * tables.values["electricity_per_m3"][technology]
    cost = cost + (prices["technology_cap_price"] - prices["technology_floor_price"])[technology]
    worth, cost = worth.reshape(-1, places), cost.reshape(-1, places)
    if level == SUPPLY:
        worth = worth + start.of_places(prices["non_conventional_min_price"])
        cost = cost + pool_cost(prices, tables, coefficients, start)
    return worth, cost


def pool_cost(prices: Prices, tables: Tables, coefficients: Coefficients, start: Start) -> Array:
    """What a m3 of each source takes from its pool is worth [source, place]."""
    pool = tables.pool[coefficients.sources.technology]
    if not len(tables.pools):
        return np.zeros((len(pool), start.after_uses.shape[1]))
    return start.of_places(np.where(pool[:, None] >= 0, prices["pool_price"][pool], 0.0))


def _of_level(coefficients: Coefficients, level: int) -> Shares:
    return (coefficients.apps, coefficients.sites, coefficients.sources)[level]


def is_open(tables: Tables, coefficients: Coefficients, start: Start, level: int) -> Array:
    """Where a choice may be made [share, place]: its product is made, the technology available and not excluded."""
    shares = _of_level(coefficients, level)
    here = coefficients.made[shares.product] & coefficients.available[shares.technology]
    return start.of_places(here & ~tables.levers.excluded[shares.technology][:, None])


def best_fill(tables: Tables, coefficients: Coefficients, start: Start, level: int, profit: Array) -> Array:
    """The most that a m3 reaching a level can earn there [product, place]: the most profitable first, each up to its
    limit and all up to the limit together."""
    shares = _of_level(coefficients, level)
    limits = start.site_limit if level == SITE else start.source_limit
    together = start.site_together if level == SITE else start.source_together
    good = is_open(tables, coefficients, start, level) & (profit > 0) & (limits > 0)
    share, place = np.nonzero(good)
    pair = shares.product[share] * profit.shape[1] + place
    order = np.lexsort((-profit[share, place], pair))
    share, place, pair = share[order], place[order], pair[order]
    limit = limits[share, place]
    before = np.cumsum(limit) - limit
    first = np.searchsorted(pair, pair)
    before = before - before[first]
    taken = np.clip(together[shares.product[share], place] - before, 0.0, limit)
    most = np.bincount(pair, taken * profit[share, place], minlength=together.size)
    return most.reshape(together.shape)


def limits_worth(prices: Prices, tables: Tables, coefficients: Coefficients, start: Start) -> float:
    """What the limits that join all are worth at their prices: what must still be saved less what is rationed."""
    levers, c = tables.levers, coefficients
    before = start.counted(c, levers.count_alternative_supply)
    target = levers.saving_target - (float(before.sum()) if levers.count_from == "frozen" else 0.0)
    worth = float(prices["shadow_price"]) * target
    for dim in ("sector", "province"):
        price, volume = prices[f"{dim}_floor_price"], by_label(tables, c.reference_withdrawal, dim)
        asked = price * getattr(levers, f"{dim}_floor") * volume
        worth += float((asked - price * by_label(tables, before, dim)).sum())
    for word, sign in (("floor", 1.0), ("cap", -1.0)):
        share = getattr(levers, f"technology_{word}") * start.largest_capacity
        worth += sign * float((prices[f"technology_{word}_price"] * share).sum())
    worth -= float((prices["pool_price"] * np.nan_to_num(start.pool_limit)).sum())
    for name in ("investment", "electricity"):  # an infinite cap has no price
        paid, cap = float(prices[f"{name}_cap_price"]), getattr(levers, f"{name}_cap")
        worth -= paid * cap if paid > 0 else 0.0
    if prices["value_added_cut_price"] > 0:
        worth += float(prices["value_added_cut_price"]) * (float(start.fresh.sum()) - withdrawal_allowed(tables, c))
    left = start.by_province(start.after_site)
    lacking = levers.non_conventional_min * left.sum(axis=0) - (left - start.by_province(start.fresh)).sum(axis=0)
    return worth + float((prices["non_conventional_min_price"] * lacking).sum())
