"""Access tokens as ``stable_token`` hands them out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

LIFE = 7200.0
EARLY, OVERLAP = 300.0, 300.0
FORCED_APART, FORCED_A_DAY = 30.0, 20


@dataclass
class Tokens:
    """Of one account. ``life``: seconds that a token counts."""

    life: float = LIFE
    valid: dict[str, float] = field(default_factory=dict)
    current: str = ""
    fetched: int = 0
    forced: list[float] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def hand_out(self, name: str, force: bool, now: float) -> tuple[str, int]:
        """A token and its seconds; a forced one ends those before it. Raises ``ValueError`` after too many."""
        self.fetched += 1
        left = self.valid.get(self.current, 0.0) - now
        if force and not (self.forced and now - self.forced[-1] < FORCED_APART):
            self.forced = [each for each in self.forced if now - each < 86400]
            if len(self.forced) >= FORCED_A_DAY:
                raise ValueError("forced too often")
            self.forced.append(now)
            self.valid.clear()
        elif left > min(EARLY, self.life / 4):
            return self.current, int(left)
        self.valid = {token: min(until, now + OVERLAP) for token, until in self.valid.items()}
        self.current = f"token-{name}-{next(self._numbers)}"
        self.valid[self.current] = now + self.life
        return self.current, int(self.life)

    def check(self, token: str, now: float) -> int:
        """0, or the error code."""
        if token not in self.valid:
            return 40001
        return 0 if self.valid[token] > now else 42001

    def forget(self) -> None:
        """Somebody else fetched a token with the old interface: none of ours counts any more."""
        self.valid.clear()
        self.current = ""
