"""Ten thousand random scenarios in one process on one core: how many a second, and whether memory stays flat."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from machine import resident
from measuring import output_of, table

from waterplan.base.errors import InfeasibleError
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study, open_study

REPORT_EVERY = 0.1  # of all scenarios
PRICES = "eight price levers and the target: costs of all 87 technologies, rates, energy, carbon, scarcity, accounting"
COEFFICIENTS = "the same with roll-out and output of all sectors: coefficients anew in every scenario"


def random_scenario(study: Study, random: np.random.Generator, coefficients: bool) -> Scenario:
    """Eight levers at random, far apart from one scenario to the next."""
    technologies, sectors = list(study.technologies.index), list(study.sectors.index)
    levers: dict[str, object] = {
        "saving_target": float(random.uniform(500, 3500)),
        "perspective": str(random.choice(["programme", "society"])),
        "cost_accounting": str(random.choice(["water_share", "full_credit"])),
        "discount_rate": float(random.uniform(0.03, 0.15)),
        "technology_cost_scale": dict(
            zip(technologies, random.uniform(0.6, 1.6, len(technologies)).tolist(), strict=True)
        ),
        "carbon_price": float(random.uniform(0, 300)),
    }
    if coefficients:
        levers["rollout_scale"] = float(random.uniform(0.95, 1.3))
        levers["output_scale"] = dict(zip(sectors, random.uniform(0.9, 1.1, len(sectors)).tolist(), strict=True))
    else:
        levers["electricity_price_scale"] = float(random.uniform(0.7, 1.6))
        levers["scarcity_value"] = float(random.uniform(0, 2))
    return Scenario(levers=levers)


def measure(count: int, coefficients: bool) -> dict[str, object]:
    """Plans ``count`` scenarios; memory is noted ten times."""
    study = open_study("china-2015")
    planner, random = Planner(study), np.random.default_rng(7)
    planner.solve(random_scenario(study, random, coefficients))
    memory, infeasible, worst = [], 0, 0.0
    started, processor = time.perf_counter(), time.process_time()
    for number in range(count):
        try:
            worst = max(worst, abs(planner.solve(random_scenario(study, random, coefficients)).gap))
        except InfeasibleError:
            infeasible += 1
        if (number + 1) % max(int(count * REPORT_EVERY), 1) == 0:
            memory.append(round(resident(), 1))
    return {
        "count": count,
        "infeasible": infeasible,
        "wall": time.perf_counter() - started,
        "processor": time.process_time() - processor,
        "memory": memory,
        "worst_gap": worst,
    }


def run(study: Study, quick: bool) -> str:
    """The section of RESULTS.md; each measurement in a process of its own."""
    rows, notes = [], []
    for name, count, coefficients in (
        (PRICES, 500 if quick else 10_000, False),
        (COEFFICIENTS, 100 if quick else 1000, True),
    ):
        found = json.loads(output_of([sys.executable, __file__, str(count), str(int(coefficients))]))
        memory, rate = found["memory"], count / found["wall"]
        rows.append(
            (name, str(count), f"{rate:.0f}", f"{count / found['processor']:.0f}", str(found["infeasible"]),
             f"{memory[0]:.0f}", f"{memory[-1]:.0f}", f"{found['worst_gap']:.0e}")
        )  # fmt: skip
        if not coefficients:
            notes.append(
                f"Bar 100 a second: {'met' if count / found['processor'] >= 100 else '**missed**'}; aim 250 a second. "
            )
            notes.append(f"Memory at every tenth of the way, MiB: {', '.join(f'{m:.0f}' for m in memory)}.")
    body = table(("scenarios", "number", "a second (wall)", "a second (processor)", "infeasible",
                  "MiB after a tenth", "MiB at the end", "largest gap"), rows)  # fmt: skip
    return f"## Many random scenarios in one process\n\n{body}\n\n{''.join(notes)}\n"


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), bool(int(sys.argv[2])))))
