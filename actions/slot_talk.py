"""Times and stores as people name them while they book: 晚一个小时, 同一时间, 那现在10点有了吗, 就近的."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from actions.base import Turn
from actions.own_visits import own_visits, shift_of
from actions.visit_words import DRIVE, SERVICE
from bot.services.replies import FAQ_PREFIX

_SAME_TIME = re.compile(r"(?:同样|同一|相同|一样)的?(?:个)?时间|同时间|时间(?:不变|一样)|[跟和]我.{0,2}一起")
_IS_FREE = re.compile(r"有(?:了|空|位|时间)?(?:吗|么|没)|空(?:了|着|出来)")
_NEAREST = re.compile(r"就近|离我.{0,4}近|最近的?(?:那?[家个])?(?:门?店)?\W*$|哪.{0,3}近")
_MAY_NAME_A_TIME = frozenset({"book_service", "book_test_drive", "nlu_fallback"})
_OF_A_CAR = ("job", "plate", "mileage", "delivery_date", "booking_code", "plate_invalid")


def names_a_time(turn: Turn, agreed: datetime | None) -> bool:
    """Whether a message is about the slot, whatever it was taken for: a time without a word about what for."""
    if turn.is_payload or DRIVE.search(turn.text) or SERVICE.search(turn.text) or turn.values_of(_OF_A_CAR):
        return False
    if turn.values_of({"time"}):
        return turn.intent in _MAY_NAME_A_TIME or (
            turn.intent == "ask_service_due" and bool(_IS_FREE.search(turn.text))
        )
    return bool(agreed and shift_of(turn.text)) or same_as_booked(turn) is not None


def later_wish(turn: Turn, agreed: datetime | None) -> dict[str, Any] | None:
    """ "晚一个小时": the agreed time moved by that much."""
    by = None if turn.is_payload else shift_of(turn.text)
    if agreed is None or by is None:
        return None
    return {"kind": "point", "start": (agreed + by).isoformat(), "end": None}


def same_as_booked(turn: Turn) -> dict[str, Any] | None:
    """ "同一时间": the time of the visit that was booked last in this conversation."""
    if turn.is_payload or not _SAME_TIME.search(turn.text):
        return None
    visits = [visit for visit in own_visits(turn) if not visit.needs_new_time]
    if not visits:
        return None
    last = max(visits, key=lambda visit: visit.created_at)
    return {"kind": "point", "start": last.start.isoformat(), "end": None}


def asks_for_nearest(turn: Turn) -> bool:
    return not turn.is_payload and _NEAREST.search(turn.text) is not None


def answers_nearest(turn: Turn) -> bool:
    """Where the customer is nobody knows here: the addresses help to choose."""
    if not asks_for_nearest(turn):
        return False
    turn.say(f"{FAQ_PREFIX}store.address")
    return True
