"""What may change between releases: nothing that was ever told, added and subtracted, is about a few owners only.

Two rules. Cells of two releases that share leaves, taken together, are the least that can be subtracted so that owners
who did not change fall out: of each such set either nobody changed or as many as the rules ask, against *each* earlier
release, for the members of a cell may go back to nearly what they were. And whatever else can be combined from all
releases leaves every owner in a crowd (see crowds).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from waterplan.plants.pool.crowds import told_apart
from waterplan.plants.pool.pool_cells import FEW_CHANGED, KEPT, TOLD, TOLD_APART, TOO_FEW, WITHHELD, Cell, Member
from waterplan.plants.pool.rules import Rules


def changed_owners(before: Iterable[Member], after: Iterable[Member]) -> int:
    """Owners that differ: those that say something else, and joiners or leavers, whichever are more.

    An owner who leaves and comes back under another key is a leaver and a joiner, and counts once.

    >>> changed_owners({(1, 1), (2, 2), (3, 3)}, {(1, 1), (2, 9), (4, 4)})
    2
    """
    old, new = _said(before), _said(after)
    updated = sum(old[owner] != new[owner] for owner in old.keys() & new.keys())
    return updated + max(len(new.keys() - old.keys()), len(old.keys() - new.keys()))


def audited(
    proposed: Sequence[Cell],
    former: Sequence[Sequence[Cell]],
    live: Collection[int],
    rules: Rules,
    sizes: Mapping[int, int] | None = None,
) -> list[Cell]:
    """The cells of the next release: those proposed where the rules allow it, those of the last one elsewhere.

    ``former``: the cells of each earlier release, the last one last; ``live``: contributions that still exist;
    ``sizes``: the coarse class of output of every contribution in any of these cells, withdrawn or not, without which
    only owners are counted. A cell that is kept although somebody
    in it has withdrawn is withheld. What was once refused in this search stays so: it ends.
    """
    last = list(former[-1]) if former else []
    kept: dict[int, str] = {}
    while True:
        cells = _chosen(proposed, last, kept)
        failing = {place for old in former for place in _failing(cells, old, rules.changes_needed)}
        names = {id(cells[place]) for place in failing}
        more = {place: FEW_CHANGED for place, cell in enumerate(proposed) if id(cell) in names and place not in kept}
        if not more and rules.audits_all:
            more = dict.fromkeys(_combining(proposed, former, kept, rules, sizes), TOLD_APART)
        if not more:
            return [_settled(cell, live) for cell in cells]
        kept |= more


def _combining(
    proposed: Sequence[Cell],
    former: Sequence[Sequence[Cell]],
    kept: Collection[int],
    rules: Rules,
    sizes: Mapping[int, int] | None,
) -> list[int]:
    """Proposed cells that, with all that was told and those proposed before them, would tell somebody apart.

    Cells that hang together are told or refused together, those of most owners first.
    """
    told = list({cell.members: cell for old in former for cell in old}.values())
    parts = [new for new, _ in _together(proposed, former[-1] if former else []) if new and not set(new) & set(kept)]
    refused: list[int] = []
    for places in sorted(parts, key=lambda one: (-len(_members(proposed, one)), one)):
        new = [proposed[place] for place in places]
        if told_apart(told, new, rules, sizes):
            refused += places
        else:
            told += new
    return refused


def _said(members: Iterable[Member]) -> dict[int, set[int]]:
    said: dict[int, set[int]] = {}
    for owner, contribution in members:
        said.setdefault(owner, set()).add(contribution)
    return said


def _chosen(proposed: Sequence[Cell], last: Sequence[Cell], kept: Mapping[int, str]) -> list[Cell]:
    """Proposed cells, except that all which hang together with one that must wait give way to the last release."""
    chosen: list[Cell] = []
    for new, old in _together(proposed, last):
        reasons = [kept[place] for place in new if place in kept]
        if reasons or not new:
            chosen += [replace(last[place], state=KEPT, reason=reasons[0] if reasons else TOO_FEW) for place in old]
        else:
            chosen += [proposed[place] for place in new]
    return chosen


def _failing(cells: Sequence[Cell], old: Sequence[Cell], needed: int) -> set[int]:
    """Cells that, with those they hang together with, differ from an earlier release by too few owners."""
    failing: set[int] = set()
    for new, before in _together(cells, old):
        if before and new:
            changed = changed_owners(_members(old, before), _members(cells, new))
            if changed < needed:
                failing |= set(new)
    return failing


def _members(cells: Sequence[Cell], places: Iterable[int]) -> set[Member]:
    return {member for place in places for member in cells[place].members}


def _together(new: Sequence[Cell], old: Sequence[Cell]) -> list[tuple[list[int], list[int]]]:
    """Sets of new and old cells that share leaves, directly or through each other."""
    cells = [*new, *old]
    group = list(range(len(cells)))
    seen: dict[tuple[str, str, str], int] = {}
    for place, cell in enumerate(cells):
        for leaf in cell.leaves:
            other = group[seen.setdefault((cell.product, *leaf), place)]
            mine = group[place]
            if other != mine:
                group = [other if one == mine else one for one in group]
    together: dict[int, tuple[list[int], list[int]]] = {}
    for place, name in enumerate(group):
        side, shift = (0, 0) if place < len(new) else (1, len(new))
        together.setdefault(name, ([], []))[side].append(place - shift)
    return list(together.values())


def _settled(cell: Cell, live: Collection[int]) -> Cell:
    if cell.state == TOLD or all(contribution in live for _, contribution in cell.members):
        return cell
    return replace(cell, state=WITHHELD, deciles=())
