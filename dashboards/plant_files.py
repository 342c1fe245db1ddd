"""Files of the Benchmark page: its tables, the report, and the template. Made in memory, named without the plant."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from waterplan.base import messages
from waterplan.base.errors import WaterplanError
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term, terms
from waterplan.planning.plan.files.single import pack_table
from waterplan.plants.records.template import pack_template
from waterplan.report.documents.plant_report import plant_report, plant_report_pdf

from .exports import EXCEL
from .jobs import ORDER, REPORT, safe_point
from .state import LANGUAGES

if TYPE_CHECKING:
    from .plants import Plants

ROOM = "benchmark_page"
MEDIA = {"csv": "text/csv", "xlsx": EXCEL, "html": "text/html", "pdf": "application/pdf"}
LABELLED = {"product": "products", "end_use": "end_uses", "technology": "technologies"}
STEPS = (
    "product", "end_use", "technology", "level", "capacity", "saving", "investment", "running_cost", "energy_cost",
    "charges_saved", "net_benefit", "annual_cost", "levelised_cost", "lifetime", "payback", "npv", "irr",
)  # fmt: skip
SAID = {"grade": ("grades", ROOM), "rank": (ROOM,), "place_basis": (ROOM,), "level": ("dashboard",)}  # where texts are
SWITCHES = ("estimate", "graded_on", "meets", "both_gain")
Columns = list[tuple[str, Sequence[Any]]]


class FileMaker:
    """Makes a file in a thread and sends it to the browser of its session."""

    def __init__(self, plants: Plants):
        self.plants = plants

    def make(self, message: Mapping[str, Any]) -> None:
        """kind: table (of a card, as csv or xlsx), report (html or pdf) or template (in a language)."""
        plants, kind, form = self.plants, str(message.get("kind")), str(message.get("form"))
        session, work, language = plants.session, plants.work, plants.session.state.language
        card, wanted = str(message.get("card")), str(message.get("language"))
        seq = session.seen
        is_known = {"template": wanted in LANGUAGES, "report": True, "table": card in TABLES}.get(kind, False)
        if form not in MEDIA or not is_known:
            raise ValueError(form)
        if kind != "template" and work.given is None:
            session.tell("plant_none")
            return

        def content() -> tuple[str, bytes]:
            if kind == "template":
                return f"template-{wanted}", pack_template("xlsx", session.facts.study, wanted)
            one = plants.standing(work, language)
            safe_point()
            if kind == "report":
                made = plant_report(one, language).encode() if form == "html" else plant_report_pdf(one, language)
                return "report", made
            say = Texts(ROOM, language)
            return card, pack_table(form, table(one, card, language), say(f"plant_{card}"), "", language)

        def file() -> dict[str, Any]:
            try:
                name, made = content()
            except WaterplanError as error:
                return {"notice": {"key": "notice_refused", "detail": str(error)[:600]}}
            data = base64.b64encode(made).decode()
            return {"file": f"waterplan-plant-{name}.{form}", "type": MEDIA[form], "data": data}

        def then(found: dict[str, Any]) -> None:
            session.show("notice" if "notice" in found else "file", {"seq": seq, **found})

        mine = (kind, language, wanted) if kind == "template" else (id(work), kind, language, card, session.number)
        lane = ORDER if form == "csv" else REPORT
        session.run(lane, file, then, session.number, ("plant", form, *mine))


def table(standing: Any, card: str, language: str) -> Columns:
    """The table behind a card. Raises KeyError for another card."""
    return TABLES[card](standing, language)


def _columns(frame: pd.DataFrame, names: Sequence[str], standing: Any, language: str) -> Columns:
    """Columns of a frame under their names in the language, labels of the study by name, missing cells empty."""
    return [
        (_heading(name, language), [_told(name, value, standing, language) for value in frame[name]])
        for name in names
        if name in frame
    ]


def _heading(name: str, language: str) -> str:
    """The page's own heading of a column, or the name of the data dictionary."""
    own = messages.catalogue(ROOM).get(f"col_{name}")
    if own is not None:
        return own[language]
    return term(name).label(language) if name in terms() else name


def _told(name: str, value: Any, standing: Any, language: str) -> Any:
    say = Texts(ROOM, language)
    if name in LABELLED:
        frame = getattr(standing.study, LABELLED[name])
        return str(frame.loc[value, f"name_{language}"]) if value in frame.index else str(value)
    if name in ("indicator", "from", "to", "missing"):
        parts = [part for part in str(value).split(", ") if part]
        return Texts("grades", language)("between").join(_flow_or_term(part, language) for part in parts)
    for room in SAID.get(name, ()):
        if f"{name}_{value}" in messages.catalogue(room):
            return Texts(room, language)(f"{name}_{value}")
    if name == "reason":
        return value.text(language)
    if name in SWITCHES:
        return None if pd.isna(value) else say("is_so" if value else "is_not_so")
    if isinstance(value, tuple):
        return "; ".join(value)
    if not isinstance(value, str) and pd.isna(value):
        return None
    return value if isinstance(value, str) else float(value)


def _flow_or_term(name: str, language: str) -> str:
    own = messages.catalogue(ROOM).get(f"flow_{name}")
    return own[language] if own else term(name).label(language)


def _ladder(standing: Any, language: str) -> Columns:
    names = ("product", "variant", "rank", "norm", "edition", "grade", "value", "unit", "estimate", "graded_on",
             "meets", "gap", "gap_volume", "basis")  # fmt: skip
    return _columns(standing.ladder, names, standing, language)


def _places(standing: Any, language: str) -> Columns:
    frame = standing.places.rename(columns={"basis": "place_basis"})
    names = ("product", "route", "percentile", "lower", "upper", "place_basis", "count", "reason")
    return _columns(frame, names, standing, language)


def _indicators(standing: Any, language: str) -> Columns:
    frame = standing.indicators.reset_index()
    columns = _columns(frame, ("indicator", "value", "missing"), standing, language)
    found = [term(str(name)) for name in frame["indicator"]]
    unit = (_heading("unit", language), [one.unit for one in found])
    return [*columns, unit, (_heading("meaning", language), [one.meaning(language) for one in found])]


def _balance(standing: Any, language: str) -> Columns:
    frame = standing.flows.rename(columns={"source": "from", "target": "to"})
    return _columns(frame, ("from", "to", "volume"), standing, language)


def _steps(standing: Any, language: str) -> Columns:
    if standing.plan is None:
        raise WaterplanError(standing.plan_fault.text(language))
    return _columns(standing.plan.steps, STEPS, standing, language)


def _curve(standing: Any, language: str) -> Columns:
    if standing.curve is None:
        raise WaterplanError(standing.plan_fault.text(language))
    names = ("saving", "price", "annual_cost", "investment", "added")
    return _columns(standing.curve, names, standing, language)


def _contract(standing: Any, language: str) -> Columns:
    if standing.contract is None:
        raise WaterplanError(Texts(ROOM, language)("no_contract"))
    frame = standing.contract.reset_index().rename(columns={"lower": "share_lower", "upper": "share_upper"})
    return _columns(frame, ("term", "share_lower", "share_upper", "both_gain"), standing, language)


TABLES = {
    "ladder": _ladder, "places": _places, "indicators": _indicators, "balance": _balance, "plan": _steps,
    "curve": _curve, "contract": _contract,
}  # fmt: skip
