"""Leaving the queue for a call-back or for nothing, and changing when somebody calls."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import DealerAction, Events, Turn
from actions.callback_times import say_times, time_wished
from actions.facts import name_phone_problem
from actions.faq import misunderstood
from actions.handoff import begin_callback, why
from actions.handoff_answers import ACKNOWLEDGES, DOES_WITHOUT, NUMBER_WRONG, WHENEVER, WITHDRAWS
from bot.services.callbacks import open_callback, promise_call, withdraw_callback
from bot.services.cases import CaseView, update_case
from bot.services.wording import say_opening, say_phone

AGREES = frozenset({"affirm", "deny", "thank"})
"""Yes to the time that was promised, or no to another one."""


class LeaveQueue(DealerAction):
    """The customer does not want to wait any more: a call-back instead, or nothing."""

    action_name = "action_leave_queue"

    def perform(self, turn: Turn) -> Events:
        forgotten: Events = [SlotSet("handed_over", None), SlotSet("pending_offer", None)]
        if turn.last("do") == "callback" or turn.values("phone"):
            turn.say("utter_callback_instead")
            return [*forgotten, *begin_callback(turn, *why(turn))]
        turn.say("utter_waiting_cancelled")
        return [*forgotten, FollowupAction("action_listen")]


class CallbackTime(DealerAction):
    """Another time or number for the call that was promised, the same ones, or no call at all."""

    action_name = "action_callback_time"

    def perform(self, turn: Turn) -> Events:
        listen = [FollowupAction("action_listen")]
        case = open_callback(turn.database, turn.conversation_id)
        if case is None:
            return [*misunderstood(turn), *listen]
        if WITHDRAWS.search(turn.text) or DOES_WITHOUT.match(turn.text):
            withdraw_callback(turn.database, case.id, turn.now)
            turn.say("utter_callback_withdrawn")
            return listen
        if _read_number(turn, case):
            return listen
        due = case.due_at or turn.now
        moment, possible = time_wished(turn, due.isoformat())
        if moment is not None and possible:
            promise_call(turn.database, case.id, moment, turn.now)
            turn.say("utter_callback_moved", when=say_opening(moment, turn.now.date()))
        elif moment is None and _agrees(turn):
            turn.say("utter_callback_stays", when=say_opening(due, turn.now.date()))
        else:
            say_times(turn, due, is_refusal=moment is not None)
        return listen


def _read_number(turn: Turn, case: CaseView) -> bool:
    """The number to call instead, or that the first was wrong; a time said with it counts too."""
    phone = turn.last("phone")
    if phone is None:
        asked = bool(NUMBER_WRONG.search(turn.text)) and not turn.values("time")
        if asked and not name_phone_problem(turn):
            turn.say("utter_ask_callback_phone")
        return asked or name_phone_problem(turn)
    due = update_case(turn.database, case.id, turn.now, phone, {"complete": True}) or turn.now
    moment, possible = time_wished(turn, due.isoformat())
    if moment is not None and possible:
        promise_call(turn.database, case.id, moment, turn.now)
        due = moment
    turn.say("utter_callback_at", when=say_opening(due, turn.now.date()), phone=say_phone(phone))
    return True


def _agrees(turn: Turn) -> bool:
    return turn.intent in AGREES or bool(WHENEVER.match(turn.text) or ACKNOWLEDGES.match(turn.text))
