"""The OpenAPI description of the dealership."""

from __future__ import annotations

from typing import Any

from bot.api.schemas import NULLABLE, NUMBER, TEXT, TIME, array, enum_of, operation, query, record, ref
from bot.domain.versions import Status
from bot.services.exchange.dealership_files import OF_KIND

_KIND = {"type": "string", "enum": list(OF_KIND)}
_DATA = {"type": "object", "description": "the fields, as in the files of dealership/"}
_ID = 'such as "profile", "rules" or "store:east"'
_SEEN = {
    **NUMBER,
    "nullable": True,
    "description": "the version that the caller saw; 409 if it is another now",
}
_WRONG = "cannot be taken; faults says why by field"
_FORBIDDEN = "only a manager or administrator may"


def dealership_paths() -> dict[str, Any]:
    """The paths below ``/api/staff/dealership``."""
    base = "/api/staff/dealership"
    refusals: dict[str, Any] = {
        "s400": _WRONG,
        "s403": _FORBIDDEN,
        "s409": "somebody else has changed it meanwhile",
    }
    change = record("version", "note", data=_DATA, version=_SEEN, note=TEXT)
    return {
        base: {
            "get": operation(
                "Stores, hours, closures, models, jobs, resources and rules as they count now.",
                array(ref("DealershipEntry")),
                query("kind", _KIND),
                s403=_FORBIDDEN,
            )
        },
        f"{base}/{{id}}": {
            "put": operation(
                "Change the fields that data names, live at once; a new entry where a list has none of that id.",
                ref("DealershipEdited"),
                body=change,
                id_=_ID,
                **refusals,
            ),
            "delete": operation("Take an entry out of its list.", record(), id_=_ID, **refusals),
        },
        f"{base}/{{id}}/history": {
            "get": operation(
                "Every version, newest first.", array(ref("DealershipVersion")), id_=_ID, s403=_FORBIDDEN
            )
        },
        f"{base}/{{id}}/rollback": {
            "post": operation(
                "A new version that says what an earlier one said.",
                ref("DealershipEdited"),
                body=record("seen", version=NUMBER, seen=_SEEN),
                id_=_ID,
                **refusals,
            )
        },
    }


def dealership_schemas() -> dict[str, Any]:
    """``DealershipEntry``, ``DealershipEdited`` and ``DealershipVersion``."""
    entry = {
        "id": TEXT,
        "kind": _KIND,
        "data": _DATA,
        "version": NUMBER,
        "author": TEXT,
        "updated_at": TIME,
    }
    out = record(appointment_id=TEXT, code=TEXT, start=TIME, reason=TEXT)
    return {
        "DealershipEntry": record(**entry),
        "DealershipEdited": record(**entry, out_of_rules=array(out)),
        "DealershipVersion": record(
            version=NUMBER,
            status=enum_of(Status),
            data=_DATA,
            author=TEXT,
            note=NULLABLE,
            created_at=TIME,
        ),
    }
