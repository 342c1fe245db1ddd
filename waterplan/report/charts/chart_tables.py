"""The tables behind the charts: what is drawn, in the units of the language."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base import palette
from waterplan.planning.curve import drawn_points
from waterplan.planning.plan.dataset import unit_of
from waterplan.planning.plan.plan import Plan
from waterplan.report.charts.chart_words import Words

DRAWN = 300  # steps of a curve over its width and over its height: more cannot be seen
USED = 1e-6  # of the whole volume of the study; smaller savings are rounding
LEAST_SHADE = 0.12  # of a province that saves anything


def curve_steps(curve: xr.Dataset, factor: float = 1.0) -> pd.DataFrame:
    """The corners of the curve: up to each point its own price holds; saving (times ``factor``) and price [CNY/m3]."""
    target, price = curve["counted_saving"].values * factor, curve["shadow_price"].values
    kept = drawn_points(target, price, DRAWN)
    target, price = np.append(0.0, target[kept]), np.append(price[kept][0], price[kept])
    corners = np.repeat(price[1:], 2)
    return pd.DataFrame({"saving": np.column_stack([target[:-1], target[1:]]).ravel(), "price": corners})


def sectors(plan: Plan, words: Words) -> pd.DataFrame:
    """A row for each sector, the first at the top: saving by level, savings up to each level, reference withdrawal."""
    d = plan.dataset
    choice, branch = d["saving_by_choice"].sum("province").values, d["product_sector"].values
    level = d["technology_level"].values
    labels = [str(label) for label in d["sector"].values]
    colours = palette.sector_colours(labels)
    whole = np.nansum(d["reference_withdrawal"].values, axis=1)
    factor, _ = words.unit("hm3/a", float(whole.sum()))
    frame = pd.DataFrame({"sector": labels, "name": [words.name("sector", label) for label in labels]})
    reference = np.array([whole[branch == label].sum() for label in labels])
    frame["reference"] = reference * factor
    up_to = np.zeros(len(labels))
    for one, depth in palette.LEVELS.items():
        saved = np.array([choice[level == one][:, branch == label].sum() for label in labels])
        up_to = up_to + saved
        frame[one], frame[f"up_to_{one}"] = saved * factor, up_to * factor
        frame[f"colour_{one}"] = [palette.blend(colours[label], depth) for label in labels]
    shares = up_to / np.maximum(reference, USED * unit_of(d))
    frame["text"] = [
        f"{words.amount('hm3/a', saved)} · {words.amount('share', share, 1)}"
        for saved, share in zip(up_to, shares, strict=True)
    ]
    return frame.iloc[::-1].reset_index(drop=True)


def provinces(plan: Plan, words: Words) -> pd.DataFrame:
    """A row for each province: place of its tile, saving, share of its own reference withdrawal, what the tile says."""
    d, places = plan.dataset, plan.study.provinces
    saving = d["saving_by_province"].values
    reference = np.nansum(d["reference_withdrawal"].values, axis=0)
    used = USED * unit_of(d)
    share = np.where(saving > used, saving / np.maximum(reference, used), 0.0)
    labels = [str(label) for label in d["province"].values]
    factor, _ = words.unit("hm3/a", float(saving.max()))
    frame = pd.DataFrame({"province": labels, "share": share, "depth": depths(share), "saving": saving * factor})
    frame["column"] = places.loc[labels, "tile_col"].astype(float).to_numpy()
    frame["row"] = -places.loc[labels, "tile_row"].astype(float).to_numpy()
    frame["name"] = [words.name("province", label) for label in labels]
    of_saving = saving / max(float(saving.sum()), used)
    of_withdrawal = reference / max(float(reference.sum()), used)
    frame["of_saving"], frame["of_withdrawal"] = of_saving, of_withdrawal
    frame["shares"] = [
        f"{words.percent(one)} | {words.percent(other)}" for one, other in zip(of_saving, of_withdrawal, strict=True)
    ]
    frame["text"] = [
        f"{name}\n{words.number('hm3/a', saved)}\n{shares}"
        for name, saved, shares in zip(frame["name"], saving, frame["shares"], strict=True)
    ]
    return frame


def depths(share: np.ndarray) -> np.ndarray:
    """How deep tiles are shaded: 0 where nothing is saved, then from the least share to the largest.

    >>> depths(np.array([0.0, 0.05, 0.1])).tolist()
    [0.0, 0.12, 1.0]
    """
    used = share[share > 0]
    least, most = (float(used.min()), float(used.max())) if len(used) else (0.0, 0.0)
    if most <= least * 1.001:
        return np.where(share > 0, 0.6, 0.0)
    return np.where(share > 0, LEAST_SHADE + (1 - LEAST_SHADE) * (share - least) / (most - least), 0.0)


def technologies(plan: Plan, words: Words, count: int) -> pd.DataFrame:
    """A row for each of the technologies that save most, the first at the top: saving, levelised cost, colour."""
    d = plan.dataset
    saving, cost = d["saving_by_technology"].values, d["levelised_cost"].values
    first = [n for n in np.argsort(-saving, kind="stable")[:count] if saving[n] > USED * unit_of(d)]
    labels = [str(d["technology"].values[n]) for n in first]
    factor, _ = words.unit("hm3/a", float(saving.max()))
    levels = [str(d["technology_level"].values[n]) for n in first]
    frame = pd.DataFrame({"technology": labels, "saved": saving[first], "saving": saving[first] * factor})
    frame["levelised_cost"], frame["level"] = cost[first], levels
    frame["name"] = [words.name("technology", label) for label in labels]
    frame["colour"] = [palette.blend(palette.ACCENT, palette.LEVELS[level]) for level in levels]
    frame["text"] = [
        f" {words.amount('hm3/a', saved)} · {words.amount('CNY/m3', price)}"
        for saved, price in zip(saving[first], cost[first], strict=True)
    ]
    return frame.iloc[::-1].reset_index(drop=True)
