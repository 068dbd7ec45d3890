"""One Sanic application made of the parts: channels, staff API, website, health."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
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
from bot.runtime.large_pages import use_large_pages
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
from bot.settings import Settings
from bot.store.database import Database
from bot.understanding.batch import understood
from bot.understanding.live import use_content
from bot.web.site import website

logger = logging.getLogger(__name__)
LARGEST_BODY = 1024 * 1024
STREAM_TIMEOUT = 60
SIGNALS = (signal.SIGINT, signal.SIGTERM)
SETTLE_SECONDS = 60.0
AFTER_START = 0.01
"""Seconds until nothing runs any more of what Sanic does before it serves for good."""
REHEARSED = ("你好，X5多少钱", "我想下周三上午十点去城东店做保養，张伟 13812345678")
"""Understood before the first customer writes: these need the tables that are loaded when they are first used."""


class Server:
    """The application with what it is made of. ``ready`` is called once the first message can be answered."""

    def __init__(self, installation: Installation, dialogue: RasaDialogue, ready: Callable[[], None]) -> None:
        settings, database, content = installation.settings, installation.database, installation.content
        self.installation, self.dialogue, self._ready = installation, dialogue, ready
        self._sharing = Sharing(settings.redis_url)
        wakeups, locks = self._sharing.wakeups, self._sharing.locks
        elsewhere = PlatformDesk(database, settings.wechat_accounts).has
        self.turns = Turns(
            database, content, dialogue, wakeups, settings.max_message_length, locks, elsewhere
        )
        self._unfinished = Unfinished(database, self.turns)
        self._wechat = WeChat(settings, database, content, self.turns, wakeups)
        self._uploads = settings.home / "uploads"
        self.app = _new_application(settings)
        self._serve_customers()
        self._serve_staff()
        self._serve_machines()
        name_requests(self.app)
        install_error_handlers(self.app, settings.widget_origins, lambda name: _words(content, name))
        self.app.register_listener(self._start, "after_server_start")
        self.app.register_listener(self._stop, "before_server_stop")
        self.app.register_listener(lambda *_: database.close(), "after_server_stop")

    def _serve_customers(self) -> None:
        settings, database, content = self._house
        limited = settings.rate_limit
        flood = Flood(settings.visitor_limit, settings.address_limit) if limited else NO_LIMITS
        self.app.blueprint(rest_channel(self.turns, settings.rest_token, flood))
        self.app.blueprint(
            web_channel(database, content, self.turns, self._sharing.wakeups, flood, self._uploads)
        )
        self.app.blueprint(self._wechat.blueprint)
        self.app.blueprint(calendars(database, content))
        self.app.blueprint(data_copies(database, content, settings.home))
        self.app.blueprint(files(database, self._uploads))
        self.app.blueprint(website(content))

    def _serve_staff(self) -> None:
        settings, database, content = self._house
        parts = Parts(
            database,
            content,
            Gate(database),
            wakeups=self._sharing.wakeups,
            uploads=self._uploads,
            understand=partial(understood, self.dialogue.parse),
            wechat_limits=settings.wechat_limits,
        )
        self.app.blueprint(staff_api(parts))
        secure, limits = settings.public_url.startswith("https:"), settings.wechat_limits
        self.app.blueprint(console(database, content, parts.gate, parts.throttle, COOKIE, secure, limits))

    def _serve_machines(self) -> None:
        settings, database, _ = self._house
        pulse = Pulse(database)
        self.app.blueprint(health_api(pulse, self._is_kept_up))
        self.app.blueprint(metrics_api(pulse, settings.metrics_token))

    @property
    def _house(self) -> tuple[Settings, Database, ContentStore]:
        return self.installation.settings, self.installation.database, self.installation.content

    def _is_kept_up(self) -> bool:
        return hasattr(self.app.ctx, "upkeep") and self.app.ctx.upkeep.is_running

    async def _start(self, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        for text in REHEARSED:
            await self.dialogue.parse(text)
        self._sharing.start()
        left = await self.turns.finish_interrupted()
        if left:
            logger.warning("answered %d messages that a stopped process had left", left)
        self._unfinished.start()
        if self.installation.settings.wechat_accounts:
            await self._wechat.start()
        app.ctx.upkeep = _keep_up(self.installation, self._sharing.wakeups)
        loop.call_later(AFTER_START, self._open, app, loop)

    def _open(self, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        """Sanic's loop is there to stay: until then a signal would be lost in it, and all that follow."""
        for number in SIGNALS:
            loop.add_signal_handler(number, app.stop)
        app.ctx.ready = True
        self._ready()
        self._settle_in_memory(loop)

    def _settle_in_memory(self, loop: asyncio.AbstractEventLoop) -> None:
        """At once, and again for what the first customers leave behind."""
        loop.run_in_executor(None, use_large_pages)
        loop.call_later(SETTLE_SECONDS, self._settle_in_memory, loop)

    async def _stop(self, app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        _ignore_further_signals(loop)
        self._sharing.wakeups.close()
        if hasattr(app.ctx, "upkeep"):
            await loop.run_in_executor(None, app.ctx.upkeep.stop)
        await self._unfinished.close()
        await self.turns.close()
        await self._wechat.stop()
        await self._sharing.close()


def build_server(installation: Installation, model: Path, ready: Callable[[], None] = lambda: None) -> Server:
    """Put the parts together, for this process."""
    context.use(installation)
    use_content(installation.content.current)
    return Server(installation, RasaDialogue(installation, model), ready)


def _new_application(settings: Settings) -> Sanic:
    app = Sanic("zhanting", configure_logging=False, request_class=CheckedRequest)
    app.config.update(
        REQUEST_MAX_SIZE=LARGEST_BODY,
        RESPONSE_TIMEOUT=STREAM_TIMEOUT,
        KEEP_ALIVE_TIMEOUT=30,
        GRACEFUL_SHUTDOWN_TIMEOUT=3.0,
        MOTD=False,
        FALLBACK_ERROR_FORMAT="json",
    )
    app.config.PROXIES_COUNT = settings.trusted_proxies or None
    app.ctx.ready = False
    return app


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
        for number in SIGNALS:
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
