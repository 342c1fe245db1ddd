"""Run by Alembic: migrates on the connection that opening.py holds, in its transaction and under its lock."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
