"""Every limit of the plan, once more: is each kept by the decisions alone?

Written from docs/model.md alone. A limit is a row ``amount <= bound``; its name is a sentence that is true in the plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from waterplan.base.messages import Message
from waterplan.planning.certificate.accounts import Amounts
from waterplan.planning.certificate.coefficients import PAIR, USE, Coefficients
from waterplan.planning.certificate.decision_frames import CHOICE, Decisions
from waterplan.planning.certificate.tables import LEVELS, Tables

VOLUME = 1e-6  # of the whole volume of the study
RELATIVE = 1e-9


@dataclass(frozen=True)
class Limit:
    """One family of limits.

    count: how many there are; broken: how many are not kept. amount, bound: of the one nearest to breaking or furthest
    past its bound, with its labels in ``where``. It may pass the bound (upwards, or downwards where ``at_least``) by
    ``allowed``.
    """

    name: str
    count: int
    broken: int
    amount: float
    bound: float
    allowed: float
    where: str
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether every limit of the family is kept."""
        return self.broken == 0

    @property
    def message(self) -> Message:
        """How many are broken, and the worst."""
        return Message(
            "planner_errors.limit_at_least" if self.at_least else "planner_errors.limit_at_most",
            name=self.name,
            broken=self.broken,
            count=f"{self.count:,}",
            place=Message("planner_errors.at_place", where=self.where) if self.where else "",
            amount=f"{self.amount:.9g}",
            bound=f"{self.bound:.9g}",
            allowed=f"{self.allowed:.1e}",
        )

    def __str__(self) -> str:
        return self.message


def at_most(name: str, frame: pd.DataFrame, amount: Any, bound: Any, scale: float) -> Limit:
    """The limits ``amount <= bound`` of the rows of a frame, whose columns of text say where.

    Allowed: 1e-6 of ``scale`` and 1e-9 of the bound. What is not a number is broken.
    """
    if not len(frame):
        return Limit(name, 0, 0, 0.0, 0.0, 0.0, "")
    amounts = np.broadcast_to(np.asarray(amount, dtype=float), len(frame))
    bounds = np.broadcast_to(np.asarray(bound, dtype=float), len(frame))
    allowed = VOLUME * scale + RELATIVE * np.abs(np.where(np.isfinite(bounds), bounds, 0.0))
    excess = amounts - bounds
    kept = excess <= allowed
    worst = int(np.argmax(np.where(np.isnan(excess), np.inf, excess - allowed)))
    texts = frame.select_dtypes(exclude=["number", "bool"])
    where = ", ".join(str(label) for label in texts.iloc[worst] if str(label))
    return Limit(
        name, len(frame), int((~kept).sum()), float(amounts[worst]), float(bounds[worst]), float(allowed[worst]), where
    )


def at_least(name: str, frame: pd.DataFrame, amount: Any, bound: Any, scale: float) -> Limit:
    """The limits ``amount >= bound``; see :func:`at_most`."""
    limit = at_most(name, frame, -np.asarray(amount, dtype=float), -np.asarray(bound, dtype=float), scale)
    return replace(limit, amount=-limit.amount + 0.0, bound=-limit.bound + 0.0, at_least=True)


def check_limits(tables: Tables, coefficients: Coefficients, decisions: Decisions, accounts: Amounts) -> list[Limit]:
    """All limits of a plan, each family with its worst case."""
    return [
        *_decisions(coefficients, decisions, tables),
        *_end_uses(coefficients, decisions),
        *_whole_plants(tables, coefficients, decisions),
        *_on_the_whole(tables, coefficients, decisions, accounts),
    ]


def _decisions(coefficients: Coefficients, decisions: Decisions, tables: Tables) -> list[Limit]:
    """Nothing is negative; every decision is of a technology listed and available there, and not excluded."""
    unit, steps = coefficients.unit, decisions.steps[["technology", *PAIR, "end_use", "configuration"]]
    limits = [at_least("no_step_is_negative", steps, decisions.steps["step"], 0.0, unit)]
    places = coefficients.places[["level", *CHOICE, "available"]]
    for level, name, frame in (("site", "site_saving", decisions.site), ("supply", "supply", decisions.supply)):
        limits.append(at_least(f"no_{name}_is_negative", frame[CHOICE], frame["volume"], 0.0, unit))
        found = frame.merge(places[places["level"] == level], on=CHOICE, how="left")
        elsewhere = found["volume"].where(~found["available"].eq(True), 0.0)
        limits.append(at_most(f"{name}_is_of_technologies_available", found[CHOICE], elsewhere, 0.0, unit))
    known = decisions.steps.merge(coefficients.flows, on=[*PAIR, "end_use"], how="left")
    listed = known["saving"].notna() & known["gross_flow"].notna()
    limits.append(at_most("steps_are_of_technologies_listed", steps, known["step"].where(~listed, 0.0), 0.0, unit))
    book = decisions.book[["level", *CHOICE, "end_use", "capacity"]]
    excluded = book.merge(tables.technologies[["technology", "excluded"]], on="technology", how="left")
    excluded = excluded[excluded["excluded"].fillna(False).astype(bool)]
    limits.append(at_most("excluded_technologies_are_not_added", excluded, excluded["capacity"], 0.0, unit))
    return limits


def _end_uses(coefficients: Coefficients, decisions: Decisions) -> list[Limit]:
    """Level 1: steps leave from plants that exist, and keep within the roll-out.

    Flow at a configuration: what plants have it in the base year (m0 times gross flow), and those that come to it, less
    those that go on from it.
    """
    labels, unit = [*PAIR, "end_use", "configuration"], coefficients.unit
    steps = decisions.steps
    stock = coefficients.flows.merge(coefficients.configurations, on=USE)
    stock["flow"] = stock["base_share"] * stock["gross_flow"]
    arriving = steps.assign(configuration=steps["to"], flow=steps["step"])
    leaving = steps.assign(flow=-steps["step"])
    flows = pd.concat([stock[[*labels, "flow"]], arriving[[*labels, "flow"]], leaving[[*labels, "flow"]]])
    left = flows.groupby(labels, sort=False)["flow"].sum().reset_index()
    to = steps.merge(
        stock[[*labels, "flow"]], left_on=[*PAIR, "end_use", "to"], right_on=labels, how="left", suffixes=("", "_to")
    )
    added = steps.groupby(["technology", *PAIR, "end_use"], as_index=False)["step"].sum()
    reach = coefficients.roll_out[["technology", *PAIR, "end_use", "reach"]]
    reach = reach.merge(added, on=["technology", *PAIR, "end_use"], how="left").fillna({"step": 0.0})
    return [
        at_least("steps_leave_from_plants_that_exist", left, left["flow"], 0.0, unit),
        at_most(
            "steps_lead_to_configurations_that_exist",
            to[["technology", *labels]],
            to["step"].where(to["flow"].isna(), 0.0),
            0.0,
            unit,
        ),
        at_most("steps_keep_within_the_roll_out", reach, reach["step"], reach["reach"], unit),
    ]


def _whole_plants(tables: Tables, coefficients: Coefficients, decisions: Decisions) -> list[Limit]:
    """Levels 2 and 3: each technology and all together, of what the levels before left over; pools."""
    pairs, unit = coefficients.pairs.set_index(PAIR)["reference_withdrawal"], coefficients.unit
    book = decisions.book.pivot_table(index=PAIR, columns="level", values="saving", aggfunc="sum")
    saved = book.reindex(index=pairs.index, columns=list(LEVELS)).fillna(0.0)
    reaching = pd.DataFrame({"site": pairs - saved["end_use"], "supply": pairs - saved["end_use"] - saved["site"]})
    limits = [at_most("planned_withdrawal_is_not_negative", pairs.reset_index(), saved.sum(axis=1), pairs, unit)]
    for level, volumes in (("site", decisions.site), ("supply", decisions.supply)):
        flow = reaching[level].rename("flow").reset_index()
        each = coefficients.whole_plant[coefficients.whole_plant["level"] == level].merge(flow, on="product")
        each = each.merge(volumes, on=CHOICE, how="left").fillna({"volume": 0.0})
        limits.append(
            at_most(f"{level}_keeps_within_each_limit", each, each["volume"], each["limit"] * each["flow"], unit)
        )
        flow["volume"] = saved[level].to_numpy()
        if level == "supply":
            limit = np.full(len(flow), tables.levers.alternative_share_max)
        else:
            together = coefficients.together[coefficients.together["level"] == level]
            limit = flow.merge(together, on="product", how="left")["limit_together"].fillna(0.0).to_numpy()
        limits.append(
            at_most(f"{level}_keeps_within_the_limit_together", flow, flow["volume"], limit * flow["flow"], unit)
        )
    pool_of = tables.potential[["technology", "pool"]].drop_duplicates()
    drawn = decisions.supply.merge(pool_of, on="technology").groupby(["pool", "province"])["volume"].sum()
    held = coefficients.pools.set_index(["pool", "province"])["pool_limit"]
    everywhere = held.index.union(drawn.index)
    held, drawn = held.reindex(everywhere, fill_value=0.0), drawn.reindex(everywhere, fill_value=0.0)
    return [*limits, at_most("supply_keeps_within_the_pool", drawn.reset_index(), drawn, held, unit)]


def _on_the_whole(tables: Tables, coefficients: Coefficients, decisions: Decisions, accounts: Amounts) -> list[Limit]:
    """The target; floors of sectors and provinces; floors and caps of technologies; caps on investment, electricity."""
    levers, rows = tables.levers, decisions.book.merge(tables.products, on="product", how="left")
    counted = rows if levers.count_alternative_supply else rows[rows["level"] != "supply"]
    plan, unit = pd.DataFrame({"whole": [""]}), coefficients.unit
    limits = [at_least("saving_meets_target", plan, accounts["counted_saving"], levers.saving_target, unit)]
    for dim, frame in (("sector", tables.sectors), ("province", tables.provinces)):
        saved = counted.groupby(dim)["saving"].sum().reindex(frame[dim], fill_value=0.0).to_numpy()
        reference = coefficients.pairs.groupby(dim)["reference_withdrawal"].sum().reindex(frame[dim], fill_value=0.0)
        floor = frame[f"{dim}_floor"].to_numpy() * reference.to_numpy()
        limits.append(at_least(f"saving_reaches_{dim}_floor", frame[[dim]], saved, floor, unit))
    frame = tables.technologies.merge(coefficients.largest, on="technology")
    capacity = rows.groupby("technology")["capacity"].sum().reindex(frame["technology"], fill_value=0.0).to_numpy()
    floor, cap = (frame[f"technology_{word}"] * frame["largest_capacity"] for word in ("floor", "cap"))
    limits.append(at_least("capacity_reaches_technology_floor", frame[["technology"]], capacity, floor, unit))
    limits.append(at_most("capacity_keeps_within_technology_cap", frame[["technology"]], capacity, cap, unit))
    for name in ("investment", "electricity"):
        cap = getattr(levers, f"{name}_cap")
        if np.isfinite(cap):
            amount = accounts[name].sum()
            limits.append(at_most(f"{name}_keeps_within_cap", plan, amount, cap, max(unit, abs(cap))))
    return limits
