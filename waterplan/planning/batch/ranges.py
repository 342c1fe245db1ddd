"""The study's own low to high: other values of its figures, drawn together and brought back to what must hold.

Low and high are read as 5 and 95 % points of a triangular distribution with the value as the most likely: in logit for
shares, in logarithms for what is positive; figures that touch 0 or 1 or change sign are drawn on the plain scale and
cut at the bounds of the vocabulary. What must hold:

- the gap between base-year and largest penetration is drawn, not its two ends, so both move together;
- end uses of a product sum to 1; provincial output sums to national output, which is drawn; factors of provinces leave
  a sector's withdrawal as it is;
- members of an exclusive group are installed at no more plants than there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base.messages import Message
from waterplan.base.vocabulary import Term, of_kind, term
from waterplan.planning.batch.triangular import LOGARITHM, LOGIT, PLAIN, Array, Triangular
from waterplan.study.scenario import Scenario, apply_overrides, override_range
from waterplan.study.study import Study

GAP, BASE, MAX = "penetration_gap", "penetration_base", "penetration_max"
NATIONAL = "national_output"


def sampled_inputs() -> list[str]:
    """The figures that are drawn: all inputs that a plan depends on, and national output."""
    names = [item.name for item in of_kind("input") if item.acts_on or item.name == NATIONAL]
    return [GAP if name == MAX else name for name in names]


def input_of(name: str) -> Term:
    """The input behind a drawn figure; the gap stands where the largest penetration does."""
    return term(MAX if name == GAP else name)


@dataclass(frozen=True, eq=False)
class Ranges:
    """The figures of a study (after a scenario's overrides) that have a spread.

    values: all inputs as they are. rows: one a figure: name, labels by dimension ("" where it has none), value, low,
    high, basis, source; ``cell`` is its place in the flat array of its input.
    """

    study: Study
    values: dict[str, Array]
    rows: pd.DataFrame

    @classmethod
    def of(cls, study: Study, scenario: Scenario | None = None) -> Ranges:
        """The ranges of a study, with the overrides of a scenario in them."""
        scenario = scenario or Scenario()
        low, high = override_range(study, scenario)
        value = apply_overrides(study, scenario)
        known = scenario.rows(study)
        frames = [_rows(known, name, value, low, high) for name in sampled_inputs()]
        values = {str(name): np.array(array.values, dtype=float) for name, array in value.data_vars.items()}
        return cls(study, values, pd.concat(frames, ignore_index=True))

    @cached_property
    def distribution(self) -> Triangular:
        """The distribution of each row."""
        value, low, high = (self.rows[name].to_numpy(float) for name in ("value", "low", "high"))
        return Triangular.of(value, low, high, self._scale)

    @cached_property
    def _scale(self) -> np.ndarray:
        items = {name: input_of(name) for name in self.rows["name"].unique()}
        share = self.rows["name"].map({name: item.unit == "1" and item.upper == 1 for name, item in items.items()})
        share |= self.rows["name"].isin(["saving_fraction", GAP])
        low, high = self.rows["low"].to_numpy(float), self.rows["high"].to_numpy(float)
        logit = share.to_numpy(bool) & (low > 0) & (high < 1)
        logarithm = ~share.to_numpy(bool) & (low > 0)
        return np.where(logit, LOGIT, np.where(logarithm, LOGARITHM, PLAIN))

    @cached_property
    def _bounds(self) -> tuple[Array, Array]:
        items = {name: input_of(name) for name in self.rows["name"].unique()}
        lower = self.rows["name"].map({name: item.lower for name, item in items.items()}).to_numpy(float)
        upper = self.rows["name"].map({name: item.upper for name, item in items.items()}).to_numpy(float)
        return lower, upper

    @cached_property
    def _places(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """By name: which rows, and their cells."""
        cells = self.rows["cell"].to_numpy(np.int64)
        names = self.rows["name"].to_numpy(object)
        return {str(name): (rows := np.flatnonzero(names == name), cells[rows]) for name in dict.fromkeys(names)}

    def draw(self, share: Array) -> dict[str, Array]:
        """All input values with each row at a share of its probability; NaN leaves a row at the study's value.

        share [row]: 0.05 is low, 0.95 is high. Raises ValueError for another length.
        """
        if share.shape != (len(self.rows),):
            raise ValueError(Message("design_errors.shares", shape=str(share.shape), rows=len(self.rows)))
        moved = ~np.isnan(share)
        lower, upper = self._bounds
        drawn = np.where(moved, self.distribution.at(np.where(moved, share, 0.5)), self.rows["value"].to_numpy(float))
        drawn = np.where(moved, np.clip(drawn, lower, upper), drawn)
        arrays = dict(self.values)
        found: dict[str, Array] = {}
        for name, (rows, cells) in self._places.items():
            if moved[rows].any():
                found[name] = arrays[MAX] - arrays[BASE] if name == GAP else arrays[name].copy()
                found[name].reshape(-1)[cells] = drawn[rows]
        gap = found.pop(GAP, None)
        arrays |= found
        self._restore(arrays, set(found), gap)
        return arrays

    def _restore(self, arrays: dict[str, Array], drawn: set[str], gap: Array | None) -> None:
        if gap is not None or drawn & {BASE, "applicable_share"}:
            self._restore_penetration(arrays, gap)
        if "end_use_share" in drawn:
            share = arrays["end_use_share"]
            arrays["end_use_share"] = share / np.nansum(share, axis=1, keepdims=True)
        if drawn & {"output", NATIONAL}:
            national = arrays[NATIONAL] / self.values[NATIONAL]
            before, after = (np.nansum(values["output"], axis=1) for values in (self.values, arrays))
            arrays["output"] = (
                arrays["output"]
                * np.divide(national * before, after, out=np.ones_like(after), where=after > 0)[:, None]
            )
        if "intensity_factor" in drawn:
            before, after = (np.nansum(self._weights * v["intensity_factor"], axis=0) for v in (self.values, arrays))
            scale = np.divide(before, after, out=np.ones_like(after), where=after > 0)
            arrays["intensity_factor"] = arrays["intensity_factor"] * scale

    @cached_property
    def _weights(self) -> Array:
        """Withdrawal before provincial factors [province, sector]."""
        volume = np.nan_to_num(self.values["output"] * self.values["intensity"][:, None])
        sectors = list(self.study.sectors.index)
        place = np.array([sectors.index(name) for name in self.study.products["sector"]])
        weights = np.zeros((volume.shape[1], len(sectors)))
        np.add.at(weights.T, place, volume)
        return weights

    def _restore_penetration(self, arrays: dict[str, Array], gap: Array | None) -> None:
        gap = self.values[MAX] - self.values[BASE] if gap is None else gap
        base = arrays[BASE].copy()
        for members in self._exclusive:
            installed = np.nan_to_num(arrays["applicable_share"][members] * base[members]).sum(axis=0)
            base[members] /= np.maximum(installed, 1.0)
        arrays[BASE] = base
        arrays[MAX] = np.maximum(base, np.minimum(base + gap, 1.0))

    @cached_property
    def _exclusive(self) -> list[np.ndarray]:
        groups = self.study.technologies["exclusive_group"].fillna("").astype(str).to_numpy()
        return [np.flatnonzero(groups == group) for group in sorted(set(groups) - {""})]


def _rows(known: pd.DataFrame, name: str, value: xr.Dataset, low: xr.Dataset, high: xr.Dataset) -> pd.DataFrame:
    """The rows of one drawn figure that have a spread; ``known``: basis and source of all rows."""
    item = input_of(name)
    numbers = [np.asarray(part[item.name].values, dtype=float) for part in (value, low, high)]
    if name == GAP:
        base = [np.asarray(part[BASE].values, dtype=float) for part in (value, low, high)]
        middle, bottom, top = (largest - first for largest, first in zip(numbers, base, strict=True))
        middle = np.maximum(middle, 0.0)
        ends = np.clip(np.stack([bottom, top]), 0.0, 1.0)
        numbers = [middle, np.minimum(ends.min(axis=0), middle), np.maximum(ends.max(axis=0), middle)]
    middle, bottom, top = (part.reshape(-1) for part in numbers)
    cells = np.flatnonzero(top > bottom)
    places = np.unravel_index(cells, numbers[0].shape) if item.dims else ()
    labels = {dim: value[dim].values.astype(str)[place] for dim, place in zip(item.dims, places, strict=True)}
    known = known[known["name"] == item.name]
    keys = [known[dim].astype(str).to_numpy() for dim in item.dims]
    place_of = {key: n for n, key in enumerate(zip(*keys, strict=True))} if item.dims else {(): 0}
    at = [place_of[key] for key in (zip(*labels.values(), strict=True) if item.dims else [()] * len(cells))]
    return pd.DataFrame(
        {
            "name": name,
            **{dim: labels.get(dim, "") for dim in ("technology", "product", "end_use", "sector", "province")},
            "value": middle[cells],
            "low": bottom[cells],
            "high": top[cells],
            "basis": known["basis"].to_numpy(object)[at],
            "source": known["source"].to_numpy(object)[at],
            "cell": cells,
        }
    )
