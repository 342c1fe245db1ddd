"""The tables of the pool. Names of owners and plants are nowhere: only keyed digests of what their owner holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Double, ForeignKey, Index, MetaData, UniqueConstraint, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NEVER_AGAIN = {"sqlite_autoincrement": True}  # a number that was deleted is not given out again


class Base(DeclarativeBase):
    """All tables, with names for their constraints so that migrations can speak of them."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {float: Double()}
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Salt(Base):
    """What digests of this pool are keyed with; one row."""

    __tablename__ = "salt"
    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str]


class Owner(Base):
    """Who holds a key; public owners are published enterprises."""

    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    is_public: Mapped[bool] = mapped_column(server_default=false())
    __table_args__ = NEVER_AGAIN


class Plant(Base):
    """A plant of an owner, known by the digest of its owner's key and its label."""

    __tablename__ = "plant"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"), index=True)
    digest: Mapped[str]
    __table_args__ = (UniqueConstraint("owner_id", "digest"), NEVER_AGAIN)


class Submission(Base):
    """What an owner said of a plant and year; ``replaced_at`` is empty for what holds now."""

    __tablename__ = "submission"
    id: Mapped[int] = mapped_column(primary_key=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"))
    year: Mapped[int]
    consented_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    replaced_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (Index("ix_submission_plant_id_year", "plant_id", "year"), NEVER_AGAIN)


class Part(Base):
    """One product of a submission: output [unit/a], graded withdrawal [m3/a], intensity [m3/unit], reuse rate [1]."""

    __tablename__ = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    product: Mapped[str]
    route: Mapped[str]
    size: Mapped[str]
    output: Mapped[float | None]
    withdrawal: Mapped[float | None]
    intensity: Mapped[float]
    reuse_rate: Mapped[float | None]
    __table_args__ = NEVER_AGAIN


class Release(Base):
    """A numbered release."""

    __tablename__ = "release"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ToldCell(Base):
    """A cell of a release."""

    __tablename__ = "cell"
    id: Mapped[int] = mapped_column(primary_key=True)
    release: Mapped[int] = mapped_column(ForeignKey("release.number"), index=True)
    product: Mapped[str]
    state: Mapped[str]
    origin: Mapped[int]


class ToldLeaf(Base):
    """A route and size class of a cell."""

    __tablename__ = "leaf"
    cell_id: Mapped[int] = mapped_column(ForeignKey("cell.id"), primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[str] = mapped_column(primary_key=True)


class ToldDecile(Base):
    """A decile of a cell [m3/unit], as it is told."""

    __tablename__ = "decile"
    cell_id: Mapped[int] = mapped_column(ForeignKey("cell.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[float]


class Behind(Base):
    """Which contributions stood behind a cell: two numbers, which point nowhere once the owner has withdrawn."""

    __tablename__ = "behind"
    cell_id: Mapped[int] = mapped_column(ForeignKey("cell.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[int]


class Counted(Base):
    """Which contributions of private owners the pool had at a release, told or not."""

    __tablename__ = "counted"
    release: Mapped[int] = mapped_column(ForeignKey("release.number"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[int]


class Size(Base):
    """The coarse class of output of a contribution, kept with the first release that counted it in a cell."""

    __tablename__ = "size"
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    release: Mapped[int] = mapped_column(ForeignKey("release.number"))
    coarse: Mapped[int]


class Seal(Base):
    """The digest of what stands of somebody; see sealing.py."""

    __tablename__ = "seal"
    name: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
