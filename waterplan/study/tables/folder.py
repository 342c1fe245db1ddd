"""Reads and checks a whole folder of tables; raises one error with everything that is wrong."""

from __future__ import annotations

from pathlib import Path

from waterplan.base.errors import DataError, Problem, suggest
from waterplan.base.messages import Message
from waterplan.study.tables.cells import GROUP_NUMBER, Labels, check_cells
from waterplan.study.tables.checks import check_together
from waterplan.study.tables.draft import Draft
from waterplan.study.tables.path_faults import is_nothing_there, not_a_folder
from waterplan.study.tables.quantities import (
    Grid,
    cells_needed,
    check_quantities,
    convert_records,
    grids_of,
    inputs_of,
)
from waterplan.study.tables.schema import CATALOGUE_OF, CELLS_MAX, GROUP, TABLES
from waterplan.study.tables.sheet import Findings, Sheet, no_rows, read_sheet
from waterplan.study.tables.study_file import FILE as SETTINGS_FILE
from waterplan.study.tables.study_file import Settings, read_settings


def read_folder(folder: Path) -> tuple[Draft, Settings]:
    """The checked tables and settings of a study's folder.

    Raises DataError with all problems; after it returns, every row is sound.
    """
    fault = not_a_folder(folder)
    if fault:
        others = folder.parent.glob("*") if is_nothing_there(fault) else ()
        near = suggest(folder.name, [path.name for path in others if path.is_dir()])
        raise DataError([Problem(str(folder), 0, "", Message("tables.no_folder", fault=fault, near=near))])
    settings_findings = Findings((folder / SETTINGS_FILE).as_posix())
    settings = read_settings(folder / SETTINGS_FILE, settings_findings)
    findings = {name: Findings((folder / table.file).as_posix()) for name, table in TABLES.items()}
    sheets = {}
    for name, table in TABLES.items():
        sheet = read_sheet(folder / table.file, table, findings[name])
        if sheet is not None:
            sheets[name] = sheet
    catalogues = {table.name: _listed(sheets.get(table.name)) for table in TABLES.values() if table.form == "catalogue"}
    for name, sheet in sheets.items():
        check_cells(sheet, catalogues, list(inputs_of(name)), findings[name])
    _check_numbers(sheets, findings)
    draft = _draft(sheets, catalogues, findings)
    if draft is not None:
        check_together(draft)
    problems = [problem for found in (settings_findings, *findings.values()) for problem in found.problems]
    if problems or draft is None or settings is None:
        raise DataError(problems)
    return draft, settings


def _listed(sheet: Sheet | None) -> list[str] | None:
    """The labels of a catalogue, in file order; None if it has none or could not be read."""
    if sheet is None:
        return None
    return list(dict.fromkeys(label for label in sheet.columns[sheet.table.keys[0]] if label)) or None


def _check_numbers(sheets: dict[str, Sheet], findings: dict[str, Findings]) -> None:
    products = sheets.get("products")
    made = {}
    if products is not None:
        made = dict(zip(products.columns["product"], products.columns["output_unit"], strict=True))
    for name, sheet in sheets.items():
        if sheet.table.form == "values":
            check_quantities(sheet, made, findings[name])
        elif sheet.table.form == "records":
            convert_records(sheet, made, findings[name])


def _draft(sheets: dict[str, Sheet], catalogues: Labels, findings: dict[str, Findings]) -> Draft | None:
    """The draft, or None if its arrays would be absurdly large."""
    labels = {dim: list(catalogues[name] or _used(sheets, dim)) for dim, name in CATALOGUE_OF.items()}
    labels[GROUP] = _groups(sheets)
    for name in catalogues:
        if name in sheets and not catalogues[name]:
            findings[name].add(Message("tables.no_rows", what=Message(f"tables.dim_{TABLES[name].keys[0]}")), 1)
    if cells_needed(labels) > CELLS_MAX:
        sizes = [f"{len(labels[dim])} {name}" for dim, name in CATALOGUE_OF.items()]
        findings["technologies"].add(Message("tables.too_many_cells", most=f"{CELLS_MAX:,}", sizes=sizes))
        return None
    listed = frozenset(dim for dim, name in CATALOGUE_OF.items() if catalogues[name])
    grids: dict[str, Grid] = {}
    for name, table in TABLES.items():
        if table.form == "values":
            grids |= grids_of(sheets.get(name) or no_rows(table), labels)
    return Draft(sheets, labels, listed, grids, findings)


def _used(sheets: dict[str, Sheet], dim: str) -> list[str]:
    """Labels as the value tables use them, where the catalogue could not be read."""
    used: dict[str, None] = {}
    for sheet in sheets.values():
        if sheet.table.form == "values" and dim in sheet.columns:
            used |= dict.fromkeys(label for label in sheet.columns[dim] if label)
    return list(used)


def _groups(sheets: dict[str, Sheet]) -> list[str]:
    """The groups that barriers are told for, in order; a cell that is no group is already reported."""
    told = set(sheets["barriers"].columns[GROUP]) if "barriers" in sheets else set()
    return sorted((text for text in told if GROUP_NUMBER.fullmatch(text)), key=int)
