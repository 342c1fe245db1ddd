"""One pair in one stage, by the equations of a stage written down row by row and given to HiGHS."""

from __future__ import annotations

import math

import numpy as np
from naive_stages import Program

from waterplan.planning.model.tie_break import WASTE


class NaivePair:
    """What a pair adds from where it starts, and what that changes: accounts are differences of states.

    ``forgets`` leaves out one of the terms that a start brings, to see that it is missed.
    """

    def __init__(self, staged, pair, forgets=()):
        self.staged, self.pair = staged, pair
        i, f, s = staged.instance, staged.flows, staged.structure
        self.levers, self.duals = i.levers, staged.duals
        sector, province = s.pair_sector[pair], s.pair_province[pair]
        prices = i.own_prices
        self.water = prices.withdrawal_credit[sector, province] + prices.scarcity_credit[province]
        self.effluent = prices.effluent_credit[sector, province]
        barrier = f.barrier[pair] if i.levers.perspective == "enterprise" else 0.0
        self.cost = prices.unit_cost[:, sector, province] + barrier
        self.steps, self.sites = staged.local_steps(pair), staged.rows(staged.pairs.site_start, pair)
        self.sources = staged.rows(staged.pairs.supply_start, pair)
        self.site_technology = s.site_technology[s.pair_site[self.sites]]
        self.source_technology = s.supply_technology[s.pair_supply[self.sources]]
        self.pool = s.technology_pool[self.source_technology]
        self.sigma = np.zeros(len(self.sites)) if "on_site" in forgets else f.site_share[self.sites]
        self.rho = np.zeros(len(self.sources)) if "replaced" in forgets else f.source_share[self.sources]
        self.built = 0.0 if "built" in forgets else f.new_withdrawal[pair]
        self.at_uses = f.existing_withdrawal[pair] * (1.0 if "start" in forgets else f.start_left[s.pair_fleet[pair]])
        step = s.local_step[self.steps]
        self.added = f.saving_fraction[s.step_app[step]]
        self.saves = f.remaining_fraction[s.step_from[step]] * self.added
        shares = i.values["effluent_share"]
        self.step_effluent = shares[s.use_end_use[s.local_use[s.local_step_local[self.steps]]]]
        self.site_effluent = shares[s.end_uses.index("site")]
        self.step_cost = (
            self.cost[s.app_technology[s.step_app[step]]] + staged.places.tie.app[s.local_step_app[self.steps]]
        )
        self.site_cost = self.cost[self.site_technology] + staged.places.tie.site[self.sites]
        self.source_cost = self.cost[self.source_technology] + staged.places.tie.supply[self.sources]

    def accounts(self, step, site, supply):
        """What decisions of the pair save by level and technology, and their counted saving."""
        at_uses = self.saves @ step
        site_saving = site - self.sigma * at_uses
        less = at_uses + site_saving.sum()
        source_saving = supply - self.rho * less
        counted = less + (source_saving.sum() if self.levers.count_alternative_supply else 0.0)
        effluent = (self.step_effluent * self.saves) @ step + self.site_effluent * site_saving.sum()
        return {"at_uses": at_uses, "site": site_saving, "sources": source_saving, "less": less, "counted": counted,
                "fresh": less + source_saving.sum(), "effluent": effluent}  # fmt: skip

    def cost_of(self, step, site, supply):
        """What decisions cost, credits and prices of limits taken off."""
        told, d, r = self.accounts(step, site, supply), self.duals, self.staged.structure.pair_province[self.pair]
        paid = (self.step_cost * self.added) @ step + self.site_cost @ site + self.source_cost @ supply
        earned = WASTE * told["at_uses"] + self.water * told["fresh"] + self.effluent * told["effluent"]
        drawn = sum(
            d.pool[pool, r] * volume for pool, volume in zip(self.pool, told["sources"], strict=True) if pool >= 0
        )
        others = told["sources"].sum() + self.levers.non_conventional_min[r] * told["less"]
        return paid - earned + drawn - d.value_added_cut * told["fresh"] - d.non_conventional_min[r] * others

    def excess(self, step, site, supply):
        """By how much decisions break a limit of the pair [hm3/a]."""
        f, s = self.staged.flows, self.staged.structure
        reaching = self.at_uses - self.saves @ step
        left = reaching - (self.sigma.sum() * reaching + site.sum()) + self.built
        together = f.site_limit_together[self.pair] * reaching, f.alternative_share[self.pair] * left
        over = [0.0, *(site - f.site_limit[self.sites] * reaching), site.sum() - together[0],
                *(supply - self._source_limit() * left), supply.sum() - together[1]]  # fmt: skip
        for rows, limit in self._step_rows():
            over.append(sum(weight * step[n] for n, weight in rows.items()) - limit)
        return max(over) if len(s.pair_fleet) else 0.0

    def _source_limit(self):
        return self.staged.flows.supply_limit[self.sources] * self.staged.places.supply_open[self.sources]

    def _step_rows(self):
        """Of each configuration what leaves it less what enters, and of each technology what is added, at each use."""
        s, f = self.staged.structure, self.staged.flows
        for local in np.unique(s.local_step_local[self.steps]):
            here = [n for n, row in enumerate(self.steps) if s.local_step_local[row] == local]
            step, gross, use = s.local_step[self.steps], f.gross_flow[local], s.local_use[local]
            for c in range(*s.use_configuration_start[use : use + 2]):
                rows = {n: float(s.step_from[step[n]] == c) - float(s.step_to[step[n]] == c) for n in here}
                yield rows, f.start_share[c] * gross
            for app in range(*s.use_app_start[use : use + 2]):
                yield {n: float(s.step_app[step[n]] == app) for n in here}, f.added_share[app] * gross

    def best(self, price):
        """The most that the pair earns at a price of a counted m3."""
        program = Program()
        self.write(program, price)
        return earned(program)

    def write(self, program, price):
        """Writes columns and rows of the pair; what each column draws from each pool."""
        first, count = len(program.cost), (len(self.steps), len(self.sites), len(self.sources))
        ends, draws = first + np.cumsum(count), {int(pool): {} for pool in self.pool if pool >= 0}
        for unit in np.eye(sum(count)):
            step, site, supply = np.split(unit, ends[:-1] - first)
            told = self.accounts(step, site, supply)
            column = program.column(self.cost_of(step, site, supply) - price * told["counted"])
            for pool, volume in zip(self.pool, told["sources"], strict=True):
                if pool >= 0:
                    draws[int(pool)][column] = draws[int(pool)].get(column, 0.0) + volume
        f, passes = self.staged.flows, 1.0 - self.sigma.sum()
        at_uses = {first + n: save for n, save in enumerate(self.saves)}
        sites, sources = range(first + count[0], ends[1]), range(ends[1], ends[2])
        left = {n: passes * save for n, save in at_uses.items()} | dict.fromkeys(sites, 1.0)

        def limit(columns, share, whole, less):
            """These columns take at most a share of what passes: of a whole, less what is saved before."""
            program.row({n: share * weight for n, weight in less.items()} | dict.fromkeys(columns, 1.0), -math.inf,
                        share * whole)  # fmt: skip

        for rows, most in self._step_rows():
            program.row({first + n: weight for n, weight in rows.items()}, -math.inf, most)
        for n, share in zip(sites, f.site_limit[self.sites], strict=True):
            limit([n], share, self.at_uses, at_uses)
        limit(sites, f.site_limit_together[self.pair], self.at_uses, at_uses)
        reaches = passes * self.at_uses + self.built
        for n, share in zip(sources, self._source_limit(), strict=True):
            limit([n], share, reaches, left)
        limit(sources, f.alternative_share[self.pair], reaches, left)
        return draws


def earned(program):
    """What the columns of a program earn at most."""
    value, _ = program.solve()
    return -float(np.dot(program.cost, value))


def best_within_pools(staged, pairs, price):
    """The most that pairs of a province earn together at a price within what pools can still give."""
    program, drawn = Program(), {}
    for pair in pairs:
        for pool, weights in NaivePair(staged, pair).write(program, price).items():
            drawn.setdefault(pool, {}).update(weights)
    province = staged.structure.pair_province[pairs[0]]
    for pool, weights in drawn.items():
        program.row(weights, -math.inf, staged.flows.pool_limit[pool, province])
    return earned(program)
