"""A batch from its design to its store: what is left is planned chunk by chunk, here or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

from waterplan.base.errors import PATHS, ScenarioError, must_be
from waterplan.base.messages import Message
from waterplan.planning.batch.cluster import planned_on_cluster
from waterplan.planning.batch.design import Design
from waterplan.planning.batch.design_file import refuse
from waterplan.planning.batch.encoding import Planned, planned
from waterplan.planning.batch.progress import Progress, Shown
from waterplan.planning.batch.repair import mend
from waterplan.planning.batch.runs import Runs, design_faults
from waterplan.planning.batch.store import Store, claimed, store_faults
from waterplan.planning.batch.worker import Chunk, Solver
from waterplan.study.study import Study, open_study

Tell = Callable[[Progress], None]


def run_batch(
    design: Design | str | Path,
    store: str | Path,
    study: Study | str | Path = "china-2015",
    scheduler: str | None = None,
    workers: int | None = None,
    tell: Tell | None = None,
) -> Store:
    """Plans the runs of a design and stores them; a store that is there already is gone on with.

    scheduler: the address of a Dask scheduler (``tcp://host:port``); without it a cluster of this machine's cores is
    made for the time of the batch. workers: how many of them; 0 plans in this process. tell: is called with the
    progress after each chunk; by default a line on stderr. Raises ScenarioError with everything that is wrong with
    design and store before anything is planned, StoreError when the store cannot be written any more, and lets
    KeyboardInterrupt through; what is done is kept each time.

    .. code-block:: python

        run_batch(Design.grid({"saving_target": [1000, 2000, 3000]}), "runs.zarr")
        open_runs("runs.zarr")["annual_cost"]
    """
    must_be(design, (Design, *PATHS), "design", Message("design_errors.a_design"), ScenarioError)
    must_be(store, PATHS, "store", Message("design_errors.a_store"), ScenarioError)
    study = study if isinstance(study, Study) else open_study(study)
    runs = checked(design, Path(store), study)
    with claimed(Path(store), runs) as opened:
        work(runs, opened, scheduler, workers, tell)
    return opened


def checked(design: Design | str | Path, path: Path, study: Study) -> Runs:
    """The runs of a design that can be stored at a path, whose own files are mended if they can be.

    Raises ScenarioError with the problems of both at once.
    """
    try:
        known, problems = Design.draft(design) if isinstance(design, str | Path) else (design, [])
        if problems:
            raise refuse([*problems, *design_faults(known, study)])
        runs = Runs.of(known, study)
        mend(path, runs)
        problems = store_faults(path, study, runs)
    except ScenarioError as error:
        problems = [*dict.fromkeys(error.problems), *store_faults(path, study)]
    if problems:
        raise refuse(problems)
    return runs


def work(runs: Runs, store: Store, scheduler: str | None, workers: int | None, tell: Tell | None) -> None:
    """Plans the chunks of a store that are not done."""
    done = store.sound() - store.given(runs.design.keep.time_limit)
    left = [number for number in range(store.chunks) if number not in done]
    with closing(Shown(len(runs), store.runs_done(), tell)) as shown:
        if not left:
            return
        if workers == 0:
            found = planned_here(runs, store.length, left)
        else:
            found = planned_on_cluster(runs, store.length, left, scheduler, workers)
        with closing(found):
            for number, (content, states) in found:
                store.write(number, content)
                shown.add(states)


def planned_here(runs: Runs, length: int, left: list[int]) -> Generator[tuple[int, Planned]]:
    """Chunks planned in this process, one after the other."""
    solver = Solver(runs.study, runs.design)
    for number in left:
        yield number, planned(solver, Chunk.of(runs, number, length), length)
