"""The OpenAPI description of the outbox."""

from __future__ import annotations

from typing import Any

from bot.api.outbox import MOST, USUAL, Channel, State
from bot.api.schemas import (
    FLAG,
    MOMENT,
    NULLABLE,
    NUMBER,
    TEXT,
    TIME,
    array,
    enum_of,
    operation,
    query,
    record,
    ref,
)

_LIMIT = {**NUMBER, "minimum": 1, "maximum": MOST, "default": USUAL}
_FORBIDDEN = "only who may read the audit log"


def outbox_paths() -> dict[str, Any]:
    """The paths below ``/api/staff/outbox``."""
    return {
        "/api/staff/outbox": {
            "get": operation(
                "Messages to customers, colleagues and the dealer's systems: failed ones first, then by time.",
                array(ref("OutboxMessage")),
                query("state", enum_of(State)),
                query("channel", enum_of(Channel)),
                query("limit", _LIMIT),
                s403=_FORBIDDEN,
            )
        },
        "/api/staff/outbox/{id}/retry": {
            "post": operation(
                "Send a failed message again, at once.",
                {"type": "object"},
                id_="the number of the message",
                s403=_FORBIDDEN,
                s409="it has not failed",
            )
        },
    }


def outbox_schemas() -> dict[str, Any]:
    """``OutboxMessage``."""
    attempt = record(at=TIME, delivered=FLAG, problem=NULLABLE, milliseconds={**NUMBER, "nullable": True})
    return {
        "OutboxMessage": record(
            id=NUMBER,
            kind=TEXT,
            channel=enum_of(Channel),
            state=enum_of(State),
            due_at=TIME,
            sent_at=MOMENT,
            attempts={**NUMBER, "description": "since the last retry"},
            problem=NULLABLE,
            appointment_id=NULLABLE,
            code={**NULLABLE, "description": "of the visit"},
            conversation_id=NULLABLE,
            address={**NULLABLE, "description": "of an e-mail"},
            deliveries={**array(attempt), "description": "every attempt, the newest first"},
        )
    }
