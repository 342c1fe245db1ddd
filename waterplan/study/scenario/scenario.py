"""A scenario: what is asked. It writes only what differs from the study, and says why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tomli_w

from waterplan.base.errors import PATHS, PROBLEMS_MAX, Problem, ScenarioError, must_be, suggest
from waterplan.base.messages import Message
from waterplan.base.vocabulary import term
from waterplan.study.scenario import provenance
from waterplan.study.scenario.content import read_content
from waterplan.study.scenario.levers import (
    EXCLUDED,
    LEVERS,
    Levers,
    check_lever,
    check_levers,
    merged,
    of_study,
    raise_faults,
    resolve_levers,
)
from waterplan.study.scenario.overlaps import covered, set_twice
from waterplan.study.scenario.overrides import OVERRIDES_MAX, Override, too_many
from waterplan.study.scenario.own_study import apply
from waterplan.study.scenario.remarks import remarks
from waterplan.study.scenario.scenario_file import Places, read_layers, row_of, scenario_files
from waterplan.study.scenario.settings import ORIGIN, read_settings
from waterplan.study.study import Study, Trace
from waterplan.study.tables.path_faults import is_nothing_there, not_a_file

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

TECHNOLOGIES = Message("scenario.a_list_of_technologies")
TEXT, TABLE = Message("errors.a_text"), Message("scenario.a_table")
OVERRIDES = Message("scenario.a_list_of_overrides")
DIGEST_OF = "waterplan scenario 1\n"
LATER_LEVERS = {"baseline", "count_from", "barrier_scale", "value_added_cut", "non_conventional_min"}


@dataclass(frozen=True)
class Scenario:
    """A question to a study.

    levers: as written, a number or word, or by label ("*" stands for all other labels); what is not here is at its
    default. overrides: figures of the study set otherwise, applied in order. exclude: technologies that get no new
    capacity. title and why are in English or the only language given; title_zh and why_zh in Chinese, if given.
    file and places say where it and its levers are written, for messages.

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
    places: Places = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._check_kinds()
        checked = check_levers(self.levers)
        raise_faults(self._places, [fault for _, faults in checked.values() for fault in faults])
        object.__setattr__(self, "levers", {name: plain for name, (plain, _) in checked.items()})
        if len(self.overrides) > OVERRIDES_MAX:
            raise ScenarioError([Problem(self.file or "scenario", 0, "set", too_many(len(self.overrides)))])
        object.__setattr__(self, "exclude", tuple(dict.fromkeys(self.exclude)))
        for name in ("title", "why"):
            here, chinese = getattr(self, name).strip(), getattr(self, f"{name}_zh").strip()
            object.__setattr__(self, name, here or chinese)
            object.__setattr__(self, f"{name}_zh", chinese)

    def _check_kinds(self) -> None:
        for name in ("title", "why", "title_zh", "why_zh"):
            must_be(getattr(self, name), str, name, TEXT, ScenarioError)
        must_be(self.levers, Mapping, "levers", TABLE, ScenarioError)
        must_be(self.overrides, Iterable, "overrides", OVERRIDES, ScenarioError)
        must_be(self.exclude, Iterable, "exclude", TECHNOLOGIES, ScenarioError)
        for name, kind, wanted in (("overrides", Override, OVERRIDES), ("exclude", str, TECHNOLOGIES)):
            object.__setattr__(self, name, tuple(getattr(self, name)))
            for one in getattr(self, name):
                must_be(one, kind, name, wanted, ScenarioError)

    @property
    def _places(self) -> Places:
        return {"": (self.file or "scenario", 0), **self.places}

    @classmethod
    def read(cls, path: str | Path) -> Scenario:
        """The scenario of a TOML file, with those that it extends below it.

        Levers of the file win over those it extends, label by label; overrides come after, exclusions are added.
        Raises ScenarioError with all problems of all its files at once.
        """
        problems: list[Problem] = []
        scenario = cls()
        for layer in read_layers(Path(path)):
            fields, wrong = read_content(layer.content, layer.file, layer.rows)
            upper = cls(**fields)
            wrong = wrong or set_twice(upper.overrides)
            if not upper.title and not wrong:
                row = row_of(layer.rows, "title")
                wrong = [Problem(layer.file, row, "title", Message("scenario.no_title"))]
            problems += wrong
            scenario = _over(scenario, upper)
        if problems:
            raise ScenarioError(problems)
        return scenario

    @classmethod
    def from_mapping(cls, content: Mapping[str, Any], file: str = "scenario", is_saved: bool = False) -> Scenario:
        """A scenario from the content of such a file; it extends nothing. Raises ScenarioError like :meth:`read`.

        is_saved: waterplan itself wrote the content (a plan, a link, a store), perhaps before it refused figures that
        are set twice.
        """
        must_be(content, Mapping, file, Message("scenario.a_content"), ScenarioError)
        fields, problems = read_content(content, file, {})
        scenario = cls(**fields)
        if not is_saved:
            problems = problems or set_twice(scenario.overrides)
        if "extends" in content:
            problems.append(Problem(file, 0, "extends", Message("scenario.only_files_extend")))
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
        """The content of a file that says the same without extending another, overrides without effect left out."""
        content: dict[str, Any] = {}
        for key, here, chinese in (("title", self.title, self.title_zh), ("why", self.why, self.why_zh)):
            if here or chinese:
                content[key] = {"en": here, "zh": chinese} if chinese else here
        content |= {"exclude": list(self.exclude)} if self.exclude else {}
        content |= {"levers": dict(self.levers)} if self.levers else {}
        hidden = covered(self.overrides)
        written = [override.as_mapping() for place, override in enumerate(self.overrides) if place not in hidden]
        content |= {"set": written} if written else {}
        return content

    def to_toml(self) -> str:
        """The scenario as TOML; read again it is the same scenario."""
        return tomli_w.dumps(self.to_mapping())

    def with_levers(self, **levers: Any) -> Scenario:
        """The same scenario with some levers set, by label where a table is given; None: back to the default.

        ``excluded`` takes a list of technologies in place of those excluded. Raises ScenarioError.
        """
        return self.with_levers_of("with_levers", levers)

    def with_levers_of(self, origin: str, levers: Mapping[str, Any]) -> Scenario:
        """As :meth:`with_levers`; a fault of these levers is named by their origin, such as "--set"."""
        plain = {name: value for name, value in levers.items() if name != EXCLUDED}
        checked = check_levers({name: value for name, value in plain.items() if value is not None})
        faults = [fault for _, faults in checked.values() for fault in faults]
        unknown = [name for name, value in plain.items() if value is None and name not in LEVERS][:PROBLEMS_MAX]
        faults += [check_lever(name, 0)[1][0] for name in unknown]
        raise_faults({"": (origin, 0)}, faults)
        kept = {name: value for name, value in self.levers.items() if plain.get(name, value) is not None}
        now = {**kept, **{name: merged(kept.get(name), value) for name, (value, _) in checked.items()}}
        exclude = levers.get(EXCLUDED, self.exclude)
        exclude = (exclude,) if isinstance(exclude, str) else () if exclude is None else exclude
        must_be(exclude, Iterable, EXCLUDED, TECHNOLOGIES, ScenarioError)
        exclude = tuple(exclude)
        said = [
            f"levers.{name}{f'.{label}' if label else ''}"
            for name, (value, _) in checked.items()
            for label in (value if isinstance(value, Mapping) else ("",))
        ]
        said += [f"exclude.{name}" for name in exclude if name not in self.exclude]
        return replace(self, levers=now, exclude=exclude, places={**self.places, **dict.fromkeys(said, (origin, 0))})

    def with_settings(self, settings: Iterable[str]) -> Scenario:
        """The same scenario with settings such as ``sector_floor.paper=0.1``. Raises ScenarioError with all faults."""
        must_be(settings, Iterable, ORIGIN, Message("scenario.a_list_of_settings"), ScenarioError)
        changes, problems = read_settings(settings)
        scenario = self
        for name, value in changes:
            try:
                scenario = scenario.with_levers_of(ORIGIN, {name: value})
            except ScenarioError as error:
                problems += error.problems
        if problems:
            raise ScenarioError(problems)
        return scenario

    def resolve(self, study: Study) -> Levers:
        """The value of every lever for a study. Raises ScenarioError for labels that the study does not have."""
        return resolve_levers(study, self.levers, self.exclude, self._places)

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

    def remarks(self, study: Study) -> list[Message]:
        """What a reader should know about the overrides, such as national totals that they move."""
        return remarks(study, self.overrides)

    def rows(self, study: Study) -> pd.DataFrame:
        """The study's rows with the overrides in them: figure, basis, source and where each is written.

        Where there are overrides, columns ``study_value``, ``study_basis`` ... say what the study has in their place.
        """
        return provenance.rows_of(study, self.overrides)

    def trace(self, study: Study, name: str, **labels: str) -> Trace:
        """The row and the source of an input in this scenario, like :meth:`Study.trace`. Raises WaterplanError."""
        return provenance.trace(study, self.overrides, name, **labels)

    def digest(self, study: Study) -> str:
        """What the scenario asks of a study, as sha256: of the study, of every lever's value, of every changed figure.

        Neither formatting nor order nor title counts, nor whether a default is written out. Raises ScenarioError.
        """
        resolved, order = self.resolve(study), of_study(study).alphabetical
        content = hashlib.sha256((DIGEST_OF + study.digest).encode())
        for name in LEVERS:
            value = getattr(resolved, name)
            if name in LATER_LEVERS and np.all(value == term(name).default):
                continue  # what was asked before there were such levers has the digest that it had
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
        places={**lower.places, **upper.places},
    )


def apply_overrides(study: Study, scenario: Scenario) -> xr.Dataset:
    """The study's values with the scenario's overrides in them; the study's own Dataset if there are none.

    Raises ScenarioError with everything that is wrong with the overrides.
    """
    return apply(study, scenario.overrides).values


def overridden(study: Study, scenario: Scenario) -> Mapping[str, np.ndarray]:
    """The same as plain arrays."""
    return apply(study, scenario.overrides).part("value")


def override_range(study: Study, scenario: Scenario) -> tuple[xr.Dataset, xr.Dataset]:
    """Low and high of every input with the overrides in them; a value without low and high has no spread."""
    applied = apply(study, scenario.overrides)
    return applied.low, applied.high


def open_scenario(name_or_path: str | Path) -> Scenario:
    """A scenario by its file, or one that comes with waterplan by its name. Raises ScenarioError.

    >>> open_scenario("reference").levers
    {}
    """
    must_be(name_or_path, PATHS, "scenario", Message("scenario.a_file"), ScenarioError)
    shipped = {path.stem: path for path in scenario_files()}
    path = Path(name_or_path)
    known = len(path.parts) == 1 and is_nothing_there(not_a_file(path))
    if known and path.stem in shipped:
        return Scenario.read(shipped[path.stem])
    if known and path.suffix != ".toml":
        hint = suggest(path.name, shipped) or Message("scenario.shipped", names=list(shipped))
        raise ScenarioError([Problem(str(path), 0, "", Message("scenario.no_scenario", hint=hint))])
    return Scenario.read(path)
