"""Messages that belong to a handover whatever they were taken for: buttons of the queue, the time of a call, rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from actions import handoff_rules, score_answers
from bot.services.callbacks import open_callback
from bot.services.waiting_words import wants_call

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
        "utter_callback_stays",
        "utter_ask_callback_phone",
    }
)
_QUEUED = frozenset({"utter_queued_for_person", "utter_queued_with_wait"})
_ALSO_HERE = re.compile(r"人工|真人|转接")
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
_OF_CALL = re.compile(r"回电|回.{0,2}电话|打给?我|给我(?:来|打)|打(?:我)?电话|打过来|联系我|来电")
WITHDRAWS = re.compile(
    r"(?:不用|不要|不必|别|甭|取消|算了).{0,6}(?:回电|打(?:电话|过来|给我)|来电|电话)|(?:回电|电话).{0,4}(?:不用|不要|取消|算了)"
    r"|(?:不用|不要|不必|别|甭)(?:再|给我|来)?打(?:了|啦)"
)
DOES_WITHOUT = re.compile(r"^\W*(?:算了|那|我|还是)*\W*(?:不要了?|不需要了|不留了?)[吧啊呀]?\W*$")
"""Said just after the promise."""
WHENEVER = re.compile(
    r"^\W*(?:随便|都|什么时候|啥时候|几点|任何时候|时间|哪天)*(?:都行|都可以|都好|随便|无所谓|什么时候都?行?|你们?定|您定)[吧啊的]*\W*$"
)
ACKNOWLEDGES = re.compile(r"^\W*(?:好的?|嗯+|行|可以|知道了?|明白了?|收到|了解)+[吧啊呀哦了的]*\W*$")
NUMBER_WRONG = re.compile(
    r"(?:号码?|电话|手机号?).{0,4}(?:错|不对|不是)|(?:错|换|改).{0,3}(?:号码?|电话|手机)|(?:号码?|电话).{0,3}(?:换|改)"
)
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
    if not turn.active_form and (action in _MAY_MEAN_CALL or _is_acknowledged(action, turn)):
        if _is_about_call(action, turn):
            return CALL_AT
        if turn.values("phone") and wants_call(turn.text) and _call_is_enough(turn):
            return LEAVE
    if action in ("action_answer_faq", "action_not_understood", "action_request_human") and _asks_who(turn):
        return NAME_ADVISER
    return score_answers.redirected(action, turn) or handoff_rules.redirected(action, turn)


def _call_is_enough(turn: Turn) -> bool:
    """Nobody has to wait here for a call: not who waits already, and not after a score."""
    if turn.said_before & _QUEUED:
        return True
    return "utter_score_thanks" in turn.said_before and not _ALSO_HERE.search(turn.text)


def _pressed(action: str, turn: Turn) -> str | None:
    if action != "action_small_talk" or turn.intent != "back_to_bot" or not turn.last("do"):
        return None
    return CALL_AT if turn.last("do") == "call_at" else LEAVE


def _is_acknowledged(action: str, turn: Turn) -> bool:
    """ "知道了" just after the promise, whatever it was taken for."""
    return (
        action == "action_start_rescue"
        and bool(turn.said_before & _PROMISED)
        and bool(ACKNOWLEDGES.match(turn.text))
    )


def _is_about_call(action: str, turn: Turn) -> bool:
    """An answer to "想换个时间的话…", or the call spoken of later (回电改到下午三点, 电话写错了)."""
    promised_lately = bool(turn.said_lately & _PROMISED)
    spoken_of = bool(_OF_CALL.search(turn.text)) and bool(turn.values("time") or _CHANGES.search(turn.text))
    spoken_of = spoken_of or bool(WITHDRAWS.search(turn.text)) or _names_number(turn)
    if action == "action_request_human" and not turn.values_of({"time", "phone"}):
        return False
    answered = (promised_lately and turn.is_mostly({"time"})) or _answers_promise(action, turn)
    if not (answered or spoken_of):
        return False
    return open_callback(turn.database, turn.conversation_id) is not None


def _names_number(turn: Turn) -> bool:
    """The number for the call was wrong; the one of a booking is changed with the booking."""
    has_number = bool(turn.values_of({"phone", "phone_invalid"}))
    is_other = bool(turn.slot("known_booking")) and not turn.said_before & _PROMISED
    return has_number and not is_other and bool(NUMBER_WRONG.search(turn.text) or _OF_CALL.search(turn.text))


def _answers_promise(action: str, turn: Turn) -> bool:
    """What is said just after the promise: a yes, a no, another number, any time, no call at all."""
    if not turn.said_before & _PROMISED:
        return False
    rules = (DOES_WITHOUT, WHENEVER, ACKNOWLEDGES, NUMBER_WRONG)
    return (
        turn.intent in ("affirm", "deny", "request_change")
        or action == "action_leave_dialogue"
        or bool(turn.values_of({"phone", "phone_invalid"}))
        or any(rule.search(turn.text) for rule in rules)
    )


def _asks_who(turn: Turn) -> bool:
    """ "我的顾问是谁"; not who receives them on a visit that is looked up."""
    return bool(_WHO.search(turn.text)) and turn.faq.get("id") in (_ADVISER_TOPIC, None)
