"""What the Runs page shows: stores below one folder, one of them opened, sliced and told as plain numbers.

Only stores directly or one level below the configured folder are offered, and only what is offered is opened.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from scipy.stats import rankdata

import waterplan
from waterplan.base.errors import WaterplanError
from waterplan.base.vocabulary import terms

from .kept import Kept

log = logging.getLogger("waterplan.dashboard")

MARK = ".zattrs"
STORES_MAX, POINTS_MAX, BARS, OPEN_MAX, LISTED, ROWS = 200, 1500, 24, 8, 40, 12
RANKED_MAX = 2000
SPREAD = (0.05, 0.25, 0.5, 0.75, 0.95)
FIRST = "annual_cost"
HEADLINE = (FIRST, "shadow_price", "saving", "total_investment", "total_planned_withdrawal", "total_carbon_dioxide")


@dataclass
class Stores:
    """The stores below a folder; those opened last stay open. Safe between threads."""

    folder: Path | None
    _open: Kept = field(default_factory=lambda: Kept(OPEN_MAX))

    def names(self) -> list[str]:
        """Paths of the stores below the folder, newest first."""
        if self.folder is None or not self.folder.is_dir():
            return []
        found = [path.parent for depth in ("*", "*/*") for path in self.folder.glob(f"{depth}/{MARK}")]
        inside = [path for path in found if path.resolve().is_relative_to(self.folder.resolve())]
        inside = [path for path in inside if _is_store(path)]
        inside.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        return [path.relative_to(self.folder).as_posix() for path in inside[:STORES_MAX]]

    def open(self, name: str, offered: Sequence[str] | None = None) -> xr.Dataset | None:
        """The runs of a store that is offered; None for any other name. offered: :meth:`names`, where known."""
        if self.folder is None or name not in (self.names() if offered is None else offered):
            return None
        path = self.folder / name
        key = f"{name}:{path.stat().st_mtime_ns}:{len(list((path / 'done').glob('*')))}"
        found: xr.Dataset = self._open.of(key, lambda: waterplan.open_runs(path))
        return found


def _is_store(path: Path) -> bool:
    try:
        if (path / MARK).is_symlink() or not (path / MARK).is_file():  # a pipe would be waited for
            return False
        with (path / MARK).open("rb") as stream:
            return b'"waterplan_runs"' in stream.read(100_000)
    except OSError:
        return False


def view(stores: Stores, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows; of what went wrong the key of its words.

    wanted: store, figure, across (what it is drawn against), at (lever -> place).
    """
    names = stores.names()
    found: dict[str, Any] = {"stores": names, "folder": stores.folder is not None, "store": "", "fault": ""}
    name = str(wanted.get("store") or (names[0] if names else ""))
    try:
        runs = stores.open(name, names)
        if runs is None or stores.folder is None:
            return found
        found |= {"store": name, **_told(runs, wanted)}
        found["robust"] = _robust(stores.folder / name, runs)
    except (WaterplanError, OSError, ValueError, KeyError) as error:  # its words are for the operator
        log.error("a store cannot be read", exc_info=error)
        found |= {"store": name, "fault": "runs_unreadable" if isinstance(error, OSError) else "runs_damaged"}
    return found


def figures(runs: xr.Dataset) -> list[str]:
    """Single figures of a run, by name, the annual cost first."""
    levers = set(map(str, lever_dims(runs)))
    names = [str(name) for name, one in runs.data_vars.items() if one.dtype.kind == "f" and set(one.dims) <= levers]
    return sorted((name for name in names if name in terms()), key=lambda name: (name != FIRST,))


def lever_dims(runs: xr.Dataset) -> tuple[str, ...]:
    """Dimensions along which there are runs."""
    return tuple(map(str, runs["state"].dims))


def inputs(runs: xr.Dataset) -> list[str]:
    """What distinguishes the runs: levers of a grid or of a sample."""
    dims = lever_dims(runs)
    plain = [name for name in dims if name != "run"]
    drawn = [
        str(name)
        for name, one in runs.coords.items()
        if one.dims == ("run",) and one.dtype.kind in "fi" and name not in ("run", "base")
    ]
    return [*plain, *drawn]


def factors(runs: xr.Dataset, figure: str) -> list[str]:
    """Groups of the study's figures that a sample draws, those first whose ranks go most with the figure's."""
    if "factor" not in runs.coords or runs["factor"].dims != ("run", "group"):
        return []
    cut = runs.isel(run=slice(0, RANKED_MAX))
    good = np.flatnonzero((cut["state"].values == "optimal") & np.isfinite(cut[figure].values))
    if len(good) < 3:
        return [f"factor:{label}" for label in runs["group"].values[:LISTED]]
    drawn = rankdata(cut["factor"].values[good], axis=0)
    value = rankdata(cut[figure].values[good])
    drawn, value = drawn - drawn.mean(axis=0), value - value.mean()
    size = np.sqrt((drawn**2).sum(axis=0) * (value**2).sum())
    order = np.argsort(-np.abs(value @ drawn) / np.where(size > 0, size, np.inf), kind="stable")
    return [f"factor:{label}" for label in runs["group"].values[order[:LISTED]]]


def _told(runs: xr.Dataset, wanted: Mapping[str, Any]) -> dict[str, Any]:
    names = figures(runs)
    figure = str(wanted.get("figure")) if wanted.get("figure") in names else names[0]
    across = [*inputs(runs), *factors(runs, figure)]
    chosen = str(wanted.get("across")) if wanted.get("across") in across else (across[0] if across else "")
    states = runs["state"].values.ravel()
    kinds, counts = np.unique(states, return_counts=True)
    at = _places(runs, wanted.get("at"), chosen)
    return {
        "title": str(runs.attrs.get("title", ""))[:300],
        "count": int(states.size),
        "states": dict(zip(map(str, kinds), counts.tolist(), strict=True)),
        "reasons": _reasons(runs),
        "figures": [[name, terms()[name].unit] for name in names],
        "inputs": across,
        "figure": figure,
        "across": chosen,
        "at": at,
        "fixed": {dim: _plain(runs[dim].values) for dim in lever_dims(runs) if dim not in ("run", chosen)},
        "headline": [[name, terms()[name].unit, *_points(_of(runs, name))] for name in HEADLINE if name in names],
        "bars": _bars(_of(runs, figure)),
        "cloud": _cloud(runs, figure, chosen, at),
    }


def _of(runs: xr.Dataset, name: str) -> np.ndarray:
    """A figure of the runs that have a plan."""
    values = runs[name].where(runs["state"] == "optimal").values.ravel()
    return np.asarray(values[np.isfinite(values)], dtype=float)


def _points(values: np.ndarray) -> list[float | None]:
    return [float(point) for point in np.quantile(values, SPREAD)] if len(values) else [None] * len(SPREAD)


def _bars(values: np.ndarray) -> dict[str, list[float]]:
    """How many runs are where, in steps of equal width."""
    if not len(values):
        return {"edge": [], "count": []}
    count, edge = np.histogram(values, bins=min(BARS, max(len(np.unique(values)), 1)))
    return {"edge": edge.tolist(), "count": count.tolist()}


def _places(runs: xr.Dataset, asked: Any, chosen: str) -> dict[str, int]:
    """Where along the other dimensions of a grid the slice is."""
    asked = asked if isinstance(asked, Mapping) else {}
    others = [dim for dim in lever_dims(runs) if dim not in ("run", chosen)]
    return {dim: min(max(_whole(asked.get(dim)), 0), runs.sizes[dim] - 1) for dim in others}


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and abs(value) < 1e9 else 0


def _cloud(runs: xr.Dataset, figure: str, across: str, at: Mapping[str, int]) -> dict[str, Any]:
    """The figure against what is varied: at most some points, evenly taken; runs without a plan are null."""
    if not across:
        return {"x": [], "y": [], "line": False}
    cut = runs.isel({dim: place for dim, place in at.items() if dim in runs.dims})
    value = cut[figure].where(cut["state"] == "optimal")
    drawn = across not in lever_dims(runs)
    x = cut["factor"].sel(group=across.removeprefix("factor:")) if across.startswith("factor:") else cut[across]
    x_values, y_values = x.values, np.asarray(value.values, dtype=float)
    if drawn or "run" in value.dims:
        y_values, x_values = (
            np.broadcast_arrays(y_values, x_values) if y_values.ndim == 1 else (y_values.ravel(), x_values)
        )
    step = max(1, -(-len(x_values) // POINTS_MAX))
    return {"x": _plain(x_values[::step]), "y": _plain(y_values[::step]), "line": not drawn}


def _reasons(runs: xr.Dataset) -> list[list[Any]]:
    """Why runs have no plan: each reason once, with how many have it, most first."""
    lost = runs["reason"].values.ravel()[~np.isin(runs["state"].values.ravel(), ["optimal", "same", "missing"])]
    kinds, counts = np.unique(lost.astype(str), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:5]
    return [[str(kinds[n])[:200], int(counts[n])] for n in order]


def _robust(path: Path, runs: xr.Dataset) -> dict[str, Any] | None:
    """Robust answers where ``waterplan robust`` made the store."""
    try:
        answers = waterplan.open_answers(path)
    except WaterplanError:
        return None
    target, probability = float(answers.attrs["target"]), float(answers.attrs["probability"])
    share = waterplan.reach(answers).values
    order = np.argsort(-answers["used_share"].values, kind="stable")
    rows = answers.isel(row=slice(0, ROWS))
    return {
        "target": target,
        "probability": probability,
        "aim": _plain(answers["aim"].values),
        "cost": _plain(answers["plan_cost"].values),
        "reach": _plain(share),
        "secure": waterplan.first_secure(share, probability),
        "technologies": [
            [str(answers["technology"].values[n]), str(answers["technology_class"].values[n]),
             float(answers["used_share"].values[n]), _plain(answers["saving_quantile"].values[:, n])]
            for n in order.tolist() if answers["technology_class"].values[n] != "never"
        ],
        "never": int((answers["technology_class"].values == "never").sum()),
        "rows": [
            {name: _cell(rows[f"row_{name}"].values[n]) for name in
             ("name", "labels", "basis", "source", "low", "high", "cost_at_low", "cost_at_high")}
            for n in range(rows.sizes["row"])
        ],
        "runs": int(runs["state"].size),
    }  # fmt: skip


def _plain(values: Any) -> list[Any]:
    return [_cell(value) for value in np.asarray(values).tolist()]


def _cell(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(f"{value:.7g}") if np.isfinite(value) else None
    return value if isinstance(value, int | bool | str) else str(value)
