"""Leaving the queue for a call-back or for nothing, and changing when somebody calls."""

from __future__ import annotations

import re

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import DealerAction, Events, Turn
from actions.callback_times import say_times, time_wished
from actions.faq import misunderstood
from actions.handoff import begin_callback
from bot.domain.conversation import HandoffReason
from bot.services.callbacks import open_callback, promise_call, withdraw_callback
from bot.services.wording import say_opening

WITHDRAWS = re.compile(
    r"(?:不用|不要|不必|别|甭|取消|算了).{0,6}(?:回电|打(?:电话|过来|给我)|来电|电话)|(?:回电|电话).{0,4}(?:不用|不要|取消|算了)"
)
AGREES = frozenset({"affirm", "deny", "thank"})
"""Yes to the time that was promised, or no to another one."""


class LeaveQueue(DealerAction):
    """The customer does not want to wait any more: a call-back instead, or nothing."""

    action_name = "action_leave_queue"

    def perform(self, turn: Turn) -> Events:
        forgotten: Events = [SlotSet("handed_over", None), SlotSet("pending_offer", None)]
        if turn.last("do") == "callback":
            turn.say("utter_callback_instead")
            return [*forgotten, *begin_callback(turn, HandoffReason.ASKED.value)]
        turn.say("utter_waiting_cancelled")
        return [*forgotten, FollowupAction("action_listen")]


class CallbackTime(DealerAction):
    """Another time for the call that was promised, the same one, or no call at all."""

    action_name = "action_callback_time"

    def perform(self, turn: Turn) -> Events:
        listen = [FollowupAction("action_listen")]
        case = open_callback(turn.database, turn.conversation_id)
        if case is None:
            return [*misunderstood(turn), *listen]
        if WITHDRAWS.search(turn.text):
            withdraw_callback(turn.database, case.id, turn.now)
            turn.say("utter_callback_withdrawn")
            return listen
        due = case.due_at or turn.now
        moment, possible = time_wished(turn, due.isoformat())
        if moment is not None and possible:
            promise_call(turn.database, case.id, moment, turn.now)
            turn.say("utter_callback_moved", when=say_opening(moment, turn.now.date()))
        elif moment is None and turn.intent in AGREES:
            turn.say("utter_callback_stays", when=say_opening(due, turn.now.date()))
        else:
            say_times(turn, due, is_refusal=moment is not None)
        return listen
