"""What staff enter by hand, as nothing in the program knows it: who, when, and the value for a store and a period.

A later entry takes the place of the earlier one; the audit log keeps both.
"""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import InvalidInput
from bot.domain.indicators import MOST, Indicator, Period, Unit
from bot.services import audit
from bot.services.audit import Actor
from bot.services.claiming import transact
from bot.services.content.snapshot import Content
from bot.services.indicators.figures import check_store, indicator_of
from bot.store.database import Database
from bot.store.lifecycle_tables import IndicatorEntry

LONGEST_NOTE = 200


def enter(
    database: Database,
    content: Content,
    id_: str,
    period: Period,
    store: str | None,
    value: float,
    note: str | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep the value of an indicator that is entered by hand.

    Raises ``NotFound``, or ``InvalidInput`` for one that the program counts itself, a period of another length, an
    unknown store, or a value that cannot be.
    """
    indicator = indicator_of(content, id_)
    check_store(content, store)
    _check(indicator, period, value)

    def work(session: Session) -> None:
        row = _row(session, id_, period, store)
        if row is None:
            row = IndicatorEntry(indicator=id_, store=store or "", period=period.id)
            session.add(row)
        row.value, row.note, row.entered_by, row.entered_at = value, note, actor.username, now
        about = {"period": period.id, "value": value, **({"store": store} if store else {})}
        audit.note(session, actor, "indicator.entered", now, subject=id_, details=about)

    transact(database, work)


def _check(indicator: Indicator, period: Period, value: float) -> None:
    if not indicator.by_hand:
        raise InvalidInput("the program counts this indicator itself")
    if period.grain is not indicator.period:
        raise InvalidInput(f"the period must be a {indicator.period.value}")
    least, most = {
        Unit.PERCENT: (0, 100),
        Unit.POINTS: (0, 100),
        Unit.NPS: (-100, 100),
        Unit.TIMES: (0, MOST),
    }[indicator.unit]
    whole = indicator.unit is not Unit.TIMES or float(value).is_integer()
    if not isfinite(value) or not least <= value <= most or not whole:
        raise InvalidInput(f"the value must be a number from {least} to {most}")


def _row(session: Session, id_: str, period: Period, store: str | None) -> Any:
    return session.scalars(
        sa.select(IndicatorEntry)
        .where(
            IndicatorEntry.indicator == id_,
            IndicatorEntry.store == (store or ""),
            IndicatorEntry.period == period.id,
        )
        .with_for_update()
    ).first()
