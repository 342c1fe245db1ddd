"""A design planned, stored and told in a few lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import waterplan
from waterplan.base.errors import INTERRUPTED
from waterplan.base.extras import BRINGS, need
from waterplan.base.texts import Texts
from waterplan.cli.output import tell, tell_json
from waterplan.cli.plan import check_inputs, check_places, check_store

if TYPE_CHECKING:
    import xarray as xr

SPREAD = (0.05, 0.5, 0.95)

DesignArgument = Annotated[Path, typer.Argument(metavar="DESIGN", help="batch.help_design")]
StoreOption = Annotated[Path, typer.Option("--output", "-o", metavar="RUNS.ZARR", help="batch.help_output")]
SchedulerOption = Annotated[
    str | None, typer.Option("--scheduler", metavar="TCP://HOST:PORT", help="batch.help_scheduler")
]
WorkersOption = Annotated[int | None, typer.Option("--workers", min=0, max=1024, help="batch.help_workers")]
ExportOption = Annotated[list[Path] | None, typer.Option("--export", metavar="FILE", help="batch.help_export")]
WriteOption = Annotated[int | None, typer.Option("--write", metavar="RUN", min=0, help="batch.help_write")]
IntoOption = Annotated[Path, typer.Option("--into", metavar="FOLDER", help="batch.help_into")]


@dataclass(frozen=True)
class Batch:
    """What is asked: a design planned into a store, and what is saved of it besides."""

    design: Path
    store: Path
    study: str
    scheduler: str | None
    workers: int | None
    export: tuple[Path, ...]
    write: int | None
    into: Path


def print_batch(asked: Batch, as_json: bool, language: str) -> None:
    """Plans what is left of a design, and tells what became of all its runs. Raises like ``run_batch``."""
    say = Texts("batch", language)
    need(*BRINGS["batch"])
    written = None if asked.write is None else asked.into / f"run-{asked.write}.toml"
    check_inputs((asked.store, *asked.export, written), (asked.design, asked.study))
    check_store(asked.store)
    check_places(asked.export, None if written is None else asked.into)
    study = waterplan.open_study(asked.study)
    design = waterplan.Design.read(asked.design)
    for remark in design.remarks():
        typer.echo(remark.text(language), err=True)
    try:
        store = waterplan.run_batch(design, asked.store, study, asked.scheduler, asked.workers)
    except KeyboardInterrupt:
        typer.echo(f"\n{_kept(asked.store, say)}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if store.renewed:
        typer.echo(say("replanned", path=asked.store, runs=store.runs_in(store.renewed)), err=True)
    if store.retried:
        typer.echo(say("retried", path=asked.store, runs=store.runs_in(store.retried)), err=True)
    if not store.files.has_digests:
        typer.echo(say("no_digests", path=asked.store), err=True)
    for path in asked.export:
        waterplan.save_runs(asked.store, path)
    saved = [*asked.export]
    if asked.write is not None:
        saved.append(waterplan.write_run(asked.store, asked.write, asked.into, study))
    content = {"store": str(asked.store), **outcome(waterplan.open_runs(asked.store))}
    if as_json:
        tell_json(content)
        return
    tell("\n".join(lines(content, say)))
    for path in saved:
        tell(Texts("commands", language)("saved", path=path))


def _kept(store: Path, say: Texts) -> str:
    """The sentence about a store that is not whole."""
    if not store.exists():
        return say("stopped", path=store, done=0, of="?")
    states = waterplan.open_runs(store)["state"].values
    return say("stopped", path=store, done=int((states != "missing").sum()), of=states.size)


def outcome(runs: xr.Dataset) -> dict[str, Any]:
    """How many runs ended in which state, and where 5, 50 and 95 % of those with a plan are."""
    states = runs["state"].values.ravel()
    names = dict.fromkeys(states.tolist())
    content: dict[str, Any] = {"runs": len(states), "states": {name: int((states == name).sum()) for name in names}}
    if "optimal" in names:
        for name in ("annual_cost", "shadow_price"):
            content[name] = runs[name].quantile(SPREAD).values.tolist()
    return content


def lines(content: dict[str, Any], say: Texts) -> list[str]:
    """The outcome in words."""
    states = ", ".join(say("finished_state", number=n, state=state) for state, n in content["states"].items())
    told = [say("finished", path=content["store"], of=content["runs"], states=states)]
    if "annual_cost" in content:
        low, middle, high = (f"{number:,.2f}" for number in content["annual_cost"])
        least, _, most = (f"{number:.3g}" for number in content["shadow_price"])
        told.append(say("spread", low=low, middle=middle, high=high, price_low=least, price_high=most))
    return told
