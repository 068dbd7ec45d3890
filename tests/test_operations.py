"""A real server, its real model and a booking in WeChat: what the log and the figures tell, and what they do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.scrape import Scrape
from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.assistant import Station, start_station

pytestmark = pytest.mark.slow

OPENID = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"
NAME, PHONE = "欧阳震华", "13911117777"
WISH = f"我想11月28日上午十点去城东店试驾X5，我叫{NAME}，电话{PHONE}，有驾照满一年了"
CHAT = "你们周六几点关门呀，我顺便带我妈来"


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    home = tmp_path_factory.mktemp("operations") / "home"
    station = start_station(
        home, [PlatformAccount("main")], ZHANTING_LOG_FORMAT="json", ZHANTING_LOG_LEVEL="INFO"
    )
    yield station
    station.database.close()
    station.server.stop()


def lines(station: Station) -> list[dict[str, Any]]:
    return [json.loads(line) for line in station.server.err.splitlines()]


async def test_a_booking_is_in_the_log_without_the_customer(station: Station) -> None:
    async with station.platform:
        customer = station.platform.customer(OPENID)
        customer.text(CHAT)
        await customer.done()
        customer.text(WISH)
        await customer.done()
        await customer.until(lambda me: any("确认" in choice.text for choice in me.choices))
        customer.click(customer.choice("确认"))
        await customer.done()
        code = (await customer.sees("预约码")).whole
        await customer.until(station.has_answers)
        conversation = station.conversation_of(customer)

    told = lines(station)
    turns = [line for line in told if line.get("conversation") == conversation and "outcome" in line]
    assert [(line["channel"], line["outcome"]) for line in turns] == [("wechat", "answered")] * 3
    assert all(line["milliseconds"] >= 0 and line["request"] for line in turns)
    assert len({line["request"] for line in turns}) == 3, "each was a request of its own"
    everything = station.server.err + station.server.out
    secrets = {OPENID, NAME, PHONE, CHAT, WISH, "欧阳", "我妈", "试驾", *code.split("\n")}
    assert [secret for secret in secrets if secret.strip() and secret in everything] == []


def test_the_figures_of_that_booking(station: Station) -> None:
    figures = Scrape(station.server.client.get("/metrics").text)

    assert figures("turns_total", channel="wechat", outcome="answered") == 3
    parts = ("waiting", "understanding", "dialogue", "actions", "storing")
    assert [part for part in parts if figures("turn_part_seconds_count", part=part) < 1] == []
    assert figures("bookings_total", kind="test_drive", change="booked") == 1
    assert figures("errors_total") == len([line for line in lines(station) if line["level"] == "ERROR"])
    assert [word for word in (OPENID, NAME, PHONE) if word in figures.text] == []


def test_it_is_ready(station: Station) -> None:
    for path, status in (("/health", "ready"), ("/health/ready", "ready"), ("/health/live", "live")):
        answer = station.server.client.get(path)
        assert (answer.status_code, answer.json()["status"]) == (200, status), path
