"""What was spoken of before a test drive begins: one that was left or lacked a licence, a second model promised, a car
that was asked about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actions.named_problems import foreign_model
from actions.visit_words import SERVICE
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
    r"|^(?:接着|继续)(?:吧|来)?\W*$|还是.{0,2}(?:去|来)(?:吧|一趟|看看|一下)"
)
_NOT = re.compile(r"[不别]")
_SOMEBODY_ELSE = re.compile(
    r"(?:老公|老婆|爱人|媳妇|丈夫|妻子|先生|太太|爸|妈|儿子|女儿|[哥姐弟妹]|朋友|同事|对象|家[人属]|别人|[他她]).{0,8}?(?:试|开|驾照|符合|满)"
)
_ASKS = re.compile(r"多少|怎么|什么|哪|区别|对比|价|吗")
_NEXT = re.compile(
    r"(?:老公|老婆|爱人|媳妇|丈夫|妻子|先生|太太|爸|妈|儿子|女儿|[哥姐弟妹]|朋友|同事|对象|[他她])(?:那[台辆个]?)?的?"
    r"|另外?一?[台辆款个]|第二[台辆款个]|[下后]一?[台辆款]|剩下"
)
_NO_NEXT = re.compile(r"取消|改|不约|不用|[?？]|多少|怎么|什么|几点")
_MISREAD = re.compile(r"[看按点说搞弄选]错")
_FITS = re.compile(r"(?<!不)(?<!没有)符合|(?<![没未不])(?:满了|够了|有驾照)")
_DRIVE = re.compile(r"试驾|试开|试乘|想试|约")
_SHORT = 14
_OTHER_CAR = re.compile(r"别的|其[他它]|另|换|哪|什么|啥|几[款辆台个]|都|第.[款辆台个]")
_OWN = re.compile(r"我(?:的|家|这|那|开|买|有|刚)|车主|提车|交车|买了")
_OF_OWNERS = frozenset({"service", "repair", "warranty", "care", "used", "member"})
"""Topics of the FAQ about a car that somebody has."""
_MESSAGES_BACK = 4
"""Who asked about a car within so many messages means that one."""


def car_spoken_of(turn: Turn) -> dict[str, Any]:
    """The car whose next service was told before, and its owner; not what was proposed for it."""
    kept = turn.slot("offered_visit") or {}
    return {fact: value for fact, value in kept.items() if fact.startswith("visit_") and fact != "visit_jobs"}


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
    if action == "action_start_service_visit":
        of_a_car = SERVICE.search(turn.text) or turn.values_of({"job", "plate", "mileage"})
        return START if not of_a_car and not turn.active_form and _next_promised(turn) else None
    if action not in _MAY_MEAN_IT or turn.is_payload or turn.active_form:
        return None
    lost = turn.intent in ("out_of_scope", "nlu_fallback")
    strange = lost and _DRIVE.search(turn.text) and foreign_model(turn) is not None
    leaves = action == "action_leave_dialogue" and _NOT.search(turn.text)
    resumed = not leaves and _resumed(turn)
    if strange or resumed or _promised(turn) or _next_promised(turn):
        return START
    return None


def seed(turn: Turn) -> dict[str, Any]:
    """What is known beforehand of the test drive that begins with this message."""
    if _resumed(turn):
        turn.say("utter_resumed")
        kept = dict(turn.slot("offered_visit"))
        return (
            {**kept, "drive_licence": True} if _corrects_licence(turn) and _FITS.search(turn.text) else kept
        )
    model = turn.last("model") if _promised(turn) else _next_promised(turn)
    if model is None:
        asked_about = _asked_about(turn)
        if asked_about is None:
            return {}
        turn.say("utter_drive_of_model", model=turn.dealership.model(asked_about).name)
        return {"drive_model": asked_about}
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    stores = [visit.store for visit in visits if visit.model]
    name, phone = turn.slot("known_name"), say_phone(turn.slot("known_phone") or "")
    turn.say("utter_next_model", model=turn.dealership.model(model).name, name=name, phone=phone)
    known = {
        "drive_model": model,
        "drive_name": turn.slot("known_name"),
        "drive_phone": turn.slot("known_phone"),
    }
    same_driver = stores and not _NEXT.search(turn.text)  # another driver says so for himself
    licence = True if same_driver else None
    return {**known, "drive_store": stores[-1] if stores else None, "drive_licence": licence}


def _asked_about(turn: Turn) -> str | None:
    """The only model of the last message that named one: "E5冬天续航打折吗", "那试驾一下". Not the one they have."""
    if (
        turn.values("model")
        or turn.slot("scanned_model")
        or _OTHER_CAR.search(turn.text)
        or foreign_model(turn)
    ):
        return None
    said = next((event for event in turn.messages_before(_MESSAGES_BACK) if _models_in(event)), {})
    named = _models_in(said)
    drivable = {model.id for model in turn.dealership.test_car_models()} & named
    if len(named) != 1 or not drivable or _is_of_owner(said):
        return None
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    return None if drivable & {visit.model for visit in visits} else drivable.pop()


def _models_in(message: Mapping[str, Any]) -> frozenset[str]:
    entities = (message.get("parse_data") or {}).get("entities") or ()
    return frozenset(str(found["value"]) for found in entities if found.get("entity") == "model")


def _is_of_owner(message: Mapping[str, Any]) -> bool:
    topic = str(((message.get("parse_data") or {}).get("faq") or {}).get("id") or "")
    return topic.partition(".")[0] in _OF_OWNERS or _OWN.search(message.get("text") or "") is not None


def _resumed(turn: Turn) -> bool:
    kept = turn.slot("offered_visit") or {}
    if "drive_model" not in kept:
        return False
    if turn.slot("pending_offer") == LEFT:
        return _AGAIN.search(turn.text) is not None
    return bool(_SOMEBODY_ELSE.search(turn.text) or _AGAIN.search(turn.text)) or _corrects_licence(turn)


def _corrects_licence(turn: Turn) -> bool:
    """ "哦，我看错了，符合的" after a test drive was left for want of a licence."""
    return turn.slot("pending_offer") == "human" and bool(
        _MISREAD.search(turn.text) or (_FITS.search(turn.text) and turn.intent != "deny")
    )


def _next_promised(turn: Turn) -> str | None:
    """The model put off by "一次先约一款" that is not booked yet, when "现在约我老婆的" or "另一台" asks for it."""
    if turn.is_payload or not turn.slot("known_booking") or len(turn.text) > _SHORT:
        return None
    if not _NEXT.search(turn.text) or _NO_NEXT.search(turn.text) or turn.values("model"):
        return None
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    booked = {visit.model for visit in visits}
    put_off = "".join(_promises(turn))
    waiting = [m for m in turn.dealership.models if m.id not in booked and m.name in put_off]
    return min(waiting, key=lambda m: put_off.index(m.name)).id if waiting else None


def _promises(turn: Turn) -> list[str]:
    """What "一次先约一款" said."""
    return [
        event.get("text") or ""
        for event in turn.tracker.events
        if event.get("event") == "bot"
        and (event.get("metadata") or {}).get("utter_action") == "utter_one_model_first"
    ]


def _promised(turn: Turn) -> bool:
    """Whether the message names a model that "一次先约一款…再为您约" put off, after the first one was booked."""
    model = turn.last("model")
    if model is None or not turn.slot("known_booking") or len(turn.text) > _SHORT or _ASKS.search(turn.text):
        return False
    name = turn.dealership.model(model).name
    return any(name in text for text in _promises(turn))
