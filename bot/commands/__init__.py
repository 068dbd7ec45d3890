"""The commands of ``python -m bot``, one module per subject; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

MODULES = {
    "serve": "serving",
    "train": "serving",
    "chat": "serving",
    "understand": "understanding",
    "faq": "content",
    "replies": "content",
    "unanswered": "unanswered_list",
    "outbox": "outbox_list",
    "booking": "bookings",
    "dealership": "dealership_content",
    "staff": "staff_accounts",
    "wechat": "wechat_accounts",
    "archive": "archiving",
    "privacy": "personal_data",
    "outreach": "reaching_out",
    "customers": "customer_files",
}


def __getattr__(name: str) -> Any:
    """The function of a command: ``commands.serve`` and the others."""
    if name not in MODULES:
        raise AttributeError(f"no command {name}")
    return getattr(import_module(f"bot.commands.{MODULES[name]}"), name)
