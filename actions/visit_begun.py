"""Facts without a verb that begin a booking: 12月5号10点保养 S6 …, X5 下周五 城东."""

from __future__ import annotations

import re

from actions.base import Turn
from actions.visit_words import DRIVE, SERVICE

_BOOKS = re.compile(r"预约|預約|预定|约")
_LOOKS = re.compile(r"(?:想|要|来|去|店里?)看一?看?一?下?(?:你们的?)?[新实现]?车(?:子)?\W*$")
_BOOKING_WORDS = re.compile(
    r"预约|預約|预定|约|时间|时候|安排|门店|到店|一个|[\W一我想要你您们帮给下个吧呢的能可以吗请麻烦去到来行在那就先好了]"
)
_LATE = re.compile(r"晚(?:一?点|些|几分钟)(?:才)?到|迟到|赶不上|堵(?:着|车|在|路上)")
"""Of a visit that is booked already."""
_SAYS_NOTHING_ELSE = frozenset({"model", "time", "store", "name", "phone"})


def visit_begun(turn: Turn) -> str | None:
    """The start of the booking that facts without a verb want: 12月5号10点保养 S6 …, X5 下周五 城东."""
    if _LATE.search(turn.text):
        return None
    details = turn.values_of({"time", "plate", "mileage", "store"})
    drives, serves = DRIVE.search(turn.text), SERVICE.search(turn.text) or turn.values("job")
    if details and serves and not drives:
        return "action_start_service_visit"
    if drives and not serves and turn.values_of({"time", "model", "store"}):
        return "action_start_test_drive"
    return "action_ask_which_visit" if is_open_what_for(turn) else None


def is_open_what_for(turn: Turn) -> bool:
    """ "X5 下下周五 3:30pm 城东": a visit without what for, and nothing that was spoken of tells."""
    if turn.is_payload or turn.active_form or turn.slot("paused_form") or turn.slot("pending_offer"):
        return False
    if DRIVE.search(turn.text) or SERVICE.search(turn.text) or turn.values_of({"job", "plate", "mileage"}):
        return False
    if _books_only(turn) or wants_to_look(turn):
        return True
    has_place = turn.values("model") or turn.values("store")
    return bool(turn.values("time") and has_place) and turn.is_mostly(_SAYS_NOTHING_ELSE)


def wants_to_look(turn: Turn) -> bool:
    """ "下周五想看看车": the showroom, for which nothing need be booked, or a test drive."""
    return not turn.is_payload and _LOOKS.search(turn.text) is not None


def _books_only(turn: Turn) -> bool:
    """ "我想预约一下", "我要预约明天上午10点": nothing but that something is to be booked."""
    if turn.intent != "book_service" or not _BOOKS.search(turn.text):
        return False
    text = list(turn.text)
    for found in turn.values_of(_SAYS_NOTHING_ELSE):
        text[found["start"] : found["end"]] = " " * (found["end"] - found["start"])
    return not _BOOKING_WORDS.sub("", "".join(text))
