"""Sheets of the workbook: the lines of withdrawal in all, by sector and by province."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term
from waterplan.planning.model.flows import Array
from waterplan.planning.plan.files.sheet_columns import Column
from waterplan.planning.plan.lines import FROZEN, MARKET, PLANNED, STATED, TURNOVER, Lines


def lines_in_all(lines: Lines, language: str) -> list[Column]:
    """A row for each line: withdrawal, what it saves against the line it follows, cut per value added, consumption."""
    say = Texts("workbook", language)
    follows = {TURNOVER: FROZEN, MARKET: TURNOVER, PLANNED: lines.baseline}
    told = lines.told
    saved = [lines.total(follows[name]) - lines.total(name) if name in follows else np.nan for name in told]
    spent = {TURNOVER: 0.0, MARKET: lines.market_consumption, PLANNED: lines.consumption}
    if np.isnan(lines.market_consumption):
        spent[TURNOVER] = np.nan
    return [
        Column(say("line"), [term(STATED[name]).label(language) for name in told]),
        Column(_with_unit(say, "withdrawal"), [lines.total(name) for name in told], "volume"),
        Column(say("line_follows"), [_follows(follows, name, language) for name in told]),
        Column(_with_unit(say, "line_saving"), saved, "volume"),
        Column(_with_unit(say, "line_consumption"), [spent.get(name, np.nan) for name in told], "volume"),
        Column(say("line_cut"), [lines.value_added_cut(name) for name in told], "share"),
    ]


def lines_by_place(lines: Lines, names: Mapping[str, Mapping[str, str]], language: str) -> list[Column]:
    """A row for each sector and each province: its withdrawal along each line, and what turnover, enterprises
    themselves and the programme save there."""
    say = Texts("workbook", language)
    labels = [("sector", one) for one in lines.sectors] + [("province", one) for one in lines.provinces]
    table = {name: np.concatenate([lines.by_sector(name), lines.by_province(name)]) for name in lines.told}
    savings: dict[str, Array] = {}
    if TURNOVER in table:
        savings["turnover_saving"] = table[FROZEN] - table[TURNOVER]
    if MARKET in table and TURNOVER in table:
        savings["market_saving"] = table[TURNOVER] - table[MARKET]
    savings["programme_saving"] = table[lines.baseline] - table[PLANNED]
    return [
        Column(say("line_place"), [term(dim).label(language) for dim, _ in labels]),
        Column(say("key"), [one for _, one in labels]),
        Column(say("name"), [names[dim][one] for dim, one in labels]),
        *(Column(f"{term(STATED[name]).label(language)} [{say('hm3/a')}]", table[name], "volume") for name in table),
        *(Column(_with_unit(say, name), volumes, "volume") for name, volumes in savings.items()),
    ]


def _follows(follows: Mapping[str, str], name: str, language: str) -> str:
    return term(STATED[follows[name]]).label(language) if name in follows else ""


def _with_unit(say: Texts, key: str) -> str:
    return f"{say(key)} [{say('hm3/a')}]"
