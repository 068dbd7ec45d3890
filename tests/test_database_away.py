"""A PostgreSQL that is gone for a while, or silent: customers wait or get a kind word, nothing is lost or said twice."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.services import messages
from bot.store.database import Database
from bot.store.tables import Conversation, Message
from tests.postgres import PostgresServer
from tests.proof import size
from tests.server import RunningServer, start_server

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

AWAY_SECONDS = size(4, 30)
CUSTOMERS = 6
PATIENCE = 90.0


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def server(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    home: Path = tmp_path_factory.mktemp("served") / "home"
    running = start_server(home, DATABASE_URL=postgres.url, ZHANTING_RATE_LIMIT="off")
    yield running
    running.stop()


class Customers:
    """Each writes again and again over REST; what got no answer is sent again with the same id, as programs do."""

    def __init__(self, server: RunningServer, name: str) -> None:
        self.server, self.name = server, name
        self.answers: dict[tuple[str, str], list[str]] = {}
        self.failures: Counter[int] = Counter()
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(CUSTOMERS)]

    def __enter__(self) -> Customers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Who waits for an answer waits until it comes."""
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        sender, count = f"{self.name}-{number}", 0
        with httpx.Client(base_url=self.server.url, timeout=PATIENCE) as client:
            while not self._ending.is_set():
                count += 1
                self.answers[sender, f"m-{count}"] = self._say(client, sender, f"m-{count}")

    def _say(self, client: httpx.Client, sender: str, id_: str) -> list[str]:
        deadline = time.monotonic() + PATIENCE
        body = {"sender": sender, "message": "你们几点关门", "message_id": id_}
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                answer = client.post("/webhooks/rest/webhook", json=body)
                if answer.status_code == 200:
                    return [each["text"] for each in answer.json()]
                self.failures[answer.status_code] += 1
            time.sleep(0.3)
        return []


def test_gone_and_back(server: RunningServer, postgres: PostgresServer) -> None:
    visitor = server.visitor()
    visitor.send("我想周六上午十点去城东店试驾X5", "first")
    assert "手机" in visitor.wait_for_answer()[-1]["text"]
    with Customers(server, "gone") as customers:
        _until(lambda: len(customers.answers) > CUSTOMERS)
        postgres.stop()
        refused = visitor.send("张伟 13812345678", "second")
        assert server.client.get("/health/live").status_code == 200
        time.sleep(AWAY_SECONDS)
        postgres.start()
        _until(lambda: visitor.send("张伟 13812345678", "second").status_code == 202)
    found = visitor.wait_for_answer(PATIENCE)

    assert refused.status_code == 503
    assert "抱歉" in refused.json()["message"]
    assert set(customers.failures) == {503}
    assert "驾照" in found[-1]["text"]  # the dialogue is where it was
    assert [line["text"] for line in found].count("张伟 13812345678") == 1
    _nothing_is_lost_or_said_twice(postgres, customers)


def test_silent_and_back(server: RunningServer, postgres: PostgresServer) -> None:
    with Customers(server, "silent") as customers:
        _until(lambda: len(customers.answers) > CUSTOMERS)
        postgres.freeze()
        time.sleep(AWAY_SECONDS)
        postgres.thaw()

    _nothing_is_lost_or_said_twice(postgres, customers)


def _nothing_is_lost_or_said_twice(postgres: PostgresServer, customers: Customers) -> None:
    assert all(customers.answers.values())
    database = Database(postgres.url)
    _until(lambda: not messages.unanswered(database))
    lines = sa.select(Conversation.sender, Message).join(Message, Message.conversation_id == Conversation.id)
    here = Conversation.sender.startswith(customers.name)
    with database.reading() as session:
        stored: list[Any] = session.execute(lines.where(here).order_by(Message.seq)).all()
        conversations = session.scalar(sa.select(sa.func.count()).select_from(Conversation).where(here))
    database.close()
    assert conversations == CUSTOMERS
    sent = {(sender, row.client_id): row.seq for sender, row in stored if row.author == "customer"}
    assert set(sent) == set(customers.answers)
    said: dict[tuple[str, int], list[str]] = {}
    for sender, row in stored:
        if row.author == "bot":
            said.setdefault((sender, row.reply_to), []).append(row.text)
    assert {key: said[key[0], seq] for key, seq in sent.items()} == customers.answers
    assert len(stored) == len(sent) + sum(map(len, said.values()))


def _until(is_so: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)
