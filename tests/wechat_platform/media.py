"""Temporary media and scene codes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field


@dataclass
class Media:
    """Pictures and sounds by their media id."""

    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def keep(self, content: bytes, kind: str) -> str:
        media_id = f"media_{next(self._numbers):06}"
        self.files[media_id] = (content, kind)
        return media_id


@dataclass
class Codes:
    """Scene codes by ticket."""

    scenes: dict[str, str] = field(default_factory=dict)

    def ticket_of(self, scene: str) -> str:
        known = {value: ticket for ticket, value in self.scenes.items()}
        if scene not in known:
            self.scenes[f"ticket_{len(self.scenes) + 1:04}"] = scene
            return f"ticket_{len(self.scenes):04}"
        return known[scene]
