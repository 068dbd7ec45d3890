"""The website's chat tells how far messages came and who writes, and hears who serves the customer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa

from bot.domain.conversation import Owner
from bot.store.database import Database
from bot.store.staff_tables import User
from bot.store.tables import Conversation
from tests.channels.application import Application, running, take
from tests.installations import filled_database
from tests.services.bookings import NOW
from tests.services.dialogues import Echo

RESPONSE_TIMEOUT = 2.0


class Site:
    """A running web channel with its database."""

    def __init__(self, application: Application, database: Database) -> None:
        self.application, self.database = application, database

    async def open(self, **body: Any) -> tuple[dict[str, str], dict[str, Any]]:
        answer = await self.application.client.post("/web/session", json=body)
        session = answer.json()
        return {"Authorization": f"Bearer {session['token']}"}, session

    async def post(self, path: str, headers: dict[str, str], **body: Any) -> int:
        answer = await self.application.client.post(f"/web/{path}", json=body, headers=headers)
        return answer.status_code

    def row(self, id_: str) -> Conversation:
        with self.database.reading() as session:
            return session.get(Conversation, id_)

    def give(self, id_: str, adviser: str | None) -> None:
        state = Owner.ADVISER if adviser else Owner.BOT
        with self.database.transaction() as session:
            session.execute(
                sa.update(Conversation)
                .where(Conversation.id == id_)
                .values(state=state.value, adviser=adviser)
            )
        self.application.wakeups.bring_news(id_)


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    database, content = filled_database(tmp_path)
    with database.transaction() as session:
        session.add(User(username="lin", password_hash="", role="consultant", name="林晓", created_at=NOW))
    async with running((database, content), Echo(), response_timeout=RESPONSE_TIMEOUT) as application:
        yield Site(application, database)


async def test_how_far_messages_came_is_kept(site: Site) -> None:
    visitor, session = await site.open()
    await site.application.send(visitor, "你好", "a")
    await site.application.turns.close()

    assert await site.post("seen", visitor, delivered=2, read=1) == 202
    assert await site.post("seen", visitor, delivered=1, read=0) == 202
    row = site.row(session["conversation"])
    assert (row.delivered_seq, row.read_seq) == (2, 1)


@pytest.mark.parametrize("body", [{"delivered": -1}, {"read": "2"}, {"read": 2**40}, {"delivered": True}])
async def test_what_is_no_number_is_refused(site: Site, body: dict[str, Any]) -> None:
    visitor, _ = await site.open()

    assert await site.post("seen", visitor, **body) == 400
    assert await site.post("typing", visitor, on="yes") == 400


async def test_a_session_is_needed(site: Site) -> None:
    assert await site.post("seen", {}, delivered=1) == 401
    assert await site.post("typing", {}, on=True) == 401


async def test_the_page_is_kept_with_the_conversation(site: Site) -> None:
    _, session = await site.open(page="https://shop.example/x5")
    assert site.row(session["conversation"]).page == "https://shop.example/x5"

    await site.open(token=session["token"], page="https://shop.example/price")
    for nonsense in ("javascript:alert(1)", 5, "https://" + "x" * 600, "https://\ud800"):
        await site.application.client.post(
            "/web/session",
            content=json.dumps({"token": session["token"], "page": nonsense}),
            headers={"Content-Type": "application/json"},
        )
    assert site.row(session["conversation"]).page == "https://shop.example/price"


async def test_the_customer_hears_who_serves_them(site: Site) -> None:
    visitor, session = await site.open()
    async with site.application.stream(visitor) as stream:
        await take(stream, 1, "comment")
        site.give(session["conversation"], "lin")
        came = await take(stream, 1, "adviser")
        site.give(session["conversation"], None)
        left = await take(stream, 1, "adviser")

    assert [json.loads(event.data)["name"] for event in (*came, *left)] == ["林晓", None]
    site.give(session["conversation"], "lin")
    assert (await site.open(token=session["token"]))[1]["adviser"] == "林晓"


async def test_an_adviser_who_left_meanwhile_is_gone_after_a_reconnect(site: Site) -> None:
    visitor, _ = await site.open()
    async with site.application.stream(visitor, after=3) as stream:
        assert json.loads((await take(stream, 1, "adviser"))[0].data) == {"name": None}


async def test_the_customer_sees_the_adviser_write_and_stop(site: Site) -> None:
    visitor, session = await site.open()
    async with site.application.stream(visitor) as stream:
        await take(stream, 1, "comment")
        site.application.wakeups.writes(session["conversation"], "staff", "林晓")
        on = await take(stream, 1, "typing")
        site.application.wakeups.writes(session["conversation"], "staff", on=False)
        off = await take(stream, 1, "typing")

    assert [json.loads(event.data) for event in (*on, *off)] == [{"on": True, "name": "林晓"}, {"on": False}]


async def test_staff_see_the_customer_write_until_the_message_is_there(site: Site) -> None:
    visitor, session = await site.open()
    wakeups, id_ = site.application.wakeups, session["conversation"]

    assert await site.post("typing", visitor, on=True) == 202
    assert wakeups.writer(id_, "customer") is not None
    await site.application.send(visitor, "你好", "a")
    assert wakeups.writer(id_, "customer") is None


async def test_a_stream_stays_open_while_somebody_writes_for_long(site: Site) -> None:
    """News that change nothing on this page are no bytes: RESPONSE_TIMEOUT counts from the last one."""
    visitor, session = await site.open()
    async with site.application.stream(visitor) as stream:
        await take(stream, 1, "comment")
        for _ in range(int(1.5 * RESPONSE_TIMEOUT / 0.1)):
            site.application.wakeups.writes(session["conversation"], "staff", "林晓")
            await asyncio.sleep(0.1)
        site.give(session["conversation"], "lin")
        assert json.loads((await take(stream, 1, "adviser"))[0].data)["name"] == "林晓"
