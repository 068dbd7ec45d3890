"""The platform's own account of what an Official Account may send to a customer.

Written from the platform's documents and on purpose not from ``bot.domain.wechat.window``: here it is a list of
permissions that run out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MINUTE, HOUR = 60.0, 3600.0
MESSAGE = ("message", 5, 48 * HOUR)
"""What a message of the customer allows: how many within how many seconds."""
CLICK = ("click", 3, MINUTE)
"""What a click in the account's menu or in a msgmenu, a follow or a scanned code allows."""


@dataclass
class Permission:
    kind: str
    left: int
    ends: float


@dataclass
class Quota:
    """One customer of one account."""

    permissions: list[Permission] = field(default_factory=list)

    def grant(self, what: tuple[str, int, float], now: float) -> None:
        kind, number, seconds = what
        others = [each for each in self.permissions if each.kind != kind]
        self.permissions = [*others, Permission(kind, number, now + seconds)]

    def spend(self, now: float) -> int:
        """Take one: 0, or the platform's error code: 45015 too late, 45047 too many."""
        open_ones = sorted((each for each in self.permissions if each.ends > now), key=lambda each: each.ends)
        for permission in open_ones:
            if permission.left:
                permission.left -= 1
                return 0
        return 45047 if open_ones else 45015

    def left(self, now: float) -> int:
        return sum(each.left for each in self.permissions if each.ends > now)

    def age(self, seconds: float) -> None:
        """Everything was granted so much earlier."""
        for permission in self.permissions:
            permission.ends -= seconds
