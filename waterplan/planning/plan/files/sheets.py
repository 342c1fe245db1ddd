"""What stands in the workbook of a plan, before it is written: sheets of columns, in either language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base.messages import catalogue, in_language
from waterplan.base.texts import Texts
from waterplan.base.toml_text import read_toml
from waterplan.base.vocabulary import of_kind, term, terms
from waterplan.planning.plan.dataset import unit_of
from waterplan.planning.plan.files.line_sheets import lines_by_place, lines_in_all
from waterplan.planning.plan.files.sheet_columns import Cells, Column, Sheet
from waterplan.planning.plan.lines import Lines
from waterplan.planning.plan.norms import GRADES, basis_of_study, intensity_beside_norms
from waterplan.study.scenario import Scenario, apply_overrides
from waterplan.study.study import Study
from waterplan.study.tables.schema import BASES
from waterplan.study.tables.translations import cell_in

ROOM = "workbook"
USED = 1e-9  # of the whole volume of the study; smaller is rounding
STYLES = {
    "": "text", "1": "share", "hm3/a": "volume", "MCNY": "volume", "MCNY/a": "volume", "GWh/a": "volume",
    "TJ/a": "volume", "kt/a": "volume", "CNY/m3": "price", "CNY/kWh": "price", "1/a": "price",
}  # fmt: skip
LEDGER = (
    "investment", "investment_charged", "running_cost", "electricity", "heat", "carbon_dioxide", "technology_cost",
)  # fmt: skip
VOLUMES = ("base_withdrawal", "reference_withdrawal", "planned_withdrawal")


@dataclass(frozen=True)
class Book:
    """A plan and its study in a language, and the sheets made from them."""

    dataset: xr.Dataset
    study: Study
    language: str
    lines: Lines | None = None

    def sheets(self) -> list[Sheet]:
        """All sheets in the order in which they are read."""
        made = (
            ("headline", self._headline()),
            *self._lines(),
            ("sectors", self._sectors()),
            ("provinces", self._provinces()),
            ("technologies", self._technologies()),
            ("deployment", self._deployment()),
            ("products", self._products()),
            ("duals", self._duals()),
            ("path", self._path()),
            ("notes", self._notes()),
            ("sources", self._sources()),
            ("dictionary", self._dictionary()),
        )
        known = {key: value for key, value in self.dataset.attrs.items() if isinstance(value, str | int)}
        known["title"] = self.scenario.headline(self.language)
        return [Sheet(self.say(name), self.say(f"note_{name}", **known), columns) for name, columns in made]

    @cached_property
    def scenario(self) -> Scenario:
        """The question that the plan answers."""
        return Scenario.from_mapping(read_toml(str(self.dataset.attrs["scenario"])), is_saved=True)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The study's rows with the overrides of the scenario in them."""
        return self.scenario.rows(self.study)

    def say(self, key: str, **values: object) -> str:
        """A text of the workbook."""
        return Texts(ROOM, self.language)(key, **values)

    def word(self, word: str) -> str:
        """A unit or a kind in the language of the book; as it is where there is no translation."""
        return self.say(word) if word in catalogue(ROOM) else word

    def _column(self, name: str, cells: Cells, style: str = "", of: str = "") -> Column:
        """A column of a figure of the data dictionary, with its unit in the heading."""
        found = term(name)
        unit = self.word(found.unit)
        heading = f"{of or found.label(self.language)} [{unit}]" if unit else of or found.label(self.language)
        return Column(heading, cells, style or STYLES.get(found.unit, "intensity"))

    def _names(self, catalogue_of: str, labels: Iterable[Any]) -> list[str]:
        """What the study calls its labels in the language; English where it has no Chinese name."""
        frame = getattr(self.study, catalogue_of)
        own = frame[f"name_{self.language}"]
        names = own.where(own != "", frame["name_en"])
        return names.reindex(list(labels)).tolist()

    def _labelled(self, dim: str, catalogue_of: str, labels: Sequence[Any]) -> list[Column]:
        heading = term(dim).label(self.language)
        return [Column(self.say("key_of", what=heading), labels), Column(heading, self._names(catalogue_of, labels))]

    def _sums(self, name: str, dim: str) -> np.ndarray:
        """A ledger variable summed to one dim."""
        return self.dataset[name].sum([other for other in self.dataset[name].dims if other != dim]).values

    def _lines(self) -> list[tuple[str, list[Column]]]:
        if self.lines is None:
            return []
        names = {dim: dict(zip(labels, self._names(f"{dim}s", labels), strict=True))
                 for dim, labels in (("sector", self.lines.sectors), ("province", self.lines.provinces))}  # fmt: skip
        by_place = lines_by_place(self.lines, names, self.language)
        return [("lines", lines_in_all(self.lines, self.language)), ("lines_by_place", by_place)]

    def _headline(self) -> list[Column]:
        d = self.dataset
        rows: list[tuple[str, float, str, str]] = []

        def add(name: str, value: float, of: str = "") -> None:
            found = term(name)
            label = f"{found.label(self.language)}: {of}" if of else found.label(self.language)
            rows.append((label, value, found.unit, found.meaning(self.language)))

        for name in VOLUMES:
            add(name, float(d[name].sum()))
        for level in d["level"].values.tolist():
            add("saving_by_level", float(d["saving_by_level"].sel(level=level)), self.say(f"level_{level}"))
        for name in ("saving", "counted_saving", "annual_cost"):
            add(name, float(d[name]))
        saving = float(d["saving"])
        each = float(d["annual_cost"]) / saving if saving > USED * unit_of(d) else np.nan
        rows.append((self.say("cost_per_m3"), each, "CNY/m3", ""))
        for name in ("gross_cost", "gains", "scarcity_credit", "objective"):
            add(name, float(d[name]))
        for perspective in d["perspective"].values.tolist():
            add("cost", float(d["cost"].sel(perspective=perspective)), self.say(perspective))
        for name in LEDGER:
            add(name, float(d[name].sum()))
        for name in (found.name for found in of_kind("ledger") if found.name.startswith("public_") and found.name in d):
            add(name, float(d[name]))
        add("shadow_price", float(d["shadow_price"]))
        labels, values, units, meanings = zip(*rows, strict=True)
        return [
            Column(self.say("figure"), labels),
            Column(self.say("value"), values, "price"),
            Column(self.say("unit"), [self.word(unit) for unit in units]),
            Column(self.say("meaning"), meanings),
        ]

    def _sectors(self) -> list[Column]:
        d = self.dataset
        order = d["sector"].values
        at = {}
        for name in VOLUMES:
            summed = d[name].sum("province").groupby("product_sector").sum()
            at[name] = summed.reindex(product_sector=order, fill_value=0).values
        saving = d["saving_by_sector"].values
        return [
            *self._labelled("sector", "sectors", order.tolist()),
            *(self._column(name, values) for name, values in at.items()),
            self._column("saving_by_sector", saving),
            *self._shares(at["reference_withdrawal"], saving),
            *(self._column(name, self._sums(name, "sector")) for name in LEDGER),
            self._column("sector_floor_price", d["sector_floor_price"].values),
        ]

    def _provinces(self) -> list[Column]:
        d = self.dataset
        saving, reference = d["saving_by_province"].values, self._sums("reference_withdrawal", "province")
        stress = apply_overrides(self.study, self.scenario)["water_stress"].values
        return [
            *self._labelled("province", "provinces", d["province"].values.tolist()),
            *(self._column(name, self._sums(name, "province")) for name in VOLUMES),
            self._column("saving_by_province", saving),
            *self._shares(reference, saving),
            self._column("water_stress", stress, "price"),
            *(self._column(name, self._sums(name, "province")) for name in LEDGER),
            self._column("province_floor_price", d["province_floor_price"].values),
        ]

    def _shares(self, reference: np.ndarray, saving: np.ndarray) -> list[Column]:
        return [
            Column(self.say("share_of_reference"), _ratio(reference, reference.sum()), "share"),
            Column(self.say("share_of_saving"), _ratio(saving, saving.sum()), "share"),
            Column(self.say("saved_of_reference"), _ratio(saving, reference), "share"),
        ]

    def _technologies(self) -> list[Column]:
        order = np.argsort(-self.dataset["saving_by_technology"].values, kind="stable")
        d = self.dataset.isel(technology=order)
        keys = d["technology"].values.tolist()
        listed = self.study.technologies.loc[keys]
        return [
            *self._labelled("technology", "technologies", keys),
            Column(term("level").label(self.language), [self.say(f"level_{level}") for level in listed["level"]]),
            Column(self.say("kind"), [self.word(kind) for kind in listed["kind"]]),
            Column(self.say("joint_product"), [self._yes(flag) for flag in listed["joint_product"]]),
            Column(self.say("named_in_guide"), [self._yes(flag) for flag in listed["named_in_guide"]]),
            self._column("saving_by_technology", d["saving_by_technology"].values),
            self._column("levelised_cost", d["levelised_cost"].values),
            self._column("capacity", self._sums("capacity", "technology")[order]),
            *(self._column(name, self._sums(name, "technology")[order]) for name in LEDGER),
            self._column("technology_floor_price", d["technology_floor_price"].values),
            self._column("technology_cap_price", d["technology_cap_price"].values),
        ]

    def _yes(self, flag: object) -> str:
        return self.say("yes" if flag else "no")

    def _deployment(self) -> list[Column]:
        d = self.dataset
        taken = np.nonzero(d["capacity"].values > USED * unit_of(d))
        columns: list[Column] = []
        for dim, listed, at in zip(d["capacity"].dims, ("technologies", "products", "provinces"), taken, strict=True):
            columns += self._labelled(str(dim), listed, d[dim].values[at].tolist())
        names = ("deployed_share", "capacity", "saving_by_choice")
        return [*columns, *(self._column(name, d[name].values[taken]) for name in names)]

    def _products(self) -> list[Column]:
        """A row for each product, variant and origin of grades; the grades side by side."""
        beside = intensity_beside_norms(self.dataset, self.study)
        texts = ["rank", "variant", "variant_zh", "grade", "norm", "norm_zh"]
        beside[texts] = beside[texts].fillna("")
        beside["of"] = beside["norm"].where(beside["rank"] == "provincial", "")
        keys = ["product", "rank", "of", "variant"]
        first = beside.drop_duplicates(keys)
        index = pd.MultiIndex.from_frame(first[keys])
        grades = beside.set_index([*keys, "grade"])["grade_value"].unstack().reindex(index)  # noqa: PD010
        beside["called"] = [cell_in(row, "norm", self.language) for _, row in beside.iterrows()]
        norms = beside.groupby(keys)["called"].agg(lambda names: "; ".join(dict.fromkeys(names))).reindex(index)
        graded = {name: grades.get(name, pd.Series(np.nan, index)).to_numpy() for name in GRADES}
        base, planned = first["base_intensity"].to_numpy(), first["planned_intensity"].to_numpy()
        ranks = [self.say(f"rank_{rank}") if rank else "" for rank in first["rank"]]
        return [
            *self._labelled("product", "products", first["product"].tolist()),
            Column(term("sector").label(self.language), self._names("sectors", first["sector"])),
            Column(self.say("unit"), first["intensity_unit"].tolist()),
            Column(term("base_intensity").label(self.language), base, "intensity"),
            Column(term("planned_intensity").label(self.language), planned, "intensity"),
            Column(self.say("change"), _ratio(planned - base, base), "share"),
            Column(self.say("grades_of"), ranks),
            Column(self.say("variant"), [cell_in(row, "variant", self.language) for _, row in first.iterrows()]),
            *(Column(self.say(f"grade_{name}"), values, "intensity") for name, values in graded.items()),
            Column(self.say("norm"), norms.tolist()),
        ]

    def _duals(self) -> list[Column]:
        rows: list[tuple[str, str, float, str, str]] = []
        language = self.language
        for found in of_kind("dual"):
            if found.name not in self.dataset:
                continue
            array = self.dataset[found.name]
            for place in np.ndindex(array.shape):
                value = float(array.values[place])
                if value or not array.dims:
                    where = [str(array[dim].values[at]) for dim, at in zip(array.dims, place, strict=True)]
                    texts = self.word(found.unit), found.meaning(language)
                    rows.append((found.label(language), ", ".join(where), value, *texts))
        names, places, values, units, meanings = zip(*rows, strict=True)
        return [
            Column(self.say("figure"), names),
            Column(self.say("where"), places),
            Column(self.say("value"), values, "price"),
            Column(self.say("unit"), units),
            Column(self.say("meaning"), meanings),
        ]

    def _path(self) -> list[Column]:
        years = self.dataset["year"].values
        names = ("reference_path", "planned_path", "saving_path", "investment_path")
        heading = Column(term("year").label(self.language), years, "year")
        return [heading, *(self._column(name, self.dataset[name].values) for name in names)]

    def _notes(self) -> list[Column]:
        attrs, rows = self.dataset.attrs, self.rows
        counts = {basis: int((rows["basis"] == basis).sum()) for basis in BASES}
        years = {name: attrs[name] for name in ("base_year", "target_year")}
        sources = basis_of_study(self.study, self.language)
        notes = [
            (self.say("about_assumed"), self.say("assumed", rows=len(rows), **counts)),
            (self.say("about_frozen"), self.say("frozen", **years)),
            (self.say("about_consumption"), self.say("consumption")),
            (self.say("about_basis"), self.say("basis", sources=sources)),
            (self.say("about_quota"), self.say("note_provinces")),
            (self.say("about_joint"), self.say("joint")),
            (self.say("about_study"), self.study.title_in(self.language)),
            (self.say("about_study"), in_language(self.study.description, self.language)),
        ]
        scenario = str(attrs["scenario"]).splitlines()
        notes += [(self.say("about_scenario", number=n), line) for n, line in enumerate(scenario, start=1) if line]
        notes += [(str(name), str(value)) for name, value in attrs.items() if name != "scenario"]
        subjects, texts = zip(*notes, strict=True)
        return [Column(self.say("subject"), subjects), Column(self.say("text"), texts)]

    def _sources(self) -> list[Column]:
        used = self.rows["source"].value_counts()
        keys = self.study.sources.index.tolist()
        keys += sorted(set(used.index) - set(keys))  # said in words by the scenario
        sources = pd.DataFrame([self.study.source(key).to_dict() for key in keys], index=keys).astype({"year": "Int64"})
        used = used.reindex(keys, fill_value=0)
        return [
            Column(self.say("key"), sources.index.tolist()),
            *(
                Column(self.say(name), [cell_in(row, name, self.language) for _, row in sources.iterrows()])
                for name in ("title", "publisher")
            ),
            Column(self.say("year"), sources["year"].astype("Float64").to_numpy(float, na_value=np.nan), "year"),
            Column(self.say("verified"), [self._yes(word == "yes") for word in sources["verified"]]),
            Column(self.say("rows"), used.to_numpy(), "whole"),
            Column(self.say("address"), sources["url"].tolist()),
        ]

    def _dictionary(self) -> list[Column]:
        known = list(terms().values())
        return [
            Column(self.say("key"), [found.name for found in known]),
            Column(self.say("name"), [found.label(self.language) for found in known]),
            Column(self.say("kind"), [self.word(found.kind) for found in known]),
            Column(self.say("dims"), [" ".join(found.dims) for found in known]),
            Column(self.say("unit"), [self.word(found.unit) for found in known]),
            Column(self.say("meaning"), [found.meaning(self.language) for found in known]),
        ]


def _ratio(part: np.ndarray, whole: np.ndarray | float) -> np.ndarray:
    """part / whole, missing where there is no whole."""
    whole = np.broadcast_to(whole, np.shape(part)).astype(float)
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.abs(whole) > 0)
