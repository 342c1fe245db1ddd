"""What is deployed where, in the packed order of the structure: the common ground of the full LP and the fast
planner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterplan.planning.model.decisions import Decisions
from waterplan.planning.model.flows import Array, Flows
from waterplan.planning.model.structure import Structure, totals
from waterplan.study.scenario import Levers

LEVELS = ("end_use", "site", "supply")


@dataclass(frozen=True)
class Deployment:
    """Capacity and savings of a plan [hm3/a].

    capacity [local app]: what the end-use technologies added would save each on its own.
    use_saving [local]: what they really save at each end use; site_saving [pair site], supply [pair supply]: what is
    added there. See :func:`real_savings` for what levels 2 and 3 really save.
    """

    capacity: Array
    use_saving: Array
    site_saving: Array
    supply: Array


@dataclass(frozen=True)
class Effect:
    """What a deployment changes against the state that its stage starts from [hm3/a]; differences of both, by pair.

    What site technologies and sources of earlier stages save shrinks with what arrives there: that much is displaced.

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


def real_savings(structure: Structure, flows: Flows, deployment: Deployment) -> tuple[Array, Array, Array]:
    r"""What each level saves more than at the start [local], [pair site], [pair supply], hm3/a.

    .. math::

        \Delta N_{p,r} &= \sum_e \mathrm{use\_saving}_{p,r,e} \\
        \Delta M_{p,r} &= (1 - \sum_t \mathrm{site\_share}_{t,p,r}) \, \Delta N_{p,r}
            + \sum_t \mathrm{site\_saving}_{t,p,r} \\
        \text{level 2: } & \mathrm{site\_saving}_{t,p,r} - \mathrm{site\_share}_{t,p,r} \, \Delta N_{p,r} \\
        \text{level 3: } & \mathrm{supply}_{t,p,r} - \mathrm{source\_share}_{t,p,r} \, \Delta M_{p,r}
            \quad [\mathrm{hm^3/a}]

    Differences of states: what does not arrive any more, site technologies and sources that were there before cannot
    save (a negative saving is what has been displaced).
    """
    d = deployment
    if not (flows.site_share.any() or flows.source_share.any()):
        return d.use_saving, d.site_saving, d.supply
    effect = Effect.of(structure, flows, d)
    return d.use_saving, effect.site, effect.supply


def counted_saving(structure: Structure, flows: Flows, levers: Levers, by_level: Array) -> float:
    """What counts as saved of real savings [level, ...], from where the target counts it [hm3/a]."""
    counts = levers.count_alternative_supply
    counted = float(by_level[:2].sum() + (by_level[2].sum() if counts else 0.0))
    if levers.count_from == "frozen":
        return counted + float(flows.counted_at_start(structure, counts).sum())
    return counted


def barrier_paid(structure: Structure, flows: Flows, deployment: Deployment) -> float:
    """What the barriers of pairs cost on the capacity that is added [MCNY/a]."""
    s, d, barrier = structure, deployment, flows.barrier
    if not barrier.any():
        return 0.0
    at_uses = barrier[s.local_pair[s.local_app_local]] * d.capacity
    behind = barrier[s.pair_site_pair] * d.site_saving, barrier[s.pair_supply_pair] * d.supply
    return float(at_uses.sum() + behind[0].sum() + behind[1].sum())


def deployment_of(structure: Structure, flows: Flows, decisions: Decisions) -> Deployment:
    r"""Capacity and savings of the steps that plants take.

    .. math::

        \mathrm{capacity} = \mathrm{saving\_fraction}_t \sum_S \mathrm{step}_{S,t}, \qquad
        \mathrm{saving} = \sum_{S,t} \mathrm{remaining\_fraction}_S \, \mathrm{saving\_fraction}_t \,
            \mathrm{step}_{S,t}
    """
    step = structure.local_step
    added = decisions.step * flows.saving_fraction[structure.step_app[step]]
    local = structure.local_step_local
    return Deployment(
        capacity=totals(structure.local_step_app, added, len(structure.local_app)),
        use_saving=totals(local, added * flows.remaining_fraction[structure.step_from[step]], len(structure.local_use)),
        site_saving=decisions.site_saving,
        supply=decisions.supply,
    )


def capacity_cube(structure: Structure, deployment: Deployment) -> Array:
    """Capacity [technology, sector, province], all levels [hm3/a]."""
    shape = (len(structure.technologies), len(structure.sectors), len(structure.provinces))
    places = np.concatenate(structure.cube_places)
    volumes = np.concatenate([deployment.capacity, deployment.site_saving, deployment.supply])
    return totals(places, volumes, int(np.prod(shape))).reshape(shape)


def saving_by_level(structure: Structure, flows: Flows, deployment: Deployment) -> Array:
    """Real saving [level, sector, province], hm3/a."""
    sectors, provinces = len(structure.sectors), len(structure.provinces)
    place = structure.pair_sector * provinces + structure.pair_province
    volumes = real_savings(structure, flows, deployment)
    pairs = (structure.local_pair, structure.pair_site_pair, structure.pair_supply_pair)
    return np.stack(
        [
            totals(place[pair], volume, sectors * provinces).reshape(sectors, provinces)
            for pair, volume in zip(pairs, volumes, strict=True)
        ]
    )


def effluent_saved(structure: Structure, flows: Flows, deployment: Deployment, effluent_share: Array) -> Array:
    """Effluent that is not discharged any more [sector, province], hm3/a: levels 1 and 2, by end use."""
    sectors, provinces = len(structure.sectors), len(structure.provinces)
    place = structure.pair_sector * provinces + structure.pair_province
    share = effluent_share[structure.use_end_use[structure.local_use]]
    use_saving, site_saving, _ = real_savings(structure, flows, deployment)
    at_uses = totals(place[structure.local_pair], share * use_saving, sectors * provinces)
    on_site = totals(place[structure.pair_site_pair], site_saving, sectors * provinces)
    site = effluent_share[structure.end_uses.index("site")]
    return (at_uses + site * on_site).reshape(sectors, provinces)


def use_saving_by_app(structure: Structure, flows: Flows, deployment: Deployment) -> Array:
    r"""Real saving of each technology at each end use [local app], hm3/a.

    What an end use saves is divided among the technologies added there in proportion to
    :math:`\mathrm{added\ share}_t \cdot (-\ln(1 - \mathrm{saving\_fraction}_t))`: it adds up and does not depend on
    order.
    """
    fraction = flows.saving_fraction[structure.local_app]
    weight = -np.log1p(-np.minimum(fraction, 1 - 1e-12))
    part = deployment.capacity / np.where(fraction > 0, fraction, 1.0) * weight
    local = structure.local_app_local
    whole = totals(local, part, len(structure.local_use))
    return part / np.where(whole > 0, whole, 1.0)[local] * deployment.use_saving[local]


def saving_by_choice(structure: Structure, flows: Flows, deployment: Deployment) -> Array:
    """Real saving of each technology [technology, product, province], hm3/a."""
    _, site, supply = real_savings(structure, flows, deployment)
    return _by_choice(structure, use_saving_by_app(structure, flows, deployment), site, supply)


def capacity_by_choice(structure: Structure, deployment: Deployment) -> Array:
    """Capacity [technology, product, province], hm3/a."""
    return _by_choice(structure, deployment.capacity, deployment.site_saving, deployment.supply)


def _by_choice(structure: Structure, at_uses: Array, on_site: Array, supply: Array) -> Array:
    cube = np.zeros((len(structure.technologies), len(structure.products), len(structure.provinces)))
    pairs = (structure.local_pair[structure.local_app_local], structure.pair_site_pair, structure.pair_supply_pair)
    technologies = (
        structure.app_technology[structure.local_app],
        structure.site_technology[structure.pair_site],
        structure.supply_technology[structure.pair_supply],
    )
    volumes = (at_uses, on_site, supply)
    for pair, technology, volume in zip(pairs, technologies, volumes, strict=True):
        np.add.at(cube, (technology, structure.pair_product[pair], structure.pair_province[pair]), volume)
    return cube
