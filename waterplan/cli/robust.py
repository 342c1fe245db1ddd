"""What holds whatever the uncertain figures turn out to be, printed."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import waterplan
from waterplan.base.extras import BRINGS, need
from waterplan.base.texts import Texts
from waterplan.cli.output import tell, tell_json
from waterplan.cli.plan import check_inputs, check_store

if TYPE_CHECKING:
    from waterplan.planning.uncertainty.robust import Robust

EVERY = 10.0  # s between lines where a line cannot be written over
ROWS = 30


class Together(StrEnum):
    """What is drawn by one common factor."""

    technology = "technology"
    kind = "kind"
    variable = "variable"
    row = "row"


SamplesOption = Annotated[int, typer.Option("--samples", metavar="N", min=2, max=100_000, help="robust.help_samples")]
ProbabilityOption = Annotated[
    float, typer.Option("--probability", metavar="SHARE", min=0.01, max=0.999, help="robust.help_probability")
]
TogetherOption = Annotated[Together, typer.Option("--together", help="robust.help_together")]
IndicesOption = Annotated[int, typer.Option("--indices", metavar="N", min=0, max=8192, help="robust.help_indices")]
SeedOption = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="robust.help_seed")]
StoreOption = Annotated[Path | None, typer.Option("--output", "-o", metavar="ROBUST.ZARR", help="robust.help_store")]


@dataclass(frozen=True)
class Asked:
    """A question about what holds."""

    scenario: str
    study: str
    settings: tuple[str, ...]
    samples: int
    probability: float
    together: Together
    indices: int
    seed: int
    store: Path | None
    scheduler: str | None
    workers: int | None


def print_robust(asked: Asked, as_json: bool, language: str) -> None:
    """Works the answers out and prints them; progress is told on stderr. Raises like ``waterplan.robust``."""
    need(*BRINGS["batch"])
    check_inputs((asked.store,), (asked.scenario, asked.study))
    check_store(asked.store)
    study = waterplan.open_study(asked.study)
    scenario = waterplan.open_scenario(asked.scenario).with_settings(asked.settings)
    found = waterplan.robust(
        scenario,
        study,
        asked.samples,
        asked.probability,
        asked.together.value,
        asked.indices,
        asked.seed,
        asked.store,
        asked.scheduler,
        asked.workers,
        _Progress(Texts("robust", language)),
    )
    if as_json:
        tell_json(content(found))
    else:
        tell(waterplan.robust_page(found, language))


class _Progress:
    """A line on stderr that is written over; now and then a new one where that cannot be."""

    def __init__(self, say: Texts):
        self.say, self.last, self.over = say, 0.0, sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, what: str, done: int, of: int) -> None:
        now = time.monotonic()
        if done < of and now - self.last < (0.2 if self.over else EVERY):
            return
        self.last = now
        text = self.say(f"working_{what}", done=done, of=of)
        typer.echo(f"\r{text}\x1b[K" if self.over else text, err=True, nl=not self.over or done >= of)


def content(found: Robust) -> dict[str, Any]:
    """The answers as an object."""
    answers, secure, worst = found.answers, found.secure, found.regret.max("run").values
    aim, cost = answers["aim"].values, answers["plan_cost"].values
    rows = found.rows.head(ROWS)
    return {
        "store": str(found.store),
        "saving_target": found.target,
        "runs": found.runs.sizes["run"],
        "chance": found.chance,
        "probability": found.probability,
        "secure": None if secure is None else {"aim": float(aim[secure]), "cost": float(cost[secure])},
        "price": found.price,
        "least_regret": None
        if found.least_regret is None
        else {"aim": float(aim[found.least_regret]), "regret": float(worst[found.least_regret])},
        "technologies": {
            str(label): {"class": str(kind), "used_share": float(share)}
            for label, kind, share in zip(
                answers["technology"].values, answers["technology_class"].values, answers["used_share"].values,
                strict=True,
            )
        },
        "rows": [{str(name).removeprefix("row_"): value for name, value in row.items()} for _, row in rows.iterrows()],
    }  # fmt: skip
