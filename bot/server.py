"""One Sanic application made of the parts: channels, staff API, website, health."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sanic import Sanic

from actions import context
from bot import clock
from bot.api.calendars import calendars
from bot.api.data_copies import data_copies
from bot.api.errors import install_error_handlers
from bot.api.files import files
from bot.api.gate import COOKIE, Gate
from bot.api.health import health_api
from bot.api.metrics import metrics_api
from bot.api.parts import Parts
from bot.api.protocol import CheckedRequest
from bot.api.staff import staff_api
from bot.api.tracing import name_requests
from bot.channels.rest import rest_channel
from bot.channels.web import web_channel
from bot.channels.wechat.channel import WeChat
from bot.console.pages import console
from bot.runtime.dialogue import RasaDialogue
from bot.services import privacy
from bot.services.archive import Archivist
from bot.services.content.snapshot import ContentStore
from bot.services.installation import Installation
from bot.services.outbox import senders_of
from bot.services.outreach.daily import DailyOutreach
from bot.services.replies import reply_for
from bot.services.sharing import Sharing
from bot.services.throttle import NO_LIMITS, Flood
from bot.services.turns import Turns
from bot.services.unfinished import Unfinished
from bot.services.upkeep import Upkeep, upkeep_rounds
from bot.services.vital_signs import Pulse
from bot.services.wakeups import Wakeups
from bot.services.wechat.desk import PlatformDesk
from bot.store.database import Database
from bot.understanding.batch import understood
from bot.understanding.live import use_content
from bot.web.site import website

logger = logging.getLogger(__name__)
LARGEST_BODY = 1024 * 1024
STREAM_TIMEOUT = 60
REHEARSED = ("你好，X5多少钱", "我想下周三上午十点去城东店做保養，张伟 13812345678")
"""Understood before the first customer writes: these need the tables that are loaded when they are first used."""


@dataclass
class Server:
    """The application with what it is made of."""

    app: Sanic
    turns: Turns
    dialogue: RasaDialogue
    installation: Installation


def build_server(installation: Installation, model: Path, ready: Callable[[], None] = lambda: None) -> Server:
    """Put the parts together. ``ready`` is called once the first message can be answered."""
    context.use(installation)
    settings, database, content = installation.settings, installation.database, installation.content
    use_content(content.current)
    dialogue = RasaDialogue(installation, model)
    sharing = Sharing(settings.redis_url)
    wakeups = sharing.wakeups
    elsewhere = PlatformDesk(database, settings.wechat_accounts).has
    turns = Turns(database, content, dialogue, wakeups, settings.max_message_length, sharing.locks, elsewhere)
    unfinished = Unfinished(database, turns)
    app = Sanic("zhanting", configure_logging=False, request_class=CheckedRequest)
    app.config.update(
        REQUEST_MAX_SIZE=LARGEST_BODY,
        RESPONSE_TIMEOUT=STREAM_TIMEOUT,
        KEEP_ALIVE_TIMEOUT=30,
        GRACEFUL_SHUTDOWN_TIMEOUT=3.0,
        MOTD=False,
        FALLBACK_ERROR_FORMAT="json",
    )
    app.ctx.ready = False
    app.config.PROXIES_COUNT = settings.trusted_proxies or None
    flood = Flood(settings.visitor_limit, settings.address_limit) if settings.rate_limit else NO_LIMITS
    uploads = settings.home / "uploads"
    app.blueprint(rest_channel(turns, settings.rest_token, flood))
    app.blueprint(web_channel(database, content, turns, wakeups, flood, uploads))
    wechat = WeChat(settings, database, content, turns, wakeups)
    app.blueprint(wechat.blueprint)
    parts = Parts(
        database,
        content,
        Gate(database),
        wakeups=wakeups,
        uploads=uploads,
        understand=partial(understood, dialogue.parse),
        wechat_limits=settings.wechat_limits,
    )
    app.blueprint(staff_api(parts))
    secure = settings.public_url.startswith("https:")
    limits = settings.wechat_limits
    app.blueprint(console(database, content, parts.gate, parts.throttle, COOKIE, secure, limits))
    app.blueprint(calendars(database, content))
    app.blueprint(data_copies(database, content, settings.home))
    app.blueprint(files(database, uploads))
    pulse = Pulse(database)
    app.blueprint(health_api(pulse, lambda: hasattr(app.ctx, "upkeep") and app.ctx.upkeep.is_running))
    app.blueprint(metrics_api(pulse, settings.metrics_token))
    app.blueprint(website(content))
    name_requests(app)
    install_error_handlers(app, settings.widget_origins, lambda name: _words(content, name))

    @app.after_server_start
    async def warm_up(app: Sanic, _: asyncio.AbstractEventLoop) -> None:
        for text in REHEARSED:
            await dialogue.parse(text)
        sharing.start()
        left = await turns.finish_interrupted()
        if left:
            logger.warning("answered %d messages that a stopped process had left", left)
        unfinished.start()
        if settings.wechat_accounts:
            await wechat.start()
        app.ctx.upkeep = _keep_up(installation, wakeups)
        app.ctx.ready = True
        ready()

    @app.before_server_stop
    async def stop(_: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        _ignore_further_signals(loop)
        wakeups.close()
        if hasattr(app.ctx, "upkeep"):
            await loop.run_in_executor(None, app.ctx.upkeep.stop)
        await unfinished.close()
        await turns.close()
        await wechat.stop()
        await sharing.close()

    @app.after_server_stop
    async def close(_: Sanic, __: asyncio.AbstractEventLoop) -> None:
        database.close()

    return Server(app, turns, dialogue, installation)


def _keep_up(installation: Installation, wakeups: Wakeups) -> Upkeep:
    """Start the upkeep of this process; a message that it brings wakes the streams of the conversation."""
    loop = asyncio.get_running_loop()
    database, content = installation.database, installation.content
    senders = senders_of(installation.settings)

    def told(conversation_id: str) -> None:
        with suppress(RuntimeError):  # the server has just stopped; the message is in the transcript
            loop.call_soon_threadsafe(wakeups.bring_news, conversation_id)

    settings = installation.settings
    archivist = Archivist(database, settings.home, settings.keep_months) if settings.keep_months else None
    outreach = DailyOutreach(database, content)
    uploads, erasures = settings.home / "uploads", partial(_run_erasures, database, settings.home)
    rounds = upkeep_rounds(database, content, senders, told, uploads, archivist, outreach, erasures)
    upkeep = Upkeep(*rounds, seconds=settings.upkeep_seconds)
    upkeep.start()
    return upkeep


def _run_erasures(database: Database, home: Path) -> None:
    privacy.run_erasures(database, home, clock.now())


def _ignore_further_signals(loop: asyncio.AbstractEventLoop) -> None:
    """A second Ctrl-C while the server stops would break off the stopping with a stack trace."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)


def _words(content: ContentStore, template: str) -> str | None:
    """The text of an approved template; None when it cannot be had, whatever the reason: an answer must go out."""
    try:
        reply = reply_for(content.last_known(), template, {})
    except Exception:
        logger.exception("no words for %s", template)
        return None
    return reply["text"] if reply else None
