"""The template for records of plants: what a plant fills in, with headings that ``read_records`` takes as they are."""

from __future__ import annotations

from pathlib import Path

from waterplan.base.errors import WaterplanError, suggest
from waterplan.base.messages import LANGUAGES, Message
from waterplan.base.spreadsheet import pack_csv
from waterplan.base.whole_files import write_whole
from waterplan.plants.records.template_book import pack_book
from waterplan.plants.records.template_columns import asked
from waterplan.study.study import Study

KINDS = ("xlsx", "csv")


def write_template(path: str | Path, study: Study, language: str = "en") -> None:
    """Writes the template as a file: a workbook (.xlsx) with lists to choose from, or one flat table (.csv).

    Raises WaterplanError for another ending or language, DataError when the path cannot be written.
    """
    goal = Path(path)
    write_whole(goal, pack_template(goal.suffix.removeprefix(".").lower(), study, language))


def pack_template(kind: str, study: Study, language: str = "en") -> bytes:
    """The content of the template. kind: xlsx, or csv (UTF-8 with a byte order mark: Excel takes it for what it is).

    Raises WaterplanError for another kind or language.
    """
    if kind not in KINDS:
        raise WaterplanError(Message("plants.no_template", given=kind, kinds=KINDS, near=suggest(kind, KINDS)))
    if language not in LANGUAGES:
        raise WaterplanError(Message("errors.language", given=language, languages=LANGUAGES))
    if kind == "csv":
        return pack_csv((column.heading for column in asked("flat", language)), ())
    return pack_book(study, language)
