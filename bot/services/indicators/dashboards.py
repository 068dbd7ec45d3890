"""What a manager sees at once, and of which stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.clock import TIME_ZONE
from bot.domain.errors import NotPermitted
from bot.domain.indicators import Grain, Period, period_of
from bot.services.content.snapshot import Content
from bot.services.indicators.figures import Figure, check_store, figures, scope_of
from bot.services.indicators.overviews import Overview, overview
from bot.services.indicators.tables import ALL_STORES
from bot.services.staff import Staff
from bot.store.database import Database


@dataclass(frozen=True)
class Dashboard:
    """The figures and pictures of a store (None: all) in a period."""

    period: Period
    store: str | None
    figures: tuple[Figure, ...]
    overview: Overview


def dashboard(
    database: Database, content: Content, period: Period, store: str | None, now: datetime
) -> Dashboard:
    """Everything of a page. Raises ``InvalidInput`` for an unknown store."""
    check_store(content, store)
    found = figures(database, content, period, store, now)
    with database.reading() as session:
        scope = scope_of(session, content, period, store, now)
        return Dashboard(period, store, tuple(found), overview(session, content, scope))


def this_month(now: datetime) -> Period:
    return period_of(now.astimezone(TIME_ZONE).date(), Grain.MONTH)


def stores_of(staff: Staff, content: Content) -> dict[str | None, str]:
    """The names of the stores whose figures somebody may see: theirs, or all of them and all together (None)."""
    names: dict[str | None, str] = {store.id: store.name for store in content.dealership.stores}
    mine: dict[str | None, str] = {id_: name for id_, name in names.items() if id_ in staff.stores}
    return mine if staff.stores else {None: ALL_STORES, **names}


def store_for(staff: Staff, content: Content, store: str | None) -> str | None:
    """The store that is asked for; without a word the first that they may see.

    Raises ``InvalidInput`` for an unknown one, ``NotPermitted`` for one that is not theirs.
    """
    check_store(content, store)
    allowed = stores_of(staff, content)
    if store is None and allowed:
        return next(iter(allowed))
    if store not in allowed:
        raise NotPermitted("this is not a store of theirs")
    return store
