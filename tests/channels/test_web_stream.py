"""Server-sent events: nothing lost, nothing twice, alive for as long as somebody listens and no longer."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.channels.application import Application, running, take
from tests.installations import filled_database
from tests.services.dialogues import Echo


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    async with running(filled_database(tmp_path), Echo()) as application:
        yield application


async def test_messages_arrive_in_order_with_their_sequence_number_as_id(application: Application) -> None:
    visitor = await application.visitor()
    async with application.stream(visitor) as stream:
        for number in range(3):
            await application.send(visitor, f"第{number}条", f"id-{number}")
        received = await take(stream, 6)

    assert [event.id for event in received] == ["1", "2", "3", "4", "5", "6"]
    bodies = [json.loads(event.data) for event in received]
    assert [body["seq"] for body in bodies] == [1, 2, 3, 4, 5, 6]
    assert sorted(body["text"] for body in bodies if body["author"] == "bot") == [
        "echo 第0条",
        "echo 第1条",
        "echo 第2条",
    ]


async def test_a_stream_resumes_after_the_last_event_without_loss_or_repeat(application: Application) -> None:
    visitor = await application.visitor()
    seen: list[int] = []
    for number in range(6):
        async with application.stream(visitor, after=seen[-1] if seen else 0) as stream:
            if number % 2:
                await application.send(visitor, str(number), f"id-{number}")
            seen += (
                [int(str(event.id)) for event in await take(stream, 2 if number % 2 else 1)] if number else []
            )
        if not number % 2:
            await application.send(visitor, str(number), f"id-{number}")
            await application.turns.close()
    async with application.stream(visitor, after=seen[-1]) as stream:
        seen += [int(str(event.id)) for event in await take(stream, 12 - len(seen))]

    assert seen == list(range(1, 13))


async def test_a_resend_adds_nothing_to_the_stream(application: Application) -> None:
    visitor = await application.visitor()
    async with application.stream(visitor) as stream:
        for _ in range(3):
            await application.send(visitor, "你好", "same")
        await application.turns.close()
        await application.send(visitor, "再见", "other")
        received = await take(stream, 4)

    assert [json.loads(event.data)["client_id"] for event in received] == ["same", None, "other", None]


async def test_a_silent_stream_outlives_the_response_timeout(tmp_path: Path) -> None:
    timeout = 2.0
    async with running(filled_database(tmp_path), Echo(), response_timeout=timeout) as application:
        visitor = await application.visitor()
        async with application.stream(visitor) as stream:
            started = asyncio.get_running_loop().time()
            while asyncio.get_running_loop().time() - started < 2 * timeout:
                await take(stream, 1, "comment")
            await application.send(visitor, "还在吗", "a")
            received = await take(stream, 2)

    assert json.loads(received[1].data)["text"] == "echo 还在吗"


async def test_two_streams_get_the_same(application: Application) -> None:
    visitor = await application.visitor()
    async with application.stream(visitor) as one, application.stream(visitor) as two:
        await application.send(visitor, "你好", "a")
        assert await take(one, 2) == await take(two, 2)


async def test_nobody_gets_somebody_elses_messages(application: Application) -> None:
    mine, other = await application.visitor(), await application.visitor()
    async with application.stream(mine) as stream:
        await application.send(other, "秘密", "a")
        await application.send(mine, "你好", "a")
        received = await take(stream, 2)

    assert "秘密" not in "".join(event.data for event in received)


async def test_typing_goes_on_and_off_around_the_answer(application: Application) -> None:
    application.dialogue.seconds = 0.2
    visitor = await application.visitor()
    async with application.stream(visitor) as stream:
        await take(stream, 1, "comment")
        await application.send(visitor, "你好", "a")
        names = []
        while names.count("typing") < 2:
            event = await asyncio.wait_for(anext(stream), 8)
            names.append(f"{event.name} {json.loads(event.data or '{}').get('on', '')}".strip())
            if event.name == "typing":
                names.append("typing")
    shown = [name for name in names if name not in ("comment", "typing")]

    assert shown == ["message", "typing True", "message", "typing False"]


async def test_who_comes_during_the_answer_sees_typing(application: Application) -> None:
    application.dialogue.seconds = 0.5
    visitor = await application.visitor()
    await application.send(visitor, "你好", "a")
    async with application.stream(visitor) as stream:
        assert [json.loads(e.data)["on"] for e in await take(stream, 2, "typing")] == [True, False]


async def test_a_client_that_leaves_frees_its_listener_and_not_its_turn(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    application.dialogue.seconds = 0.5
    visitor = await application.visitor()
    async with application.stream(visitor) as stream:
        await take(stream, 1, "comment")
        await application.send(visitor, "你好", "a")
        assert application.wakeups.listeners() == 1
    await _until(lambda: application.wakeups.listeners() == 0)
    await application.turns.close()

    history = (await application.client.get("/web/messages", headers=visitor)).json()["messages"]
    assert [message["text"] for message in history] == ["你好", "echo 你好"]
    assert caplog.records == []


async def test_streams_end_when_the_server_stops(application: Application) -> None:
    visitor = await application.visitor()
    async with application.stream(visitor) as stream:
        await take(stream, 1, "comment")
        application.wakeups.close()
        assert [event async for event in stream] == []
    async with application.stream(visitor) as late:
        assert [event.name async for event in late] == ["comment"]


async def _until(condition: object, seconds: float = 5) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():  # type: ignore[operator]
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)
