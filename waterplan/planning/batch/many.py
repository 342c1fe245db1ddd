"""Many plans at once: levers as arrays in, figures as a Dataset out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from waterplan.base.errors import DataError, must_be
from waterplan.base.messages import Message
from waterplan.base.vocabulary import term
from waterplan.planning.batch.design import Design
from waterplan.planning.batch.kept_figures import labels_of, lever_coordinate
from waterplan.planning.batch.runs import check_design
from waterplan.planning.batch.worker import Chunk, Solver
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study


def plan_many(
    study: Study, levers: Mapping[str, Any], scenario: Scenario | None = None, threads: int = 1
) -> xr.Dataset:
    """The figures of many plans [run], such as :func:`open_runs` has them, without a store.

    levers: by name, or name and label (``sector_floor.paper``), a value for each run; the rest is as in ``scenario``.
    Runs that only differ in the target and in levers of price take well under a millisecond each, on ``threads`` cores.
    Raises ScenarioError with all that is wrong with the levers.

    .. code-block:: python

        many = plan_many(open_study("china-2015"), {"saving_target": np.linspace(500, 3500, 1000)})
        many["shadow_price"]
    """
    must_be(study, Study, "study", Message("planner_errors.a_study"), DataError)
    design = Design.table({name: np.asarray(values).tolist() for name, values in levers.items()}, scenario)
    check_design(design, study)
    columns = {name: np.asarray(values) for name, values in levers.items()}
    count = len(next(iter(columns.values())))
    everyone = np.arange(count)
    chunk = Chunk(0, everyone, np.ones(count, bool), np.zeros(count, int), columns, np.zeros((count, 0)))
    solver = Solver(study, design, threads)
    found = solver.solve(chunk)
    labels = labels_of(study, solver.planner.structure)
    variables = {name: (("run", *solver.shapes.get(name, ())), values) for name, values in found.items()}
    used = {dim for dims, _ in variables.values() for dim in dims if dim != "run"}
    dataset = xr.Dataset(
        variables,
        {dim: labels[dim] for dim in sorted(used)}
        | {lever_coordinate(name): ("run", column) for name, column in columns.items()},
        {"study_digest": study.digest},
    )
    for name in solver.shapes:
        dataset[name].attrs = {"units": term(name).unit, "long_name": term(name).label_en}
    return dataset
