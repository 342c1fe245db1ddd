"""What plants have: the state that a stage of planning starts from and ends in.

All in shares, so that it does not depend on how much flows: of the existing plants' gross flow in each configuration,
of what reaches the site, of what is left behind it. Nothing in a state is ever taken back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from waterplan.planning.model.decisions import Decisions
from waterplan.planning.model.fleets import Fleets, LocalConfigurations, alike, with_fleets
from waterplan.planning.model.flows import Array, Flows
from waterplan.planning.model.structure import Index, Structure, expand, pool_draw, totals

LEAST_SHARE = 1e-9  # of the plants of an end use, or of the whole volume of the study: fewer are rounding
ROUNDED = 12  # digits of a share: what rounding alone sets apart is the same plant


@dataclass(frozen=True)
class State:
    """Shares by pair (each barrier group a pair of its own), in the order of ``structure``, one fleet a product.

    configuration_share (m) [local configuration]; site_share (sigma) [pair_site], source_share (rho) [pair_supply]:
    added since the base year.
    """

    structure: Structure
    configuration_share: Array
    site_share: Array
    source_share: Array

    @classmethod
    def base(cls, structure: Structure, flows: Flows) -> State:
        """That of the base year, from the coefficients of a scenario with the same shares."""
        share = flows.start_share[LocalConfigurations(structure).configuration]
        return cls(structure, share, np.zeros(len(structure.pair_site)), np.zeros(len(structure.pair_supply)))

    def after(self, structure: Structure, flows: Flows, decisions: Decisions) -> State:
        """The state in which a stage ends that started here; ``structure`` is that of the stage, with its fleets."""
        s, at = structure, LocalConfigurations(structure)
        step = _share(decisions.step, flows.gross_flow[s.local_step_local])
        moved, count = steps_taken(s, flows, decisions), len(self.configuration_share)
        origin, end = at.step_from[moved], at.step_to[moved]
        moved_on = totals(end, step[moved], count) - totals(origin, step[moved], count)
        rounded = np.maximum(np.round(self.configuration_share + moved_on, ROUNDED), 0.0)
        is_touched = np.zeros(count, dtype=bool)
        is_touched[origin] = is_touched[end] = True
        share = np.where(is_touched, rounded, self.configuration_share)
        site = _share(decisions.site_saving, after_uses(s, flows, decisions)[s.pair_site_pair])
        source = _share(decisions.supply, after_site(s, flows, decisions)[s.pair_supply_pair])
        return replace(
            self,
            configuration_share=share,
            site_share=self.site_share + site,
            source_share=self.source_share + source,
        )

    def flows(self, base: Flows) -> tuple[Fleets, Flows]:
        """The fleets of plants that start from this state, and their coefficients.

        base: the coefficients of the same pairs when they have what they had in the base year.
        """
        s, at = self.structure, LocalConfigurations(self.structure)
        start = at.start[_local_starts(s)]
        fleet, product, pair = alike(s, self.configuration_share, start)
        fleets = with_fleets(s, fleet, product)
        share = self.configuration_share[expand(start, pair)]
        return fleets, _staged(fleets, base, share, self)


def steps_taken(structure: Structure, flows: Flows, decisions: Decisions) -> Index:
    """The local steps of more plants than rounding makes."""
    least = LEAST_SHARE * np.minimum(flows.gross_flow, flows.unit)
    return np.flatnonzero(decisions.step > least[structure.local_step_local])


def after_uses(structure: Structure, flows: Flows, decisions: Decisions) -> Array:
    """N: what existing plants withdraw after level 1 of a stage [pair, hm3/a]."""
    s = structure
    saving = (flows.remaining_fraction[s.step_from] * flows.saving_fraction[s.step_app])[s.local_step] * decisions.step
    return flows.after_uses(s) - totals(s.local_pair[s.local_step_local], saving, len(s.pair_fleet))


def after_site(structure: Structure, flows: Flows, decisions: Decisions) -> Array:
    """M: what all plants withdraw after levels 1 and 2 of a stage [pair, hm3/a]."""
    s = structure
    left = (1.0 - flows.on_site(s)) * after_uses(s, flows, decisions) + flows.new_withdrawal
    return left - totals(s.pair_site_pair, decisions.site_saving, len(left))


def _share(volume: Array, whole: Array) -> Array:
    """Volumes as shares; where nothing flows, none."""
    return np.divide(volume, whole, out=np.zeros(len(volume)), where=whole > 0.0)


def _local_starts(structure: Structure) -> Index:
    """Where the locals of each pair begin."""
    width = np.diff(structure.fleet_use_start)[structure.pair_fleet]
    return np.concatenate([[0], np.cumsum(width)])


def _staged(fleets: Fleets, base: Flows, share: Array, state: State) -> Flows:
    """Coefficients of fleets whose plants start from ``share`` [configuration], with sites and sources of a state."""
    s, origin = fleets.structure, fleets.origin
    remaining, first = base.remaining_fraction[fleets.configuration], base.start_share[fleets.configuration]
    left = np.add.reduceat(np.append((share - first) * remaining, 0.0), s.use_configuration_start[:-1])
    use_flow = base.use_flow[fleets.use]
    start_left = 1.0 + totals(s.use_fleet, use_flow * left, len(s.fleet_product))
    grown = _grown(s, share - first)
    added = base.added_share[fleets.app] - grown
    site_sum = totals(origin.pair_site_pair, state.site_share, len(s.pair_fleet))
    source_sum = totals(origin.pair_supply_pair, state.source_share, len(s.pair_fleet))
    flows = replace(
        base,
        structure=s,
        use_flow=use_flow,
        start_left=start_left,
        saving_fraction=base.saving_fraction[fleets.app],
        added_share=np.where(added > 10.0**-ROUNDED, added, 0.0),
        start_share=share,
        remaining_fraction=remaining,
        site_share=state.site_share,
        source_share=state.source_share,
        site_limit=_left(base.site_limit, state.site_share),
        site_limit_together=_left(base.site_limit_together, site_sum),
        supply_limit=_left(base.supply_limit, state.source_share),
        alternative_share=_left(base.alternative_share, source_sum),
    )
    drawn = pool_draw(s, flows.source_share * flows.after_site(s)[s.pair_supply_pair])
    return replace(flows, pool_limit=np.maximum(base.pool_limit - drawn, 0.0))


def _left(limit: Array, used: Array) -> Array:
    left = limit - used
    return np.where(left > 10.0**-ROUNDED, left, 0.0)


def _grown(structure: Structure, change: Array) -> Array:
    """By how much the share of plants that have each app has grown [app], from that of configurations."""
    s = structure
    width = np.diff(s.configuration_choice_start)
    member, owner = s.choice_member, np.repeat(np.arange(len(width)), width)
    has = member >= 0
    return totals(member[has], change[owner[has]], len(s.app_use))
