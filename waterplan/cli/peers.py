"""waterplan peers: the pool of peers from the command line. Keys come from a file or the environment only."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import waterplan
from waterplan.base.errors import WaterplanError
from waterplan.base.extras import need
from waterplan.base.messages import Message
from waterplan.base.texts import Texts
from waterplan.cli import options as o
from waterplan.cli.help_page import SpokenCommand, SpokenGroup
from waterplan.cli.output import tell, tell_json
from waterplan.cli.plan import check_inputs, check_places
from waterplan.cli.usage import WrongUseError

if TYPE_CHECKING:
    from waterplan.plants.pool.pool import PeerPool

TABLE = ".csv"
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

app = typer.Typer(
    cls=SpokenGroup, no_args_is_help=True, rich_markup_mode=None, context_settings=SETTINGS, help="peer_pool.help",
    epilog="peer_pool.help_examples",
)  # fmt: skip

PoolOption = Annotated[
    str | None, typer.Option("--pool", metavar="URL", envvar="WATERPLAN_PEER_POOL", help="peer_pool.help_pool")
]
KeyOption = Annotated[Path | None, typer.Option("--key-file", metavar="FILE", help="peer_pool.help_key")]
ReleaseOption = Annotated[int | None, typer.Option("--release", min=1, help="peer_pool.help_number")]


@app.command("init", cls=SpokenCommand, help="peer_pool.help_init")
def init(
    pool: PoolOption = None,
    study: o.StudyOption = o.STUDY,
    new_key: Annotated[Path | None, typer.Option("--new-key", metavar="FILE", help="peer_pool.help_new_key")] = None,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Makes the pool or brings it up to date, seeds it, and issues a key if asked."""
    say = Texts("peer_pool", language)
    check_places((new_key,))
    with opened(pool) as peers:
        tell(say("ready", seeded=peers.seed(waterplan.open_study(study)), releases=peers.releases()))
        if new_key is not None:
            peers.issue_key(new_key)
            tell(say("key_issued", path=new_key))


@app.command("import", cls=SpokenCommand, help="peer_pool.help_import")
def import_records(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="peer_pool.help_file")],
    consent: Annotated[bool, typer.Option("--consent", help="peer_pool.help_consent")] = False,
    pool: PoolOption = None,
    key_file: KeyOption = None,
    study: o.StudyOption = o.STUDY,
    as_json: o.JsonOption = False,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Submits the records of a file under a key."""
    say = Texts("peer_pool", language)
    if not consent:
        raise WaterplanError(Message("peer_pool.no_consent"))
    key = _checks().read_key(key_file)
    records = waterplan.read_records(file, waterplan.open_study(study))
    with opened(pool) as peers:
        receipt = peers.submit(records, key)
    if as_json:
        skipped = [{"plant": plant, "year": year, "product": product} for plant, year, product in receipt.skipped]
        tell_json({"taken": receipt.taken, "unchanged": receipt.unchanged, "skipped": skipped})
        return
    tell(say("taken", taken=receipt.taken, unchanged=receipt.unchanged))
    for plant, year, product in receipt.skipped:
        tell(say("skipped", plant=plant, year=year, product=product))


@app.command("export", cls=SpokenCommand, help="peer_pool.help_export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE.CSV", help="peer_pool.help_table")],
    own: Annotated[bool, typer.Option("--own", help="peer_pool.help_own")] = False,
    pool: PoolOption = None,
    key_file: KeyOption = None,
    release: ReleaseOption = None,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Writes what a release tells, or what the pool holds of the owner of a key."""
    say = Texts("peer_pool", language)
    if file.suffix.lower() != TABLE:
        raise WrongUseError(Message("peer_pool.no_csv", path=file), "FILE.CSV")
    check_inputs((file,), (key_file,))
    check_places((file,))
    with opened(pool) as peers:
        if own:
            rows = peers.export_own(file, peers.read_key(key_file))
            tell(say("exported_own", rows=rows, path=file))
        else:
            tell(say("exported", cells=peers.export(file, release), path=file))


@app.command("stats", cls=SpokenCommand, help="peer_pool.help_stats")
def stats(
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="peer_pool.help_product")],
    route: Annotated[str, typer.Option("--route", help="peer_pool.help_route")] = "",
    output: Annotated[float | None, typer.Option("--output", min=1e-9, help="peer_pool.help_output")] = None,
    release: ReleaseOption = None,
    pool: PoolOption = None,
    as_json: o.JsonOption = False,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Prints the deciles of a cell."""
    say = Texts("peer_pool", language)
    with opened(pool) as peers:
        found = peers.statistics(peers.cell(product, route, output), release)
    leaves = [{"route": one, "size": size} for one, size in found.leaves]
    if as_json:
        deciles = [{"place": place, "intensity": value} for place, value in found.deciles]
        head = {"release": found.release, "product": found.product, "state": found.state, "origin": found.origin}
        tell_json(head | {"merged": found.merged, "cells": leaves, "deciles": deciles})
        return
    tell(say("head", product=found.product, release=found.release))
    tell(say(f"state_{found.state}", origin=found.origin))
    if found.merged:
        tell(say("merged", cells=named(found.leaves, say)))
    for place, value in found.deciles:
        tell(say("decile", place=place, value=f"{value:g}"))


@app.command("delete", cls=SpokenCommand, help="peer_pool.help_delete")
def delete(
    plant: Annotated[str | None, typer.Argument(metavar="PLANT", help="peer_pool.help_plant")] = None,
    everything: Annotated[bool, typer.Option("--all", help="peer_pool.help_all")] = False,
    pool: PoolOption = None,
    key_file: KeyOption = None,
    language: o.LanguageOption = o.LANGUAGE,
) -> None:
    """Withdraws a plant, or everything, with its history."""
    say = Texts("peer_pool", language)
    if everything == (plant is not None):
        raise WrongUseError(Message("peer_pool.plant_or_all"), "PLANT")
    with opened(pool) as peers:
        tell(say("deleted", plants=peers.withdraw(peers.read_key(key_file), plant)))


@app.command("release", cls=SpokenCommand, help="peer_pool.help_release")
def make_release(pool: PoolOption = None, language: o.LanguageOption = o.LANGUAGE) -> None:
    """Makes the next release."""
    say = Texts("peer_pool", language)
    with opened(pool) as peers:
        made = peers.release()
    tell(say("released", number=made))
    for cell in made.waiting:
        tell(say("waiting", product=cell.product, cells=named(cell.leaves, say)))
        tell("  " + say(f"state_{cell.state}", origin=cell.origin))
        tell("  " + say(f"reason_{cell.reason}"))


def named(leaves: Iterable[tuple[str, str]], say: Texts) -> str:
    """Routes and size classes as they are printed."""
    return "; ".join(", ".join(word or say("unsaid") for word in leaf) for leaf in leaves)


def opened(url: str | None) -> PeerPool:
    """The pool of an address. Raises WaterplanError if its packages are not installed."""
    return _checks().open(url)


def _checks() -> type[PeerPool]:
    need("sqlalchemy", "alembic")
    return waterplan.PeerPool
