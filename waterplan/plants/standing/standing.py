"""Where one plant stands in one year, and what it should do next: everything that pages and reports tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from waterplan.base.errors import WaterplanError, suggest
from waterplan.base.messages import Message
from waterplan.planning.plan.norms import TOLERANCE
from waterplan.plants.measures.plant_plan import PlantPlan
from waterplan.plants.norms.grades import Grades, grades
from waterplan.plants.norms.indicators import indicators
from waterplan.plants.norms.ladders import GRADED, GRADES
from waterplan.plants.peers.score import score
from waterplan.plants.records.balance import balance
from waterplan.plants.records.names import names_in
from waterplan.plants.records.records import Records
from waterplan.plants.standing.advice import Advice, advise
from waterplan.plants.standing.goal import Goal
from waterplan.plants.standing.peer_place import REFERENCE, places_of
from waterplan.plants.standing.sentence import NOTHING
from waterplan.plants.standing.water_flows import flows_of
from waterplan.study.study import Study

TOLD_BY_GRADES = ("standing.no_intensity", "standing.no_such_product")  # grades.remarks says the same


@dataclass(frozen=True, eq=False)
class Standing:
    """One plant in one year; volumes are m3/a, money is CNY of the study's price year.

    ``records``
        the records of this plant-year alone; ``site`` is its row of sites
    ``products, mix, ladder``
        its rows of ``Grades.products``, its row of ``Grades.sites``, and every norm in force for what it makes
        (``Grades.ladder``); ``grades`` itself
    ``indicators``
        index: name of the data dictionary; value [unit of the term], missing (names of what was not given, commas
        between; "" where the indicator is there)
    ``intensities``
        by product: product, route, withdrawal_per_output [m3/output_unit], missing
    ``balance``
        its row of ``balance``; ``flows``: source, target, volume [m3/a], what enters the plant equals what leaves it
    ``places``
        by product: percentile, lower, upper, basis, count, reason (places.py)
    ``score``
        1 to 100, NaN where there is none; ``score_reason`` says why
    ``goal, plan, plan_fault, curve, attainable, contract``
        what the plan is for; the plan, or None and a sentence why; the plant's cost curve; the largest saving [m3/a];
        for each term of a contract of shared savings the sharing ratios at which both sides gain (contract.region).
    """

    records: Records
    study: Study
    plant: str
    year: int
    site: pd.Series
    products: pd.DataFrame
    grades: Grades
    ladder: pd.DataFrame
    mix: pd.Series
    indicators: pd.DataFrame
    intensities: pd.DataFrame
    balance: pd.Series
    flows: pd.DataFrame
    places: pd.DataFrame
    score: float
    score_reason: Message
    advice: Advice

    @property
    def goal(self) -> Goal | None:
        """What the plan is made for; None where the record allows no plan and none was asked for."""
        return self.advice.goal

    @property
    def plan(self) -> PlantPlan | None:
        """The plan, or None."""
        return self.advice.plan

    @property
    def plan_fault(self) -> Message:
        """Why there is no plan; empty where there is one."""
        return self.advice.fault

    @property
    def curve(self) -> pd.DataFrame | None:
        """The plant's cost curve (plant/curve.py), or None."""
        return self.advice.curve

    @property
    def attainable(self) -> float:
        """The largest saving of graded withdrawal, whatever it costs [m3/a]; NaN where no plan can be made."""
        return self.advice.attainable

    @property
    def grade_after(self) -> str:
        """The best grade of the mix that the plant keeps to once the plan is carried out; "" for none or no plan."""
        if self.plan is None:
            return ""
        return next((grade for grade in GRADES if self.plan.withdrawal <= self._allowed(grade)), "")

    def _allowed(self, grade: str) -> float:
        """What a grade allows the mix to withdraw [m3/a]; less than nothing where it has no norm."""
        allowed = float(self.mix[f"allowed_{grade}"])
        return -1.0 if np.isnan(allowed) else allowed * (1 + TOLERANCE)

    @property
    def contract(self) -> pd.DataFrame | None:
        """Sharing ratios of shared savings at which both sides gain, by term, or None."""
        return self.advice.contract

    def name(self, product: str, language: str = "en") -> str:
        """What a product is called; its key where the study does not have it."""
        known = self.study.products
        return str(known.loc[product, f"name_{language}"]) if product in known.index else product

    def notes(self, language: str = "en") -> list[str]:
        """All that a reader must know: what is an estimate, what is missing and why, what was assumed."""
        told = self.grades.remarks(self.plant, self.year) if len(self.products) else []
        told += [self._other_sources(), *self._gap(), self.score_reason, self.advice.chosen, self.plan_fault]
        names = names_in(self.study.products, self.places["product"])
        for name, reason in zip(names, self.places["reason"], strict=True):
            if reason and reason.key not in TOLD_BY_GRADES:
                told.append(Message("standing.of_product", product=name, said=reason))
        if (self.places["basis"] == REFERENCE).any():
            told.append(Message("standing.reference"))
        told += self.plan.remarks if self.plan else []
        return list(dict.fromkeys(one.text(language) for one in told if one))

    def _other_sources(self) -> Message:
        """Said where the grade would be another if own sea, mine, rain and reclaimed water were graded too."""
        without, counted = self.mix["grade_estimated"], self.mix["grade_all_sources"]
        if pd.isna(without) or pd.isna(counted) or without == counted:
            return NOTHING
        grades = {"without": Message(f"standing.grade_{without}"), "counted": Message(f"standing.grade_{counted}")}
        return Message("standing.other_sources", **grades)

    def _gap(self) -> list[Message]:
        """Said of what leaves the plant and is not in the record: the gap of its balance holds it."""
        if np.isnan(self.balance["balance_gap"]):
            return [Message("standing.consumed_missing")]
        missing = {"discharged": Message("standing.discharged_missing"), "leaked": Message("standing.leaked_missing")}
        return [said for name, said in missing.items() if np.isnan(self.balance[name])]


def standing(
    records: Records,
    plant: str,
    year: int,
    study: Study,
    *,
    place: pd.DataFrame | None = None,
    goal: Goal | None = None,
    levers: Mapping[str, object] | None = None,
) -> Standing:
    """Where a plant of the records stands in a year.

    place: what ``PeerPool.place`` answers for these records. goal: of the plan; by default the next better grade that
    the plant does not meet and can attain. levers: of the plan (PlantPlanner: hurdle_rate, exclude and the like).
    Raises WaterplanError where there is no such plant and year; what cannot be computed is told in the standing.
    """
    if goal is not None and not isinstance(goal, Goal):
        raise WaterplanError(Message("standing.give_a_goal"))
    own = plant_year(records, plant, year)
    graded = grades(own, study)
    mix = graded.sites.iloc[0]
    made = indicators(own)
    scored = score(own, study)["score"].iloc[0]
    return Standing(
        records=own,
        study=study,
        plant=plant,
        year=year,
        site=own.sites.iloc[0],
        products=graded.products,
        grades=graded,
        ladder=graded.ladder(plant, year) if len(graded.products) else pd.DataFrame(),
        mix=mix,
        indicators=pd.DataFrame(
            {"value": made.sites.iloc[0].astype(float), "missing": made.missing.iloc[0].astype(object)}
        ).rename_axis("indicator"),
        intensities=made.products.drop(columns=["plant", "year"]).assign(missing=made.missing_products),
        balance=balance(own).iloc[0],
        flows=flows_of(own.sites.iloc[0]),
        places=places_of(own, study, place),
        score=float("nan") if pd.isna(scored) else float(scored),
        score_reason=_why_no_score(mix, graded.products) if pd.isna(scored) else NOTHING,
        advice=advise(own, plant, year, study, mix, goal, levers or {}),
    )


plant_standing = standing  # the public name: ``waterplan.plants.standing`` is this package


def plant_year(records: Records, plant: str, year: int) -> Records:
    """The records of one plant and year alone, with what reading changed in their rows and in the headings above.

    Raises WaterplanError, with the nearest name, where there is no such plant and year.
    """
    sites = records.sites.index
    if (plant, year) not in sites:
        names = [str(name) for name in sites.get_level_values("plant").unique()]
        if plant not in names:
            raise WaterplanError(Message("standing.no_plant", plant=plant, near=suggest(plant, names)))
        years = sorted({int(each) for name, each in sites if name == plant})
        raise WaterplanError(Message("standing.other_years", plant=plant, years=years, year=year))
    parts = {
        name: frame[(frame["plant"] == plant) & (frame["year"] == year)].reset_index(drop=True) if len(frame) else frame
        for name in ("products", "technologies", "end_use_shares")
        for frame in [getattr(records, name)]
    }
    changed = records.conversions if records.conversions_of is None else records.conversions_of(plant, year)
    return replace(records, sites=records.sites.loc[[(plant, year)]], conversions=changed, conversions_of=None, **parts)


def _why_no_score(mix: pd.Series, products: pd.DataFrame) -> Message:
    if not len(products):
        return Message("standing.score_no_product")
    if np.isnan(mix["withdrawal_graded"]):
        return Message("standing.score_no_withdrawal")
    known = products[[f"norm_{grade}" for grade in GRADES]].notna().any(axis=1) & (products["status"] == GRADED)
    return Message("standing.score_no_reference", count=int((~known).sum()) or len(products))
