"""Who does not follow the account and writes all the same: nothing can be sent to them, so requests bring answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.conversation import Author
from bot.notify.wechat.client import WeChatError
from bot.services.conversations import locked
from bot.services.messages import Utterance, append
from tests.channels.wechat.application import Application, Customer, Scripted, running
from tests.channels.wechat.post import FakeApi, courier_of
from tests.installations import filled_database

pytestmark = pytest.mark.slow
WHILE = timedelta(seconds=10)
STORES = Utterance(
    "哪家店？", ({"title": "城东店", "payload": "/east"}, {"title": "城西店", "payload": "/west"})
)
NUMBERED = "哪家店？\n1. 城东店\n2. 城西店\n回复数字即可选择"


def not_following() -> WeChatError:
    return WeChatError(43004)


@pytest.fixture
async def application(tmp_path: Any) -> AsyncIterator[Application]:
    dialogue = Scripted()
    dialogue.says["试驾"] = [STORES]
    async with running(filled_database(tmp_path), dialogue) as application:
        yield application


async def sends(customer: Customer, *failures: WeChatError) -> list[str]:
    """What a courier gets through to the customer."""
    change_slot(customer)
    api = FakeApi(*failures)
    courier = courier_of(customer.application.database, api)
    await courier.start()
    try:
        await courier.sweep()
        courier.wake(customer.conversation().id)
        await courier.settled()
    finally:
        await courier.stop()
    return [str(what) for name, _, what in api.calls if name == "send"]


def change_slot(customer: Customer) -> None:
    """As if the second of grace after a passive answer were over."""
    with customer.application.database.transaction() as session:
        session.get(type(customer.contact()), (customer.account.name, customer.openid)).passive_until = None


def writes_as_staff(customer: Customer, text: str) -> None:
    with customer.application.database.transaction() as session:
        append(
            session,
            locked(session, customer.conversation().id),
            Author.STAFF,
            Utterance(text),
            customer.transcript()[-1].time,
        )


async def refused(customer: Customer) -> None:
    """The first message whose answer needs sending: the platform says that nobody follows there."""
    assert await customer.write("试驾") is None
    assert len(await sends(customer, not_following())) == 1
    assert customer.contact().blocked == "unfollowed"
    with customer.application.database.transaction() as session:
        row = session.get(type(customer.contact()), (customer.account.name, customer.openid))
        row.message_at, row.blocked_at = row.message_at - 2 * WHILE, row.blocked_at - WHILE


async def happens(customer: Customer, event: str, later: int = 1) -> None:
    fields = customer.fields("event", Event=event)
    await customer.deliver({**fields, "CreateTime": fields["CreateTime"] + later})


async def test_point_09_what_was_refused_comes_with_the_next_message(application: Application) -> None:
    customer = application.customer()
    await refused(customer)
    answer = await customer.write("你好")

    assert answer is not None
    assert answer.startswith("哪家店？\n")
    assert answer.endswith("echo 你好")


async def test_point_09_who_does_not_follow_is_answered_in_requests_alone(application: Application) -> None:
    """Each answer at once with numbered choices, and none of them is tried by the courier first."""
    customer = application.customer()
    await refused(customer)
    await customer.write("你好")

    for _ in range(3):
        assert await customer.write("试驾") == NUMBERED
        assert await sends(customer) == []
    assert customer.contact().blocked == "unfollowed"


async def test_point_09_who_unfollowed_and_writes_is_answered_in_requests_alone(
    application: Application,
) -> None:
    customer = application.customer()
    await customer.write("你好")
    await happens(customer, "unsubscribe")
    fields = customer.fields("text", "试驾")
    answer = await customer.deliver({**fields, "CreateTime": fields["CreateTime"] + 2})

    assert answer is not None
    assert answer["Content"] == NUMBERED
    assert await sends(customer) == []


async def test_point_14_who_follows_again_gets_choices_to_click_on(application: Application) -> None:
    customer = application.customer()
    await refused(customer)
    await happens(customer, "subscribe")

    assert await customer.write("试驾") is None
    assert "msgmenu" in (await sends(customer))[-1]
    assert customer.contact().blocked is None


@pytest.mark.parametrize("works", [True, False])
async def test_an_advisers_words_are_tried_once_after_each_message(
    application: Application, works: bool
) -> None:
    """The event of following may have been lost: a send that works tells, and costs the customer nothing."""
    customer = application.customer()
    await refused(customer)
    assert await sends(customer) == [], "they have not written since the platform said so"
    await customer.write("你好")
    assert await sends(customer) == []
    writes_as_staff(customer, "我是小王")
    assert len(await sends(customer, *([] if works else [not_following()]))) == 1
    assert await sends(customer) == []
    assert (customer.contact().blocked, customer.contact().is_following) == (
        (None, True) if works else ("unfollowed", False)
    )
