"""How much one visitor and one address may send in a minute, and whose address it is."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx

from bot.services.throttle import NO_LIMITS, Flood
from tests.channels.application import REST_TOKEN, Application, running
from tests.installations import filled_database
from tests.services.dialogues import Echo

OUTSIDE = {"X-Forwarded-For": "203.0.113.9"}
FEW = Flood(visitor=3, address=1000)


def opened(
    directory: Path, flood: Flood | None = None, proxies: int | None = None
) -> AbstractAsyncContextManager[Application]:
    return running(filled_database(directory), Echo(), flood, proxies)


async def test_a_visitor_may_send_thirty_messages_a_minute(tmp_path: Path) -> None:
    async with opened(tmp_path) as application:
        busy, other = await application.visitor(), await application.visitor()
        answers = [await application.send(busy, "你好", f"m-{n}") for n in range(31)]
        others = await application.send(other, "你好", "a")

    assert [answer.status_code for answer in answers] == [202] * 30 + [429]
    assert answers[-1].json()["error"] == "too many messages"
    assert "请稍等" in answers[-1].json()["message"]
    assert others.status_code == 202


async def test_a_refused_message_is_not_kept(tmp_path: Path) -> None:
    async with opened(tmp_path, Flood(1, None)) as application:
        visitor = await application.visitor()
        for number in range(3):
            await application.send(visitor, f"第{number}条", f"m-{number}")
        history = (await application.client.get("/web/messages", headers=visitor)).json()["messages"]

    assert [row["text"] for row in history if row["author"] == "customer"] == ["第0条"]


async def test_the_limits_can_be_switched_off(tmp_path: Path) -> None:
    async with opened(tmp_path, NO_LIMITS) as application:
        visitor = await application.visitor()
        answers = [await application.send(visitor, "你好", f"{n}", **OUTSIDE) for n in range(40)]

    assert {answer.status_code for answer in answers} == {202}


async def test_many_visitors_of_one_address_share_its_limit(tmp_path: Path) -> None:
    async with opened(tmp_path, Flood(None, 10), proxies=1) as application:
        visitors = [await application.visitor() for _ in range(4)]
        answers = [await application.send(v, "你好", f"{n}", **OUTSIDE) for n in range(3) for v in visitors]
        elsewhere = await application.send(visitors[0], "你好", "x", **{"X-Forwarded-For": "203.0.113.10"})

    assert [answer.status_code for answer in answers] == [202] * 10 + [429] * 2
    assert elsewhere.status_code == 202


async def test_new_chats_count_for_their_address_and_known_ones_do_not(tmp_path: Path) -> None:
    async with opened(tmp_path, Flood(None, 5)) as application:
        opened_ = [await new_chat(application) for _ in range(6)]
        token = opened_[0].json()["token"]
        known = await new_chat(application, token)

    assert Counter(answer.status_code for answer in opened_) == {200: 5, 429: 1}
    assert known.status_code == 200
    assert known.json()["token"] == token


async def test_this_machine_has_no_limit_of_its_address(tmp_path: Path) -> None:
    async with opened(tmp_path, Flood(None, 2)) as application:
        sessions = [await application.client.post("/web/session", json={}) for _ in range(6)]

    assert {answer.status_code for answer in sessions} == {200}


async def test_an_address_that_the_customer_made_up_is_not_believed(tmp_path: Path) -> None:
    """Our one proxy adds the last entry; whatever stands before it came from outside."""
    async with opened(tmp_path, Flood(None, 3), proxies=1) as application:
        chats = [await new_chat(application, said=f"198.51.100.{n}, 203.0.113.9") for n in range(5)]

    assert [answer.status_code for answer in chats] == [200] * 3 + [429] * 2


async def test_what_is_no_address_is_not_taken_for_one(tmp_path: Path) -> None:
    async with opened(tmp_path, Flood(None, 3), proxies=1) as application:
        said = ["unknown", "x" * 500, "203.0.113.9,", "_hidden", "::gggg"]
        chats = [await new_chat(application, said=text) for text in [*said, "[2001:db8::1]", "2001:db8::2"]]

    assert [answer.status_code for answer in chats] == [200, 200, 200, 200, 429, 200, 200]


async def test_without_proxies_of_ours_the_header_names_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path, Flood(None, 3)) as application:
        chats = [await new_chat(application, said=f"198.51.100.{n}") for n in range(5)]

    assert [answer.status_code for answer in chats] == [200] * 3 + [429] * 2


async def test_a_sender_over_rest_from_outside_has_the_visitors_limit(tmp_path: Path) -> None:
    async with opened(tmp_path, FEW) as application:
        outside = [await over_rest(application, "a", **OUTSIDE) for _ in range(5)]
        other = await over_rest(application, "b", **OUTSIDE)
        here = [await over_rest(application, "c") for _ in range(5)]

    assert [answer.status_code for answer in outside] == [200] * 3 + [429] * 2
    assert other.status_code == 200
    assert {answer.status_code for answer in here} == {200}


async def new_chat(
    application: Application, token: str | None = None, said: str = "203.0.113.9"
) -> httpx.Response:
    body = {"token": token} if token else {}
    return await application.client.post("/web/session", json=body, headers={"X-Forwarded-For": said})


async def over_rest(application: Application, sender: str, **headers: str) -> httpx.Response:
    return await application.client.post(
        "/webhooks/rest/webhook",
        json={"sender": sender, "message": "你好"},
        headers={"Authorization": f"Bearer {REST_TOKEN}", **headers},
    )
