"""Answers that visitors share: one bounded store by what is asked, each made once, in the threads of the jobs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from waterplan import Planner, Scenario, curve, ways_out
from waterplan.base.errors import InfeasibleError
from waterplan.planning.explain.causes import causes, states
from waterplan.planning.explain.rests import rests_on
from waterplan.planning.explain.sensitivity import share_by_basis, weights
from waterplan.report.pages.explanation import technology_sentences

from .anyway import anyway_scenario, on_top, told_market, told_of_plan, told_turnover, what_lacks
from .board import Answer, build_board, rounded
from .jobs import BOUNDS, MOVE, Jobs, is_abandoned
from .kept import Kept
from .reasons import states_by_technology
from .shelf import Shelf
from .stores import Stores
from .tables import Rows

KEPT, THREADS = 400, BOUNDS[MOVE].threads
RESULTS = 8  # plans and curves kept whole, for what is asked of them next
DRAWN = 400  # steps of a curve over its width and over its height: more cannot be seen
HEAVIEST = 20


class Answers:
    """Plans, curves, reasons and ways out of one study. Safe between threads; nothing in it belongs to a visitor."""

    def __init__(self, planner: Planner, workers: int = THREADS, kept: int = KEPT):
        self.planner = planner
        self.stores, self.shelf, self.rows = Stores(None), Shelf(), Rows(planner.study)
        self.jobs = Jobs(workers)
        self._kept, self._results, self._points = Kept(kept), Kept(RESULTS), Kept(RESULTS)
        self._guess = 1.0
        lacks = what_lacks(planner.study)
        self.tells_turnover, self.tells_market = not lacks["turnover"], not lacks["market"]

    def known(self, scenario: Scenario) -> Answer | None:
        """The answer if somebody asked before; None otherwise, at once."""
        found: Answer | None = self._kept.known(("plan", scenario.digest(self.planner.study)))
        return found

    def plan(self, scenario: Scenario) -> Answer:
        """The least-cost plan, or the shortfall."""
        digest = scenario.digest(self.planner.study)
        return self._shared("plan", digest, lambda: self._solve(scenario, digest))

    def curve(self, scenario: Scenario) -> dict[str, Any]:
        """Price of the last cubic metre and yearly cost over the target; the scenario's own target does not matter."""
        free = scenario.with_levers(saving_target=0.0)
        key = free.digest(self.planner.study)
        return self._shared("curve", key, lambda: self._curve(free, key))

    def reasons(self, scenario: Scenario) -> dict[str, Any]:
        """What the cost rests on: share by basis, and the rows that weigh most."""
        digest = scenario.digest(self.planner.study)
        return self._shared(f"reasons {_words_of(scenario)}", digest, lambda: self._reasons(scenario, digest))

    def ways_out(self, scenario: Scenario) -> list[dict[str, Any]]:
        """Settings that make an infeasible scenario feasible, each tried, with what the plan then costs."""
        digest = scenario.digest(self.planner.study)
        return self._shared("ways", digest, lambda: self._ways(scenario))

    def curve_points(self, scenario: Scenario) -> dict[str, Any]:
        """Every point of the curve: target, price of the stretch that ends there, cost, investment, technology."""
        free = scenario.with_levers(saving_target=0.0)
        made: dict[str, Any] = self._points.of(free.digest(self.planner.study), lambda: self._trace(free))
        return made

    def _trace(self, free: Scenario) -> dict[str, Any]:
        found = curve.trace(self.planner, free)
        names = np.array([*self.planner.structure.technologies, ""], dtype=object)
        return {
            "target": found.counted,
            "price": found.price,
            "objective": found.objective,
            "investment": found.investment,
            "technology": names[found.technology],
        }

    def words(self, scenario: Scenario) -> dict[str, Any]:
        """Why each technology is in or out, in a word: what is known of a plan that exists."""
        digest = scenario.digest(self.planner.study)
        return self._shared("words", digest, lambda: self._words(scenario, digest))

    def why(self, scenario: Scenario, technology: str, language: str) -> list[dict[str, Any]]:
        """Why a technology is in or out, sector by sector, in sentences. Raises ValueError for another technology."""
        if technology not in self.planner.structure.technologies:
            raise ValueError(technology)
        digest = scenario.digest(self.planner.study)
        return self._shared(f"why {language} {technology}", digest, lambda: self._why(scenario, technology, language))

    def rests(self, scenario: Scenario, name: str, labels: dict[str, str]) -> pd.DataFrame:
        """The rows that a number of the plan rests on, heaviest first."""
        digest = scenario.digest(self.planner.study)
        asked = f"rests {name} {sorted(labels.items())} {_words_of(scenario)}"
        return self._shared(asked, digest, lambda: self._rests(scenario, name, labels))

    def curve_key(self, scenario: Scenario) -> str:
        """What two scenarios that share a curve have in common."""
        return scenario.with_levers(saving_target=0.0).digest(self.planner.study)

    def anyway(self, scenario: Scenario) -> dict[str, Any]:
        """What would happen without a programme, whatever the baseline; one for all that enterprises meet alike."""
        alike = anyway_scenario(scenario, self.planner.study)
        key = alike.digest(self.planner.study)
        return self._shared("anyway", key, lambda: {"key": key, **self._anyway(alike)})

    def _anyway(self, alike: Scenario) -> dict[str, Any]:
        if self.tells_market:
            return told_market(self.planner.anyway(alike))
        return told_turnover(self.planner.search(alike.with_levers(baseline="turnover")).instance)

    def anyway_key(self, scenario: Scenario) -> str:
        """What scenarios that have the same market have in common; empty where the study cannot tell it."""
        if not self.tells_turnover:
            return ""
        return anyway_scenario(scenario, self.planner.study).digest(self.planner.study)

    def on_top(self, scenario: Scenario) -> dict[str, Any]:
        """What a programme has to add to what would happen anyway."""
        digest = scenario.digest(self.planner.study)
        made = self._shared("on top", digest, lambda: on_top(scenario, self.plan))
        return {"digest": digest, **made}

    def close(self, seconds: float = 0) -> bool:
        """Ends the threads; whether nothing is under way any more after so many seconds."""
        return self.jobs.close(seconds)

    def _shared(self, kind: str, digest: str, make: Callable[[], Any]) -> Any:
        return self._kept.of((kind, digest), make)

    def result(self, scenario: Scenario) -> Any:
        """The whole plan, as the answer to this scenario. Raises InfeasibleError."""
        found = self._result(scenario)
        if found.instance.scenario is scenario:
            return found
        return replace(found, instance=replace(found.instance, scenario=scenario))  # worded otherwise, or set elsewhere

    def _result(self, scenario: Scenario) -> Any:
        """The whole plan of the first who asked; the last few are kept."""
        digest = scenario.digest(self.planner.study)
        return self._results.of(digest, lambda: self.planner.solve(scenario, guess=self._guess, cancelled=is_abandoned))

    def _solve(self, scenario: Scenario, digest: str) -> Answer:
        try:
            result = self._result(scenario)
        except InfeasibleError as error:
            return Answer(digest, None, error.attainable, error.shortfall)
        self._guess = max(float(result.duals.shadow_price), 0.05)
        return Answer(digest, {**build_board(result), **told_of_plan(result), "anyway": self._told_by(result)})

    def _told_by(self, result: Any) -> dict[str, Any] | None:
        """What a plan itself knows of what would happen anyway: all with the baseline market, turnover with that."""
        market, levers = result.before, result.instance.levers
        if market is None:
            return None if levers.baseline == "frozen" else told_turnover(result.instance)
        key = self.anyway_key(result.instance.scenario)
        made: dict[str, Any] = self._shared("anyway", key, lambda: {"key": key, **told_market(market)})
        return made

    def _curve(self, free: Scenario, key: str) -> dict[str, Any]:
        try:
            points = self.curve_points(free)
        except InfeasibleError:
            return {"key": key, "attainable": None, "target": [], "price": []}
        target, price = points["target"], points["price"]
        drawn = curve.drawn_points(target, price, DRAWN)
        return {"key": key, "attainable": float(target[-1]), "count": len(target)} | {
            "target": rounded(target[drawn]), "price": rounded(price[drawn])
        }  # fmt: skip

    def _reasons(self, scenario: Scenario, digest: str) -> dict[str, Any]:
        rows = weights(self.result(scenario))
        dims = [dim for dim in ("technology", "product", "end_use", "sector", "province") if dim in rows]
        heaviest = [
            {"name": str(row["name"]), "labels": {dim: str(row[dim]) for dim in dims if row[dim]}}
            | {"basis": str(row["basis"]), "weight": float(row["weight"]), "is_set": bool(row.get("study_file", ""))}
            for _, row in rows.head(12).iterrows()
        ]
        return {"digest": digest, "shares": share_by_basis(rows), "rows": heaviest}

    def _words(self, scenario: Scenario, digest: str) -> dict[str, Any]:
        result = self.result(scenario)
        return {"digest": digest, "technologies": states_by_technology(states(self.planner, result), result.duals)}

    def _why(self, scenario: Scenario, technology: str, language: str) -> list[dict[str, Any]]:
        result = self.result(scenario)
        table = causes(self.planner, result, technology)
        return [{"heads": heads, "text": text} for heads, text in technology_sentences(result, table, language)]

    def _rests(self, scenario: Scenario, name: str, labels: dict[str, str]) -> pd.DataFrame:
        found = rests_on(self.result(scenario), name, self.planner, **labels)
        return found[found["weight"] > 0].head(HEAVIEST)

    def _ways(self, scenario: Scenario) -> list[dict[str, Any]]:
        return [
            {"settings": way.settings, "cost": float(way.result.ledger.annual_cost),
             "saving": float(way.result.ledger.saving.sum())}
            for way in ways_out(self.planner, scenario)
        ]  # fmt: skip


def _words_of(scenario: Scenario) -> str:
    """What the rows of a scenario say beyond its digest: notes and places, which are the visitor's own."""
    said = [(override.as_mapping(), override.file, override.row, override.place) for override in scenario.overrides]
    return hashlib.sha256(repr(said).encode()).hexdigest() if said else ""
