"""What a person has to do, apart from cases: the kinds of tasks, who does them and how they may end."""

from __future__ import annotations

from enum import Enum


class TaskKind(str, Enum):
    OUTREACH_CALL = "outreach_call"
    """Nothing else reaches the customer about a key moment: their own adviser calls."""
    DELIVERY_DAY = "delivery_day"
    FOLLOW_UP_CALL = "follow_up_call"
    COMPLAINT_FOLLOW_UP = "complaint_follow_up"
    RESCUE_FOLLOW_UP = "rescue_follow_up"
    WARRANTY_CLAIM = "warranty_claim"
    TRADE_IN = "trade_in"
    LOW_SCORE = "low_score"
    ESCALATION = "escalation"
    EVENT_REPLY = "event_reply"
    DATA_REQUEST = "data_request"


class TaskStatus(str, Enum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


MANAGER = "manager"
"""The ``skill`` of a task that belongs to whoever manages the store."""

CALL_OUTCOMES = ("booked", "refused", "done_elsewhere", "reached", "unreached", "wrong_number")
OUTCOMES: dict[TaskKind, tuple[str, ...]] = {
    TaskKind.OUTREACH_CALL: CALL_OUTCOMES,
    TaskKind.DELIVERY_DAY: ("delivered", "postponed", "cancelled"),
    TaskKind.FOLLOW_UP_CALL: ("reached", "unreached", "wrong_number"),
    TaskKind.COMPLAINT_FOLLOW_UP: ("settled", "goes_on", "unreached"),
    TaskKind.RESCUE_FOLLOW_UP: ("settled", "goes_on", "unreached"),
    TaskKind.WARRANTY_CLAIM: ("accepted", "declined", "withdrawn"),
    TaskKind.TRADE_IN: ("appraisal_booked", "refused", "reached", "unreached"),
    TaskKind.LOW_SCORE: ("settled", "goes_on", "unreached"),
    TaskKind.ESCALATION: ("settled", "goes_on"),
    TaskKind.EVENT_REPLY: ("reached", "unreached"),
    TaskKind.DATA_REQUEST: ("done", "declined"),
}
"""How a task of each kind may end; nothing ends without one of them."""
