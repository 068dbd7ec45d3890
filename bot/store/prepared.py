"""Statements that PostgreSQL reads and plans once per connection, and not at every execution: those of every turn.

psycopg2 has no prepared statements of its own, and PostgreSQL spends more on understanding a statement that finds one
row than on finding it. A statement is prepared by its execution option::

    sa.select(…).execution_options(**PREPARED)

Its text must always be the same (no list of changing length), and PostgreSQL must be able to tell the types of its
parameters from their places. Other databases take no notice, and nothing is prepared where a pooler gives every
transaction another connection (``bot.store.database.make_engine``).
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

PREPARED = {"prepared": True}
_PARAMETER = re.compile(r"%\((\w+)\)s")
UNKNOWN = "26000"
"""invalid_sql_statement_name: somebody made the connection forget it."""
_CHANGED = "0A000"
"""feature_not_supported: a migration has changed what it gives ("cached plan must not change result type")."""


def prepare_statements(engine: Engine) -> None:
    """For an engine of psycopg2."""
    sa.event.listen(engine, "before_cursor_execute", _by_name, retval=True)
    sa.event.listen(engine, "after_cursor_execute", _learn)
    sa.event.listen(engine, "handle_error", _give_up_connection)


def _by_name(
    connection: Any, _: Any, statement: str, values: Any, context: Any, is_many: bool
) -> tuple[str, Any]:
    if is_many or not _is_marked(context):
        return statement, values
    return _calls(connection).get(statement, statement), values


def _learn(connection: Any, cursor: Any, statement: str, values: Any, context: Any, is_many: bool) -> None:
    """By itself, after the first time: PostgreSQL keeps the words that came with it, and no customer's."""
    if is_many or statement.startswith("EXECUTE ") or not _is_marked(context):
        return
    name = f"zhanting_{sha256(statement.encode()).hexdigest()[:16]}"  # of this statement, whoever prepares it
    preparation, call = prepared(statement, name)
    with connection.connection.cursor() as another:
        another.execute(preparation)
    _calls(connection)[statement] = call


def _is_marked(context: Any) -> bool:
    return context is not None and bool(context.execution_options.get("prepared"))


def _calls(connection: Any) -> dict[str, str]:
    """How statements are called by this connection to the server."""
    calls: dict[str, str] = connection.info.setdefault("prepared", {})
    return calls


def prepared(statement: str, name: str) -> tuple[str, str]:
    """What prepares a statement of psycopg2 with named parameters, and what executes it with them."""
    parameters = list(dict.fromkeys(_PARAMETER.findall(statement)))
    numbered = _PARAMETER.sub(lambda found: f"${parameters.index(found[1]) + 1}", statement)
    given = ", ".join(f"%({parameter})s" for parameter in parameters)
    return f"PREPARE {name} AS {numbered}", f"EXECUTE {name}({given})" if given else f"EXECUTE {name}"


def _give_up_connection(context: Any) -> None:
    """Another one knows the statement, or learns it anew."""
    if getattr(context.original_exception, "pgcode", None) in (UNKNOWN, _CHANGED):
        context.is_disconnect, context.invalidate_pool_on_disconnect = True, False
