"""The workplace in the staff API: its lists, its stream, what a page tells, standard replies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest_asyncio
import sqlalchemy as sa

from bot import clock
from bot.domain.conversation import HandoffReason
from bot.services.messages import HandoffRequest, Inbound, Utterance, answer, receive
from bot.services.staff import log_out
from bot.store.staff_tables import AuditEntry, User
from bot.store.tables import Conversation
from tests.api.application import Desk
from tests.channels.application import Event, events, take


@pytest_asyncio.fixture
async def waiting(desk: Desk) -> str:
    """A conversation in the queue: two messages of the customer, one of the bot."""
    return says(desk, "转人工，我的电话 13812345678", handoff=True)


def says(desk: Desk, text: str, handoff: bool = False, client_id: str | None = None) -> str:
    """What a customer says, and the bot's answer to it."""
    now = clock.now()
    received = receive(desk.database, Inbound("web", "visitor", text, client_id), now)
    wish = HandoffRequest(HandoffReason.ASKED, {"facts": {"drive_model": "x5"}}) if handoff else None
    answer(desk.database, received, [Utterance("好的")], now, wish)
    return received.conversation_id


@asynccontextmanager
async def stream(desk: Desk, after: int | None = None, **query: Any) -> AsyncIterator[AsyncIterator[Event]]:
    headers = {**desk.headers, **({} if after is None else {"Last-Event-ID": str(after)})}
    async with desk.client.stream("GET", "/api/staff/stream", headers=headers, params=query) as response:
        assert response.status_code == 200, await response.aread()
        yield events(response)


def data(found: list[Event]) -> list[dict[str, Any]]:
    return [json.loads(event.data) for event in found]


async def test_the_stream_tells_the_desk_at_once_and_when_it_changes(desk: Desk, waiting: str) -> None:
    async with stream(desk) as opened:
        first = data(await take(opened, 1, "desk"))[0]
        await take(opened, 1, "ready")
        await desk.post(f"conversations/{waiting}/take")
        while not (now := data(await take(opened, 1, "desk"))[0])["mine"]:
            pass

    assert [line["id"] for line in first["waiting"]] == [waiting]
    assert first["waiting"][0]["preview"] == "转人工，我的电话 138****5678"
    assert [line["id"] for line in now["mine"]] == [waiting]
    assert now["waiting"] == []


async def test_a_page_gets_the_transcript_and_then_what_is_new(desk: Desk, waiting: str) -> None:
    await desk.post(f"conversations/{waiting}/take")
    async with stream(desk, conversation=waiting) as opened:
        before = data(await take(opened, 1, "message"))
        told = data(await take(opened, 1, "conversation"))[0]
        await take(opened, 1, "ready")
        await desk.post(f"conversations/{waiting}/note", text="在意价格")
        await desk.post(f"conversations/{waiting}/reply", text="您好")
        new = data(await take(opened, 2))

    assert before[0]["text"] == "转人工，我的电话 138****5678"
    assert (told["state"], told["adviser"], "reply" in told["actions"]) == ("adviser", "admin", True)
    assert [(row["text"], row["internal"]) for row in new] == [("在意价格", True), ("您好", False)]
    assert new[0]["seq"] < new[1]["seq"]


async def test_a_lost_page_goes_on_where_it_was_and_hears_how_much_it_missed(
    desk: Desk, waiting: str
) -> None:
    await desk.post(f"conversations/{waiting}/take")
    async with stream(desk, conversation=waiting) as opened:
        await take(opened, 1, "ready")
    last = (await desk.get(f"conversations/{waiting}/transcript"))[-1]["seq"]
    for text in ("一", "二", "三"):
        await desk.post(f"conversations/{waiting}/reply", text=text)
    async with stream(desk, last, conversation=waiting) as opened:
        missed = data(await take(opened, 3))
        ready = data(await take(opened, 1, "ready"))

    assert [row["text"] for row in missed] == ["一", "二", "三"]
    assert ready == [{"messages": 3}]


async def test_an_open_page_keeps_its_reader_present(desk: Desk) -> None:
    async with stream(desk) as opened:
        await take(opened, 1, "ready")
    with desk.database.reading() as session:
        assert session.get(User, "admin").seen_until > clock.now()


async def test_a_session_that_ended_ends_the_stream(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr("bot.api.stream.BEAT_SECONDS", 0.0)
    async with stream(desk) as opened:
        await take(opened, 1, "ready")
        log_out(desk.database, desk.headers["Authorization"].removeprefix("Bearer "))
        names = [event.name async for event in opened]

    assert names[-1] == "ended"


async def test_opening_a_conversation_is_noted_once(desk: Desk, waiting: str) -> None:
    for after in (None, 2):
        async with stream(desk, after, conversation=waiting) as opened:
            await take(opened, 1, "ready")
    with desk.database.reading() as session:
        noted = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "conversation.opened")).all()

    assert [entry.conversation_id for entry in noted] == [waiting]


async def test_what_cannot_be_streamed_is_refused(desk: Desk) -> None:
    await desk.get("stream", 404, conversation="unknown")
    await desk.get("stream", 400, after="soon")
    await desk.get("desk", 400, scope="everything")
    await desk.get("desk", 400, q="x" * 61)
    await desk.post("conversations/unknown/typing", 404)
    await desk.post("conversations/unknown/seen", 404, seq=1)


async def test_what_was_read_is_read_by_whoever_has_it(desk: Desk, waiting: str) -> None:
    await desk.post(f"conversations/{waiting}/seen", seq=1)
    assert _read(desk, waiting) == 0
    await desk.post(f"conversations/{waiting}/take")
    await desk.post(f"conversations/{waiting}/seen", seq=1)
    assert _read(desk, waiting) == 1
    await desk.post(f"conversations/{waiting}/seen", 400, seq=-1)


async def test_the_customer_is_seen_writing(desk: Desk, waiting: str) -> None:
    """An adviser's own typing comes back to their other pages; nobody else's conversation takes it."""
    await desk.post(f"conversations/{waiting}/typing", 409, on=True)
    async with stream(desk, conversation=waiting) as opened:
        assert data(await take(opened, 1, "typing"))[0]["staff"] is False
        await desk.post(f"conversations/{waiting}/take")
        await desk.post(f"conversations/{waiting}/typing", on=True)
        assert data(await take(opened, 1, "typing"))[0]["staff"] is True
        await desk.post(f"conversations/{waiting}/typing", on=False)
        assert data(await take(opened, 1, "typing"))[0]["staff"] is False


async def test_many_news_do_not_starve_the_heartbeat(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr("bot.api.stream.HEARTBEAT_SECONDS", 0.2)
    async with stream(desk) as opened:
        await take(opened, 1, "ready")
        busy = asyncio.create_task(_rattle(desk))
        await take(opened, 2, "comment")
        busy.cancel()


async def test_standard_replies_are_filled_for_the_conversation(desk: Desk, waiting: str) -> None:
    found = await desk.get("standard-replies", q="yqsj", conversation=waiting)
    empty = await desk.get("standard-replies", q="yqsj")

    assert found[0]["text"].startswith("青岚 X5")
    assert (found[0]["open"], empty[0]["open"]) == ([], ["车型"])


async def test_the_desk_is_searched(desk: Desk, waiting: str) -> None:
    assert [line["id"] for line in await desk.get("desk", scope="waiting", q="转人工")] == [waiting]
    assert await desk.get("desk", scope="waiting", q="没说过") == []
    assert await desk.get("colleagues") == []


async def _rattle(desk: Desk) -> None:
    while True:
        await desk.post("presence", presence="online")
        await asyncio.sleep(0.02)


def _read(desk: Desk, id_: str) -> int:
    with desk.database.reading() as session:
        return int(session.get(Conversation, id_).staff_read_seq)
