"""What production pays for at each start or sign-in, and the tests in this process thousands of times.

A server in a process of its own pays all of it, as in production; ``tests/test_serve.py`` looks at the hash that one
stores.
"""

from __future__ import annotations

import inspect
from types import CodeType
from typing import Any

from argon2 import PasswordHasher

QUICK_HASHES = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""A hash is made to be slow: 0.15 s of a processor, and two for each test that signs somebody in."""


def use_quick_hashes() -> None:
    from bot.services import staff

    staff._hasher = QUICK_HASHES


def remember_error_formats() -> None:
    """Sanic 21.12 parses the source of each handler anew in each application: a fifth of a second for the staff API."""
    from sanic.mixins.routes import RouteMixin

    found: dict[CodeType, str] = {}
    determine = RouteMixin._determine_error_format

    def remembered(app: Any, handler: Any) -> str:
        code = getattr(inspect.unwrap(handler), "__code__", None)
        if code is None:
            return str(determine(app, handler))
        if code not in found:
            found[code] = determine(app, handler)
        return found[code]

    RouteMixin._determine_error_format = remembered
