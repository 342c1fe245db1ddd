"""The coarse class of output of each contribution that a release counted in a cell."""

import math

import sqlalchemy as sa
from alembic import op

from waterplan.plants.pool.seals import SIZE, seal_all

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """From revision 0003; where the output was withdrawn, the class is the least of the cell's sizes."""
    size = op.create_table(
        "size",
        sa.Column("part", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("release", sa.Integer, nullable=False),
        sa.Column("coarse", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("part", name="pk_size"),
        sa.ForeignKeyConstraint(["release"], ["release.number"], name="fk_size_release_release"),
    )
    connection = op.get_bind()
    least: dict[int, int] = {}
    for cell, name in connection.execute(sa.text("SELECT cell_id, size FROM leaf WHERE size <> ''")):
        power = 2 * int(name.removeprefix("1e"))
        least[cell] = min(power, least.get(cell, power))
    first: dict[int, int] = {}
    coarse: dict[int, int] = {}
    behind = sa.text(
        'SELECT b.part, b.cell_id, c."release", p.output FROM behind AS b JOIN cell AS c ON c.id = b.cell_id '
        "LEFT JOIN part AS p ON p.id = b.part"
    )
    for part, cell, release, output in connection.execute(behind):
        first[part] = min(release, first.get(part, release))
        if output is not None:
            coarse[part] = math.floor(2.0 * math.log10(output))
        elif cell in least:
            coarse[part] = max(least[cell], coarse.get(part, least[cell]))
    if coarse:
        rows = [{"part": part, "release": first[part], "coarse": coarse[part]} for part in sorted(coarse)]
        connection.execute(sa.insert(size), rows)
    seal_all(connection, SIZE)
