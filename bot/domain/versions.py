"""Versions of a piece of content: who wrote and approved them, and which one counts at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any


class Status(str, Enum):
    """Of a version. ``RETIRED`` is also a draft or planned version that was withdrawn or replaced."""

    DRAFT = "draft"
    APPROVED = "approved"
    RETIRED = "retired"


@dataclass(frozen=True)
class Version:
    """One version; its ``number`` grows by one with each of the entry. ``data`` is plain JSON.

    With ``valid_from`` or ``valid_until`` (aware) an approved version counts only between these moments.
    """

    number: int
    data: Mapping[str, Any]
    status: Status
    author: str
    created_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    note: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @property
    def is_temporary(self) -> bool:
        """Whether it has a validity of its own."""
        return self.valid_from is not None or self.valid_until is not None

    def has_begun(self, now: datetime) -> bool:
        return self.valid_from is None or self.valid_from <= now

    def is_over(self, now: datetime) -> bool:
        return self.valid_until is not None and self.valid_until <= now

    def counts_at(self, now: datetime) -> bool:
        return self.status is Status.APPROVED and self.has_begun(now) and not self.is_over(now)


def live_version(lasting: Version | None, temporary: Iterable[Version], now: datetime) -> Version | None:
    """What counts: the newest temporary version that is in force, else the lasting one.

    Approving a lasting version withdraws the temporary ones that are in force, so that the newest decision wins;
    planned ones stay.
    """
    in_force = [version for version in temporary if version.is_temporary and version.counts_at(now)]
    return max(in_force, key=lambda version: version.number, default=lasting)


def next_change(temporary: Iterable[Version], now: datetime) -> datetime | None:
    """When a version begins or ends next; None when nothing is planned."""
    moments = (
        moment
        for version in temporary
        if version.status is Status.APPROVED
        for moment in (version.valid_from, version.valid_until)
        if moment is not None and moment > now
    )
    return min(moments, default=None)
