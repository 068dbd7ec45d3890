"""The heartbeat of pages that have no stream: it keeps conversations, and its answer says what waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from bot import clock
from bot.domain.conversation import Owner
from bot.domain.staff import Role
from bot.services import conversations, queue
from bot.services.messages import Inbound, receive
from bot.store.tables import Conversation
from tests.api.application import Desk
from tests.api.application import desk as open_desk
from tests.api.test_desk_api import Two, colleague, waiting
from tests.services.desks import demo_content


@pytest_asyncio.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with open_desk(tmp_path) as admin:
        yield Two(admin, colleague(admin, "lin", Role.CONSULTANT), waiting(admin))


async def beats(desk: Desk, minutes: float) -> None:
    """The page stays open."""
    end = clock.now() + timedelta(minutes=minutes)
    while clock.now() < end:
        clock.clock.set(clock.now() + timedelta(seconds=20))
        await desk.post("presence")
        queue.serve_queue(desk.database, demo_content(), clock.now())


def owner(two: Two) -> Owner:
    return conversations.conversation(two.admin.database, two.id).owner


async def test_any_open_page_keeps_ones_conversations(two: Two) -> None:
    await two.lin.post("presence", presence="online")
    await beats(two.lin, 5)
    assert owner(two) is Owner.ADVISER
    clock.clock.set(clock.now() + timedelta(minutes=2))
    for _ in range(2):
        queue.serve_queue(two.admin.database, demo_content(), clock.now())
        clock.clock.set(clock.now() + timedelta(minutes=2, seconds=1))
    queue.serve_queue(two.admin.database, demo_content(), clock.now())
    assert owner(two) is Owner.QUEUE


async def test_a_beat_says_what_waits_and_keeps_the_choice(two: Two) -> None:
    await two.lin.post("presence", presence="away")
    assert await two.lin.post("presence") == {"presence": "away", "waiting": 1, "unread": 0}
    await two.lin.post(two.path("take"))
    with two.admin.database.transaction() as session:
        row = session.get(Conversation, two.id)
        assert row is not None
        row.staff_read_seq = row.last_seq
    await two.lin.post(two.path("reply"), text="您好")
    quiet = await two.lin.post("presence")
    receive(two.admin.database, Inbound("rest", "wang", "在吗"), clock.now())
    news = await two.lin.post("presence")
    assert (quiet["waiting"], news["unread"]) == (0, quiet["unread"] + 1)
