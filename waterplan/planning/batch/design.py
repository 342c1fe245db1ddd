"""A design: which scenarios a batch plans, and what is kept of each plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from waterplan.base.errors import Problem
from waterplan.base.messages import Message
from waterplan.base.toml_text import read_toml
from waterplan.planning.batch.design_file import Content, read_content, read_design, refuse, scenarios_of
from waterplan.study.scenario import Scenario

Column = tuple[Any, ...]


@dataclass(frozen=True)
class Sample:
    """A sample: of levers between two values each, and of the study's own figures between low and high.

    method: sobol, latin_hypercube or saltelli (which SALib needs for Sobol indices). levers: lever, or
    ``lever.label``, -> (least, most). study: what of the study moves together: technology, kind, variable or row
    (:class:`~waterplan.planning.batch.groups.Groups`); empty: the study's figures stay. variables: only these figures.
    """

    size: int
    method: str = "sobol"
    seed: int = 2015
    levers: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    study: str = ""
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Keep:
    """What is kept of each run beside the headline and the ledger, and how.

    variables: of a plan's, by name; deployment: capacity and saving by technology, product and province. dtype: of what
    has labels; single figures are float64. chunk: runs in a chunk (0: chosen); time_limit of one run [s].
    """

    variables: tuple[str, ...] = ()
    deployment: bool = False
    dtype: str = "float64"
    chunk: int = 0
    time_limit: float = 300.0


@dataclass(frozen=True)
class Design:
    """Which scenarios are planned.

    scenarios: what the runs start from; more than one makes a list of runs. axes: lever, or ``lever.label``, -> its
    values, every combination of which is a run. rows: lever -> one value a run. drawn: a sample, combined with these.
    Raises ScenarioError with everything that is wrong, apart from what only a study can show (:meth:`runs`).
    """

    title: str = ""
    why: str = ""
    scenarios: tuple[Scenario, ...] = (Scenario(),)
    axes: Mapping[str, Column] = field(default_factory=dict)
    rows: Mapping[str, Column] = field(default_factory=dict)
    drawn: Sample | None = None
    keep: Keep = Keep()
    file: str = field(default="design", compare=False)

    @classmethod
    def read(cls, path: str | Path) -> Design:
        """The design in a TOML file. Raises ScenarioError with all of its problems at once."""
        return cls._of(read_design(Path(path)))

    @classmethod
    def draft(cls, path: str | Path) -> tuple[Design, list[Problem]]:
        """What can be understood of a design file, and what is wrong with the rest."""
        content = read_design(Path(path))
        return cls._made(content), content.problems

    @classmethod
    def from_mapping(cls, content: Mapping[str, Any], folder: str | Path = ".") -> Design:
        """A design from the content of such a file; files that it names lie in ``folder``. Raises ScenarioError."""
        return cls._of(read_content(content, "design", Path(folder), {}))

    @classmethod
    def _of(cls, content: Content) -> Design:
        if content.problems:
            raise refuse(content.problems)
        return cls._made(content)

    @classmethod
    def _made(cls, content: Content) -> Design:
        return cls(
            title=content.title,
            why=content.why,
            scenarios=content.scenarios,
            axes=content.grid,
            rows=content.table,
            drawn=Sample(**content.sample) if content.sample else None,
            keep=Keep(**content.keep),
            file=content.file,
        )

    @classmethod
    def grid(cls, levers: Mapping[str, Any], scenario: Scenario | str | Path | None = None) -> Design:
        """Every combination of the values of some levers.

        >>> Design.grid({"saving_target": [1000, 2000], "sector_floor": {"paper": [0, 0.1]}}).axes
        {'saving_target': (1000.0, 2000.0), 'sector_floor.paper': (0.0, 0.1)}
        """
        return cls.from_mapping({"grid": levers, **_base(scenario)})

    @classmethod
    def of(cls, scenarios: Sequence[Scenario | str | Path]) -> Design:
        """A list of scenarios, or of their names or files."""
        return cls(scenarios=scenarios_of(scenarios))

    @classmethod
    def table(cls, levers: Mapping[str, Any] | str | Path, scenario: Scenario | str | Path | None = None) -> Design:
        """A table of levers, one row a run: columns by lever or ``lever.label``, or a CSV or Parquet file."""
        table = str(levers) if isinstance(levers, str | Path) else {str(k): list(levers[k]) for k in levers}
        return cls.from_mapping({"table": table, **_base(scenario)})

    def sample(
        self,
        size: int,
        levers: Mapping[str, Any] | None = None,
        study: str = "",
        method: str = "sobol",
        seed: int = 2015,
        variables: Sequence[str] = (),
    ) -> Design:
        """This design combined with a sample; see :class:`Sample`. Raises ScenarioError.

        >>> Design().sample(256, study="technology").drawn.size
        256
        """
        asked = {"size": size, "levers": levers or {}, "method": method, "seed": seed, "variables": list(variables)}
        asked |= {"study": study} if study else {}
        made = Design.from_mapping({"sample": asked})
        return replace(self, drawn=made.drawn)

    def keeping(self, *variables: str, **options: Any) -> Design:
        """This design, keeping more of each plan; options as in :class:`Keep`. Raises ScenarioError."""
        asked = {**options, **({"variables": list(variables)} if variables else {})}
        made = Design.from_mapping({"store": asked, "grid": {"saving_target": [0]}})
        return replace(self, keep=replace(self.keep, **{name: getattr(made.keep, name) for name in asked}))

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> Design:
        """The design of :meth:`content`."""
        sample, keep = content["sample"], content["store"]
        return cls(
            title=content["title"],
            why=content["why"],
            scenarios=tuple(Scenario.from_mapping(read_toml(text), is_saved=True) for text in content["scenarios"]),
            axes={name: tuple(values) for name, values in content["grid"].items()},
            rows={name: tuple(values) for name, values in content["table"].items()},
            drawn=_sample(sample) if sample else None,
            keep=Keep(**{**keep, "variables": tuple(keep["variables"])}),
        )

    def remarks(self) -> list[Message]:
        """What a reader of its results should know."""
        rows = self.drawn is not None and self.drawn.study == "row"
        return [Message("batch.row_by_row")] if rows else []

    def content(self) -> dict[str, Any]:
        """The design as plain lists and words, which a store carries."""
        sample = self.drawn
        return {
            "title": self.title,
            "why": self.why,
            "scenarios": [scenario.to_toml() for scenario in self.scenarios],
            "grid": {name: list(values) for name, values in self.axes.items()},
            "table": {name: list(values) for name, values in self.rows.items()},
            "sample": None
            if sample is None
            else {
                **sample.__dict__,
                "levers": {name: list(ends) for name, ends in sample.levers.items()},
                "variables": list(sample.variables),
            },
            "store": {**self.keep.__dict__, "variables": list(self.keep.variables)},
        }


def _sample(content: Mapping[str, Any]) -> Sample:
    levers = {name: (float(least), float(most)) for name, (least, most) in content["levers"].items()}
    return Sample(**{**content, "levers": levers, "variables": tuple(content["variables"])})


def _base(scenario: Scenario | str | Path | None) -> dict[str, Any]:
    return {} if scenario is None else {"scenario": scenario}


def nested(levers: Mapping[str, Any]) -> dict[str, Any]:
    """Levers by name and label as a scenario writes them.

    >>> nested({"carbon_price": 5, "sector_floor.paper": 0.1})
    {'carbon_price': 5, 'sector_floor': {'paper': 0.1}}
    """
    out: dict[str, Any] = {}
    for name, value in levers.items():
        lever, dot, label = name.partition(".")
        plain = value.item() if isinstance(value, np.generic) else value
        if dot:
            out.setdefault(lever, {})[label] = plain
        else:
            out[lever] = plain
    return out
