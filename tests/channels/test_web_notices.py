"""A reminder reaches an open page at once, without a word of the customer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.clock import TIME_ZONE
from bot.services import messages
from bot.services.messages import Utterance
from bot.store.database import Database
from tests.channels.application import Application, running, take
from tests.installations import filled_database
from tests.services.dialogues import Echo

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)


@pytest.fixture
def database(tmp_path: Path) -> tuple[Database, Any]:
    return filled_database(tmp_path)


@pytest.fixture
async def application(database: tuple[Database, Any]) -> AsyncIterator[Application]:
    async with running(database, Echo()) as application:
        yield application


async def test_a_notice_comes_by_the_stream(application: Application, database: tuple[Database, Any]) -> None:
    answer = await application.client.post("/web/session", json={})
    conversation, token = answer.json()["conversation"], answer.json()["token"]
    words = Utterance(
        "提醒您", ({"title": "会准时到", "payload": "/visit_reply"},), {"notice": "reminder_24"}
    )
    async with application.stream({"Authorization": f"Bearer {token}"}) as stream:
        with database[0].transaction() as session:
            messages.add_notice(session, conversation, lambda *_: words, NOW)
        application.wakeups.bring_news(conversation)
        (event,) = await take(stream, 1)

    body = json.loads(event.data)
    assert (body["text"], body["author"], body["seq"]) == ("提醒您", "bot", 1)
    assert body["buttons"] == [{"title": "会准时到", "payload": "/visit_reply"}]


async def test_news_do_not_end_the_typing(application: Application) -> None:
    application.wakeups.notify("a", typing=True)
    with application.wakeups.listening("a") as listener:
        application.wakeups.bring_news("a")
        assert listener.typing
        application.wakeups.notify("a", typing=False)
        application.wakeups.bring_news("a")
        assert not listener.typing
