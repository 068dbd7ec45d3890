"""Events in the dialogue: what there is, signing up in a few messages, a full one, other numbers, not coming."""

from __future__ import annotations

from typing import Any

import pytest

from bot import clock
from bot.services import events
from bot.store.lifecycle_tables import Consent, EventSignup, Task
from tests.conversations.harness import Customer

PHONE = "13812345678"
CONTACT = f"张伟 {PHONE}"
SALON, WINTER, FAMILY = "care_salon_2026_12", "winter_service_2026_12", "family_day_2026_12"


def signup(customer: Customer) -> Any:
    [row] = customer.assistant.rows(EventSignup, phone=PHONE)
    return row


def is_taken(customer: Customer, event_id: str, left: int) -> None:
    """So many places of an event are left; the others are somebody else's."""
    installation = customer.assistant.installation
    event = installation.content.current().events[event_id]
    for number in range(event.places - left):
        events.sign_up(installation.database, event, clock.now(), f"139{number:08}")


async def signed_up(customer: Customer, said: str = "我要报名养护沙龙，两个人") -> None:
    await customer.says(said, "姓名和手机号")
    await customer.says(CONTACT, "已为您报名")


@pytest.mark.parametrize(
    "said", ["最近有什么活动", "有什么活动可以参加", "周末有活动吗", "huodong有哪些", "活动名额还有吗"]
)
async def test_what_there_is(customer: Customer, said: str) -> None:
    reply = await customer.says(
        said, "新车主爱车养护沙龙：周六 12月5日 14:00，城东店，还有 20 个名额", "车主家庭日"
    )
    assert reply.buttons == ["新车主爱车养护沙龙", "冬季用车服务活动", "车主家庭日"]
    assert customer.form is None


async def test_four_messages(customer: Customer) -> None:
    await customer.says("我要报名", "哪个活动")
    await customer.clicks("车主家庭日", "周六 12月19日 10:00", "几位", "最多 5 位")
    await customer.clicks("3 位", "姓名和手机号", "随时可以查看或要求删除")
    await customer.says(CONTACT, "已为您报名", "车主家庭日", "3 位", "138****5678", "城东店")
    row = signup(customer)
    assert (row.event, row.people, row.status, row.name) == (FAMILY, 3, "signed_up", "张伟")
    assert row.conversation_id == customer.conversation_id
    assert [consent.purpose for consent in customer.rows(Consent)] == ["notice"]


async def test_everything_at_once(customer: Customer) -> None:
    await customer.says(f"帮我报名养护沙龙，两个人，我叫张伟，电话{PHONE}", "已为您报名", "2 位")
    assert (signup(customer).event, signup(customer).people, signup(customer).name) == (SALON, 2, "张伟")


@pytest.mark.parametrize(
    ("said", "event", "people"),
    [
        ("亲子活动我们一家三口参加，帮我报上", FAMILY, 3),
        ("报名爱车养护沙龙，一大一小", SALON, 2),
        ("沙龙我来，两个人", SALON, 2),
        ("我想报那个冬季关怀，我和我老婆", WINTER, 2),
        ("那个养车沙龙我参加，就我一个人", SALON, 1),
        ("養護沙龍我們要報名，兩位", SALON, 2),
    ],
)
async def test_event_and_people_in_one_sentence(
    customer: Customer, said: str, event: str, people: int
) -> None:
    await customer.says(said, "姓名和手机号")
    assert (customer.slot("event_id"), customer.slot("event_people")) == (event, people)


@pytest.mark.parametrize(
    ("said", "people"),
    [("3", 3), ("我们三个人", 3), ("就我", 1), ("俩", 2), ("带两个孩子", 3), ("我和我爸", 2)],
)
async def test_how_many(customer: Customer, said: str, people: int) -> None:
    await customer.says("我想参加车主家庭日", "几位")
    await customer.says(said, "姓名和手机号")
    assert customer.slot("event_people") == people


@pytest.mark.parametrize(
    ("said", "event"), [("第一个", SALON), ("家庭那个", FAMILY), ("12月12号那个", WINTER), ("沙龙吧", SALON)]
)
async def test_which(customer: Customer, said: str, event: str) -> None:
    await customer.says("我要报名活动", "哪个活动")
    await customer.says(said, "几位")
    assert customer.slot("event_id") == event


async def test_a_number_without_a_name_is_asked_for_one(customer: Customer) -> None:
    await customer.says("我和我爸参加车主家庭日", "姓名和手机号")
    await customer.says(PHONE, "怎么称呼")
    await customer.says("王丽", "已为您报名")
    assert signup(customer).name == "王丽"


async def test_who_tells_no_name_signs_up_all_the_same(customer: Customer) -> None:
    await customer.says("我和我爸参加车主家庭日", "姓名和手机号")
    await customer.says(PHONE, "怎么称呼")
    await customer.says("不方便说", "已为您报名")
    assert (signup(customer).name, signup(customer).phone) == (None, PHONE)


async def test_too_many(customer: Customer) -> None:
    await customer.says("养护沙龙我们五个人报名", "最多 3 位", "几位")
    await customer.says("那就三个", "姓名和手机号")


async def test_a_known_customer_is_not_asked_again(customer: Customer) -> None:
    await signed_up(customer)
    await customer.says("我还想报名车主家庭日", "几位")
    await customer.clicks("2 位", "已为您报名", "车主家庭日", "138****5678")
    rows = customer.assistant.rows(EventSignup, phone=PHONE)
    assert [(row.event, row.people) for row in rows] == [(SALON, 2), (FAMILY, 2)]


async def test_a_full_event(customer: Customer) -> None:
    is_taken(customer, SALON, left=1)
    await customer.says("我要报名养护沙龙，两个人", "姓名和手机号")
    await customer.says(CONTACT, "不够 2 位", "候补")
    assert signup(customer).status == "waiting"
    await customer.says("我报名了吗", "候补中")
    await customer.says("不等了，取消", "已为您取消报名")
    assert signup(customer).status == "cancelled"


@pytest.mark.parametrize(
    ("said", "people"), [("改成三个人", 3), ("多带一个人", 3), ("我们就来一个人", 1), ("沙龙改成1位", 1)]
)
async def test_another_number(customer: Customer, said: str, people: int) -> None:
    await signed_up(customer)
    await customer.says(said, f"改为 {people} 位")
    assert signup(customer).people == people


async def test_no_room_for_more(customer: Customer) -> None:
    await signed_up(customer)
    is_taken(customer, SALON, left=2)
    await customer.says("改成三个人", "剩下的名额不够", "2 位")
    assert (signup(customer).people, signup(customer).status) == (2, "signed_up")


@pytest.mark.parametrize("said", ["沙龙我不去了", "取消活动报名", "临时有事来不了了", "取消报名"])
async def test_not_coming(customer: Customer, said: str) -> None:
    await signed_up(customer)
    await customer.says(said, "已为您取消报名", "新车主爱车养护沙龙")
    assert signup(customer).status == "cancelled"


async def test_which_is_cancelled(customer: Customer) -> None:
    await signed_up(customer)
    await customer.says("车主家庭日也报名，就我一个人", "已为您报名")
    await customer.says("取消活动报名", "哪个活动")
    await customer.clicks("车主家庭日", "已为您取消报名：车主家庭日")
    assert [row.status for row in customer.assistant.rows(EventSignup, phone=PHONE)] == [
        "signed_up",
        "cancelled",
    ]


async def test_nobody_elses(customer: Customer) -> None:
    other = customer.assistant.customer()
    await signed_up(other)
    await customer.says("我报名了吗", "没有查到", never=("沙龙",))
    await customer.says("取消活动报名", "没有查到")
    assert signup(customer).status == "signed_up"


@pytest.mark.parametrize("said", ["我报名了吗", "查一下我的报名", "我都报了哪些活动", "我报名成功了吗"])
async def test_ones_own(customer: Customer, said: str) -> None:
    await signed_up(customer)
    await customer.says(said, "新车主爱车养护沙龙", "2 位，已报名")


async def test_a_question_between(customer: Customer) -> None:
    await customer.says("我要报名养护沙龙", "几位")
    await customer.says("你们几点开门")
    customer.was_told("store.hours")
    customer.was_asked("event_people", "几位")
    await customer.says("两个人", "姓名和手机号")
    await customer.says("参加活动能带家人吗")
    customer.was_asked("event_phone", "手机号")


async def test_leaving(customer: Customer) -> None:
    await customer.says("我要报名养护沙龙", "几位")
    await customer.says("算了", never=("报名成功", "已为您报名"))
    assert customer.form is None
    assert customer.assistant.rows(EventSignup) == []


async def test_no_number(customer: Customer) -> None:
    await customer.says("我要报名养护沙龙，两个人", "手机号")
    await customer.says("不方便留电话", "先不报名")
    assert customer.assistant.rows(EventSignup) == []


async def test_a_wrong_number(customer: Customer) -> None:
    await customer.says("我要报名养护沙龙，两个人", "手机号")
    await customer.says("1381234567", "少了 1 位")
    await customer.says(f"张伟 {PHONE}", "已为您报名")


async def test_for_the_car(customer: Customer) -> None:
    """The warranty of 浙A·C4004 is nearly over: the salon for new owners is not for it."""
    await customer.says("我的车 13800000004 浙A·C4004 该做什么保养")
    await customer.says("最近有什么活动", "冬季用车服务活动", never=("新车主爱车养护沙龙",))


async def test_nothing_open(customer: Customer) -> None:
    customer.at("2026-12-20T10:00")
    await customer.says("最近有什么活动", "没有可以报名的活动")
    await customer.says("我要报名沙龙", "没有可以报名的活动")
    assert customer.form is None


async def test_forged(customer: Customer) -> None:
    await customer.sends('/sign_up_event{"event": "nothing"}')
    await customer.sends('/cancel_event{"entry": "nothing"}')
    assert customer.assistant.rows(EventSignup) == []
    assert customer.assistant.rows(Task) == []


@pytest.mark.parametrize("said", ["沙龙几点开始", "养护沙龙讲什么", "沙龙在哪"])
async def test_a_question_about_one_event_costs_nobody_a_place(customer: Customer, said: str) -> None:
    await customer.says("我想报那个冬季关怀，我一个人")
    await customer.says(CONTACT, "已为您报名")
    await customer.says(said, never=("取消",))
    assert signup(customer).status == "signed_up"


async def test_the_one_that_was_spoken_of(customer: Customer) -> None:
    await customer.says("那个家庭日怎么报名", "车主家庭日", never=("沙龙",))
    await customer.says("我们一家四口报名", "姓名和手机号")
    assert (customer.slot("event_id"), customer.slot("event_people")) == (FAMILY, 4)


async def test_one_more_asked_politely(customer: Customer) -> None:
    await signed_up(customer)
    await customer.says("我还能多带一个人吗", "改为 3 位")


async def test_another_event_than_ones_own_is_not_cancelled_instead(customer: Customer) -> None:
    await signed_up(customer)
    await customer.says("冬季那个活动我不去了", "哪个活动")
    assert signup(customer).status == "signed_up"


@pytest.mark.parametrize("said", ["随便哪个", "最近的那个"])
async def test_any_event(customer: Customer, said: str) -> None:
    await customer.says("我要报名", "哪个活动")
    await customer.says("你们几点开门")
    customer.was_asked("event_id", "您想报名哪一个")
    await customer.says(said, "几位")
    assert customer.slot("event_id") == SALON


async def test_places_in_what_was_just_shown(customer: Customer) -> None:
    await customer.says("沙龙报满了吗", "还有 20 个名额")
    await customer.says("给我留俩位置", "姓名和手机号")
    assert (customer.slot("event_id"), customer.slot("event_people")) == (SALON, 2)


async def test_a_booking_in_hand_comes_first(customer: Customer) -> None:
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says("对了帮我报名家庭日，两个人", "记下了", "姓名和手机号")
    assert customer.form == "test_drive_form"
    await customer.says(CONTACT)
    await customer.clicks("符合")
    await customer.clicks("确认预约", "预约码", "报名活动")
    await customer.says("好的", "哪个活动")
