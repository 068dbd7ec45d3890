"""The bot takes over from a person: it learns what was settled, ends what is done and goes on with what is not."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import ActionExecuted, ActiveLoop, SlotSet

from actions.base import DealerAction, Events, Turn, set_slots
from actions.forms import Form, left
from actions.small_talk import FORMS
from bot.domain.booking import VisitKind, VisitStatus
from bot.services.handback import Meanwhile, meanwhile
from bot.services.visits import BookedVisit

_DONE_BY = {
    "test_drive_form": frozenset({VisitKind.TEST_DRIVE}),
    "service_visit_form": frozenset({VisitKind.SERVICE}),
    "existing_booking_form": frozenset(VisitKind),
    "waitlist_form": frozenset(VisitKind),
}
"""Which visits that a person booked, moved or cancelled make a form needless."""
_NO_LONGER = frozenset({"callback_form"})
"""A person has talked with them."""
_PHONES = ("known_phone", "drive_phone", "visit_phone", "booking_phone", "callback_phone")


class BackFromAdviser(DealerAction):
    """Runs before the first message that the bot reads again (``bot.runtime.dialogue``); says nothing itself."""

    action_name = "action_back_from_adviser"

    def perform(self, turn: Turn) -> Events:
        phones = {str(turn.slot(slot)) for slot in _PHONES if turn.slot(slot)}
        news = meanwhile(turn.database, turn.dealership, turn.conversation_id, phones)
        known = set_slots({**_customer(news), "pending_offer": None, "handoff_reason": None})
        form = FORMS.get(turn.active_form or turn.slot("handed_over") or "")
        if form is not None and not _is_settled(form, news):
            question = form.next_question(form.draft(turn))
            known += [ActiveLoop(form.name), SlotSet("requested_slot", question)]
        elif form is not None:
            known += left(form)
        return [*known, SlotSet("handed_over", None), ActionExecuted("action_listen")]


def _is_settled(form: Form, news: Meanwhile) -> bool:
    """Whether there is nothing left to ask."""
    kinds = _DONE_BY.get(form.name, frozenset())
    return news.settled or form.name in _NO_LONGER or any(visit.kind in kinds for visit in news.visits)


def _customer(news: Meanwhile) -> dict[str, Any]:
    """Name, phone and booking as the adviser wrote them down."""
    if not news.visits:
        return {}
    visit: BookedVisit = news.visits[-1]
    known: dict[str, Any] = {"known_name": visit.name, "known_phone": visit.phone}
    if visit.status is VisitStatus.CONFIRMED:
        known["known_booking"] = [visit.code, visit.phone]
    return known
