"""How much water flows where, and how much of it each technology can reach: the coefficients of the model.

Levers of kind *coefficient* and sourced overrides act here; prices do not. All arrays are in the packed order of
:class:`~waterplan.planning.model.structure.Structure`; volumes in hm3/a, shares and fractions of 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from waterplan.base.units import whole_volume
from waterplan.planning.model.structure import Index, Structure
from waterplan.study.scenario import Levers

Array = NDArray[np.float64]
Values = Mapping[str, Array]
M3_PER_HM3 = 1e6


@dataclass(frozen=True)
class Flows:
    """The coefficients of one scenario.

    reference_withdrawal [pair], base_withdrawal [pair], gross_flow [local]: hm3/a. use_flow [use]: the last
    per unit of reference withdrawal.
    saving_fraction, added_share (installed_max - installed_base) [app]; base_share, remaining_fraction [configuration].
    site_limit (c) [site app], site_limit_together (k) [product], supply_limit (c) [supply app], pool_limit [pool,
    province].
    """

    structure: Structure
    output_target: Array
    reference_withdrawal: Array
    base_withdrawal: Array
    gross_flow: Array
    use_flow: Array
    saving_fraction: Array
    added_share: Array
    base_share: Array
    remaining_fraction: Array
    site_limit: Array
    site_limit_together: Array
    supply_limit: Array
    alternative_share_max: float
    pool_limit: Array

    def has_same_shares(self, other: Flows) -> bool:
        """Whether plants start from the same shares and can add the same, so that end uses have the same choices."""
        names = ("saving_fraction", "added_share", "base_share")
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in names)

    @cached_property
    def unit(self) -> float:
        """The volume that tolerances are shares of [hm3/a]; as many MCNY/a for money."""
        return whole_volume(float(self.reference_withdrawal.sum()))

    @cached_property
    def largest_capacity(self) -> Array:
        r"""Largest capacity of each technology: what its floor and cap are shares of [hm3/a].

        Level 1: :math:`\sum \mathrm{saving\_fraction} (\mathrm{installed\_max} - \mathrm{installed\_base}) G`;
        levels 2 and 3: :math:`\sum c \cdot W`, cut by the pool of each province.
        """
        s, reference = self.structure, self.reference_withdrawal
        count, provinces = len(s.technologies), len(s.provinces)
        largest = np.zeros(count)
        reach = self.saving_fraction * self.added_share
        volume = reach[s.local_app] * self.gross_flow[s.local_app_local]
        np.add.at(largest, s.app_technology[s.local_app], volume)
        site, supply, pair = s.pair_site, s.pair_supply, s.pair_supply_pair
        np.add.at(largest, s.site_technology[site], self.site_limit[site] * reference[s.pair_site_pair])
        technology, province = s.supply_technology[supply], s.pair_province[pair]
        wanted = np.zeros((count, provinces))
        volume = self.supply_limit[supply] * reference[pair] * s.supply_available[technology, province]
        np.add.at(wanted, (technology, province), volume)
        pooled = s.technology_pool >= 0
        wanted[pooled] = np.minimum(wanted[pooled], self.pool_limit[s.technology_pool[pooled]])
        return np.asarray(largest + wanted.sum(axis=1))


def build_flows(structure: Structure, values: Values, levers: Levers, years: int) -> Flows:
    """The coefficients of a scenario; ``years`` from base year to target year."""
    output_target, reference, base = reference_withdrawal(structure, values, levers.output_scale, years)
    return Flows(
        structure=structure,
        output_target=output_target,
        reference_withdrawal=reference,
        base_withdrawal=base,
        **flows_at_uses(structure, values, levers, reference),
        **limits_behind_uses(structure, values, levers),
        alternative_share_max=levers.alternative_share_max,
        pool_limit=pool_limits(structure, values["supply_potential"], levers.rollout_scale),
    )


def flows_at_uses(structure: Structure, values: Values, levers: Levers, reference: Array) -> dict[str, Array]:
    """The coefficients that the end uses have: all that figures of technologies there and of end uses change."""
    saving_fraction, base_installed, added = _shares_at_uses(structure, values, levers)
    base_share = base_shares(structure, base_installed)
    remaining = remaining_fractions(structure, saving_fraction)
    average = np.add.reduceat(np.append(base_share * remaining, 0.0), structure.use_configuration_start[:-1])
    use_flow = values["end_use_share"][structure.use_product, structure.use_end_use] / average
    return {
        "gross_flow": reference[structure.local_pair] * use_flow[structure.local_use],
        "use_flow": use_flow,
        "saving_fraction": saving_fraction,
        "added_share": np.where(levers.excluded[structure.app_technology], 0.0, added),
        "base_share": base_share,
        "remaining_fraction": remaining,
    }


def limits_behind_uses(structure: Structure, values: Values, levers: Levers) -> dict[str, Array]:
    """The limits on the site and of other sources: all that figures of technologies there change."""
    site_limit, site_together = _whole_plant_limits(structure, values, levers, "site")
    supply_limit, _ = _whole_plant_limits(structure, values, levers, "supply")
    return {
        "site_limit": np.where(levers.excluded[structure.site_technology], 0.0, site_limit),
        "site_limit_together": site_together,
        "supply_limit": np.where(levers.excluded[structure.supply_technology], 0.0, supply_limit),
    }


def reference_withdrawal(
    structure: Structure, values: Values, output_scale: Array, years: int
) -> tuple[Array, Array, Array]:
    r"""Output of the target year, reference withdrawal and base-year withdrawal of every pair.

    .. math::

        \mathrm{output\_target}_{p,r} &= \mathrm{output}_{p,r} (1 + \mathrm{output\_growth}_p)^{y - y_0}
            \mathrm{output\_scale}_s \\
        W_{p,r} &= \mathrm{output\_target}_{p,r} \cdot \mathrm{intensity}_p \cdot \mathrm{intensity\_factor}_{r,s}
            \quad [\mathrm{hm^3/a}]

    The target year's output at base-year efficiency: no autonomous progress.
    """
    p, r, s = structure.pair_product, structure.pair_province, structure.pair_sector
    output = values["output"][p, r]
    target = output * ((1 + values["output_growth"]) ** years)[p] * output_scale[s]
    intensity = values["intensity"][p] * values["intensity_factor"][r, s] / M3_PER_HM3
    return target, target * intensity, output * intensity


def _installed(
    structure_group: Index, applicable: Array, base: Array, largest: Array, rollout: float
) -> tuple[Array, Array]:
    r"""Base-year share of each technology, and what can be added to it by the target year.

    .. math::

        \mathrm{installed\_base} &= \mathrm{applicable\_share} \cdot \mathrm{penetration\_base} \\
        \mathrm{installed\_max} &= \mathrm{applicable\_share} \cdot \min(1, \mathrm{penetration\_base}
            + \mathrm{rollout\_scale} (\mathrm{penetration\_max} - \mathrm{penetration\_base}))

    Where the members of an exclusive group would together pass 1, their additions are scaled down to fit.
    """
    installed = applicable * base
    added = applicable * np.minimum(1.0, base + rollout * (largest - base)) - installed
    together = np.bincount(structure_group, added)
    room = np.maximum(1.0 - np.bincount(structure_group, installed), 0.0)
    scale = np.divide(room, together, out=np.ones_like(room), where=together > room)
    return installed, added * scale[structure_group]


def _shares_at_uses(structure: Structure, values: Values, levers: Levers) -> tuple[Array, Array, Array]:
    place = (
        structure.app_technology,
        structure.use_product[structure.app_use],
        structure.use_end_use[structure.app_use],
    )
    installed, added = _installed(
        structure.app_use_group,
        values["applicable_share"][place],
        values["penetration_base"][place],
        values["penetration_max"][place],
        levers.rollout_scale,
    )
    return values["saving_fraction"][place], installed, added


def base_shares(structure: Structure, installed: Array) -> Array:
    r"""Base-year share of plants in each configuration: shares of different groups are independent.

    .. math:: m^0_S = \prod_g \begin{cases} \mathrm{installed\_base}_t & t \in S \cap g \\
              1 - \sum_{t \in g} \mathrm{installed\_base}_t & S \cap g = \emptyset \end{cases}
    """
    if not len(structure.choice_member):
        return np.empty(0)
    none = 1.0 - np.bincount(structure.app_use_group, installed)
    chosen = np.where(
        structure.choice_member >= 0, installed[structure.choice_member], none[structure.choice_use_group]
    )
    return np.maximum(np.multiply.reduceat(chosen, structure.configuration_choice_start[:-1]), 0.0)


def remaining_fractions(structure: Structure, saving_fraction: Array) -> Array:
    r"""What a configuration still withdraws: technologies on the same end use compound.

    .. math:: \mathrm{remaining\_fraction}_S = \prod_{t \in S} (1 - \mathrm{saving\_fraction}_t)
    """
    if not len(structure.choice_member):
        return np.empty(0)
    left = np.where(structure.choice_member >= 0, 1.0 - saving_fraction[structure.choice_member], 1.0)
    return np.multiply.reduceat(left, structure.configuration_choice_start[:-1])


def _whole_plant_limits(structure: Structure, values: Values, levers: Levers, level: str) -> tuple[Array, Array]:
    r"""Largest share of the passing flow for each technology alone (c), and for all of a product together (k).

    .. math::

        c_{t,p} &= \frac{\mathrm{saving\_fraction}_t (\mathrm{share\_max}_t - \mathrm{share\_base}_t)}
            {\prod_g (1 - \sum_{t \in g} \mathrm{saving\_fraction}_t \, \mathrm{share\_base}_t)} \\
        k_p &= 1 - \frac{\prod_g (1 - \sum_{t \in g} \mathrm{saving\_fraction}_t \, \mathrm{share\_max}_t)}
            {\prod_g (1 - \sum_{t \in g} \mathrm{saving\_fraction}_t \, \mathrm{share\_base}_t)}

    Sites without a technology withdraw more than the average, hence the denominator.
    """
    product = structure.site_product if level == "site" else structure.supply_product
    technology = structure.site_technology if level == "site" else structure.supply_technology
    group = structure.site_group if level == "site" else structure.supply_group
    count = len(structure.products)
    if not len(product):
        return np.empty(0), np.zeros(count)
    place = (technology, product, np.full(len(product), structure.end_uses.index("site")))
    installed, added = _installed(
        group,
        values["applicable_share"][place],
        values["penetration_base"][place],
        values["penetration_max"][place],
        levers.rollout_scale,
    )
    saving_fraction = values["saving_fraction"][place]
    group_product = np.empty(group.max() + 1, dtype=np.int64)
    group_product[group] = product
    before = np.ones(count)
    after = np.ones(count)
    np.multiply.at(before, group_product, 1.0 - np.bincount(group, saving_fraction * installed))
    np.multiply.at(after, group_product, 1.0 - np.bincount(group, saving_fraction * (installed + added)))
    return saving_fraction * added / before[product], 1.0 - after / before


def pool_limits(structure: Structure, potential: Array, rollout_scale: float) -> Array:
    r"""What each pool of alternative water holds in each province.

    .. math:: \mathrm{pool\_limit}_{k,r} = \mathrm{rollout\_scale} \sum_{t \in k} \mathrm{supply\_potential}_{t,r}
        \quad [\mathrm{hm^3/a}]
    """
    limit = np.zeros((len(structure.pools), len(structure.provinces)))
    pooled = np.flatnonzero(structure.technology_pool >= 0)
    np.add.at(limit, structure.technology_pool[pooled], np.nan_to_num(potential[pooled]))
    return rollout_scale * limit
