"""Alembic's entry: migrates the connection that ``bot.services.installation.migrate`` hands over."""

from alembic import context

from bot.store import lifecycle_tables, staff_tables, wechat_tables  # noqa: F401
from bot.store.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True
)
with context.begin_transaction():
    context.run_migrations()
