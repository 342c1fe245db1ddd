"""What the tables of a study must say together: sums, complete sets of rows, shares, groups, levels.

Each check speaks about rows that are there and sound: a row that was already reported is never judged again, so one
fault makes one problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from waterplan.base.messages import Message
from waterplan.study.tables.cells import NUMBER
from waterplan.study.tables.draft import SET, Draft
from waterplan.study.tables.optional import OPTIONAL_CHECKS
from waterplan.study.tables.schema import PARTS, TECHNOLOGIES_AT_AN_END_USE_MAX
from waterplan.study.tables.sheet import Mask
from waterplan.study.tables.tolerances import ROUNDING, is_above, sums_to_one

SITE = "site"
OUTPUT_ROUNDING = 1e-6
COMPLETE = ("sector_values", "product_values", "end_use_values", "technology_values", "province_values", "prices")
JOINT_ONLY = "running_cost_water_share"
MAY_BE_MISSING = {JOINT_ONLY, *(name for names in PARTS.values() for name in names)}


def check_together(draft: Draft) -> None:
    """Runs every check whose tables could be read; problems go to draft.findings."""
    for check, tables in CHECKS.items():
        if draft.has(*tables):
            check(draft)


def nothing_is_missing(draft: Draft) -> None:
    """Every label has all that its table must say of it; joint products, and they alone, a cost charged to water."""
    joint = np.array(draft.attribute("technologies", "joint_product")) == "1"
    for table in COMPLETE:
        grids = [grid for grid in draft.grids.values() if grid.file == f"{table}.csv"]
        grids = [grid for grid in grids if grid.term.name not in MAY_BE_MISSING]
        dims = grids[0].term.dims
        if table not in draft.sheets or not set(dims) <= draft.listed:
            continue
        has = np.array([grid.row > 0 for grid in grids]).reshape(len(grids), -1)
        lines = np.array([grid.row for grid in grids]).reshape(len(grids), -1)
        for place in np.flatnonzero(~has.all(axis=0)):
            words = [grid.term.variable for grid, there in zip(grids, has[:, place], strict=True) if not there]
            label = draft.named(dims[0], draft.labels[dims[0]][place]) if dims else Message("tables.the_study")
            message = Message("tables.has_no", what=label, words=words)
            draft.findings[table].add(message, int(lines[:, place].max()), "variable")
    if draft.has("technologies") and "technology_values" in draft.sheets and "technology" in draft.listed:
        _joint_products(draft, joint)


def _joint_products(draft: Draft, joint: Mask) -> None:
    charged, share = draft.grids[JOINT_ONLY], draft.grids["water_share"]
    findings = draft.findings["technology_values"]
    for place in np.flatnonzero(joint & (charged.row == 0)):
        label = draft.labels["technology"][place]
        message = Message("tables.joint_without", label=label, variable=JOINT_ONLY)
        findings.add(message, int(share.row[place]), "variable")
    for place in np.flatnonzero(~joint & (charged.row > 0) & ~charged.suspect):
        label = draft.labels["technology"][place]
        message = Message("tables.not_joint", label=label, variable=JOINT_ONLY)
        findings.add(message, int(charged.row[place]), "variable")
    alone = ~joint & (share.row > 0) & ~share.suspect & (np.abs(share.value - 1) > ROUNDING)
    for place in np.flatnonzero(alone):
        message = Message("tables.not_joint_share", given=f"{share.value[place]:g}")
        findings.add(message, int(share.row[place]), "value")


def end_use_shares_sum_to_one(draft: Draft) -> None:
    """The end uses of a product take all of its withdrawal, and "site" is none of them."""
    grid, findings = draft.grids["end_use_share"], draft.findings["end_use_shares"]
    there = grid.row > 0
    for product in range(len(draft.labels["product"])):
        label, rows = draft.labels["product"][product], grid.row[product]
        if not there[product].any():
            if "product" in draft.listed:
                findings.add(Message("tables.no_end_use", what=draft.named("product", label)), 0, "product")
        elif not grid.suspect[product].any() and not sums_to_one(np.nansum(grid.value[product])):
            total = np.nansum(grid.value[product])
            first, last = rows[there[product]].min(), rows[there[product]].max()
            where = {"label": label, "first": first, "last": last}
            findings.add(Message("tables.end_uses_sum", total=f"{total:.6g}", **where), int(first), "value")
    if SITE in draft.labels["end_use"]:
        site = grid.row[:, draft.labels["end_use"].index(SITE)]
        findings.add_rows(site[site > 0], "end_use", Message("tables.site_has_no_share", site=SITE))


def output_sums_to_national(draft: Draft) -> None:
    """Provincial output adds up to national output, but for the rounding of the figures as written."""
    output, national, findings = draft.grids["output"], draft.grids["national_output"], draft.findings["output"]
    step = _finest_digit(draft)
    if output.row.any() and not output.suspect.any() and not np.nansum(output.value) > 0:
        findings.add(Message("tables.no_output"), 0, "value")
    for product, label in enumerate(draft.labels["product"]):
        rows = output.row[product][output.row[product] > 0]
        if not len(rows):
            if "product" in draft.listed:
                findings.add(Message("tables.made_nowhere", what=draft.named("product", label)), 0, "product")
            continue
        if output.suspect[product].any() or national.suspect[product] or not national.row[product]:
            continue
        total, whole = np.nansum(output.value[product]), national.value[product]
        allowed = max(OUTPUT_ROUNDING * whole, 0.5 * len(rows) * step.get(label, 0.0))
        if abs(total - whole) > allowed:
            figures = {"total": f"{total:.10g}", "whole": f"{whole:.10g}", "apart": f"{total - whole:+.4g}"}
            message = Message("tables.output_sums", label=label, row=national.row[product], **figures)
            findings.add(message, int(rows.min()), "value")


def _finest_digit(draft: Draft) -> dict[str, float]:
    """By product, the value of the last digit to which its provincial output is written, in canonical units."""
    sheet = draft.sheets["output"]
    finest: dict[str, float] = {}
    for product, text, number in zip(
        sheet.columns["product"], sheet.columns["value"], sheet.numbers["value"], strict=True
    ):
        if not NUMBER.fullmatch(text) or not float(text) or not np.isfinite(number):
            continue
        digits, _, exponent = text.lower().partition("e")
        decimals = len(digits.partition(".")[2]) - int(exponent or 0)
        step = abs(number / float(text)) * 10.0**-decimals
        finest[product] = min(step, finest.get(product, np.inf))
    return finest


def applicability_is_whole(draft: Draft) -> None:
    """Whoever lists a technology for an end use gives all four variables."""
    findings = draft.findings["applicability"]
    rows = np.array([draft.grids[name].row for name in SET])
    for place in np.argwhere(draft.in_set & (rows == 0).any(axis=0)):
        here = rows[(slice(None), *place)]
        words = [name for name, row in zip(SET, here, strict=True) if not row]
        message = Message("tables.has_no", what=_place(draft, place), words=words)
        findings.add(message, int(here[here > 0].min()), "variable")


def applicability_fits(draft: Draft) -> None:
    """End-use technologies stand at an end use that the product has, the others at "site"."""
    findings = draft.findings["applicability"]
    used = draft.grids["end_use_share"].row > 0
    rows = np.array([draft.grids[name].row for name in SET])
    for place in np.argwhere(draft.in_set & ~draft.set_suspect):
        technology, product, end_use = place
        level, name = str(draft.level[technology]), draft.labels["end_use"][end_use]
        here = rows[(slice(None), *place)]
        row = int(here[here > 0].min())
        if level == "end_use" and name == SITE:
            findings.add(Message("tables.level_end_use", where=_place(draft, place), site=SITE), row, "end_use")
        elif level in ("site", "supply") and name != SITE:
            message = Message("tables.level_site", where=_place(draft, place), level=level, site=SITE)
            findings.add(message, row, "end_use")
        elif name != SITE and not used[product, end_use] and used[product].any():
            has = [draft.labels["end_use"][other] for other in np.flatnonzero(used[product])]
            findings.add(Message("tables.not_its_end_use", where=_place(draft, place), has=has), row, "end_use")


def penetration_grows(draft: Draft) -> None:
    """Penetration in the base year is at most the largest penetration."""
    base, largest = draft.grids["penetration_base"], draft.grids["penetration_max"]
    for place in np.argwhere(is_above(base.value, largest.value) & ~base.suspect & ~largest.suspect):
        at = tuple(place)
        figures = {"base": f"{base.value[at]:.6g}", "largest": f"{largest.value[at]:.6g}", "row": largest.row[at]}
        message = Message("tables.penetration_falls", where=_place(draft, place), **figures)
        draft.findings["applicability"].add(message, int(base.row[at]), "value")


def groups_fit(draft: Draft) -> None:
    """An exclusive group has one level, and its members together are at no more plants than there are."""
    groups: dict[str, list[int]] = {}
    for place, group in enumerate(draft.attribute("technologies", "exclusive_group")):
        groups.setdefault(group, []).append(place)
    groups.pop("", None)
    share, base = draft.grids["applicable_share"], draft.grids["penetration_base"]
    installed = np.nan_to_num(share.value * base.value)
    for group, members in groups.items():
        levels = {str(draft.level[place]) for place in members} - {""}
        names = [draft.labels["technology"][place] for place in members]
        if len(levels) > 1:
            row = draft.row_of("technologies", names[-1])
            message = Message("tables.group_levels", group=group, levels=sorted(levels), names=names)
            draft.findings["technologies"].add(message, row, "exclusive_group")
        suspect = draft.set_suspect[members].any(axis=0)
        for product, end_use in np.argwhere(is_above(installed[members].sum(axis=0), 1.0) & ~suspect):
            shares = installed[members, product, end_use]
            said = " + ".join(f"{name} {part:.4g}" for name, part in zip(names, shares, strict=True) if part)
            sums = {"total": f"{shares.sum():.4g}", "parts": said}
            message = Message("tables.group_sums", group=group, where=_at(draft, product, end_use), **sums)
            draft.findings["applicability"].add(message, int(base.row[members, product, end_use].max()), "value")


def end_uses_stay_small(draft: Draft) -> None:
    """No end use has more technologies than the model can combine."""
    count = draft.in_set[draft.level == "end_use"].sum(axis=0)
    for product, end_use in np.argwhere(count > TECHNOLOGIES_AT_AN_END_USE_MAX):
        row = int(draft.grids["saving_fraction"].row[:, product, end_use].max())
        counts = {"count": count[product, end_use], "most": TECHNOLOGIES_AT_AN_END_USE_MAX}
        message = Message("tables.end_use_too_large", where=_at(draft, product, end_use), **counts)
        draft.findings["applicability"].add(message, row, "end_use")


def intensity_factors_are_there(draft: Draft) -> None:
    """A sector that makes something in a province has an intensity factor there."""
    factor, output = draft.grids["intensity_factor"], draft.grids["output"]
    sectors = draft.labels["sector"]
    sector_of = draft.attribute("products", "sector")
    made: set[tuple[int, int]] = set()
    for product, province in np.argwhere(output.row > 0):
        if sector_of[product] in sectors:
            made.add((int(province), sectors.index(sector_of[product])))
    for province, sector in sorted(made):
        if not factor.row[province, sector]:
            where = {"sector": sectors[sector], "province": draft.labels["province"][province]}
            near = int(factor.row[province].max())
            draft.findings["province_sector_values"].add(Message("tables.no_factor", **where), near, "variable")


def potentials_are_of_supply(draft: Draft) -> None:
    """Only supply technologies have a potential, each in one pool."""
    sheet, findings = draft.sheets["supply_potential"], draft.findings["supply_potential"]
    pools: dict[str, str] = {}
    level = dict(zip(draft.labels["technology"], draft.level, strict=True))
    columns = (sheet.columns["technology"], sheet.columns["pool"], sheet.row, sheet.sound)
    told: set[str] = set()
    for technology, pool, row, sound in zip(*columns, strict=True):
        if not sound or technology in told:
            continue
        first = pools.setdefault(technology, pool)
        if pool != first:
            findings.add(Message("tables.two_pools", label=technology, first=first, pool=pool), int(row), "pool")
        if level.get(technology) in ("end_use", "site"):
            message = Message("tables.no_supply", label=technology, level=level[technology])
            findings.add(message, int(row), "technology")
            told.add(technology)


def _at(draft: Draft, product: int, end_use: int) -> Message:
    return Message("tables.at", product=draft.labels["product"][product], end_use=draft.labels["end_use"][end_use])


def _place(draft: Draft, place: Iterable[int]) -> str:
    dims = ("technology", "product", "end_use")
    return " / ".join(draft.labels[dim][index] for dim, index in zip(dims, place, strict=True))


CHECKS: dict[Callable[[Draft], None], tuple[str, ...]] = {
    nothing_is_missing: (),
    end_use_shares_sum_to_one: ("end_use_shares",),
    output_sums_to_national: ("output", "product_values"),
    applicability_is_whole: ("applicability",),
    applicability_fits: ("applicability", "technologies", "end_use_shares"),
    penetration_grows: ("applicability",),
    groups_fit: ("applicability", "technologies"),
    end_uses_stay_small: ("applicability", "technologies"),
    intensity_factors_are_there: ("province_sector_values", "output", "products"),
    potentials_are_of_supply: ("supply_potential", "technologies"),
    **OPTIONAL_CHECKS,
}
