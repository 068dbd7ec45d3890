"""Something dropped out: the customer is told, chooses a new time with one click, and is never left with a dead one."""

from __future__ import annotations

import pytest

from bot import clock
from bot.domain.booking import VisitKind, VisitRequest
from bot.services import booking, disruptions
from bot.services.disruptions import Disruption
from bot.services.messages import messages_after
from bot.services.outbox import Senders, send_due
from bot.services.visits import BookedVisit, Contact
from bot.store.staff_tables import Case
from bot.store.tables import Appointment
from tests.conversations.harness import Customer, Reply, local

START = "2026-11-28T14:00"
OLD, WEST = "周六 11月28日 14:00", "周六 11月28日 14:00 城西店"


@pytest.fixture
async def owner(customer: Customer) -> Customer:
    """A customer of this conversation whose test drive of the X5 in the east was booked for Saturday at two."""
    await customer.says("你好")
    books(customer)
    return customer


def books(customer: Customer, start: str = START, code: str = "KHM374") -> BookedVisit:
    installation = customer.assistant.installation
    request = VisitRequest(VisitKind.TEST_DRIVE, "east", "x5")
    contact, conversation = Contact("王芳", "13700001111"), customer.conversation_id
    return booking.book(
        installation.database, customer.dealership, clock.now(), conversation, request, local(start), contact,
        make_code=lambda: code,
    )  # fmt: skip


def car_drops_out(customer: Customer) -> Disruption:
    """The only X5 of the east store, all Saturday; and the customer is told."""
    start, end = local("2026-11-28T00:00"), local("2026-11-29T00:00")
    database = customer.assistant.installation.database
    outcome = disruptions.begin_outage(
        database, customer.dealership, clock.now(), "east-car-x5", start, end, "检修", "manager"
    )
    hears(customer)
    return outcome


def hears(customer: Customer) -> Reply:
    """Send what waits in the outbox; the last message is what the customer answers to."""
    installation = customer.assistant.installation
    send_due(installation.database, installation.content, Senders())
    last = messages_after(installation.database, customer.conversation_id)[-1]
    customer.reply = Reply((last.text,), last.buttons)
    return customer.reply


def visit(customer: Customer) -> Appointment:
    [row] = customer.rows(Appointment)
    return row


async def test_the_customer_is_told_and_offered_times(owner: Customer) -> None:
    car_drops_out(owner)
    assert OLD in owner.reply
    assert "抱歉" in owner.reply
    assert "KHM374" in owner.reply
    assert owner.reply.buttons[0] == WEST
    assert owner.reply.buttons[-2:] == ["其他时间", "联系顾问"]
    assert len(owner.reply.buttons) == 5


async def test_one_click_moves_the_visit(owner: Customer) -> None:
    car_drops_out(owner)
    await owner.clicks(WEST, "改好了", OLD, "城西店", "KHM374")
    row = owner.has_booked(code="KHM374", store="west", start=START)
    assert row.needs_new_time is False
    assert [case.status for case in owner.rows(Case)] == ["closed"]


async def test_one_typed_digit_moves_it_too(owner: Customer) -> None:
    car_drops_out(owner)
    await owner.says("1", "改好了", "城西店")


async def test_a_click_within_two_hours_of_the_old_time(owner: Customer) -> None:
    owner.at("2026-11-28T12:30")
    car_drops_out(owner)
    await owner.clicks(WEST, "改好了")


async def test_a_time_taken_meanwhile_leads_to_others(owner: Customer) -> None:
    car_drops_out(owner)
    owner.assistant.books(START, store="west", code="ABC234", phone="13900002222")
    reply = await owner.clicks(WEST, "约走", never=("改好了",))
    assert WEST not in reply.buttons
    chosen = reply.buttons[0]
    await owner.clicks(chosen, "改好了", "KHM374")
    assert visit(owner).needs_new_time is False


async def test_asked_about_it_the_bot_does_not_name_the_dead_time_as_booked(owner: Customer) -> None:
    car_drops_out(owner)
    await owner.says("查一下我的预约", "换个时间", "KHM374", never=("找到了",))
    assert owner.reply.buttons[0] == WEST
    await owner.clicks(WEST, "改好了")


async def test_with_code_and_phone_from_anywhere(owner: Customer) -> None:
    car_drops_out(owner)
    stranger = owner.assistant.customer()
    await stranger.says("查一下预约 KHM374 13700001111", "换个时间", never=("找到了",))


async def test_another_time_in_own_words(owner: Customer) -> None:
    car_drops_out(owner)
    await owner.clicks("其他时间", "X5")
    await owner.says("周日上午十点", "周日 11月29日 10:00")
    await owner.says("确认", "改好了", "周日 11月29日 10:00")
    assert visit(owner).needs_new_time is False


async def test_after_the_old_time_has_passed(owner: Customer) -> None:
    car_drops_out(owner)
    owner.at("2026-11-28T18:00")
    await owner.says("查一下我的预约", "换个时间", never=("已经结束",))
    await owner.clicks(owner.reply.buttons[0], "改好了")


async def test_it_can_be_cancelled_at_any_time(owner: Customer) -> None:
    owner.at("2026-11-28T13:00")
    car_drops_out(owner)
    await owner.says("取消预约", "取消")
    await owner.says("确认取消", "已经取消")
    assert visit(owner).status == "cancelled"


async def test_one_of_two_visits(owner: Customer) -> None:
    books(owner, "2026-11-29T10:00", "ABC234")
    car_drops_out(owner)
    await owner.says("查一下我的预约", "（ABC234）", "周日 11月29日 10:00", "换个时间")


async def test_the_car_is_back(owner: Customer) -> None:
    outcome = car_drops_out(owner)
    database = owner.assistant.installation.database
    disruptions.end_outage(database, owner.dealership, clock.now(), outcome.outage.id)
    assert OLD in hears(owner)
    owner.has_booked(code="KHM374", store="east", start=START)
    await owner.says("查一下我的预约", "找到了", OLD)
