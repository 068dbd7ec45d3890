"""Words that mean an event one has signed up to, whatever they were taken for: 改成三个人, 我报名了吗, 来不了了."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from actions.contact_words import OUTREACH
from actions.event_words import EVENT, asks_for_own, asks_what_there_is, names_event, people_said
from bot.services.event_notices import KINDS
from bot.services.events import SignupView, open_events, own_signups
from bot.services.offers import latest_notice
from bot.services.outreach import contacts
from bot.services.outreach.contacts import OutreachView
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
_COMES = re.compile(
    r"^\W*(?:好的?|行|可以|嗯)?\W*(?:我(?:们)?)?(?:要|想|会|也)?(?:去|来|参加|到)(?:的|吧|啊|呀|哦|呢|\W|谢谢)*$"
)
_ASKS_TO = re.compile(r"(?:能|可以|行)[^,，。]{0,6}(?:带|加|改|来|去)")
_OF_VISIT = re.compile(r"试驾|保养|预约码")


def redirected(action: str, turn: Turn) -> str | None:
    """The action for what is said of an event or a sign-up."""
    if turn.is_payload or turn.active_form or not turn.text:
        return None
    if action in _MAY_MEAN_IT and asks_for_own(turn.text):
        return LIST
    return _answers_invitation(action, turn) or _wants_event(action, turn) or _speaks_of_own(action, turn)


def _answers_invitation(action: str, turn: Turn) -> str | None:
    """ "好的，两个人", "我去", "去不了" just after an invitation."""
    if action not in _MAY_MEAN_IT or turn.is_question:
        return None
    refuses = bool(_NOT_COMING.search(turn.text))
    comes = bool(_COMES.search(turn.text)) or people_said(turn.text) is not None
    if not (comes or refuses) or not is_just_invited(turn):
        return None
    return CANCEL if refuses else SIGN_UP


def _wants_event(action: str, turn: Turn) -> str | None:
    """What is not clear, and yet asks what there is or names an event."""
    if action not in _UNCLEAR or turn.decision.get("kind") == "answer":
        return None
    if asks_what_there_is(turn.text):
        return LIST
    if turn.said_before & {"utter_events"} and people_said(turn.text) is not None:
        return SIGN_UP
    wishes = names_event(turn.text, open_events(turn.content, turn.now)) and not turn.is_question
    return SIGN_UP if wishes else None


def _speaks_of_own(action: str, turn: Turn) -> str | None:
    """ "改成三个人", "来不了了" of what one has signed up to."""
    if not (action in _MAY_MEAN_IT or action == CANCEL) or _OF_VISIT.search(turn.text):
        return None
    asks = turn.is_question and not _ASKS_TO.search(turn.text)
    changes = people_said(turn.text, now=2) is not None and not asks
    gives_up = bool(_NOT_COMING.search(turn.text))
    if not (changes or gives_up):
        return None
    is_near = EVENT.search(turn.text) or turn.said_lately & TOLD or _has_just_been_told(turn)
    if not is_near or not own(turn):
        return None
    if changes:
        return SIGN_UP
    return None if action == CANCEL else CANCEL


def invited_to(turn: Turn) -> OutreachView | None:
    """The invitation to an event that came into this conversation last and waits for an answer."""
    contact = contacts.of_conversation(turn.database, turn.conversation_id, turn.now)
    return contact if contact is not None and contact.details.get("event") else None


def is_just_invited(turn: Turn) -> bool:
    """Whether an invitation to an event came last, and the bot has said nothing since."""
    notice = latest_notice(turn.database, turn.conversation_id)
    return notice is not None and notice[0] == OUTREACH and notice[2] and invited_to(turn) is not None


def _has_just_been_told(turn: Turn) -> bool:
    """Whether the reminder of an event, or the news that there are places, came last."""
    notice = latest_notice(turn.database, turn.conversation_id)
    return notice is not None and notice[0] in KINDS and notice[2]


def own(turn: Turn) -> list[SignupView]:
    """What this customer has signed up to, of the events that are still to come."""
    phone = linked_phone(turn.database, turn.conversation_id)
    found = own_signups(turn.database, turn.conversation_id, phone)
    events = turn.content.events
    return [each for each in found if each.event in events and turn.now < events[each.event].end]
