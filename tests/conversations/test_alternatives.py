"""What is offered instead of a time that is not possible: another time, the other store, another car or adviser."""

from __future__ import annotations

from tests.conversations.harness import Customer
from tests.conversations.stations import CONTACT

WISH = "我想周六下午两点去城东店试驾X5"


async def book_out(customer: Customer) -> None:
    """Say who comes, and confirm."""
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "确认预约吗")
    await customer.clicks("确认预约", "预约码")


async def refused(customer: Customer) -> list[str]:
    customer.assistant.books("2026-11-28T14:00")
    return (await customer.says(WISH, "已经被约走了", "离得最近的有")).buttons


async def test_one_of_each_sort(customer: Customer) -> None:
    assert (await refused(customer))[:3] == [
        "周六 11月28日 14:00 城西店",
        "周六 11月28日 13:00 城东店",
        "周六 11月28日 14:00 城东店 换 青岚 X7",
    ]


async def test_another_time(customer: Customer) -> None:
    await refused(customer)
    await customer.clicks("13:00", "姓名和手机号")
    await book_out(customer)
    customer.has_booked(model="x5", store="east", start="2026-11-28T13:00")


async def test_the_other_store(customer: Customer) -> None:
    await refused(customer)
    await customer.clicks("城西店", "城西店", "姓名和手机号")
    await book_out(customer)
    customer.has_booked(model="x5", store="west", start="2026-11-28T14:00")


async def test_another_car(customer: Customer) -> None:
    await refused(customer)
    await customer.clicks("换 青岚 X7", "周六 11月28日 14:00", "城东店", "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "试驾 青岚 X7", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(model="x7", store="east", start="2026-11-28T14:00")


async def test_a_booking_that_is_moved_keeps_its_car(customer: Customer) -> None:
    customer.assistant.books("2026-11-28T14:00", code="ABC234")
    customer.assistant.books("2026-11-28T10:00")
    await customer.says("我要改预约时间")
    await customer.says("KHM374 13700001111", "现在约的是")
    reply = await customer.says("改到11月28日下午两点", "被约走")
    assert reply.buttons[1] == "周六 11月28日 13:00 城东店"
    assert not any("X7" in title for title in reply.buttons), reply.buttons


async def test_a_certain_adviser(customer: Customer) -> None:
    await customer.says("我想找林晓试驾X5", "什么时候", never=("哪家门店", "林晓您好"))
    assert customer.filled("drive_") == {
        "drive_model": "x5",
        "drive_store": "east",
        "drive_adviser": "east-adviser-1",
    }
    await customer.says("周六下午两点", "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "由林晓接待", "张伟")
    await customer.clicks("确认预约", "预约码")
    assert customer.has_booked(model="x5").resources == ["east-car-x5", "east-adviser-1"]


async def test_a_busy_adviser(customer: Customer) -> None:
    customer.assistant.books("2026-11-28T14:00", "s3")  # the first in turn is 林晓
    reply = await customer.says("周六下午两点想去城东店找林晓试驾X5", "林晓已经有安排了")
    assert "周六 11月28日 14:00 城东店 由陈立接待" in reply.buttons
    await customer.clicks("由陈立接待", "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "由陈立接待")
    await customer.clicks("确认预约", "预约码")
    assert customer.has_booked(start="2026-11-28T14:00").resources == ["east-car-x5", "east-adviser-2"]


async def test_new_years_day_is_a_day_like_any_other_and_the_working_day_after_it_is_not(
    customer: Customer,
) -> None:
    """No notice is out for 2027: bookings go on, and what depends on it is asked back."""
    customer.at("2026-12-20T10:00")
    await customer.says("我想元旦后第一个工作日去城东店试驾X5", "什么时候")
    assert customer.slot("drive_time") is None
    await customer.says("1月4号上午十点", "周一 1月4日 10:00", "姓名和手机号")
    await book_out(customer)
    customer.has_booked(start="2027-01-04T10:00")


async def test_the_spring_festival_of_a_year_without_a_notice(customer: Customer) -> None:
    customer.at("2027-01-25T10:00")
    reply = await customer.says("我想2月7号上午十点去城东店试驾X5", "春节不营业")
    assert "2月5日" in reply.buttons[0] or "2月9日" in reply.buttons[0]
    await customer.says("初四上午十点")
    await customer.says("2月9日上午十点", "周二 2月9日 10:00", "姓名和手机号")
