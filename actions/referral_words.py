"""Codes of others in what is said: noted in any message that begins or goes on with a dialogue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.services import referrals
from bot.services.outreach.replies import linked_phone
from bot.services.referrals import Outcome

if TYPE_CHECKING:
    from actions.base import Turn

ACTION, INTENT = "action_referral", "referral"
WORDS = {
    Outcome.NOTED: "utter_referral_noted",
    Outcome.KEPT: "utter_referral_kept",
    Outcome.UNKNOWN: "utter_referral_unknown",
    Outcome.OWN: "utter_referral_own",
    Outcome.NOT_NEW: "utter_referral_not_new",
    Outcome.ALREADY: "utter_referral_already",
}
_ASKED = frozenset({"utter_ask_referral_code", "utter_referral_unknown"})
_UNCLEAR = frozenset(
    {
        "action_answer_faq",
        "action_not_understood",
        "action_small_talk",
        "action_start_existing_booking",
        "action_take_up_facts",
    }
)
_LIKE_A_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z0-9 -]*[A-Za-z])(?:[A-Za-z0-9][ -]?){5}[A-Za-z0-9](?![A-Za-z0-9])"
)
_PHONES = ("known_phone", "drive_phone", "visit_phone", "waitlist_phone", "event_phone")


def redirected(action: str, turn: Turn) -> str | None:
    """A code just after it was asked for, or in a message that was taken for nothing clear."""
    if turn.is_payload or turn.active_form or action == ACTION:
        return None
    was_asked = bool(turn.said_before & _ASKED)
    if was_asked and _LIKE_A_CODE.fullmatch(turn.text.strip()):  # whatever its signs look like: X5 is a model
        return ACTION
    if action not in _UNCLEAR:
        return None
    if was_asked and _LIKE_A_CODE.search(turn.text):
        return ACTION
    is_answered = turn.decision.get("kind") == "answer"
    return ACTION if turn.values("referral_code") and not is_answered else None


def code_said(turn: Turn) -> str | None:
    """The code in a message about codes."""
    if turn.is_payload:
        return None
    told = turn.last("referral_code")
    found = _LIKE_A_CODE.search(turn.text)
    return str(told) if told else found[0] if found else None


def note_aside(action: str, turn: Turn) -> None:
    """Keep a code that is told along with something else (想试驾X5，朋友推荐的，推荐码 K7M2PQ)."""
    code = turn.last("referral_code")
    form = turn.active_form
    is_all = turn.intent == INTENT and not (form and turn.values_of({"phone", "name"}))
    if not code or turn.is_payload or is_all or has_answered(turn):
        return
    goes_on = form is not None and action == f"validate_{form}" and turn.is_fresh_for(form)
    if goes_on or action.startswith("action_start_"):
        say_noted(turn, str(code))


def say_noted(turn: Turn, said: str) -> None:
    """Keep a code and say what came of it."""
    outcome, code = referrals.note_code(turn.database, said, turn.conversation_id, _phone(turn), turn.now)
    turn.say(WORDS[outcome], referral=code)


def _phone(turn: Turn) -> str | None:
    told = turn.last("phone") or next(filter(None, map(turn.slot, _PHONES)), None)
    return str(told) if told else linked_phone(turn.database, turn.conversation_id)


def has_answered(turn: Turn) -> bool:
    """Whether the code was answered since the customer spoke."""
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            return False
        if (event.get("metadata") or {}).get("utter_action") in WORDS.values():
            return True
    return False
