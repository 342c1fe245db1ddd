"""What a user may move: the values of all levers in one place, checked against the vocabulary."""

from __future__ import annotations

import math
import re
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waterplan.base.errors import PROBLEMS_MAX, Problem, ScenarioError, either, suggest
from waterplan.base.messages import Message
from waterplan.base.vocabulary import Term, of_kind, term, terms
from waterplan.study.scenario.baseline_faults import without_figures
from waterplan.study.scenario.scenario_file import Places, problem_at
from waterplan.study.study import Study

Array = NDArray[np.float64]
Fault = tuple[str, Message]  # where, and what is wrong
OTHERS = "*"
WITH_COMMAS = re.compile(r"[+-]?\d+(?:[,，]\d+)+(?:\.\d*)?")
NO_CAP = "none"
EXCLUDED = "excluded"
CATALOGUE = {"sector": "sectors", "province": "provinces", "technology": "technologies"}


@dataclass(frozen=True)
class Levers:
    """The value of every lever, with the study's defaults filled in.

    Names and units as in the vocabulary (``waterplan describe --kind lever``). Labelled levers are read-only arrays in
    the study's order: [technology] cost scale, floor, cap, excluded; [sector] subsidy, floor, output scale;
    [province] floor. A cap that is not asked for is infinite.
    """

    saving_target: float
    baseline: str
    count_from: str
    perspective: str
    cost_accounting: str
    discount_rate: float
    hurdle_rate: float
    technology_cost_scale: Array
    electricity_price_scale: float
    water_price_scale: float
    carbon_price: float
    water_tax: float
    investment_subsidy: Array
    barrier_cost: float
    barrier_scale: float
    scarcity_value: float
    sector_floor: Array
    province_floor: Array
    value_added_cut: float
    non_conventional_min: Array
    technology_floor: Array
    technology_cap: Array
    investment_cap: float
    electricity_cap: float
    rollout_scale: float
    alternative_share_max: float
    output_scale: Array
    count_alternative_supply: bool
    excluded: NDArray[np.bool_]


LEVERS = tuple(lever.name for lever in fields(Levers))


def allowed(lever: Term) -> object:
    """What a lever may be, in words.

    >>> allowed(term("water_tax"))
    '0 to 10 CNY/m3'
    """
    if lever.choices:
        return either(lever.choices if isinstance(lever.default, bool) else [f'"{one}"' for one in lever.choices])
    lower, unit = f"{lever.lower:g}", "" if lever.unit in ("", "1") else f" {lever.unit}"
    if lever.upper is None:
        span = Message("scenario.or_more", lower=lower, unit=unit)
    else:
        span = Message("scenario.span", lower=lower, upper=f"{lever.upper:g}", unit=unit)
    return Message("scenario.or_none", span=span, none=NO_CAP) if lever.default == NO_CAP else span


def as_number(value: object) -> float | None:
    """A finite number, or None if it is not one (true and false are not numbers)."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number + 0.0 if math.isfinite(number) else None


def check_levers(given: Mapping[Any, object]) -> dict[str, tuple[Any, list[Fault]]]:
    """Each lever's value and faults as :func:`check_lever` gives them, up to so many faults."""
    checked: dict[str, tuple[Any, list[Fault]]] = {}
    wrong = 0
    for name, value in given.items():
        checked[str(name)] = check_lever(str(name), value)
        wrong += len(checked[str(name)][1])
        if wrong >= PROBLEMS_MAX:
            break
    return checked


def check_lever(name: str, value: object) -> tuple[Any, list[Fault]]:
    """A lever's value in its plain form (numbers as float, a new dict), and what is wrong with it.

    Each fault is (where, message); where is the lever's name, with the label where there is one.
    """
    lever = terms().get(name)
    if lever is None or lever.kind != "lever":
        return None, [(name, _no_such_lever(name, lever))]
    if name == EXCLUDED:
        return None, [(name, Message("scenario.excluded_elsewhere"))]
    if not isinstance(value, Mapping):
        plain, message = _check_value(lever, value)
        return plain, [(name, message)] if message else []
    if not lever.dims:
        return None, [(name, Message("scenario.one_value", allowed=allowed(lever)))]
    checked = {str(label): _check_value(lever, item) for label, item in value.items()}
    faults = [(f"{name}.{label}", message) for label, (_, message) in checked.items() if message]
    return {label: plain for label, (plain, _) in checked.items()}, faults[:PROBLEMS_MAX]


def _no_such_lever(name: str, other: Term | None) -> Message:
    if other is not None and other.kind == "input":
        return Message("scenario.input_no_lever", name=name)
    hint = suggest(name, LEVERS) or Message("scenario.levers", levers=LEVERS[:-1])
    return Message("scenario.no_lever", name=name, hint=hint)


def _check_value(lever: Term, value: object) -> tuple[Any, Message | None]:
    if lever.choices:
        right = isinstance(value, bool) if isinstance(lever.default, bool) else value in lever.choices
        return value, None if right else _not_allowed("no_choice", lever, value)
    if lever.default == NO_CAP and (value == NO_CAP or value == math.inf):
        return NO_CAP, None
    number = as_number(value)
    if number is None:
        commas = isinstance(value, str) and WITH_COMMAS.fullmatch(value)
        return value, _not_allowed("with_commas" if commas else "no_number", lever, value)
    if (lever.lower is not None and number < lever.lower) or (lever.upper is not None and number > lever.upper):
        return number, _not_allowed("output_scale_outside" if lever.name == "output_scale" else "outside", lever, value)
    return number, None


def _not_allowed(key: str, lever: Term, value: object) -> Message:
    near = suggest(value, lever.choices) if isinstance(value, str) and lever.choices else ""
    return Message(f"scenario.{key}", given=shown(value), allowed=allowed(lever), near=near)


def shown(value: object) -> str:
    """A value as a user wrote it, cut short where it is long."""
    text = f'"{value}"' if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def merged(before: object, after: object) -> object:
    """A lever's value when another is written over it: by label where the new one is by label.

    >>> merged(0.05, {"paper": 0.1})
    {'*': 0.05, 'paper': 0.1}
    """
    if before is None or not isinstance(after, Mapping) or OTHERS in after:
        return after
    return {**(before if isinstance(before, Mapping) else {OTHERS: before}), **after}


@dataclass(frozen=True)
class StudyLevers:
    """What of the levers depends on the study only: labels, defaults, and the order of labels in a digest."""

    labels: dict[str, tuple[str, ...]]
    place: dict[str, dict[str, int]]
    defaults: dict[str, Any]
    alphabetical: dict[str, NDArray[np.int64]]
    applied: dict[object, Any] = field(default_factory=dict)
    found: dict[object, Any] = field(default_factory=dict)

    def value(self, name: str, given: Any, before: Any) -> tuple[Any, list[Fault]]:
        """A checked lever in the form of :class:`Levers`; ``before`` is its value where a label is not mentioned."""
        if not isinstance(before, np.ndarray):
            return math.inf if given == NO_CAP else given, []
        (dim,) = term(name).dims
        if not isinstance(given, Mapping):
            return _read_only(np.full(len(before), given)), []
        array = np.full(len(before), given[OTHERS]) if OTHERS in given else before.copy()
        faults: list[Fault] = []
        for label, number in given.items():
            if label in self.place[dim]:
                array[self.place[dim][label]] = number
            elif label != OTHERS and len(faults) < PROBLEMS_MAX:
                faults.append((f"{name}.{label}", self.no_such_label(dim, label)))
        return _read_only(array), faults

    def no_such_label(self, dim: str, label: str) -> Message:
        """The sentence about a label that the study does not have."""
        hint = suggest(label, self.labels[dim]) or Message("scenario.the_list", catalogue=CATALOGUE[dim])
        return Message("scenario.no_label", label=label, dim=Message(f"scenario.dim_{dim}"), hint=hint)


def _read_only(array: Any) -> Any:
    array.setflags(write=False)
    return array


_KNOWN: dict[int, StudyLevers] = {}


def of_study(study: Study) -> StudyLevers:
    """Labels and defaults of a study, made once for each study object.

    Raises ScenarioError if the study's own defaults are wrong or a default that only the study can give is missing.
    """
    known = _KNOWN.get(id(study))
    if known is None:
        known = _KNOWN[id(study)] = _of_study(study)
        weakref.finalize(study, _KNOWN.pop, id(study), None)
    return known


def _of_study(study: Study) -> StudyLevers:
    labels = {dim: study.labels[dim] for dim in CATALOGUE}
    place = {dim: {label: n for n, label in enumerate(names)} for dim, names in labels.items()}
    order = {dim: np.array(sorted(range(len(names)), key=names.__getitem__)) for dim, names in labels.items()}
    known = StudyLevers(labels, place, {}, order)
    faults: list[Fault] = []
    for lever in of_kind("lever"):
        given = study.lever_defaults.get(lever.name, lever.default)
        if lever.name == EXCLUDED:
            known.defaults[lever.name] = _read_only(np.zeros(len(labels["technology"]), dtype=bool))
        elif given is None:
            faults.append((lever.name, Message("scenario.no_default", allowed=allowed(lever))))
        else:
            plain, wrong = check_lever(lever.name, given)
            full = np.full(len(labels[lever.dims[0]]), lever.default) if lever.dims else None
            known.defaults[lever.name], unknown = known.value(lever.name, plain, full) if not wrong else (None, [])
            faults += [*wrong, *unknown]
    faults += [check_lever(name, 0)[1][0] for name in study.lever_defaults if name not in LEVERS]
    raise_faults({"": ("study.toml", 0)}, faults)
    return known


def raise_faults(places: Places, faults: Sequence[Fault]) -> None:
    """Raises ScenarioError if anything is wrong with the levers."""
    if faults:
        raise ScenarioError(lever_problems(places, faults))


def lever_problems(places: Places, faults: Sequence[Fault]) -> list[Problem]:
    """Faults of levers as problems, each at the place where the lever is set."""
    return [problem_at(places, f"levers.{where}", message) for where, message in faults]


def resolve_levers(study: Study, given: Mapping[str, Any], exclude: Sequence[str], places: Places) -> Levers:
    """The value of every lever: the study's defaults, changed by what a scenario gives.

    Raises ScenarioError for labels and figures that the study does not have, and where a technology's floor passes its
    cap.
    """
    known = of_study(study)
    values = dict(known.defaults)
    faults: list[Fault] = []
    for name, value in given.items():
        values[name], unknown = known.value(name, value, values[name])
        faults += unknown
    problems = lever_problems(places, faults)
    if exclude:
        problems += _exclude(known, values, exclude, places)
    if "technology_floor" in given or "technology_cap" in given:
        problems += _floors_above_caps(known, values, places)
        problems += _floors_of_excluded(known, values, places)
    problems += without_figures(study, values, places)
    if problems:
        raise ScenarioError(problems)
    return Levers(**values)


def _exclude(known: StudyLevers, values: dict[str, Any], exclude: Sequence[str], places: Places) -> list[Problem]:
    excluded = values[EXCLUDED].copy()
    place = known.place["technology"]
    excluded[[place[name] for name in exclude if name in place]] = True
    values[EXCLUDED] = _read_only(excluded)
    unknown = [name for name in exclude if name not in place]
    return [
        replace(problem_at(places, f"exclude.{name}", known.no_such_label("technology", name)), column="exclude")
        for name in unknown[:PROBLEMS_MAX]
    ]


def _floors_of_excluded(known: StudyLevers, values: dict[str, Any], places: Places) -> list[Problem]:
    return [
        problem_at(
            places,
            f"levers.technology_floor.{known.labels['technology'][n]}",
            Message("scenario.floor_of_excluded", floor=f"{values['technology_floor'][n]:g}"),
        )
        for n in np.flatnonzero(values[EXCLUDED] & (values["technology_floor"] > 0))
    ]


def _floors_above_caps(known: StudyLevers, values: dict[str, Any], places: Places) -> list[Problem]:
    floor, cap = values["technology_floor"], values["technology_cap"]
    return [
        problem_at(
            places,
            f"levers.technology_floor.{known.labels['technology'][n]}",
            Message("scenario.floor_above_cap", floor=f"{floor[n]:g}", cap=f"{cap[n]:g}"),
        )
        for n in np.flatnonzero(floor > cap)
    ]
