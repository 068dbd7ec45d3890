"""``GET /metrics`` and ``/health/…`` of the whole application, without Rasa."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa

from bot import clock
from bot.domain.conversation import HandoffReason
from bot.domain.errors import DeliveryFailed
from bot.services import vital_signs
from bot.services.messages import Answer, HandoffRequest, Utterance
from bot.services.metrics import ERRORS, CountErrors
from bot.services.upkeep import Upkeep
from bot.services.vital_signs import Pulse
from tests.api.application import DRIVE, TWO
from tests.api.whole import Listening, Whole, whole
from tests.scrape import Scrape
from tests.services.reminded import Post, send

TOKEN = "a-token-for-prometheus"
PROXIED = {"X-Forwarded-For": "203.0.113.7"}


@pytest_asyncio.fixture
async def running(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path, ZHANTING_METRICS_TOKEN=TOKEN) as running:
        yield running


async def scrape(running: Whole) -> Scrape:
    answer = await running.client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return Scrape(answer.text)


async def says(running: Whole, text: str, sender: str = "wang") -> None:
    answer = await running.client.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
    assert answer.status_code == 200, answer.text


async def test_a_turn_and_its_parts(running: Whole) -> None:
    before = await scrape(running)
    await says(running, "你好")
    after = await scrape(running)

    def more(name: str, **labels: str) -> float:
        return after(name, **labels) - before(name, **labels)

    assert more("turns_total", channel="rest", outcome="answered") == more("turns_total") == 1
    assert more("turn_seconds_count", channel="rest") == 1
    assert {
        part: more("turn_part_seconds_count", part=part) for part in ("waiting", "dialogue", "storing")
    } == {
        "waiting": 1,
        "dialogue": 1,
        "storing": 1,
    }
    assert more("messages_total", channel="rest", author="customer") == 1
    assert more("messages_total", channel="rest", author="bot") == 1
    parts, turn = more("turn_part_seconds_sum"), more("turn_seconds_sum")
    assert 0 < parts - more("turn_part_seconds_sum", part="waiting") <= turn


async def test_a_resend_is_no_turn(running: Whole) -> None:
    body = {"sender": "wang", "message": "你好", "message_id": "1"}
    await running.client.post("/webhooks/rest/webhook", json=body)
    before = await scrape(running)
    await running.client.post("/webhooks/rest/webhook", json=body)

    assert (await scrape(running))("turns_total") == before("turns_total")


async def test_a_turn_that_fails(running: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any) -> Answer:
        raise RuntimeError("broken")

    monkeypatch.setattr(Listening, "reply", fail)
    before = await scrape(running)
    await says(running, "你好")
    after = await scrape(running)

    assert after("turns_total", outcome="failed") - before("turns_total", outcome="failed") == 1
    assert after("turns_total") - before("turns_total") == 1


async def test_who_waits_for_a_person(running: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hand_over(*_: Any) -> Answer:
        return Answer([Utterance("请稍等")], HandoffRequest(HandoffReason.HAGGLING, {}))

    before = await scrape(running)
    monkeypatch.setattr(Listening, "reply", hand_over)
    await says(running, "再便宜点")
    clock.clock.set(clock.now() + timedelta(seconds=90))
    await says(running, "还在吗")
    after = await scrape(running)

    assert after("conversations", state="queued") == 1
    assert after("conversations", state="adviser") == 0
    assert 90 <= after("queue_oldest_seconds") < 600
    handed = {"channel": "rest", "outcome": "handed_over"}
    assert after("turns_total", **handed) - before("turns_total", **handed) == 1
    waiting = {"channel": "rest", "outcome": "waiting"}
    assert after("turns_total", **waiting) - before("turns_total", **waiting) == 1
    reason = {"reason": "price_negotiation"}
    assert after("handoffs_total", **reason) - before("handoffs_total", **reason) == 1


async def test_bookings_that_were_made_alone(running: Whole) -> None:
    before = await scrape(running)
    wish = {**DRIVE, "start": TWO, "name": "王小明", "phone": "13812345678"}
    headers = running.headers()
    statuses = []
    for _ in range(3):
        answer = await running.client.post("/api/staff/appointments", json=wish, headers=headers)
        statuses.append(answer.status_code)
    booked = statuses.count(200)
    assert booked < 3, "the car cannot be driven by three at once"
    code = (await running.get("appointments", phone="13812345678"))[0]["id"]
    await running.send("POST", f"appointments/{code}/cancel")
    after = await scrape(running)

    def more(change: str) -> float:
        return after("bookings_total", change=change) - before("bookings_total", change=change)

    assert (more("booked"), more("moved"), more("cancelled")) == (booked, 0, 1)
    assert after("bookings_total", kind="test_drive", change="booked") >= booked


async def test_the_outbox(running: Whole) -> None:
    before = await scrape(running)
    wish = {**DRIVE, "start": TWO, "name": "王小明", "phone": "13812345678"}
    await running.send("POST", "appointments", **wish)
    waits = await scrape(running)
    events = int(waits("outbox", channel="webhook", state="pending"))
    send(running.database, Post(failures=[DeliveryFailed("away", words="")], listens=True))
    failed = await scrape(running)
    clock.clock.set(clock.now() + timedelta(minutes=10))
    late = await scrape(running)
    send(running.database, Post(listens=True))
    sent = await scrape(running)

    def more(after: Scrape, outcome: str) -> float:
        labels = {"channel": "webhook", "outcome": outcome}
        return after("deliveries_total", **labels) - before("deliveries_total", **labels)

    assert events >= 1
    assert (more(failed, "failed"), more(failed, "sent")) == (1, 0), (
        "a receiver that is away is left alone for a while"
    )
    assert late("outbox_oldest_seconds") > 60
    assert (more(sent, "failed"), more(sent, "sent")) == (1, events)
    assert sent("outbox", channel="webhook", state="pending") == sent("outbox_oldest_seconds") == 0


async def test_open_streams(running: Whole) -> None:
    token = (await running.client.post("/web/session", json={})).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    async with running.client.stream("GET", "/web/stream", headers=headers) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        assert (await scrape(running))("open_streams", side="customers") == 1


async def test_of_the_process_itself(running: Whole) -> None:
    text = (await scrape(running)).text

    assert "process_resident_memory_bytes{worker=" in text
    assert "process_start_time_seconds{worker=" in text


async def test_nobody_is_named(running: Whole) -> None:
    await says(running, "我叫李雷，电话13900005555，再便宜点", sender="o6_bmjrPTlm6_2sgVt7hMZOPfL2M")
    text = (await scrape(running)).text

    assert [word for word in ("李雷", "13900005555", "o6_bmj", "便宜") if word in text] == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        (PROXIED, 401),
        ({**PROXIED, "Authorization": "Bearer wrong"}, 401),
        ({**PROXIED, "Authorization": f"Bearer {TOKEN}"}, 200),
    ],
)
async def test_who_may_read_them(running: Whole, headers: dict[str, str], status: int) -> None:
    assert (await running.client.get("/metrics", headers=headers)).status_code == status


async def test_without_a_token_nobody_from_outside(tmp_path: Path) -> None:
    async with whole(tmp_path) as running:
        for given in ("-", "None", "null"):
            headers = {**PROXIED, "Authorization": f"Bearer {given}"}
            assert (await running.client.get("/metrics", headers=headers)).status_code == 401


def test_errors_of_the_log() -> None:
    log = logging.Logger("bot.services.turns.deeper")
    log.addHandler(CountErrors())
    before = ERRORS.labels("bot.services.turns")._value.get()
    log.warning("not counted")
    log.error("counted")

    assert ERRORS.labels("bot.services.turns")._value.get() - before == 1


async def test_ready_says_what_is_wrong(running: Whole) -> None:
    upkeep = Upkeep(lambda: None, seconds=60)

    async def ready() -> tuple[int, dict[str, Any]]:
        answer = await running.client.get("/health/ready")
        return answer.status_code, {name: value for name, value in answer.json().items() if name != "worker"}

    running.app.ctx.ready = False
    assert await ready() == (503, {"status": "starting", "reasons": ["starting"]})
    assert (await running.client.get("/health")).status_code == 503
    running.app.ctx.ready = True
    assert await ready() == (503, {"status": "not ready", "reasons": ["the upkeep does not run"]})
    running.app.ctx.upkeep = upkeep
    upkeep.start()
    assert await ready() == (200, {"status": "ready"})
    with running.database.transaction() as session:
        session.execute(sa.text("ALTER TABLE conversations RENAME TO gone"))
    assert await ready() == (503, {"status": "not ready", "reasons": ["the database does not answer"]})
    upkeep.stop()

    assert (await running.client.get("/health")).json()["status"] == "ready"
    assert (await running.client.get("/health/live")).json() == {"status": "live"}
    away = await scrape(running)
    assert away("database_up") == 0
    assert "zhanting_turns_total" in away.text


async def test_a_database_that_hangs_is_asked_once(running: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def hang(*question: object) -> None:
        asked.append(question)
        time.sleep(0.5)

    monkeypatch.setattr(vital_signs, "vital_signs", hang)
    pulse = Pulse(running.database, seconds=0.05)

    assert await asyncio.gather(*(pulse.feel() for _ in range(5))) == [None] * 5
    assert len(asked) == 1


async def test_each_answer_names_its_request(running: Whole) -> None:
    own = await running.client.get("/health/live")
    given = await running.client.get("/health/live", headers={"X-Request-ID": "from-the-proxy-1"})
    number = await running.client.get("/health/live", headers={"X-Request-ID": "x13812345678"})

    assert len(own.headers["X-Request-ID"]) == 16
    assert given.headers["X-Request-ID"] == "from-the-proxy-1"
    assert number.headers["X-Request-ID"] != "x13812345678"
