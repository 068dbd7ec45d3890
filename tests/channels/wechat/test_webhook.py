"""Points 5 to 7, 12, 13 and 15: what a message in WeChat gets, whatever the platform's deliveries do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.domain.conversation import HandoffReason, Owner
from bot.services.conversations import list_conversations
from bot.services.messages import HandoffRequest, Utterance
from bot.store.tables import Conversation
from bot.store.wechat_tables import WeChatContact
from tests.channels.wechat.application import (
    HURRIED,
    JPEG,
    Application,
    Customer,
    Scripted,
    is_open,
    leave,
    running,
    until,
)
from tests.installations import filled_database
from tests.services.owners import pass_by_hand

pytestmark = pytest.mark.slow


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


# Points 5 and 12: each message once, for its customer


async def test_point_05_a_message_delivered_ten_times_is_one(application: Application) -> None:
    customer = application.customer()
    fields = customer.fields("text", "你好")
    answers = await asyncio.gather(*(customer.deliver(fields) for _ in range(10)))

    assert {answer["Content"] for answer in answers if answer} == {"echo 你好"}
    assert all(answers)
    assert customer.said() == [("customer", "你好"), ("bot", "echo 你好")]


async def test_point_05_the_same_number_of_two_customers_is_two_messages(application: Application) -> None:
    one, other = application.customer(), application.customer()
    number = 10**18 - 1

    assert await one.write("一", MsgId=number) == "echo 一"
    assert await other.write("二", MsgId=number) == "echo 二"


async def test_point_05_an_event_is_one_by_time_and_key(application: Application) -> None:
    customer = application.customer()
    click = customer.fields("event", Event="CLICK", EventKey="book")
    for fields in (
        click,
        click,
        {**click, "EventKey": "other"},
        {**click, "CreateTime": click["CreateTime"] + 1},
    ):
        await customer.deliver(fields)

    assert [text for _, text in application.dialogue.heard] == ["/book", "/other", "/book"]


async def test_point_05_a_redelivery_grants_nothing_again(application: Application) -> None:
    customer = application.customer()
    fields = customer.fields("text", "你好")
    await customer.deliver(fields)
    with application.database.transaction() as session:
        session.get(WeChatContact, ("main", customer.openid)).message_used = 4
    await customer.deliver(fields)
    assert customer.contact().message_used == 4

    await customer.write("再问")
    assert customer.contact().message_used == 0


async def test_point_12_one_openid_of_two_accounts_is_two_conversations(application: Application) -> None:
    one = application.customer("main")
    other = Customer(application, application.accounts["open"], one.openid)
    await one.write("一")
    await other.write("二")

    assert one.said()[0] == ("customer", "一")
    assert other.said()[0] == ("customer", "二")
    senders = {view.sender for view in list_conversations(application.database)}
    assert senders == {f"main/{one.openid}", f"open/{one.openid}"}


async def test_point_12_a_slow_picture_is_not_overtaken_by_the_words_after_it(
    application: Application,
) -> None:
    customer = application.customer()
    application.courier.files["m"], application.courier.seconds = JPEG, 0.2
    picture = asyncio.create_task(
        customer.deliver(customer.fields("image", MediaId="m", PicUrl="http://p.example"))
    )
    await asyncio.sleep(0.05)
    await customer.write("就是这个")
    await picture

    assert [text for author, text in customer.said() if author == "customer"] == ["［图片］", "就是这个"]


# Points 6 and 7: the five seconds


async def test_point_06_lines_that_are_ready_are_one_passive_reply(application: Application) -> None:
    customer = application.customer()
    application.dialogue.says["地址"] = [Utterance("城东店：一号路。"), Utterance("营业到八点。")]

    assert await customer.write("地址") == "城东店：一号路。\n\n营业到八点。"
    assert customer.contact().sent_seq == 3
    assert customer.contact().message_used == 0


async def test_point_06_a_long_turn_is_acknowledged_and_left_to_the_courier(hurried: Application) -> None:
    customer = hurried.customer()

    assert await customer.write("你好") is None
    assert hurried.dialogue.thinking == 1
    assert is_open(customer)
    hurried.dialogue.may_go_on.set()
    await until(lambda: len(customer.transcript()) == 2)
    assert customer.contact().sent_seq < 2
    assert hurried.courier.woken == [customer.conversation().id]


async def test_point_06_a_turn_survives_the_platforms_disconnect(application: Application) -> None:
    customer = application.customer()
    application.dialogue.may_go_on.clear()
    delivery = asyncio.create_task(customer.deliver(customer.fields("text", "你好")))
    await until(lambda: application.dialogue.thinking == 1)
    await leave(delivery)
    await until(lambda: is_open(customer))
    assert application.courier.woken
    application.dialogue.may_go_on.set()

    await until(lambda: len(customer.transcript()) == 2)
    assert customer.contact().sent_seq < 2


async def test_point_07_a_redelivery_joins_the_running_turn(application: Application) -> None:
    customer = application.customer()
    application.dialogue.may_go_on.clear()
    fields = customer.fields("text", "你好")
    first = asyncio.create_task(customer.deliver(fields))
    await until(lambda: application.dialogue.thinking == 1)
    await leave(first)
    second = asyncio.create_task(customer.deliver(fields))
    await until(lambda: not is_open(customer))
    application.dialogue.may_go_on.set()
    answer = await second

    assert answer
    assert answer["Content"] == "echo 你好"
    assert len(application.dialogue.heard) == 1


async def test_point_07_a_redelivery_after_the_answer_gets_it_again(application: Application) -> None:
    customer = application.customer()
    fields = customer.fields("text", "你好")
    first, again = await customer.deliver(fields), await customer.deliver(fields)

    assert first
    assert again
    assert first["Content"] == again["Content"]
    assert customer.contact().sent_seq == 2


async def test_point_07_a_redelivery_of_what_was_acknowledged_is_acknowledged(hurried: Application) -> None:
    """The platform may have heard the first acknowledgement: an answer now could come beside the courier's."""
    customer = hurried.customer()
    fields = customer.fields("text", "你好")
    assert await customer.deliver(fields) is None
    hurried.dialogue.may_go_on.set()
    await until(lambda: len(customer.transcript()) == 2)

    assert await customer.deliver(fields) is None
    assert len(hurried.dialogue.heard) == 1


async def test_the_customer_sees_typing_while_a_turn_is_long(
    hurried: Application, application: Application
) -> None:
    quick, customer = application.customer(), hurried.customer()
    await quick.write("快")
    await customer.write("慢")

    assert application.courier.typed == []
    assert hurried.courier.typed == [("main", customer.openid)]


# Point 13: choices


CHOICES = Utterance(
    "请选择：", ({"title": "城东店", "payload": "/store_east"}, {"title": "城西店", "payload": "/store_west"})
)


async def test_point_13_choices_are_left_to_the_courier(application: Application) -> None:
    customer = application.customer()
    application.dialogue.says["门店"] = [CHOICES]

    assert await customer.write("门店") is None
    assert customer.contact().sent_seq < 2
    assert application.courier.woken[-1] == customer.conversation().id


async def test_point_13_choices_are_numbered_where_nothing_can_be_sent(application: Application) -> None:
    customer = application.customer("mute")
    application.dialogue.says["门店"] = [CHOICES]

    assert await customer.write("门店") == "请选择：\n1. 城东店\n2. 城西店\n回复数字即可选择"
    await customer.write("2")
    assert application.dialogue.heard[-1][1] == "/store_west"


# Point 15: a person has the conversation


def give(application: Application, customer: Customer, owner: Owner) -> None:
    with application.database.transaction() as session:
        pass_by_hand(session.get(Conversation, customer.conversation().id), owner)


@pytest.mark.parametrize("account", ["main", "mute"])
async def test_point_15_with_a_person_the_bot_is_silent(application: Application, account: str) -> None:
    customer = application.customer(account)
    await customer.write("你好")
    give(application, customer, Owner.ADVISER)

    assert await customer.write("在吗") is None
    assert customer.said()[-1] == ("customer", "在吗")
    assert len(application.dialogue.heard) == 1


async def test_point_15_the_platforms_own_desk_gets_the_message(application: Application) -> None:
    customer = application.customer("desk")
    assert await customer.write("你好") == "echo 你好"
    give(application, customer, Owner.QUEUE)
    fields = customer.fields("text", "在吗")
    first, again = await customer.deliver(fields), await customer.deliver(fields)

    assert first
    assert again
    assert {first["MsgType"], again["MsgType"]} == {"transfer_customer_service"}


async def test_point_15_who_was_taken_in_our_console_stays_there(application: Application) -> None:
    customer = application.customer("desk")
    await customer.write("你好")
    give(application, customer, Owner.ADVISER)

    assert await customer.write("在吗") is None


async def test_point_15_the_handoff_itself_goes_to_the_platforms_desk(application: Application) -> None:
    customer = application.customer("desk")
    application.dialogue.handoff = HandoffRequest(HandoffReason.ASKED, {"facts": {}})
    answer = await customer.deliver(customer.fields("text", "找人工"))

    assert answer
    assert answer["MsgType"] == "transfer_customer_service"
    assert customer.said()[-1] == ("bot", "echo 找人工")
    assert customer.contact().sent_seq < 2
    assert application.courier.woken
