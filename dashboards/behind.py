"""The table behind each figure of the Plan page, in a language: what a panel shows and what is saved as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term, terms
from waterplan.study.tables.translations import cell_in

from .facts import ROOM, Facts
from .tables import DIMS

SHOWN_MAX = 250
NUMBER, SHARE = "number", "share"
LEVELS = ("end_use", "site", "supply")
HEADLINES = {
    "annual_cost": "MCNY/a", "shadow_price": "CNY/m3", "counted_saving": "hm3/a", "investment": "MCNY",
    "mean_cost": "CNY/m3", "carbon_dioxide": "kt/a",
}  # fmt: skip
ENERGY = {"electricity": "GWh/a", "heat": "TJ/a", "carbon_dioxide": "kt/a", "public_budget": "MCNY/a"}
VOLUMES = ("base_withdrawal", "reference_withdrawal", "planned_withdrawal")
ANYWAY = ("turnover", "market")
RESTS = {  # the number that a figure rests on when nothing narrower is asked for
    "curve": "shadow_price", "withdrawal": "planned_withdrawal", "sectors": "saving", "path": "planned_withdrawal",
    "map": "saving", "binds": "shadow_price", "energy": "carbon_dioxide", "technologies": "annual_cost",
    "rests": "annual_cost",
}  # fmt: skip
RESTS_OF_HEADLINE = {"mean_cost": "levelised_cost"}
RESTS_KINDS = {"levelised_cost": "CNY/m3", "saving": "hm3/a", "planned_withdrawal": "hm3/a"} | HEADLINES
TARGET = "saving_target"


@dataclass(frozen=True)
class Column:
    """A heading, what its cells are (text: empty; a unit, a share, a plain number), and the cells."""

    heading: str
    kind: str
    cells: Sequence[Any]

    def titled(self) -> str:
        """The heading with the unit, for a file."""
        return (
            self.heading
            if self.kind in ("", NUMBER)
            else f"{self.heading} [{'1' if self.kind == SHARE else self.kind}]"
        )


@dataclass(frozen=True)
class Table:
    """Columns, and the labels by which a row can be asked about: dim and a label a row."""

    columns: list[Column]
    dim: str = ""
    labels: Sequence[str] = ()
    kinds: Sequence[str] = ()  # of each row, where the value column has many units

    def shown(self) -> dict[str, Any]:
        """As the browser draws it: the first rows, and how many there are."""
        count = len(self.columns[0].cells) if self.columns else 0
        return {
            "columns": [{"heading": c.heading, "kind": c.kind} for c in self.columns],
            "rows": [list(row) for row in zip(*(c.cells[:SHOWN_MAX] for c in self.columns), strict=True)],
            "dim": self.dim,
            "labels": list(self.labels[:SHOWN_MAX]),
            "kinds": list(self.kinds[:SHOWN_MAX]),
            "count": count,
        }

    def written(self) -> list[tuple[str, list[Any]]]:
        """As :func:`pack_table` takes it."""
        return [(column.titled(), list(column.cells)) for column in self.columns]


class Behind:
    """The tables of one plan in one language."""

    def __init__(self, facts: Facts, board: dict[str, Any], language: str, anyway: dict[str, Any] | None = None):
        self.facts, self.board, self.language = facts, board, language
        self.anyway = anyway or {}
        self.say = Texts(ROOM, language)

    def table(self, card: str, **more: Any) -> Table:
        """The table of a card. Raises KeyError for another. more: what only some need (points, words, rows)."""
        make: dict[str, Callable[..., Table]] = {
            "headline": self._headline, "curve": self._curve, "withdrawal": self._withdrawal,
            "sectors": self._sectors, "path": self._path, "map": self._map, "binds": self._binds,
            "energy": self._energy, "technologies": self._technologies, "rests": self._rests,
        }  # fmt: skip
        return make[card](**more)

    def label(self, name: str) -> str:
        """What a figure is called."""
        text = terms()[name].label(self.language)
        return text[:1].upper() + text[1:]

    def names(self, dim: str, labels: Sequence[str]) -> list[str]:
        """What things are called."""
        known = self.facts.names(dim, self.language)
        return [known.get(label, label) for label in labels]

    def _figures(self, rows: Sequence[tuple[str, Any, str]]) -> Table:
        names, values, kinds = zip(*rows, strict=True)
        columns = [
            Column(self.say("figure"), "", names),
            Column(self.say("value"), NUMBER, values),
            Column(self.say("unit"), "", kinds),
        ]
        return Table(columns, kinds=kinds)

    def _headline(self) -> Table:
        head = self.board["headline"]
        return self._figures([(self.say(f"head_{name}"), head[name], kind) for name, kind in HEADLINES.items()])

    def _energy(self) -> Table:
        head, cost = self.board["headline"], self.board["cost"]
        rows = [(self.say(f"added_{name}"), head[name], kind) for name, kind in ENERGY.items()]
        views = [
            (f"{self.label('annual_cost')}: {self.say(f'choice_{name}')}", value, "MCNY/a")
            for name, value in cost.items()
        ]
        return self._figures([*rows, *views])

    def _withdrawal(self) -> Table:
        head = self.board["headline"]
        even, planned = self.board["even"], head["planned_withdrawal"]
        rows = [
            *((self.label(name), head[name], "hm3/a") for name in VOLUMES),
            *((self.label(f"{name}_withdrawal"), self.anyway[name], "hm3/a") for name in ANYWAY if name in self.anyway),
            *((self.label(name), head[name], "hm3/a") for name in ("saving", "counted_saving")),
            *self._told("consumption_saved", self.board["consumption"]),
            *self._told("market_consumption_saved", self.anyway.get("consumption")),
        ]
        cut = [] if even is None else [(self.say("figure_value_added"), 100.0 * (1.0 - planned / even), "%")]
        return self._figures([*rows, *cut])

    def _told(self, name: str, value: float | None) -> list[tuple[str, float, str]]:
        return [] if value is None else [(self.label(name), value, "hm3/a")]

    def _lines(self, dim: str) -> list[Column]:
        """The lines of what would happen anyway, label by label, as far as the study tells them."""
        known = [name for name in ANYWAY if name in self.anyway]
        return [Column(self.label(f"{name}_withdrawal"), "hm3/a", self.anyway[f"{name}_by_{dim}"]) for name in known]

    def _curve(self, points: dict[str, Any]) -> Table:
        known = self.facts.names("technology", self.language)
        columns = [
            Column(self.label("saving_target"), "hm3/a", points["target"].tolist()),
            Column(self.label("shadow_price"), "CNY/m3", points["price"].tolist()),
            Column(self.label("objective"), "MCNY/a", points["objective"].tolist()),
            Column(self.label("investment"), "MCNY", points["investment"].tolist()),
            Column(
                self.label("marginal_technology"), "", [known.get(one, one) for one in points["technology"].tolist()]
            ),
        ]
        return Table(columns)

    def _sectors(self) -> Table:
        rows = self.board["sectors"]
        labels = [row["label"] for row in rows]
        saving = [sum(row["levels"]) for row in rows]
        columns = [Column(self.label("sector"), "", self.names("sector", labels))]
        for place, level in enumerate(LEVELS):
            columns.append(Column(self.say(f"level_{level}"), "hm3/a", [row["levels"][place] for row in rows]))
        columns.append(Column(self.label("saving"), "hm3/a", saving))
        for name in ("base", "reference", "planned"):
            columns.append(Column(self.label(f"{name}_withdrawal"), "hm3/a", [row[name] for row in rows]))
        columns.extend(self._lines("sector"))
        columns.append(Column(self.say("share_of_own"), SHARE, _shares(saving, [row["reference"] for row in rows])))
        return Table(columns, "sector", labels)

    def _path(self) -> Table:
        path, first = self.board["path"], self.facts.study.base_year
        columns = [Column(self.label("year"), NUMBER, [first + n for n in range(len(path["planned"]))])]
        for name in ("reference", "planned"):
            columns.append(Column(self.label(f"{name}_withdrawal"), "hm3/a", path[name]))
        whole, span = self.board["headline"]["reference_withdrawal"], max(len(path["reference"]) - 1, 1)
        for name in (one for one in ANYWAY if one in self.anyway):
            cut = (whole - self.anyway[name]) / span
            line = [volume - n * cut for n, volume in enumerate(path["reference"])]
            columns.append(Column(self.label(f"{name}_withdrawal"), "hm3/a", line))
        columns.append(Column(self.label("saving"), "hm3/a", path["saving"]))
        columns.append(Column(self.label("investment"), "MCNY", path["investment"]))
        return Table(columns)

    def _map(self) -> Table:
        rows = self.board["provinces"]
        labels, saving, taken = ([row[key] for row in rows] for key in ("label", "saving", "reference"))
        columns = [
            Column(self.label("province"), "", self.names("province", labels)),
            Column(self.label("saving"), "hm3/a", saving),
            Column(self.label("reference_withdrawal"), "hm3/a", taken),
            *self._lines("province"),
            Column(self.label("planned_withdrawal"), "hm3/a", [row["planned"] for row in rows]),
            Column(self.say("share_of_own"), SHARE, _shares(saving, taken)),
            Column(self.say("share_of_saving"), SHARE, _shares(saving, [sum(saving)] * len(rows))),
            Column(self.say("share_of_withdrawal"), SHARE, _shares(taken, [sum(taken)] * len(rows))),
        ]
        return Table(columns, "province", labels)

    def _binds(self) -> Table:
        limits = self.board["binds"]["list"]
        told = []
        for limit in limits:
            kind = limit["kind"]
            named = [self.names(dim, [label])[0] for dim, label in limit["labels"].items()]
            what = self.say("target") if kind == TARGET else self.say("pool") if kind == "pool" else self.label(kind)
            told.append(": ".join([what, " · ".join(named)] if named else [what]))
        columns = [
            Column(self.say("limit"), "", told),
            Column(self.say("value"), NUMBER, [limit["price"] for limit in limits]),
            Column(self.say("unit"), "", [limit["unit"] for limit in limits]),
            Column(self.say("limit_worth"), "MCNY/a", [limit["worth"] for limit in limits]),
        ]
        return Table(columns, kinds=[limit["unit"] for limit in limits])

    def _technologies(self, words: dict[str, Any] | None = None) -> Table:
        rows = {row["label"]: row for row in self.board["technologies"]}
        states = (words or {}).get("technologies", {})
        labels = [*rows, *(label for label in states if label not in rows)]
        levels = self.facts.study.technologies["level"]
        columns = [
            Column(self.label("technology"), "", self.names("technology", labels)),
            Column(self.label("level"), "", [self.say(f"level_{levels[label]}") for label in labels]),
        ]
        figures = {
            "saving": "hm3/a", "cost": "CNY/m3", "investment": "MCNY", "electricity": "GWh/a", "heat": "TJ/a",
            "carbon_dioxide": "kt/a",
        }  # fmt: skip
        for name, kind in figures.items():
            heading = self.label("levelised_cost" if name == "cost" else name)
            none = None if name == "cost" else 0.0
            columns.append(Column(heading, kind, [rows[one][name] if one in rows else none for one in labels]))
        columns.append(Column(self.say("assumed_share"), SHARE, [self.facts.assumed.get(one, 0.0) for one in labels]))
        if states:
            columns.append(Column(self.say("why"), "", [self.reason(states.get(label)) for label in labels]))
        return Table(columns, "technology", labels)

    def reason(self, state: dict[str, Any] | None) -> str:
        """Why a technology is in or out, in a few words."""
        if state is None:
            return ""
        rival = self.names("technology", [state["rival"]])[0] if state["rival"] else ""
        told = self.say(f"cause_{state['cause']}", rival=rival)
        return f"{told}; {self.say('rest_' + state['rest'])}" if state["rest"] else told

    def _rests(self, rows: pd.DataFrame) -> Table:
        named = [self.label(str(name)) for name in rows["name"]]
        known = {dim: self.facts.names(dim, self.language) for dim in DIMS}
        labels = [
            " · ".join(known[dim].get(str(row[dim]), str(row[dim])) for dim in DIMS if row.get(dim))
            for row in rows.to_dict("records")
        ]
        source = self.facts.study.source
        columns = [Column(self.say("figure"), "", named), Column(self.say("what"), "", labels)]
        for name in ("value", "low", "high"):
            heading = self.say(name)
            columns.append(Column(heading, NUMBER, [None if value != value else float(value) for value in rows[name]]))
        columns.append(Column(self.say("unit"), "", [str(unit) for unit in rows["unit"]]))
        columns.append(Column(self.say("basis"), "", [self.say(f"basis_{basis}") for basis in rows["basis"]]))
        if "weight" in rows:
            columns.append(Column(self.say("weight"), NUMBER, [float(weight) for weight in rows["weight"]]))
        titles = {key: cell_in(source(key), "title", self.language) for key in rows["source"].unique()}
        columns.append(Column(self.say("source"), "", [titles[key] for key in rows["source"]]))
        columns.append(Column(self.say("note"), "", ["" if pd.isna(note) else str(note) for note in rows["note"]]))
        columns.append(Column(self.say("trace_row"), "", _places(rows["file"], rows["row"])))
        if "study_file" in rows:
            before = [None if value != value else float(value) for value in rows["study_value"]]
            columns.append(Column(self.say("study_value"), NUMBER, before))
            columns.append(Column(self.say("study_row"), "", _places(rows["study_file"], rows["study_row"])))
        return Table(columns)


def _places(files: Iterable[Any], rows: Iterable[Any]) -> list[str]:
    """Where rows stand; an override that no file holds has no line."""
    return [f"{file}:{row}" if row else str(file) for file, row in zip(files, rows, strict=True)]


def rests_name(card: str, of: str, labels: dict[str, str]) -> str:
    """The number that the rows behind a card are asked for. Raises KeyError for another card."""
    if card == "headline":
        return RESTS_OF_HEADLINE.get(of, of) if of in HEADLINES else "annual_cost"
    return "saving" if labels else RESTS[card]


def rests_kind(name: str) -> str:
    """The unit of such a number."""
    return RESTS_KINDS.get(name) or term(name).unit


def _shares(parts: Sequence[float], wholes: Sequence[float]) -> list[float | None]:
    return [part / whole if whole else None for part, whole in zip(parts, wholes, strict=True)]
