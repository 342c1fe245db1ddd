"""The saving cost curve of a scenario: the optimum over all targets, every breakpoint exactly."""

from __future__ import annotations

import numpy as np
import xarray as xr

from waterplan.base.vocabulary import term
from waterplan.planning.curve.kept import exact_curve, trace
from waterplan.planning.curve.stack import stand_alone
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario

POINTS = ("counted_saving", "objective", "investment_needed", "shadow_price", "marginal_technology")


def curve(planner: Planner, scenario: Scenario) -> xr.Dataset:
    """Least cost over all targets from 0 to the largest saving within the scenario's other limits.

    Dim ``point``: counted_saving [hm3/a], objective [MCNY/a, what is minimised, the canonical
    tie-break of at most 1e-6 CNY/m3 with it], shadow_price [CNY/m3, of the stretch
    that ends here; 0 at the first], investment_needed [MCNY],
    marginal_technology (whose capacity grows most on the stretch), in steps of rising
    price. Between points the curve is straight. The first point is what the limits other than the target ask for and
    what
    pays for itself: its cost, where negative, is a net benefit and never a cost per m3. Dim ``technology``: the naive
    stack.

    attrs: exact (whether every breakpoint is there: always without caps; with floors of one kind; otherwise exact at
    ``points`` sampled), attainable [hm3/a], double_counted [hm3/a, what the naive stack claims beyond the maximum].
    """
    search = planner.search(scenario)
    found, stack = trace(planner, scenario), stand_alone(search.instance)
    named = np.array([*search.places.structure.technologies, ""])[found.technology]
    points = dict(zip(POINTS, (found.counted, found.objective, found.investment, found.price, named), strict=True))
    return xr.Dataset(
        {name: ("point", values.copy(), _attrs(name)) for name, values in points.items()}
        | {name: ("technology", values, _attrs(name)) for name, values in stack.items()},
        coords={"technology": list(search.places.structure.technologies)},
        attrs={
            "exact": int(exact_curve(planner, scenario) is not None),
            "attainable": found.attainable,
            "double_counted": float(stack["stand_alone_saving"].sum()) - found.attainable,
            "scenario_digest": scenario.digest(planner.study),
            "study_digest": planner.study.digest,
        },
    )


def _attrs(name: str) -> dict[str, str]:
    return {"units": term(name).unit, "long_name": term(name).label_en}
