"""Numbered releases with what they told and who stood behind it; the reuse rate of a part."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """From revision 0001; what was submitted stays."""
    op.add_column("part", sa.Column("reuse_rate", sa.Double))
    op.create_table(
        "release",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_release"),
    )
    op.create_table(
        "cell",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("release", sa.Integer, nullable=False),
        sa.Column("product", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("origin", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cell"),
        sa.ForeignKeyConstraint(["release"], ["release.number"], name="fk_cell_release_release"),
    )
    op.create_index("ix_cell_release", "cell", ["release"])
    op.create_table(
        "leaf",
        sa.Column("cell_id", sa.Integer, nullable=False),
        sa.Column("route", sa.String, nullable=False),
        sa.Column("size", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("cell_id", "route", "size", name="pk_leaf"),
        sa.ForeignKeyConstraint(["cell_id"], ["cell.id"], name="fk_leaf_cell_id_cell"),
    )
    op.create_table(
        "decile",
        sa.Column("cell_id", sa.Integer, nullable=False),
        sa.Column("place", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("cell_id", "place", name="pk_decile"),
        sa.ForeignKeyConstraint(["cell_id"], ["cell.id"], name="fk_decile_cell_id_cell"),
    )
    op.create_table(
        "behind",
        sa.Column("cell_id", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("owner", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("cell_id", "part", name="pk_behind"),
        sa.ForeignKeyConstraint(["cell_id"], ["cell.id"], name="fk_behind_cell_id_cell"),
    )
    op.create_table(
        "counted",
        sa.Column("release", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("owner", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("release", "part", name="pk_counted"),
        sa.ForeignKeyConstraint(["release"], ["release.number"], name="fk_counted_release_release"),
    )
