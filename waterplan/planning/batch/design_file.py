"""Design files: TOML to what a design is made of, with everything that is wrong said at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from waterplan.base.errors import Problem, ScenarioError, suggest
from waterplan.base.plain_files import TooLargeError, read_plain
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
        message = f"more than {BYTES_MAX:,} bytes. Long lists of levers belong in a table."
        raise refuse([Problem(str(path), 0, "", message)]) from None
    except OSError as error:
        raise refuse([Problem(str(path), 0, "", f"cannot be read: {error.strerror}.")]) from None
    except UnicodeDecodeError:
        raise refuse([Problem(str(path), 0, "", "not UTF-8. Save the file as UTF-8.")]) from None
    except TomlError as error:
        raise refuse([Problem(str(path), error.line, "", f"not TOML: {error}.")]) from None
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

    def fault(self, where: str, message: str) -> None:
        self.found.problems.append(Problem(self.found.file, row_of(self.rows, where), where, message))

    def read(self, content: Mapping[str, Any]) -> None:
        found = self.found
        for key in content:
            if key not in KEYS:
                self.fault(str(key), f"not a key of a design.{suggest(str(key), KEYS)} Keys: {', '.join(KEYS)}.")
        for key in ("title", "why"):
            text = content.get(key, "")
            if not isinstance(text, str):
                self.fault(key, f"got {shown(text)}; give text.")
            setattr(found, key, str(text)[:5000])
        lists = [key for key in ("scenarios", "grid", "table") if key in content]
        if len(lists) > 1:
            self.fault(lists[1], f"{' and '.join(lists)} are given; one of them makes the list of runs.")
        if not lists and "sample" not in content:
            self.fault("", "no runs: give one of grid, scenarios and table, or a sample.")
        if "scenario" in content and "scenarios" in content:
            self.fault("scenario", "scenarios are given too; a list starts from nothing else.")
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
                    self.fault(where, f"{name}: already in the {seen[name]}.")
                elif same and lever in (name, *same):
                    self.fault(f"{where}.{name}", f"{same[0]} is given too: give {lever} for all labels or by label.")
                seen[name] = where

    def scenarios(self, where: str, given: Any) -> tuple[Scenario, ...]:
        if not isinstance(given, Sequence) or isinstance(given, str) or not given:
            self.fault(where, f"got {shown(given)}; give a list of scenario files.")
            return (Scenario(),)
        out = []
        for one in given:
            if isinstance(one, Scenario):
                out.append(one)
                continue
            if not isinstance(one, str | Path):
                self.fault(where, f"got {shown(one)}; give the name or file of a scenario.")
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
            self.fault(where, f"got {shown(given)}; give levers with their values.")
            return {}
        flat = flattened(given)
        for name in given:
            lever, dot, label = str(name).partition(".")
            under = given.get(lever)
            if dot and isinstance(under, Mapping) and label in under:
                self.fault(f"{where}.{name}", "set more than once. Say it once.")
        return {name: values(f"{where}.{name}", name, value) for name, value in flat.items()}

    def values(self, where: str, name: str, given: Any) -> tuple[Any, ...]:
        """The values of a lever in a grid: a list, or from, to and count."""
        if isinstance(given, Mapping):
            ends = [as_number(given.get(key)) for key in ("from", "to")]
            count = given.get("count")
            whole = isinstance(count, int) and not isinstance(count, bool) and 2 <= count <= RUNS_MAX
            if set(given) != STEPS_KEYS or None in ends or not whole:
                self.fault(where, f"got {shown(dict(given))}; give from, to and a count of 2 or more, or a list.")
                return ()
            given = np.linspace(ends[0], ends[1], count).tolist()  # type: ignore[arg-type]
        if not isinstance(given, Sequence) or isinstance(given, str) or not given:
            self.fault(where, f"got {shown(given)}; give a list with a value or more.")
            return ()
        plain = self.checked(where, name, given)
        if len(set(map(repr, plain))) < len(plain):
            self.fault(where, "a value stands in the list more than once. Say it once.")
        return plain

    def checked(self, where: str, name: str, given: Sequence[Any]) -> tuple[Any, ...]:
        """Values of one lever in their plain form; the first fault speaks for all."""
        lever, _, label = name.partition(".")
        out, told = [], False
        for number, value in enumerate(given):
            if lever == EXCLUDED:
                plain, faults = value, [("", "what is excluded stands in a scenario; list scenarios instead.")]
            else:
                plain, faults = check_lever(lever, {label: value} if label else value)
            if faults and not told:
                at = f"value {number + 1}: " if len(given) > 1 and lever in terms() else ""
                self.fault(where, at + faults[0][1])
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
            self.fault("table", "the columns must have a row or more, and all the same number.")
        return found

    def sample(self, given: Any) -> None:
        if not isinstance(given, Mapping):
            self.fault("sample", f"got {shown(given)}; write a table [sample].")
            return
        self.unknown("sample", given, SAMPLE_KEYS)
        size, method, seed = given.get("size"), given.get("method", "sobol"), given.get("seed", 2015)
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= RUNS_MAX:
            self.fault("sample.size", f"got {shown(size)}; give how many runs are drawn: 1 to {RUNS_MAX:,}.")
            size = 1
        if method not in METHODS:
            self.fault("sample.method", f"got {shown(method)}; allowed: {', '.join(METHODS)}.")
        elif method == "saltelli" and size != 2 ** exponent(size):
            self.fault("sample.size", f"got {size}; saltelli needs a power of two, such as {2 ** exponent(size)}.")
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**32:
            self.fault("sample.seed", f"got {shown(seed)}; give a whole number of 0 or more.")
        study = given.get("study", "")
        if study and study not in STUDY_BY:
            self.fault("sample.study", f"got {shown(study)}; allowed: {', '.join(STUDY_BY)}.")
        levers = given.get("levers", {})
        ends = self.columns("sample.levers", levers, self.ends) if levers else {}
        if not levers and not study:
            self.fault("sample", "nothing is drawn: give levers with least and most, or study.")
        variables = self.words("sample.variables", given.get("variables", []))
        numbers = {"size": size, "method": method, "seed": seed, "study": study}
        self.found.sample = {**numbers, "levers": ends, "variables": variables}

    def ends(self, where: str, name: str, given: Any) -> tuple[Any, ...]:
        """The least and the most of a sampled lever."""
        pair = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []
        lever = terms().get(name.partition(".")[0])
        if lever is not None and lever.kind == "lever" and lever.choices:
            self.fault(where, "this lever has no values in between; list its values in a grid.")
            return (0.0, 0.0)
        if len(pair) != 2 or any(as_number(end) is None for end in pair) or pair[0] >= pair[1]:
            self.fault(where, f"got {shown(given)}; give [least, most], the first below the second.")
            return (0.0, 0.0)
        return self.checked(where, name, pair)

    def keep(self, given: Any) -> None:
        if not isinstance(given, Mapping):
            self.fault("store", f"got {shown(given)}; write a table [store].")
            return
        self.unknown("store", given, STORE_KEYS)
        keep: dict[str, Any] = {}
        if "variables" in given:
            keep["variables"] = self.words("store.variables", given["variables"])
        if "deployment" in given:
            keep["deployment"] = given["deployment"]
            if not isinstance(given["deployment"], bool):
                self.fault("store.deployment", f"got {shown(given['deployment'])}; allowed: true or false.")
        if "dtype" in given:
            keep["dtype"] = given["dtype"]
            if given["dtype"] not in DTYPES:
                self.fault("store.dtype", f"got {shown(given['dtype'])}; allowed: {', '.join(DTYPES)}.")
        if "chunk" in given:
            keep["chunk"] = given["chunk"]
            if not isinstance(given["chunk"], int) or isinstance(given["chunk"], bool) or given["chunk"] < 1:
                self.fault("store.chunk", f"got {shown(given['chunk'])}; give runs in a chunk: 1 or more.")
        if "time_limit" in given:
            keep["time_limit"] = as_number(given["time_limit"])
            if not (keep["time_limit"] or 0) > 0:
                self.fault("store.time_limit", f"got {shown(given['time_limit'])}; give seconds, more than 0.")
        self.found.keep = keep

    def unknown(self, where: str, given: Mapping[str, Any], keys: Sequence[str]) -> None:
        for key in given:
            if key not in keys:
                message = f"not a key of [{where}].{suggest(str(key), keys)} Keys: {', '.join(keys)}."
                self.fault(f"{where}.{key}", message)

    def words(self, where: str, given: Any) -> tuple[str, ...]:
        if not isinstance(given, Sequence) or isinstance(given, str) or not all(isinstance(w, str) for w in given):
            self.fault(where, f"got {shown(given)}; give a list of names, in quotes.")
            return ()
        return tuple(dict.fromkeys(given))
