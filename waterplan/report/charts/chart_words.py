"""What charts say: titles, text alternatives, names and axes, in either language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from waterplan.base.formats import amount, digits, quantity, step_of
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term
from waterplan.planning.plan.lines import FROZEN, MARKET, TURNOVER, Lines
from waterplan.planning.plan.plan import Plan

NAMED, WHOLE_FROM = 5, 0.0995


@dataclass(frozen=True)
class Words:
    """The words of the charts of a plan in a language (en, zh)."""

    plan: Plan
    language: str = "en"

    @property
    def say(self) -> Texts:
        """The sentences of charts."""
        return Texts("charts", self.language)

    def name(self, dim: str, label: str) -> str:
        """What a label is called; a pool by its technologies."""
        study = self.plan.study
        if dim == "pool":
            members = study.values["technology"].to_series()[study.values["pool"].values == label]
            return " / ".join(self.name("technology", str(one)) for one in members)
        catalogue = getattr(study, {"technology": "technologies"}.get(dim, f"{dim}s"))
        return str(catalogue.loc[label, f"name_{self.language}"]) or label

    def amount(self, kind: str, value: float, most: int = 2) -> str:
        """Number and unit of a canonical value."""
        return amount(kind, value, self.language, most)

    def quantity(self, kind: str, value: float, most: int = 2) -> tuple[str, str]:
        """Number and unit of a canonical value, apart."""
        return quantity(kind, value, self.language, most)

    def number(self, kind: str, value: float, most: int = 2) -> str:
        """The number alone."""
        return quantity(kind, value, self.language, most)[0]

    def percent(self, share: float) -> str:
        """A share in at most three signs, without the sign of a percentage."""
        return digits(100 * share, 0 if share >= WHOLE_FROM else 1)

    def unit(self, kind: str, largest: float) -> tuple[float, str]:
        """Factor and name of the unit of an axis whose largest value is given."""
        return step_of(kind, largest, self.language)

    def axis(self, name: str, unit: str) -> str:
        """The name of an axis: of a term of the vocabulary, with its unit."""
        return self.say("axis", label=term(name).label(self.language), unit=unit)

    def title(self, chart: str) -> str:
        """The title of a chart: what to see in it."""
        study = self.plan.study
        return self.say(f"title_{chart}", base=study.base_year, target=study.target_year)

    def alternative(self, chart: str, curve: xr.Dataset | None = None, lines: Lines | None = None) -> str:
        """What a chart shows, for those who cannot see it; ``curve`` for the cost curve, ``lines`` for the path."""
        d, study = self.plan.dataset, self.plan.study
        values: dict[str, Any] = {}
        if curve is not None:
            values = {
                "saving": self.amount("hm3/a", counted_from_baseline(self.plan)),
                "price": self.amount("CNY/m3", float(d["shadow_price"])),
                "most": self.amount("hm3/a", float(curve["counted_saving"][-1])),
            }
        elif chart == "annual_path":
            ends = {name: float(d[f"{name}_path"][-1]) for name in ("reference", "planned")}
            values = {name: self.amount("hm3/a", value) for name, value in ends.items()} | {"target": study.target_year}
            between = [name for name in (TURNOVER, MARKET) if lines is not None and name in lines.table]
            if lines is not None and between:
                names, totals = [self.say(name) for name in between], [lines.total(name) for name in between]
                values["list"] = self._listed(names, totals, "hm3/a")
                return self.say("alt_annual_path_lines", **values)
        elif chart == "investment_path":
            path = d["investment_path"][1:]
            values["list"] = self._listed(path["year"].values, path.values, "MCNY")
        else:
            dim = {"saving_by_sector": "sector", "province_map": "province", "technologies_bar": "technology"}[chart]
            saving = d[f"saving_by_{dim}"]
            first = np.argsort(-saving.values, kind="stable")[: NAMED if dim != "sector" else None]
            names = [self.name(dim, str(label)) for label in saving[dim].values[first]]
            values["list"] = self._listed(names, saving.values[first], "hm3/a")
        return self.say(f"alt_{chart}", **values)

    def _listed(self, names: Iterable[object], values: Iterable[float], kind: str) -> str:
        told = [
            self.say("named_amount", name=name, amount=self.amount(kind, float(value)))
            for name, value in zip(names, values, strict=True)
        ]
        return self.say("list_separator").join(told)


def counted_from_baseline(plan: Plan) -> float:
    """What counts of the saving of a plan, from where the plan starts: its place on its cost curve [hm3/a]."""
    levers, d = plan.scenario.resolve(plan.study), plan.dataset
    if levers.baseline == FROZEN or levers.count_from != FROZEN:
        return float(d["counted_saving"])
    saving = d["saving_by_level"].to_series()
    return float(saving.sum() if levers.count_alternative_supply else saving.drop("supply").sum())
