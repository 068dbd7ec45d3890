"""What falls due while a person has the conversation: facts go out in plain words, with no button that nobody hears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot import clock
from bot.domain.conversation import Owner
from bot.domain.replies import Button
from bot.domain.waitlist import Preference
from bot.services.notices import OVER, PLAIN
from bot.services.outbox import Senders, send_due
from bot.store.database import Database
from tests.services.bookings import NOW, TWO, book
from tests.services.reminded import at, conversation, demo_content, notices, owned_by, said, send
from tests.services.waiting import cancel, wait

DAY_BEFORE = TWO - timedelta(days=1)
ONLY_TWO = Preference(TWO, TWO + timedelta(minutes=1))
ASKS = ("回复 1", "回复1", "点一", "下面")
PEOPLE = [Owner.QUEUE, Owner.ADVISER]


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    at(NOW)
    yield
    clock.clock.set(None)


@pytest.fixture
def chat(database: Database) -> str:
    return conversation(database)


@pytest.mark.parametrize("owner", PEOPLE)
def test_an_offer_from_the_waitlist_does_not_wait_for_its_time_is_running(
    database: Database, chat: str, owner: Owner
) -> None:
    visit = book(database)
    wait(database, 1, preference=ONLY_TWO, conversation_id=chat)
    owned_by(database, chat, owner)
    cancel(database, visit)

    assert send(database) == 1
    [offer] = said(database, chat)
    assert (offer.buttons, offer.custom) == ((), {"notice": "waitlist_offer"})
    assert "请告诉我们" in offer.text


def test_a_reminder_does_not_wait(database: Database, chat: str) -> None:
    book(database, conversation_id=chat)
    owned_by(database, chat, Owner.ADVISER)
    at(DAY_BEFORE)
    send(database)
    assert notices(database, chat) == ["reminder_24"]


@pytest.mark.parametrize(("owner", "count"), [(Owner.BOT, 4), (Owner.QUEUE, 0), (Owner.ADVISER, 0)])
def test_buttons_that_somebody_gave_a_template_go_where_they_are_heard(
    database: Database, chat: str, owner: Owner, count: int
) -> None:
    button = Button("谢谢", "thank")
    content: Any = SimpleNamespace(current=lambda: _with_button(button))
    book(database, conversation_id=chat)
    owned_by(database, chat, owner)
    at(DAY_BEFORE)
    send_due(database, content, Senders())
    [reminder] = said(database, chat)
    assert len(reminder.buttons) == count


def test_plain_words_ask_for_no_click() -> None:
    templates = demo_content().templates
    for id_ in (*PLAIN.values(), *OVER.values(), "utter_waitlist_offer_plain", "utter_waitlist_passed"):
        assert not templates[id_].buttons, id_
        assert not [words for words in ASKS if words in templates[id_].text], id_


def _with_button(button: Button) -> Any:
    content = demo_content()
    changed = {
        id_: replace(content.templates[id_], buttons=(button,))
        for id_ in ("utter_reminder", "utter_reminder_plain")
    }
    return replace(content, templates={**content.templates, **changed})
