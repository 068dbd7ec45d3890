"""Whether a message is a score, or the word that follows one. Ordinary numbers stay what they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from actions import survey_answers
from actions.star_words import stars_in
from bot.services import scores
from bot.services.offers import latest_notice

if TYPE_CHECKING:
    from actions.base import Turn

GIVE = "action_give_score"
ASKED_BY = frozenset({"score", *survey_answers.ASKED_BY})
"""The notices that ask for a score (``bot.services.scores``, ``bot.services.surveys``)."""
Said = tuple["int | None", str, "str | None"]
_NUMBERS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_NUMBER = re.compile(
    r"^\W*(?:我|这次|服务|评价|评分|是|给|打|评|你们?|您|他|她|个|必须|只能|吧|[:：,，])*\s*(?P<number>[1-5一二两三四五])\s*"
    r"(?P<unit>分|颗?星)?(?:好评|吧|啊|呀|了|[^\w\s])*\s*(?P<word>.*)$",
    re.DOTALL,
)
_SHORT = 12
_REFUSED = re.compile(
    r"^\W*我?(?:不|别|懒得|先不|不想|不用|不要|算了,?，?不)\s*(?:打|评|给|用|想)?\s*(?:打分|评分|评价|分|评|打)(?:了|吧|啦|啊)*\W*$"
)
_NO_SCORE = re.compile(
    r"^\W*(?:[打给评]?\s*(?:0|零|[6-9六七八九十]|[1-9]\d+|\d+\.\d+)\s*(?:分|颗?星)?(?:吧|啊|了)*|(?:好|好的|好啊|行|可以|嗯+|ok))\W*$",
    re.IGNORECASE,
)
_WORDS_AFTER = frozenset(
    {"action_not_understood", "action_small_talk", "action_take_up_facts", "action_answer_faq"}
)
_WORDS_AFTER_LOW = _WORDS_AFTER | {
    "action_start_complaint",
    "action_start_service_visit",
    "action_change_afterwards",
}
_COMMENTED = {
    "utter_score_thanks": _WORDS_AFTER,
    "utter_survey_thanks": _WORDS_AFTER,
    "utter_score_low_later": _WORDS_AFTER_LOW,
    "utter_survey_low": _WORDS_AFTER_LOW,
}
_ASKED_WHY = frozenset({"utter_survey_low", "utter_score_low_later"})
SHORTEST_REASON = 5
_COURTESIES = frozenset({"thank", "goodbye", "greet", "affirm", "back_to_bot"})
_TAKEN_FOR_SOMETHING_ELSE = frozenset(
    {
        "action_not_understood",
        "action_small_talk",
        "action_take_up_facts",
        "action_answer_faq",
        "action_accept_offer",
        "action_decline_offer",
        "action_visit_reply",
        "action_change_afterwards",
        "action_start_complaint",
        "action_start_existing_booking",
    }
)


def redirected(action: str, turn: Turn) -> str | None:
    """The action that keeps a score, for a message that was taken for something else."""
    if action == GIVE or turn.is_payload or turn.active_form or not turn.text:
        return None
    if survey_answers.is_survey_answer(turn):
        return GIVE
    if answered_otherwise(turn) is not None or corrected(turn) is not None:
        return GIVE
    if action in _TAKEN_FOR_SOMETHING_ELSE and score_said(turn)[0] is not None:
        return GIVE if scores.waiting(turn.database, turn.conversation_id, turn.now) else None
    return GIVE if action in _commented(turn) and comment_wanted(turn) else None


def score_said(turn: Turn) -> Said:
    """The score, the word that came with it, and what it is about (None: what was asked about last).

    A number alone or a word counts just after the question; "4分" at any time.
    """
    found = _NUMBER.match(turn.text)
    if found and found["unit"]:
        return _number(found), found["word"].strip(), None
    word = stars_in(turn.text)
    bare = _number(found) if found and not found["word"] else word
    if bare is None or len(turn.text) > _SHORT or turn.is_question:
        return None, "", None
    return bare if _just_asked(turn) else None, "", None


def answered_otherwise(turn: Turn) -> bool | None:
    """What is no score, just after the question: True for a refusal, False for what has to be asked again."""
    refused = _REFUSED.match(turn.text) is not None
    if turn.is_payload or not (refused or _NO_SCORE.match(turn.text)) or not _just_asked(turn):
        return None
    return refused


def corrected(turn: Turn) -> int | None:
    """The number that follows a score at once ("满意", then "5"): it counts instead."""
    found = _NUMBER.match(turn.text)
    if turn.is_payload or "utter_score_thanks" not in turn.said_before or not found or found["word"]:
        return None
    return _number(found)


def _just_asked(turn: Turn) -> bool:
    notice = latest_notice(turn.database, turn.conversation_id)
    is_last = notice is not None and notice[0] in ASKED_BY and notice[2]
    return bool(is_last or "utter_ask_score" in turn.said_before)


def _number(found: re.Match[str]) -> int:
    return _NUMBERS.get(found["number"]) or int(found["number"])


def comment_wanted(turn: Turn) -> bool:
    """Whether the bot's last words asked for a word after a score, and this is one."""
    if not turn.said_before & _COMMENTED.keys() or turn.is_question:
        return False
    is_topic = turn.decision.get("kind") == "answer" and not _tells_why(turn)
    return turn.intent not in _COURTESIES and not is_topic


def _tells_why(turn: Turn) -> bool:
    """ "处理得太慢了" to the question what was not good: no question about how long complaints take."""
    return bool(turn.said_before & _ASKED_WHY) and len(turn.text) >= SHORTEST_REASON


def _commented(turn: Turn) -> frozenset[str]:
    """What a word about the service may be taken for after what was said."""
    return frozenset().union(*(_COMMENTED[said] for said in turn.said_before if said in _COMMENTED))
