"""Chinese time expressions: what a customer's words mean on the calendar.

The rules come from reference/time-expressions.md and the contract of `understand` in DESIGN.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.understanding.numbers import to_int
from bot.understanding.times.compose import compose
from bot.understanding.times.dates import open_day_of_month
from bot.understanding.times.doubts import with_hint
from bot.understanding.times.model import AMBIGUOUS, NOTHING, Doubt, Hint, Moment, Resolved, TimeKind
from bot.understanding.times.past import past_date
from bot.understanding.times.prepare import Prepared, prepare
from bot.understanding.times.resolve import resolve
from bot.understanding.times.rules import Context
from bot.understanding.times.scan import scan

__all__ = ["Doubt", "Hint", "TimeExpression", "TimeKind", "find_past_date", "parse_past_date", "parse_time"]

_BARE_NUMBER = re.compile(r"[\s,.。!?]*(\d{1,2}|[一二三四五六七八九十廿]{1,3})(?:吧|呢|啊|呀)?[\s,.。!?]*")
_ANY_OTHER = re.compile(r"除了|除开|其[他它余]|别的|都行|都可以|都有空")
_OUT_OF_RANGE = (OverflowError, ValueError)


@dataclass(frozen=True)
class TimeExpression:
    """A time in an utterance: aware datetimes in the time zone of `now`.

    `text` and `span` are the words in the original text. An open range has no start (六点之前) or no end (十点以后).
    `hint` says what an ambiguous one leaves to choose from.
    """

    kind: TimeKind
    start: datetime | None
    end: datetime | None
    grain: str
    text: str
    span: tuple[int, int] | None
    hint: Hint | None = None

    def as_json(self) -> dict[str, str | None]:
        """The contract's form: kind, start and end in ISO 8601 with offset, grain (null where there is no time)."""
        return {
            "kind": self.kind.value,
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
            "grain": self.grain or None,
        }

    def as_entity(self) -> dict[str, Any]:
        """`as_json`, and where there is a hint its doubt with the stretches of time that would do."""
        if self.hint is None:
            return dict(self.as_json())
        spans = [[start.isoformat(), end.isoformat()] for start, end in self.hint.spans]
        return {**self.as_json(), "hint": {"doubt": self.hint.doubt.value, "spans": spans}}


NO_TIME = TimeExpression(TimeKind.NONE, None, None, "", "", None)


def parse_time(text: str, now: datetime, expects_time: bool = False) -> TimeExpression:
    """The time that an utterance names; never raises.

    A time whose date is left open lies in the future of `now` (aware); one said in the past (昨天) stays there.
    `expects_time`: the dialogue has just asked for a time, so bare numbers and vague answers count. Only the first
    500 characters are read.
    """
    prepared = prepare(text)
    if not prepared.text.strip():
        return NO_TIME
    context = Context(now, expects_time, prepared.text)
    try:
        resolved, start, end = _resolve(context)
    except _OUT_OF_RANGE:  # a date outside the calendar's range, as near datetime.max
        return NO_TIME
    if resolved.kind is TimeKind.NONE:
        return NO_TIME
    return _expression(text, prepared, resolved, start, end)


def parse_past_date(text: str, now: datetime) -> date | None:
    """The day or month in the past that words name (去年十一月 → its first day); never in the future."""
    found = find_past_date(text, now)
    return found[0] if found else None


def find_past_date(text: str, now: datetime) -> tuple[date, int, int] | None:
    """As `parse_past_date`, with the half-open span of the words in the text."""
    prepared = prepare(text)
    found = past_date(prepared.text, now.date())
    return (found.day, *prepared.original_span(found.start, found.end)) if found else None


def _resolve(context: Context) -> tuple[Resolved, int, int]:
    atoms = scan(context)
    if not atoms:
        return _bare_number(context)
    moments: list[Moment] = compose(atoms, context)
    if not moments:
        is_asked = context.expects_time or _ANY_OTHER.search(context.text) is not None
        return (AMBIGUOUS if is_asked else NOTHING), atoms[0].start, atoms[-1].end
    resolved, start, end = resolve(moments, context.now)
    return with_hint(resolved, moments, context.now), start, end


def _bare_number(context: Context) -> tuple[Resolved, int, int]:
    """A lone number as the answer to 什么时候: above 24 only a day of the month, below it may be an hour too."""
    match = _BARE_NUMBER.fullmatch(context.text) if context.expects_time else None
    number = to_int(match[1].replace("廿", "二十")) if match else None
    if match is None or number is None or not 1 <= number <= 31:
        return NOTHING, 0, 0
    if number <= 24:
        return AMBIGUOUS, match.start(1), match.end(1)
    resolved, _, _ = resolve([Moment(0, 0, days=open_day_of_month(number))], context.now)
    return resolved, match.start(1), match.end(1)


def _expression(text: str, prepared: Prepared, resolved: Resolved, start: int, end: int) -> TimeExpression:
    span = prepared.original_span(start, end)
    words = text[span[0] : span[1]]
    return TimeExpression(
        resolved.kind, resolved.start, resolved.end, resolved.grain, words, span, resolved.hint
    )
