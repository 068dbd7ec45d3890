"""Two server processes with one database and one Redis: whichever gets a message, the conversation goes on."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from bot.services import messages
from bot.store.database import Database
from tests.database import KINDS, new_postgres_url
from tests.proof import FULL
from tests.redis import RedisServer
from tests.server import RunningServer, Visitor, start_server, wait_until_ready

pytestmark = [pytest.mark.slow, pytest.mark.redis]

CODE = re.compile(r"[A-HJ-NP-Z]{3}[2-9]{3}")
PATIENCE = 60.0
CUSTOMERS = 20
Pair = tuple[RunningServer, RunningServer]


@pytest.fixture(scope="module", params=KINDS if FULL else KINDS[1:])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "postgres":
        return new_postgres_url()
    return f"sqlite:///{tmp_path_factory.mktemp('shared') / 'one.db'}"


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer(password="never-shown")
    yield server
    server.remove()


@pytest.fixture(scope="module")
def pair(
    database_url: str, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """Started at the same moment on an empty database."""
    redis_server.start()
    shared = {"DATABASE_URL": database_url, "REDIS_URL": redis_server.url, "ZHANTING_RATE_LIMIT": "off"}
    homes = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    first, second = (start_server(home, wait=False, **shared) for home in homes)
    for server in (first, second):
        wait_until_ready(server)
    yield first, second
    for server in (first, second):
        if server.process.poll() is None:
            server.stop()


def at(server: RunningServer, visitor: Visitor) -> Visitor:
    """The same customer, who now reaches another process."""
    return Visitor(server, visitor.token)


def rows(answer: httpx.Response) -> Iterator[tuple[str, Any]]:
    """The events of a stream, and its comments as ("", text)."""
    name = ""
    for line in answer.iter_lines():
        key, _, value = line.partition(": ")
        if key == "event":
            name = value
        elif key == "data":
            yield name, json.loads(value)
        elif line.startswith(":"):
            yield "", line


def test_a_form_goes_on_in_the_other_process(pair: Pair) -> None:
    visitor, text, said = pair[0].visitor(), "我想周六上午十点去城东店试驾X5", [""]
    answers = {"手机": "13900006666", "称呼": "我叫李雷", "姓名": "我叫李雷", "驾照": "有驾照，满一年了"}
    payload: dict[str, str] = {}
    for turn in range(12):
        here = at(pair[turn % 2], visitor)
        assert here.send(text, f"m-{turn}", **payload).status_code == 202
        found = here.wait_for_answer()
        said = [line["text"] for line in found if line["author"] == "bot"]
        if CODE.search(said[-1]):
            break
        confirm = [b for b in found[-1]["buttons"] if "确认" in b["title"]]
        payload = {"payload": confirm[0]["payload"]} if confirm else {}
        wanted = (answer for word, answer in answers.items() if word in said[-1])
        text = confirm[0]["title"] if confirm else next(wanted, "好的")
    code = CODE.search(said[-1])
    assert code, said

    query = {"params": {"phone": "13900006666"}, "headers": pair[1].staff()}
    booked = pair[1].client.get("/api/staff/appointments", **query).json()
    assert [(each["code"], each["store"], each["model"]) for each in booked] == [(code[0], "east", "x5")]
    assert turn >= 2, said  # both processes had a part in it


def test_a_message_that_reaches_both_is_answered_once(pair: Pair) -> None:
    def send(number: int) -> list[dict[str, Any]]:
        with httpx.Client(base_url=pair[number % 2].url, timeout=60) as client:
            body = {"sender": "both", "message": "首付多少", "message_id": f"same-{number // 6}"}
            answer = client.post("/webhooks/rest/webhook", json=body)
            assert answer.status_code == 200, answer.text
            return list(answer.json())

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(send, range(12)))
    assert answers[0]
    assert answers[:6] == [answers[0]] * 6
    assert answers[6:] == [answers[6]] * 6
    listed = pair[0].client.get("/api/staff/conversations", headers=pair[0].staff()).json()
    id_ = next(each["id"] for each in listed if each["sender"] == "both")
    lines = pair[0].client.get(f"/api/staff/conversations/{id_}/messages", headers=pair[0].staff()).json()
    assert [line["author"] for line in lines].count("customer") == 2
    assert len(lines) == 2 + len(answers[0]) + len(answers[6])


def test_a_stream_is_woken_by_the_other_process(pair: Pair) -> None:
    visitor = pair[0].visitor()
    stream = httpx.stream("GET", f"{pair[0].url}/web/stream", headers=visitor.headers, timeout=30)
    with stream as answer:
        events = rows(answer)
        assert next(events) == ("", ": connected")
        seen = []
        assert at(pair[1], visitor).send("你好", "woken").status_code == 202
        for name, data in events:
            assert name, "it found the rows by itself only"
            seen.append((name, data))
            if name == "message" and data["author"] == "bot":
                break
    assert ("typing", {"on": True}) in seen


def test_killed_in_the_middle_its_messages_are_answered_by_the_other(pair: Pair, database_url: str) -> None:
    """Nobody writes again, and nothing is started anew."""
    first, second = pair
    visitors = [first.visitor() for _ in range(CUSTOMERS)]

    def send(visitor: Visitor) -> int:
        return httpx.post(
            f"{first.url}/web/messages",
            json={"text": "你们几点关门", "client_id": "a"},
            headers=visitor.headers,
            timeout=30,
        ).status_code

    with ThreadPoolExecutor(CUSTOMERS) as pool:
        assert set(pool.map(send, visitors)) == {202}
    first.stop(signal.SIGKILL)
    database = Database(database_url)
    assert messages.unanswered(database), "it was not killed in the middle"

    deadline = time.monotonic() + PATIENCE
    while messages.unanswered(database) and time.monotonic() < deadline:
        time.sleep(0.2)
    database.close()
    for visitor in visitors:
        lines = at(second, visitor).messages()
        assert [line["author"] for line in lines].count("customer") == 1
        assert len({line["text"] for line in lines}) == len(lines) >= 2
    assert "was left unanswered" in second.err


def test_without_redis_customers_are_answered(pair: Pair, redis_server: RedisServer) -> None:
    survivor = pair[1]
    redis_server.stop()
    assert [survivor.rest(f"away-{number}", "首付多少") for number in range(3)][-1]
    assert "Redis is away" in survivor.err
    assert "never-shown" not in survivor.err + survivor.out + pair[0].err + pair[0].out
