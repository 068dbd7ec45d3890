"""What an earlier test drive left behind: a booking that was left, one without a licence, a second model promised."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from actions.named_problems import foreign_model
from bot.services.visits import visits_of_conversation
from bot.services.wording import say_phone

if TYPE_CHECKING:
    from actions.base import Turn

LEFT = "left_test_drive"
START = "action_start_test_drive"
_MAY_MEAN_IT = frozenset(
    {
        "action_answer_faq",
        "action_not_understood",
        "action_small_talk",
        "action_accept_offer",
        "action_decline_offer",
        "action_take_up_facts",
        "action_change_afterwards",
        "action_leave_dialogue",
    }
)
_AGAIN = re.compile(
    r"还是.{0,3}[试约]|又想.{0,3}[试约]|^(?:那就?|要不|算了)?(?:还是)?(?:接着|继续|重新|再).{0,2}[试约]|[试约](?:一下)?吧\W*$"
    r"|^(?:接着|继续)(?:吧|来)?\W*$"
)
_SOMEBODY_ELSE = re.compile(
    r"(?:老公|老婆|爱人|媳妇|丈夫|妻子|先生|太太|爸|妈|儿子|女儿|[哥姐弟妹]|朋友|同事|对象|家[人属]|别人|[他她]).{0,8}?(?:试|开|驾照|符合|满)"
)
_ASKS = re.compile(r"多少|怎么|什么|哪|区别|对比|价|吗")
_DRIVE = re.compile(r"试驾|试开|试乘|想试|约")
_SHORT = 14


def kept_for_later(draft: dict[str, Any]) -> dict[str, Any]:
    """What of a test drive that came to nothing is taken up again when the customer comes back to it."""
    fields = ("drive_model", "drive_store", "drive_name", "drive_phone", "drive_wish")
    kept = {field: draft[field] for field in fields}
    if draft["drive_time"]:
        kept["drive_wish"] = {"kind": "point", "start": draft["drive_time"], "end": None}
    if draft["drive_licence"]:
        kept["drive_licence"] = True
    return kept


def redirected(action: str, turn: Turn) -> str | None:
    """The start action that a message means although it was taken for something else; None mostly."""
    if action not in _MAY_MEAN_IT or turn.is_payload or turn.active_form:
        return None
    lost = turn.intent in ("out_of_scope", "nlu_fallback")
    strange = lost and _DRIVE.search(turn.text) and foreign_model(turn) is not None
    resumed = action != "action_leave_dialogue" and _resumed(turn)
    if strange or resumed or _promised(turn):
        return START
    return None


def seed(turn: Turn) -> dict[str, Any]:
    """What is known beforehand of the test drive that begins with this message."""
    if _resumed(turn):
        turn.say("utter_resumed")
        return dict(turn.slot("offered_visit"))
    if not _promised(turn):
        return {}
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    stores = [visit.store for visit in visits if visit.model]
    name, phone = turn.slot("known_name"), say_phone(turn.slot("known_phone") or "")
    turn.say("utter_next_model", model=turn.dealership.model(turn.last("model")).name, name=name, phone=phone)
    known = {"drive_name": turn.slot("known_name"), "drive_phone": turn.slot("known_phone")}
    return {**known, "drive_store": stores[-1] if stores else None, "drive_licence": True if stores else None}


def _resumed(turn: Turn) -> bool:
    kept = turn.slot("offered_visit") or {}
    if "drive_model" not in kept:
        return False
    if turn.slot("pending_offer") == LEFT:
        return _AGAIN.search(turn.text) is not None
    return bool(_SOMEBODY_ELSE.search(turn.text) or _AGAIN.search(turn.text))


def _promised(turn: Turn) -> bool:
    """Whether the message names a model that "一次先约一款…再为您约" put off, after the first one was booked."""
    model = turn.last("model")
    if model is None or not turn.slot("known_booking") or len(turn.text) > _SHORT or _ASKS.search(turn.text):
        return False
    name = turn.dealership.model(model).name
    return any(
        (event.get("metadata") or {}).get("utter_action") == "utter_one_model_first"
        and name in (event.get("text") or "")
        for event in turn.tracker.events
        if event.get("event") == "bot"
    )
