"""The pieces that the scanner finds in a text and the composer puts together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

DayRange = tuple[date, date]
"""First and last day, both included."""


@dataclass(frozen=True)
class Days:
    """A day or a run of days that words name.

    `find(earliest)` gives the first occurrence whose last day is not before `earliest`, or None when the calendar
    cannot tell. An open one (周六, 3号, 国庆) may move to a later occurrence; a fixed one ignores `earliest`.
    A span (这周末) is a range even when only its last day is left.
    """

    find: Callable[[date], DayRange | None]
    is_open: bool = False
    weekday: int | None = None
    is_week: bool = False
    is_span: bool = False


@dataclass(frozen=True)
class Part:
    """A part of the day from `start` to `end` o'clock; `style` tells how a bare hour inside it is read."""

    start: int
    end: int
    style: str


@dataclass(frozen=True)
class Clock:
    """A clock time. `is_exact`: the hour is said on the 24-hour clock and needs no guess at morning or afternoon."""

    hour: int
    minute: int = 0
    is_exact: bool = False
    until: tuple[int, int] | None = None


class Doubt(str, Enum):
    """Why a time is left open, which decides what the customer is asked and offered."""

    CONFLICT = "conflict"
    """Two names of the day that disagree (11月24号周三)."""
    IMPOSSIBLE = "impossible"
    """No such day or hour (2月30号, 25点)."""
    CHOICE = "choice"
    """Several times that all suit (周六或者周日)."""
    AROUND = "around"
    """Some day of a stretch (月底, 下周初)."""
    SOON = "soon"
    """The earliest (越快越好)."""


Span = tuple[datetime, datetime]
"""First and last moment of a stretch of time; both the same for a clock time."""


@dataclass(frozen=True)
class Hint:
    """What an ambiguous time still tells: the kind of doubt, and the stretches of time that would do."""

    doubt: Doubt
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Vague:
    """Words that ask for a time without naming one: 改天 (no doubt named), 越快越好, 月底 (some of `days`)."""

    doubt: Doubt | None = None
    days: tuple[DayRange, ...] = ()


@dataclass(frozen=True)
class Instant:
    """A time that is counted from now; `end` for 一小时内."""

    at: datetime
    end: datetime | None = None


Value = Days | Part | Clock | Vague | Instant


@dataclass(frozen=True)
class Atom:
    """One piece found at [start, end) of the prepared text. A weak one counts only beside another piece of time."""

    start: int
    end: int
    value: Value
    is_weak: bool = False


class Bound(Enum):
    """How a moment bounds the wish: at it, from it on, or until it."""

    AT = "at"
    AFTER = "after"
    BEFORE = "before"


class Link(Enum):
    """How a moment is joined to the one before it."""

    NEXT = "next"
    RANGE = "range"
    AND = "and"
    OR = "or"


@dataclass
class Moment:
    """Pieces that describe one time together: 下周三 + 下午 + 三点."""

    start: int
    end: int
    days: Days | None = None
    part: Part | None = None
    clock: Clock | None = None
    instant: Instant | None = None
    vague: Vague | None = None
    conflicts: tuple[Days, Days] | None = None
    bound: Bound = Bound.AT
    link: Link = Link.NEXT
    atoms: list[Atom] = field(default_factory=list)

    @property
    def is_vague(self) -> bool:
        return self.vague is not None

    @property
    def is_impossible(self) -> bool:
        return self.vague is not None and self.vague.doubt is Doubt.IMPOSSIBLE


class TimeKind(str, Enum):
    """What kind of time an utterance names (DESIGN.md, contract of `understand`)."""

    POINT = "point"
    PART = "part"
    DAY = "day"
    RANGE = "range"
    AMBIGUOUS = "ambiguous"
    NONE = "none"


@dataclass(frozen=True)
class Resolved:
    """What a moment comes to: kind, start, end and grain as in the contract."""

    kind: TimeKind
    start: datetime | None = None
    end: datetime | None = None
    grain: str = ""
    hint: Hint | None = None


AMBIGUOUS = Resolved(TimeKind.AMBIGUOUS)
NOTHING = Resolved(TimeKind.NONE)
