"""Plans side by side: the inputs that differ first, then the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base.errors import WaterplanError, must_be, suggest
from waterplan.base.messages import Message
from waterplan.base.vocabulary import term
from waterplan.planning.plan.comparison_table import Comparison
from waterplan.planning.plan.plan import Plan
from waterplan.study.scenario.levers import EXCLUDED, LEVERS

LEFT_OUT = {"step", "choice", "market_step", "market_choice", "group"}  # every plan has its own rows of decisions
CHOICES = ("technology", "product", "province")  # too large to keep for many plans; the plans themselves have them
ABSENT = ""
INPUT_KEYS = ["kind", "name", "where", "unit"]

Inputs = dict[tuple[str, str, str, str], Any]


def compare(plans: Sequence[Plan], names: Sequence[str] | None = None) -> Comparison:
    """Plans side by side, named by their titles or as given.

    Raises WaterplanError for fewer than two plans, or when labels, years or money of their studies differ.
    """
    must_be(plans, (tuple, list), "plans", Message("plan_errors.plans"))
    for plan in plans:
        must_be(plan, Plan, "plans", Message("plan_errors.plans"))
    if len(plans) < 2:
        raise WaterplanError(Message("plan_errors.too_few_plans", count=len(plans)))
    named = _distinct(names if names is not None else [str(plan.dataset.attrs["title"]) for plan in plans])
    if len(named) != len(plans):
        raise WaterplanError(Message("plan_errors.names_of_plans", plans=len(plans), names=len(named)))
    for plan, name in zip(plans[1:], named[1:], strict=True):
        _check_labels(plans[0].dataset, plan.dataset, named[0], name)
    return Comparison(tuple(plans), _inputs(plans, named), _results(plans, named))


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, those that come again with a number.

    >>> _distinct(["a", "b", "a"])
    ['a', 'b', 'a (2)']
    """
    seen: dict[str, int] = {}
    distinct: list[str] = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made = name if seen[name] == 1 else f"{name} ({seen[name]})"
        while made in distinct:
            seen[name] += 1
            made = f"{name} ({seen[name]})"
        distinct.append(made)
    return distinct


def _check_labels(first: xr.Dataset, other: xr.Dataset, first_name: str, name: str) -> None:
    named = {"first": first_name, "second": name}
    for key in ("currency", "price_year"):
        if first.attrs[key] != other.attrs[key]:
            apart = {"here": first.attrs[key], "there": other.attrs[key]}
            raise WaterplanError(Message(f"plan_errors.other_{key}", **named, **apart))
    for dim in (str(dim) for dim in first.dims if dim not in LEFT_OUT):
        here, there = (list(map(str, dataset[dim].values)) for dataset in (first, other))
        lone = [label for label in here + there if (label in here) != (label in there)]
        if lone:
            owner, others = (name, there) if lone[0] in here else (first_name, here)
            count = len(lone) - 1
            more = Message("plan_errors.more_labels", count=count) if count else ""
            found = {"dim": dim, "label": lone[0], "owner": owner, "more": more, "near": suggest(lone[0], others)}
            raise WaterplanError(Message("plan_errors.label_apart", **named, **found))


def _results(plans: Sequence[Plan], names: Sequence[str]) -> xr.Dataset:
    first = plans[0].dataset
    in_all = [name for name in first.data_vars if all(name in plan.dataset for plan in plans)]
    kept = [name for name in in_all if not LEFT_OUT & set(first[name].dims) and first[name].dims != CHOICES]
    order = {dim: first[dim].values for dim in first.dims if dim not in LEFT_OUT}
    aligned = [plan.dataset[kept].sel(order) for plan in plans]
    results = xr.concat(
        aligned, dim="plan", join="exact", data_vars="all", coords="minimal", compat="equals", combine_attrs="drop"
    )
    for name in kept:
        results[name].attrs = dict(first[name].attrs)
    return results.assign_coords(plan=list(names))


def _inputs(plans: Sequence[Plan], names: Sequence[str]) -> pd.DataFrame:
    """A row for each input that is not the same in all plans."""
    by_plan = [
        {**_study_of(plan), **_study_values(plans[0], plan), **_levers(plan), **_overrides(plan)} for plan in plans
    ]
    keys = dict.fromkeys(key for inputs in by_plan for key in inputs)
    rows = {key: [inputs.get(key, ABSENT) for inputs in by_plan] for key in keys}
    differing = {key: values for key, values in rows.items() if any(value != values[0] for value in values)}
    frame = pd.DataFrame(
        [[*key, *values] for key, values in differing.items()], columns=[*INPUT_KEYS, *names], dtype=object
    )
    return frame.set_index(INPUT_KEYS)


def _study_of(plan: Plan) -> Inputs:
    attrs = plan.dataset.attrs
    return {("study", name, "", ""): attrs[name] for name in ("study", "study_digest")}


def _study_values(first: Plan, plan: Plan) -> Inputs:
    """How many figures of each input are not those of the first plan's study; nothing where the study is the same."""
    if plan.study.digest == first.study.digest:
        return {}
    changed: Inputs = {}
    for name, there in plan.study.values.data_vars.items():
        here = first.study.values[name]
        here, there = xr.align(here, there, join="outer")
        same = (here == there) | (np.isnan(here) & np.isnan(there))
        if not bool(same.all()):
            changed["study value", str(name), "", ""] = int((~same).sum())
    return changed


def _levers(plan: Plan) -> Inputs:
    levers = plan.scenario.resolve(plan.study)
    inputs: Inputs = {}
    for name in LEVERS:
        found, value = term(name), getattr(levers, name)
        if name == EXCLUDED:
            labels = plan.study.values[found.dims[0]].values[value]
            inputs |= {("excluded", name, str(label), ""): True for label in labels}
        elif found.dims:
            labels = plan.study.values[found.dims[0]].values.tolist()
            inputs |= {("lever", name, label, found.unit): float(v) for label, v in zip(labels, value, strict=True)}
        else:
            inputs["lever", name, "", found.unit] = value
    return inputs


def _overrides(plan: Plan) -> Inputs:
    """The figures that the scenario sets otherwise, in order: a later one for the same place comes after the first."""
    inputs: Inputs = {}
    for override in plan.scenario.overrides:
        key = ("override", override.name, _where(override.where), "")
        how = f"x {override.factor:g}" if override.factor is not None else f"{override.value:g} {override.unit}".strip()
        inputs[key] = Message("comparison.then", first=inputs[key], second=how) if key in inputs else how
    return inputs


def _where(where: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{dim} {', '.join(labels)}" for dim, labels in sorted(where.items()))
