"""The OpenAPI description of events and of who comes."""

from __future__ import annotations

from typing import Any

from bot.api.schemas import FLAG, NULLABLE, NUMBER, TEXT, TIME, array, enum_of, operation, record, ref
from bot.domain.events import MOST_PLACES, EventMoment, SignupStatus

_EVENTS, _SIGNUPS = "/api/staff/events", "/api/staff/event-signups"
_EVENT, _SIGNUP = "the id of the event", "the id of the sign-up"
_PEOPLE = {
    "type": "integer",
    "minimum": 1,
    "maximum": MOST_PLACES,
    "description": "as many as the event allows",
}
_COUNTS = {"type": "object", "additionalProperties": NUMBER}


def event_paths() -> dict[str, Any]:
    return {
        _EVENTS: {"get": operation("Events, the next first, with what is left.", array(ref("Event")))},
        f"{_EVENTS}/{{id}}/signups": {
            "get": operation("Who comes and who waits, in their order.", array(ref("Signup")), id_=_EVENT),
            "post": operation(
                "Sign a party up, or put it in the waiting line; the same number again is the same sign-up.",
                ref("Signup"),
                body=record("people", "name", phone=TEXT, people=_PEOPLE, name=NULLABLE),
                id_=_EVENT,
                s409="signing up is over, attendance is noted, or a larger party finds no places",
            ),
        },
        f"{_EVENTS}/{{id}}/signups.csv": {"get": _list()},
        f"{_SIGNUPS}/{{id}}/people": {
            "post": operation(
                "Another number of people.",
                ref("Signup"),
                body=record(people=_PEOPLE),
                id_=_SIGNUP,
                s409="not so many places are left, or it is too late",
            )
        },
        f"{_SIGNUPS}/{{id}}/cancel": {
            "post": operation(
                "Give the places back; who waits moves up.",
                ref("Signup"),
                id_=_SIGNUP,
                s409="attendance is noted already",
            )
        },
        f"{_SIGNUPS}/{{id}}/attendance": {
            "post": operation(
                "Who had places came, or did not.",
                ref("Signup"),
                body=record(attended=FLAG),
                id_=_SIGNUP,
                s409="the day has not come, or there are no places",
            )
        },
    }


def _list() -> dict[str, Any]:
    words = "The same as a file with whole numbers; the audit log says who asked."
    described = operation(words, TEXT, id_=_EVENT)
    described["responses"]["200"]["content"] = {"text/csv": {"schema": {**TEXT, "format": "binary"}}}
    return described


def event_schemas() -> dict[str, Any]:
    """``Event``, ``Signup``."""
    return {
        "Event": record(
            id=TEXT,
            name=TEXT,
            moment=enum_of(EventMoment),
            store=TEXT,
            start=TIME,
            end=TIME,
            sign_up_until=TIME,
            is_open=FLAG,
            places=NUMBER,
            left={**NUMBER, "description": "places that nobody has"},
            people_at_most={**NUMBER, "description": "of one party"},
            description=TEXT,
            offer=TEXT,
            people={**_COUNTS, "description": "people by status"},
            signups={**_COUNTS, "description": "sign-ups by status"},
        ),
        "Signup": record(
            id=TEXT,
            event=TEXT,
            phone={**TEXT, "description": "masked: 138****5678"},
            name=NULLABLE,
            people=NUMBER,
            status=enum_of(SignupStatus),
            customer_id=NULLABLE,
            conversation_id=NULLABLE,
            created_at=TIME,
        ),
    }
