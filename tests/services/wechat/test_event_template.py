"""Who signed up in WeChat long ago is reminded of the event by template message, where the account has one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot import clock
from bot.domain.wechat.content import NoticeTemplate
from bot.domain.wechat.window import Grant
from bot.services import events
from bot.services.event_notices import remind_signed_up
from bot.services.wechat import contacts
from bot.services.wechat.templates import Templates
from bot.store.database import Database
from tests.services.bookings import NOW
from tests.services.reminded import CONTENT, said, send
from tests.services.wechat.test_outreach_template import LONG_AGO, MAIN, content

SALON = CONTENT.current().events["care_salon_2026_12"]
TEMPLATE = NoticeTemplate(
    "main", "event_reminder", "T-10", {"thing1": "{what}", "time2": "{moment}", "thing3": "{store}"}
)


@pytest.fixture(autouse=True)
def clock_again() -> Iterator[None]:
    yield
    clock.clock.set(None)


def test_the_reminder_of_an_event(database: Database) -> None:
    chat = contacts.arrived(database, MAIN, "o-1", "m:1", Grant.MESSAGE, LONG_AGO).conversation_id
    clock.clock.set(NOW)
    row = events.sign_up(database, SALON, NOW, "13812345678", conversation_id=chat)
    clock.clock.set(SALON.start - timedelta(hours=5))
    assert remind_signed_up(database, CONTENT.current(), clock.now()) == 1
    assert send(database) == 1
    line = said(database, chat)[-1]

    message = Templates(database, content(TEMPLATE))(MAIN, line)
    assert message is not None
    assert message.data == {
        "thing1": "新车主爱车养护沙龙",
        "time2": "2026年12月05日 14:00",
        "thing3": "城东店",
    }
    events.cancel(database, SALON, row.id, clock.now())
    assert Templates(database, content(TEMPLATE))(MAIN, line) is None
