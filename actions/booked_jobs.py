"""One job more or less in a visit that is booked already: the visit is changed, neither cancelled nor booked anew."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Events, Turn
from actions.existing_bookings import details, say_status
from actions.job_words import adds_to_booked, asks_about, named_jobs, refused_jobs
from actions.own_visits import own_visits
from actions.visit_jobs import fitting, free_jobs_at, without_included
from bot.domain.booking import VisitKind
from bot.domain.conversation import HandoffReason
from bot.domain.errors import BookingRefused, Conflict, TooLateToChange
from bot.domain.workshop import jobs_of, visit_price
from bot.services.changing_jobs import change_jobs
from bot.services.content.variables import price_text
from bot.services.visits import BookedVisit, find_visit

_OTHER_VISIT = re.compile(r"(?:再|重新|另外?|还[想要])[^，,。]{0,4}约")
_OTHER_FACTS = frozenset({"time", "store", "plate", "mileage", "booking_code", "phone"})


def wants_other_jobs(turn: Turn) -> bool:
    """Whether a job is added to a visit booked here, or taken out of it while others stay (空调清洗不做了)."""
    if turn.is_payload or turn.active_form or turn.slot("paused_form") or asks_about(turn):
        return False
    if turn.values_of(_OTHER_FACTS) or _OTHER_VISIT.search(turn.text):
        return False
    refused = refused_jobs(turn)
    added = [job for job in named_jobs(turn) if job not in refused] if refused or adds_to_booked(turn) else []
    if not refused and not added:
        return False
    visit = _visit(turn)
    if visit is None or turn.last("model") not in (None, visit.model):
        return False
    return bool(added) or any(job not in refused for job in visit.items)


def change_booked_jobs(turn: Turn) -> Events:
    """Change the jobs of the visit and tell its new end; where that is not possible, who can help."""
    visit = _visit(turn)
    assert visit is not None
    refused = refused_jobs(turn)
    added = [fitting(turn, visit.model, job) if visit.model else job for job in named_jobs(turn)]
    together = dict.fromkeys([*visit.items, *(job for job in added if job not in refused)])
    jobs = without_included(turn, [job for job in together if job not in refused])
    done: Events = [SlotSet("known_booking", [visit.code, visit.phone]), FollowupAction("action_listen")]
    if jobs == list(visit.items):
        turn.say("utter_booked_jobs_stay", **details(turn, visit))
        return done
    return [*_change(turn, visit, jobs), *done]


def _change(turn: Turn, visit: BookedVisit, jobs: Sequence[str]) -> Events:
    try:
        changed = change_jobs(
            turn.database, turn.dealership, turn.now, visit.code, visit.phone, jobs, visit.items
        )
    except BookingRefused:
        turn.say("utter_booked_jobs_do_not_fit", **details(turn, visit))
        return []
    except TooLateToChange:
        turn.say("utter_too_late_to_change", **details(turn, visit))
        late = {"code": visit.code, "wish": "change", "start": visit.start.isoformat()}
        reason = SlotSet("handoff_reason", HandoffReason.LATE_CHANGE.value)
        return [SlotSet("pending_offer", "human"), SlotSet("late_wish", late), reason]
    except Conflict:  # changed by somebody else meanwhile
        say_status(turn, find_visit(turn.database, turn.dealership, visit.code, visit.phone))
        return []
    free = free_jobs_at(turn, changed.mileage)
    paid = [job for job in jobs_of(turn.dealership, jobs) if job.id not in free]
    price = visit_price(turn.dealership, paid, visit.model)
    turn.say(
        "utter_booked_jobs_changed",
        **details(turn, changed),
        end=changed.end.strftime("%H:%M"),
        price=price_text(price),
        calendar=turn.calendar_link(changed),
    )
    return []


def _visit(turn: Turn) -> BookedVisit | None:
    """The service visit spoken of last, or the only one to come that was booked here."""
    visits = [visit for visit in own_visits(turn, VisitKind.SERVICE) if not visit.needs_new_time]
    known = turn.slot("known_booking") or [None]
    spoken_of = [visit for visit in visits if visit.code == known[0]]
    return next(iter(spoken_of or (visits if len(visits) == 1 else [])), None)
