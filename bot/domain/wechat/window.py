"""How many customer-service messages an account may still send to a customer.

The platform allows 5 within 48 hours after the customer's last message, and 3 within a minute after a menu click, a
follow or a scanned code; a click in a ``msgmenu`` grants only that (``reference/wechat.md``, *Official Account*).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum


class Grant(str, Enum):
    """What the customer did."""

    MESSAGE = "message"
    CLICK = "click"


@dataclass(frozen=True)
class Limits:
    """Settings of the installation, should the platform change its own."""

    message: int = 5
    message_time: timedelta = timedelta(hours=48)
    click: int = 3
    click_time: timedelta = timedelta(minutes=1)
    kept_for_person: int = 1


@dataclass(frozen=True)
class Window:
    """When the customer last wrote and clicked, and how much was sent since under each."""

    message_at: datetime | None = None
    message_used: int = 0
    click_at: datetime | None = None
    click_used: int = 0

    def granted(self, grant: Grant, at: datetime) -> Window:
        """The window after the customer did something; what is older than what is known changes nothing."""
        if grant is Grant.MESSAGE:
            is_newer = self.message_at is None or at >= self.message_at
            return replace(self, message_at=at, message_used=0) if is_newer else self
        is_newer = self.click_at is None or at >= self.click_at
        return replace(self, click_at=at, click_used=0) if is_newer else self

    def left(self, now: datetime, limits: Limits) -> int:
        """How many messages may still be sent."""
        return self._clicks_left(now, limits) + self._messages_left(now, limits)

    def left_for_bot(self, now: datetime, limits: Limits) -> int:
        """The same without what is kept for a person."""
        return max(0, self.left(now, limits) - limits.kept_for_person)

    def spent(self, now: datetime, limits: Limits) -> Window:
        """After one message more: what ends first is used first."""
        if self._clicks_left(now, limits):
            return replace(self, click_used=self.click_used + 1)
        return replace(self, message_used=self.message_used + 1)

    def exhausted(self, limits: Limits) -> Window:
        """The platform says that nothing is left, whatever we counted."""
        return replace(self, message_used=limits.message, click_used=limits.click)

    def ends(self, now: datetime, limits: Limits) -> datetime | None:
        """When the last permission that still has something left ends; None where none has."""
        ends = [
            since + time
            for since, time, has_left in (
                (self.message_at, limits.message_time, self._messages_left(now, limits)),
                (self.click_at, limits.click_time, self._clicks_left(now, limits)),
            )
            if since and has_left
        ]
        return max(ends, default=None)

    def _messages_left(self, now: datetime, limits: Limits) -> int:
        is_open = self.message_at is not None and now < self.message_at + limits.message_time
        return max(0, limits.message - self.message_used) if is_open else 0

    def _clicks_left(self, now: datetime, limits: Limits) -> int:
        is_open = self.click_at is not None and now < self.click_at + limits.click_time
        return max(0, limits.click - self.click_used) if is_open else 0
