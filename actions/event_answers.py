"""Words that mean an event one has signed up to, whatever they were taken for: 改成三个人, 我报名了吗, 来不了了."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from actions.event_words import EVENT, asks_for_own, asks_what_there_is, names_event, people_said
from bot.services.events import SignupView, open_events, own_signups
from bot.services.outreach.replies import linked_phone

if TYPE_CHECKING:
    from actions.base import Turn

LIST, SIGN_UP, CANCEL = "action_list_events", "action_start_event_signup", "action_cancel_event"
TOLD = frozenset(
    {
        "utter_event_signed_up",
        "utter_event_waiting",
        "utter_event_own",
        "utter_event_changed",
        "utter_event_not_enough",
    }
)
"""What names the sign-ups of a customer."""
_MAY_MEAN_IT = frozenset(
    {
        "action_accept_offer",
        "action_answer_faq",
        "action_ask_which_visit",
        "action_change_afterwards",
        "action_decline_offer",
        "action_leave_dialogue",
        "action_leave_without_code",
        "action_not_understood",
        "action_small_talk",
        "action_start_existing_booking",
        "action_start_test_drive",
        "action_take_up_facts",
        "action_visit_reply",
        "action_join_waitlist",
    }
)
_UNCLEAR = frozenset(
    {"action_answer_faq", "action_not_understood", "action_small_talk", "action_take_up_facts"}
)
_NOT_COMING = re.compile(
    r"[来去到]不(?:了|成)|不(?:想|能)?(?:来|去|参加)了|不参加|没空|没时间|取消|退(?:出|掉|了)|不(?:等|候补)了"
)
_OF_VISIT = re.compile(r"试驾|保养|预约码")


def redirected(action: str, turn: Turn) -> str | None:
    """The action for what is said of a sign-up."""
    if turn.is_payload or turn.active_form or not turn.text:
        return None
    if action in _MAY_MEAN_IT and asks_for_own(turn.text):
        return LIST
    if action in _UNCLEAR and not _is_answered(turn):
        if asks_what_there_is(turn.text):
            return LIST
        if names_event(turn.text, open_events(turn.content, turn.now)) and not turn.is_question:
            return SIGN_UP
    may_change = action in _MAY_MEAN_IT or action == CANCEL
    if not may_change or _OF_VISIT.search(turn.text):
        return None
    is_near = bool(turn.said_lately & TOLD)
    if not (is_near or EVENT.search(turn.text)):
        return None
    changes = people_said(turn.text, now=2) is not None and not turn.is_question
    gives_up = bool(_NOT_COMING.search(turn.text))
    if not (changes or gives_up) or not own(turn):
        return None
    if changes:
        return SIGN_UP
    return None if action == CANCEL else CANCEL


def _is_answered(turn: Turn) -> bool:
    """Whether another question of the FAQ is clearly meant."""
    return turn.decision.get("kind") == "answer"


def own(turn: Turn) -> list[SignupView]:
    """What this customer has signed up to, of the events that are still to come."""
    phone = linked_phone(turn.database, turn.conversation_id)
    found = own_signups(turn.database, turn.conversation_id, phone)
    events = turn.content.events
    return [each for each in found if each.event in events and turn.now < events[each.event].end]
