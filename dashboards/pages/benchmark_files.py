"""Files of the Benchmark page: its tables, the report, and the template. Made in memory, named without the plant."""

from __future__ import annotations

import base64
from typing import Any

from waterplan.base.errors import WaterplanError
from waterplan.base.texts import Texts
from waterplan.planning.plan.files.single import pack_table
from waterplan.plants.records.template import pack_template
from waterplan.report.documents.plant_report import plant_report, plant_report_pdf

from .. import messages
from ..exports import EXCEL
from ..jobs import ORDER, REPORT, safe_point
from ..plant_tables import ROOM, TABLES, table
from ..plants import Work
from ..visit import DETAIL_MAX, Handlers, Visit
from .benchmark import plants_of

MEDIA = {"csv": "text/csv", "xlsx": EXCEL, "html": "text/html", "pdf": "application/pdf"}


def wanted(visit: Visit, message: messages.PlantFileWanted) -> None:
    """kind: table (of a card, as csv or xlsx), report (html or pdf) or template. Raises ValueError, KeyError."""
    kind, form, card, seq = message["kind"], message["form"], message.get("card", ""), visit.seen
    plants, work, language = plants_of(visit), visit.part(Work), visit.state.language
    of_template = message["language"] if kind == "template" else ""
    if kind == "table" and card not in TABLES:
        raise ValueError(card)
    if kind != "template" and work.given is None:
        visit.tell("plant_none")
        return

    def content() -> tuple[str, bytes]:
        if kind == "template":
            return f"template-{of_template}", pack_template("xlsx", visit.facts.study, of_template)
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
            return {"notice": {"key": "notice_refused", "detail": error.text(language)[:DETAIL_MAX]}}
        data = base64.b64encode(made).decode()
        return {"file": f"waterplan-plant-{name}.{form}", "type": MEDIA[form], "data": data}

    def then(found: dict[str, Any]) -> None:
        visit.show("notice" if "notice" in found else "file", {"seq": seq, **found})

    mine = (kind, of_template) if kind == "template" else (id(work), kind, language, card, visit.number)
    visit.run(ORDER if form == "csv" else REPORT, file, then, visit.number, ("plant", form, *mine))


HANDLERS: Handlers = {"plant_file_wanted": wanted}
