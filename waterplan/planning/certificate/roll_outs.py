"""What end uses can earn at given prices, where technologies share plants and roll-outs."""

from __future__ import annotations

import highspy
import numpy as np

from waterplan.base.errors import CertificateError
from waterplan.base.highs import quiet_highs
from waterplan.base.messages import Message
from waterplan.planning.certificate.coefficients import Coefficients
from waterplan.planning.certificate.readings import Array
from waterplan.planning.certificate.stage_starts import Start

FULL = 1e-12  # of plants: what is left of a roll-out that nobody can be told from one that is done


def end_uses(coefficients: Coefficients, start: Start, can: Array, worth: Array, cost: Array) -> float:
    """The most that all end uses can earn [MCNY/a]; can [app, place]: where a technology may be added; worth of a m3
    saved there, less what it could earn later, and cost of a m3/a of capacity [app, place, CNY/m3].

    With one technology or one group at an end use every addition stands alone. With several, each technology's roll-out
    gets a price; what plants with a configuration can still earn at these prices is the best of their ways on. An
    excluded technology counts here: plants that have it keep it, and save less by others.
    """
    c, fraction = coefficients, coefficients.apps.saving_fraction[:, None]
    several = (c.groups > 1)[c.use]
    alone = np.where(can & ~several[:, None], start.reach * fraction * np.maximum(worth - cost, 0.0), 0.0)
    app, origin, to = moves(c, np.flatnonzero(several))
    earns = fraction[app] * (c.sets.remaining_fraction[origin][:, None] * worth[app] - cost[app])
    earns = np.where(can[app], earns, -np.inf)
    price = roll_out_prices(c, start, app, origin, to, earns)
    plants = start.state.configuration_share * start.gross_flow[c.sets.use]
    best = best_ways_on(c, app, origin, to, earns - price[app])
    return float(alone.sum() + (plants * best).sum() + (start.reach * price).sum())


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


def roll_out_prices(
    coefficients: Coefficients, start: Start, app: Array, origin: Array, to: Array, earns: Array
) -> Array:
    """Good prices of the roll-outs [app, place], from a linear program for each end use (those of a group at once); any
    others would do, with a lower bound that is further off. What never earns anything needs no price."""
    c, places = coefficients, earns.shape[1]
    wanted = np.full((len(c.apps), places), -np.inf)
    np.maximum.at(wanted, app, earns)
    price, full = np.zeros_like(wanted), start.reach_share <= FULL
    needed = ((wanted > 0) & ~full & start.of_places(c.made)[c.apps.product])[app]
    twin = first_alike(c, start, app, np.where(needed, earns, 0.0))[c.use]
    move, place = np.nonzero(needed & (twin[app] == np.arange(places)))
    for group in range(start.groups):
        here = np.flatnonzero(place % start.groups == group)
        if len(here):
            _solve(c, start, (app[move[here]], origin[move[here]], to[move[here]]), place[here],
                   earns[move[here], place[here]], price)  # fmt: skip
    price = np.take_along_axis(price, twin, axis=1) if start.groups > 1 else price
    rest = np.zeros((len(c.groups), places))
    np.add.at(rest, c.use, np.maximum(wanted, 0.0))
    return np.where(full, rest[c.use], price)  # where nothing is left, no step pays at this price


def first_alike(coefficients: Coefficients, start: Start, app: Array, earns: Array) -> Array:
    """The first group of the same province whose plants at a use stand alike and earn alike, as a place [use, place]:
    the prices of its roll-outs are theirs too. Groups that are told alike by mistake get prices that do as well."""
    c, places = coefficients, np.arange(start.after_uses.shape[1])
    twin = np.repeat(places[None], len(c.groups), axis=0)
    if start.groups == 1:
        return twin
    mark, draw = np.zeros(twin.shape), np.random.default_rng(2015)
    for use, table in ((c.sets.use, start.state.configuration_share), (c.use, start.reach_share), (c.use[app], earns)):
        np.add.at(mark, use, draw.random((len(use), 1)) * table)
    marks = mark.reshape(len(mark), -1, start.groups)
    alike = marks[:, :, :, None] == marks[:, :, None, :]
    return places // start.groups * start.groups + alike.argmax(axis=3).reshape(twin.shape)


def _solve(
    coefficients: Coefficients,
    start: Start,
    moves_at: tuple[Array, Array, Array],
    place: Array,
    earns: Array,
    price: Array,
) -> None:
    """Puts the prices of roll-outs, at which these moves earn nothing more, in their places."""
    c, (app, origin, to), (_, places) = coefficients, moves_at, price.shape
    rows, row = np.unique(
        np.concatenate([origin, to, len(c.sets.use) + app]) * places + np.tile(place, 3), return_inverse=True
    )
    upper = np.concatenate([start.state.configuration_share, start.reach_share]).ravel()[rows]
    problem = highspy.HighsLp()
    problem.num_col_, problem.num_row_ = len(app), len(rows)
    problem.col_cost_, problem.col_lower_ = -earns, np.zeros(len(app))
    problem.col_upper_ = np.full(len(app), highspy.kHighsInf)
    problem.row_lower_ = np.full(len(rows), -highspy.kHighsInf)
    problem.row_upper_ = np.maximum(upper, 0.0)
    problem.a_matrix_.start_ = 3 * np.arange(len(app) + 1)
    problem.a_matrix_.index_ = row.reshape(3, -1).T.ravel()
    problem.a_matrix_.value_ = np.tile([1.0, -1.0, 1.0], len(app))
    highs = quiet_highs(primal_feasibility_tolerance=1e-9, dual_feasibility_tolerance=1e-9)
    highs.passModel(problem)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        status = highs.modelStatusToString(highs.getModelStatus())
        raise CertificateError(Message("planner_errors.no_lower_bound", reason=status))
    own, at = np.divmod(rows, places)
    is_price = own >= len(c.sets.use)
    duals = np.maximum(-np.array(highs.getSolution().row_dual), 0.0)
    price[own[is_price] - len(c.sets.use), at[is_price]] = duals[is_price]


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
