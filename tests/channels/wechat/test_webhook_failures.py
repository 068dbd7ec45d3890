"""Points 8 and 9: what breaks, and what an account may not do."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from bot import clock
from bot.domain.conversation import HandoffReason
from bot.services import messages
from bot.services.wechat import contacts, passives
from bot.store.staff_tables import Handoff
from bot.store.wechat_tables import WeChatContact
from tests.channels.wechat.application import (
    HURRIED,
    Application,
    Scripted,
    broken,
    cut,
    is_open,
    running,
    until,
)
from tests.installations import filled_database

pytestmark = pytest.mark.slow
STILL_WORKING = "还在查询，请稍后回复任意内容查看结果。"


@pytest.fixture
async def application(tmp_path: Any) -> AsyncIterator[Application]:
    async with running(filled_database(tmp_path), Scripted()) as application:
        yield application


@pytest.fixture
async def hurried(tmp_path: Any) -> AsyncIterator[Application]:
    """Turns are held up until the test lets them go on."""
    async with running(filled_database(tmp_path), Scripted(), HURRIED) as application:
        application.dialogue.may_go_on.clear()
        yield application
        application.dialogue.may_go_on.set()


# Point 8: failures


async def test_point_08_a_failed_turn_is_answered_kindly_and_reaches_a_person(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> None:
        raise RuntimeError("the model is gone")

    monkeypatch.setattr(application.dialogue, "reply", fail)
    customer = application.customer()
    words = await customer.write("你好")

    assert words
    assert "RuntimeError" not in words
    with application.database.reading() as session:
        handoffs = session.query(Handoff).filter_by(conversation_id=customer.conversation().id)
        assert [each.reason for each in handoffs] == [HandoffReason.FAILURE.value]


async def test_point_08_an_answer_that_cannot_be_had_is_an_acknowledgement(application: Application) -> None:
    customer = application.customer()
    with broken(passives, "take_passive"):
        assert await customer.write("你好") is None

    await until(lambda: is_open(customer) and application.courier.woken)
    assert customer.said()[-1] == ("bot", "echo 你好")


async def test_point_08_a_message_without_meaning_is_taken_as_its_words(application: Application) -> None:
    assert await application.customer().write("no meaning") == "echo no meaning"


async def test_point_08_what_could_not_be_stored_is_tried_again(application: Application) -> None:
    customer = application.customer()
    with broken(messages, "receive_in", times=2) as failures:
        assert await customer.write("你好") == "echo 你好"
    assert len(failures) == 2
    assert customer.said() == [("customer", "你好"), ("bot", "echo 你好")]


async def test_point_08_what_is_not_stored_is_not_acknowledged_in_time(hurried: Application) -> None:
    customer = hurried.customer()
    fields = customer.fields("text", "你好")
    with broken(messages, "receive_in"):
        await cut(customer, fields)
    hurried.dialogue.may_go_on.set()

    await until(lambda: customer.said() == [("customer", "你好"), ("bot", "echo 你好")])


async def test_point_08_a_silent_database_still_gives_a_valid_body(hurried: Application) -> None:
    customer = hurried.customer()
    with broken(type(hurried.database), "transaction"):
        assert await customer.deliver(customer.fields("text", "你好")) is None


# Point 9: without permission to send


async def test_point_09_a_ready_answer_needs_no_permission(application: Application) -> None:
    assert await application.customer("mute").write("你好") == "echo 你好"


async def test_point_09_the_answer_waits_for_the_redelivery(hurried: Application) -> None:
    customer = hurried.customer("mute")
    fields = customer.fields("text", "你好")
    await cut(customer, fields)
    hurried.dialogue.may_go_on.set()
    await until(lambda: len(customer.transcript()) == 2)
    answer = await customer.deliver(fields)

    assert answer
    assert answer["Content"] == "echo 你好"
    assert len(hurried.dialogue.heard) == 1
    assert hurried.courier.typed == []


async def test_point_09_after_the_last_delivery_the_answer_waits_for_the_next_message(
    hurried: Application,
) -> None:
    customer = hurried.customer("mute")
    fields = customer.fields("text", "多少钱")
    await cut(customer, fields)
    await cut(customer, fields)
    held = await customer.deliver(fields)
    assert held
    assert held["Content"] == STILL_WORKING

    hurried.dialogue.may_go_on.set()
    await until(lambda: len(customer.transcript()) == 2)
    assert customer.contact().sent_seq < 2
    again = await customer.deliver(fields)  # one more is answered as the last one was
    assert again
    assert again["Content"] == STILL_WORKING
    assert customer.contact().sent_seq < 2


async def test_point_09_what_was_held_comes_before_the_next_answer(application: Application) -> None:
    customer = application.customer("mute")
    with broken(passives, "take_passive"):
        assert await customer.write("多少钱") is None

    assert await customer.write("好了吗") == "echo 多少钱\n\necho 好了吗"
    assert customer.contact().sent_seq == 4


async def test_point_09_another_process_may_have_taken_the_deliveries_before(tmp_path: Any) -> None:
    filled = filled_database(tmp_path)
    async with (
        running(filled, Scripted(), HURRIED) as one,
        running(filled, Scripted(), replace(HURRIED, until_last=0)) as other,
    ):
        for application in (one, other):
            application.dialogue.may_go_on.clear()
        customer = one.customer("mute")
        fields = customer.fields("text", "多少钱")
        await cut(customer, fields)
        held = await replace(customer, application=other).deliver(fields)
        for application in (one, other):
            application.dialogue.may_go_on.set()

    assert held
    assert held["Content"] == STILL_WORKING


async def test_point_09_what_the_platform_refused_goes_out_in_answers(hurried: Application) -> None:
    """48001: the account was thought to be allowed to send."""
    refused, customer = hurried.customer(), hurried.customer()
    await refused.write("你好")
    with hurried.database.transaction() as session:
        contact = session.get(WeChatContact, ("main", refused.openid))
        contact.blocked, contact.blocked_at = contacts.PERMISSION, clock.now()

    await cut(customer, customer.fields("text", "慢"))


async def test_point_06_what_has_come_whole_is_kept_though_the_platform_has_left(
    application: Application,
) -> None:
    """As after a moment in which this process stood still: message and end of the connection come at once."""
    customers = [application.customer() for _ in range(5)]
    for customer in customers:
        request = customer.request(customer.fields("text", "还在吗"))
        send_and_leave(application.port, f"/wechat/main?{urlencode(request.query)}", request.body)

    for customer in customers:
        await until(lambda customer=customer: customer.contact() is not None and len(customer.said()) == 2)  # type: ignore[misc]


async def test_point_04_the_query_of_a_verification_brings_no_message(application: Application) -> None:
    customer = application.customer("open")
    request = customer.request(customer.fields("text", "你好"))
    echo = {**request.query, "echostr": "1"}

    assert (await application.client.get("/wechat/open", params=echo)).status_code == 200
    assert (await customer.post(request)).status_code == 403


def send_and_leave(port: int, path: str, body: bytes) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode() + body)
