"""Waiting for a time that is taken: joining from a booking, the offer when something comes free, and its answers."""

from __future__ import annotations

import pytest

from bot.services import booking
from bot.services.visits import BookedVisit
from bot.store.tables import Hold, WaitlistEntry
from tests.conversations.harness import Customer
from tests.conversations.notices import hears, hears_nothing
from tests.conversations.stations import CONTACT

TAKEN = "我想周六下午两点去城东店试驾X5"


def taken(customer: Customer, start: str = "2026-11-28T14:00", **more: str) -> BookedVisit:
    """Somebody else has the slot."""
    return customer.assistant.books(start, **more)


def comes_free(customer: Customer, visit: BookedVisit) -> None:
    installation = customer.assistant.installation
    dealership = installation.content.current().dealership
    booking.cancel_visit(installation.database, dealership, visit.created_at, visit.code, visit.phone)


async def waits(customer: Customer) -> BookedVisit:
    """The customer waits for the car at two o'clock; gives the visit that stands in the way."""
    visit = taken(customer)
    await customer.says(TAKEN, "被约走")
    await customer.clicks("有空位通知我", "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks(
        "符合", "已帮您候补", "试驾 青岚 X5", "城东店", "周六 11月28日 14:00 前后", "取消候补"
    )
    assert customer.form is None
    return visit


def entry(customer: Customer) -> WaitlistEntry:
    [row] = customer.rows(WaitlistEntry)
    return row


async def test_a_slot_that_comes_free_is_offered_and_taken(customer: Customer) -> None:
    visit = await waits(customer)
    hears_nothing(customer)
    comes_free(customer, visit)
    reply = hears(customer, "您等的位置有了", "周六 11月28日 14:00", "11:00")
    assert reply.buttons == ["要这个时间", "不要了，继续等", "退出候补"]
    await customer.clicks("要这个时间", "约好了", "试驾 青岚 X5", "周六 11月28日 14:00", "城东店", "预约码")
    customer.has_booked(model="x5", store="east", start="2026-11-28T14:00", phone="13812345678")
    assert entry(customer).state == "booked"


@pytest.mark.parametrize("yes", ["1", "好的", "要这个时间", "候补那个位置我要了"])
async def test_a_typed_yes(customer: Customer, yes: str) -> None:
    comes_free(customer, await waits(customer))
    hears(customer, "您等的位置有了")
    await customer.says(yes, "约好了", "预约码")
    customer.has_booked(start="2026-11-28T14:00")


@pytest.mark.parametrize("no", ["2", "不要了，继续等", "不要"])
async def test_a_typed_no_goes_on_waiting(customer: Customer, no: str) -> None:
    comes_free(customer, await waits(customer))
    hears(customer, "您等的位置有了")
    await customer.says(no, "让给下一位", "继续为您候补")
    customer.has_booked_nothing()
    assert entry(customer).state == "waiting"
    assert customer.assistant.rows(Hold) == []


@pytest.mark.parametrize("words", ["取消候补", "不想再等了，候补帮我退了吧"])
async def test_leaving(customer: Customer, words: str) -> None:
    await waits(customer)
    await customer.says(words, "已为您取消候补", "试驾 青岚 X5")
    assert entry(customer).state == "left"
    await customer.says("取消候补", "没有在候补")


async def test_how_far_it_is(customer: Customer) -> None:
    first, second = customer, customer.assistant.customer()
    await waits(first)
    await second.says(TAKEN, "被约走")
    await second.clicks("有空位通知我")
    await second.says("李娜 13911112222", "驾照")
    await second.clicks("符合", "已帮您候补", "前面还有 1 位")
    await second.says("我的候补轮到我了没", "正在候补", "14:00 前后", "前面还有 1 位")


async def test_an_offer_that_is_over(customer: Customer) -> None:
    comes_free(customer, await waits(customer))
    hears(customer, "您等的位置有了")
    customer.at("2026-11-22T11:30")
    await customer.clicks("要这个时间", "保留时间已经过了", "候补还给您排着")
    customer.has_booked_nothing()
    await customer.clicks("周六 11月28日 14:00 城西店", "周六 11月28日 14:00")
    assert (customer.slot("drive_store"), customer.slot("drive_model")) == ("west", "x5")
    assert customer.slot("drive_time") == "2026-11-28T14:00:00+08:00"


async def test_a_time_that_can_never_be(customer: Customer) -> None:
    await customer.says("我想试驾X5，城东店", "什么时候")
    await customer.says("候补周六晚上九点", "等不到空位", "什么时候")
    assert customer.rows(WaitlistEntry) == []


async def test_a_sentence_instead_of_the_button_with_the_time_of_day(customer: Customer) -> None:
    for number, hour in enumerate(("09:00", "10:00", "11:00", "12:00")):
        taken(customer, f"2026-11-28T{hour}", code=f"KHM37{number + 2}")
    await customer.says("我想试驾X5，城东店", "什么时候")
    await customer.says("周六上午有人取消的话通知我，王芳 13700002222", "驾照")
    await customer.clicks("符合", "已帮您候补", "周六 11月28日 06:00–12:00")
    assert (entry(customer).name, entry(customer).phone) == ("王芳", "13700002222")


async def test_every_weekend(customer: Customer) -> None:
    for day in ("28", "29"):
        for hour in (9, 10, 11):
            taken(customer, f"2026-11-{day}T{hour:02}:00", code=f"KH{'AB'[day == '29']}37{hour - 7}")
    await customer.says("我想试驾X5，城东店", "什么时候")
    await customer.says("周末上午", "没有空位")
    reply = await customer.says("周末上午哪天都行，有了喊我", "这会儿就有空位", "周六 12月5日")
    assert all(title.startswith("周六 12月5日") for title in reply.buttons), reply.buttons
    await customer.says("这几个都不合适，有别的空位再通知我", "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "每个周六、周日 06:00–12:00")
    assert entry(customer).weekdays == [6, 7]


async def test_what_is_free_is_booked_and_not_waited_for(customer: Customer) -> None:
    await customer.says("我想试驾X5，城东店", "什么时候")
    await customer.says("候补周六下午两点", "这会儿就有空位", "保留")
    assert customer.rows(WaitlistEntry) == []
    assert customer.slot("drive_time") == "2026-11-28T14:00:00+08:00"


async def test_a_service_visit_with_its_car(customer: Customer) -> None:
    for number in range(2):
        taken(
            customer,
            "2026-11-25T10:00",
            model="s3",
            store="west",
            jobs=("regular_service",),
            code=f"KHM37{number + 2}",
        )  # type: ignore[arg-type]
    await customer.says("周三上午十点去城西店给X5做常规保养，浙A12345，12000公里", "约满")
    await customer.clicks("有空位通知我", "姓名和手机号")
    await customer.says(CONTACT, "已帮您候补", "青岚 X5 常规保养", "城西店")
    assert (entry(customer).plate, entry(customer).mileage) == ("浙A12345", 12_000)


async def test_outside_of_a_booking(customer: Customer) -> None:
    await customer.says("帮我排个候补", "试驾还是保养")
    await customer.clicks("预约试驾", "哪一款")


async def test_the_number_is_known_already(customer: Customer) -> None:
    taken(customer)
    await customer.says("我想周六上午十点去城东店试驾S6", "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says(TAKEN, "被约走")
    await customer.clicks("有空位通知我", "已帮您候补")
    assert entry(customer).phone == "13812345678"


@pytest.mark.parametrize(("words", "answer"), [("不", "先不候补了"), ("不想给", "停下")])
async def test_no_number_no_waiting(customer: Customer, words: str, answer: str) -> None:
    taken(customer)
    await customer.says(TAKEN, "被约走")
    await customer.clicks("有空位通知我", "姓名和手机号")
    await customer.says(words, answer)
    assert customer.rows(WaitlistEntry) == []


async def test_a_question_on_the_way_to_the_number(customer: Customer) -> None:
    taken(customer)
    await customer.says(TAKEN, "被约走")
    await customer.clicks("有空位通知我", "姓名和手机号")
    await customer.says("你们店停车要钱吗", "姓名和手机号")
    await customer.says("1381234567", "少了 1 位")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "已帮您候补")


async def test_moving_a_visit_does_not_wait(customer: Customer) -> None:
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    taken(customer)
    reply = await customer.says("改到周六下午两点", "被约走")
    assert "有空位通知我" not in reply.buttons
    await customer.says("那有空位通知我", "改期暂时不能候补")
    customer.has_booked(start="2026-11-28T10:00")


async def test_a_forged_acceptance_of_somebody_elses_offer(customer: Customer) -> None:
    other = customer.assistant.customer()
    visit = await waits(customer)
    comes_free(customer, visit)
    await other.says("你好")
    await other.sends(f'/visit_reply{{"do":"accept","entry":"{entry(customer).id}"}}')
    assert entry(customer).state == "offered"


async def test_coming_is_promised(customer: Customer) -> None:
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says("放心，我会准时到店", "周六 11月28日 10:00", "等您")
    assert customer.has_booked().promised_at is not None
