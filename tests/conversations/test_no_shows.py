"""After three visits to which nobody came, the next one waits for an adviser's word, and is said so kindly."""

from __future__ import annotations

from datetime import timedelta

from bot import clock
from bot.services import attendance
from bot.services.messages import messages_after
from bot.services.outbox import Senders, send_due
from bot.store.staff_tables import Case
from bot.store.tables import Appointment
from tests.conversations.harness import Customer, local

PHONE = "13812345678"


def missed(customer: Customer, times: int) -> None:
    """So many visits of that number on the days before, and nobody came."""
    database = customer.assistant.installation.database
    now = clock.now()
    for number in range(times):
        start = f"2026-11-{16 + number}T10:00"
        clock.clock.set(local(start) - timedelta(days=1))
        visit = customer.assistant.books(start, code=f"ABC{number + 2}34", phone=PHONE)
        attendance.no_show(database, customer.dealership, local(start) + timedelta(hours=1), visit.code)
    clock.clock.set(now)


async def books(customer: Customer) -> Appointment:
    await customer.says("我想周六上午十点去城东店试驾X5")
    await customer.says(f"张伟 {PHONE}", "驾照")
    await customer.clicks("符合", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    return customer.bookings()[-1]


async def test_three_no_shows(customer: Customer) -> None:
    missed(customer, 3)
    visit = await books(customer)
    assert "顾问" in customer.reply
    assert PHONE in customer.reply
    assert visit.needs_approval is True
    case = customer.has_case("callback", status="open", phone=PHONE)
    assert case.details["code"] == visit.code


async def test_two_no_shows(customer: Customer) -> None:
    missed(customer, 2)
    visit = await books(customer)
    assert "先打电话" not in customer.reply
    assert visit.needs_approval is False
    assert customer.rows(Case) == []


async def test_the_adviser_confirms_it(customer: Customer) -> None:
    missed(customer, 3)
    visit = await books(customer)
    installation = customer.assistant.installation
    attendance.approve(installation.database, customer.dealership, clock.now(), visit.code)
    send_due(installation.database, installation.content, Senders())
    last = messages_after(installation.database, customer.conversation_id)[-1]
    assert "确认" in last.text
    assert visit.code in last.text
    assert [case.status for case in customer.rows(Case)] == ["closed"]


async def test_who_is_in_the_house_is_not_told_that_it_is_over(customer: Customer) -> None:
    visit = await books(customer)
    customer.at("2026-11-28T10:05")
    attendance.check_in(
        customer.assistant.installation.database, customer.dealership, clock.now(), visit.code
    )
    await customer.says(f"查一下预约 {visit.code} {PHONE}", "已经到店", never=("结束",))
