"""The calendar file that a booking comes with: where it is named, and that it leads to this visit."""

from __future__ import annotations

import re

from bot.services.calendar_links import visit_of_token
from tests.conversations.harness import Customer
from tests.conversations.stations import CONTACT, DRIVE

LINK = re.compile(r"日历：http://localhost:5005/calendar/([\w-]{43})\.ics")


def visit_named(customer: Customer) -> str:
    """The id of the visit whose calendar file the last answer names."""
    found = LINK.search(customer.reply.text)
    assert found, customer.told("no calendar link")
    return visit_of_token(customer.assistant.installation.database, customer.dealership, found[1]).id


async def test_a_test_drive_and_its_move(customer: Customer) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says(CONTACT, "驾照")
    await customer.clicks("符合", "确认预约吗", never=("日历",))
    await customer.clicks("确认预约", "预约码", "加入日历")
    booked = customer.has_booked(start="2026-11-28T10:00")
    assert visit_named(customer) == booked.id

    await customer.says("改到周日上午十点", "对吗")
    await customer.clicks("确认改期", "改好了", "更新日历")
    assert visit_named(customer) == booked.id


async def test_a_service_visit(customer: Customer) -> None:
    await customer.says(
        "X5，车牌浙AD1001，跑了12000公里，想周六上午十点去城东店做常规保养，我叫王小明，电话13812345678",
        "确认预约吗",
    )
    await customer.clicks("确认预约", "预约码", "加入日历")
    assert visit_named(customer) == customer.has_booked(kind="service").id
