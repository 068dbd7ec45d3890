"""What staff change is what the next message says: nothing is trained or started again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot import clock
from bot.services.content import editing
from bot.services.content.editing import Change, Editor
from bot.services.content.snapshot import ContentStore
from bot.store.staff_tables import Handoff
from bot.store.tables import Message
from tests.conversations.harness import Assistant, Customer, local

LI, XIAO = Editor("li", may_approve=True), Editor("xiao", may_approve=False)
PARKING, QUESTION = "store.parking", "停车免费吗"


class Desk:
    """Staff at the content of the assistant that the customer talks with."""

    def __init__(self, assistant: Assistant) -> None:
        self.database, self.store = assistant.installation.database, assistant.installation.content

    def edit(self, id_: str, kind: str = "faq", by: Editor = LI, validity: Any = None, **fields: Any) -> None:
        change = Change(fields, validity or {})
        editing.edit(self.database, self.store.current(), kind, id_, change, by, clock.now())

    def retire(self, id_: str, kind: str = "faq") -> None:
        editing.retire(self.database, kind, id_, LI, clock.now())


@pytest.fixture
def customer(assistant: Assistant, agent: Any) -> Iterator[Customer]:
    """Somebody whose assistant reads the content of this test's own database."""
    from actions import context
    from bot.runtime.dialogue import RasaDialogue
    from bot.services.turns import Turns
    from bot.services.wakeups import Wakeups
    from bot.understanding.live import use_content

    database = assistant.installation.database
    installation = replace(assistant.installation, content=ContentStore(database))
    context.use(installation)
    use_content(installation.content.current)
    dialogue = RasaDialogue(installation, agent)
    turns = Turns(database, installation.content, dialogue, Wakeups(), 1000)
    yield Assistant(installation, turns).customer()
    context.use(assistant.installation)


@pytest.fixture
def desk(customer: Customer) -> Desk:
    return Desk(customer.assistant)


def last_template(customer: Customer) -> dict[str, Any]:
    return customer.rows(Message, author="bot")[-1].templates  # type: ignore[no-any-return]


async def test_an_edited_answer(customer: Customer, desk: Desk) -> None:
    await customer.says(QUESTION)
    assert last_template(customer) == {"id": f"faq/{PARKING}", "version": 1}
    desk.edit(PARKING, answer="停车三小时内免费。")
    await customer.says(QUESTION, "停车三小时内免费。")
    assert last_template(customer) == {"id": f"faq/{PARKING}", "version": 2}


async def test_a_draft_is_not_said(customer: Customer, desk: Desk) -> None:
    desk.edit(PARKING, by=XIAO, answer="草稿")
    await customer.says(QUESTION, never=("草稿",))
    customer.was_told(PARKING)


async def test_a_temporary_answer(customer: Customer, desk: Desk) -> None:
    when = {"valid_from": local("2026-12-01T00:00"), "valid_until": local("2026-12-03T00:00")}
    desk.edit(PARKING, answer="十二月一日起修路，停对面。", validity=when)
    for moment, is_said in (
        ("2026-11-30T23:00", False),
        ("2026-12-01T10:00", True),
        ("2026-12-03T10:00", False),
    ):
        customer.at(moment)
        reply = await customer.says(QUESTION)
        assert ("停对面" in reply) is is_said, customer.told(moment)


async def test_a_retired_topic_is_neither_answered_nor_suggested(customer: Customer, desk: Desk) -> None:
    await customer.says(QUESTION)
    assert "营业时间" in customer.reply.buttons
    desk.retire("store.hours")
    await customer.says(QUESTION)
    customer.was_told(PARKING)
    assert "营业时间" not in customer.reply.buttons
    before = customer.reply.text
    desk.retire(PARKING)
    reply = await customer.says(QUESTION)
    assert before not in reply
    assert PARKING not in str(reply.choices)


async def test_an_edited_template_and_the_words_of_a_channel(customer: Customer, desk: Desk) -> None:
    desk.edit("utter_thank", "template", text="不谢。", channels={"wechat": "微信不谢。"})
    await customer.says("谢谢", "不谢。", never=("微信",))
    assert last_template(customer) == {"id": "template/utter_thank", "version": 2}


async def test_suggestions_and_questions_name_their_template(customer: Customer) -> None:
    for text in ("电池", "你好", "我想试驾X5"):
        await customer.says(text)
    messages = customer.rows(Message, author="bot")
    assert all(message.templates["version"] >= 1 for message in messages)
    assert all(message.templates["id"].partition("/")[0] in ("faq", "template") for message in messages)


async def test_a_value_that_does_not_fit(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The customer gets approved words, the log the conversation, a person the rest."""
    monkeypatch.setattr("actions.own_car.price_text", lambda _: "")
    await customer.says("X5，2025年10月提的车，开了一万二，该保养了吗", "没能处理好")
    assert customer.conversation_id in caplog.text
    assert "{price}" in caplog.text
    [handoff] = customer.rows(Handoff)
    assert handoff.reason == "technical_failure"
    caplog.clear()


async def test_a_template_that_was_retired(
    customer: Customer, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.retire("utter_thank", "template")
    await customer.says("谢谢", "没能处理好")
    assert "utter_thank is not approved" in caplog.text
    assert customer.conversation_id in caplog.text
    caplog.clear()
