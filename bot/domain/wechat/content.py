"""What the dealer decides about its WeChat accounts in words (``dealership/wechat.yml``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class MenuButton:
    """A button inside a column: ``key`` comes back to us when it is tapped (CLICK), ``url`` opens a page (VIEW)."""

    name: str
    key: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class MenuColumn:
    """One of the three at the bottom of the chat: a button itself, or the name above its ``buttons``."""

    name: str
    key: str | None = None
    url: str | None = None
    buttons: tuple[MenuButton, ...] = ()


@dataclass(frozen=True)
class Click:
    """What a key of the menu starts that is neither an intent nor a topic itself: exactly one of both."""

    title: str
    intent: str | None = None
    topic: str | None = None


@dataclass(frozen=True)
class Scene:
    """What a QR code stands for: where it hangs, what it shows, and for which campaign it was printed."""

    store: str | None = None
    model: str | None = None
    campaign: str | None = None


@dataclass(frozen=True)
class NoticeTemplate:
    """A template message of an account for a kind of notice (``confirmation``, ``reminder``, …).

    ``fields``: the platform's names (``thing1``, ``time2``) with words of ours; ``{time}`` and the like are values of
    the visit. ``url``: the page that a tap opens.
    """

    account: str
    notice: str
    template_id: str
    fields: Mapping[str, str]
    url: str | None = None


@dataclass(frozen=True)
class WeChatContent:
    """``menu``: from left to right; none where the accounts have no menu of ours.

    ``clicks`` by key of the menu, ``scenes`` by name or number of a QR code.
    """

    menu: tuple[MenuColumn, ...] = ()
    clicks: Mapping[str, Click] = field(default_factory=dict)
    scenes: Mapping[str, Scene] = field(default_factory=dict)
    templates: tuple[NoticeTemplate, ...] = ()

    def keys(self) -> tuple[str, ...]:
        """What taps in the menu may bring."""
        return tuple(self.names())

    def names(self) -> dict[str, str]:
        """What stands on the buttons of the menu, by their keys."""
        buttons: list[MenuButton | MenuColumn] = []
        for column in self.menu:
            buttons += (column, *column.buttons)
        return {button.key: button.name for button in buttons if button.key}
