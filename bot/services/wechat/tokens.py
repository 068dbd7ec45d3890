"""The access token of an account, fetched once for all tasks and all worker processes.

The platform gives the same token until five minutes before its end, then a new one, and takes both until the old one
ends (getStableAccessToken, *access_token 的存储与更新*). So it is renewed in those minutes, while the old one is used.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot import clock
from bot.domain.wechat.account import Account
from bot.domain.wechat.faults import Fault
from bot.notify.wechat.client import FetchToken, GrantedToken, WeChatError
from bot.notify.wechat.errors import NO_ANSWER
from bot.store.database import Database
from bot.store.wechat_tables import WeChatToken

logger = logging.getLogger(__name__)
EARLY = timedelta(minutes=5)
JITTER = timedelta(minutes=1)
"""Up to so much later, by chance: the processes do not all ask at once."""
MARGIN = timedelta(seconds=10)
"""A token that ends within it is no longer used: a call takes up to 8 seconds."""
LEASE = timedelta(seconds=12)
"""For so long one process fetches and the others wait; a call takes up to 8 seconds."""
PAUSE = timedelta(seconds=30)
"""Between attempts to renew a token that still counts."""
FORCE_PAUSE = timedelta(minutes=10)
"""The platform forces a new token at most 20 times a day, and not twice within 30 seconds."""
LOOK_SECONDS, WAIT_SECONDS = 0.1, 5.0
LONGEST_TOKEN = 600


@dataclass(frozen=True)
class _Token:
    value: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"_Token(expires_at={self.expires_at})"

    def counts(self, now: datetime) -> bool:
        return now + MARGIN < self.expires_at


class SharedTokens:
    """The token of one account; any number of objects and processes share one database.

    The secret is not here: whoever asks brings the call (``FetchToken``).
    """

    def __init__(self, database: Database, account: Account, now: Callable[[], datetime] = clock.now) -> None:
        self._database, self._now = database, now
        self._account = account.app_id  # its name may come to mean another account, whose token this is not
        self._known: _Token | None = None
        self._flight: asyncio.Task[_Token] | None = None
        self._early = EARLY
        self._try_early_at: datetime | None = None
        self._force_at: datetime | None = None

    async def current(self, fetch: FetchToken) -> str:
        """The token that counts; near its end another one is fetched meanwhile. Raises ``WeChatError``."""
        now, known = self._now(), self._known
        if known is None or not known.counts(now):
            return (await self._shared(fetch)).value
        if self._is_due(known, now):
            self._try_early_at = now + PAUSE
            self._start(fetch, None, early=True).add_done_callback(_tell_failure)
        return known.value

    async def renewed(self, refused: str, fetch: FetchToken) -> str:
        """The token in the place of ``refused``; the same where the platform has no other. Raises ``WeChatError``."""
        if self._known is not None and self._known.value == refused:
            self._known = None
        token = await self._shared(fetch, refused)
        if token.value == refused:  # that flight had begun before anybody knew
            token = await self._shared(fetch, refused)
        return token.value

    def _is_due(self, known: _Token, now: datetime) -> bool:
        if self._try_early_at is not None and now < self._try_early_at:
            return False
        return now >= known.expires_at - self._early

    async def _shared(self, fetch: FetchToken, refused: str | None = None) -> _Token:
        """Wait for the flight that is under way, or for a new one; who gives up waiting does not end it."""
        return await asyncio.shield(self._start(fetch, refused, early=False))

    def _start(self, fetch: FetchToken, refused: str | None, early: bool) -> asyncio.Task[_Token]:
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._obtain(fetch, refused, early))
            self._flight.add_done_callback(_take_note)
        return self._flight

    async def _obtain(self, fetch: FetchToken, refused: str | None, early: bool) -> _Token:
        """What is stored, if it will do; else fetch it, or wait for the process that does."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + WAIT_SECONDS
        while True:
            stored = await asyncio.to_thread(self._stored)
            if stored is not None and self._will_do(stored, refused, early):
                return self._keep(stored)
            if await asyncio.to_thread(self._claim, stored):
                return await self._fetch(fetch, refused)
            if loop.time() > give_up:
                raise WeChatError(
                    NO_ANSWER, Fault.BACK_OFF, problem="another process is fetching the WeChat token"
                )
            await asyncio.sleep(LOOK_SECONDS)

    def _will_do(self, stored: _Token, refused: str | None, early: bool) -> bool:
        now = self._now()
        if not stored.counts(now) or stored.value == refused:
            return False
        return not early or now < stored.expires_at - self._early

    async def _fetch(self, fetch: FetchToken, refused: str | None) -> _Token:
        """As the one process that may; the lease ends with it."""
        token: _Token | None = None
        try:
            token = self._granted(await fetch(False))
            if token.value == refused and self._may_force():
                token = self._granted(await fetch(True))
        finally:
            await asyncio.shield(asyncio.to_thread(self._store, token))
        return self._keep(token)

    def _granted(self, granted: GrantedToken) -> _Token:
        if len(granted.value) > LONGEST_TOKEN:
            raise WeChatError(NO_ANSWER, Fault.BACK_OFF, problem="WeChat gave a token that is too long")
        return _Token(granted.value, self._now() + timedelta(seconds=granted.seconds))

    def _may_force(self) -> bool:
        now = self._now()
        if self._force_at is not None and now < self._force_at:
            return False
        self._force_at = now + FORCE_PAUSE
        return True

    def _keep(self, token: _Token) -> _Token:
        if self._known is None or self._known.value != token.value:
            self._early = EARLY - JITTER * random.random()
        self._known = token
        return token

    def _stored(self) -> _Token | None:
        with self._database.reading() as session:
            row = session.get(WeChatToken, self._account)
            if row is None or row.token is None or row.expires_at is None:
                return None
            return _Token(row.token, row.expires_at)

    def _claim(self, seen: _Token | None) -> bool:
        """Whether this process is the one that fetches: a conditional update, so one of all.

        Not where another token is stored than the one that was ``seen``: somebody was faster.
        """
        now = self._now()
        token = None if seen is None else seen.value
        try:
            with self._database.transaction() as session:
                done = session.execute(
                    sa.update(WeChatToken)
                    .where(
                        WeChatToken.account == self._account,
                        WeChatToken.token.is_(None) if token is None else WeChatToken.token == token,
                        sa.or_(WeChatToken.fetching_until.is_(None), WeChatToken.fetching_until <= now),
                    )
                    .values(fetching_until=now + LEASE)
                    .execution_options(synchronize_session=False)
                )
                if done.rowcount == 0 and session.get(WeChatToken, self._account) is None:
                    session.add(WeChatToken(account=self._account, fetching_until=now + LEASE))
                    return True
                return bool(done.rowcount)
        except sa.exc.IntegrityError:  # another process made the row first
            return False

    def _store(self, token: _Token | None) -> None:
        """End the lease, with a new token or without."""
        values: dict[str, object] = {"fetching_until": None}
        if token is not None:
            values |= {"token": token.value, "expires_at": token.expires_at, "fetched_at": self._now()}
        with self._database.transaction() as session:
            session.execute(
                sa.update(WeChatToken)
                .where(WeChatToken.account == self._account)
                .values(**values)
                .execution_options(synchronize_session=False)
            )


def _take_note(flight: asyncio.Task[_Token]) -> None:
    """Whoever waited has the error; asyncio complains where nobody is left."""
    if not flight.cancelled():
        flight.exception()


def _tell_failure(flight: asyncio.Task[_Token]) -> None:
    if not flight.cancelled() and (error := flight.exception()) is not None:
        logger.warning("the WeChat token was not renewed early: %s", error)
