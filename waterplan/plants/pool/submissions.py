"""What the pool writes into its tables and reads from them; each function works in the transaction it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Insert, delete, func, insert, select, update

from waterplan.plants.pool.database_schema import (
    Behind,
    Counted,
    Owner,
    Part,
    Plant,
    Release,
    Salt,
    Submission,
    ToldCell,
    ToldDecile,
    ToldLeaf,
)  # fmt: skip
from waterplan.plants.pool.keys import digest, new_key
from waterplan.plants.pool.parts import PlantPart, PlantYear
from waterplan.plants.pool.points import Contribution, Leaf
from waterplan.plants.pool.pool_cells import Cell, Member
from waterplan.plants.pool.seals import (
    OWNER,
    PLANT,
    RELEASE,
    SALT,
    check,
    check_all,
    check_numbers,
    seal,
    unseal,
)

OWN_COLUMNS = ("product", "route", "size", "output", "withdrawal", "intensity", "reuse_rate")


def salt_of(connection: Connection) -> str:
    """The salt of this pool, made when it is first asked for."""
    found = connection.scalar(select(Salt.value))
    if found is None:
        found = new_key()
        connection.execute(insert(Salt).values(id=1, value=found))
        seal(connection, SALT, 1)
    check_all(connection, SALT)
    return found


def add_owner(connection: Connection, named: str, is_public: bool = False) -> int:
    """A new owner, known by a digest."""
    owner = _added(connection, insert(Owner).values(digest=named, is_public=is_public))
    seal(connection, OWNER, owner)
    return owner


def owner_of(connection: Connection, named: str) -> int | None:
    """The owner of a digest, whose plants stand as they were sealed."""
    owner = connection.scalar(select(Owner.id).where(Owner.digest == named))
    if owner is None:
        check_all(connection, OWNER)  # so that nobody is unknown whose digest was damaged
        return None
    check(connection, OWNER, owner)
    for plant in connection.scalars(select(Plant.id).where(Plant.owner_id == owner)).all():
        check(connection, PLANT, plant)
    return owner


def put(connection: Connection, owner: int, secret: str, salt: str, said: PlantYear) -> bool:
    """Stores a plant and year; whether it says anything new. What it replaces is kept as history."""
    plant = _plant(connection, owner, digest(salt, secret, said.plant))
    now = datetime.now(UTC)
    standing = connection.scalar(
        select(Submission.id).where(
            Submission.plant_id == plant, Submission.year == said.year, Submission.replaced_at.is_(None)
        )
    )
    if standing is not None:
        if _parts(connection, standing) == sorted(said.parts, key=repr):
            return False
        connection.execute(update(Submission).where(Submission.id == standing).values(replaced_at=now))
    values = {"plant_id": plant, "year": said.year, "consented_at": now}
    submission = _added(connection, insert(Submission).values(values))
    if said.parts:
        rows = [{"submission_id": submission} | _columns(part) for part in said.parts]
        connection.execute(insert(Part), rows)
    seal(connection, PLANT, plant)
    return True


def delete_owner(connection: Connection, owner: int) -> int:
    """Deletes an owner, all plants and all history; how many plants there were."""
    plants = list(connection.scalars(select(Plant.id).where(Plant.owner_id == owner)))
    for plant in plants:
        delete_plant(connection, plant)
    connection.execute(delete(Owner).where(Owner.id == owner))
    unseal(connection, OWNER, owner)
    return len(plants)


def plant_of(connection: Connection, owner: int, named: str) -> int | None:
    """The plant of a digest."""
    return connection.scalar(select(Plant.id).where(Plant.owner_id == owner, Plant.digest == named))


def delete_plant(connection: Connection, plant: int) -> None:
    """Deletes a plant and all it ever said."""
    owner = connection.scalar(select(Plant.owner_id).where(Plant.id == plant))
    of_plant = select(Submission.id).where(Submission.plant_id == plant)
    connection.execute(delete(Part).where(Part.submission_id.in_(of_plant)))
    connection.execute(delete(Submission).where(Submission.plant_id == plant))
    connection.execute(delete(Plant).where(Plant.id == plant))
    unseal(connection, PLANT, plant)
    if owner is not None:
        seal(connection, OWNER, owner)


def contributions(connection: Connection) -> list[Contribution]:
    """What each plant says now: its newest year."""
    check_all(connection, OWNER, PLANT)
    newest = (
        select(Submission.plant_id, func.max(Submission.year).label("year"))
        .where(Submission.replaced_at.is_(None))
        .group_by(Submission.plant_id)
        .subquery()
    )
    rows = connection.execute(
        select(
            Part.id, Owner.id, Owner.is_public, Part.product, Part.route, Part.size, Part.intensity, Part.output,
            Part.withdrawal,
        )
        .join(Submission, Part.submission_id == Submission.id)
        .join(newest, (newest.c.plant_id == Submission.plant_id) & (newest.c.year == Submission.year))
        .join(Plant, Submission.plant_id == Plant.id)
        .join(Owner, Plant.owner_id == Owner.id)
        .where(Submission.replaced_at.is_(None))
        .order_by(Part.id)
    )  # fmt: skip
    return [Contribution(*row) for row in rows]


def own_rows(connection: Connection, owner: int) -> list[dict[str, object]]:
    """All that an owner ever said and did not withdraw, with the history."""
    rows = connection.execute(
        select(
            Plant.digest.label("plant"), Submission.year, Submission.consented_at, Submission.replaced_at,
            *(getattr(Part, name) for name in OWN_COLUMNS),
        )
        .join(Submission, Submission.plant_id == Plant.id)
        .join(Part, Part.submission_id == Submission.id)
        .where(Plant.owner_id == owner)
        .order_by(Part.id)
    )  # fmt: skip
    return [dict(row) for row in rows.mappings()]


def live_parts(connection: Connection) -> set[int]:
    """Contributions that were not deleted, replaced ones among them."""
    return set(connection.scalars(select(Part.id)))


def newest_release(connection: Connection) -> int:
    """The number of the newest release; nought if there is none."""
    numbers = connection.scalars(select(Release.number)).all()
    check_numbers(connection, numbers)
    return max(numbers, default=0)


def counted_in(connection: Connection, release: int) -> set[Member]:
    """Private contributions that the pool had at a release."""
    check(connection, RELEASE, release)
    rows = connection.execute(select(Counted.owner, Counted.part).where(Counted.release == release))
    return {(owner, part) for owner, part in rows}


def put_release(connection: Connection, number: int, cells: Iterable[Cell], counted: Iterable[Member]) -> None:
    """Freezes a release."""
    connection.execute(insert(Release).values(number=number, made_at=datetime.now(UTC)))
    rows = [{"release": number, "owner": owner, "part": part} for owner, part in sorted(counted)]
    _insert(connection, Counted, rows)
    for cell in cells:
        values = {"release": number, "product": cell.product, "state": cell.state, "origin": cell.origin or number}
        key = _added(connection, insert(ToldCell).values(values))
        of_cell = {"cell_id": key}
        _insert(connection, ToldLeaf, [of_cell | {"route": route, "size": size} for route, size in sorted(cell.leaves)])
        _insert(connection, ToldDecile, [of_cell | {"place": place, "value": value} for place, value in cell.deciles])
        _insert(connection, Behind, [of_cell | {"owner": owner, "part": part} for owner, part in sorted(cell.members)])
    seal(connection, RELEASE, number)


def cells_in(connection: Connection, release: int) -> list[Cell]:
    """The cells of a release, as they were frozen."""
    check(connection, RELEASE, release)
    of_release = select(ToldCell.id).where(ToldCell.release == release)
    leaves: dict[int, set[Leaf]] = {}
    for key, route, size in connection.execute(
        select(ToldLeaf.cell_id, ToldLeaf.route, ToldLeaf.size).where(ToldLeaf.cell_id.in_(of_release))
    ):
        leaves.setdefault(key, set()).add((route, size))
    values: dict[int, list[tuple[int, float]]] = {}
    for key, place, value in connection.execute(
        select(ToldDecile.cell_id, ToldDecile.place, ToldDecile.value)
        .where(ToldDecile.cell_id.in_(of_release))
        .order_by(ToldDecile.place)
    ):
        values.setdefault(key, []).append((place, value))
    members: dict[int, set[Member]] = {}
    for key, owner, part in connection.execute(
        select(Behind.cell_id, Behind.owner, Behind.part).where(Behind.cell_id.in_(of_release))
    ):
        members.setdefault(key, set()).add((owner, part))
    rows = connection.execute(
        select(ToldCell.id, ToldCell.product, ToldCell.state, ToldCell.origin)
        .where(ToldCell.release == release)
        .order_by(ToldCell.id)
    )
    return [
        Cell(product, frozenset(leaves[key]), frozenset(members[key]), tuple(values.get(key, ())), state, origin)
        for key, product, state, origin in rows
    ]


def _plant(connection: Connection, owner: int, named: str) -> int:
    found = plant_of(connection, owner, named)
    if found is None:
        found = _added(connection, insert(Plant).values(owner_id=owner, digest=named))
        seal(connection, OWNER, owner)
    return found


def _parts(connection: Connection, submission: int) -> list[PlantPart]:
    columns = (getattr(Part, name) for name in OWN_COLUMNS)
    rows = connection.execute(select(*columns).where(Part.submission_id == submission))
    return sorted((PlantPart(*row) for row in rows), key=repr)


def _columns(part: PlantPart) -> dict[str, object]:
    return {name: getattr(part, name) for name in OWN_COLUMNS}


def _added(connection: Connection, statement: Insert) -> int:
    key = connection.execute(statement).inserted_primary_key
    assert key is not None
    return int(key[0])


def _insert(connection: Connection, table: type, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        connection.execute(insert(table), rows)
