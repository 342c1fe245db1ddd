"""What to relax when no plan exists: single changes within their ranges, or the best pair, each tried by planning."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from waterplan.base.errors import InfeasibleError
from waterplan.base.vocabulary import term
from waterplan.planning.curve.kept import attainable as most_of
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario

RISING = ("rollout_scale", "alternative_share_max")
FINENESS = 0.01
FLOORS = {"sector_floor": "sectors", "province_floor": "provinces", "technology_floor": "technologies"}
CAPS = ("investment_cap", "electricity_cap")


@dataclass(frozen=True)
class WayOut:
    """A change that makes a plan exist.

    settings: lever and new value, by label for labelled levers, as ``--set`` takes them; exclusions stand under
    ``excluded`` as the list that remains. result: the plan that was found with it.
    """

    settings: dict[str, object]
    scenario: Scenario
    result: Result

    def __str__(self) -> str:
        return " and ".join(f"{name} {_shown(value)}" for name, value in self.settings.items())


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{label} {_shown(item)}" for label, item in value.items())
    if isinstance(value, tuple):
        return "without " + (", ".join(value) or "any")
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def ways_out(planner: Planner, scenario: Scenario) -> list[WayOut]:
    """Single changes that make an infeasible scenario feasible, the target's first; else the best pair.

    Output is never touched. Changes are the smallest that are enough, rounded to the lever's step.
    """
    found = [way for change in _single_changes(planner, scenario) if (way := _tried(planner, scenario, change))]
    limits_alone = [way for way in found if "saving_target" not in way.settings]
    if limits_alone:
        return found
    return [*found, *_best_pair(planner, scenario)]


def _tried(planner: Planner, scenario: Scenario, settings: dict[str, object]) -> WayOut | None:
    try:
        changed = scenario.with_levers(**settings)
        return WayOut(settings, changed, planner.solve(changed))
    except InfeasibleError:
        return None


def _single_changes(planner: Planner, scenario: Scenario) -> Iterator[dict[str, object]]:
    levers = scenario.resolve(planner.study)
    attainable, unit = most_of(planner, scenario), planner.unit(scenario)
    if attainable is not None and attainable < levers.saving_target:
        yield {"saving_target": _below(attainable, unit)}
    for name in RISING:
        value = _smallest(planner, scenario, name, float(getattr(levers, name)))
        if value is not None:
            yield {name: value}
    if not levers.count_alternative_supply:
        yield {"count_alternative_supply": True}
    for kind, catalogue in FLOORS.items():
        if getattr(levers, kind).any():
            yield from _lower_floors(planner, scenario, kind, tuple(getattr(planner.study, catalogue).index))
    yield from _lower_shares(planner, scenario)
    for kind in CAPS:
        if np.isfinite(getattr(levers, kind)):
            short = planner.shortfalls(scenario, kind)
            if short:
                yield {
                    kind: _above(
                        getattr(levers, kind) + sum(short.values()), float(term(kind).step or 1.0) * _power(unit)
                    )
                }
    if (levers.technology_cap < 1).any():
        yield {"technology_cap": 1.0}
    yield from _readmit(scenario)


def _readmit(scenario: Scenario) -> Iterator[dict[str, object]]:
    for technology in scenario.exclude:
        yield {"excluded": tuple(name for name in scenario.exclude if name != technology)}
    if len(scenario.exclude) > 1:
        yield {"excluded": ()}


def _below(value: float, unit: float) -> float:
    """A little below, at four or five digits, so that rounding does not miss it again."""
    digits = 10 / _power(unit)
    return max(math.floor(value * digits - 1e-6) / digits, 0.0)


def _power(unit: float) -> float:
    """The power of ten that steps of volumes and money are multiplied by: 1 but for very small and large studies."""
    return float(10.0 ** math.floor(math.log10(unit)))


def _above(value: float, step: float) -> float:
    return math.ceil(value / step + 1e-9) * step


def _lower_floors(
    planner: Planner, scenario: Scenario, kind: str, labels: tuple[str, ...]
) -> Iterator[dict[str, object]]:
    """The floors that have to give way, by as little water as possible."""
    short = planner.shortfalls(scenario, kind)
    if not short:
        return
    levers, step = getattr(scenario.resolve(planner.study), kind), float(term(kind).step or 0.005)
    whole = planner.whole_of(scenario, kind)
    lowered = {
        labels[place[0]]: max(math.floor((levers[place[0]] - amount / whole[place[0]]) / step + 1e-9) * step, 0.0)
        for (_, place), amount in short.items()
    }
    yield {kind: {label: round(value, 10) for label, value in lowered.items()}}


def _lower_shares(planner: Planner, scenario: Scenario) -> Iterator[dict[str, object]]:
    """The largest cut per value added, and the largest least shares of other sources, with which a plan exists."""
    levers, provinces = scenario.resolve(planner.study), planner.study.labels["province"]
    if levers.value_added_cut > 0:
        value = _largest(planner, scenario, "value_added_cut", levers.value_added_cut, lambda value: value)
        if value is not None:
            yield {"value_added_cut": value}
    short = planner.shortfalls(scenario, "non_conventional_min") if levers.non_conventional_min.any() else None
    lowered: dict[str, float] = {}
    for _, (place,) in short or ():
        label, others = provinces[place], {provinces[at]: 0.0 for _, (at,) in short or () if at != place}

        def asked(value: float, label: str = label, others: dict[str, float] = others) -> object:
            return {**others, label: value}

        now = float(levers.non_conventional_min[place])
        value = _largest(planner, scenario, "non_conventional_min", now, asked)
        if value is None:
            return
        lowered[label] = value
    if lowered:
        yield {"non_conventional_min": lowered}


def _largest(
    planner: Planner, scenario: Scenario, name: str, now: float, asked: Callable[[float], object]
) -> float | None:
    """The largest multiple of its step up to what a falling lever is at which a plan exists; None if there is none."""
    step = float(term(name).step or FINENESS)

    def is_planned(count: int) -> bool:
        return _tried(planner, scenario, {name: asked(round(count * step, 10))}) is not None

    if not is_planned(0):
        return None
    low, high = 0, math.ceil(now / step)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_planned(middle) else (low, middle)
    return round(low * step, 10)


def _smallest(planner: Planner, scenario: Scenario, name: str, now: float) -> float | None:
    """The smallest value of a rising lever at which a plan exists, to a hundredth; None if even the largest fails."""
    target = scenario.resolve(planner.study).saving_target
    most = term(name).upper
    if most is None or now >= most:
        return None

    def enough(value: float) -> bool:
        attainable = most_of(planner, scenario.with_levers(**{name: value}))
        return attainable is not None and attainable >= target + 1e-6 * planner.unit(scenario)

    return _first(enough, now, most) if enough(most) else None


def _first(enough: Callable[[float], bool], low: float, high: float) -> float:
    while high - low > FINENESS * 1.01:
        middle = round((low + high) / 2 / FINENESS) * FINENESS
        if middle in (low, high):
            break
        low, high = (low, middle) if enough(middle) else (middle, high)
    return round(high, 10)


def _best_pair(planner: Planner, scenario: Scenario) -> list[WayOut]:
    """Two changes together: one lever as far as it goes and a second one as little as is enough; where no two limits
    are enough, the pair that leaves most of the target standing."""
    levers = scenario.resolve(planner.study)
    most = {name: float(term(name).upper or 0) for name in RISING}
    furthest: list[dict[str, object]] = [{name: most[name]} for name in RISING if getattr(levers, name) < most[name]]
    if not levers.count_alternative_supply:
        furthest.append({"count_alternative_supply": True})
    tried: list[tuple[float, WayOut]] = []
    for first in furthest:
        changed = scenario.with_levers(**first)
        for second in _single_changes(planner, changed):
            if set(second) & set(first):
                continue
            way = _tried(planner, scenario, {**first, **second})
            if way is not None:
                tried.append((float(way.scenario.resolve(planner.study).saving_target), way))
    return [max(tried, key=lambda item: item[0])[1]] if tried else []
