"""Answers that visitors share: one bounded store by what is asked, filled by a few threads off the event loop."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from waterplan import Planner, Scenario, share_by_basis, ways_out, weights
from waterplan.errors import InfeasibleError

from .board import build_board, rounded

KEPT, THREADS = 400, 4
CURVE_POINTS = 32


@dataclass(frozen=True)
class Answer:
    """The board of a scenario, or why there is none: the attainable saving and what is missing [hm3/a]."""

    digest: str
    board: dict[str, Any] | None
    attainable: float = math.nan
    shortfall: float = math.nan


class Answers:
    """Plans, curves, reasons and ways out of one study. Safe between threads; nothing in it belongs to a visitor."""

    def __init__(self, planner: Planner, workers: int = THREADS, kept: int = KEPT):
        self.planner = planner
        self.pool = ThreadPoolExecutor(workers, thread_name_prefix="answers")
        self.slow = ThreadPoolExecutor(2, thread_name_prefix="reasons")
        self._kept: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._most = kept
        self._lock = threading.Lock()
        self._guess = 1.0

    def known(self, scenario: Scenario) -> Answer | None:
        """The answer if somebody asked before; None otherwise, at once."""
        with self._lock:
            return self._kept.get(("plan", scenario.digest(self.planner.study)))

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
        return self._shared("reasons", digest, lambda: self._reasons(scenario, digest))

    def ways_out(self, scenario: Scenario) -> list[dict[str, Any]]:
        """Settings that make an infeasible scenario feasible, each tried, with what the plan then costs."""
        digest = scenario.digest(self.planner.study)
        return self._shared("ways", digest, lambda: self._ways(scenario))

    def curve_key(self, scenario: Scenario) -> str:
        """What two scenarios that share a curve have in common."""
        return scenario.with_levers(saving_target=0.0).digest(self.planner.study)

    def close(self) -> None:
        """Ends the threads."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.slow.shutdown(wait=False, cancel_futures=True)

    def _shared(self, kind: str, digest: str, make: Callable[[], Any]) -> Any:
        key = (kind, digest)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made

    def _solve(self, scenario: Scenario, digest: str) -> Answer:
        try:
            result = self.planner.solve(scenario, guess=self._guess)
        except InfeasibleError as error:
            return Answer(digest, None, error.attainable, error.shortfall)
        self._guess = max(float(result.duals.shadow_price), 0.05)
        return Answer(digest, build_board(result))

    def _curve(self, free: Scenario, key: str) -> dict[str, Any]:
        attainable = self.planner.attainable(free)
        if attainable is None:
            return {"key": key, "attainable": None, "target": [], "price": [], "cost": []}
        target, price, cost, guess = [], [], [], 0.1
        for n in range(CURVE_POINTS + 1):
            saving = attainable * min(n / CURVE_POINTS, 1 - 1e-6)
            result = self.planner.solve(free.with_levers(saving_target=saving), guess=guess)
            guess = max(float(result.duals.shadow_price), 0.05)
            target.append(saving)
            price.append(float(result.duals.shadow_price))
            cost.append(float(result.ledger.annual_cost))
        return {"key": key, "attainable": attainable} | {
            name: rounded(values) for name, values in (("target", target), ("price", price), ("cost", cost))
        }

    def _reasons(self, scenario: Scenario, digest: str) -> dict[str, Any]:
        rows = weights(self.planner.solve(scenario))
        dims = [dim for dim in ("technology", "product", "end_use", "sector", "province") if dim in rows]
        heaviest = [
            {"name": str(row["name"]), "labels": {dim: str(row[dim]) for dim in dims if row[dim]}}
            | {"basis": str(row["basis"]), "weight": float(row["weight"])}
            for _, row in rows.head(12).iterrows()
        ]
        return {"digest": digest, "shares": share_by_basis(rows), "rows": heaviest}

    def _ways(self, scenario: Scenario) -> list[dict[str, Any]]:
        return [
            {"settings": way.settings, "cost": float(way.result.ledger.annual_cost),
             "saving": float(way.result.ledger.saving.sum())}
            for way in ways_out(self.planner, scenario)
        ]  # fmt: skip
