"""The transcript: cleaned texts, sequence numbers, and only buttons that the bot offered."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from bot.clock import TIME_ZONE
from bot.domain.errors import NotAllowed, TooManyRequests
from bot.services import messages, staff
from bot.services.messages import Inbound, Received, Utterance
from bot.services.texts import clean, is_storable
from bot.services.throttle import MOST_FAILURES, Limiter, LoginThrottle
from bot.services.visitors import find_visitor, open_visitor
from bot.store.database import Database
from bot.store.staff_tables import AccessToken, User
from bot.store.tables import Conversation
from tests.database import KINDS, open_database

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)
BOOK = {"title": "预约试驾", "payload": "/book_test_drive"}
PRICE = {"title": "价格", "payload": '/faq{"topic": "price"}'}


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(request.param, tmp_path)
    yield opened
    opened.close()


def receive(database: Database, text: str, client_id: str | None = None, **more: str) -> Received:
    return messages.receive(database, Inbound("rest", "wang", text, client_id, **more), NOW)


def offer(database: Database, *buttons: dict[str, str]) -> None:
    """The bot offers buttons in a new turn."""
    received = receive(database, "你好")
    messages.answer(database, received, [Utterance("请选", buttons)], NOW)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  你好\n再见 ", "你好\n再见"),
        ("你\x00好\x07", "你 好"),
        ("预\u200b约\ufeff", "预约"),
        ("\u202e你好\u202c", "你好"),
        ("\ud800你好\udfff", "你好"),
        ("一\t二", "一\t二"),
        ("😀", "😀"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
    assert is_storable(clean(text))


def test_sequence_numbers_have_no_gaps_and_no_doubles(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        seqs = list(pool.map(lambda n: receive(database, f"第{n}条").seq, range(40)))

    assert sorted(seqs) == list(range(1, 41))


def test_the_same_client_id_at_the_same_time_is_one_row(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        received = list(pool.map(lambda _: receive(database, "你好", "a"), range(16)))

    assert {message.seq for message in received} == {1}
    assert [message.duplicate for message in received].count(False) == 1


def test_a_clicked_button_shows_its_title_and_sends_its_payload(database: Database) -> None:
    offer(database, BOOK, PRICE)
    clicked = receive(database, "价格", payload=PRICE["payload"])

    assert clicked.for_bot == PRICE["payload"]
    assert messages.messages_after(database, clicked.conversation_id, 2)[0].text == "价格"


@pytest.mark.parametrize("text", ["预约试驾", " 预约试驾 ", "/book_test_drive"])
def test_a_typed_title_or_offered_payload_is_a_click(database: Database, text: str) -> None:
    offer(database, BOOK)

    assert receive(database, text).for_bot == BOOK["payload"]


@pytest.mark.parametrize("text", ["2", "２", "回复２", "第２个", "２。"])
def test_a_number_of_either_width_is_a_click(database: Database, text: str) -> None:
    offer(database, BOOK, PRICE)

    assert receive(database, text).for_bot == PRICE["payload"]


def test_a_button_of_an_earlier_turn_can_be_clicked_but_its_title_is_plain_text(database: Database) -> None:
    offer(database, BOOK)
    offer(database, PRICE)

    assert receive(database, "x", payload="/book_test_drive").for_bot == "/book_test_drive"
    assert receive(database, "预约试驾").for_bot == "预约试驾"


@pytest.mark.parametrize(
    "text",
    [
        "/book_test_drive",
        '/book_test_drive{"drive_phone": "1"}',
        " /restart",
        "//restart",
        "\u3000/restart",
        "/",
    ],
)
def test_a_command_that_was_not_offered_does_not_reach_the_bot(database: Database, text: str) -> None:
    offer(database, PRICE)
    for received in (receive(database, text), receive(database, "看看", payload=text)):
        assert not received.for_bot.startswith(("/book", "/restart"))


def test_somebody_elses_buttons_are_not_mine(database: Database) -> None:
    offer(database, BOOK)
    other = messages.receive(database, Inbound("rest", "li", "/book_test_drive"), NOW)

    assert other.for_bot != "/book_test_drive"


def test_a_visitor_is_known_by_a_token_that_is_nowhere_stored(database: Database) -> None:
    visitor, token = open_visitor(database, None, NOW)
    _, another = open_visitor(database, None, NOW)

    assert len(token) >= 43
    assert token != another
    assert open_visitor(database, token, NOW)[0].conversation_id == visitor.conversation_id
    assert find_visitor(database, "unknown") is find_visitor(database, "\ud800") is None
    with database.reading() as session:
        assert token not in {row.sender for row in session.query(Conversation)}


def test_an_unknown_token_opens_a_new_session(database: Database) -> None:
    _, token = open_visitor(database, "guessed", NOW)

    assert token != "guessed"
    assert find_visitor(database, "guessed") is None


def test_staff_log_in_with_a_password_kept_as_a_hash(database: Database) -> None:
    password = staff.ensure_admin(database, None, NOW)
    assert password is not None
    assert staff.ensure_admin(database, None, NOW) is None
    token = staff.log_in(database, "admin", password, NOW)

    assert staff.staff_of_token(database, token, NOW).username == "admin"
    with database.reading() as session:
        assert session.query(User).one().password_hash.startswith("$argon2id$")
        assert session.query(AccessToken).one().token_hash != token


def test_a_new_password_in_the_settings_replaces_the_old_one(database: Database) -> None:
    staff.ensure_admin(database, "first-password", NOW)
    staff.ensure_admin(database, "second-password", NOW)

    assert staff.log_in(database, "admin", "second-password", NOW)
    for username, password in (("admin", "first-password"), ("nobody", "second-password"), ("admin", "")):
        with pytest.raises(NotAllowed, match="username or password is wrong"):
            staff.log_in(database, username, password, NOW)


def test_a_staff_token_ends(database: Database) -> None:
    staff.ensure_admin(database, "first-password", NOW)
    token = staff.log_in(database, "admin", "first-password", NOW)
    for wrong, now in ((token, NOW.replace(day=23)), ("", NOW), ("\ud800", NOW)):
        with pytest.raises(NotAllowed):
            staff.staff_of_token(database, wrong, now)


def test_logins_are_throttled_by_address() -> None:
    throttle = LoginThrottle()
    for _ in range(MOST_FAILURES):
        throttle.attempt("203.0.113.9")
    with pytest.raises(TooManyRequests):
        throttle.attempt("203.0.113.9")

    throttle.attempt("203.0.113.10")


def test_a_successful_login_clears_the_count() -> None:
    throttle = LoginThrottle()
    for _ in range(3 * MOST_FAILURES):
        throttle.attempt("203.0.113.9")
        throttle.succeeded("203.0.113.9")


def test_a_limiter_forgets_after_its_window(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("bot.services.throttle.time.monotonic", lambda: now[0])
    limiter = Limiter(2)

    assert [limiter.allows("a") for _ in range(3)] == [True, True, False]
    assert limiter.allows("b")
    now[0] = 60.5
    assert limiter.allows("a")
