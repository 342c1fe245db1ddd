"""Owners, plants and what they said, with its history."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "salt",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_salt"),
    )
    op.create_table(
        "owner",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("is_public", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name="pk_owner"),
        sa.UniqueConstraint("digest", name="uq_owner_digest"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "plant",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("owner_id", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plant"),
        sa.ForeignKeyConstraint(["owner_id"], ["owner.id"], name="fk_plant_owner_id_owner"),
        sa.UniqueConstraint("owner_id", "digest", name="uq_plant_owner_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_plant_owner_id", "plant", ["owner_id"])
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("plant_id", sa.Integer, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_submission"),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name="fk_submission_plant_id_plant"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_submission_plant_id_year", "submission", ["plant_id", "year"])
    op.create_table(
        "part",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("submission_id", sa.Integer, nullable=False),
        sa.Column("product", sa.String, nullable=False),
        sa.Column("route", sa.String, nullable=False),
        sa.Column("size", sa.String, nullable=False),
        sa.Column("output", sa.Double),
        sa.Column("withdrawal", sa.Double),
        sa.Column("intensity", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_part"),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name="fk_part_submission_id_submission"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_part_submission_id", "part", ["submission_id"])
