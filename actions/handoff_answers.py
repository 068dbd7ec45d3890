"""Messages that belong to a handover whatever they were taken for: buttons of the queue, the time of a call, rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from actions import handoff_rules, score_answers
from bot.services.callbacks import open_callback

if TYPE_CHECKING:
    from actions.base import Turn

LEAVE, CALL_AT, NAME_ADVISER = "action_leave_queue", "action_callback_time", "action_name_adviser"
_PROMISED = frozenset(
    {
        "utter_ask_callback_time",
        "utter_callback_hours",
        "utter_callback_recorded",
        "utter_callback_at",
        "utter_callback_moved",
    }
)
_MAY_MEAN_CALL = frozenset(
    {
        "action_answer_faq",
        "action_not_understood",
        "action_small_talk",
        "action_accept_offer",
        "action_decline_offer",
        "action_take_up_facts",
        "action_change_afterwards",
        "action_start_existing_booking",
        "action_leave_dialogue",
        "action_request_human",
        "action_visit_reply",
        "action_start_service_visit",
        "action_start_test_drive",
        "action_start_own_car",
        "action_ask_which_visit",
    }
)
_OF_CALL = re.compile(r"回电|回.{0,2}电话|打给我|给我(?:来|打)|打(?:我)?电话|打过来|联系我|来电")
_CHANGES = re.compile(r"改|换|推迟|提前|早点|晚点|不用|不要|取消|别|几点|什么时候")
_WHO = re.compile(
    r"(?:我|咱)的?.{0,4}(?:顾问|客户经理|销售)(?:是|叫)(?:谁|哪|什么|啥)|谁是我.{0,4}(?:顾问|客户经理|销售)"
    r"|(?:哪位|哪个|谁)(?:顾问|销售)?(?:在)?(?:负责|跟进|服务)我"
)
_ADVISER_TOPIC = "store.adviser"


def redirected(action: str, turn: Turn) -> str | None:
    """The action that a message means as part of a handover."""
    if turn.is_payload:
        return _pressed(action, turn)
    if not turn.active_form and action in _MAY_MEAN_CALL and _is_about_call(action, turn):
        return CALL_AT
    if action in ("action_answer_faq", "action_not_understood", "action_request_human") and _asks_who(turn):
        return NAME_ADVISER
    return score_answers.redirected(action, turn) or handoff_rules.redirected(action, turn)


def _pressed(action: str, turn: Turn) -> str | None:
    if action != "action_small_talk" or turn.intent != "back_to_bot" or not turn.last("do"):
        return None
    return CALL_AT if turn.last("do") == "call_at" else LEAVE


def _is_about_call(action: str, turn: Turn) -> bool:
    """An answer to "想换个时间的话…", or the call spoken of later (回电改到下午三点)."""
    just_promised = bool(turn.said_before & _PROMISED)
    spoken_of = bool(_OF_CALL.search(turn.text)) and bool(turn.values("time") or _CHANGES.search(turn.text))
    if action == "action_request_human" and not turn.values("time"):
        return False
    answered = just_promised and (
        turn.is_mostly({"time"})
        or turn.intent in ("affirm", "deny", "request_change")
        or action == "action_leave_dialogue"
    )
    if not (answered or spoken_of):
        return False
    return open_callback(turn.database, turn.conversation_id) is not None


def _asks_who(turn: Turn) -> bool:
    """ "我的顾问是谁"; not who receives them on a visit that is looked up."""
    return bool(_WHO.search(turn.text)) and turn.faq.get("id") in (_ADVISER_TOPIC, None)
