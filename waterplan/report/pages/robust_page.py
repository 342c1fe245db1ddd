"""What holds in a sample of the study's figures, as plain text in either language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term, terms
from waterplan.planning.uncertainty.figures_to_check import weight_by
from waterplan.planning.uncertainty.robust import SHORTFALL_PRICE, Robust
from waterplan.planning.uncertainty.technology_use import CLASSES, POINTS
from waterplan.report.pages.explanation import figure
from waterplan.report.pages.layout import paragraph, percent, titled
from waterplan.study.study import Study

SHOWN, SHARES_SHOWN = 12, 4
SPREAD = ("annual_cost", "shadow_price", "saving")
SPREAD_COLUMNS, TECHNOLOGY_COLUMNS = (50, 14, 14, 14), (44, 9, 12, 12, 12)
ROW_COLUMNS, INDEX_COLUMNS = (54, 14, 11, 9, 9), (56, 10, 10, 10)


def robust_page(found: Robust, language: str = "en") -> str:
    """The answers for one scenario on a page or two."""
    say = Texts("robust", language)
    scenario = found.result.instance.scenario
    blocks = [
        [*paragraph(scenario.headline(language) or scenario.title, indent=""), *paragraph(_sample(found, say), "")],
        _spread(found, say),
        _target(found, say),
        *_technologies(found, say),
        _rows(found, say),
        *([_indices(found.indices, say)] if found.indices is not None else []),
        paragraph(say("store", path=found.store), indent=""),
    ]
    return "\n\n".join("\n".join(block) for block in blocks)


def quantiles(values: xr.DataArray, runs: xr.Dataset) -> list[float]:
    """Where 5, 50 and 95 % of the runs with a plan are."""
    return [float(point) for point in values.where(runs["state"] == "optimal").compute().quantile(list(POINTS))]


def _sample(found: Robust, say: Texts) -> str:
    state = found.runs["state"].values
    planned = int((state == "optimal").sum())
    together = say(f"together_{found.together}")
    target = figure(found.target)
    return say("sample", runs=len(state), planned=planned, lost=len(state) - planned, together=together, target=target)


def _spread(found: Robust, say: Texts) -> list[str]:
    rows = []
    for name in SPREAD:
        item = term(name)
        rows.append(
            [
                f"{item.label(say.language)} [{item.unit}]",
                *(figure(point) for point in quantiles(found.runs[name], found.runs)),
            ]
        )
    return titled([say("spread"), *_points(say)], rows, SPREAD_COLUMNS)


def _points(say: Texts) -> list[str]:
    return [say("low"), say("middle"), say("high")]


def _target(found: Robust, say: Texts) -> list[str]:
    answers, probability = found.answers, percent(found.probability, 0)
    saving, aim, cost = (answers[name].values for name in ("carried_saving", "aim", "plan_cost"))
    low, middle, high = np.quantile(saving[0], POINTS).tolist()
    told = [say("chance", chance=percent(found.chance), low=figure(low), middle=figure(middle), high=figure(high))]
    if found.secure is None:
        told.append(say("secure_none", probability=probability, aim=figure(aim[-1]), reach=_reach(found, -1)))
    elif found.secure == 0:
        told.append(say("secure_already", probability=probability))
    else:
        n = found.secure
        figures = {
            "aim": figure(aim[n]),
            "price": figure(found.price),
            "cost": figure(cost[n]),
            "base": figure(cost[0]),
        }
        told.append(say("secure", probability=probability, reach=_reach(found, n), **figures))
    if found.least_regret is not None:
        worst, n = found.regret.max("run").values, found.least_regret
        figures = {"aim": figure(aim[n]), "least": figure(worst[n]), "own": figure(worst[0])}
        told.append(say("regret", times=figure(SHORTFALL_PRICE), **figures))
    return [line for sentence in told for line in paragraph(sentence, indent="")]


def _reach(found: Robust, candidate: int) -> str:
    return percent(float(found.reach[candidate]))


def _technologies(found: Robust, say: Texts) -> Iterable[list[str]]:
    answers, names = found.answers, found.result.instance.study.technologies[f"name_{say.language}"]
    table = pd.DataFrame(
        {
            "class": answers["technology_class"].values.astype(str),
            "share": answers["used_share"].values,
            **{say(key): answers["saving_quantile"].values[n] for n, key in enumerate(("low", "middle", "high"))},
        },
        index=answers["technology"].values.astype(str),
    )
    head = [say("used_in"), *(say("saves", point=point) for point in _points(say))]
    for kind in CLASSES[:2]:
        some = table[table["class"] == kind].sort_values([say("middle"), "share"], ascending=False, kind="stable")
        rows = [
            [str(names[str(label)]), percent(share, 0), *map(figure, points)]
            for label, share, *points in some.drop(columns="class").head(SHOWN).itertuples()
        ]
        lines = titled([say(kind), *head], rows, TECHNOLOGY_COLUMNS) if rows else [say(kind), f"  {say('none')}"]
        more = [f"  {say('more', count=len(some) - SHOWN)}"] if len(some) > SHOWN else []
        yield lines + more
    yield [say("never", count=int((table["class"] == CLASSES[2]).sum()))]


def _rows(found: Robust, say: Texts) -> list[str]:
    rows = found.rows.rename(columns=lambda name: name.removeprefix("row_"))
    names = _names(found.result.instance.study, say.language)
    records: list[Any] = list(rows.head(SHOWN).itertuples())
    first = [
        [
            _row_name(row, names, say),
            f"{figure(float(row.low))} - {figure(float(row.high))}",
            say(f"basis_{row.basis}"),
            figure(float(row.cost_at_low)),
            figure(float(row.cost_at_high)),
        ]
        for row in records
    ]
    head = [say("rows"), say("row_range"), say("row_basis"), say("at_low"), say("at_high")]
    lines = [head[0], *titled(["", *head[1:]], first, ROW_COLUMNS)]
    for key, column in (("by_basis", "basis"), ("by_source", "source"), ("by_technology", "of_technology")):
        shares = weight_by(rows, column).head(SHARES_SHOWN)
        called = (say(f"basis_{n}") if column == "basis" else names.get(str(n), str(n)) for n in shares.index)
        named = [say("share", name=n, share=percent(float(share))) for n, share in zip(called, shares, strict=True)]
        lines += paragraph(say(key, names=", ".join(named)))
    return lines


def _names(study: Study, language: str) -> dict[str, str]:
    """What all labels of a study are called."""
    catalogues = (study.technologies, study.products, study.end_uses, study.sectors, study.provinces)
    return {str(key): str(one[f"name_{language}"][key]) for one in catalogues for key in one.index}


def _row_name(row: Any, names: dict[str, str], say: Texts) -> str:
    """The figure and what it is of."""
    labels = [name for name in str(row.labels).split("/") if name]
    return " ".join([term(str(row.name)).label(say.language), " / ".join(names.get(label, label) for label in labels)])


def _indices(indices: xr.Dataset, say: Texts) -> list[str]:
    of_saving = indices.sel(outcome="carried_saving")
    order = np.argsort(-of_saving["total_order"].values, kind="stable")[:SHOWN]
    rows = [
        [
            _group_name(str(of_saving["group"].values[n]), say),
            *(f"{float(of_saving[name][n]):.3f}" for name in ("total_order", "total_interval", "first_order")),
        ]
        for n in order.tolist()
    ]
    head = ["", say("total_order"), say("interval"), say("first_order")]
    return [*paragraph(say("indices"), indent=""), *titled(head, rows, INDEX_COLUMNS)]


def _group_name(name: str, say: Texts) -> str:
    """What a drawn variable is called; the gap of penetration is told by its most."""
    known = terms().get({"penetration_gap": "penetration_max"}.get(name, name))
    return known.label(say.language) if known is not None else name
