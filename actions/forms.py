"""The forms' common behaviour: read what was said, step aside for other wishes, ask for what is missing.

Rasa calls ``validate_<form>`` on every turn of an active form. Slots are never filled from the text as such:
only from entities, or from an answer to exactly the question that was asked (``reference/rasa.md``, *Forms*).
A message that means something else is rejected here, so that the rule of its intent answers it; Rasa then
returns to the form, which repeats its question.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk.events import ActionExecutionRejected, ActiveLoop, FollowupAction, SlotSet

from actions.base import DealerAction, Events, Turn, set_slots

Draft = dict[str, Any]
ANSWERS = frozenset({"inform", "request_change", "affirm", "deny"})
CHANGES = frozenset({"request_change", "change_booking"})
_AGREES = re.compile(
    r"^\W*(?:(?:好的?|嗯+|行|可以|没问题|知道了?|明白了?|收到|谢谢你?您?|ok)[啊呀哦呢啦的了吧]*\W*)+$",
    re.IGNORECASE,
)
_WHETHER_FREE = re.compile(r"有空(?:位|了|位了)?(?:吗|没|么|嘛)")
NO_ANSWERS = frozenset({"join_waitlist", "visit_reply"})
"""Wishes of their own, whatever time or store they name."""


class Form(ABC):
    """One dialogue with its slots. ``own_intents`` are wishes that this form already fulfils."""

    name: str
    slots: tuple[str, ...]
    own_intents: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()

    @abstractmethod
    def read(self, turn: Turn, draft: Draft) -> bool:
        """Put what was said into the draft; False when nothing in it concerns this form."""

    @abstractmethod
    def next_question(self, draft: Draft) -> str | None:
        """The slot to ask for now, None when the form is complete."""

    def concerns(self, turn: Turn) -> bool:
        """Whether the message may be an answer at all, rather than another wish or a question."""
        return (
            turn.intent in ANSWERS
            or turn.intent in self.own_intents
            or turn.is_mostly(self.entities)
            or (turn.is_mostly({"bare_time"}) and (turn.requested or "").endswith("_time"))
            or (bool(turn.values("referral_code")) and bool(turn.values_of(self.entities)))
            or self.takes_anything(turn)
        )

    def elsewhere(self, turn: Turn) -> str | None:
        """The start action of another dialogue that the message clearly wants, whatever its intent was taken for."""
        return None

    def takes_anything(self, turn: Turn) -> bool:
        """Whether the question asked just now is answered in the customer's own words."""
        return False

    def acknowledge(self, turn: Turn, draft: Draft, before: Draft) -> None:
        """Something was taken up, and yet the same question is asked again: say so."""
        turn.say("utter_noted")

    def draft(self, turn: Turn) -> Draft:
        return {slot: turn.slot(slot) for slot in self.slots}

    def cleared(self) -> Events:
        """Events that forget everything this form knew."""
        return [SlotSet(slot, None) for slot in self.slots]


class ValidateForm(DealerAction):
    """Base of the ``validate_<form>`` actions."""

    form: Form
    keeps_misunderstandings = True

    def name(self) -> str:
        return f"validate_{self.form.name}" if hasattr(self, "form") else ""

    def perform(self, turn: Turn) -> Events:
        before = self.form.draft(turn)
        draft = dict(before)
        if self._must_listen(turn):
            target = self.form.elsewhere(turn)
            if target:
                return [ActionExecutionRejected(self.form.name), FollowupAction(target)]
            if (
                _is_other_wish(turn)
                or _is_said_to_adviser(turn)
                or self._answers_an_offer(turn)
                or not self.form.concerns(turn)
                or not self.form.read(turn, draft)
            ):
                return [*set_slots(draft, before), ActionExecutionRejected(self.form.name)]
            # At least one slot event: Rasa rejects a form whose validation sets none (FormAction.validate, 3.6.21).
            heard = [SlotSet("misunderstandings", None), SlotSet("pending_offer", None)]
        else:
            heard = []
        question = self.form.next_question(draft)
        if heard and question == turn.requested and draft != before and not turn.has_spoken:
            self.form.acknowledge(turn, draft, before)
        return [*heard, *set_slots(draft, before), SlotSet("requested_slot", question)]

    def _answers_an_offer(self, turn: Turn) -> bool:
        """Yes or no to a person who was offered in the middle of the form is not for the form's question."""
        return (
            turn.slot("pending_offer") == "human"
            and turn.intent in ("affirm", "deny")
            and not turn.speaks_of_booking
        )

    def _must_listen(self, turn: Turn) -> bool:
        """False when the form starts (its start action has read the message) or comes back after an interruption."""
        interrupted = (turn.tracker.active_loop or {}).get("is_interrupted")
        return turn.is_fresh_for(self.form.name) and not interrupted


def _is_other_wish(turn: Turn) -> bool:
    """ "那10点有空了吗" asks about the time, and is no wish to wait for it."""
    return turn.intent in NO_ANSWERS and not (_WHETHER_FREE.search(turn.text) and turn.values("time"))


def _is_said_to_adviser(turn: Turn) -> bool:
    """ "好的" just after a person gave the conversation back agrees to what they said, not to the form's question."""
    return turn.is_back_from_adviser and bool(_AGREES.match(turn.text))


def left(form: Form) -> Events:
    """Events that end a form before its time and forget what it knew."""
    ended: Events = [ActiveLoop(None), SlotSet("requested_slot", None)]
    return [*form.cleared(), *ended, SlotSet("paused_form", None), SlotSet("pending_offer", None)]
