"""Who runs a command: what stands as author of a change."""

from __future__ import annotations

import getpass
from argparse import Namespace

from bot.domain.errors import InvalidInput


def author_of(arguments: Namespace) -> str:
    """``--author``, or the login on this machine; raises ``InvalidInput`` for a name that cannot be stored."""
    author = (arguments.author or login()).strip()
    if not 0 < len(author) <= 80:
        raise InvalidInput("--author must have 1 to 80 characters")
    return author


def login() -> str:
    """The name of whoever is logged in on this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name in a container
        return "command"
