"""What this conversation booked itself: told and changed without the booking code, which was given here."""

from __future__ import annotations

import re
from datetime import timedelta

from actions.base import Turn, button
from actions.slot_offers import parse
from actions.time_wishes import read_wish
from actions.visit_words import DRIVE, SERVICE
from bot.domain.booking import VisitKind, VisitStatus
from bot.domain.errors import NotFound
from bot.services.visits import BookedVisit, find_visit, visits_of_conversation
from bot.services.wording import say_day, say_time

IDENTITY = ("booking_code", "booking_phone")
_GIVES_UP = re.compile(r"算了|不(查|改|取消|退|弄|办)了|那就不")
_LOST = re.compile(r"没|无|忘|记不|不记得|想不起|想不到|找不|丢|删|不知道|不清楚|不晓得|哪里?有|什么是预约码")
_CODE_LOST = re.compile(
    r"(预约)?码.{0,6}(没|忘|记不|不记得|找不|丢|删)|(没|忘|记不|不记得|找不|丢).{0,6}预约码"
)

_NUMBERS = {"一": 1, "1": 1, "两": 2, "二": 2, "2": 2, "三": 3, "3": 3}
_SHIFT = re.compile(
    r"(?P<way>提前|早|往前|前移|推迟|推后|延后|往后|晚)(?:一?点)?(?:来|去|过来|过去)?"
    r"(?:(?P<half>半个?(?:小时|钟头))|(?P<hours>[一二两三123])个?(?:小时|钟头)|(?P<minutes>30|三十)分钟)"
)
_LATE = re.compile(r"迟到|晚到|到不了|赶不上|小时到|分钟到|钟头到")


def own_visits(turn: Turn, kind: VisitKind | None = None) -> list[BookedVisit]:
    """The confirmed visits to come, or without a time, that were booked in this conversation, by start."""
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    return [
        visit
        for visit in visits
        if visit.status is VisitStatus.CONFIRMED
        and (visit.start > turn.now or visit.needs_new_time)
        and kind in (None, visit.kind)
    ]


def kind_named(turn: Turn) -> VisitKind | None:
    """Which kind of visit the message names; None where it names none or both."""
    drive, service = bool(DRIVE.search(turn.text)), bool(SERVICE.search(turn.text))
    if drive == service:
        return None
    return VisitKind.TEST_DRIVE if drive else VisitKind.SERVICE


def shift_of(text: str) -> timedelta | None:
    """ "能提前半小时吗": by how much a booking is to move; None for anything else, as for being late."""
    found = _SHIFT.search(text)
    if found is None or _LATE.search(text):
        return None
    hours = found["hours"]
    by = timedelta(hours=_NUMBERS[hours]) if hours else timedelta(minutes=30)
    return -by if found["way"] in ("提前", "早", "往前", "前移") else by


def is_without_code(turn: Turn) -> bool:
    """Whether the customer has not got what is asked for (没有, 真的忘了), or wants no more of it (算了取消吧)."""
    if turn.is_payload or turn.values_of({"booking_code", "phone", "phone_invalid"}):
        return False
    if turn.requested not in IDENTITY:
        return not turn.active_form and bool(_CODE_LOST.search(turn.text))
    if turn.values("time"):
        return False
    lost = len(turn.text) <= 16 and turn.intent != "ask_human" and _LOST.search(turn.text)
    return bool(lost or (gives_up(turn) and turn.intent != "stop"))


def gives_up(turn: Turn) -> bool:
    return bool(_GIVES_UP.search(turn.text))


def other_car(turn: Turn, known: list[str]) -> bool:
    """Say what is possible when a booked test drive is to be with another car; False for any other wish."""
    model = turn.last("model")
    try:
        visit = find_visit(turn.database, turn.dealership, *known)
    except NotFound:
        return False
    if not model or model == visit.model or visit.kind is not VisitKind.TEST_DRIVE:
        return False
    name = turn.dealership.model(model).name
    booked = turn.dealership.model(visit.model).name if visit.model else ""
    if visit.needs_new_time:
        _offer_instead(turn, visit, model, booked)
        return True
    buttons = [
        button(f"重新约试驾 {name}", "book_test_drive", model=model),
        button("取消现在的预约", "cancel_booking"),
        button("只改时间", "change_booking"),
    ]
    turn.say("utter_other_car_booked_anew", buttons=buttons, model=name, booked=booked)
    return True


def _offer_instead(turn: Turn, visit: BookedVisit, model: str, booked: str) -> None:
    """Another car for a test drive that lost its time: on its own day, at the hour that was said or the old one."""
    wish = read_wish(turn, visit.start, None)
    start = wish["start"] if wish and wish["kind"] == "point" else visit.start.isoformat()
    name, day = turn.dealership.model(model).name, say_day(parse(start).date())
    buttons = [
        button(f"重新约试驾 {name}（{day}）", "book_test_drive", model=model, store=visit.store, time=start),
        button("原来的车换个时间", "change_booking", booking_code=visit.code),
        button("取消现在的预约", "cancel_booking", booking_code=visit.code),
    ]
    turn.say(
        "utter_other_car_instead", buttons=buttons, model=name, booked=booked, time=say_time(visit.start)
    )
