"""When something breaks: the customer gets a word, staff get a record, and the next message works."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from bot.store.staff_tables import Handoff
from bot.store.tables import Message
from tests.conversations.harness import Customer


def _break(*_: Any, **__: Any) -> None:
    raise RuntimeError("broken on purpose")


async def test_an_action_that_fails(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Rasa alone would say nothing."""
    monkeypatch.setattr("actions.faq.AnswerFaq.perform", _break)
    await customer.says("停车免费吗", "没能处理好", "同事")
    [handoff] = customer.rows(Handoff)
    assert (handoff.reason, handoff.summary["message"]) == ("technical_failure", "停车免费吗")
    assert "broken on purpose" in caplog.text
    assert customer.conversation_id in caplog.text
    customer.belongs_to_bot()
    monkeypatch.undo()
    await customer.says("停车免费吗")
    customer.was_told("store.parking")
    caplog.clear()


async def test_a_booking_that_fails(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is claimed to be booked."""
    for step in ("我想周六上午十点去城东店试驾X5", "张伟 13812345678", "符合"):
        await customer.says(step)
    monkeypatch.setattr("actions.visits.book", _break)
    await customer.clicks("确认预约", "没能处理好", never=("约好了", "预约码是"))
    customer.has_booked_nothing()
    caplog.clear()


async def test_a_database_that_fails(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A state that cannot be read is never taken for a new conversation."""

    async def broken(*_: Any) -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("broken on purpose"))

    await customer.says("我想试驾X5", "哪家门店")
    with monkeypatch.context() as patch:
        patch.setattr("bot.runtime.trackers.DatabaseTrackerStore.retrieve", broken)
        await customer.says("城东店", "没能处理好")
    caplog.clear()
    await customer.says("城东店", "什么时候")
    assert customer.slot("drive_model") == "x5"


async def test_a_resend_is_answered_and_not_repeated(customer: Customer) -> None:
    from bot.services.messages import Inbound

    for step in ("我想周六上午十点去城东店试驾X5", "张伟 13812345678", "符合"):
        await customer.says(step)
    [yes] = [c for c in customer.reply.choices if c["title"] == "确认预约"]
    message = Inbound("test", customer.sender, yes["title"], "one-click", yes["payload"])
    first = await customer.assistant.turns.handle(message)
    again = await customer.assistant.turns.handle(message)
    assert (first.duplicate, again.duplicate) == (False, True)
    assert [reply.seq for reply in again.replies] == [reply.seq for reply in first.replies]
    customer.has_booked()
    assert len(customer.rows(Message, author="customer")) == 4


async def test_messages_sent_at_once_are_answered_one_after_the_other(customer: Customer) -> None:
    import asyncio

    from bot.services.messages import Inbound

    await customer.says("你好")
    texts = ("我想试驾X5", "城东店", "周六上午十点", "张伟 13812345678")
    await asyncio.gather(
        *(customer.assistant.turns.handle(Inbound("test", customer.sender, text)) for text in texts)
    )
    await customer.says("符合", "确认预约吗", "青岚 X5", "城东店", "周六 11月28日 10:00", "张伟")
