"""What the counting queries share: times as numbers on both databases, and what belongs to a store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from bot.domain.booking import VisitStatus
from bot.services.leads import LeadStatus
from bot.store.staff_tables import Lead
from bot.store.tables import Appointment, Customer, Vehicle

CAME = (VisitStatus.CHECKED_IN.value, VisitStatus.COMPLETED.value)
FIRST_HOUR = 3 * 24
"""The epoch began on a Thursday: the hour of the week, Monday 0:00 is 0, of its first local midnight."""


@dataclass(frozen=True)
class Scope:
    """What is counted: from ``since`` to before ``until``, as it is known ``now``, of one store or of all (None).

    ``usernames``: who works in the store; ``events``: ids of the known events with their store and start;
    ``rescue_minutes``: so soon somebody answers a rescue.
    """

    since: datetime
    until: datetime
    now: datetime
    store: str | None = None
    usernames: tuple[str, ...] = ()
    events: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    rescue_minutes: int = 5

    def during(self, column: Any) -> Any:
        """Whether a time lies in the period."""
        return sa.and_(column >= self.since, column < self.until)

    def of_store(self, column: Any) -> Any:
        """Whether a column with a store is the chosen one."""
        return sa.true() if self.store is None else column == self.store

    def of_phone(self, column: Any) -> Any:
        """Whether somebody with this number has a visit at the chosen store, or a car that it looks after."""
        if self.store is None:
            return sa.true()
        visits = sa.exists().where(Appointment.phone == column, Appointment.store == self.store)
        return sa.or_(visits, _cars_of(column).where(Vehicle.store == self.store).exists())


def flag(condition: Any) -> Any:
    """1 where it is so, else 0."""
    return sa.case((condition, 1), else_=0)


def bought_since(phone: Any, moment: Any) -> Any:
    """Whether somebody with this number bought on the day of ``moment`` or later: a lead was won (the time of its last
    change), or a car delivered where no lead was kept."""
    won = sa.exists().where(
        Lead.phone == phone,
        Lead.status == LeadStatus.WON.value,
        LocalDay(Lead.updated_at) >= LocalDay(moment),
    )
    return sa.or_(won, _cars_of(phone).where(DayText(Vehicle.delivered) >= LocalDay(moment)).exists())


def _cars_of(phone: Any) -> Any:
    return sa.select(Vehicle.plate).where(Vehicle.customer_id == Customer.id, Customer.phone == phone)


class Seconds(sa.sql.functions.FunctionElement):
    """A stored time as whole seconds since the epoch."""

    type = sa.BigInteger()
    inherit_cache = True
    name = "seconds"


class HourOfWeek(sa.sql.functions.FunctionElement):
    """The hour of the dealer's week (China has had no summer time since 1991), 0 to 167 from a Thursday's midnight."""

    type = sa.Integer()
    inherit_cache = True
    name = "hour_of_week"


class LocalDay(sa.sql.functions.FunctionElement):
    """The dealer's day of a stored time, as ISO text."""

    type = sa.String()
    inherit_cache = True
    name = "local_day"


class DayText(sa.sql.functions.FunctionElement):
    """A stored date as ISO text."""

    type = sa.String()
    inherit_cache = True
    name = "day_text"


@compiles(Seconds, "sqlite")
def _seconds_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    return f"CAST(strftime('%s', {_inner(element, compiler, more)}) AS INTEGER)"


@compiles(Seconds, "postgresql")
def _seconds_postgres(element: Any, compiler: Any, **more: Any) -> str:
    return f"floor(extract(epoch FROM {_inner(element, compiler, more)}))"


@compiles(HourOfWeek, "sqlite")
def _hour_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    seconds = f"CAST(strftime('%s', {_inner(element, compiler, more)}) AS INTEGER)"
    return f"(({seconds} + 28800) / 3600 % 168)"


@compiles(HourOfWeek, "postgresql")
def _hour_postgres(element: Any, compiler: Any, **more: Any) -> str:
    seconds = f"extract(epoch FROM {_inner(element, compiler, more)})"
    return f"mod(floor(({seconds} + 28800) / 3600)::bigint, 168)"


@compiles(LocalDay, "sqlite")
def _day_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    return f"date({_inner(element, compiler, more)}, '+8 hours')"


@compiles(LocalDay, "postgresql")
def _day_postgres(element: Any, compiler: Any, **more: Any) -> str:
    return f"to_char({_inner(element, compiler, more)} + interval '8 hours', 'YYYY-MM-DD')"


@compiles(DayText, "sqlite")
def _text_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    return f"date({_inner(element, compiler, more)})"


@compiles(DayText, "postgresql")
def _text_postgres(element: Any, compiler: Any, **more: Any) -> str:
    return f"to_char({_inner(element, compiler, more)}, 'YYYY-MM-DD')"


def _inner(element: Any, compiler: Any, more: dict[str, Any]) -> str:
    return str(compiler.process(element.clauses, **more))
