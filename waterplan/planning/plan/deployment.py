"""What is deployed where, in the packed order of the structure: the common ground of the full LP and the fast
planner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterplan.planning.model.decisions import Decisions
from waterplan.planning.model.flows import Array, Flows
from waterplan.planning.model.structure import Structure, totals

LEVELS = ("end_use", "site", "supply")


@dataclass(frozen=True)
class Deployment:
    """Capacity and savings of a plan [hm3/a].

    capacity [local app]: what the end-use technologies added would save each on its own.
    use_saving [local]: what they really save at each end use; site_saving [pair site], supply [pair supply].
    """

    capacity: Array
    use_saving: Array
    site_saving: Array
    supply: Array


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


def saving_by_level(structure: Structure, deployment: Deployment) -> Array:
    """Real saving [level, sector, province], hm3/a."""
    sectors, provinces = len(structure.sectors), len(structure.provinces)
    place = structure.pair_sector * provinces + structure.pair_province
    volumes = (deployment.use_saving, deployment.site_saving, deployment.supply)
    pairs = (structure.local_pair, structure.pair_site_pair, structure.pair_supply_pair)
    return np.stack(
        [
            totals(place[pair], volume, sectors * provinces).reshape(sectors, provinces)
            for pair, volume in zip(pairs, volumes, strict=True)
        ]
    )


def effluent_saved(structure: Structure, deployment: Deployment, effluent_share: Array) -> Array:
    """Effluent that is not discharged any more [sector, province], hm3/a: levels 1 and 2, by end use."""
    sectors, provinces = len(structure.sectors), len(structure.provinces)
    place = structure.pair_sector * provinces + structure.pair_province
    share = effluent_share[structure.use_end_use[structure.local_use]]
    at_uses = totals(place[structure.local_pair], share * deployment.use_saving, sectors * provinces)
    on_site = totals(place[structure.pair_site_pair], deployment.site_saving, sectors * provinces)
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
    return _by_choice(structure, use_saving_by_app(structure, flows, deployment), deployment)


def capacity_by_choice(structure: Structure, deployment: Deployment) -> Array:
    """Capacity [technology, product, province], hm3/a."""
    return _by_choice(structure, deployment.capacity, deployment)


def _by_choice(structure: Structure, at_uses: Array, deployment: Deployment) -> Array:
    cube = np.zeros((len(structure.technologies), len(structure.products), len(structure.provinces)))
    pairs = (structure.local_pair[structure.local_app_local], structure.pair_site_pair, structure.pair_supply_pair)
    technologies = (
        structure.app_technology[structure.local_app],
        structure.site_technology[structure.pair_site],
        structure.supply_technology[structure.pair_supply],
    )
    volumes = (at_uses, deployment.site_saving, deployment.supply)
    for pair, technology, volume in zip(pairs, technologies, volumes, strict=True):
        np.add.at(cube, (technology, structure.pair_product[pair], structure.pair_province[pair]), volume)
    return cube
