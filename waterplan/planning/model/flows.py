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
from waterplan.planning.model.structure import Index, Structure, totals
from waterplan.study.scenario import Levers

Array = NDArray[np.float64]
Values = Mapping[str, Array]
M3_PER_HM3 = 1e6


@dataclass(frozen=True)
class Flows:
    """The coefficients of one scenario: where its plants start from, and what they can add.

    output_target [pair]. reference_withdrawal (all plants at base-year efficiency), base_withdrawal,
    existing_withdrawal and new_withdrawal (plants of the base year, and built since) [pair], gross_flow [local]: hm3/a.
    use_flow [use]: gross flow per unit of existing withdrawal. start_left [fleet]: what is left of existing
    withdrawal after what plants have on level 1.
    saving_fraction, added_share (installed_max less what has it) [app]; start_share,
    remaining_fraction [configuration].
    site_share (sigma) [pair_site], source_share (rho) [pair_supply]: what has been added since the base year.
    site_limit (c less sigma) [pair_site], site_limit_together [pair], supply_limit (c less rho) [pair_supply],
    alternative_share (what is left of alternative_share_max) [pair]; pool_limit: what can still be drawn [pool,
    province], hm3/a. barrier [pair]: what stands in the way, CNY/m3 of capacity, beside barrier_cost.
    years: how many after the base year.
    """

    structure: Structure
    output_target: Array
    reference_withdrawal: Array
    base_withdrawal: Array
    existing_withdrawal: Array
    new_withdrawal: Array
    gross_flow: Array
    use_flow: Array
    start_left: Array
    saving_fraction: Array
    added_share: Array
    start_share: Array
    remaining_fraction: Array
    site_share: Array
    source_share: Array
    site_limit: Array
    site_limit_together: Array
    supply_limit: Array
    alternative_share: Array
    pool_limit: Array
    barrier: Array
    years: int

    def has_same_shares(self, other: Flows) -> bool:
        """Whether plants start from the same shares and can add the same, so that end uses have the same choices."""
        names = ("saving_fraction", "added_share", "start_share")
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in names)

    def after_uses(self, structure: Structure) -> Array:
        """N: what existing plants withdraw at the start after level 1 [pair, hm3/a]."""
        return self.existing_withdrawal * self.start_left[structure.pair_fleet]

    def after_site(self, structure: Structure) -> Array:
        """M: what all plants withdraw at the start after levels 1 and 2 [pair, hm3/a]."""
        return (1.0 - self.on_site(structure)) * self.after_uses(structure) + self.new_withdrawal

    def on_site(self, structure: Structure) -> Array:
        """What site technologies added before save of what reaches the site [pair]."""
        return totals(structure.pair_site_pair, self.site_share, len(self.barrier))

    def replaced(self, structure: Structure) -> Array:
        """What sources added before replace of what is left behind the site [pair]."""
        return totals(structure.pair_supply_pair, self.source_share, len(self.barrier))

    def site_reach(self, structure: Structure) -> Array:
        """The most that site technologies can add alone [pair_site, hm3/a]."""
        return self.site_limit * self.after_uses(structure)[structure.pair_site_pair]

    def supply_reach(self, structure: Structure) -> Array:
        """The most that sources can add alone, whether or not they exist there [pair_supply, hm3/a]."""
        return self.supply_limit * self.after_site(structure)[structure.pair_supply_pair]

    def programme_free(self, structure: Structure) -> Array:
        """Fresh water that is withdrawn where nothing is added [pair, hm3/a]."""
        return (1.0 - self.replaced(structure)) * self.after_site(structure)

    def counted_at_start(self, structure: Structure, count_alternative_supply: bool) -> Array:
        """Counted saving where nothing is added: what turnover and earlier stages save [pair, hm3/a]."""
        left = self.programme_free(structure) if count_alternative_supply else self.after_site(structure)
        return self.reference_withdrawal - left

    @cached_property
    def unit(self) -> float:
        """The volume that tolerances are shares of [hm3/a]; as many MCNY/a for money."""
        return whole_volume(float(self.reference_withdrawal.sum()))

    @cached_property
    def largest_capacity(self) -> Array:
        r"""Largest capacity of each technology: what its floor and cap are shares of [hm3/a].

        Level 1: :math:`\sum \mathrm{saving\_fraction} (\mathrm{installed\_max} - \mathrm{installed\_base}) G`; level
        2: :math:`\sum c N`, level 3: :math:`\sum c M` of what flows there at the start, cut by the pool of each
        province.
        """
        s, count, provinces = self.structure, len(self.structure.technologies), len(self.structure.provinces)
        largest = np.zeros(count)
        reach = self.saving_fraction * self.added_share
        volume = reach[s.local_app] * self.gross_flow[s.local_app_local]
        np.add.at(largest, s.app_technology[s.local_app], volume)
        np.add.at(largest, s.site_technology[s.pair_site], self.site_reach(s))
        technology, province = s.supply_technology[s.pair_supply], s.pair_province[s.pair_supply_pair]
        wanted = np.zeros((count, provinces))
        np.add.at(wanted, (technology, province), self.supply_reach(s) * s.supply_available[technology, province])
        pooled = s.technology_pool >= 0
        wanted[pooled] = np.minimum(wanted[pooled], self.pool_limit[s.technology_pool[pooled]])
        return np.asarray(largest + wanted.sum(axis=1))


def build_flows(structure: Structure, values: Values, levers: Levers, years: int, kept: Array | None = None) -> Flows:
    """The coefficients of a scenario whose plants have what they had in the base year, so many ``years`` after it.

    kept: withdrawal of the base year's plants that were still there at an earlier time [pair, hm3/a]; not more are.
    """
    s, pairs = structure, len(structure.pair_fleet)
    output_target, reference, base = reference_withdrawal(structure, values, levers.output_scale, years)
    existing, new = turnover(structure, values, levers, years, reference, kept)
    return Flows(
        structure=structure,
        output_target=output_target,
        reference_withdrawal=reference,
        base_withdrawal=base,
        existing_withdrawal=existing,
        new_withdrawal=new,
        **flows_at_uses(structure, values, levers, existing),
        start_left=np.ones(len(s.fleet_product)),
        site_share=np.zeros(len(s.pair_site)),
        source_share=np.zeros(len(s.pair_supply)),
        **limits_behind_uses(structure, values, levers),
        alternative_share=np.full(pairs, levers.alternative_share_max),
        pool_limit=pool_limits(structure, values["supply_potential"], levers.rollout_scale),
        barrier=np.zeros(pairs),
        years=years,
    )


def flows_at_uses(structure: Structure, values: Values, levers: Levers, existing: Array) -> dict[str, Array]:
    """The coefficients that the end uses have: all that figures of technologies there and of end uses change."""
    saving_fraction, base_installed, added = _shares_at_uses(structure, values, levers)
    base_share = base_shares(structure, base_installed)
    remaining = remaining_fractions(structure, saving_fraction)
    average = np.add.reduceat(np.append(base_share * remaining, 0.0), structure.use_configuration_start[:-1])
    use_flow = values["end_use_share"][structure.use_product, structure.use_end_use] / average
    return {
        "gross_flow": existing[structure.local_pair] * use_flow[structure.local_use],
        "use_flow": use_flow,
        "saving_fraction": saving_fraction,
        "added_share": np.where(levers.excluded[structure.app_technology], 0.0, added),
        "start_share": base_share,
        "remaining_fraction": remaining,
    }


def limits_behind_uses(structure: Structure, values: Values, levers: Levers) -> dict[str, Array]:
    """The limits on the site and of other sources: all that figures of technologies there change."""
    s = structure
    site_limit, site_together = _whole_plant_limits(s, values, levers, "site")
    supply_limit, _ = _whole_plant_limits(s, values, levers, "supply")
    return {
        "site_limit": np.where(levers.excluded[s.site_technology], 0.0, site_limit)[s.pair_site],
        "site_limit_together": site_together[s.pair_product],
        "supply_limit": np.where(levers.excluded[s.supply_technology], 0.0, supply_limit)[s.pair_supply],
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
    output = values["output"][p, r] / structure.barrier_groups
    target = output * ((1 + values["output_growth"]) ** years)[p] * output_scale[s]
    intensity = values["intensity"][p] * values["intensity_factor"][r, s] / M3_PER_HM3
    return target, target * intensity, output * intensity


def turnover(
    structure: Structure, values: Values, levers: Levers, years: int, reference: Array, kept: Array | None = None
) -> tuple[Array, Array]:
    r"""What plants of the base year withdraw, and what plants built since then do [pair, hm3/a].

    .. math::

        \mathrm{existing\_output}_{p,r} &= \min(\mathrm{output\_target}_{p,r},
            \mathrm{output}_{p,r} (1 - \mathrm{retirement\_rate}_p)^{y - y_0}) \\
        \mathrm{new\_withdrawal}_{p,r} &= (\mathrm{output\_target}_{p,r} - \mathrm{existing\_output}_{p,r})
            \, \mathrm{intensity} \cdot \mathrm{intensity\_factor} \cdot \mathrm{new\_intensity\_ratio}_p

    With the baseline ``frozen`` all are plants of the base year.
    """
    if levers.baseline == "frozen":
        return reference, np.zeros(len(reference))
    p, r, s = structure.pair_product, structure.pair_province, structure.pair_sector
    intensity = values["intensity"][p] * values["intensity_factor"][r, s] / M3_PER_HM3
    left = values["output"][p, r] / structure.barrier_groups * ((1 - values["retirement_rate"]) ** years)[p] * intensity
    existing = np.minimum(reference, left if kept is None else np.minimum(left, kept))
    return existing, (reference - existing) * values["new_intensity_ratio"][p]


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
