"""Booking times: the judge for the rows, and how many are right."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.understanding.time_expressions import TimeExpression, TimeKind, parse_time
from tests.understanding.evaluation.measures import Rate

TimeRow = dict[str, Any]
"""text, reference, kind, expected (any of these is right), note; expects_time where the dialogue has just asked."""


def times_right(rows: Iterable[TimeRow]) -> Rate:
    return Rate.count(time_is_right(row, _parsed(row)) for row in rows)


def false_times(rows: Iterable[TimeRow]) -> Rate:
    """Of the rows without a time, those in which one was found."""
    return Rate.count(_parsed(row).kind is not TimeKind.NONE for row in rows if row["kind"] == "none")


def time_is_right(row: TimeRow, found: TimeExpression) -> bool:
    """A date without an hour in the row leaves the hour open. A point "with an open end" may be an open range."""
    open_point = row["note"] == "open end" and found.kind is TimeKind.RANGE
    if found.kind.value != row["kind"] and not open_point:
        return False
    return row["kind"] in ("ambiguous", "none") or any(_matches(answer, found) for answer in row["expected"])


def _parsed(row: TimeRow) -> TimeExpression:
    """As the first message of a conversation, unless the row says that the dialogue has just asked for a time."""
    return parse_time(row["text"], datetime.fromisoformat(row["reference"]), bool(row.get("expects_time")))


def _matches(answer: dict[str, str | None], found: TimeExpression) -> bool:
    sides = ((answer["start"], found.start), (answer["end"], found.end))
    return answer["grain"] == found.grain and all(
        at is None if wanted is None else at is not None and at.isoformat().startswith(wanted)
        for wanted, at in sides
    )
