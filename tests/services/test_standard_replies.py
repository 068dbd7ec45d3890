"""Standard replies: which are found, what is filled in, and that only approved words are offered."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import clock
from bot.domain.errors import InvalidContent
from bot.domain.staff import Role
from bot.services.content.editing import STANDARD, Change, Editor, approve, edit, restore, retire
from bot.services.content.listing import Entry
from bot.services.content.preview import NEW, preview
from bot.services.content.snapshot import ContentStore
from bot.services.conversations import open_conversation
from bot.services.staff import Staff
from bot.services.standard_replies import FilledReply, find_replies
from bot.store.database import Database
from bot.store.staff_tables import Handoff
from bot.store.tables import Appointment, Customer
from tests.installations import filled_database
from tests.services.bookings import NOW

MANAGER, CONSULTANT = Editor("wang", may_approve=True), Editor("lin", may_approve=False)
LIN = Staff("lin", Role.CONSULTANT, "林晓", stores=("east",))


class Replies:
    def __init__(self, database: Database, content: ContentStore) -> None:
        self.database, self.content = database, content

    def find(self, words: str, conversation: str | None = None, staff: Staff = LIN) -> list[FilledReply]:
        return find_replies(self.database, self.content.current(), words, conversation, staff, NOW)

    def one(self, words: str, conversation: str | None = None) -> FilledReply:
        return self.find(words, conversation)[0]

    def edit(self, id_: str, by: Editor = MANAGER, **fields: str) -> Entry:
        return edit(self.database, self.content.current(), STANDARD, id_, Change(fields), by, NOW)

    def do(self, function: Any, id_: str) -> Entry:
        return function(self.database, self.content.current(), STANDARD, id_, MANAGER, NOW)

    def conversation(self, facts: dict[str, str] | None = None, customer: str | None = None) -> str:
        with self.database.transaction() as session:
            row = open_conversation(session, "web", uuid.uuid4().hex, NOW)
            row.customer_id = customer
            if facts:
                session.add(
                    Handoff(
                        id=uuid.uuid4().hex,
                        conversation_id=row.id,
                        reason="asked_for_a_person",
                        summary={"facts": facts},
                        created_at=NOW,
                        updated_at=NOW,
                    )
                )
            return str(row.id)


@pytest.fixture
def replies(tmp_path: Path) -> Iterator[Replies]:
    clock.clock.set(NOW)
    database, content = filled_database(tmp_path)
    yield Replies(database, content)
    database.close()
    clock.clock.set(None)


@pytest.mark.parametrize("words", ["yqsj", "邀请试驾", "yaoqing", "yqs", "销售 邀请"])
def test_found_by_shortcut_title_pinyin_and_category(replies: Replies, words: str) -> None:
    assert replies.one(words).id == "standard.invite_test_drive"


def test_an_exact_shortcut_comes_first(replies: Replies) -> None:
    assert replies.one("zq").shortcut == "zq"
    assert replies.find("没有这样的话术") == []
    assert len(replies.find("")) >= 25


def test_what_is_known_is_filled_in_and_the_rest_is_left_open(replies: Replies) -> None:
    greeting = replies.one("kcwh")
    invited = replies.one("yqsj")

    assert (greeting.text[:12], greeting.open) == ("您好，我是青岚汽车的顾问", ())
    assert "林晓" in greeting.text
    assert invited.open == ("车型",)
    assert invited.text.startswith("【车型】现在有试驾车")


def test_the_dialogue_knows_model_and_name(replies: Replies) -> None:
    id_ = replies.conversation({"drive_model": "x5", "drive_name": "何静"})

    assert replies.one("yqsj", id_).text.startswith("青岚 X5 现在有试驾车")
    assert replies.one("ddhhf", id_).text.startswith("何静您好，我是林晓。上次看的青岚 X5")


def test_a_booking_gives_time_code_store_and_plate(replies: Replies) -> None:
    id_ = replies.conversation()
    start = NOW.replace(day=28, hour=14, minute=0)
    with replies.database.transaction() as session:
        session.add(
            Appointment(
                id="a",
                kind="service",
                code="ABC234",
                store="west",
                model="x5",
                items=["regular_service"],
                start=start,
                end=start.replace(hour=15),
                name="何静",
                phone="13900003344",
                plate="浙AD1001",
                resources=[],
                conversation_id=id_,
                created_at=NOW,
                updated_at=NOW,
            )
        )
    booked, ready = replies.one("byyyh", id_), replies.one("cyxh", id_)

    assert "周六 11月28日 14:00，城西店，预约码 ABC234" in booked.text
    assert (booked.open, ready.open) == ((), ())
    assert "浙AD1001" in ready.text
    assert "0500-8800-2002" in ready.text
    assert "13900003344" not in booked.text + ready.text


def test_the_customers_record_goes_before_what_was_said(replies: Replies) -> None:
    with replies.database.transaction() as session:
        session.add(Customer(id="c", phone="13900003345", name="何女士", created_at=NOW))
    id_ = replies.conversation({"drive_name": "阿静"}, customer="c")

    assert replies.one("ddhhf", id_).text.startswith("何女士您好")


def test_only_approved_words_are_offered(replies: Replies) -> None:
    before = replies.one("qsd")
    replies.edit("standard.one_moment", CONSULTANT, text="马上就来。")
    assert replies.one("qsd") == before

    replies.do(approve, "standard.one_moment")
    assert (replies.one("qsd").text, replies.one("qsd").version) == ("马上就来。", 2)


def test_a_new_one_is_found_at_once(replies: Replies) -> None:
    replies.edit(
        "standard.tow",
        title="预约拖车",
        text="拖车【几点】到，{customer}。",
        shortcut="yytc",
        category="售后",
    )

    assert [reply.id for reply in replies.find("yytc")] == ["standard.tow"]
    assert replies.one("yuyuetuoche").open == ("几点", "客户称呼")


def test_a_shortcut_belongs_to_one_reply(replies: Replies) -> None:
    with pytest.raises(InvalidContent, match="结束语") as raised:
        replies.edit("standard.one_moment", shortcut="jsy")
    assert raised.value.field == "shortcut"
    replies.edit("standard.one_moment", shortcut="qsd", text="同一个快捷码可以留着。")

    retire(replies.database, STANDARD, "standard.closing", MANAGER, NOW)
    assert replies.edit("standard.one_moment", shortcut="jsy").data["shortcut"] == "jsy"
    with pytest.raises(InvalidContent, match="请稍等"):
        replies.do(restore, "standard.closing")


def test_a_draft_whose_shortcut_was_given_away_is_not_approved(replies: Replies) -> None:
    replies.edit("standard.one_moment", CONSULTANT, shortcut="xin")
    replies.edit("standard.closing", shortcut="xin")

    with pytest.raises(InvalidContent, match="结束语"):
        replies.do(approve, "standard.one_moment")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": "在 {nowhere}"}, "text"),
        ({"text": " "}, "text"),
        ({"title": "两\n行"}, "title"),
        ({"category": "字" * 21}, "category"),
        ({"category": "\x07"}, "category"),
        ({"shortcut": "Q S D"}, "shortcut"),
        ({"answer": "不是问答"}, "answer"),
    ],
)
def test_what_a_standard_reply_may_not_be(replies: Replies, fields: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidContent) as raised:
        replies.edit("standard.one_moment", **fields)

    assert raised.value.field == field


def test_the_preview_has_an_example_of_every_variable(replies: Replies) -> None:
    content = replies.content.current()
    for reply in content.standard_replies.values():
        shown = preview(replies.database, content, STANDARD, reply.id, Change({}), NOW)
        assert (shown.faults, shown.suggested_id) == ((), None)
        assert "{" not in shown.text

    fresh = Change({"title": "结束语", "text": "{adviser}祝您用车愉快。"})
    shown = preview(replies.database, content, STANDARD, NEW, fresh, NOW)
    assert (shown.text, shown.suggested_id) == ("周敏祝您用车愉快。", "standard.jie_shu_yu")
