"""The accounts of a plan once more: savings, withdrawal, energy and money from its decisions and the tables.

Written from docs/model.md alone. Money is MCNY of the price year, volumes hm3/a, electricity GWh, heat TJ.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from waterplan.planning.certificate.coefficients import M3_PER_HM3, PAIR, Coefficients
from waterplan.planning.certificate.decision_frames import CHOICE, Decisions
from waterplan.planning.certificate.tables import LEVELS, Tables

PERSPECTIVES = ("programme", "enterprise", "society")
SPENT = ("investment", "running_cost", "heat", "electricity", "barrier_cost")
COST_LINES = (*SPENT, "avoided_withdrawal", "avoided_effluent")
CUBE = ["technology", "sector", "province"]
KG_PER_T = 1000.0
SMALLEST = 1e-9  # of the whole volume of the study; what saves less has no levelised cost

Amounts = dict[str, pd.Series]


def recompute_accounts(tables: Tables, coefficients: Coefficients, decisions: Decisions) -> Amounts:
    """Every ledger line and result of a plan, each a Series over its labels; a scalar has none."""
    rows = book(tables, decisions.book)
    lines = {name: cost_lines(tables, rows, name) for name in PERSPECTIVES}
    own = lines[tables.levers.perspective]
    spent = own[list(SPENT)]
    annual_cost = float(own.to_numpy().sum())
    gross_cost = float(spent.clip(lower=0.0).to_numpy().sum())
    scarcity = float((rows["saving"] * scarcity_credit(tables, coefficients, rows)).sum())
    table = pd.concat({name: frame.sum() for name, frame in lines.items()})
    amounts = {
        **savings(tables, rows),
        **withdrawal(coefficients, rows),
        **quantities(tables, rows),
        "technology_cost": spent.sum(axis=1).groupby([rows[dim] for dim in CUBE]).sum(),
        "levelised_cost": levelised_cost(rows, own, SMALLEST * coefficients.unit),
        "deployed_share": deployed_share(coefficients, rows),
        "cost_lines": table,
        "cost": table.groupby(level=0).sum(),
        **path(tables, coefficients, rows),
    }
    scalars = {
        "gross_cost": gross_cost,
        "gains": gross_cost - annual_cost,
        "annual_cost": annual_cost,
        "scarcity_credit": scarcity,
        "objective": annual_cost - scarcity,
        **public_budget(tables, rows),
    }
    return amounts | {name: pd.Series([amount]) for name, amount in scalars.items()}


def book(tables: Tables, choices: pd.DataFrame) -> pd.DataFrame:
    """Every choice on one row, with all that the tables know of its technology, sector and province."""
    rows = (
        choices.merge(tables.products, on="product", how="left")
        .merge(tables.technologies.drop(columns="level"), on="technology", how="left")
        .merge(tables.sectors, on="sector", how="left")
        .merge(tables.provinces, on="province", how="left")
        .merge(tables.frames["effluent_share"], on="end_use", how="left")
    )
    rows["effluent"] = rows["saving"] * rows["effluent_share"].where(rows["level"] != "supply", 0.0)
    rows["whole"] = rows["investment_per_m3"] * rows["technology_cost_scale"] * rows["capacity"]
    shared = rows["joint_product"] & (tables.levers.cost_accounting == "water_share")
    rows["charged"] = rows["whole"] * rows["water_share"].where(shared, 1.0)
    rows["running"] = rows["running_cost_per_m3"].where(~shared, rows["running_cost_water_share"]) * rows["capacity"]
    rows["energy_charged"] = 1.0 - shared
    return rows


def capital_recovery(rate: float, lifetime: pd.Series) -> pd.Series:
    """The yearly payment that repays 1: i / (1 - (1 + i)^-n), written so that small rates lose no digits."""
    if rate == 0:
        return 1.0 / lifetime
    return rate / -np.expm1(-lifetime * np.log1p(rate))


def rate(tables: Tables, perspective: str) -> float:
    """Interest rate of a perspective."""
    return tables.levers.hurdle_rate if perspective == "enterprise" else tables.levers.discount_rate


def cost_lines(tables: Tables, rows: pd.DataFrame, perspective: str) -> pd.DataFrame:
    """Yearly cost of each row in a perspective, line by line: positive is spent, negative is earned."""
    levers, carbon = tables.levers, tables.levers.carbon_price / KG_PER_T
    heat_price = tables.one("heat_price") + carbon * tables.one("heat_emission_factor")
    price = rows["electricity_price"] * levers.electricity_price_scale + carbon * rows["grid_emission_factor"]
    energy = rows["capacity"] * rows["energy_charged"]
    lines = pd.DataFrame(
        {
            "investment": capital_recovery(rate(tables, perspective), rows["lifetime"]) * rows["charged"],
            "running_cost": rows["running"],
            "heat": energy * rows["heat_per_m3"] * heat_price,
            "electricity": energy * rows["electricity_per_m3"] * price,
            "barrier_cost": 0.0,
            "avoided_withdrawal": 0.0,
            "avoided_effluent": 0.0,
        }
    )
    public, sewer = rows["public_supply_share"], rows["sewer_share"]
    intake, treatment = tables.one("own_intake_cost"), tables.one("effluent_treatment_cost")
    if perspective == "enterprise":
        lines["investment"] *= 1.0 - rows["investment_subsidy"]
        lines["barrier_cost"] = levers.barrier_cost * rows["capacity"]
        charge = public * rows["water_price"] * levers.water_price_scale + levers.water_tax
        charge += (1.0 - public) * (rows["resource_fee"] + intake)
        lines["avoided_withdrawal"] = -charge * rows["saving"]
        lines["avoided_effluent"] = -(sewer * rows["sewage_fee"] + (1.0 - sewer) * treatment) * rows["effluent"]
    if perspective == "society":
        lines["avoided_withdrawal"] = -(public * rows["water_price"] + (1.0 - public) * intake) * rows["saving"]
        lines["avoided_effluent"] = -treatment * rows["effluent"]
    return lines[list(COST_LINES)]


def scarcity_credit(tables: Tables, coefficients: Coefficients, rows: pd.DataFrame) -> pd.Series:
    """scarcity_value times water stress (at most 1) over its mean, weighted by reference withdrawal: CNY/m3 of each
    row."""
    pairs = coefficients.pairs.merge(tables.provinces[["province", "water_stress"]], on="province")
    weight = pairs["reference_withdrawal"]
    stress = pairs["water_stress"].clip(upper=1.0)
    scarce = (stress * weight).sum()
    if tables.levers.scarcity_value == 0 or scarce == 0:
        return pd.Series(0.0, index=rows.index)
    mean = scarce / weight.sum()
    return tables.levers.scarcity_value * rows["water_stress"].clip(upper=1.0) / mean


def savings(tables: Tables, rows: pd.DataFrame) -> Amounts:
    """Water really saved, by every label."""
    by = {name: rows.groupby(name)["saving"].sum() for name in ("level", "sector", "province", "technology")}
    whole = rows["saving"].sum()
    counted = whole if tables.levers.count_alternative_supply else rows.loc[rows["level"] != "supply", "saving"].sum()
    return {
        **{f"saving_by_{name}": amounts for name, amounts in by.items()},
        "saving_by_choice": rows.groupby(CHOICE)["saving"].sum(),
        "saving": pd.Series([whole]),
        "counted_saving": pd.Series([counted]),
    }


def withdrawal(coefficients: Coefficients, rows: pd.DataFrame) -> Amounts:
    """Withdrawal in the base year, in the reference and in the plan, and per unit of output."""
    pairs = coefficients.pairs.set_index(PAIR)
    saved = rows.groupby(PAIR)["saving"].sum().reindex(pairs.index, fill_value=0.0)
    planned = pairs["reference_withdrawal"] - saved
    made, target = (pairs[name].groupby("product").sum() for name in ("output", "output_target"))
    return {
        "base_withdrawal": pairs["base_withdrawal"],
        "reference_withdrawal": pairs["reference_withdrawal"],
        "planned_withdrawal": planned,
        "base_intensity": pairs["base_withdrawal"].groupby("product").sum() * M3_PER_HM3 / made.where(made > 0),
        "planned_intensity": planned.groupby("product").sum() * M3_PER_HM3 / target.where(target > 0),
    }


def quantities(tables: Tables, rows: pd.DataFrame) -> Amounts:
    """Capacity, and what it needs by technology, sector and province: whole, but for what is called charged."""
    heat, electricity = rows["heat_per_m3"] * rows["capacity"], rows["electricity_per_m3"] * rows["capacity"]
    lines = {
        "investment": rows["whole"],
        "investment_charged": rows["charged"],
        "running_cost": rows["running"],
        "heat": heat,
        "electricity": electricity,
        "carbon_dioxide": electricity * rows["grid_emission_factor"] + heat * tables.one("heat_emission_factor"),
    }
    by_place = pd.DataFrame(lines).groupby([rows[dim] for dim in CUBE]).sum()
    return {"capacity": rows.groupby(CHOICE)["capacity"].sum(), **{name: by_place[name] for name in lines}}


def levelised_cost(rows: pd.DataFrame, lines: pd.DataFrame, least: float) -> pd.Series:
    """Yearly cost less avoided charges per m3 really saved, of each technology that saves more than the least."""
    saved = rows.groupby("technology")["saving"].sum()
    cost = lines.sum(axis=1).groupby(rows["technology"]).sum()
    return (cost / saved.where(saved > least)).rename("levelised_cost")


def deployed_share(coefficients: Coefficients, rows: pd.DataFrame) -> pd.Series:
    """Capacity of each choice as a share of the most that it can be when nothing else is done."""
    capacity = rows.groupby(CHOICE)["capacity"].sum()
    largest = coefficients.places.groupby(CHOICE)["largest"].sum().reindex(capacity.index)
    return (capacity / largest.where(largest > 0)).fillna(0.0)


def public_budget(tables: Tables, rows: pd.DataFrame) -> dict[str, float]:
    """Subsidies as annuities at the plan's rate, and fees and taxes that are no longer paid."""
    annuity = capital_recovery(rate(tables, tables.levers.perspective), rows["lifetime"]) * rows["charged"]
    parts = {
        "public_subsidy": (rows["investment_subsidy"] * annuity).sum(),
        "public_resource_fee": ((1.0 - rows["public_supply_share"]) * rows["resource_fee"] * rows["saving"]).sum(),
        "public_water_tax": tables.levers.water_tax * rows["saving"].sum(),
        "public_sewage_fee": (rows["sewer_share"] * rows["sewage_fee"] * rows["effluent"]).sum(),
    }
    return {**parts, "public_budget": sum(parts.values())}


def path(tables: Tables, coefficients: Coefficients, rows: pd.DataFrame) -> Amounts:
    """Year by year: output grows at its rate, output_scale and the plan's adoption come in evenly (the former in
    proportion, the latter in amount)."""
    study, pairs = tables.study, coefficients.pairs
    years = pd.Index(range(study.base_year, study.target_year + 1), name="year")
    passed = pd.Series(years - study.base_year, index=years) / tables.years
    growth = (1 + pairs["output_growth"]) ** tables.years * pairs["output_scale"]
    reference = pd.Series({year: (pairs["base_withdrawal"] * growth**part).sum() for year, part in passed.items()})
    saving = rows["saving"].sum() * passed
    first = pd.Series(np.where(passed > 0, rows["whole"].sum() / tables.years, 0.0), index=years)
    return {
        "reference_path": reference,
        "planned_path": reference - saving,
        "saving_path": saving,
        "investment_path": first,
    }


def labels(tables: Tables) -> dict[str, list[object]]:
    """The labels of each dim, in the study's order."""
    study = tables.study
    return {
        "technology": list(tables.technologies["technology"]),
        "sector": list(tables.sectors["sector"]),
        "product": list(tables.products["product"]),
        "province": list(tables.provinces["province"]),
        "level": list(LEVELS),
        "perspective": list(PERSPECTIVES),
        "cost_line": list(COST_LINES),
        "year": list(range(study.base_year, study.target_year + 1)),
    }
