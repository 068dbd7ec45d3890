"""Figures of indicators: one aggregate each in the database, the list behind one, and how it developed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.domain.errors import InvalidInput, NotFound
from bot.domain.indicators import Counted, Grain, Indicator, Period, Standing, Unit, standing
from bot.services.content.snapshot import Content
from bot.services.indicators.clauses import Scope
from bot.services.indicators.sources import SOURCES
from bot.store.database import Database
from bot.store.lifecycle_tables import IndicatorEntry
from bot.store.staff_tables import User

MOST_ROWS = 500


@dataclass(frozen=True)
class Entry:
    """What somebody entered by hand."""

    value: float
    note: str | None
    entered_by: str
    entered_at: datetime


@dataclass(frozen=True)
class Figure:
    """An indicator of a store (None: all) in a period. ``value`` is None where nothing happened, nothing was entered,
    or it cannot be told for one store (``indicator.by_store``)."""

    indicator: Indicator
    period: Period
    store: str | None
    value: float | None
    counted: Counted | None = None
    entry: Entry | None = None

    @property
    def standing(self) -> Standing:
        return standing(self.indicator, self.value, self.period.grain)

    @property
    def is_countable(self) -> bool:
        return self.store is None or self.indicator.by_store


@dataclass(frozen=True)
class Row:
    """One case behind a figure: when it counts, and what it adds (1 and 0, a score, or -1 to 1 for the NPS)."""

    id: str
    at: datetime
    hit: float
    conversation_id: str | None
    customer_id: str | None


def indicator_of(content: Content, id_: str) -> Indicator:
    """Raises ``NotFound``."""
    found = content.indicators.get(id_)
    if found is None:
        raise NotFound("no such indicator")
    return found


def figures(
    database: Database, content: Content, period: Period, store: str | None, now: datetime
) -> list[Figure]:
    """All indicators, in the order of the content. One whose own period is longer than the chosen one is told for the
    period around it (a year's for a month)."""
    with database.reading() as session:
        return [_figure(session, content, each, period, store, now) for each in content.indicators.values()]


def figure(
    database: Database, content: Content, id_: str, period: Period, store: str | None, now: datetime
) -> Figure:
    """One of them. Raises ``NotFound``."""
    with database.reading() as session:
        return _figure(session, content, indicator_of(content, id_), period, store, now)


def development(
    database: Database,
    content: Content,
    id_: str,
    period: Period,
    store: str | None,
    now: datetime,
    steps: int = 12,
) -> list[Figure]:
    """An indicator in the periods up to this one, the oldest first."""
    indicator = indicator_of(content, id_)
    own = period.within(indicator.period)
    steps = min(steps, {Grain.MONTH: 12, Grain.QUARTER: 8, Grain.YEAR: 5}[own.grain])
    with database.reading() as session:
        return [
            _figure(session, content, indicator, own.before(step), store, now)
            for step in reversed(range(steps))
        ]


def rows(
    database: Database, content: Content, id_: str, period: Period, store: str | None, now: datetime
) -> list[Row]:
    """The newest cases behind a figure, ``MOST_ROWS`` at most; none for what is entered by hand.

    Raises ``NotFound``.
    """
    indicator = indicator_of(content, id_)
    source = SOURCES.get(id_)
    if source is None or indicator.by_hand or (store is not None and not indicator.by_store):
        return []
    with database.reading() as session:
        scope = scope_of(session, content, period.within(indicator.period), store, now)
        cases = source(scope).subquery()
        query = sa.select(cases).order_by(cases.c.at.desc(), cases.c.id).limit(MOST_ROWS)
        return [Row(*each) for each in session.execute(query)]


def check_store(content: Content, store: str | None) -> None:
    """Raises ``InvalidInput`` for a store that the dealership does not have."""
    if store is not None and store not in {each.id for each in content.dealership.stores}:
        raise InvalidInput("there is no such store")


def scope_of(session: Session, content: Content, period: Period, store: str | None, now: datetime) -> Scope:
    """What is counted, in the dealer's zone."""
    people = session.execute(sa.select(User.username, User.stores)) if store is not None else ()
    return Scope(
        midnight(period.first),
        midnight(period.end),
        now,
        store,
        tuple(username for username, stores in people if store in (stores or ())),
        {event.id: (event.store, event.start) for event in content.events.values()},
        content.dealership.handoff.cases.rescue_minutes,
    )


def midnight(day: date) -> datetime:
    """The beginning of a day in the dealer's zone."""
    return datetime.combine(day, time.min, TIME_ZONE)


def _figure(
    session: Session,
    content: Content,
    indicator: Indicator,
    period: Period,
    store: str | None,
    now: datetime,
) -> Figure:
    own = period.within(indicator.period)
    if store is not None and not indicator.by_store:
        return Figure(indicator, own, store, None)
    if indicator.by_hand:
        return _entered(session, indicator, own, store)
    counted = count(session, indicator, scope_of(session, content, own, store, now))
    return Figure(indicator, own, store, counted.value(indicator.unit), counted)


def count(session: Session, indicator: Indicator, scope: Scope) -> Counted:
    """One row from the database, however many cases there are."""
    cases = SOURCES[indicator.id](scope).subquery()
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(cases.c.hit), 0)).select_from(cases)
    number, hits = session.execute(query).one()
    return Counted(int(number), float(hits))


def _entered(session: Session, indicator: Indicator, period: Period, store: str | None) -> Figure:
    """What was entered for just this period; how often something was done adds up over the periods in a longer one."""
    found = _entries(session, indicator, store)
    entry = found.get(period.id)
    if entry is None and indicator.unit is Unit.TIMES and period.grain is not indicator.period:
        within = [found[each.id] for each in _parts(period, indicator.period) if each.id in found]
        return Figure(indicator, period, store, sum(each.value for each in within) if within else None)
    return Figure(indicator, period, store, None if entry is None else entry.value, entry=entry)


def _parts(period: Period, grain: Grain) -> list[Period]:
    first = Period(grain, period.first)
    return [first.before(-step) for step in range(period.grain.months // grain.months)]


def _entries(session: Session, indicator: Indicator, store: str | None) -> Mapping[str, Entry]:
    query = sa.select(IndicatorEntry).where(
        IndicatorEntry.indicator == indicator.id, IndicatorEntry.store == (store or "")
    )
    return {
        row.period: Entry(row.value, row.note, row.entered_by, row.entered_at)
        for row in session.scalars(query)
    }
