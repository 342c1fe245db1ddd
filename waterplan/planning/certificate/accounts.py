"""The accounts of a plan once more: savings, withdrawal, energy and money from its decisions and the tables.

Written from docs/model.md alone. Money is MCNY of the price year, volumes hm3/a, electricity GWh, heat TJ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterplan.planning.certificate.coefficients import M3_PER_HM3, Coefficients
from waterplan.planning.certificate.decision_rows import CHOICE, Rows
from waterplan.planning.certificate.readings import Array
from waterplan.planning.certificate.stage_starts import Stage
from waterplan.planning.certificate.tables import LEVELS, SUPPLY, Tables

PERSPECTIVES = ("programme", "enterprise", "society")
SPENT = ("investment", "running_cost", "heat", "electricity", "barrier_cost")
COST_LINES = (*SPENT, "avoided_withdrawal", "avoided_effluent")
CUBE = ("technology", "sector", "province")
KG_PER_T = 1000.0
SMALLEST = 1e-9  # of the whole volume of the study; what saves less has no levelised cost

Amounts = dict[str, Array]


@dataclass(frozen=True)
class Book:
    """Rows of choices with what each is worth in whole: investment, what of it is charged, running cost, effluent that
    is not discharged any more; energy_charged is 1 where energy is charged."""

    rows: Rows
    sector: Array
    whole: Array
    charged: Array
    running: Array
    effluent: Array
    energy_charged: Array


def recompute_accounts(stage: Stage, market: Stage | None = None) -> Amounts:
    """Every ledger line and result of a plan over the labels of its dims; market: what came before it by itself.

    A place that has no row is NaN in withdrawals and ratios, else 0.
    """
    tables, coefficients, levers = stage.tables, stage.coefficients, stage.tables.levers
    book = keep_book(tables, stage.book)
    lines = {name: cost_lines(tables, book, name) for name in PERSPECTIVES}
    own = lines[levers.perspective]
    spent = own[: len(SPENT)]
    annual_cost, gross_cost = float(own.sum()), float(np.maximum(spent, 0.0).sum())
    scarcity = float((book.rows.saving * scarcity_credit(tables, coefficients, book.rows.province)).sum())
    table = np.array([lines[name].sum(axis=1) for name in PERSPECTIVES])
    scalars = {
        "gross_cost": gross_cost,
        "gains": gross_cost - annual_cost,
        "annual_cost": annual_cost,
        "scarcity_credit": scarcity,
        "objective": annual_cost - scarcity,
        **public_budget(tables, book, market),
    }
    return {
        **savings(stage, book),
        **withdrawal(stage),
        **quantities(tables, book),
        "technology_cost": _by(tables, book, spent.sum(axis=0), CUBE),
        "levelised_cost": levelised_cost(stage),
        "deployed_share": deployed_share(stage, book),
        "cost_lines": table,
        "cost": table.sum(axis=1),
        **path(stage, book),
        **{name: np.asarray(amount) for name, amount in scalars.items()},
        **consumption(stage, "consumption_saved"),
        **(before_the_plan(stage, market) if levers.baseline != "frozen" else {}),
    }


def before_the_plan(stage: Stage, market: Stage | None) -> Amounts:
    """What comes without a programme: by closed and new plants, and by what enterprises do by themselves."""
    c, tables = stage.coefficients, stage.tables
    turnover = np.where(c.made, c.existing_withdrawal + c.new_withdrawal, np.nan)
    if market is None:
        return {"turnover_withdrawal": turnover}
    book = keep_book(market.tables, market.book)
    return {
        "turnover_withdrawal": turnover,
        "market_withdrawal": np.where(c.made, market.fresh, np.nan),
        "market_saving_by_technology": _by(tables, book, book.rows.saving, ("technology",)),
        "market_cost": np.asarray(cost_lines(market.tables, book, market.tables.levers.perspective).sum()),
        **consumption(market, "market_consumption_saved"),
        **{
            name: summed(tables, volumes, stage.start.groups)
            for name, volumes in (("site_saving", stage.decisions.site), ("supply", stage.decisions.supply))
        },
    }


def summed(tables: Tables, volumes: tuple[Array, Array, Array, Array], groups: int) -> Array:
    """Volumes of sites or sources over all groups [technology, product, province]."""
    technology, product, place, volume = volumes
    cube = np.zeros(tables.count(*CHOICE))
    np.add.at(cube, (technology, product, place // groups), volume)
    return cube


def consumption(stage: Stage, name: str) -> Amounts:
    """Water that no basin loses any more: of what end uses and sites save, the part that would not have gone back; of
    what sources replace, the part that they do not take from a basin themselves. Nothing where the study has no such
    shares."""
    v, rows = stage.tables.values, stage.book
    if np.isnan(v["return_share"]).all():
        return {}
    kept = np.append(1.0 - v["return_share"], np.nan)[rows.end_use]
    kept = np.where(rows.level == SUPPLY, v["depletion_share"][rows.technology], kept)
    return {name: np.asarray((rows.saving * kept).sum())}


def keep_book(tables: Tables, rows: Rows) -> Book:
    """What the tables say of each row."""
    v, t = tables.values, rows.technology
    share = np.append(v["effluent_share"], 0.0)[rows.end_use]
    whole = v["investment_per_m3"][t] * tables.levers.technology_cost_scale[t] * rows.capacity
    shared = tables.joint_product[t] & (tables.levers.cost_accounting == "water_share")
    return Book(
        rows=rows,
        sector=tables.sector[rows.product],
        whole=whole,
        charged=whole * np.where(shared, v["water_share"][t], 1.0),
        running=np.where(shared, v["running_cost_water_share"][t], v["running_cost_per_m3"][t]) * rows.capacity,
        effluent=rows.saving * np.where(rows.level != SUPPLY, share, 0.0),
        energy_charged=1.0 - shared,
    )


def _by(tables: Tables, book: Book, amounts: Array, dims: tuple[str, ...]) -> Array:
    """The sums of rows by labels."""
    numbers = {name: getattr(book.rows, name) for name in ("level", *CHOICE)} | {"sector": book.sector}
    sizes = {"level": len(LEVELS)} | {dim: len(labels) for dim, labels in tables.labels.items()}
    shape = tuple(sizes[dim] for dim in dims)
    places = np.ravel_multi_index([numbers[dim] for dim in dims], shape)
    return np.bincount(places, amounts, minlength=int(np.prod(shape))).reshape(shape)


def capital_recovery(rate: float, lifetime: Array) -> Array:
    """The yearly payment that repays 1: i / (1 - (1 + i)^-n), written so that small rates lose no digits."""
    if rate == 0:
        return 1.0 / lifetime
    return rate / -np.expm1(-lifetime * np.log1p(rate))


def rate(tables: Tables, perspective: str) -> float:
    """Interest rate of a perspective."""
    return float(tables.levers.hurdle_rate if perspective == "enterprise" else tables.levers.discount_rate)


def cost_lines(tables: Tables, book: Book, perspective: str) -> Array:
    """Yearly cost in a perspective [cost line, row]: positive is spent, negative is earned."""
    levers, carbon, v = tables.levers, tables.levers.carbon_price / KG_PER_T, tables.values
    t, r, s = book.rows.technology, book.rows.province, book.sector
    heat_price = tables.one("heat_price") + carbon * tables.one("heat_emission_factor")
    price = v["electricity_price"] * levers.electricity_price_scale + carbon * v["grid_emission_factor"]
    energy, nothing = book.rows.capacity * book.energy_charged, np.zeros(len(book.rows))
    investment = capital_recovery(rate(tables, perspective), v["lifetime"])[t] * book.charged
    barrier, avoided, treated = nothing, nothing, nothing
    public, sewer = v["public_supply_share"][:, None], v["sewer_share"][:, None]
    intake, treatment = tables.one("own_intake_cost"), tables.one("effluent_treatment_cost")
    if perspective == "enterprise":
        investment = investment * (1.0 - levers.investment_subsidy)[s]
        barrier = barrier_cost(tables, book) * book.rows.capacity
        charge = public * v["water_price"] * levers.water_price_scale + levers.water_tax
        charge = charge + (1.0 - public) * (v["resource_fee"] + intake)
        avoided = -charge[s, r] * book.rows.saving
        treated = -(sewer * v["sewage_fee"] + (1.0 - sewer) * treatment)[s, r] * book.effluent
    if perspective == "society":
        avoided = -(public * v["water_price"] + (1.0 - public) * intake)[s, r] * book.rows.saving
        treated = -treatment * book.effluent
    heat, electricity = energy * v["heat_per_m3"][t] * heat_price, energy * v["electricity_per_m3"][t] * price[r]
    return np.array([investment, book.running, heat, electricity, barrier, avoided, treated])


def barrier_cost(tables: Tables, book: Book) -> Array | float:
    """What stands in the way of enterprises [CNY/m3 of capacity]: one figure, or one of each sector and group."""
    cost = tables.levers.barrier_cost
    return cost[book.sector, book.rows.place % cost.shape[1]] if isinstance(cost, np.ndarray) else float(cost)


def scarcity_credit(tables: Tables, coefficients: Coefficients, province: Array) -> Array:
    """scarcity_value times water stress (at most 1) over its mean, weighted by reference withdrawal: CNY/m3 of rows in
    these provinces."""
    weight = coefficients.reference_withdrawal.sum(axis=0)
    stress = np.minimum(tables.values["water_stress"], 1.0)
    scarce = (stress * weight).sum()
    if tables.levers.scarcity_value == 0 or scarce == 0:
        return np.zeros(len(province))
    return tables.levers.scarcity_value * stress[province] / (scarce / weight.sum())


def savings(stage: Stage, book: Book) -> Amounts:
    """Water really saved, by every label; what counts, from frozen efficiency or from what comes anyway."""
    tables, levers, saving = stage.tables, stage.tables.levers, book.rows.saving
    counted = float((saving if levers.count_alternative_supply else saving[book.rows.level != SUPPLY]).sum())
    if levers.count_from == "frozen":
        counted += float(stage.start.counted(stage.coefficients, levers.count_alternative_supply).sum())
    by = ("level", "sector", "province", "technology")
    return {
        **{f"saving_by_{name}": _by(tables, book, saving, (name,)) for name in by},
        "saving_by_choice": _by(tables, book, saving, CHOICE),
        "saving": np.asarray(saving.sum()),
        "counted_saving": np.asarray(counted),
    }


def withdrawal(stage: Stage) -> Amounts:
    """Withdrawal in the base year, in the reference and in the plan, and per unit of output."""
    c, tables = stage.coefficients, stage.tables
    made, target = np.where(c.made, tables.values["output"], 0.0).sum(axis=1), c.output_target.sum(axis=1)
    volumes = {"base": c.base_withdrawal, "reference": c.reference_withdrawal, "planned": stage.fresh}
    volumes = {name: np.where(c.made, volume, np.nan) for name, volume in volumes.items()}
    taken = {name: np.nansum(volume, axis=1) * M3_PER_HM3 for name, volume in volumes.items()}
    return {
        **{f"{name}_withdrawal": volume for name, volume in volumes.items()},
        "base_intensity": taken["base"] / np.where(made > 0, made, np.nan),
        "planned_intensity": taken["planned"] / np.where(target > 0, target, np.nan),
    }


def quantities(tables: Tables, book: Book) -> Amounts:
    """Capacity, and what it needs by technology, sector and province: whole, but for what is called charged."""
    v, t, capacity = tables.values, book.rows.technology, book.rows.capacity
    heat, electricity = v["heat_per_m3"][t] * capacity, v["electricity_per_m3"][t] * capacity
    emitted = electricity * v["grid_emission_factor"][book.rows.province] + heat * tables.one("heat_emission_factor")
    lines = {
        "investment": book.whole,
        "investment_charged": book.charged,
        "running_cost": book.running,
        "heat": heat,
        "electricity": electricity,
        "carbon_dioxide": emitted,
    }
    by_place = {name: _by(tables, book, amounts, CUBE) for name, amounts in lines.items()}
    return {"capacity": _by(tables, book, capacity, CHOICE), **by_place}


def levelised_cost(stage: Stage) -> Array:
    """Yearly cost less avoided charges per m3 that what is added of a technology saves, of each technology that saves
    more than the least. What it takes from others that were there before is not laid to it."""
    tables = stage.tables
    book = keep_book(tables, stage.decisions.book)
    lines = cost_lines(tables, book, tables.levers.perspective)
    saved, least = added_saving(stage), SMALLEST * stage.coefficients.unit
    return _by(tables, book, lines.sum(axis=0), ("technology",)) / np.where(saved > least, saved, np.nan)


def added_saving(stage: Stage) -> Array:
    """What the additions of each technology save of what reaches them [technology, hm3/a]."""
    rows = stage.decisions.book
    return np.bincount(rows.technology, rows.saving, minlength=stage.tables.count("technology")[0])


def deployed_share(stage: Stage, book: Book) -> Array:
    """Capacity of each choice as a share of the most that it can be when nothing else is done."""
    largest = stage.start.largest
    share = _by(stage.tables, book, book.rows.capacity, CHOICE) / np.where(largest > 0, largest, 1.0)
    return np.where(largest > 0, share, 0.0)


def public_budget(tables: Tables, book: Book, market: Stage | None) -> dict[str, float]:
    """Subsidies as annuities at the plan's rate, also of what enterprises do by themselves, and fees and taxes that are
    no longer paid."""
    v, s, r = tables.values, book.sector, book.rows.province
    parts = {
        "public_subsidy": subsidy(tables, book),
        "public_resource_fee": ((1.0 - v["public_supply_share"])[s] * v["resource_fee"][r] * book.rows.saving).sum(),
        "public_water_tax": tables.levers.water_tax * book.rows.saving.sum(),
        "public_sewage_fee": (v["sewer_share"][s] * v["sewage_fee"][r] * book.effluent).sum(),
    }
    if market is not None:
        parts["public_market_subsidy"] = subsidy(tables, keep_book(market.tables, market.book))
    return {**parts, "public_budget": sum(parts.values())}


def subsidy(tables: Tables, book: Book) -> float:
    """Investment subsidies as annuities at the plan's rate."""
    annuity = capital_recovery(rate(tables, tables.levers.perspective), tables.values["lifetime"])[book.rows.technology]
    return float((tables.levers.investment_subsidy[book.sector] * annuity * book.charged).sum())


def path(stage: Stage, book: Book) -> Amounts:
    """Year by year: output grows at its rate, output_scale and the plan's adoption come in evenly (the former in
    proportion, the latter in amount)."""
    tables, c = stage.tables, stage.coefficients
    passed = np.arange(tables.years + 1) / tables.years
    scale = tables.levers.output_scale[tables.sector]
    growth = (1 + tables.values["output_growth"]) ** tables.years * scale
    base = c.base_withdrawal.sum(axis=1)
    reference = np.array([(base * np.where(base > 0, growth, 1.0) ** part).sum() for part in passed])
    saving = book.rows.saving.sum() * passed
    anyway = float(stage.start.counted(c, with_supply=True).sum())
    first = np.where(passed > 0, book.whole.sum() / tables.years, 0.0)
    return {
        "reference_path": reference,
        "planned_path": reference - anyway * passed - saving,
        "saving_path": saving,
        "investment_path": first,
    }


def labels(tables: Tables) -> dict[str, list[object]]:
    """The labels of each dim, in the study's order."""
    return {
        **{dim: list(tables.labels[dim]) for dim in ("technology", "sector", "product", "province")},
        "level": list(LEVELS),
        "perspective": list(PERSPECTIVES),
        "cost_line": list(COST_LINES),
        "year": list(range(tables.base_year, tables.target_year + 1)),
    }
