"""Which version counts at a moment."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from bot.domain.versions import Status, Version, live_version, next_change

NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
LASTING = Version(5, {}, Status.APPROVED, "li", NOON)


def version(number: int, from_: int | None, until: int | None, status: Status = Status.APPROVED) -> Version:
    """``from_`` and ``until`` are hours from noon."""
    begins = None if from_ is None else NOON + from_ * HOUR
    ends = None if until is None else NOON + until * HOUR
    return Version(number, {}, status, "li", NOON, valid_from=begins, valid_until=ends)


@pytest.mark.parametrize(
    ("temporary", "number"),
    [
        ([], 5),
        ([version(6, 1, None)], 5),
        ([version(6, 0, None)], 6),
        ([version(6, None, 0)], 5),
        ([version(6, None, 1)], 6),
        ([version(6, -1, 1)], 6),
        ([version(6, -2, -1)], 5),
        ([version(4, -1, 1)], 4),
        ([version(6, -1, 1), version(7, -1, 1)], 7),
        ([version(6, -1, 1), version(7, 1, 2)], 6),
        ([version(6, -1, 1, Status.DRAFT)], 5),
        ([version(6, -1, 1, Status.RETIRED)], 5),
        ([version(6, None, None)], 5),
    ],
)
def test_the_newest_version_in_force_counts(temporary: list[Version], number: int) -> None:
    live = live_version(LASTING, temporary, NOON)

    assert live is not None
    assert live.number == number


def test_without_a_lasting_version_nothing_counts_before_and_after() -> None:
    planned = version(1, 1, 2)

    assert live_version(None, [planned], NOON) is None
    assert live_version(None, [planned], NOON + HOUR) is planned
    assert live_version(None, [planned], NOON + 2 * HOUR) is None


def test_the_next_change() -> None:
    assert next_change([], NOON) is None
    assert next_change([version(1, -2, -1), version(2, 3, 4), version(3, 0, 2)], NOON) == NOON + 2 * HOUR
    assert next_change([version(2, 1, None, Status.DRAFT)], NOON) is None
