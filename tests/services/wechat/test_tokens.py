"""One access token for all tasks and all processes: fetched once, renewed early, and once more when it is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.domain.wechat.account import Account
from bot.domain.wechat.faults import Fault
from bot.notify.wechat.client import GrantedToken, WeChatError
from bot.services.wechat import tokens as module
from bot.services.wechat.clients import Clients
from bot.services.wechat.tokens import SharedTokens
from bot.store.database import Database
from bot.store.wechat_tables import WeChatToken
from tests.database import KINDS, open_database
from tests.notify.wechat.answering import ACCOUNT, answering, talking

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)
SEND = "/cgi-bin/message/custom/send"


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(request.param, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    opened = open_database("sqlite", tmp_path)
    yield opened
    opened.close()


@dataclass
class Platform:
    """Gives tokens: the same one until its last five minutes, or until another is forced."""

    now: datetime = NOW
    calls: list[bool] = field(default_factory=list)
    failing: WeChatError | None = None
    gate: asyncio.Event | None = None
    number: int = 0
    ends: datetime = NOW

    def clock(self) -> datetime:
        return self.now

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    async def fetch(self, force: bool) -> GrantedToken:
        self.calls.append(force)
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(0)
        if self.failing is not None:
            raise self.failing
        if force or self.now >= self.ends - timedelta(minutes=5):
            self.number += 1
            self.ends = self.now + timedelta(hours=2)
        return GrantedToken(f"token-{self.number}", int((self.ends - self.now).total_seconds()))

    def tokens(self, database: Database, account: Account = ACCOUNT) -> SharedTokens:
        return SharedTokens(database, account, self.clock)


async def settled(platform: Platform, calls: int) -> None:
    """Wait until the platform was asked so often, and what came of it is stored."""
    for _ in range(500):
        if len(platform.calls) >= calls:
            break
        await asyncio.sleep(0.01)
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))


async def test_twenty_tasks_of_two_processes_fetch_once(database: Database) -> None:
    platform = Platform()
    two = (platform.tokens(database), platform.tokens(database))

    got = await asyncio.gather(*(two[number % 2].current(platform.fetch) for number in range(20)))

    assert set(got) == {"token-1"}
    assert platform.calls == [False]


async def test_ten_processes_with_an_old_token_fetch_once(database: Database) -> None:
    platform = Platform()
    await platform.tokens(database).current(platform.fetch)
    platform.later(hours=3)
    many = [platform.tokens(database) for _ in range(10)]

    got = await asyncio.gather(*(tokens.current(platform.fetch) for tokens in many))

    assert set(got) == {"token-2"}
    assert len(platform.calls) == 2


async def test_without_the_claim_everybody_would_fetch(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the two tests above would be green by chance."""
    platform = Platform()
    monkeypatch.setattr(SharedTokens, "_claim", lambda *_: True)
    many = [platform.tokens(sqlite) for _ in range(10)]

    await asyncio.gather(*(tokens.current(platform.fetch) for tokens in many))

    assert len(platform.calls) > 1


async def test_a_token_is_used_until_its_last_minutes(sqlite: Database) -> None:
    platform = Platform()
    tokens = platform.tokens(sqlite)
    await tokens.current(platform.fetch)

    platform.later(minutes=114)
    assert await tokens.current(platform.fetch) == "token-1"
    assert len(platform.calls) == 1


async def test_it_is_renewed_early_while_the_old_one_is_used(database: Database) -> None:
    platform = Platform()
    tokens, other = platform.tokens(database), platform.tokens(database)
    await tokens.current(platform.fetch)
    platform.later(minutes=116, seconds=30)
    platform.gate = asyncio.Event()

    assert [await tokens.current(platform.fetch) for _ in range(5)] == ["token-1"] * 5
    platform.gate.set()
    await settled(platform, 2)

    assert await tokens.current(platform.fetch) == "token-2"
    assert await other.current(platform.fetch) == "token-2"
    assert len(platform.calls) == 2


async def test_two_processes_renew_early_once(database: Database) -> None:
    platform = Platform()
    two = (platform.tokens(database), platform.tokens(database))
    for tokens in two:
        await tokens.current(platform.fetch)
    platform.later(minutes=116, seconds=30)

    for tokens in two:
        await tokens.current(platform.fetch)
    await settled(platform, 2)

    assert platform.calls == [False, False]


async def test_an_early_renewal_that_fails_is_not_tried_at_each_call(sqlite: Database) -> None:
    platform = Platform()
    tokens = platform.tokens(sqlite)
    await tokens.current(platform.fetch)
    platform.later(minutes=116)
    platform.failing = WeChatError(-1)

    for _ in range(5):
        assert await tokens.current(platform.fetch) == "token-1"
        await asyncio.sleep(0.02)
    assert len(platform.calls) == 2

    platform.failing = None
    platform.later(seconds=31)
    await tokens.current(platform.fetch)
    await settled(platform, 3)
    assert await tokens.current(platform.fetch) == "token-2"


async def test_a_token_that_has_ended_is_not_used(sqlite: Database) -> None:
    platform = Platform()
    tokens = platform.tokens(sqlite)
    await tokens.current(platform.fetch)
    platform.later(hours=2)
    platform.failing = WeChatError(-1)

    with pytest.raises(WeChatError):
        await tokens.current(platform.fetch)


async def test_everybody_who_waited_hears_of_the_failure_and_the_next_one_asks_again(
    sqlite: Database,
) -> None:
    platform = Platform(failing=WeChatError(40125))
    tokens = platform.tokens(sqlite)

    got = await asyncio.gather(*(tokens.current(platform.fetch) for _ in range(10)), return_exceptions=True)
    assert {type(each) for each in got} == {WeChatError}
    assert len(platform.calls) == 1

    platform.failing = None
    assert await tokens.current(platform.fetch) == "token-1"


async def test_who_gives_up_does_not_end_it_for_the_others(sqlite: Database) -> None:
    platform = Platform(gate=asyncio.Event())
    tokens = platform.tokens(sqlite)
    first, second = (asyncio.create_task(tokens.current(platform.fetch)) for _ in range(2))
    await asyncio.sleep(0.05)
    first.cancel()
    assert platform.gate is not None
    platform.gate.set()

    assert await second == "token-1"
    assert platform.calls == [False]


async def test_a_refused_token_is_replaced_by_what_another_process_stored(sqlite: Database) -> None:
    platform = Platform()
    mine, other = platform.tokens(sqlite), platform.tokens(sqlite)
    await mine.current(platform.fetch)
    await other.current(platform.fetch)
    await other.renewed("token-1", platform.fetch)
    calls = list(platform.calls)

    assert await mine.renewed("token-1", platform.fetch) == "token-2"
    assert platform.calls == calls == [False, False, True]


async def test_many_refusals_at_once_force_one_new_token(database: Database) -> None:
    platform = Platform()
    two = (platform.tokens(database), platform.tokens(database))
    for tokens in two:
        await tokens.current(platform.fetch)

    got = await asyncio.gather(*(two[n % 2].renewed("token-1", platform.fetch) for n in range(12)))

    assert set(got) == {"token-2"}
    assert platform.calls.count(True) == 1


async def test_a_new_token_is_not_forced_again_and_again(sqlite: Database) -> None:
    """The platform allows 20 of them a day."""
    platform = Platform()
    tokens = platform.tokens(sqlite)
    refused = await tokens.current(platform.fetch)
    for _ in range(5):
        refused = await tokens.renewed(refused, platform.fetch)

    assert (refused, platform.calls.count(True)) == ("token-2", 1)
    platform.later(minutes=11)
    assert await tokens.renewed(refused, platform.fetch) == "token-3"


async def test_another_process_that_hangs_is_not_waited_for_without_end(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = Platform()
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    with sqlite.transaction() as session:
        until = NOW + timedelta(seconds=10)
        session.add(WeChatToken(account=ACCOUNT.app_id, fetching_until=until))

    with pytest.raises(WeChatError) as raised:
        await platform.tokens(sqlite).current(platform.fetch)
    assert (raised.value.fault, raised.value.uncertain) == (Fault.BACK_OFF, False)

    platform.later(seconds=10)
    assert await platform.tokens(sqlite).current(platform.fetch) == "token-1"


async def test_an_account_under_the_same_name_has_a_token_of_its_own(sqlite: Database) -> None:
    platform = Platform()
    await platform.tokens(sqlite).current(platform.fetch)

    other = replace(ACCOUNT, app_id="wxfedcba9876543210")
    await platform.tokens(sqlite, other).current(platform.fetch)

    assert len(platform.calls) == 2


async def test_point_16_neither_token_nor_secret_is_shown(sqlite: Database) -> None:
    platform = Platform()
    tokens = platform.tokens(sqlite)
    await tokens.current(platform.fetch)

    shown = f"{vars(tokens)}"
    assert "token-1" not in shown
    assert str(ACCOUNT.secret) not in shown


async def test_a_process_that_starts_uses_the_stored_token(sqlite: Database) -> None:
    platform = Platform()
    await platform.tokens(sqlite).current(platform.fetch)

    assert await platform.tokens(sqlite).current(platform.fetch) == "token-1"
    assert len(platform.calls) == 1
    with sqlite.reading() as session:
        row: Any = session.scalar(sa.select(WeChatToken))
    assert (row.fetching_until, row.expires_at) == (None, NOW + timedelta(hours=2))


async def test_client_and_tokens_together(sqlite: Database) -> None:
    """Two processes, twenty messages, a token that the platform stops taking in the middle."""
    async with answering() as api:
        tokens = [SharedTokens(sqlite, ACCOUNT, Platform().clock) for _ in range(2)]
        async with talking(api, tokens=tokens[0]) as one, talking(api, tokens=tokens[1]) as two:
            text = {"msgtype": "text", "text": {"content": "您好"}}
            for client in (one, two):
                await client.send("o1", text)
            api.next(SEND, *({"errcode": 42001} for _ in range(4)))
            await asyncio.gather(*((one, two)[n % 2].send("o1", text) for n in range(20)))

    assert [asked.body["force_refresh"] for asked in api.to("/cgi-bin/stable_token")].count(True) == 1
    assert len(api.to(SEND)) == 2 + 20 + 4


async def test_the_clients_of_all_accounts_that_have_a_secret(sqlite: Database) -> None:
    async with answering() as api:
        bare = Account(name="bare", app_id="wxfedcba9876543210", token="t", may_send=False)
        clients = Clients(sqlite, (ACCOUNT, bare), api.url)
        connected = await clients.connect()
        await connected["main"].send("o1", {"msgtype": "text", "text": {"content": "您好"}})
        await clients.close()

    assert list(connected) == ["main"]
    assert len(api.to(SEND)) == 1
