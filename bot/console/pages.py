"""The console's pages put together; each subject has a module of its own."""

from __future__ import annotations

from sanic import Blueprint

from bot.console.appointments import add_appointment_pages
from bot.console.audit import add_audit_pages
from bot.console.content import add_content_pages
from bot.console.customers import add_customer_pages
from bot.console.events import add_event_pages
from bot.console.indicators import add_indicator_pages
from bot.console.outbox import add_outbox_pages
from bot.console.people import add_people_pages
from bot.console.session import add_session_pages
from bot.console.settings import add_settings_pages
from bot.console.site import Gate, Site
from bot.console.tasks import add_task_pages
from bot.console.unanswered import add_unanswered_pages
from bot.console.workplace import add_workplace_pages
from bot.domain.wechat.window import Limits
from bot.services.content.snapshot import ContentStore
from bot.services.throttle import LoginThrottle
from bot.store.database import Database


def console(
    database: Database,
    content: ContentStore,
    gate: Gate,
    throttle: LoginThrottle,
    cookie: str,
    secure: bool,
    wechat_limits: Limits | None = None,
) -> Blueprint:
    """All pages under ``/console``. ``secure``: the cookie travels over TLS alone (the public address is https)."""
    site = Site(database, content, gate, cookie, secure, wechat_limits)
    add_session_pages(site, throttle)
    add_content_pages(site)
    add_unanswered_pages(site)
    add_workplace_pages(site)
    add_customer_pages(site)
    add_task_pages(site)
    add_event_pages(site)
    add_indicator_pages(site)
    add_appointment_pages(site)
    add_people_pages(site)
    add_outbox_pages(site)
    add_audit_pages(site)
    add_settings_pages(site)
    return site.blueprint
