"""A seal for the salt, each owner, each plant and each release."""

import sqlalchemy as sa
from alembic import op

from waterplan.plants.pool.seals import OWNER, PLANT, RELEASE, SALT, seal_all

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From revision 0002; what stands there is sealed as it stands."""
    op.create_table(
        "seal",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_seal"),
    )
    seal_all(op.get_bind(), SALT, OWNER, PLANT, RELEASE)
