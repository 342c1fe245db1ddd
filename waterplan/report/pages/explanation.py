"""Why the plan is as it is, in words: one technology sector by sector, or the plan as a whole; English or Chinese."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from waterplan.base.texts import Texts
from waterplan.planning.explain.causes import saving, told_cause
from waterplan.planning.explain.overview import Overview
from waterplan.planning.plan.result import Result
from waterplan.report.pages.layout import NOTHING, number, paragraph, percent, titled

DIGITS, DECIMALS_MAX = 4, 4
NAMED, NAMED_FREE, MOVED = 4, 6, 0.005
FOLLOWING_COLUMNS, FREEDOM_COLUMNS = (33, 14, 6, 8, 17, 10), (44, 9, 9, 9, 10)
SHARES = ("sector_floor", "province_floor", "technology_floor", "technology_cap")
NAMED_BY = {"sector_floor": "sector", "province_floor": "province", "pool": "pool"}

Row = Mapping[str, Any]


def figure(value: float, sign: bool = False) -> str:
    """A number in at most four digits, though none before the point is dropped.

    >>> figure(2031.3962), figure(0.18162), figure(72.7), figure(10345.7), figure(float("nan"))
    ('2,031', '0.1816', '72.7', '10,346', '-')
    """
    if not math.isfinite(value):
        return NOTHING
    before = math.floor(math.log10(abs(value))) + 1 if value else 1
    told = number(value, min(max(DIGITS - max(before, 0), 0), DECIMALS_MAX), sign)
    return told.rstrip("0").rstrip(".") if "." in told else told


def ends(low: float, high: float) -> tuple[str, str]:
    """Both ends of a range, with so many digits that its length can be read.

    >>> ends(4499.5089, 4500.0713), ends(1988.8108, 2031.3962), ends(60.0, 60.0)
    (('4,499.51', '4,500.07'), ('1,989', '2,031'), ('60', '60'))
    """
    length = high - low
    wanted = 1 - math.floor(math.log10(length)) if length > 0 else 0
    told = []
    for value in (low, high):
        before = math.floor(math.log10(abs(value))) + 1 if value else 1
        longer = wanted > DIGITS - max(before, 0)
        told.append(number(value, min(wanted, DECIMALS_MAX)) if longer else figure(value))
    return told[0], told[1]


@dataclass(frozen=True)
class Pages:
    """A plan and the language in which it is explained."""

    result: Result
    say: Texts

    @classmethod
    def of(cls, result: Result, language: str = "en") -> Pages:
        """The pages of a plan in a language."""
        return cls(result, Texts("explain", language))

    def name(self, dim: str, label: str) -> str:
        """What a sector, province or technology is called; a pool by its technologies."""
        study = self.result.instance.study
        if dim == "pool":
            members = study.values["technology"].to_series()[study.values["pool"].values == label]
            return " / ".join(self.name("technology", str(one)) for one in members)
        catalogue = {"sector": study.sectors, "province": study.provinces, "technology": study.technologies}[dim]
        return str(catalogue.loc[label, f"name_{self.say.language}"]) or label

    def head(self) -> list[str]:
        """Which plan is explained, its target and its price."""
        i, price = self.result.instance, self.result.duals.shadow_price
        title = i.scenario.headline(self.say.language) or i.study.title_in(self.say.language)
        target = (
            self.say("target", target=figure(i.levers.saving_target), price=figure(price))
            if price > 0
            else self.say("no_target", counted=figure(self.result.ledger.counted_saving))
        )
        return [*paragraph(title, indent=""), *paragraph(target, indent="")]

    def together(self, sentences: Iterable[str]) -> str:
        """Sentences one after the other."""
        return ("" if self.say.language == "zh" else " ").join(sentence for sentence in sentences if sentence)

    def amounts(self, table: pd.DataFrame, column: str, count: int, sign: bool = False) -> str:
        """Technologies with what stands in a column, the first few by name."""
        first, others = table.head(count), table.iloc[count:]
        told = [
            self.say("amount", name=self.name("technology", label), figure=figure(value, sign))
            for label, value in zip(first["technology"], first[column], strict=True)
        ]
        if len(others):
            told.append(self.say("more_names", count=len(others), figure=figure(float(others[column].sum()), sign)))
        return self.say("and").join(told)


def technology_page(result: Result, causes: pd.DataFrame, language: str = "en") -> str:
    """One technology, sector by sector: in or out, why, and what would turn it.

    causes: of :func:`waterplan.planning.explain.causes.causes`.
    """
    pages = Pages.of(result, language)
    say, study = pages.say, result.instance.study
    label = str(causes["technology"].iloc[0] if len(causes) else causes.attrs["technology"])
    saved = float(saving(result)[result.instance.structure.technologies.index(label)])
    capacity, largest = float(causes["capacity"].sum()), float(causes["largest"].sum())
    key = "technology_full" if largest <= 0 else "technology_in" if capacity > 0 else "technology_out"
    key = key if len(causes) else "technology_nowhere"
    whole = say(key, capacity=figure(capacity), largest=figure(largest), saving=figure(saved))
    level = Texts("page", language)(f"level_{study.technologies['level'][label]!s}")
    lines = [
        *pages.head(),
        "",
        *paragraph(say("technology", name=pages.name("technology", label), label=label, level=level), indent=""),
        *paragraph(whole, indent=""),
        "",
    ]
    for heads, told in _grouped(pages, causes):
        lines += [*(line for head in heads for line in paragraph(head, indent="")), *paragraph(told)]
    return "\n".join([*lines, "", *paragraph(say("found_how"), indent="")])


def technology_sentences(result: Result, causes: pd.DataFrame, language: str = "en") -> list[tuple[list[str], str]]:
    """What :func:`technology_page` tells, unwrapped: states of sectors, and what holds for all of them."""
    return _grouped(Pages.of(result, language), causes)


def _rows(table: pd.DataFrame) -> list[Row]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _grouped(pages: Pages, causes: pd.DataFrame) -> list[tuple[list[str], str]]:
    """States of sectors of which the same is to be told, and what that is."""
    found: list[tuple[list[str], str]] = []
    for row in _rows(causes):
        head, *rest = sector_sentences(pages, row)
        told = pages.together(rest)
        if found and found[-1][1] == told:
            found[-1][0].append(head)
        else:
            found.append(([head], told))
    return found


def sector_sentences(pages: Pages, row: Row) -> list[str]:
    """The sentences of one sector: its state, the cause, and what would turn it."""
    say, amounts = pages.say, {name: figure(float(row[name])) for name in ("capacity", "largest")}
    told = [say(f"state_{row['state']}", sector=pages.name("sector", str(row["sector"])), **amounts)]
    told.append(_cause(pages, row))
    if row["rest"]:
        told.append(say(f"rest_{row['rest']}"))
    if row["state"] in ("in", "partly"):
        told.append(_leaving(say, row))
    elif row["state"] == "out" and row["cause"] != "cap":
        told += [_entering(say, row), _entering_by_target(say, row)]
    return told


def _cause(pages: Pages, row: Row) -> str:
    s, duals = pages.result.instance.structure, pages.result.duals
    floor_price = float(duals.technology_floor[s.technologies.index(str(row["technology"]))])
    rival = pages.name("technology", str(row["rival"])) if row["rival"] else ""
    return pages.say(f"cause_{told_cause(str(row['cause']), duals)}", floor_price=figure(floor_price), rival=rival)


def _entering(say: Texts, row: Row) -> str:
    below, investment, enters = (float(row[key]) for key in ("enters_below", "investment", "enters_investment"))
    if math.isnan(below):
        return say("enters_by_no_cost")
    key = "not_by_gift" if math.isnan(enters) else "enters_by_investment"
    end = say(key, investment=figure(investment), enters=figure(enters)) if investment > 0 else say("full_stop")
    return say("enters_by_cost", below=figure(below)) + end


def _entering_by_target(say: Texts, row: Row) -> str:
    target = float(row["enters_at_target"])
    if math.isnan(target):
        return say("enters_by_no_target")
    return say("enters_by_target", price=figure(float(row["enters_at_price"])), target=figure(target))


def _leaving(say: Texts, row: Row) -> str:
    above, investment, leaves = (float(row[key]) for key in ("leaves_above", "investment", "leaves_investment"))
    if math.isnan(above):
        return say("leaves_never")
    if math.isnan(leaves) or investment <= 0:
        return say("leaves_by_cost", above=figure(above)) + say("full_stop")
    end = say("leaves_by_investment", leaves=figure(leaves), investment=figure(investment))
    return say("leaves_by_cost", above=figure(above)) + end


def overview_page(result: Result, overview: Overview, language: str = "en") -> str:
    """The plan as a whole: what is in for nothing, the margin, what comes next, what binds, what is forced and free."""
    pages = Pages.of(result, language)
    blocks = [
        pages.head(),
        [pages.say("free"), *paragraph(_free(pages, overview))],
        [pages.say("margin"), *_margin(pages, overview)],
        _following(pages, overview.following),
        [pages.say("limits"), *_limits(pages, overview.limits)],
    ]
    if overview.freedom is not None:
        blocks.append(_freedom(pages, overview.freedom, overview.tolerance))
    return "\n\n".join("\n".join(block) for block in blocks)


def _free(pages: Pages, overview: Overview) -> str:
    if math.isnan(overview.free_cost):
        return pages.say("free_impossible")
    if overview.free.empty:
        return pages.say("free_none")
    return pages.say(
        "free_some",
        count=len(overview.free),
        saving=figure(float(overview.free["saving"].sum())),
        gain=figure(-overview.free_cost),
        names=pages.amounts(overview.free, "saving", NAMED_FREE),
    )


def _margin(pages: Pages, overview: Overview) -> list[str]:
    lines = []
    for key, sign in (("higher", 1.0), ("lower", -1.0)):
        moved = overview.margin.assign(moved=sign * overview.margin[key])
        size = moved["moved"].abs()
        moved = moved[size > MOVED * size.max()].sort_values("moved", key=lambda one: -one.abs(), kind="stable")
        if len(moved):
            lines += paragraph(pages.say(f"margin_{key}", names=pages.amounts(moved, "moved", NAMED, sign=True)))
    return lines or paragraph(pages.say("margin_none"))


def _following(pages: Pages, table: pd.DataFrame) -> list[str]:
    say = pages.say
    if table.empty:
        return [say("following"), *paragraph(say("following_none"))]
    head = [f"following_{key}" for key in ("sector", "price", "cost", "investment", "added")]
    rows = []
    for row in _rows(table):
        investment, enters = figure(row["investment"]), figure(row["enters_investment"])
        key = "following_gift" if math.isnan(row["enters_investment"]) else "following_from_to"
        rows.append(
            [
                pages.name("technology", row["technology"]),
                pages.name("sector", row["sector"]),
                number(row["enters_at_price"], 2),
                number(-row["enters_below"], 2, sign=True),
                say(key, investment=investment, enters=enters),
                figure(row["largest"]),
            ]
        )
    lines = titled(["", *(say(key) for key in head)], rows, FOLLOWING_COLUMNS, texts=2)
    return [say("following"), *lines, *paragraph(say("following_units"))]


def _limits(pages: Pages, limits: pd.DataFrame) -> list[str]:
    if limits.empty:
        return paragraph(pages.say("limits_none"))
    ranged = limits["holds_from"].notna()
    shown = limits[ranged] if ranged.any() else limits.head(NAMED)
    lines = [line for row in _rows(shown) for line in paragraph(limit_sentences(pages, row))]
    left = len(limits) - len(shown)
    return lines + (paragraph(pages.say("limits_more", count=left)) if left else [])


def limit_sentences(pages: Pages, row: Row) -> str:
    """One binding limit: its bound and price, and the range within which the price holds."""
    say, kind = pages.say, str(row["kind"])
    names = {
        "name": pages.name(NAMED_BY.get(kind, "technology"), str(row["label"])) if row["label"] else "",
        "province": pages.name("province", str(row["province"])) if row["province"] else "",
    }
    value = percent(float(row["value"]))
    told = [say(f"limit_{kind}", **names, value=value, bound=figure(row["bound"]), price=figure(row["price"]))]
    if not math.isnan(float(row["exact_from"])):
        low, high = ends(float(row["exact_from"]), float(row["exact_to"]))
        told.append(say("limit_exact", low=low, high=high))
    if not math.isnan(float(row["holds_from"])):
        whys = {f"end_{name}": say(f"ends_{row[f'ends_{side}']}") for name, side in (("low", "from"), ("high", "to"))}
        prices = {"price_low": figure(row["price_from"]), "price_high": figure(row["price_to"])}
        low, high = _range_told(kind, row)
        told.append(say("limit_holds", low=low, high=high, **prices, **whys))
    return pages.together(told)


def _range_told(kind: str, row: Row) -> tuple[str, str]:
    """The ends of a limit's range: of shares in per cent, of pools as water, of others as the lever is written."""
    measure, scale = ("bound", 1.0) if kind == "pool" else ("holds", 100.0 if kind in SHARES else 1.0)
    low, high = ends(scale * float(row[f"{measure}_from"]), scale * float(row[f"{measure}_to"]))
    return (f"{low} %", f"{high} %") if kind in SHARES else (low, high)


def _freedom(pages: Pages, table: pd.DataFrame, tolerance: float) -> list[str]:
    say = pages.say
    rows = [
        [
            pages.name(str(row["kind"]), str(row["label"])),
            *(figure(row[key]) for key in ("planned", "least", "most")),
            say(f"verdict_{row['verdict']}"),
        ]
        for row in _rows(table)
    ]
    head = ["", *(say(f"freedom_{key}") for key in ("planned", "least", "most")), ""]
    title = say("freedom", tolerance=percent(tolerance))
    return [title, *titled(head, rows, FREEDOM_COLUMNS), *paragraph(say("freedom_how"))]
