"""Design files: TOML to what a design is made of, with everything that is wrong said at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from waterplan.base.errors import Problem, ScenarioError, suggest
from waterplan.base.messages import Message
from waterplan.base.plain_files import TooLargeError, read_plain, why_unreadable
from waterplan.base.toml_text import TomlError, read_toml
from waterplan.base.vocabulary import terms
from waterplan.planning.batch.levers_table import read_table
from waterplan.planning.batch.sampling import METHODS, exponent
from waterplan.study.scenario import Scenario, open_scenario
from waterplan.study.scenario.levers import EXCLUDED, as_number, check_lever, shown
from waterplan.study.scenario.scenario_file import key_rows, row_of
from waterplan.study.tables.path_faults import not_a_file

BYTES_MAX = 1_000_000
RUNS_MAX = 10_000_000
STUDY_BY = ("technology", "kind", "variable", "row")
KEYS = ("title", "why", "scenario", "scenarios", "grid", "table", "sample", "store")
SAMPLE_KEYS = ("method", "size", "seed", "levers", "study", "variables")
STORE_KEYS = ("variables", "deployment", "dtype", "chunk", "time_limit")
STEPS_KEYS = {"from", "to", "count"}
DTYPES = ("float64", "float32")


@dataclass
class Content:
    """What a design file says, and what is wrong with it."""

    file: str
    title: str = ""
    why: str = ""
    scenarios: tuple[Scenario, ...] = (Scenario(),)
    grid: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    table: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    sample: dict[str, Any] = field(default_factory=dict)
    keep: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def refuse(problems: Sequence[Problem]) -> ScenarioError:
    """The error of a design that is not as it must be."""
    return ScenarioError(problems)


def read_design(path: Path) -> Content:
    """The content of a design file. Raises ScenarioError if it cannot be read as TOML."""
    fault = not_a_file(path)
    if fault:
        raise refuse([Problem(str(path), 0, "", fault)])
    try:
        text = read_plain(path, BYTES_MAX).decode("utf-8-sig").replace("\r\n", "\n")
        content = read_toml(text)
    except TooLargeError:
        message = Message("design_errors.too_large", most=f"{BYTES_MAX:,}")
        raise refuse([Problem(str(path), 0, "", message)]) from None
    except OSError as error:
        raise refuse([Problem(str(path), 0, "", why_unreadable(error))]) from None
    except UnicodeDecodeError:
        raise refuse([Problem(str(path), 0, "", Message("files.not_utf8"))]) from None
    except TomlError as error:
        raise refuse([Problem(str(path), error.line, "", Message("files.toml", reason=error.message))]) from None
    return read_content(content, str(path), path.parent, key_rows(text))


def scenarios_of(given: Sequence[Scenario | str | Path]) -> tuple[Scenario, ...]:
    """Scenarios by their names or files. Raises ScenarioError with all problems."""
    content = Content("design")
    reader = _Reader(content, Path(), {})
    content.scenarios = reader.scenarios("scenarios", list(given))
    if content.problems:
        raise refuse(content.problems)
    return content.scenarios


def flattened(levers: Mapping[str, Any]) -> dict[str, Any]:
    """Levers by name and label as one level: what stands under a label becomes ``lever.label``.

    >>> flattened({"sector_floor": {"paper": [0, 0.1]}, "carbon_price": {"from": 0, "to": 9, "count": 2}})
    {'sector_floor.paper': [0, 0.1], 'carbon_price': {'from': 0, 'to': 9, 'count': 2}}
    """
    out: dict[str, Any] = {}
    for name, value in levers.items():
        if isinstance(value, Mapping) and not set(value) <= STEPS_KEYS:
            out |= {f"{name}.{label}": item for label, item in value.items()}
        else:
            out[str(name)] = value
    return out


def read_content(content: Mapping[str, Any], file: str, folder: Path, rows: Mapping[str, int]) -> Content:
    """What a design's content says; its problems are in it."""
    found = Content(file)
    _Reader(found, folder, rows).read(content)
    return found


class _Reader:
    def __init__(self, found: Content, folder: Path, rows: Mapping[str, int]):
        self.found, self.folder, self.rows = found, folder, rows

    def fault(self, where: str, message: Message) -> None:
        self.found.problems.append(Problem(self.found.file, row_of(self.rows, where), where, message))

    def read(self, content: Mapping[str, Any]) -> None:
        found = self.found
        for key in content:
            if key not in KEYS:
                near = suggest(str(key), KEYS)
                self.fault(str(key), Message("design_errors.unknown_key", near=near, known=KEYS))
        for key in ("title", "why"):
            text = content.get(key, "")
            if not isinstance(text, str):
                self.fault(key, Message("design_errors.text", given=shown(text)))
            setattr(found, key, str(text)[:5000])
        lists = [key for key in ("scenarios", "grid", "table") if key in content]
        if len(lists) > 1:
            self.fault(lists[1], Message("design_errors.two_lists", given=_both(lists)))
        if not lists and "sample" not in content:
            self.fault("", Message("design_errors.no_runs"))
        if "scenario" in content and "scenarios" in content:
            self.fault("scenario", Message("design_errors.scenario_and_list"))
        if "scenario" in content:
            found.scenarios = self.scenarios("scenario", [content["scenario"]])
        if "scenarios" in content:
            found.scenarios = self.scenarios("scenarios", content["scenarios"])
        if "grid" in content:
            found.grid = self.columns("grid", content["grid"], self.values)
        if "table" in content:
            found.table = self.table(content["table"])
        if "sample" in content:
            self.sample(content["sample"])
        self.once()
        if "store" in content:
            self.keep(content["store"])

    def once(self) -> None:
        """A lever stands in one place of a design, for all labels or by label."""
        levers = self.found.sample.get("levers", {}) if self.found.sample else {}
        seen: dict[str, str] = {}
        for where, columns in (("grid", self.found.grid), ("table", self.found.table), ("sample.levers", levers)):
            for name in columns:
                lever = name.partition(".")[0]
                same = [other for other in seen if other.partition(".")[0] == lever]
                if name in seen:
                    self.fault(where, Message("design_errors.already", name=name, where=seen[name]))
                elif same and lever in (name, *same):
                    self.fault(f"{where}.{name}", Message("design_errors.all_or_by_label", other=same[0], lever=lever))
                seen[name] = where

    def scenarios(self, where: str, given: Any) -> tuple[Scenario, ...]:
        if not isinstance(given, Sequence) or isinstance(given, str) or not given:
            self.fault(where, Message("design_errors.scenario_list", given=shown(given)))
            return (Scenario(),)
        out = []
        for one in given:
            if isinstance(one, Scenario):
                out.append(one)
                continue
            if not isinstance(one, str | Path):
                self.fault(where, Message("design_errors.scenario", given=shown(one)))
                continue
            beside = self.folder / one
            is_there = beside.suffix == ".toml" and not not_a_file(beside)
            try:
                out.append(open_scenario(beside if is_there else one))
            except ScenarioError as error:
                self.found.problems += error.problems
        return tuple(out) or (Scenario(),)

    def columns(
        self, where: str, given: Any, values: Callable[[str, str, Any], tuple[Any, ...]]
    ) -> dict[str, tuple[Any, ...]]:
        if not isinstance(given, Mapping) or not given:
            self.fault(where, Message("design_errors.levers", given=shown(given)))
            return {}
        flat = flattened(given)
        for name in given:
            lever, dot, label = str(name).partition(".")
            under = given.get(lever)
            if dot and isinstance(under, Mapping) and label in under:
                self.fault(f"{where}.{name}", Message("design_errors.twice"))
        return {name: values(f"{where}.{name}", name, value) for name, value in flat.items()}

    def values(self, where: str, name: str, given: Any) -> tuple[Any, ...]:
        """The values of a lever in a grid: a list, or from, to and count."""
        if isinstance(given, Mapping):
            ends = [as_number(given.get(key)) for key in ("from", "to")]
            count = given.get("count")
            whole = isinstance(count, int) and not isinstance(count, bool) and 2 <= count <= RUNS_MAX
            if set(given) != STEPS_KEYS or None in ends or not whole:
                self.fault(where, Message("design_errors.steps", given=shown(dict(given))))
                return ()
            given = np.linspace(ends[0], ends[1], count).tolist()  # type: ignore[arg-type]
        if not isinstance(given, Sequence) or isinstance(given, str) or not given:
            self.fault(where, Message("design_errors.values", given=shown(given)))
            return ()
        plain = self.checked(where, name, given)
        if len(set(map(repr, plain))) < len(plain):
            self.fault(where, Message("design_errors.value_twice"))
        return plain

    def checked(self, where: str, name: str, given: Sequence[Any]) -> tuple[Any, ...]:
        """Values of one lever in their plain form; the first fault speaks for all."""
        lever, _, label = name.partition(".")
        out, told = [], False
        for number, value in enumerate(given):
            if lever == EXCLUDED:
                plain, faults = value, [("", Message("design_errors.excluded"))]
            else:
                plain, faults = check_lever(lever, {label: value} if label else value)
            if faults and not told:
                fault, is_one_of_many = faults[0][1], len(given) > 1 and lever in terms()
                told_at = Message("design_errors.value", number=number + 1, fault=fault)
                self.fault(where, told_at if is_one_of_many else fault)
                told = True
            out.append(plain[label] if label and isinstance(plain, Mapping) else plain)
        return tuple(out)

    def table(self, given: Any) -> dict[str, tuple[Any, ...]]:
        if isinstance(given, str):
            columns, problems = read_table(self.folder / given)
            self.found.problems += problems
            if problems:
                return {}
        else:
            columns = dict(given) if isinstance(given, Mapping) else {}
        found = self.columns("table", columns, lambda where, name, values: self.checked(where, name, values))
        lengths = {len(values) for values in found.values()}
        if len(lengths) > 1 or lengths == {0}:
            self.fault("table", Message("design_errors.lengths"))
        return found

    def sample(self, given: Any) -> None:
        if not isinstance(given, Mapping):
            self.fault("sample", Message("design_errors.table", given=shown(given), table="sample"))
            return
        self.unknown("sample", given, SAMPLE_KEYS)
        size, method, seed = given.get("size"), given.get("method", "sobol"), given.get("seed", 2015)
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= RUNS_MAX:
            self.fault("sample.size", Message("design_errors.size", given=shown(size), most=f"{RUNS_MAX:,}"))
            size = 1
        if method not in METHODS:
            self.fault("sample.method", Message("design_errors.allowed", given=shown(method), known=METHODS))
        elif method == "saltelli" and size != 2 ** exponent(size):
            power = 2 ** exponent(size)
            self.fault("sample.size", Message("design_errors.power_of_two", given=size, power=power))
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**32:
            self.fault("sample.seed", Message("design_errors.seed", given=shown(seed)))
        study = given.get("study", "")
        if study and study not in STUDY_BY:
            self.fault("sample.study", Message("design_errors.allowed", given=shown(study), known=STUDY_BY))
        levers = given.get("levers", {})
        ends = self.columns("sample.levers", levers, self.ends) if levers else {}
        if not levers and not study:
            self.fault("sample", Message("design_errors.nothing_drawn"))
        variables = self.words("sample.variables", given.get("variables", []))
        numbers = {"size": size, "method": method, "seed": seed, "study": study}
        self.found.sample = {**numbers, "levers": ends, "variables": variables}

    def ends(self, where: str, name: str, given: Any) -> tuple[Any, ...]:
        """The least and the most of a sampled lever."""
        pair = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []
        lever = terms().get(name.partition(".")[0])
        if lever is not None and lever.kind == "lever" and lever.choices:
            self.fault(where, Message("design_errors.nothing_between"))
            return (0.0, 0.0)
        if len(pair) != 2 or any(as_number(end) is None for end in pair) or pair[0] >= pair[1]:
            self.fault(where, Message("design_errors.ends", given=shown(given)))
            return (0.0, 0.0)
        return self.checked(where, name, pair)

    def keep(self, given: Any) -> None:
        if not isinstance(given, Mapping):
            self.fault("store", Message("design_errors.table", given=shown(given), table="store"))
            return
        self.unknown("store", given, STORE_KEYS)
        keep: dict[str, Any] = {}
        if "variables" in given:
            keep["variables"] = self.words("store.variables", given["variables"])
        if "deployment" in given:
            keep["deployment"] = given["deployment"]
            if not isinstance(given["deployment"], bool):
                self.fault("store.deployment", Message("design_errors.true_or_false", given=shown(given["deployment"])))
        if "dtype" in given:
            keep["dtype"] = given["dtype"]
            if given["dtype"] not in DTYPES:
                self.fault("store.dtype", Message("design_errors.allowed", given=shown(given["dtype"]), known=DTYPES))
        if "chunk" in given:
            keep["chunk"] = given["chunk"]
            if not isinstance(given["chunk"], int) or isinstance(given["chunk"], bool) or given["chunk"] < 1:
                self.fault("store.chunk", Message("design_errors.chunk", given=shown(given["chunk"])))
        if "time_limit" in given:
            keep["time_limit"] = as_number(given["time_limit"])
            if not (keep["time_limit"] or 0) > 0:
                self.fault("store.time_limit", Message("design_errors.seconds", given=shown(given["time_limit"])))
        self.found.keep = keep

    def unknown(self, where: str, given: Mapping[str, Any], keys: Sequence[str]) -> None:
        for key in given:
            if key not in keys:
                near = suggest(str(key), keys)
                self.fault(
                    f"{where}.{key}", Message("design_errors.unknown_key_of", table=where, near=near, known=keys)
                )

    def words(self, where: str, given: Any) -> tuple[str, ...]:
        if not isinstance(given, Sequence) or isinstance(given, str) or not all(isinstance(w, str) for w in given):
            self.fault(where, Message("design_errors.words", given=shown(given)))
            return ()
        return tuple(dict.fromkeys(given))


def _both(words: Sequence[str]) -> object:
    """Some words with "and" between them."""
    first, *others = words
    return Message("design_errors.both", first=first, second=_both(others)) if others else first
