"""Several requests in one message: one dialogue begins, the questions are answered, other dialogues wait their turn.

A good receptionist answers the short question at once, does one thing after the other, and forgets none. In an
emergency nothing else is spoken of; before a complaint nothing else is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rasa_sdk.events import SlotSet

from bot.services.replies import FAQ_PREFIX, topic_payload

if TYPE_CHECKING:
    from actions.base import Events, Turn

TITLES = {
    "book_test_drive": "预约试驾",
    "book_service": "预约保养",
    "check_booking": "查询预约",
    "change_booking": "修改预约",
    "cancel_booking": "取消预约",
    "ask_service_due": "查保养时间",
    "ask_warranty_status": "查质保",
    "report_breakdown": "叫道路救援",
    "complain": "投诉",
    "ask_human": "转人工顾问",
    "sign_up_event": "报名活动",
    "trade_in": "旧车置换",
}
STARTS = "action_start_"
ENDS = ("action_book_", "action_finish_", "action_answer_own_car", "action_leave_dialogue")
COMPLAINT = "complain"
SERIOUS = frozenset({"action_start_rescue", "action_start_complaint"})


def around(action: str, turn: Turn, perform: Callable[[Turn], Events]) -> Events:
    """Run an action with what the message or an earlier one wants besides."""
    if action.startswith(STARTS):
        if action not in SERIOUS:
            _answer(turn)
        return [*perform(turn), *_put_off(turn, action)]
    if action == "action_request_human":
        return [*perform(turn), SlotSet("also_wanted", None)]
    events = perform(turn)
    return [*events, *_remind(turn, events)] if action.startswith(ENDS) and not _goes_on(events) else events


def _answer(turn: Turn) -> None:
    for topic in turn.also_asked:
        turn.say(f"{FAQ_PREFIX}{topic}")


def _put_off(turn: Turn, action: str) -> Events:
    """Name the dialogues that have to wait, and keep them in mind."""
    waiting = [intent for intent in turn.slot("also_wanted") or () if intent != turn.intent]
    waiting += [COMPLAINT] if _leaves_complaint(turn, action) and COMPLAINT not in waiting else []
    if action == "action_start_rescue":
        return [SlotSet("also_wanted", None)]
    wanted = [intent for intent in turn.also_wanted if intent in TITLES]
    topics = turn.also_asked if action in SERIOUS else []
    if wanted or topics:
        titles = [
            *(TITLES[intent] for intent in wanted),
            *(turn.content.faq[topic].title for topic in topics),
        ]
        buttons = [*map(dialogue_button, wanted), *(_topic_button(turn, topic) for topic in topics)]
        turn.say("utter_also_wanted", buttons=buttons, others="、".join(titles))
    kept = [*waiting, *(intent for intent in wanted if intent not in waiting)]
    return [SlotSet("also_wanted", kept or None)] if kept or turn.slot("also_wanted") else []


def _leaves_complaint(turn: Turn, action: str) -> bool:
    """Whether a complaint is left for something else before a word of it was told."""
    untold = turn.active_form == "complaint_form" and not turn.slot("complaint_text")
    return untold and action not in SERIOUS


def _remind(turn: Turn, events: Events) -> Events:
    """The dialogue is over: what about the other one, if that has not just been offered anyway?"""
    offered = {event.get("value") for event in events if event.get("name") == "pending_offer"}
    waiting = [intent for intent in turn.slot("also_wanted") or () if intent not in offered]
    if not waiting or turn.is_handed_over:  # the adviser reads everything
        return []
    turn.say(
        "utter_also_wanted_now",
        buttons=[*map(dialogue_button, waiting)],
        others="、".join(TITLES[w] for w in waiting),
    )
    offer = "human" if waiting[0] == "ask_human" else waiting[0]
    return [SlotSet("also_wanted", None), SlotSet("pending_offer", offer)]


def _goes_on(events: Events) -> bool:
    """Whether something follows, as a question about the time after a slot was lost."""
    return any(event.get("event") == "followup" for event in events)


def dialogue_button(intent: str) -> dict[str, str]:
    return {"title": TITLES[intent], "payload": f"/{intent}"}


def _topic_button(turn: Turn, topic: str) -> dict[str, Any]:
    return {"title": turn.content.faq[topic].title, "payload": topic_payload(topic)}
