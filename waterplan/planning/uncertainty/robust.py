"""What a scenario's plan is worth when the study's figures are uncertain: everything worked out, and stored."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from platformdirs import user_cache_path

from waterplan.base.errors import DataError, Problem, WaterplanError
from waterplan.base.messages import Message
from waterplan.base.plain_files import read_plain, words_of
from waterplan.base.whole_files import put
from waterplan.planning.batch.design import Design
from waterplan.planning.batch.digests import FOLDER, list_below, write_list
from waterplan.planning.batch.engine import run_batch
from waterplan.planning.batch.lock import written_alone
from waterplan.planning.batch.new_store import seal_metadata
from waterplan.planning.batch.repair import mend
from waterplan.planning.batch.runs import Runs
from waterplan.planning.batch.runs_dataset import open_runs
from waterplan.planning.batch.store import store_faults
from waterplan.planning.batch.store_files import StoreFiles
from waterplan.planning.plan.result import Result, must_start_from_base
from waterplan.planning.planner.planner import Planner
from waterplan.planning.uncertainty.candidates import Candidates, candidates, first_secure, reached
from waterplan.planning.uncertainty.figures_to_check import check_first, labels_of_row
from waterplan.planning.uncertainty.indices import outcome_indices
from waterplan.planning.uncertainty.technology_use import usage
from waterplan.study.scenario import Scenario, open_scenario
from waterplan.study.study import Study, open_study
from waterplan.study.tables.path_faults import not_a_file

ANSWERS, INDICES, FORMAT = "robust", "indices", 1
QUESTION_BYTES_MAX = 4_000_000  # of the file that says what is answered
SHORTFALL_PRICE = 2.0  # times the shadow price of the run: an assumption, told where regret is
ROW_TEXTS, ROW_FIGURES = ("name", "basis", "source", "unit"), ("value", "low", "high", "derivative", "weight")
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Robust:
    """The answers for one scenario. store: where its runs are; ``answers`` stands there as the group ``robust``.

    answers: of each candidate plan aim, plan_cost, carried_saving and carried_cost by run; used_share,
    saving_quantile and technology_class by technology; the rows to check first on ``row``; attrs target, probability,
    together. indices: of :func:`waterplan.planning.uncertainty.indices.outcome_indices`, the group ``indices`` of the
    store; None where they were not asked for.
    """

    store: Path
    result: Result
    runs: xr.Dataset
    answers: xr.Dataset
    indices: xr.Dataset | None

    @property
    def target(self) -> float:
        """The saving that has to be reached [hm3/a]."""
        return float(self.answers.attrs["target"])

    @property
    def probability(self) -> float:
        """With which probability it has to be."""
        return float(self.answers.attrs["probability"])

    @property
    def together(self) -> str:
        """What was drawn by one common factor."""
        return str(self.answers.attrs["together"])

    @cached_property
    def reach(self) -> xr.DataArray:
        """Share of the runs in which each candidate reaches the target."""
        return reach(self.answers)

    @property
    def chance(self) -> float:
        """The chance that the least-cost plan, carried out as it stands, reaches the target."""
        return float(self.reach[0])

    @cached_property
    def secure(self) -> int | None:
        """The first candidate that reaches the target with the probability asked for; None where none does."""
        return first_secure(self.reach.values, self.probability)

    @property
    def price(self) -> float:
        """What the security costs: how much dearer that candidate is with the study's figures [MCNY/a]."""
        cost = self.answers["plan_cost"].values
        return float(cost[self.secure] - cost[0]) if self.secure is not None else float("nan")

    @cached_property
    def regret(self) -> xr.DataArray:
        """What each candidate costs more in a run than the run's own least-cost plan [candidate, run], MCNY/a.

        What is missing is bought at SHORTFALL_PRICE times the shadow price of the run; only runs with a plan count.
        """
        missing = (self.target - self.answers["carried_saving"]).clip(min=0.0)
        bought = SHORTFALL_PRICE * self.runs["shadow_price"] * missing
        regret = self.answers["carried_cost"] + bought - self.runs["objective"]
        return regret.where(self.runs["state"] == "optimal")

    @cached_property
    def least_regret(self) -> int | None:
        """The candidate whose largest regret is smallest; None where no run has a plan."""
        worst = self.regret.max("run").values
        return None if np.isnan(worst).all() else int(np.nanargmin(worst))

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The rows to check first, heaviest first; see ``check_first``."""
        return self.answers[[name for name in self.answers if self.answers[name].dims == ("row",)]].to_dataframe()


def robust(
    scenario: Scenario | str | Path,
    study: Study | str | Path = "china-2015",
    samples: int = 500,
    probability: float = 0.9,
    together: str = "technology",
    indices: int = 0,
    seed: int = 2015,
    store: str | Path | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    tell: Tell = lambda what, done, of: None,
) -> Robust:
    """Plans a sample of the study's low to high and says what holds in it.

    samples: runs (Sobol points). together: what moves by one common factor (technology, kind, variable or row; errors
    of single rows cancel out and make an answer look too certain). indices: a power of two, how many points Sobol
    indices rest on; 0: none. store: where runs and answers are kept, and gone on with; by default in the user's cache.
    Raises ScenarioError for a bad question, InfeasibleError where the scenario has no plan, WaterplanError where it
    has no target.

    .. code-block:: python

        robust("reference", samples=500).chance
    """
    study = open_study(study) if isinstance(study, str | Path) else study
    question = open_scenario(scenario) if isinstance(scenario, str | Path) else scenario
    if not 0 < probability < 1:
        raise WaterplanError(Message("explain_errors.probability", given=f"{probability:g}"))
    question.check(study)
    if question.resolve(study).saving_target <= 0:
        raise WaterplanError(Message("explain_errors.no_target"))
    planner = Planner(study)
    result = planner.solve(question)
    must_start_from_base(result)
    design = Design(scenarios=(question,)).sample(samples, study=together, seed=seed)
    runs = Runs.of(design, study)
    path = Path(store) if store is not None else _usual_store(runs)
    run_batch(design, path, study, scheduler, workers, lambda progress: tell("runs", progress.done, progress.of))
    opened = open_runs(path)
    answers = _once(
        path,
        ANSWERS,
        {"probability": probability, "format": FORMAT},
        lambda: _worked_out(planner, result, runs, opened, probability, tell),
    )
    divided = (
        _once(
            path,
            INDICES,
            {"points": indices, "seed": seed, "format": FORMAT},
            lambda: outcome_indices(result, indices, seed, lambda done, of: tell("indices", done, of)),
        )
        if indices
        else None
    )
    return Robust(path, result, opened, answers, divided)


def reach(answers: xr.Dataset) -> xr.DataArray:
    """Share of the runs in which each candidate of stored answers reaches the target."""
    return reached(answers["carried_saving"], answers.attrs["target"]).mean("run")


def open_answers(store: str | Path) -> xr.Dataset:
    """The answers that stand in a store beside its runs. Raises WaterplanError where there are none."""
    path = Path(store)
    if not_a_file(_whole(path, ANSWERS)):
        raise WaterplanError(Message("explain_errors.no_answers", path=path))
    return _open_group(path, ANSWERS)


def _usual_store(runs: Runs) -> Path:
    folder = user_cache_path("waterplan", appauthor=False) / ANSWERS
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WaterplanError(Message("explain_errors.no_cache", folder=folder, reason=words_of(error))) from None
    store = folder / f"{runs.digest[:16]}.zarr"
    mend(store, runs)
    if store_faults(store, runs.study, runs):
        shutil.rmtree(store, ignore_errors=True)  # only a cache: what is damaged is made again
    return store


def _once(store: Path, group: str, question: Mapping[str, object], make: Callable[[], xr.Dataset]) -> xr.Dataset:
    """What a group of the store holds for a question; made and kept where it was not yet.

    That it is whole is written last.
    """
    try:
        known = json.loads(read_plain(_whole(store, group), QUESTION_BYTES_MAX))
    except (OSError, ValueError):
        known = None
    if known == question:
        with suppress(DataError):  # damaged: worked out again
            return _open_group(store, group).load()
    found = make()
    with written_alone(store):
        _whole(store, group).unlink(missing_ok=True)
        found.to_zarr(store, group=group, mode="w", zarr_format=2, consolidated=False)
        if (store / FOLDER).is_dir():
            write_list(store, group, list_below(store, store / group))
        seal_metadata(store)  # so that xr.open_zarr(store, group=...) finds it
        put(_whole(store, group), json.dumps(question).encode())
    return found


def _whole(store: Path, group: str) -> Path:
    """The file that says that a group is whole, and what it answers."""
    return store / f".{group}.json"


def _open_group(store: Path, group: str) -> xr.Dataset:
    files = StoreFiles(store, groups=(group,))
    try:
        return xr.open_zarr(files, group=group, zarr_format=2, consolidated=True)
    except DataError:
        raise
    except Exception as error:  # damaged, which can fail anywhere in the reader
        raise DataError([Problem(str(store), 0, group, Message("store_errors.group_damaged"))]) from error


def _worked_out(
    planner: Planner, result: Result, runs: Runs, opened: xr.Dataset, probability: float, tell: Tell
) -> xr.Dataset:
    together = runs.design.drawn.study if runs.design.drawn else ""
    plans = candidates(planner, result, runs, probability, lambda done, of: tell("candidates", done, of))
    rows = check_first(planner, result, tell=lambda done, of: tell("rows", done, of))
    answers = xr.merge([_of_candidates(plans), usage(opened, result.instance.flows.unit), _of_rows(rows)])
    answers.attrs = {"target": plans.target, "probability": probability, "together": together}
    return answers


def _of_candidates(plans: Candidates) -> xr.Dataset:
    return xr.Dataset(
        {
            "aim": ("candidate", plans.aim, {"units": "hm3/a"}),
            "plan_cost": ("candidate", plans.plan_cost, {"units": "MCNY/a"}),
            "carried_saving": (("candidate", "run"), plans.carried_saving, {"units": "hm3/a"}),
            "carried_cost": (("candidate", "run"), plans.carried_cost, {"units": "MCNY/a"}),
        }
    )


def _of_rows(rows: pd.DataFrame) -> xr.Dataset:
    texts = {name: ("row", rows[name].astype(str).to_numpy(str)) for name in ROW_TEXTS}
    labels = ["/".join(labels_of_row(row).values()) for row in rows.itertuples()]
    technology = rows["technology"].fillna("").astype(str).to_numpy(str)
    figures = {name: ("row", rows[name].to_numpy(float)) for name in (*ROW_FIGURES, "cost_at_low", "cost_at_high")}
    named = {"labels": ("row", np.array(labels, dtype=str)), "of_technology": ("row", technology)}
    return xr.Dataset({**texts, **named, **figures}).rename(
        {name: f"row_{name}" for name in (*texts, *named, *figures)}
    )
