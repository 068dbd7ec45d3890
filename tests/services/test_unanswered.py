"""The unanswered list: stored once, without what tells who wrote it, settled by what the customer does next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import TIME_ZONE
from bot.domain.errors import InvalidInput, NotFound
from bot.services import messages, unanswered
from bot.services.messages import Inbound, Received, Utterance
from bot.services.teaching import example_of
from bot.services.unanswered import Heard, Kind, State, UnansweredView, masked
from bot.store.database import Database
from tests.database import KINDS, open_database

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)
LATER = NOW + timedelta(hours=1)
PARKING, HOURS = "store.parking", "store.hours"
BUTTONS = (
    {"title": "停车", "payload": '/faq{"topic": "store.parking"}'},
    {"title": "营业时间", "payload": '/faq{"topic": "store.hours"}'},
)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(request.param, tmp_path)
    yield opened
    opened.close()


def receive(database: Database, text: str, **more: str) -> Received:
    return messages.receive(database, Inbound("rest", "wang", text, **more), NOW)


def not_understood(database: Database, text: str, conversation: str = "c", seq: int | None = 1) -> None:
    unanswered.record(database, Heard(conversation, seq, Kind.FALLBACK, text), NOW)


def clarified(database: Database, text: str = "那个") -> None:
    """A customer's message to which the bot offers two topics."""
    received = receive(database, text)
    candidates = [{"id": PARKING, "score": 0.4}, {"id": HOURS, "score": 0.3}]
    heard = Heard(received.conversation_id, received.seq, Kind.CLARIFICATION, text, candidates)
    unanswered.record(database, heard, NOW)
    messages.answer(database, received, [Utterance("哪一个？", BUTTONS)], NOW)


def listed(
    database: Database, state: State | None = State.OPEN, now: datetime = NOW, **more: object
) -> list[UnansweredView]:
    return unanswered.list_unanswered(database, now, state, **more)  # type: ignore[arg-type]


def test_a_fallback_is_stored_with_what_it_was_taken_for(database: Database) -> None:
    heard = Heard(
        "c", 7, Kind.FALLBACK, "会飞吗", [{"id": HOURS, "score": 0.2}], [{"name": "faq", "confidence": 0.3}]
    )
    unanswered.record(database, heard, NOW)

    [found] = listed(database)
    assert (found.text, found.conversation_id, found.seq, found.kind) == ("会飞吗", "c", 7, Kind.FALLBACK)
    assert (found.candidates, found.intents) == (tuple(heard.candidates), tuple(heard.intents))
    assert (found.state, found.count, found.created_at) == (State.OPEN, 1, NOW)


def test_a_turn_that_was_run_twice_is_stored_once(database: Database) -> None:
    not_understood(database, "会飞吗")
    not_understood(database, "会飞吗")

    assert [found.count for found in listed(database)] == [1]


def test_the_same_words_are_one_line_and_the_most_frequent_comes_first(database: Database) -> None:
    not_understood(database, "能改成水陆两用吗", seq=1)
    for seq, text in enumerate(["会飞吗", "会飞吗？", "会 飞 吗!"], start=2):
        not_understood(database, text, seq=seq)

    assert [(found.text, found.count, found.seq) for found in listed(database)] == [
        ("会 飞 吗!", 3, 4),
        ("能改成水陆两用吗", 1, 1),
    ]


def test_messages_without_a_number_are_all_kept(database: Database) -> None:
    not_understood(database, "会飞吗", seq=None)
    not_understood(database, "会飞吗", seq=None)

    assert [found.count for found in listed(database)] == [2]


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("打13812345678找我", "打〔手机号〕找我"),
        ("138 1234 5678或者0571-88886666", "〔手机号〕或者〔手机号〕"),
        ("+86 138-1234-5678", "〔手机号〕"),
        ("１３８１２３４５６７８", "〔手机号〕"),
        ("浙A12345和浙A·D12345", "〔车牌〕和〔车牌〕"),
        ("浙 a d12345的车", "〔车牌〕的车"),
        ("32000公里，15到20万，2026-11-28", "32000公里，15到20万，2026-11-28"),
        ("新车X5 2.0T", "新车X5 2.0T"),
    ],
)
def test_phone_numbers_and_plates_are_masked(said: str, stored: str) -> None:
    assert masked(said) == stored


def test_masked_data_is_not_learned() -> None:
    assert example_of("几点\n 开门？") == "几点 开门"
    for said in ("打13812345678问", "浙A99999到了没"):
        with pytest.raises(InvalidInput, match="masked data"):
            example_of(masked(said))


@pytest.mark.parametrize("said", ["停车", "第一个", "1", "第一个吧", "那就第一个"])
def test_a_choice_that_is_taken_is_no_concern(database: Database, said: str) -> None:
    clarified(database)
    receive(database, said)

    assert listed(database, None, LATER) == []
    [taken] = listed(database, State.TAKEN)
    assert taken.resolution == PARKING


def test_a_button_that_is_pressed_takes_it(database: Database) -> None:
    clarified(database)
    receive(database, "营业时间", payload=BUTTONS[1]["payload"])

    assert [taken.resolution for taken in listed(database, State.TAKEN)] == [HOURS]


@pytest.mark.parametrize("said", ["都不是", "第三个", "我要试驾", "停车场有充电桩吗"])
def test_a_choice_that_is_not_taken_is_unanswered(database: Database, said: str) -> None:
    clarified(database, "那个呢")
    assert listed(database) == []
    receive(database, said)

    [found] = listed(database)
    assert (found.text, found.kind, found.seq) == ("那个呢", Kind.CLARIFICATION, 1)
    assert [candidate["id"] for candidate in found.candidates] == [PARKING, HOURS]


def test_another_button_does_not_take_it(database: Database) -> None:
    received = receive(database, "你好")
    offer = Utterance("您好", ({"title": "价格", "payload": '/faq{"topic": "price.list"}'},))
    messages.answer(database, received, [offer], NOW)
    clarified(database)
    receive(database, "价格", payload='/faq{"topic": "price.list"}')

    assert [found.text for found in listed(database)] == ["那个"]


def test_a_choice_that_is_left_alone_is_unanswered_after_a_while(database: Database) -> None:
    clarified(database)

    assert listed(database) == []
    assert listed(database, None) == []
    assert [found.state for found in listed(database, now=LATER)] == [State.OPEN]


def test_a_resend_does_not_settle_anything(database: Database) -> None:
    received = receive(database, "那个", client_id="1")
    heard = Heard(
        received.conversation_id, received.seq, Kind.CLARIFICATION, "那个", [{"id": HOURS, "score": 1}]
    )
    unanswered.record(database, heard, NOW)
    receive(database, "那个", client_id="1")

    assert listed(database) == []


def test_closing_one_closes_all_with_the_same_words(database: Database) -> None:
    for seq in (1, 2):
        not_understood(database, "会飞吗", seq=seq)
    not_understood(database, "会游泳吗", seq=3)
    [_, found] = sorted(listed(database), key=lambda view: view.count)

    assert unanswered.resolve(database, found.id, State.RESOLVED, "wang", "faq store.hours", LATER) == 2
    assert [view.text for view in listed(database)] == ["会游泳吗"]
    closed = unanswered.find(database, found.id)
    assert (closed.state, closed.resolved_by, closed.resolution) == (
        State.RESOLVED,
        "wang",
        "faq store.hours",
    )


def test_what_was_ignored_stays_so_and_what_was_resolved_comes_again(database: Database) -> None:
    for seq, (text, state) in enumerate([("啦啦啦", State.IGNORED), ("会飞吗", State.RESOLVED)]):
        not_understood(database, text, seq=seq)
        unanswered.resolve(database, listed(database)[0].id, state, "wang", "", NOW)

    not_understood(database, "啦啦啦", seq=8)
    not_understood(database, "会飞吗", seq=9)

    assert [found.text for found in listed(database)] == ["会飞吗"]
    assert [found.count for found in listed(database, State.IGNORED)] == [2]


def test_the_list_is_limited(database: Database) -> None:
    for seq, day in enumerate((20, 21, 22)):
        heard = Heard("c", seq, Kind.FALLBACK, f"第{day}天")
        unanswered.record(database, heard, NOW.replace(day=day))

    assert [found.text for found in listed(database, since=NOW.replace(day=21))] == ["第22天", "第21天"]
    assert [found.text for found in listed(database, limit=1)] == ["第22天"]


def test_what_does_not_exist(database: Database) -> None:
    with pytest.raises(NotFound):
        unanswered.find(database, 1)
    with pytest.raises(NotFound):
        unanswered.resolve(database, 1, State.IGNORED, "wang", "", NOW)
