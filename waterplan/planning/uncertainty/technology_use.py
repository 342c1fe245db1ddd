"""Which technologies are no-regret, conditional or never: how often the least-cost plan of a run uses each."""

from __future__ import annotations

import numpy as np
import xarray as xr

USED = 0.01  # of the whole volume of the study; less is rounding
OFTEN, SELDOM = 0.95, 0.05
CLASSES = ("no_regret", "conditional", "never")
POINTS = (0.05, 0.5, 0.95)


def usage(runs: xr.Dataset, unit: float = 1.0) -> xr.Dataset:
    """Of the runs with a plan: how often each technology is used, what it saves, and its class.

    runs: saving_by_technology [run, technology] and state [run]; unit: the whole volume of the study [hm3/a].
    Gives used_share, saving_quantile [quantile: 5, 50 and
    95 % points, hm3/a] and class: ``no_regret`` where at least 95 % of the runs use it, ``never`` where at most 5 % do,
    ``conditional`` between.
    """
    saving = runs["saving_by_technology"].where(runs["state"] == "optimal").compute()
    planned = int((runs["state"] == "optimal").sum())
    share = (saving > USED * unit).sum("run") / max(planned, 1)
    kind = np.select([share >= OFTEN, share <= SELDOM], [CLASSES[0], CLASSES[2]], CLASSES[1])
    points = saving.quantile(list(POINTS), "run") if planned else saving.isel(run=[0, 0, 0]).rename(run="quantile")
    return xr.Dataset(
        {
            "used_share": share,
            "saving_quantile": points.transpose("quantile", "technology"),
            "technology_class": ("technology", kind.astype(str)),
        }
    )
