"""A slider is moved: the planner's answer beside HiGHS on the matrix of the same question.

Measured in two ways, since both happen. *One after the other*: questions with one thing moved follow each other in one
process, the collector of garbage runs when it will, and its runs count (the mean of processor time). So a slider is
dragged, and so a program or a batch asks. The bars are held against this. *After a collection*: before each answer all
garbage is collected, which goes through every object of the process and so empties the caches; the collection is not
counted (the median). So an answer comes when the process has done other work since the last one, such as drawing a
page. HiGHS is measured after a collection: its answers take so long that the caches do not matter.

No question is asked twice, so that no answer rests on coefficients that were made for it before.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import raw
from measuring import Timing, in_a_row, shown, table, timed, times

from waterplan.planning.model.instance import build_instance
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Override, Scenario
from waterplan.study.study import Study

WARM_BAR = 100
TOGETHER: dict[str, Any] = {
    "saving_target": 4250,
    "sector_floor": {"food": 0.158, "textiles": 0.25},
    "province_floor": 0.19,
    "investment_cap": 52269,
}


@dataclass(frozen=True)
class Move:
    """A kind of question, asked again and again with one thing moved."""

    name: str
    question: Callable[[int], Scenario]
    bar: float
    aim: str


def guessed(number: int, technology: str) -> Scenario:
    """Another saving_fraction for one technology."""
    factor = 1.0 + 0.002 * (number + 1)
    where = {"technology": (technology,)}
    override = Override("saving_fraction", where, factor=factor, source="a guess for this benchmark")
    return Scenario(overrides=(override,))


def excluding(number: int) -> Scenario:
    """One technology is left out, at another roll-out each time, so that nothing is known of it yet."""
    return Scenario(levers={"rollout_scale": 1 + 0.002 * (number + 1)}, exclude=("cip_optimisation",))


def levers(**values: Any) -> Scenario:
    """A question with some levers moved."""
    return Scenario(levers=values)


MOVES = (
    Move("price lever (discount_rate)", lambda n: levers(discount_rate=0.08 + 0.001 * (n + 1)), 400, "0.6 ms"),
    Move("target (saving_target)", lambda n: levers(saving_target=2000 + 10 * (n + 1)), 400, "0.6 ms"),
    Move("costs of all technologies", lambda n: levers(technology_cost_scale=1 + 0.01 * (n + 1)), 400, "0.6 ms"),
    Move("roll-out (rollout_scale)", lambda n: levers(rollout_scale=1 + 0.002 * (n + 1)), 150, "1.5 ms"),
    Move("exclusion of a technology", excluding, 150, "1.5 ms"),
    Move("output of a sector", lambda n: levers(output_scale={"steel": 1 + 0.002 * (n + 1)}), 150, "1.5 ms"),
    Move("override of a saving_fraction, other source", lambda n: guessed(n, "membrane_nonconventional"), 150,
         "1.5 ms"),
    Move("override of a saving_fraction, end use", lambda n: guessed(n, "cip_optimisation"), 150, "1.5 ms"),
    Move("sector floors", lambda n: levers(sector_floor=0.098 + 0.0002 * n), 40, "5 ms"),
    Move("province floors", lambda n: levers(province_floor=0.09 + 0.0002 * n), 40, "5 ms"),
    Move("investment cap", lambda n: levers(investment_cap=10000 + 10 * n), 25, "12 ms"),
    Move("floors of sectors and provinces, investment cap, pools",
         lambda n: levers(**TOGETHER | {"investment_cap": 52269 + 5 * n}), 20, "30 ms"),
)  # fmt: skip


def run(study: Study, quick: bool) -> str:
    """The section of RESULTS.md."""
    planner, repeats = Planner(study), 5 if quick else 25
    reference = raw.compiled_of(study, Scenario())
    methods = raw.all_methods(reference, 3 if quick else 9)
    warm = raw.warm(reference, _costs_of_moves(study), 5 if quick else 15)
    base = min(methods.values(), key=lambda timing: timing.processor)
    lines, light = [], None
    for move in MOVES:
        compiled = raw.compiled_of(study, move.question(0))
        tried = [raw.cold(compiled, method, 3 if quick else 5) for method in ("simplex", "simplex without presolve")]
        slow = min(tried, key=lambda timing: timing.processor)
        quick_move = move.bar >= 100
        count = repeats if quick_move else max(repeats // 2, 3)
        fast = light_result(planner, move, count, in_a_row)
        cool = light_result(planner, move, count, timed, first=count + 2)
        light = light or fast
        lines.append(_row(move, fast, cool, slow, warm))
    body = table(("moved", "planner, wall median", "fastest to slowest", "planner, processor",
                  "after a collection", "cold HiGHS, same question, processor", "ratio", "after a collection", "bar",
                  "aim", "bar", "warm HiGHS"), lines)  # fmt: skip
    assert light is not None
    return "\n".join(
        [
            "## A lever is moved: light result (headline, ledger, prices), certificate included",
            "",
            body,
            "",
            "Cold HiGHS is the simplex method, with or without presolve, whichever is quicker, on the matrix of "
            "the same question, one thread, HiGHS's "
            "own tolerances; building the matrix is not counted. Moves come one after the other, and the collector "
            "of garbage runs when it will; beside that, each after all garbage was collected, with empty caches.",
            "",
            _bases(methods, warm, base, light),
            "",
            _whole_plan(planner, light, repeats),
            "",
            _curve(planner, light),
            "",
        ]
    )


def light_result(
    planner: Planner, move: Move, repeats: int, measured: Callable[..., Timing] = timed, first: int = 0
) -> Timing:
    """Each question once, from the price of the answer before; the first two answers are not counted."""
    questions = [move.question(first + number) for number in range(repeats + 2)]
    last = [1.0]

    def work(number: int) -> None:
        result = planner.solve(questions[number], last[0])
        assert abs(result.gap) < 1e-9
        last[0] = result.duals.shadow_price

    return measured(work, repeats, warm_up=2)


def _row(move: Move, fast: Timing, cool: Timing, slow: Timing, warm: Timing) -> tuple[str, ...]:
    ratio = slow.processor / fast.processor
    return (
        move.name, shown(fast.wall), f"{shown(fast.least)} to {shown(fast.most)}", shown(fast.processor),
        shown(cool.processor), shown(slow.processor), times(ratio), times(slow.processor / cool.processor),
        times(move.bar), move.aim, "met" if ratio >= move.bar else "**missed**",
        times(warm.processor / fast.processor) if move.bar >= WARM_BAR else "",
    )  # fmt: skip


def _costs_of_moves(study: Study) -> list[np.ndarray]:
    """Cost vectors of small moves of the discount rate, one after the other."""
    return [raw.compiled_of(study, Scenario(levers={"discount_rate": 0.08 + 0.001 * (n + 1)})).cost for n in range(4)]


def _bases(methods: dict[str, Timing], warm: Timing, base: Timing, light: Timing) -> str:
    rows = [
        (f"cold, {name}", shown(timing.wall), shown(timing.processor), times(timing.processor / light.processor))
        for name, timing in methods.items()
    ]
    rows.append(
        (
            "warm, new costs on the same matrix",
            shown(warm.wall),
            shown(warm.processor),
            times(warm.processor / light.processor),
        )
    )
    fastest = base.processor / light.processor
    return (
        "### Raw HiGHS on the reference scenario\n\n"
        + table(("HiGHS", "wall, median", "processor", "times the planner after a price lever"), rows)
        + f"\n\nThe bar of {WARM_BAR}x raw HiGHS warm is "
        f"{'met' if warm.processor >= WARM_BAR * light.processor else '**missed**'}; "
        f"against the fastest cold method the ratio is {times(fastest)}."
    )


def _whole_plan(planner: Planner, light: Timing, repeats: int) -> str:
    results = [planner.solve(MOVES[0].question(n)) for n in range(repeats + 2)]
    fast = timed(lambda n: Plan.of(results[n]), repeats, warm_up=2)
    verdict = "met" if fast.processor <= 0.06 else "**missed**"
    return (
        f"Full plan Dataset after a move: {shown(fast.processor)} of processor time "
        f"more than the light result (bar 60 ms: {verdict})."
    )


def _curve(planner: Planner, light: Timing) -> str:
    if importlib.util.find_spec("waterplan.planning.curve") is None:
        return "Whole cost curve, every breakpoint: not built yet."
    from waterplan.planning.curve import curve

    whole = timed(lambda n: curve(planner, Scenario(levers={"discount_rate": 0.08 + 0.001 * n})), 15)
    ratio = whole.processor / light.processor
    return (
        f"Whole cost curve, every breakpoint: {shown(whole.wall)} ({shown(whole.processor)} of processor time), "
        f"{ratio:.0f} light results "
        f"(bar 20: {'met' if ratio < 20 else '**missed**'}; aim 10 ms)."
    )


def check(study: Study) -> None:
    """That the hardest question has every kind of limit binding, so that it is what it says."""
    duals = Planner(study).solve(Scenario(levers=TOGETHER)).duals
    binding = {name for name, price in vars(duals).items() if np.any(np.asarray(price) > 1e-9)}
    wanted = {"shadow_price", "sector_floor", "province_floor", "investment_cap", "pool"}
    assert wanted <= binding, wanted - binding
    assert build_instance(study, Scenario()).levers.saving_target == 2000
