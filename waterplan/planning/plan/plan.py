"""A plan with the study and the scenario it answers: what users hold in their hands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterplan.base.errors import PATHS, DataError, must_be
from waterplan.base.messages import Message
from waterplan.base.toml_text import read_toml
from waterplan.planning.certificate import Certificate, Statement, certify
from waterplan.planning.plan import files
from waterplan.planning.plan.binding import Binding, what_binds_in
from waterplan.planning.plan.dataset import build_statement, labelled
from waterplan.planning.plan.lines import Lines, build_lines
from waterplan.planning.plan.result import Result
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Plan:
    """The least-cost plan of a scenario.

    dataset: deployment, savings, ledger, costs, path and duals; names, dims and units as in the vocabulary.
    """

    dataset: xr.Dataset
    study: Study
    scenario: Scenario

    @classmethod
    def of(cls, result: Result) -> Plan:
        """The plan of a solver's result."""
        plan = object.__new__(cls)
        i = result.instance
        vars(plan).update(study=i.study, scenario=i.scenario, statement=build_statement(result))
        return plan

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The Dataset of a plan that was not made from one."""
            if name != "dataset" or "statement" not in vars(self):
                raise AttributeError(Message("errors.no_attribute", module=type(self).__name__, name=name))
            vars(self)[name] = made = labelled(self.statement)
            return made

    @cached_property
    def statement(self) -> Statement:
        """The same figures as plain arrays."""
        return Statement.of(self.dataset)

    @classmethod
    def open(cls, path: str | Path, study: Study) -> Plan:
        """A plan saved before; raises DataError when the file is no plan or was made of another study."""
        must_be(path, PATHS, "path", Message("plan_errors.a_plan_path"), DataError)
        must_be(study, Study, "study", Message("planner_errors.a_study"), DataError)
        dataset = files.open_dataset(path, study)
        return cls(
            dataset, study, Scenario.from_mapping(read_toml(dataset.attrs["scenario"]), str(path), is_saved=True)
        )

    def certify(self) -> Certificate:
        """Recomputes every ledger line and limit from the tables, without the model; CertificateError if it fails."""
        return certify(self.statement, self.study, self.scenario)

    def what_binds(self) -> list[Binding]:
        """Every limit that has a price: the target, then those with the largest bill."""
        return what_binds_in(self.statement, self.study, self.scenario)

    def save(self, path: str | Path) -> None:
        """Saves as NetCDF, without loss."""
        files.save_dataset(self.dataset, path)

    def to_csv(self, folder: str | Path) -> None:
        """Saves as tidy CSV files, one a set of dims."""
        files.save_csv(self.dataset, folder)

    def to_excel(self, path: str | Path, language: str = "en", lines: Lines | None = None) -> None:
        """Saves as a workbook in which numbers are numbers and text is never a formula.

        lines: of :func:`waterplan.explain.lines_of`; without them it has those that the plan itself states.
        """
        known = lines or build_lines(self.statement, self.study, self.scenario)
        files.save_excel(self.dataset, self.study, path, language, known)

    def headline(self, lines: Lines | None = None) -> dict[str, object]:
        """The figures that matter most, as plain numbers: what ``--json`` prints.

        lines: of :func:`waterplan.explain.lines_of`, for the totals of the four lines of withdrawal.
        """
        d = self.statement

        def by(name: str) -> dict[str, float]:
            (dim,), values = d.variables[name]
            return {str(label): float(value) for label, value in zip(d.labels[dim], values, strict=True)}

        return {
            "status": d.attrs["status"],
            "title": d.attrs["title"],
            "perspective": self.scenario.resolve(self.study).perspective,
            "annual_cost": float(d["annual_cost"]),
            "shadow_price": float(d["shadow_price"]),
            "counted_saving": float(d["counted_saving"]),
            "saving": by("saving_by_level"),
            "saving_by_sector": by("saving_by_sector"),
            "saving_by_province": by("saving_by_province"),
            "saving_by_technology": by("saving_by_technology"),
            "investment": float(d["investment"].sum()),
            "electricity": float(d["electricity"].sum()),
            "heat": float(d["heat"].sum()),
            "base_withdrawal": float(np.nansum(d["base_withdrawal"])),
            "reference_withdrawal": float(np.nansum(d["reference_withdrawal"])),
            "planned_withdrawal": float(np.nansum(d["planned_withdrawal"])),
            "gross_cost": float(d["gross_cost"]),
            "gains": float(d["gains"]),
            "scarcity_credit": float(d["scarcity_credit"]),
            "public_budget": float(d["public_budget"]),
            "cost": by("cost"),
            "gap": float(d.attrs["gap"]),
            "study_digest": d.attrs["study_digest"],
            "scenario_digest": d.attrs["scenario_digest"],
            **({} if lines is None else lines.headline()),
        }
