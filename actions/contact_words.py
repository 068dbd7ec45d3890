"""Words that answer what we wrote of our own accord, whatever they were taken for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.services.offers import latest_notice

if TYPE_CHECKING:
    from actions.base import Turn

ANSWER, DONE, STOP = "action_answer_contact", "action_done_elsewhere", "action_withdraw_consent"
FACTS = "action_take_up_facts"
_MILEAGE_TOLD = frozenset(
    {"utter_mileage_corrected", "utter_mileage_lower", "utter_mileage_estimated", "utter_car_stage"}
)
WHEN = "utter_contact_elsewhere"
"""Asks on which day and at which mileage a service was done."""
OUTREACH = "outreach"
_DONE = re.compile(
    r"(?:已经|早就?|刚刚?|上周|上个?月|昨天|前[天些]|之前|我?在[^,，。]{1,8})[^,，。?？]{0,12}(?:做|换|保养|弄|搞)(?:过|完|好|了|掉)"
    r"|(?:做|保养|弄|换)(?:过|完|好)了|别[的处家]|外面做|(?:路边|修理|快修)店"
)
_REFUSES = re.compile(
    r"^\W*(?:不(?:用|需要|必|要|了|约|做|想|去|参加|来|感兴趣)|这次不|对这个?不感兴趣|先不|暂时|暂不|算了|没空|没时间|最近(?:没|忙|不)|这次不|下次|以后再说|改天|回头|再说|等等再|过段时间|过阵子|不考虑)"
)
_BOOKS = re.compile(r"约|预订|安排|好的?|行|可以|嗯|要的|来吧|ok|没问题|就.{0,6}吧", re.IGNORECASE)
_AGREES_ONLY = re.compile(
    r"^\W*(?:好的?|行|可以|嗯+|要的?|来吧|ok|没问题|那?约吧?|帮我约吧?)[啊呀吧哦呢的了]*\W*$", re.IGNORECASE
)
_STOPS = re.compile(
    r"^\W*(?:td|t|退订|取消订阅)\W*$|(?:别|不要|甭|莫|不想)再?(?:给我)?(?:发|推|收|打扰|联系)[^,，。]{0,6}了?|别发了",
    re.IGNORECASE,
)
_STOPS_ANYTIME = re.compile(r"^\W*td\W*$|(?:保养)?提醒也?(?:不[要用]|别发)了?\W*$", re.IGNORECASE)
_AGAIN = re.compile(
    r"恢复(?:提醒|推送|消息|通知)|(?<![别要用想])(?:重新|继续|再)(?:给我)?(?:接收|发)(?:提醒|消息|通知)(?!了)"
)
_MARKETING = re.compile(r"广告|推广|营销|促销|优惠|活动|邀请|群发|祝福|问候|保养以外|活動|廣告|推廣")
SHORT = 20
_MAY_MEAN_IT = frozenset(
    {
        "action_accept_offer",
        "action_answer_faq",
        "action_ask_which_visit",
        "action_cancel_event",
        "action_change_afterwards",
        "action_decline_offer",
        "action_done_elsewhere",
        "action_haggle",
        "action_join_waitlist",
        "action_leave_dialogue",
        "action_not_understood",
        "action_small_talk",
        "action_start_event_signup",
        "action_start_existing_booking",
        "action_start_own_car",
        "action_start_service_visit",
        "action_start_test_drive",
        "action_take_up_facts",
        "action_visit_reply",
    }
)
"""What an answer may be taken for."""
_NOT_OURS = frozenset(
    {
        "report_breakdown",
        "complain",
        "ask_human",
        "cancel_booking",
        "change_booking",
        "check_booking",
        "abuse",
    }
)
BOOK, REFUSE, ELSEWHERE, STOPS = "contact_book", "contact_refuse", "contact_elsewhere", "contact_stop"


def redirected(action: str, turn: Turn) -> str | None:
    """The action for an answer to a contact that has just come; "恢复提醒" and "TD" count at any time."""
    if action not in _MAY_MEAN_IT or turn.is_payload or turn.active_form or not turn.text:
        return None
    if wants_again(turn) or _STOPS_ANYTIME.search(turn.text):
        return STOP
    if (
        WHEN in turn.said_before
        and turn.values_of({"time", "mileage", "delivery_date"})
        and not turn.is_question
    ):
        return None if action == DONE else DONE
    meant = meaning(turn)
    if meant is None and _is_mileage(turn) and (turn.said_before & _MILEAGE_TOLD or _has_just_come(turn)):
        return None if action == FACTS else FACTS
    return ANSWER if meant and _has_just_come(turn, asking=meant != STOPS) else None


def meaning(turn: Turn) -> str | None:
    """What the words would mean just after a contact: asked before the database is, since few words mean anything."""
    text = turn.text
    if len(text) > 60 or turn.intent in _NOT_OURS:
        return None
    if turn.intent == "withdraw_consent" or _STOPS.search(text):
        return STOPS
    if turn.intent == "done_elsewhere" or (_DONE.search(text) and not turn.is_question):
        return ELSEWHERE
    if _REFUSES.search(text) and not turn.values("time") and not turn.is_question:
        return REFUSE
    return BOOK if _books(turn) else None


def wants_again(turn: Turn) -> bool:
    return not turn.is_payload and bool(_AGAIN.search(turn.text))


def says_marketing(turn: Turn) -> bool:
    return not turn.is_payload and bool(_MARKETING.search(turn.text))


def _books(turn: Turn) -> bool:
    """A yes, or a time that suits; a question of its own is answered as such."""
    if turn.decision.get("kind") == "answer" or turn.values_of({"plate", "booking_code"}):
        return False
    if _AGREES_ONLY.search(turn.text):
        return True
    speaks_of_drive = "试驾" in turn.text
    return bool(
        not speaks_of_drive
        and (turn.values("time") or turn.values("bare_time") or "约" in turn.text)
        and (_BOOKS.search(turn.text) or turn.is_mostly({"time", "store"}))
    )


def _is_mileage(turn: Turn) -> bool:
    """ "不对，是38000" after a mileage was named."""
    is_short = len(turn.text) <= SHORT and not turn.is_question
    return is_short and bool(turn.values("mileage")) and turn.decision.get("kind") != "answer"


def _has_just_come(turn: Turn, asking: bool = False) -> bool:
    """Whether a contact (``asking``: one that asks for an answer) came last, and the bot has said nothing since."""
    notice = latest_notice(turn.database, turn.conversation_id)
    if notice is None or notice[0] != OUTREACH or not notice[2]:
        return False
    return not asking or any(BOOK in found["payload"] for found in notice[1])
