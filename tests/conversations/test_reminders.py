"""A reminder comes by itself, and the customer answers it: 1, another time, not coming."""

from __future__ import annotations

from bot.services.messages import StoredMessage, messages_after
from bot.services.outbox import Senders
from bot.services.upkeep import run_upkeep
from bot.store.tables import OutboxMessage
from tests.conversations.harness import Assistant, Customer


async def book(customer: Customer) -> str:
    """A test drive on Saturday, 28 November at 14:00; gives its code."""
    await customer.says("我想周六下午两点去城东店试驾X5", "姓名")
    await customer.says("张伟 13812345678", "驾照")
    await customer.clicks("符合", "确认预约吗")
    return (await customer.clicks("确认预约", "预约码")).code


def upkeep(customer: Customer) -> list[StoredMessage]:
    """A round of upkeep by the clock; gives the reminders in the transcript."""
    installation = customer.assistant.installation
    run_upkeep(installation.database, installation.content, Senders())
    said = messages_after(installation.database, customer.conversation_id)
    return [message for message in said if "notice" in message.custom]


async def test_the_reminder_comes_once_and_a_one_is_a_promise(customer: Customer) -> None:
    await book(customer)
    assert upkeep(customer) == []
    customer.at("2026-11-27T14:00")
    upkeep(customer)
    (reminder,) = upkeep(customer)
    assert "周六 11月28日 14:00，城东店，试驾 青岚 X5" in reminder.text

    await customer.says("1", "14:00")
    assert customer.has_booked().promised_at is not None
    customer.at("2026-11-28T12:00")
    assert "回复 1" not in upkeep(customer)[-1].text
    assert len(upkeep(customer)) == 2


async def test_coming_in_own_words_is_a_promise(customer: Customer) -> None:
    await book(customer)
    customer.at("2026-11-27T14:00")
    upkeep(customer)
    await customer.says("我会准时到的")

    assert customer.has_booked().promised_at is not None


async def test_another_time_from_the_reminder_moves_the_visit_and_the_reminders(customer: Customer) -> None:
    code = await book(customer)
    customer.at("2026-11-27T14:00")
    (reminder,) = upkeep(customer)
    button = reminder.buttons[1]
    await customer.sends(button["payload"], "时间", title=button["title"])
    await customer.says("下周一上午十点", "11月30日 10:00")
    await customer.clicks("确认", code)

    customer.has_booked(start="2026-11-30T10:00")
    for time in ("2026-11-28T12:00", "2026-11-28T14:00"):
        customer.at(time)
        assert len(upkeep(customer)) == 1
    customer.at("2026-11-29T10:00")
    assert "周一 11月30日 10:00" in upkeep(customer)[-1].text
    assert len(upkeep(customer)) == 2


async def test_cancelled_from_the_reminder_nothing_reminds_any_more(customer: Customer) -> None:
    await book(customer)
    customer.at("2026-11-27T14:00")
    (reminder,) = upkeep(customer)
    button = reminder.buttons[2]
    await customer.sends(button["payload"], "取消", title=button["title"])
    await customer.clicks("确认取消")

    assert customer.bookings() == []
    customer.at("2026-11-28T12:00")
    assert len(upkeep(customer)) == 1
    assert {row.state for row in customer.rows(OutboxMessage)} == {"sent", "dropped"}


async def test_who_cannot_come_two_hours_before_gets_a_person(customer: Customer) -> None:
    await book(customer)
    customer.at("2026-11-28T12:01")
    (reminder,) = upkeep(customer)
    button = reminder.buttons[1]
    await customer.sends(button["payload"], title=button["title"])

    assert customer.owner == "queued"


async def test_a_reminder_of_another_conversation_cannot_be_answered(assistant: Assistant) -> None:
    customer, other = assistant.customer(), assistant.customer()
    code = await book(customer)
    await other.says("你好")
    await other.sends(f'/visit_reply{{"do": "confirm", "code": "{code}"}}')

    assert customer.has_booked().promised_at is None
