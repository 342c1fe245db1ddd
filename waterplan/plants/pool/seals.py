"""Seals of what stands in the pool: a digest of the salt, of each owner, each plant and each release.

A row that is not as the pool wrote it, or is lost, is found out when it is next read. What is deleted takes its seal
with it. Times are sealed in UTC; seals that an older waterplan made in the time zone of its session hold in that zone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from sqlalchemy import Connection, text

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message

ZONE = "zone"  # of the session as PostgreSQL opened it, in what a connection knows of itself
SALT, OWNER, PLANT, RELEASE, SIZE = "salt", "owner", "plant", "release", "size"
CONTENT = {  # what a seal is of: rows of tables, and whose they are
    SALT: ("SELECT id AS whose, value FROM salt",),
    OWNER: ("SELECT id AS whose, digest, is_public FROM owner", "SELECT owner_id AS whose, id FROM plant"),
    PLANT: (
        "SELECT id AS whose, owner_id, digest FROM plant",
        "SELECT plant_id AS whose, id, year, consented_at, replaced_at FROM submission",
        "SELECT s.plant_id AS whose, p.id, p.submission_id, p.product, p.route, p.size, p.output, p.withdrawal,"
        " p.intensity, p.reuse_rate FROM part AS p JOIN submission AS s ON s.id = p.submission_id",
    ),
    RELEASE: (
        'SELECT number AS whose, made_at FROM "release"',
        'SELECT "release" AS whose, part, owner FROM counted',
        'SELECT "release" AS whose, id, product, state, origin FROM cell',
        'SELECT c."release" AS whose, t.cell_id, t.route, t.size FROM leaf AS t JOIN cell AS c ON c.id = t.cell_id',
        'SELECT c."release" AS whose, t.cell_id, t.place, t.value FROM decile AS t JOIN cell AS c ON c.id = t.cell_id',
        'SELECT c."release" AS whose, t.cell_id, t.part, t.owner FROM behind AS t JOIN cell AS c ON c.id = t.cell_id',
    ),
    SIZE: ('SELECT "release" AS whose, part, coarse FROM size',),
}


def seal(connection: Connection, kind: str, whose: int) -> None:
    """Seals what stands now; nothing stays of the seal of what stands no longer."""
    unseal(connection, kind, whose)
    for digest in _digests(connection, kind, whose).values():
        values = {"name": f"{kind} {whose}", "digest": digest}
        connection.execute(text("INSERT INTO seal (name, digest) VALUES (:name, :digest)"), values)


def unseal(connection: Connection, kind: str, whose: int) -> None:
    """Takes a seal away."""
    connection.execute(text("DELETE FROM seal WHERE name = :name"), {"name": f"{kind} {whose}"})


def check(connection: Connection, kind: str, whose: int) -> None:
    """Raises WaterplanError unless all stands as it was sealed."""
    found = connection.execute(text("SELECT digest FROM seal WHERE name = :name"), {"name": f"{kind} {whose}"})
    kept = [row[0] for row in found]
    if not any(kept == list(_digests(connection, kind, whose, zone).values()) for zone in _zones(connection)):
        raise damaged(f"{kind} {whose}")


def check_all(connection: Connection, *kinds: str) -> None:
    """The same of everything of some kinds: nothing changed, nothing lost, nothing more."""
    for kind in kinds:
        kept = _kept(connection, kind)
        wrong: set[str] | None = None
        for zone in _zones(connection):
            found = {f"{kind} {whose}": digest for whose, digest in _digests(connection, kind, zone=zone).items()}
            unlike = {name for name in found.keys() | kept.keys() if found.get(name) != kept.get(name)}
            wrong = unlike if wrong is None else wrong & unlike
            if not wrong:
                break
        if wrong:
            raise damaged(min(wrong))


def check_numbers(connection: Connection, numbers: Iterable[int]) -> None:
    """Raises WaterplanError unless the releases are those that were sealed."""
    if {f"{RELEASE} {number}" for number in numbers} != set(_kept(connection, RELEASE)):
        raise damaged(RELEASE)


def seal_all(connection: Connection, *kinds: str) -> None:
    """Seals what stands of some kinds that have no seals yet, as it stands."""
    for kind in kinds:
        for whose, digest in _digests(connection, kind).items():
            values = {"name": f"{kind} {whose}", "digest": digest}
            connection.execute(text("INSERT INTO seal (name, digest) VALUES (:name, :digest)"), values)


def damaged(what: str) -> WaterplanError:
    """The error that says so, without a figure."""
    return WaterplanError(Message("peer_pool.damaged", what=what))


def _kept(connection: Connection, kind: str) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, digest FROM seal WHERE name LIKE :kind"), {"kind": f"{kind} %"})
    return {row[0]: row[1] for row in rows}


def _zones(connection: Connection) -> list[tzinfo]:
    """Zones in which times may have been sealed: UTC first, then that of the session, if it had one."""
    return [UTC, connection.info[ZONE]] if ZONE in connection.info else [UTC]


def _digests(connection: Connection, kind: str, whose: int | None = None, zone: tzinfo = UTC) -> dict[int, str]:
    """Digests of what stands, by whose it is; rows are read as the database keeps them, times as they are in a zone."""

    def word(value: object) -> str:
        return str(value.astimezone(zone) if isinstance(value, datetime) else value)

    rows: dict[int, list[str]] = {}
    for number, query in enumerate(CONTENT[kind]):
        one = "" if whose is None else " WHERE told.whose = :whose"
        found = connection.execute(
            text(f"SELECT * FROM ({query}) AS told{one}"), {} if whose is None else {"whose": whose}
        )
        for row in found:
            rows.setdefault(row[0], []).append(json.dumps([number, *row], default=word))
    return {key: hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest() for key, lines in rows.items()}
