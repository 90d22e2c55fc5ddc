"""Alembic's entry: runs the migrations on the connection that `adapters.database.migrating` hands over."""

from alembic import context

from adapters.database.tables import metadata

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
    on_version_apply=given["on_version_apply"],
)
with context.begin_transaction():
    context.run_migrations()
