"""SQLAlchemy tables, queries, sessions and the alembic migrations."""
