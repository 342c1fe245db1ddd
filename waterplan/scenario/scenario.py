"""A scenario: what is asked. It writes only what differs from the study, and says why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
import xarray as xr

from waterplan.errors import Problem, ScenarioError, suggest
from waterplan.scenario.applying import apply, remarks
from waterplan.scenario.levers import (
    EXCLUDED,
    LEVERS,
    Levers,
    check_lever,
    lever_problems,
    merged,
    of_study,
    raise_faults,
    resolve_levers,
    shown,
)
from waterplan.scenario.overrides import Override, read_overrides
from waterplan.scenario.reading import read_layers, row_of, scenario_files
from waterplan.study import Study
from waterplan.tables.places import not_a_file
from waterplan.toml_text import TomlError, read_toml
from waterplan.vocabulary import term

KEYS = ("title", "why", "extends", "levers", "set", "exclude")
LANGUAGES = ("en", "zh")
TEXT_MAX = {"title": 200, "why": 5000}
DIGEST_OF = "waterplan scenario 1\n"


@dataclass(frozen=True)
class Scenario:
    """A question to a study.

    levers: as written, a number or word, or by label ("*" stands for all other labels); what is not here is at its
    default. overrides: figures of the study set otherwise, applied in order. exclude: technologies that get no new
    capacity. title and why are in English or the only language given; title_zh and why_zh in Chinese, if given.

    Raises ScenarioError if a lever does not exist or is out of its range.

    >>> Scenario(levers={"carbon_price": 50}).with_levers(sector_floor={"paper": 0.1}).levers
    {'carbon_price': 50.0, 'sector_floor': {'paper': 0.1}}
    """

    title: str = ""
    why: str = ""
    levers: Mapping[str, Any] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    exclude: tuple[str, ...] = ()
    title_zh: str = ""
    why_zh: str = ""
    file: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        checked = {name: check_lever(name, value) for name, value in self.levers.items()}
        raise_faults(self.file or "scenario", [fault for _, faults in checked.values() for fault in faults])
        object.__setattr__(self, "levers", {name: plain for name, (plain, _) in checked.items()})
        object.__setattr__(self, "overrides", tuple(self.overrides))
        object.__setattr__(self, "exclude", tuple(dict.fromkeys(self.exclude)))

    @classmethod
    def read(cls, path: str | Path) -> Scenario:
        """The scenario of a TOML file, with those that it extends below it.

        Levers of the file win over those it extends, label by label; overrides come after, exclusions are added.
        Raises ScenarioError with all problems of all its files at once.
        """
        problems: list[Problem] = []
        scenario = cls()
        for layer in read_layers(Path(path)):
            upper, wrong = _read_content(layer.content, layer.file, layer.rows)
            if not upper.title and not wrong:
                row = row_of(layer.rows, "title")
                wrong = [Problem(layer.file, row, "title", "missing. Say in a few words what is asked.")]
            problems += wrong
            scenario = _over(scenario, upper)
        if problems:
            raise ScenarioError(problems)
        return scenario

    @classmethod
    def from_mapping(cls, content: Mapping[str, Any], file: str = "scenario") -> Scenario:
        """A scenario from the content of such a file; it extends nothing. Raises ScenarioError like :meth:`read`."""
        scenario, problems = _read_content(content, file, {})
        if "extends" in content:
            problems.append(Problem(file, 0, "extends", "only a file can extend another. Use Scenario.read."))
        if problems:
            raise ScenarioError(problems)
        return scenario

    def headline(self, language: str = "en") -> str:
        """The title in a language (en, zh); the other one's if there is none."""
        return self.title_zh or self.title if language == "zh" else self.title

    def reason(self, language: str = "en") -> str:
        """Why it is asked, in a language (en, zh); the other one's if there is none."""
        return self.why_zh or self.why if language == "zh" else self.why

    def to_mapping(self) -> dict[str, Any]:
        """The content of a file that says the same without extending another."""
        content: dict[str, Any] = {}
        for key, here, chinese in (("title", self.title, self.title_zh), ("why", self.why, self.why_zh)):
            if here or chinese:
                content[key] = {"en": here, "zh": chinese} if chinese else here
        content |= {"exclude": list(self.exclude)} if self.exclude else {}
        content |= {"levers": dict(self.levers)} if self.levers else {}
        content |= {"set": [override.as_mapping() for override in self.overrides]} if self.overrides else {}
        return content

    def to_toml(self) -> str:
        """The scenario as TOML; read again it is the same scenario."""
        return tomli_w.dumps(self.to_mapping())

    def with_levers(self, **levers: Any) -> Scenario:
        """The same scenario with some levers set, by label where a table is given; None: back to the default.

        ``excluded`` takes a list of technologies in place of those excluded. Raises ScenarioError.
        """
        exclude = levers.pop(EXCLUDED, self.exclude)
        changed = {name: check_lever(name, value) for name, value in levers.items() if value is not None}
        faults = [fault for _, faults in changed.values() for fault in faults]
        faults += [check_lever(name, 0)[1][0] for name, value in levers.items() if value is None and name not in LEVERS]
        raise_faults(self.file or "scenario", faults)
        kept = {name: value for name, value in self.levers.items() if levers.get(name, value) is not None}
        now = {**kept, **{name: merged(kept.get(name), plain) for name, (plain, _) in changed.items()}}
        exclude = (exclude,) if isinstance(exclude, str) else tuple(exclude or ())
        return replace(self, levers=now, exclude=exclude)

    def with_settings(self, settings: Iterable[str]) -> Scenario:
        """The same scenario with settings such as ``sector_floor.paper=0.1``. Raises ScenarioError with all faults."""
        scenario, problems, said = replace(self, file="--set"), [], set[str]()
        for setting in settings:
            lever = setting.partition("=")[0].strip()
            if lever in said:
                problems.append(Problem("--set", 0, lever, "set more than once. Say it once."))
            said.add(lever)
            try:
                name, value = parse_setting(setting)
                scenario = scenario.with_levers(**{name: value})
            except ScenarioError as error:
                problems += error.problems
        if problems:
            raise ScenarioError(problems)
        return replace(scenario, file=self.file)

    def resolve(self, study: Study) -> Levers:
        """The value of every lever for a study. Raises ScenarioError for labels that the study does not have."""
        return resolve_levers(study, self.levers, self.exclude, self.file or "scenario")

    def check(self, study: Study) -> None:
        """Raises ScenarioError with all problems of levers and overrides that only a study can show."""
        problems: list[Problem] = []
        for trial in (lambda: self.resolve(study), lambda: apply(study, self.overrides)):
            try:
                trial()
            except ScenarioError as error:
                problems += error.problems
        if problems:
            raise ScenarioError(problems)

    def remarks(self, study: Study) -> list[str]:
        """What a reader should know about the overrides, such as national totals that they move."""
        return remarks(study, self.overrides)

    def digest(self, study: Study) -> str:
        """What the scenario asks of a study, as sha256: of the study, of every lever's value, of every changed figure.

        Neither formatting nor order nor title counts, nor whether a default is written out. Raises ScenarioError.
        """
        resolved, order = self.resolve(study), of_study(study).alphabetical
        content = hashlib.sha256((DIGEST_OF + study.digest).encode())
        for name in LEVERS:
            value = getattr(resolved, name)
            content.update(f"\n{name}=".encode())
            ordered = (
                value[order[term(name).dims[0]]].tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
            )
            content.update(ordered)
        content.update(b"\n" + apply(study, self.overrides).content)
        return content.hexdigest()


def _over(lower: Scenario, upper: Scenario) -> Scenario:
    """A scenario written over another one."""
    return Scenario(
        title=upper.title,
        why=upper.why,
        levers={**lower.levers, **{name: merged(lower.levers.get(name), new) for name, new in upper.levers.items()}},
        overrides=lower.overrides + upper.overrides,
        exclude=lower.exclude + upper.exclude,
        title_zh=upper.title_zh,
        why_zh=upper.why_zh,
        file=upper.file,
    )


def _read_content(content: Mapping[str, Any], file: str, rows: Mapping[str, int]) -> tuple[Scenario, list[Problem]]:
    """The scenario of one file's content, without what is wrong, and what that is."""
    problems = [
        Problem(file, row_of(rows, str(key)), str(key), _no_such_key(str(key))) for key in content if key not in KEYS
    ]
    texts: dict[str, str] = {}
    for key in ("title", "why"):
        found, message = _texts(content.get(key, ""), TEXT_MAX[key])
        texts |= {key: found.get("en") or found.get("zh", ""), f"{key}_zh": found.get("zh", "")}
        problems += [Problem(file, row_of(rows, key), key, message)] if message else []
    levers = content.get("levers", {})
    if not isinstance(levers, Mapping):
        problems.append(
            Problem(file, row_of(rows, "levers"), "levers", f"got {shown(levers)}; write a table [levers].")
        )
        levers = {}
    checked = {str(name): check_lever(str(name), value) for name, value in levers.items()}
    problems += lever_problems(file, [fault for _, faults in checked.values() for fault in faults], rows)
    overrides, wrong = read_overrides(content.get("set", []), file, rows)
    exclude = content.get("exclude", [])
    if not isinstance(exclude, Sequence) or isinstance(exclude, str) or not all(isinstance(t, str) for t in exclude):
        message = f'got {shown(exclude)}; write a list of technologies, such as ["mvr_evaporation"].'
        problems.append(Problem(file, row_of(rows, "exclude"), "exclude", message))
        exclude = []
    good = {name: plain for name, (plain, faults) in checked.items() if not faults}
    scenario = Scenario(**texts, levers=good, overrides=tuple(overrides), exclude=tuple(exclude), file=file)
    return scenario, problems + wrong


def _no_such_key(key: str) -> str:
    if key == "expected":
        return "what a scenario should answer does not belong to the question; see tests/expected_scenarios.toml."
    if key in LEVERS:
        return f"a lever stands under [levers]; put {key} there."
    return f"not a key of a scenario.{suggest(key, KEYS)} Keys: {', '.join(KEYS)}."


def _texts(value: object, most: int) -> tuple[dict[str, str], str]:
    """A text by language, and what is wrong with it."""
    given = dict(value) if isinstance(value, Mapping) else {"en": value}
    texts = {language: text.strip() for language, text in given.items() if isinstance(text, str)}
    if not set(given) <= set(LANGUAGES) or len(texts) < len(given):
        return {}, f'got {shown(value)}; give text, or {{ en = "...", zh = "..." }}.'
    longest = max((len(text) for text in texts.values()), default=0)
    return texts, f"{longest} signs; {most} is the most." if longest > most else ""


def parse_setting(text: str) -> tuple[str, Any]:
    """A lever and its value from the words of a command line.

    Raises ScenarioError if it is not ``lever=value`` or ``lever.label=value``.

    >>> parse_setting("sector_floor.paper=0.1"), parse_setting("saving_target=9000")
    (('sector_floor', {'paper': 0.1}), ('saving_target', 9000))
    """
    name, equals, written = (part.strip() for part in text.partition("="))
    if not equals or not name or not written:
        message = f"got {shown(text)}; write lever=value, such as saving_target=2500 or sector_floor.paper=0.1."
        raise ScenarioError([Problem("--set", 0, "", message)])
    try:
        value: Any = read_toml(f"value = {written}")["value"]
    except TomlError:
        value = written
    lever, dot, label = name.partition(".")
    if lever == EXCLUDED and isinstance(value, str):
        value = [word.strip() for word in value.split(",")]
    return lever, {label: value} if dot else value


def apply_overrides(study: Study, scenario: Scenario) -> xr.Dataset:
    """The study's values with the scenario's overrides in them; the study's own Dataset if there are none.

    Raises ScenarioError with everything that is wrong with the overrides.
    """
    return apply(study, scenario.overrides).values


def override_range(study: Study, scenario: Scenario) -> tuple[xr.Dataset, xr.Dataset]:
    """Low and high of every input with the overrides in them; a value without low and high has no spread."""
    applied = apply(study, scenario.overrides)
    return applied.low, applied.high


def build_inputs(study: Study, scenario: Scenario) -> xr.Dataset:
    """What an optimisation knows: values after overrides and a variable for each lever, with digests and years.

    Raises ScenarioError with all problems of levers and overrides.
    """
    scenario.check(study)
    levers = scenario.resolve(study)
    variables = {name: xr.DataArray(getattr(levers, name), dims=term(name).dims, attrs=_attrs(name)) for name in LEVERS}
    inputs = apply_overrides(study, scenario).assign(variables)
    inputs.attrs = {
        "study": study.name,
        "study_digest": study.digest,
        "scenario": scenario.title,
        "scenario_digest": scenario.digest(study),
        "base_year": study.base_year,
        "target_year": study.target_year,
        "price_year": study.price_year,
    }
    return inputs


def _attrs(name: str) -> dict[str, str]:
    lever = term(name)
    return {"units": lever.unit, "long_name": lever.label_en}


def open_scenario(name_or_path: str | Path) -> Scenario:
    """A scenario by its file, or one that comes with waterplan by its name. Raises ScenarioError.

    >>> open_scenario("reference").levers
    {}
    """
    shipped = {path.stem: path for path in scenario_files()}
    path = Path(name_or_path)
    known = len(path.parts) == 1 and not_a_file(path).startswith("there")
    if known and path.stem in shipped:
        return Scenario.read(shipped[path.stem])
    if known and path.suffix != ".toml":
        hint = suggest(path.name, shipped) or f" Shipped: {', '.join(shipped)}."
        raise ScenarioError([Problem(str(path), 0, "", f"there is no such scenario or file.{hint}")])
    return Scenario.read(path)
