"""The running server sends what waits, by itself, in its own process."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from bot.clock import TIME_ZONE
from bot.domain.booking import VisitKind, VisitRequest
from bot.store.database import Database
from tests.server import CLOCK, RunningServer
from tests.services.bookings import at, book

NOW = datetime.fromisoformat(CLOCK).astimezone(TIME_ZONE)
WEST = VisitRequest(VisitKind.TEST_DRIVE, "west", "x5")
QUIET = at("12-17 11:30")
"""No other test that talks with this server books there and then."""


def transcript(server: RunningServer, conversation: str) -> list[dict[str, Any]]:
    path = f"/api/staff/conversations/{conversation}/messages"
    answer = server.client.get(path, headers=server.staff())
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def test_what_staff_book_is_confirmed_in_the_chat_once(server: RunningServer) -> None:
    session = server.client.post("/web/session", json={}).json()
    database = Database(f"sqlite:///{server.home / 'zhanting.db'}")
    try:
        visit = book(database, QUIET, WEST, now=NOW, conversation_id=session["conversation"], by_staff=True)
    finally:
        database.close()

    deadline = time.monotonic() + 60
    while not (found := transcript(server, session["conversation"])) and time.monotonic() < deadline:
        time.sleep(0.2)
    (message,) = found
    assert message["text"].startswith("王小明，已为您约好：试驾 青岚 X5")
    assert visit.code in message["text"]
    assert message["custom"] == {"notice": "confirmation"}
    assert message["template"] == {"id": "template/utter_notice_booked", "version": 1}
    assert "Traceback" not in server.err
