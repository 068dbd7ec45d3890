"""What customers see of the staff: their words and names, never the lines among colleagues, on any channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot import clock
from bot.domain.conversation import Outcome
from bot.domain.staff import Role
from bot.services import desk
from bot.services.content.snapshot import ContentStore
from bot.services.conversations import list_conversations
from bot.services.staff import Staff, hash_password
from bot.store.database import Database
from bot.store.staff_tables import User
from tests.channels.application import running, take
from tests.installations import filled_database
from tests.services.dialogues import Echo

LIN = Staff("lin.xiao", Role.CONSULTANT, "林晓")
SECRET = "客户很难缠"


@pytest.fixture
def filled(tmp_path: Path) -> tuple[Database, ContentStore]:
    return filled_database(tmp_path)


def at_the_desk(filled: tuple[Database, ContentStore]) -> None:
    """Lin takes the only conversation, notes, answers, and ends it."""
    database, content = filled[0], filled[1].current()
    [row] = list_conversations(database)
    with database.transaction() as session:
        session.add(
            User(
                username=LIN.username,
                password_hash=hash_password("x"),
                role=LIN.role.value,
                name=LIN.name,
                skills=["sales"],
                created_at=clock.now(),
            )
        )
    desk.take(database, content, row.id, LIN, clock.now())
    desk.add_note(database, row.id, LIN, SECRET, clock.now())
    desk.reply(database, row.id, LIN, "您好，我是林晓", clock.now(), client_id="one")
    desk.release(database, content, row.id, LIN, clock.now(), note=SECRET)
    desk.take(database, content, row.id, LIN, clock.now())
    desk.close(database, content, row.id, LIN, clock.now(), Outcome.LOST, note=SECRET)


def check(lines: list[dict[str, Any]]) -> None:
    assert SECRET not in str(lines)
    assert "接手了会话" not in str(lines)
    assert LIN.username not in str(lines)
    [said] = [line for line in lines if line["author"] == "staff"]
    assert (said["text"], said["name"]) == ("您好，我是林晓", "林晓")
    assert all(line["name"] is None for line in lines if line["author"] != "staff")


async def test_the_website_shows_words_and_names_alone(filled: tuple[Database, ContentStore]) -> None:
    async with running(filled, Echo()) as application:
        visitor = await application.visitor()
        await application.send(visitor, "你好", "a")
        while application.turns._running:
            await application.turns.close()
        at_the_desk(filled)
        answer = await application.client.get("/web/messages", headers=visitor)
        lines = answer.json()["messages"]
        check(lines)
        async with application.stream(visitor) as stream:
            events = await take(stream, len(lines))
        assert [int(event.id or 0) for event in events] == [line["seq"] for line in lines]
        assert SECRET not in str(events)
        assert LIN.username not in str(events)


async def test_rest_answers_with_what_the_bot_said(filled: tuple[Database, ContentStore]) -> None:
    async with running(filled, Echo()) as application:
        body = {"sender": "wang", "message": "你好", "message_id": "a"}
        first = (await application.client.post("/webhooks/rest/webhook", json=body)).json()
        at_the_desk(filled)
        again = (await application.client.post("/webhooks/rest/webhook", json=body)).json()
        after = {"sender": "wang", "message": "还有个问题", "message_id": "b"}
        later = (await application.client.post("/webhooks/rest/webhook", json=after)).json()

    assert again == first == [{"recipient_id": "wang", "text": "echo 你好"}]
    assert [reply["text"] for reply in later] == ["echo 还有个问题"]
