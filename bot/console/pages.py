"""The console's pages put together; each subject has a module of its own."""

from __future__ import annotations

from sanic import Blueprint

from bot.console.session import add_session_pages
from bot.console.site import Gate, Site
from bot.services.content.snapshot import ContentStore
from bot.services.throttle import LoginThrottle
from bot.store.database import Database


def console(
    database: Database, content: ContentStore, gate: Gate, throttle: LoginThrottle, cookie: str, secure: bool
) -> Blueprint:
    """All pages under ``/console``. ``secure``: the cookie travels over TLS alone (the public address is https)."""
    site = Site(database, content, gate, cookie, secure)
    add_session_pages(site, throttle)
    return site.blueprint
