"""waterplan benchmark: where plants stand and what one should do next. Nothing of the records is kept or logged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import waterplan
from waterplan.base.errors import WaterplanError, suggest
from waterplan.base.messages import Message
from waterplan.base.texts import Texts
from waterplan.cli.output import tell, tell_json
from waterplan.cli.peers import opened
from waterplan.cli.plan import check_inputs, check_places
from waterplan.cli.usage import WrongUseError

if TYPE_CHECKING:
    import pandas as pd

    from waterplan.plants.records.records import Records
    from waterplan.plants.standing.goal import Goal
    from waterplan.plants.standing.standing import Standing
    from waterplan.study.study import Study

OF_ONE, OF_MANY = (".html", ".pdf"), (".xlsx", ".csv", ".nc")
CNY_PER_MCNY = 1e6
SHOWN_PLANTS = 10

RecordsArgument = Annotated[Path | None, typer.Argument(metavar="FILE", help="benchmark.file")]
PlantOption = Annotated[str | None, typer.Option("--plant", metavar="NAME", help="benchmark.plant")]
YearOption = Annotated[int | None, typer.Option("--year", help="benchmark.year")]
GoalOption = Annotated[str | None, typer.Option("--goal", metavar="KIND:VALUE", help="benchmark.goal")]
PoolOption = Annotated[str | None, typer.Option("--pool", metavar="URL", help="benchmark.pool")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE.HTML|.PDF|.XLSX|.CSV|.NC", help="benchmark.output")
]
TemplateOption = Annotated[Path | None, typer.Option("--template", metavar="FILE.XLSX|.CSV", help="benchmark.template")]


@dataclass(frozen=True)
class Asked:
    """What is asked of a file of records: of which plant and year, for which goal, in which language."""

    plant: str | None
    year: int | None
    goal: str | None
    pool: str | None
    language: str


def write_template(path: Path, study: str, language: str) -> None:
    """Writes the template for records; never over a file, for that may be one that is filled in."""
    check_places((path,))
    if path.exists():
        raise WrongUseError(Message("benchmark.template_there", path=path), "--template")
    waterplan.write_template(path, waterplan.open_study(study), language)
    tell(Texts("commands", language)("saved", path=path))


def print_benchmark(file: Path | None, study: str, asked: Asked, output: Path | None, as_json: bool) -> None:
    """Prints where a plant stands, or a line for each of many; writes what is asked for."""
    if file is None:
        raise WrongUseError(Message("benchmark.no_file"), "FILE")
    goal = None if asked.goal is None else goal_of(asked.goal)
    suffix = "" if output is None else output.suffix.lower()
    if output is not None and suffix not in (*OF_ONE, *OF_MANY):
        raise WrongUseError(Message("benchmark.suffix", path=output), "-o")
    check_inputs((output,), (file, study))
    check_places((output,))
    known = waterplan.open_study(study)
    records = waterplan.read_records(file, known)
    chosen = chosen_of(records, asked)
    place = None
    if asked.pool is not None:
        if _is_lost(asked.pool):
            raise WaterplanError(Message("benchmark.no_pool", pool=asked.pool))
        with opened(asked.pool) as peers:
            place = peers.place(records)
    if len(chosen) > 1 and (suffix in OF_ONE or goal is not None):
        shown = "; ".join(f"{plant}, {year}" for plant, year in chosen[:SHOWN_PLANTS])
        raise WaterplanError(Message("benchmark.which", count=len(chosen), shown=shown))
    if len(chosen) == 1 and suffix not in OF_MANY:
        _one(waterplan.plant_standing(records, *chosen[0], known, place=place, goal=goal), asked, output, as_json)
    else:
        _many(records, known, chosen, place, asked, output, as_json)


def _is_lost(pool: str) -> bool:
    """Whether a pool is a file that is not there: to ask where a plant stands makes none."""
    scheme, _, path = pool.rpartition(":///")
    return scheme in ("", "sqlite") and "://" not in pool.removeprefix("sqlite:///") and not Path(path).exists()


def goal_of(text: str) -> Goal:
    """A goal such as grade:1, budget:2.5 [MCNY] or payback:4 [a]. Raises a usage error for what is none."""
    kind, _, value = text.partition(":")
    try:
        number: str | float = float(value)
    except ValueError:
        number = value.strip()
    if isinstance(number, float) and kind == "grade" and number.is_integer():
        number = int(number)
    if isinstance(number, float) and kind == "budget" and number > 0:  # what is none is told as it was written
        number *= CNY_PER_MCNY
    try:
        return waterplan.Goal(kind.strip(), number)
    except WaterplanError as error:
        message = Message("errors.then", first=error, second=Message("benchmark.goals"))
        raise WrongUseError(message, "--goal") from None


def chosen_of(records: Records, asked: Asked) -> list[tuple[str, int]]:
    """The plants and years asked for; raises WaterplanError with the nearest name where there is none."""
    every = [(str(plant), int(year)) for plant, year in records.sites.index]
    found = [
        (plant, year) for plant, year in every
        if asked.plant in (None, plant) and asked.year in (None, year)
    ]  # fmt: skip
    if not found:
        names = list(dict.fromkeys(plant for plant, _ in every))
        near = suggest(asked.plant, names) if asked.plant is not None and asked.plant not in names else ""
        wanted = ", ".join(str(one) for one in (asked.plant, asked.year) if one is not None)
        raise WaterplanError(Message("benchmark.no_plant", wanted=wanted, near=near))
    return found


def _one(standing: Standing, asked: Asked, output: Path | None, as_json: bool) -> None:
    if as_json:
        tell_json(_content(standing, asked.language))
    else:
        tell(waterplan.plant_page(standing, asked.language))
    if output is not None:
        waterplan.write_plant_report(standing, output, asked.language)
        _saved(output, asked, as_json)


def _many(
    records: Records, study: Study, chosen: list[tuple[str, int]], place: pd.DataFrame | None, asked: Asked,
    output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    answer = waterplan.benchmark(records, study, place=place, only=chosen)
    if as_json:
        tell_json({"plants": [_row(answer, at) for at in range(answer.sizes["plant_year"])]})
    else:
        tell(waterplan.plants_page(answer, asked.language))
    if output is not None:
        waterplan.write_benchmark(answer, output, asked.language)
        _saved(output, asked, as_json)


def _saved(path: Path, asked: Asked, as_json: bool) -> None:
    if not as_json:
        tell(Texts("commands", asked.language)("saved", path=path))


def _row(answer: Any, at: int) -> dict[str, Any]:
    row = answer.isel(plant_year=at)
    names = ("plant", "year", "mix_grade", "mix_grade_estimated", "withdrawal_graded", "balance_gap_share", "score")
    return {name: row[name].item() for name in names}


def _content(standing: Standing, language: str) -> dict[str, Any]:
    """The object that ``--json`` prints for one plant."""
    plan = standing.plan
    places = standing.places.assign(reason=[str(reason) for reason in standing.places["reason"]])
    return {
        "plant": standing.plant,
        "year": standing.year,
        "grade": _word(standing.mix["grade"]),
        "grade_estimated": _word(standing.mix["grade_estimated"]),
        "score": standing.score,
        "gaps": {str(name).removeprefix("gap_volume_"): value for name, value in standing.mix.items()
                 if str(name).startswith("gap_volume_")},
        "balance": dict(standing.balance.items()),
        "indicators": dict(standing.indicators["value"].items()),
        "places": [{name: _known(value) for name, value in row.items()} for row in places.to_dict("records")],
        "plan": None if plan is None else dict(plan.totals) | {
            "before": plan.before, "withdrawal": plan.withdrawal, "steps": plan.steps.to_dict("records")},
        "plan_problem": standing.plan_fault.text(language) or None,
        "notes": standing.notes(language),
    }  # fmt: skip


def _word(value: Any) -> str | None:
    return str(value) if isinstance(value, str) else None


def _known(value: Any) -> Any:
    return None if str(value) == "<NA>" else value
