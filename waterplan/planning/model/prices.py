"""What a cubic metre of capacity costs and what a cubic metre saved earns, in each of the three perspectives.

Levers of kind *price* act here. CNY/m3 everywhere, and hm3 times CNY/m3 is MCNY.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterplan.planning.model.flows import Array, Values
from waterplan.planning.model.structure import Structure, totals
from waterplan.study.scenario import Levers

KG_PER_T = 1000.0
PERSPECTIVES = ("programme", "enterprise", "society")
TERMS = ("investment", "running_cost", "heat", "electricity", "barrier_cost")


@dataclass(frozen=True)
class Prices:
    """Unit costs and credits of one perspective [CNY/m3].

    terms: by name, charged on capacity, [technology, sector, province] or 1 where they do not differ; unit_cost is
    their sum, [technology, sector, province].
    withdrawal_credit, effluent_credit [sector, province]: earned on each m3 not withdrawn, not discharged.
    scarcity_credit [province]: a preference per m3 saved, shown on a line of its own.
    """

    terms: dict[str, Array]
    unit_cost: Array
    withdrawal_credit: Array
    effluent_credit: Array
    scarcity_credit: Array


def capital_recovery_factor(rate: float, lifetime: Array) -> Array:
    r"""The yearly payment that repays 1 over a lifetime.

    .. math:: \mathrm{crf}(i, n) = \frac{i (1+i)^n}{(1+i)^n - 1}, \qquad 1/n \text{ at } i = 0

    >>> round(float(capital_recovery_factor(0.08, np.array([15.0]))[0]), 4)
    0.1168
    """
    if rate == 0:
        return 1.0 / lifetime
    return rate / -np.expm1(-lifetime * np.log1p(rate))


def build_prices(
    structure: Structure, values: Values, levers: Levers, reference_withdrawal: Array, perspective: str | None = None
) -> Prices:
    r"""Unit costs and credits in a perspective (by default the one that the scenario minimises).

    .. math::

        \mathrm{technology\_cost} = \mathrm{crf}(i, n_t) \cdot \mathrm{investment} + \mathrm{running\_cost}
            + \mathrm{heat} (\mathrm{heat\_price} + \mathrm{carbon\_price} \cdot \mathrm{heat\_emission\_factor})
            + \mathrm{electricity} (\mathrm{electricity\_price}_r \cdot \mathrm{electricity\_price\_scale}
            + \mathrm{carbon\_price} \cdot \mathrm{grid\_emission\_factor}_r)
    """
    perspective = perspective or levers.perspective
    shape = (len(structure.technologies), len(structure.sectors), len(structure.provinces))
    charged = np.where(structure.joint_product & (levers.cost_accounting == "water_share"), 0.0, 1.0)
    carbon = levers.carbon_price / KG_PER_T
    heat_price = values["heat_price"] + carbon * values["heat_emission_factor"]
    electricity_price = (
        values["electricity_price"] * levers.electricity_price_scale + carbon * values["grid_emission_factor"]
    )
    annuity = annual_investment(values, levers, perspective) * charged_share(structure, values, levers)
    subsidy = levers.investment_subsidy if perspective == "enterprise" else np.zeros(len(structure.sectors))
    running = np.where(charged > 0, values["running_cost_per_m3"], values["running_cost_water_share"])
    terms = {
        "investment": annuity[:, None, None] * (1.0 - subsidy)[None, :, None],
        "running_cost": running[:, None, None],
        "heat": (charged * values["heat_per_m3"] * heat_price)[:, None, None],
        "electricity": (charged * values["electricity_per_m3"])[:, None, None] * electricity_price[None, None, :],
    }
    if perspective == "enterprise":
        terms["barrier_cost"] = np.full((1, 1, 1), levers.barrier_cost)
    withdrawal, effluent = _credits(values, levers, perspective, shape[1:])
    return Prices(
        terms=terms,
        unit_cost=np.broadcast_to(sum(terms.values()), shape),
        withdrawal_credit=withdrawal,
        effluent_credit=effluent,
        scarcity_credit=scarcity_credit(structure, values, levers.scarcity_value, reference_withdrawal),
    )


def rate_of(levers: Levers, perspective: str) -> float:
    """The interest rate of a perspective [1/a]: hurdle_rate for enterprises, discount_rate otherwise."""
    return levers.hurdle_rate if perspective == "enterprise" else levers.discount_rate


def annual_investment(values: Values, levers: Levers, perspective: str) -> Array:
    """Investment per m3/a of capacity as a yearly payment, before allocation and subsidy [technology, CNY/m3]."""
    crf = capital_recovery_factor(rate_of(levers, perspective), values["lifetime"])
    return crf * values["investment_per_m3"] * levers.technology_cost_scale


def charged_share(structure: Structure, values: Values, levers: Levers) -> Array:
    """Share of a technology's investment that is charged to water [technology]: ``water_share`` for joint products."""
    shared = structure.joint_product & (levers.cost_accounting == "water_share")
    return np.where(shared, values["water_share"], 1.0)


def _credits(values: Values, levers: Levers, perspective: str, shape: tuple[int, ...]) -> tuple[Array, Array]:
    r"""Avoided charges (enterprise) or avoided real costs (society) per m3 not withdrawn, and per m3 not discharged.

    .. math::

        \text{enterprise: } & \mathrm{public\_supply\_share} \cdot \mathrm{water\_price} \cdot
            \mathrm{water\_price\_scale} + (1 - \mathrm{public\_supply\_share})
            (\mathrm{resource\_fee} + \mathrm{own\_intake\_cost}) + \mathrm{water\_tax} \\
        & \mathrm{sewer\_share} \cdot \mathrm{sewage\_fee} + (1 - \mathrm{sewer\_share})
            \mathrm{effluent\_treatment\_cost} \\
        \text{society: } & \mathrm{public\_supply\_share} \cdot \mathrm{water\_price}
            + (1 - \mathrm{public\_supply\_share}) \mathrm{own\_intake\_cost}; \quad \mathrm{effluent\_treatment\_cost}
    """
    public = values["public_supply_share"][:, None]
    sewer = values["sewer_share"][:, None]
    price, fee = values["water_price"][None, :], values["resource_fee"][None, :]
    intake, treatment = values["own_intake_cost"], values["effluent_treatment_cost"]
    if perspective == "enterprise":
        withdrawal = public * price * levers.water_price_scale + (1 - public) * (fee + intake) + levers.water_tax
        return withdrawal, sewer * values["sewage_fee"][None, :] + (1 - sewer) * treatment
    if perspective == "society":
        return public * price + (1 - public) * intake, np.full(shape, float(treatment))
    return np.zeros(shape), np.zeros(shape)


def scarcity_credit(structure: Structure, values: Values, scarcity_value: float, reference_withdrawal: Array) -> Array:
    r"""A preference for saving where water is scarce [CNY/m3].

    .. math:: \mathrm{scarcity\_value} \cdot \min(\mathrm{water\_stress}_r, 1) / \text{mean}

    The mean is weighted by reference withdrawal, so that the average cubic metre earns ``scarcity_value``.
    """
    stress = np.minimum(values["water_stress"], 1.0)
    weight = totals(structure.pair_province, reference_withdrawal, len(structure.provinces))
    if scarcity_value == 0 or weight @ stress == 0:  # or nobody withdraws where water is scarce
        return np.zeros(len(structure.provinces))
    return scarcity_value * stress * weight.sum() / (weight @ stress)
