"""A typed answer to what came by itself, whatever it was taken for: 收到谢谢, 那天有事, another time for a lost one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from actions.visit_words import DRIVE, SERVICE
from bot.domain.booking import VisitStatus
from bot.services.offers import latest_buttons, latest_notice
from bot.services.visits import BookedVisit, visits_of_conversation

if TYPE_CHECKING:
    from actions.base import Turn

REPLY, CHANGE = "action_visit_reply", "action_change_afterwards"
_MAY_MEAN_IT = frozenset(
    {
        "action_answer_faq",
        "action_not_understood",
        "action_small_talk",
        "action_accept_offer",
        "action_take_up_facts",
        "action_ask_which_visit",
        "action_join_waitlist",
        "action_start_existing_booking",
        "action_start_service_visit",
        "action_start_test_drive",
        "action_start_own_car",
    }
)
_COMING = re.compile(
    r"^(?:(?:好的?|嗯+|行|ok|收到|知道了?|明白了?|没问题|谢谢(?:你|您|提醒)?|多谢|感谢|辛苦了?|放心)[啊呀哦呢啦的了吧]?[\s,，。.!！~～]*)*"
    r"(?:我?(?:们)?(?:一定|肯定|准时|到时候?|按时|明天|后天|那天)*(?:会|能)(?:准时|按时)?(?:的|来|到|去|过来|过去|到店|到场)+[啊呀哦呢啦的了吧]*"
    r"|(?:到时候?|明天|后天|那天|店里)?见|)[\s,，。.!！~～]*$",
    re.IGNORECASE,
)
_NOT_COMING = re.compile(
    r"[来去到过]不(?:了|成)|(?:不能|没法|没办法|不方便)(?:来|去|到|过来|过去)|没空|没时间|有(?:点|些|别的)?事|不(?:来|去)了"
)
_WANTS_MORE = re.compile(r"取消|改|换|[?？吗]|几|怎么|多少")
_FIRST = re.compile(r"^\W*[1１一]\W*$")
_SEE_YOU = re.compile(r"见\W*$|^\W*(?:好|行|嗯|可以|收到|知道)")
_BEGINS_ANEW = frozenset({"job", "plate", "mileage", "name", "phone", "booking_code"})


def redirected(action: str, turn: Turn) -> str | None:
    """The action that a message means as the answer to a reminder, or to the news that a visit lost its time."""
    if action not in _MAY_MEAN_IT or turn.is_payload or turn.active_form:
        return None
    if answer_to(turn):
        return REPLY
    return CHANGE if _names_new_time(turn) else None


def answer_to(turn: Turn) -> dict[str, Any] | None:
    """What a typed answer to a reminder, or to the news that a visit lost its time, would have pressed."""
    sees_us = turn.intent in ("goodbye", "affirm", "visit_reply") and _SEE_YOU.search(turn.text)
    waiting = visit_without_time(turn) if sees_us else None
    if waiting:
        is_near = turn.intent == "goodbye" or code_spoken_of(turn) == waiting.code
        return {"do": "confirm", "code": waiting.code} if is_near else None
    if not _FIRST.match(turn.text) and _word_for_reminder(turn) is None:
        return None
    notice = latest_notice(turn.database, turn.conversation_id)
    if notice is None or not notice[0].startswith("reminder"):
        return None
    code, is_last = _code_in(notice[1]), notice[2]
    if code is None:
        return None
    if _FIRST.match(turn.text) and (is_last or not latest_buttons(turn.database, turn.conversation_id)):
        return {"do": "confirm", "code": code}
    word = _word_for_reminder(turn) if is_last else None
    return {"do": word, "code": code} if word else None


def _word_for_reminder(turn: Turn) -> str | None:
    """What the words would mean just after a reminder: asked before the database is, since few words mean anything."""
    if _WANTS_MORE.search(turn.text):
        return None
    if _NOT_COMING.search(turn.text) and not turn.values("time"):
        return "not_coming"
    return "confirm" if turn.text and _COMING.match(turn.text) else None


def visit_without_time(turn: Turn) -> BookedVisit | None:
    """The visit of this conversation that lost its time: the one spoken of last, else the first."""
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    lost = [visit for visit in visits if visit.status is VisitStatus.CONFIRMED and visit.needs_new_time]
    code = code_spoken_of(turn) if lost else None
    return next((visit for visit in lost if visit.code == code), lost[0] if lost else None)


def code_spoken_of(turn: Turn) -> str | None:
    """The code of the visit that the buttons of the bot's last message are about."""
    return _code_in(latest_buttons(turn.database, turn.conversation_id))


def _names_new_time(turn: Turn) -> bool:
    """Whether a time, or a store just after the new times were offered, is meant for a visit without one."""
    if turn.values_of(_BEGINS_ANEW) or DRIVE.search(turn.text) or SERVICE.search(turn.text):
        return False
    if turn.decision.get("kind") == "answer" and not turn.is_mostly({"time", "store"}):
        return False
    if not turn.values_of({"time", "store"}):
        return False
    waiting = visit_without_time(turn)
    if waiting is None:
        return False
    if code_spoken_of(turn) == waiting.code:
        return True
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    to_come = [v for v in visits if v.status is VisitStatus.CONFIRMED and v.start > turn.now]
    return bool(turn.values("time")) and all(visit.needs_new_time for visit in to_come)


def _code_in(buttons: list[dict[str, str]]) -> str | None:
    for offered in buttons:
        start = offered["payload"].find("{")
        values = json.loads(offered["payload"][start:]) if start > 0 else {}
        code = values.get("code") or values.get("booking_code")
        if code:
            return str(code)
    return None
