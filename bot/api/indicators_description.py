"""The OpenAPI description of indicators."""

from __future__ import annotations

from typing import Any

from bot.api.schemas import FLAG, MOMENT, NULLABLE, TEXT, TIME, array, enum_of, operation, query, record, ref
from bot.domain.indicators import Standing, Unit

_API = "/api/staff/indicators"
_NUMBER = {"type": "number"}
_MAYBE = {"type": "number", "nullable": True}
_ASKED = (
    query("period", TEXT, "2026-11, 2026-Q4 or 2026; this month by default"),
    query("store", TEXT, "all together by default, or the caller's first store"),
)
_FOREIGN = "it is not a store of the caller's"


def indicator_paths() -> dict[str, Any]:
    table = operation("The figures as CSV.", TEXT, *_ASKED, s403=_FOREIGN)
    table["responses"]["200"]["content"] = {"text/csv": {"schema": TEXT}}
    return {
        _API: {
            "get": operation(
                "Figures against their targets; null where nothing happened.",
                array(ref("Figure")),
                *_ASKED,
                s403=_FOREIGN,
            )
        },
        f"{_API}/csv": {"get": table},
        f"{_API}/{{id}}/rows": {
            "get": operation(
                "The cases behind a figure, the newest first, 500 at most.",
                array(ref("FigureRow")),
                *_ASKED,
                id_="the id of the indicator",
                s403=_FOREIGN,
            )
        },
        f"{_API}/{{id}}/entries": {
            "put": operation(
                "Enter the value of an indicator that the program cannot count.",
                ref("Figure"),
                body=record("store", "note", period=TEXT, store=NULLABLE, value=_NUMBER, note=NULLABLE),
                id_="the id of the indicator",
                s403=_FOREIGN,
            )
        },
    }


def indicator_schemas() -> dict[str, Any]:
    """``Figure`` and ``FigureRow``."""
    return {
        "Figure": record(
            id=TEXT,
            name=TEXT,
            counts={**TEXT, "description": "what is divided by what, and when it counts"},
            unit=enum_of(Unit),
            period={**TEXT, "description": "longer than asked for where the indicator's own is"},
            store={**NULLABLE, "description": "null is all"},
            value=_MAYBE,
            numerator=_MAYBE,
            denominator={"type": "integer", "nullable": True},
            target=_MAYBE,
            standing=enum_of(Standing),
            by_hand=FLAG,
            by_store={**FLAG, "description": "whether it can be told for one store"},
            note=NULLABLE,
            entered_by=NULLABLE,
            entered_at=MOMENT,
        ),
        "FigureRow": record(
            id=TEXT,
            at=TIME,
            hit={**_NUMBER, "description": "1 or 0; a score for points, -1 to 1 for the NPS"},
            conversation_id=NULLABLE,
            customer_id=NULLABLE,
        ),
    }
