"""How the database of a pool came to be what it is, revision by revision (Alembic)."""
