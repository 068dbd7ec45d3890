"""What a customer sees in WeChat."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

OUT_OF_ORDER = "该公众号提供的服务出现故障，请稍后再试"


@dataclass(frozen=True)
class Choice:
    """A clickable choice of a msgmenu."""

    id: str
    text: str


@dataclass(frozen=True)
class Shown:
    """``kind``: text, image, menu, template, fault. ``via``: own, passive, custom, template, platform."""

    kind: str
    text: str
    via: str
    at: float
    choices: tuple[Choice, ...] = ()
    tail: str = ""
    media_id: str = ""
    url: str = ""
    answers: str = ""

    @property
    def whole(self) -> str:
        """Everything on the screen as one text."""
        return "\n".join(
            part for part in (self.text, *(each.text for each in self.choices), self.tail) if part
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
