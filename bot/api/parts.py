"""What the routes of the staff API are made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.api.gate import Gate
from bot.domain.wechat.window import Limits
from bot.services.content.snapshot import ContentStore
from bot.services.throttle import LoginThrottle
from bot.services.wakeups import Wakeups
from bot.store.database import Database

Understand = Callable[[str], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Parts:
    """One installation as the routes see it.

    ``wakeups`` wake the open streams of this process after a change; ``uploads`` is the folder of files that were sent;
    ``understand`` gives the line of ``python -m bot understand`` for a sentence, None where no model is loaded;
    ``wechat_limits``: what may be sent to a WeChat customer.
    """

    database: Database
    content: ContentStore
    gate: Gate
    throttle: LoginThrottle = field(default_factory=LoginThrottle)
    wakeups: Wakeups = field(default_factory=Wakeups)
    uploads: Path | None = None
    understand: Understand | None = None
    wechat_limits: Limits = field(default_factory=Limits)

    @property
    def home(self) -> Path:
        """The folder of the installation."""
        assert self.uploads is not None, "this application has no folder"
        return self.uploads.parent
