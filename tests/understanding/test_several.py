"""Several requests in one message: where it is cut, and what becomes of the parts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.nlu.training_data.message import Message

from bot.understanding.several import MOST_PARTS, PartsMaker, PartsReader, Request, beside, combine, parts_of

DRIVE, VISIT = Request("book_test_drive", 0.9), Request("book_service", 0.9)
COMPLAINT, PERSON = Request("complain", 0.9), Request("ask_human", 0.9)
CANCEL, CHECK = Request("cancel_booking", 0.9), Request("check_booking", 0.9)
PAYMENT, PARKING = Request("faq", 0.9, "price.down_payment"), Request("faq", 0.9, "store.parking")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("想约周六试驾X5，顺便问下首付多少", ["想约周六试驾X5", "问下首付多少"]),
        ("想约周六试驾X5顺便问下首付多少", ["想约周六试驾X5", "问下首付多少"]),
        ("我要投诉，还有我的预约取消吧", ["我要投诉", "我的预约取消吧"]),
        ("你们几点开门？停车免费吗？", ["你们几点开门", "停车免费吗"]),
        (
            "你好，我叫李雷。想约保养，周六吧。另外轮胎多少钱",
            ["你好，我叫李雷，想约保养，周六吧", "轮胎多少钱"],
        ),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert parts_of(text) == (parts, True)


def test_clauses() -> None:
    assert parts_of("保养多少钱，能约明天上午吗") == (["保养多少钱", "能约明天上午吗"], False)
    assert parts_of("我开了三万公里，保养多少钱 能约明天吗") == (
        ["我开了三万公里，保养多少钱", "能约明天吗"],
        False,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "你好",
        "X5还有现车吗",
        "张伟 13812345678",
        "我想周六上午十点去城东店试驾X5",
        "车刚买三个月，昨天洗车，发现漆面有划痕，能保修吗",
        '/faq{"topic": "a，想要b。想要c"}',
        "能约吗？" * 5,
        "能约吗？" + "啊" * 150 + "多少钱？",
    ],
)
def test_one_request_is_not_cut(text: str) -> None:
    assert parts_of(text)[0] == []


@given(st.text(alphabet="想要约吗，。？ 还有顺便多少X5\n/a", max_size=200))
def test_any_text_can_be_cut(text: str) -> None:
    parts, _ = parts_of(text)

    assert len(parts) in range(MOST_PARTS + 1)
    assert len(parts) != 1
    assert all(parts)


@pytest.mark.parametrize(
    ("said", "chosen", "others"),
    [
        ([DRIVE, PAYMENT], DRIVE, [PAYMENT]),
        ([PAYMENT, DRIVE], DRIVE, [PAYMENT]),
        ([PAYMENT, PARKING], PAYMENT, [PARKING]),
        ([VISIT, DRIVE, PAYMENT], VISIT, [DRIVE, PAYMENT]),
        ([CANCEL, COMPLAINT], COMPLAINT, [CANCEL]),
        (
            [DRIVE, PERSON, Request("report_breakdown", 0.9)],
            Request("report_breakdown", 0.9),
            [DRIVE, PERSON],
        ),
    ],
)
def test_what_comes_first(said: list[Request], chosen: Request, others: list[Request]) -> None:
    assert combine(said) == (chosen, others)


@pytest.mark.parametrize(
    "said",
    [
        [DRIVE, DRIVE],
        [PAYMENT, PAYMENT],
        [CHECK, CANCEL],
        [CANCEL, Request("faq", 0.9, "booking.cancel")],
        [DRIVE, Request("faq", 0.9, "service.weekend")],
    ],
)
def test_one_wish_in_two_sentences(said: list[Request]) -> None:
    assert combine(said) is None


def whole(intent: str, *topics: str) -> dict[str, Any]:
    ranking = [{"id": topic, "score": 0.5} for topic in topics]
    return {"intent": {"name": intent}, "faq": {"id": topics[0], "ranking": ranking}}


def test_a_clause_with_a_question_stands_beside_the_dialogue() -> None:
    assert beside(whole("book_test_drive", "price.down_payment"), [DRIVE, PAYMENT]) == (DRIVE, [PAYMENT])


def test_a_clause_that_means_something_else_in_its_sentence_does_not() -> None:
    assert beside(whole("book_test_drive", "store.hours"), [DRIVE, PAYMENT]) is None


def test_only_a_clause_in_so_many_words_books_where_a_question_was_asked() -> None:
    asked = whole("faq", "price.down_payment")
    booked = Request("book_test_drive", 0.9, None, "能约周六吗")

    assert beside(asked, [PAYMENT, booked]) == (booked, [PAYMENT])
    assert beside(asked, [PAYMENT, Request("book_test_drive", 0.9, None, "我一个人来试驾")]) is None


def understood(message: Message, intent: str, topic: str | None = None) -> None:
    kind = "answer" if topic else "dialogue"
    message.set("intent", {"name": intent, "confidence": 0.9})
    message.set("decision", {"kind": kind, "suggestions": [topic] if topic else []})
    message.set("faq", {"id": topic or "store.hours", "score": 0.9, "ranking": []})


def test_parts_pass_beside_the_message_and_are_taken_away() -> None:
    messages = PartsMaker().process([Message({"text": "停车免费吗？另外我想试驾"})])
    assert [message.get("text") for message in messages] == [
        "停车免费吗？另外我想试驾",
        "停车免费吗",
        "我想试驾",
    ]
    understood(messages[0], "faq", "store.parking")
    understood(messages[1], "faq", "store.parking")
    understood(messages[2], "book_test_drive")

    [message] = PartsReader().process(messages)

    assert message.get("intent") == {"name": "book_test_drive", "confidence": 0.9}
    assert message.get("decision")["kind"] == "dialogue"
    assert message.get("also") == [{"intent": "faq", "topic": "store.parking", "text": "停车免费吗"}]


def test_a_message_with_one_request_stays_as_it_is() -> None:
    message = Message({"text": "我想试驾"})
    understood(message, "book_test_drive")
    before = dict(message.data)

    assert PartsReader().process(PartsMaker().process([message])) == [message]
    assert message.data == before
