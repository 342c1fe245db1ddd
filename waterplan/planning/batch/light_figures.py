"""The figures kept of runs that are planned together, from the accounts of the core: as kept_figures.py has them of one
plan."""

from __future__ import annotations

import numpy as np

from waterplan.planning.batch.triangular import Array
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.prices import PERSPECTIVES, capital_recovery_factor
from waterplan.planning.plan.ledger import COST_LINES
from waterplan.planning.planner.light import FIGURES, Accounts, Asked

BARRIER, TAX, ENTERPRISE = 9, 8, PERSPECTIVES.index("enterprise")


def figures_of_runs(instance: Instance, asked: Asked, accounts: Accounts) -> dict[str, Array]:
    """The usual variables of all runs [run, ...]."""
    s = instance.structure
    runs, technologies, sectors = len(asked.lever), len(s.technologies), len(s.sectors)
    shape = (runs, technologies, sectors)
    by_sector = accounts.capacity.reshape(shape)
    placed = accounts.placed.reshape(runs, technologies, len(s.provinces))
    found = dict(zip(FIGURES, accounts.figure.T, strict=False))
    lines = accounts.figure[:, len(FIGURES) :].reshape(runs, len(PERSPECTIVES), len(COST_LINES))
    own = asked.lever[:, 1].astype(int)
    annual_cost = lines[np.arange(runs), own].sum(axis=1)
    saving, reference = accounts.saving, float(instance.flows.reference_withdrawal.sum())
    sums = _sums(instance, asked, by_sector, placed)
    carbon, cost = _carbon(instance, accounts, by_sector, placed), _cost(instance, asked, accounts, by_sector, placed)
    whole = saving.sum(axis=(1, 2, 3))
    return {
        **sums,
        **carbon,
        **cost,
        "annual_cost": annual_cost,
        "objective": annual_cost - found["scarcity_credit"],
        "gross_cost": found["gross_cost"],
        "gains": found["gross_cost"] - annual_cost,
        "scarcity_credit": found["scarcity_credit"],
        "public_budget": _public_budget(instance, asked, accounts, by_sector),
        "counted_saving": found["counted_saving"],
        "saving": whole,
        "shadow_price": found["price"],
        "total_investment": found["investment"],
        "total_electricity": found["electricity"],
        "total_heat": found["heat"],
        "total_carbon_dioxide": carbon["carbon_dioxide_by_sector"].sum(axis=1),
        "total_reference_withdrawal": np.full(runs, reference),
        "total_planned_withdrawal": reference - whole,
        "cost": lines.sum(axis=2),
        "cost_lines": lines,
        "saving_by_level": saving.sum(axis=(2, 3)),
        "saving_by_sector": saving.sum(axis=(1, 3)),
        "saving_by_province": saving.sum(axis=(1, 2)),
        "saving_by_technology": accounts.saved,
    }


def _by(name: str, technology: Array, sector: Array, province: Array) -> dict[str, Array]:
    return {f"{name}_by_technology": technology, f"{name}_by_sector": sector, f"{name}_by_province": province}


def _weighted(name: str, weight: Array, by_sector: Array, placed: Array) -> dict[str, Array]:
    """Sums of capacity times a weight [run, technology] over all but one dimension."""
    of_sector = np.einsum("nt,nts->ns", weight, by_sector)
    return _by(name, weight * by_sector.sum(axis=2), of_sector, np.einsum("nt,ntr->nr", weight, placed))


def _sums(instance: Instance, asked: Asked, by_sector: Array, placed: Array) -> dict[str, Array]:
    values, one = instance.values, np.ones((len(by_sector), 1))
    weights = {
        "capacity": np.ones(by_sector.shape[:2]),
        "investment": values["investment_per_m3"] * asked.cost_scale,
        "running_cost": _running(instance, asked),
        "electricity": one * values["electricity_per_m3"],
        "heat": one * values["heat_per_m3"],
    }
    found: dict[str, Array] = {}
    for name, weight in weights.items():
        found |= _weighted(name, weight, by_sector, placed)
    return found


def _carbon(instance: Instance, accounts: Accounts, by_sector: Array, placed: Array) -> dict[str, Array]:
    """Carbon dioxide added by electricity and heat [kt/a]."""
    values = instance.values
    electricity, heat = values["electricity_per_m3"], values["heat_per_m3"] * values["heat_emission_factor"]
    cube = electricity[:, None] * accounts.emitting.reshape(by_sector.shape) + heat[:, None] * by_sector
    at = values["grid_emission_factor"] * np.einsum("t,ntr->nr", electricity, placed)
    at += np.einsum("t,ntr->nr", heat, placed)
    return _by("carbon_dioxide", cube.sum(axis=2), cube.sum(axis=1), at)


def _is_shared(instance: Instance, asked: Asked) -> np.ndarray:
    """Whether only the water share of a technology is charged [run, technology]."""
    return instance.structure.joint_product & (asked.lever[:, 2:3] == 0.0)


def _running(instance: Instance, asked: Asked) -> Array:
    v = instance.values
    return np.where(_is_shared(instance, asked), v["running_cost_water_share"], v["running_cost_per_m3"])


def _annuity(instance: Instance, asked: Asked) -> Array:
    """Yearly payment on the investment that is charged, before the subsidy, in the perspective minimised [run,
    technology]."""
    values = instance.values
    rates = np.where(asked.lever[:, 1] == ENTERPRISE, asked.lever[:, 4], asked.lever[:, 3])
    crf = np.stack([capital_recovery_factor(rate, values["lifetime"]) for rate in rates.tolist()])
    share = np.where(_is_shared(instance, asked), values["water_share"], 1.0)
    return np.asarray(crf * values["investment_per_m3"] * asked.cost_scale * share)


def _cost(instance: Instance, asked: Asked, accounts: Accounts, by_sector: Array, placed: Array) -> dict[str, Array]:
    """Yearly cost of technologies in the perspective minimised [MCNY/a]."""
    values, lever = instance.values, asked.lever
    charged = np.where(_is_shared(instance, asked), 0.0, 1.0)
    carbon = lever[:, 7:8] / 1000.0
    heat = charged * values["heat_per_m3"] * (values["heat_price"] + carbon * values["heat_emission_factor"])
    is_enterprise = lever[:, 1:2] == ENTERPRISE
    rest = _running(instance, asked) + heat + np.where(is_enterprise, lever[:, BARRIER : BARRIER + 1], 0.0)
    left = 1.0 - np.where(is_enterprise, asked.subsidy, 0.0)
    annuity, electricity = _annuity(instance, asked), charged * values["electricity_per_m3"]
    cube = (annuity[:, :, None] * left[:, None, :] + rest[:, :, None]) * by_sector
    cube += electricity[:, :, None] * accounts.powered.reshape(by_sector.shape)
    power = values["electricity_price"] * lever[:, 5:6] + carbon * values["grid_emission_factor"]
    at = np.einsum("nt,ntr->nr", annuity * left[:, :1] + rest, placed)
    at += power * np.einsum("nt,ntr->nr", electricity, placed)
    return _by("technology_cost", cube.sum(axis=2), cube.sum(axis=1), at)


def _public_budget(instance: Instance, asked: Asked, accounts: Accounts, by_sector: Array) -> Array:
    """Subsidies as annuities, and the fees and taxes that are no longer paid [MCNY/a]."""
    values, saved = instance.values, accounts.saving.sum(axis=1)
    public, sewer = values["public_supply_share"][:, None], values["sewer_share"][:, None]
    subsidy = np.einsum("nt,nts,ns->n", _annuity(instance, asked), by_sector, asked.subsidy)
    fee = ((1 - public) * values["resource_fee"] * saved).sum(axis=(1, 2))
    sewage = (sewer * values["sewage_fee"] * accounts.effluent).sum(axis=(1, 2))
    return np.asarray(subsidy + fee + asked.lever[:, TAX] * saved.sum(axis=(1, 2)) + sewage)
