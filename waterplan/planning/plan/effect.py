"""What a deployment changes against the state that its stage starts from, pair by pair.

What site technologies and sources of earlier stages save shrinks with what arrives there: that much is displaced.
"""

from __future__ import annotations

from dataclasses import dataclass

from waterplan.planning.model.flows import Array, Flows
from waterplan.planning.model.structure import Structure, totals
from waterplan.planning.plan.deployment import Deployment


@dataclass(frozen=True)
class Effect:
    """Differences between the end and the start of a stage [hm3/a].

    at_uses (less N), at_site (less M), others (more from other sources), fresh (less fresh water) [pair]; site
    [pair_site] and supply [pair_supply]: what each saves more, displaced saving taken off.
    """

    at_uses: Array
    at_site: Array
    site: Array
    supply: Array
    fresh: Array
    others: Array

    @classmethod
    def of(cls, structure: Structure, flows: Flows, deployment: Deployment) -> Effect:
        """The effect of a deployment that starts where ``flows`` say."""
        s, d, count = structure, deployment, len(structure.pair_fleet)
        at_uses = totals(s.local_pair, d.use_saving, count)
        added = totals(s.pair_site_pair, d.site_saving, count)
        at_site = (1.0 - flows.on_site(s)) * at_uses + added
        supply = d.supply - flows.source_share * at_site[s.pair_supply_pair]
        others = totals(s.pair_supply_pair, supply, count)
        site = d.site_saving - flows.site_share * at_uses[s.pair_site_pair]
        return cls(at_uses, at_site, site, supply, at_site + others, others)
