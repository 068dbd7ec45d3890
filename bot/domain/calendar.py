"""When a store is open: weekly hours of a department and the closures of the dealer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from bot.domain.dealership import Department, Hours, Store


@dataclass(frozen=True)
class Opening:
    """The opening interval of one day; both ends are aware."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class StoreCalendar:
    """The opening days of one department of one store, in the dealer's time ``zone``.

    ``closures`` are the closed dates of the years in question (``bot.services.calendar.closure_dates``).
    """

    hours: Hours
    closures: frozenset[date]
    zone: tzinfo

    @classmethod
    def of(
        cls, store: Store, department: Department, closures: frozenset[date], zone: tzinfo
    ) -> StoreCalendar:
        return cls(store.hours.of(department), closures, zone)

    def is_open(self, day: date) -> bool:
        return day.isoweekday() not in self.hours.closed_weekdays and day not in self.closures

    def opening(self, day: date) -> Opening | None:
        """The opening interval of a local day, or None on a closed one."""
        if not self.is_open(day):
            return None
        return Opening(
            datetime.combine(day, self.hours.opens, self.zone),
            datetime.combine(day, self.hours.closes, self.zone),
        )
