"""What must hold for what a study may leave out: a part is whole or not there, and one thing is called once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from waterplan.base.messages import Message
from waterplan.study.tables.draft import Draft
from waterplan.study.tables.quantities import Grid
from waterplan.study.tables.schema import GROUP, PARTS
from waterplan.study.tables.sheet import Mask

SUPPLY_ONLY = "depletion_share"
TRANSLATED = ("norm", "variant")


def parts_are_whole(draft: Draft) -> None:
    """Inputs of a part of which a study has any row are there for every label."""
    for part, names in PARTS.items():
        grids = [draft.grids[name] for name in names]
        if any(grid.row.any() for grid in grids):
            for grid in grids:
                _is_whole(draft, grid, Message(f"tables.part_{part}", words=names))


def _is_whole(draft: Draft, grid: Grid, part: Message) -> None:
    table, dims = grid.file.removesuffix(".csv"), grid.term.dims
    is_sound = GROUP not in dims or draft.sheets["barriers"].sound.all()
    if not draft.has(table) or not set(dims) <= draft.listed | {GROUP} or not is_sound:
        return
    for place in np.argwhere(_needed(draft, grid) & (grid.row == 0)):
        labels = [draft.labels[dim][at] for dim, at in zip(dims, place, strict=True)]
        what = draft.named(dims[0], labels[0]) if len(dims) == 1 else Message("tables.of_group", labels=labels)
        near = int(grid.row[place[0]].max())
        draft.findings[table].add(Message("tables.part_lacks", what=what, word=grid.term.name, part=part), near)


def _needed(draft: Draft, grid: Grid) -> Mask:
    if grid.term.name == SUPPLY_ONLY:
        return np.asarray(draft.level == "supply")
    return np.ones(grid.row.shape, dtype=bool)


def depletion_is_of_supply(draft: Draft) -> None:
    """Only supply technologies replace water, so only they have a share that no basin loses."""
    grid = draft.grids[SUPPLY_ONLY]
    for place in np.flatnonzero((grid.row > 0) & np.isin(draft.level, ("end_use", "site"))):
        values = {"label": draft.labels["technology"][place], "level": draft.level[place], "variable": SUPPLY_ONLY}
        message = Message("tables.not_supply", **values)
        draft.findings["technology_values"].add(message, int(grid.row[place]), "variable")


def groups_are_counted(draft: Draft) -> None:
    """Groups are 1, 2, 3 ... without a gap."""
    groups = [int(label) for label in draft.labels[GROUP]]
    missing = sorted(set(range(1, max(groups, default=0) + 1)) - set(groups))
    if missing and draft.sheets["barriers"].sound.all():
        draft.findings["barriers"].add(Message("tables.group_gap", last=groups[-1], missing=missing), 0, GROUP)


def norms_are_called_once(draft: Draft) -> None:
    """A norm, and a variant, has one Chinese name: what is told of one is told of all its rows."""
    sheet = draft.sheets["norms"]
    for name in TRANSLATED:
        first: dict[str, int] = {}
        chinese = sheet.columns[f"{name}_zh"]
        for at, text in enumerate(sheet.columns[name]):
            before = first.setdefault(text, at)
            if text and chinese[at] != chinese[before]:
                given = {"name": text, "one": chinese[at], "other": chinese[before], "row": sheet.row[before]}
                draft.findings["norms"].add(Message("tables.called_twice", **given), int(sheet.row[at]), f"{name}_zh")


def editions_have_their_norms(draft: Draft) -> None:
    """An edition whose figures are said to be in the study has a row in norms.csv, and no other has."""
    sheet, norms = draft.sheets["norm_editions"], set(draft.sheets["norms"].columns["norm"])
    for edition, flag, row, sound in zip(
        sheet.columns["edition"], sheet.columns["values_in_study"], sheet.row, sheet.sound, strict=True
    ):
        if sound and (flag == "1") != (edition in norms):
            key = "tables.edition_without" if flag == "1" else "tables.edition_with"
            draft.findings["norm_editions"].add(Message(key, edition=edition), int(row), "values_in_study")


def observations_look_forward(draft: Draft) -> None:
    """What was seen from one year to another did not end before it began."""
    sheet = draft.sheets["observations"]
    begin, end = sheet.numbers["year_from"], sheet.numbers["year_to"]
    for at in np.flatnonzero((end < begin) & sheet.sound):
        message = Message("tables.ends_before", first=int(begin[at]), last=int(end[at]))
        draft.findings["observations"].add(message, int(sheet.row[at]), "year_to")


OPTIONAL_CHECKS: dict[Callable[[Draft], None], tuple[str, ...]] = {
    parts_are_whole: (),
    depletion_is_of_supply: ("technology_values", "technologies"),
    groups_are_counted: ("barriers",),
    norms_are_called_once: ("norms",),
    editions_have_their_norms: ("norm_editions", "norms"),
    observations_look_forward: ("observations",),
}
