"""Inserting under a key that somebody else may have taken meanwhile."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def insert_unless_taken(session: Session, table: type) -> Any:
    """INSERT into a class's table that leaves out what has a taken key: the result's ``rowcount`` tells what went in.

    A rival who is still at it is waited for. No error, so that the transaction goes on without a savepoint.
    """
    return _insert(session.get_bind().dialect.name, table)


@lru_cache
def _insert(dialect: str, table: Any) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table.__table__).on_conflict_do_nothing()
