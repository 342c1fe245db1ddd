r"""That no plan can cost less, shown from the plan's own prices.

Give every limit that joins products and provinces (target, floors, caps, pools) its price. Each pair of a product and
a province is then on its own, and what it could earn at these prices at most is easy to say, backwards through the
levels. No plan can cost less than

.. math:: \text{what the limits are worth at their prices} - \sum_{p,r} \text{what the pair can earn at most}

whatever the prices are, as long as none is negative; at the right prices it is the least cost. The tie-break is left
out.
"""

from __future__ import annotations

import highspy
import numpy as np

from waterplan.base.errors import CertificateError
from waterplan.base.highs import quiet_highs
from waterplan.base.messages import Message
from waterplan.base.vocabulary import term
from waterplan.planning.certificate.accounts import SPENT, cost_lines, keep_book, scarcity_credit
from waterplan.planning.certificate.coefficients import Coefficients, Shares
from waterplan.planning.certificate.decision_rows import Rows
from waterplan.planning.certificate.readings import Array
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
Prices = dict[str, Array]


def lower_bound(plan: Statement, tables: Tables, coefficients: Coefficients) -> float:
    """The least that any plan of the scenario can cost, without the tie-break [MCNY/a]; NaN if a price is no number."""
    if not all(np.isfinite(plan[name]).all() for name in PRICES):
        return np.nan
    names = {**tables.labels, "pool": tables.pools}
    prices = {name: np.maximum(np.nan_to_num(plan.over(name, term(name).dims, names)), 0.0) for name in PRICES}
    c, reference = coefficients, coefficients.reference_withdrawal
    worth, cost = unit_values(prices, tables, c, SUPPLY)
    most = np.full(len(reference), tables.levers.alternative_share_max)
    after_site = best_fill(tables, c, SUPPLY, worth - cost, most)
    worth, cost = unit_values(prices, tables, c, SITE)
    on_site = best_fill(tables, c, SITE, worth - after_site[c.sites.product] - cost, c.together[SITE])
    left = after_site + on_site  # what a m3 still withdrawn after level 1 can earn
    worth, cost = unit_values(prices, tables, c, END_USE)
    earned = float((left * reference).sum()) + end_uses(tables, c, worth - left[c.apps.product], cost)
    return limits_worth(prices, tables, c) - earned


def unit_values(prices: Prices, tables: Tables, coefficients: Coefficients, level: int) -> tuple[Array, Array]:
    """Worth of a m3 saved, cost of a m3/a of capacity of a level, prices of limits in them [share, province; CNY/m3].

    Also of choices that are not open: who asks for them knows (:func:`is_open`).
    """
    shares, levers = _of_level(coefficients, level), tables.levers
    provinces = tables.count("province")[0]
    one = np.ones(len(shares) * provinces)
    use = np.full(len(shares), -1) if level == SUPPLY else shares.end_use
    technology, product, end_use = (np.repeat(own, provinces) for own in (shares.technology, shares.product, use))
    province = np.tile(np.arange(provinces), len(shares))
    book = keep_book(tables, Rows(np.full(len(one), level), technology, product, province, end_use, one, one))
    lines = cost_lines(tables, book, levers.perspective)
    payment = prices["shadow_price"] + prices["sector_floor_price"][book.sector]
    payment = payment + prices["province_floor_price"][province]
    worth = scarcity_credit(tables, coefficients, province) - lines[len(SPENT) :].sum(axis=0)
    worth = worth + payment * (level != SUPPLY or bool(levers.count_alternative_supply))
    cost = lines[: len(SPENT)].sum(axis=0) + prices["investment_cap_price"] * book.whole
    cost = cost + prices["electricity_cap_price"] * tables.values["electricity_per_m3"][technology]
    cost = cost + (prices["technology_cap_price"] - prices["technology_floor_price"])[technology]
    if level == SUPPLY and len(tables.pools):
        pool = tables.pool[technology]
        cost = cost + np.where(pool >= 0, prices["pool_price"][pool, province], 0.0)
    return worth.reshape(-1, provinces), cost.reshape(-1, provinces)


def _of_level(coefficients: Coefficients, level: int) -> Shares:
    return (coefficients.apps, coefficients.sites, coefficients.sources)[level]


def is_open(tables: Tables, coefficients: Coefficients, level: int) -> Array:
    """Where a choice may be made [share, province]: its product is made, the technology available and not excluded."""
    shares = _of_level(coefficients, level)
    here = coefficients.made[shares.product] & coefficients.available[shares.technology]
    return here & ~tables.levers.excluded[shares.technology][:, None]


def best_fill(tables: Tables, coefficients: Coefficients, level: int, profit: Array, together: Array) -> Array:
    """The most that a m3 reaching a level can earn there [product, province]: the most profitable first, each up to its
    limit and all up to the limit together [product]."""
    shares = _of_level(coefficients, level)
    limits = (coefficients.site_limit if level == SITE else coefficients.source_limit)[:, None]
    good = is_open(tables, coefficients, level) & (profit > 0) & (limits > 0)
    share, province = np.nonzero(good)
    pair = shares.product[share] * profit.shape[1] + province
    order = np.lexsort((-profit[share, province], pair))
    share, province, pair = share[order], province[order], pair[order]
    limit = limits[share, 0]
    before = np.cumsum(limit) - limit
    first = np.searchsorted(pair, pair)
    before = before - before[first]
    taken = np.clip(together[shares.product[share]] - before, 0.0, limit)
    most = np.bincount(pair, taken * profit[share, province], minlength=coefficients.made.size)
    return most.reshape(coefficients.made.shape)


def end_uses(tables: Tables, coefficients: Coefficients, worth: Array, cost: Array) -> float:
    """The most that all end uses can earn; worth [app, province] of a m3 saved there, less what it could earn later.

    With one technology or one group at an end use every addition stands alone. With several, each technology's roll-out
    gets a price; what plants with a configuration can still earn at these prices is the best of their ways on. An
    excluded technology counts here: plants that have it keep it, and save less by others.
    """
    c, fraction = coefficients, coefficients.apps.saving_fraction[:, None]
    can = is_open(tables, c, END_USE)
    several = (c.groups > 1)[c.use]
    alone = np.where(can & ~several[:, None], c.reach * fraction * np.maximum(worth - cost, 0.0), 0.0)
    app, origin, to = moves(c, np.flatnonzero(several))
    earns = fraction[app] * (c.sets.remaining_fraction[origin][:, None] * worth[app] - cost[app])
    earns = np.where(can[app], earns, -np.inf)
    price = roll_out_prices(c, app, origin, to, earns)
    plants = c.sets.base_share[:, None] * c.gross_flow[c.sets.use]
    best = best_ways_on(c, app, origin, to, earns - price[app])
    return float(alone.sum() + (plants * best).sum() + (c.reach * price).sum())


def moves(coefficients: Coefficients, apps: Array) -> tuple[Array, Array, Array]:
    """Every step that is possible at the uses of some apps: the app, and the sets that it leads from and to."""
    c, sets = coefficients, coefficients.sets
    begin, count = np.searchsorted(sets.use, c.use[apps]), np.bincount(sets.use, minlength=len(c.groups))[c.use[apps]]
    app = np.repeat(apps, count)
    origin = np.repeat(begin - np.cumsum(count) + count, count) + np.arange(len(app))
    grown = sets.members[origin] | 1 << c.bit[app]
    width = int(sets.members.max(initial=0)) + 1
    keys = sets.use * width + sets.members
    order = np.argsort(keys)
    wanted = c.use[app] * width + np.minimum(grown, width - 1)
    place = order[np.minimum(np.searchsorted(keys[order], wanted), len(order) - 1)] if len(order) else origin
    is_step = (grown != sets.members[origin]) & (keys[place] == wanted) & (grown < width)
    return app[is_step], origin[is_step], place[is_step]


def roll_out_prices(coefficients: Coefficients, app: Array, origin: Array, to: Array, earns: Array) -> Array:
    """Good prices of the roll-outs [app, province], from a linear program for each end use (all at once); any others
    would do, with a lower bound that is further off. What never earns anything needs no price."""
    c, (apps, provinces) = coefficients, (len(coefficients.apps), earns.shape[1])
    price, wanted = np.zeros((apps, provinces)), np.full((apps, provinces), -np.inf)
    np.maximum.at(wanted, app, earns)
    move, province = np.nonzero((wanted[app] > 0) & c.made[c.apps.product[app]])
    if not len(move):
        return price
    rows, row = np.unique(
        np.concatenate([origin[move], to[move], len(c.sets.use) + app[move]]) * provinces + np.tile(province, 3),
        return_inverse=True,
    )
    upper = np.concatenate([c.sets.base_share, c.apps.installed_max - c.apps.installed_base])[rows // provinces]
    problem = highspy.HighsLp()
    problem.num_col_, problem.num_row_ = len(move), len(rows)
    problem.col_cost_, problem.col_lower_ = -earns[move, province], np.zeros(len(move))
    problem.col_upper_ = np.full(len(move), highspy.kHighsInf)
    problem.row_lower_ = np.full(len(rows), -highspy.kHighsInf)
    problem.row_upper_ = np.maximum(upper, 0.0)
    problem.a_matrix_.start_ = 3 * np.arange(len(move) + 1)
    problem.a_matrix_.index_ = row.reshape(3, -1).T.ravel()
    problem.a_matrix_.value_ = np.tile([1.0, -1.0, 1.0], len(move))
    highs = quiet_highs(primal_feasibility_tolerance=1e-9, dual_feasibility_tolerance=1e-9)
    highs.passModel(problem)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        status = highs.modelStatusToString(highs.getModelStatus())
        raise CertificateError(Message("planner_errors.no_lower_bound", reason=status))
    own, at = np.divmod(rows, provinces)
    is_price = own >= len(c.sets.use)
    duals = np.maximum(-np.array(highs.getSolution().row_dual), 0.0)
    price[own[is_price] - len(c.sets.use), at[is_price]] = duals[is_price]
    return price


def best_ways_on(coefficients: Coefficients, app: Array, origin: Array, to: Array, gains: Array) -> Array:
    """What plants with each configuration can earn at most [set, province]: stay, or the best step and what can be
    earned from there; the fullest configurations first. gains [move, province]: of a step less its price."""
    sets = coefficients.sets
    best = np.zeros((len(sets.use), gains.shape[1]))
    size = np.array([members.bit_count() for members in sets.members.tolist()], dtype=np.int64)
    for members in range(int(size.max(initial=0)) - 1, -1, -1):
        here = np.flatnonzero(size[origin] == members)
        if len(here):
            here = here[np.argsort(origin[here], kind="stable")]
            owner, first = np.unique(origin[here], return_index=True)
            best[owner] = np.maximum(best[owner], np.maximum.reduceat(gains[here] + best[to[here]], first, axis=0))
    return best


def limits_worth(prices: Prices, tables: Tables, coefficients: Coefficients) -> float:
    """What the limits that join all are worth at their prices: what must be saved less what is rationed."""
    levers, reference = tables.levers, coefficients.reference_withdrawal
    worth = float(prices["shadow_price"]) * levers.saving_target
    by_sector = np.bincount(tables.sector, reference.sum(axis=1), minlength=tables.count("sector")[0])
    for dim, volume in (("sector", by_sector), ("province", reference.sum(axis=0))):
        worth += float((prices[f"{dim}_floor_price"] * getattr(levers, f"{dim}_floor") * volume).sum())
    for word, sign in (("floor", 1.0), ("cap", -1.0)):
        share = getattr(levers, f"technology_{word}") * coefficients.largest_capacity
        worth += sign * float((prices[f"technology_{word}_price"] * share).sum())
    worth -= float((prices["pool_price"] * np.nan_to_num(coefficients.pool_limit)).sum())
    for name in ("investment", "electricity"):  # an infinite cap has no price
        price, cap = float(prices[f"{name}_cap_price"]), getattr(levers, f"{name}_cap")
        worth -= price * cap if price > 0 else 0.0
    return float(worth)
