"""Statements that PostgreSQL reads and plans once per connection, and not at every execution: those of every turn.

psycopg2 has no prepared statements of its own, and PostgreSQL spends more on understanding a statement that finds one
row than on finding it. A statement is prepared by its execution option::

    sa.select(…).execution_options(**PREPARED)

Its text must always be the same (no list of changing length), and PostgreSQL must be able to tell the types of its
parameters from their places. Other databases take no notice. Between the process and PostgreSQL there must be no
pooler that changes connections between transactions.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

PREPARED = {"prepared": True}
_PARAMETER = re.compile(r"%\((\w+)\)s")
_LOST = ("26000", "0A000")
"""invalid_sql_statement_name: somebody made the connection forget it; feature_not_supported: a migration has changed
what it gives ("cached plan must not change result type")."""


def prepare_statements(engine: Engine) -> None:
    """For an engine of psycopg2."""
    sa.event.listen(engine, "before_cursor_execute", _prepared, retval=True)
    sa.event.listen(engine, "handle_error", _give_up_connection)


def _prepared(
    connection: Any, _: Any, statement: str, values: Any, context: Any, is_many: bool
) -> tuple[str, Any]:
    if is_many or context is None or not context.execution_options.get("prepared"):
        return statement, values
    calls: dict[str, str] = connection.info.setdefault("prepared", {})
    if statement in calls:
        return calls[statement], values
    name = f"zhanting_{len(calls) + 1}"
    parameters = list(dict.fromkeys(_PARAMETER.findall(statement)))
    numbered = _PARAMETER.sub(lambda found: f"${parameters.index(found[1]) + 1}", statement)
    given = ", ".join(f"%({parameter})s" for parameter in parameters)
    calls[statement] = f"EXECUTE {name}({given})" if given else f"EXECUTE {name}"
    return f"PREPARE {name} AS {numbered}; {calls[statement]}", values


def _give_up_connection(context: Any) -> None:
    """Another one knows the statement, or learns it anew."""
    if getattr(context.original_exception, "pgcode", None) in _LOST:
        context.is_disconnect, context.invalidate_pool_on_disconnect = True, False
