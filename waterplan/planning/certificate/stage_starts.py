"""What plants have, and what a stage of planning can add from there.

Written from docs/model.md alone. A **place** is a province, or each group of enterprises in it where groups start from
states of their own: place = province * groups + group, and each group has an equal part of what flows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from waterplan.planning.certificate.coefficients import Coefficients
from waterplan.planning.certificate.decision_rows import NOWHERE, Decisions, Rows
from waterplan.planning.certificate.readings import Array
from waterplan.planning.certificate.tables import SITE, SUPPLY, Tables


@dataclass(frozen=True)
class State:
    """What plants have: configuration_share (m) [set, place]; site_share (sigma) [site, place] and source_share (rho)
    [source, place], added since the base year."""

    groups: int
    configuration_share: Array
    site_share: Array
    source_share: Array


@dataclass(frozen=True)
class Start:
    """Where a stage starts, and what it can add; volumes hm3/a.

    after_uses (N), after_site (M) [product, place]; on_site, replaced: sigma and rho, all technologies together
    [product, place]. gross_flow [use, place], reach [app, place]: what a technology may still be added to, reach_share
    of the plants. site_limit [site, place], source_limit [source, place], site_together, source_together [product,
    place], pool_limit [pool, province]: what is left of the limits. largest [technology, product, province]: what a
    choice can be at most; largest_capacity [technology].
    """

    state: State
    after_uses: Array
    after_site: Array
    on_site: Array
    replaced: Array
    gross_flow: Array
    reach_share: Array
    reach: Array
    site_limit: Array
    source_limit: Array
    site_together: Array
    source_together: Array
    pool_limit: Array
    largest: Array
    largest_capacity: Array

    @property
    def groups(self) -> int:
        """How many groups of enterprises each province has."""
        return self.state.groups

    @property
    def fresh(self) -> Array:
        """Fresh water that is withdrawn where nothing is added [product, place]."""
        return (1.0 - self.replaced) * self.after_site

    def by_province(self, amount: Array) -> Array:
        """Sums over the groups of each province [..., province]."""
        if self.groups == 1:
            return amount
        return amount.reshape(*amount.shape[:-1], -1, self.groups).sum(axis=-1)

    def of_places(self, amount: Array) -> Array:
        """What holds of a province at each of its groups [..., place]."""
        return amount if self.groups == 1 else np.repeat(amount, self.groups, axis=-1)

    def counted(self, coefficients: Coefficients, with_supply: bool) -> Array:
        """Counted saving where nothing is added [product, province]: what comes before this stage."""
        return coefficients.reference_withdrawal - self.by_province(self.fresh if with_supply else self.after_site)


def base_state(coefficients: Coefficients, groups: int) -> State:
    """What plants had in the base year."""
    c, places = coefficients, coefficients.made.shape[1] * groups
    share = np.repeat(c.sets.base_share[:, None], places, axis=1)
    return State(groups, share, np.zeros((len(c.sites), places)), np.zeros((len(c.sources), places)))


def start_from(tables: Tables, coefficients: Coefficients, state: State) -> Start:
    """Where a stage starts that plants in a state have before them."""
    c, products = coefficients, len(coefficients.made)

    def of_products(product: Array, share: Array) -> Array:
        total = np.zeros((products, share.shape[1]))
        np.add.at(total, product, share)
        return total

    def part(volume: Array) -> Array:
        return volume if state.groups == 1 else np.repeat(volume / state.groups, state.groups, axis=1)

    existing = part(c.existing_withdrawal)
    change = state.configuration_share - c.sets.base_share[:, None]
    saved = np.zeros((len(c.groups), change.shape[1]))
    np.add.at(saved, c.sets.use, change * c.sets.remaining_fraction[:, None])
    after_uses = existing * (1.0 + of_products(c.use_product, c.use_flow[:, None] * saved))
    on_site = of_products(c.sites.product, state.site_share)
    replaced = of_products(c.sources.product, state.source_share)
    after_site = (1.0 - on_site) * after_uses + part(c.new_withdrawal)
    gross_flow = existing[c.use_product] * c.use_flow[:, None]
    reach_share = np.maximum((c.apps.installed_max - c.apps.installed_base)[:, None] - grown(c, change), 0.0)
    start = Start(
        state=state,
        after_uses=after_uses,
        after_site=after_site,
        on_site=on_site,
        replaced=replaced,
        gross_flow=gross_flow,
        reach_share=reach_share,
        reach=reach_share * gross_flow[c.use],
        site_limit=np.maximum(c.site_limit[:, None] - state.site_share, 0.0),
        source_limit=np.maximum(c.source_limit[:, None] - state.source_share, 0.0),
        site_together=np.maximum(c.together[SITE][:, None] - on_site, 0.0),
        source_together=np.maximum(tables.levers.alternative_share_max - replaced, 0.0),
        pool_limit=c.pool_limit,
        largest=np.empty(0),
        largest_capacity=np.empty(0),
    )
    drawn = pool_draw(tables, c, start, state.source_share * after_site[c.sources.product])
    return _with_largest(tables, c, replace(start, pool_limit=np.maximum(c.pool_limit - drawn, 0.0)))


def grown(coefficients: Coefficients, change: Array) -> Array:
    """By how much more plants have each technology [app, place], from the change of configurations [set, place]."""
    c = coefficients
    total = np.zeros((len(c.apps), change.shape[1]))
    if not change.any():
        return total
    begin = np.searchsorted(c.use, np.arange(len(c.groups)))
    for bit in range(int(c.bit.max(initial=-1)) + 1):
        has = np.flatnonzero(c.sets.members >> bit & 1)
        np.add.at(total, begin[c.sets.use[has]] + bit, change[has])
    return total


def pool_draw(tables: Tables, coefficients: Coefficients, start: Start, volume: Array) -> Array:
    """What sources [source, place] draw from each pool [pool, province]."""
    technology = coefficients.sources.technology
    pooled = np.flatnonzero(tables.pool[technology] >= 0)
    drawn = np.zeros(coefficients.pool_limit.shape)
    np.add.at(drawn, tables.pool[technology[pooled]], start.by_province(volume)[pooled])
    return drawn


def _with_largest(tables: Tables, coefficients: Coefficients, start: Start) -> Start:
    """The same with what choices can be at most; sources are cut by what is left of their pool in each province."""
    c = coefficients
    largest = np.zeros(tables.count("technology", "product", "province"))
    at_uses = start.by_province(c.apps.saving_fraction[:, None] * start.reach)
    np.add.at(largest, (c.apps.technology, c.apps.product), at_uses)
    for rows, limit, flow in (
        (c.sites, start.site_limit, start.after_uses),
        (c.sources, start.source_limit, start.after_site),
    ):
        np.add.at(largest, (rows.technology, rows.product), start.by_province(limit * flow[rows.product]))
    largest[tables.levers.excluded] = 0.0
    wanted = np.where(c.available, largest.sum(axis=1), 0.0)
    pooled = tables.pool >= 0
    wanted[pooled] = np.minimum(wanted[pooled], np.nan_to_num(start.pool_limit)[tables.pool[pooled]])
    return replace(start, largest=largest, largest_capacity=wanted.sum(axis=1))


def state_after(coefficients: Coefficients, start: Start, decisions: Decisions) -> State:
    """The state in which a stage ends; where nothing flows, nothing changes."""
    c, state, steps = coefficients, start.state, decisions.steps
    share = state.configuration_share.copy()
    known = np.flatnonzero((steps.origin >= 0) & (steps.to >= 0))
    place, origin, to = steps.place[known], steps.origin[known], steps.to[known]
    part = _share(steps.step[known], start.gross_flow[c.sets.use[origin], place])
    np.subtract.at(share, (origin, place), part)
    np.add.at(share, (to, place), part)
    flows = end_flows(c, start, decisions)
    site = _share(flows.site, flows.after_uses[c.sites.product])
    source = _share(flows.source, flows.after_site[c.sources.product])
    return replace(
        state,
        configuration_share=np.maximum(share, 0.0),
        site_share=state.site_share + np.maximum(site, 0.0),
        source_share=state.source_share + np.maximum(source, 0.0),
    )


def _share(volume: Array, whole: Array) -> Array:
    return np.divide(volume, whole, out=np.zeros(np.broadcast(volume, whole).shape), where=whole > 0)


@dataclass(frozen=True)
class EndFlows:
    """What flows at the end of a stage [hm3/a]: after_uses (N), after_site (M) [product, place]; what the stage adds on
    the site [site, place] and by sources [source, place]; saved: by its steps, changed: how much M has fallen
    [product, place]."""

    after_uses: Array
    after_site: Array
    site: Array
    source: Array
    saved: Array
    changed: Array


def end_flows(coefficients: Coefficients, start: Start, decisions: Decisions) -> EndFlows:
    """What decisions make of what flows at the start."""
    c, shape = coefficients, start.after_uses.shape
    steps = decisions.steps
    saved = np.zeros(shape)
    np.add.at(saved, (steps.product, steps.place), np.nan_to_num(steps.saving))
    added = []
    for rows, (technology, product, place, volume) in ((c.sites, decisions.site), (c.sources, decisions.supply)):
        listed = np.full((len(c.available), shape[0]), -1)
        listed[rows.technology, rows.product] = np.arange(len(rows))
        row, one = listed[technology, product], np.zeros((len(rows), shape[1]))
        np.add.at(one, (row[row >= 0], place[row >= 0]), np.nan_to_num(volume[row >= 0]))
        added.append(one)
    on_site = np.zeros(shape)
    np.add.at(on_site, (decisions.site[1], decisions.site[2]), np.nan_to_num(decisions.site[3]))
    changed = (1.0 - start.on_site) * saved + on_site
    site, source = added
    return EndFlows(start.after_uses - saved, start.after_site - changed, site, source, saved, changed)


@dataclass(frozen=True)
class Stage:
    """One stage of planning: what may be done (tables with levers, coefficients), where it starts, what is decided,
    what flows in the end. book: what each choice really saves, less what it takes from those that were there before."""

    tables: Tables
    coefficients: Coefficients
    start: Start
    decisions: Decisions
    end: EndFlows
    book: Rows

    @classmethod
    def of(cls, tables: Tables, coefficients: Coefficients, start: Start, decisions: Decisions) -> Stage:
        """The stage that decisions make."""
        end = end_flows(coefficients, start, decisions)
        return cls(tables, coefficients, start, decisions, end, _real(tables, coefficients, start, decisions, end))

    @property
    def fresh(self) -> Array:
        """Fresh water that is withdrawn in the end [product, province]."""
        saved = np.zeros(self.coefficients.made.shape)
        np.add.at(saved, (self.book.product, self.book.province), self.book.saving)
        return self.start.by_province(self.start.fresh) - saved


def _real(tables: Tables, coefficients: Coefficients, start: Start, decisions: Decisions, end: EndFlows) -> Rows:
    """The book, and what the stage takes from site technologies and sources that were there before: less water reaches
    them."""
    c, state, parts = coefficients, start.state, [tuple(vars(decisions.book).values())]
    site_use = tables.labels["end_use"].index("site")
    levels = ((SITE, site_use, c.sites, state.site_share, end.saved),
              (SUPPLY, NOWHERE, c.sources, state.source_share, end.changed))  # fmt: skip
    for level, use, rows, share, less in levels:
        row, place = np.nonzero(share)
        product, one = rows.product[row], np.ones(len(row), np.int64)
        lost = -share[row, place] * less[product, place]
        parts.append((level * one, rows.technology[row], product, place // start.groups, place, use * one, 0.0 * one,
                      lost))  # fmt: skip
    return Rows.of(parts)
