"""The OpenAPI description of resources, outages and the waitlist."""

from __future__ import annotations

from typing import Any

from bot.api.appointments_description import WISH
from bot.api.schemas import (
    FLAG,
    KM,
    MOMENT,
    NULLABLE,
    NUMBER,
    TEXT,
    TIME,
    array,
    enum_of,
    operation,
    query,
    record,
    ref,
)
from bot.domain.dealership import ResourceKind
from bot.domain.waitlist import WaitState

_CLOCK = {**TEXT, "description": "HH:MM; 24:00 is the end of the day"}
_WEEKDAYS = {**array(NUMBER), "description": "1 (Monday) to 7; none is any day"}
_TO_CALL = {
    **array(TEXT),
    "description": "ids of appointments whose customers have neither a chat nor an e-mail address: call them",
}


def capacity_paths() -> dict[str, Any]:
    """The paths below ``/api/staff/resources``, ``/outages`` and ``/waitlist``."""
    return {
        "/api/staff/resources": {
            "get": operation(
                "Cars, advisers, bays and technicians, with the addresses of their feeds.",
                array(ref("Resource")),
            )
        },
        "/api/staff/resources/{id}/feed": {
            "post": operation(
                "A new address for the feed; the old one is dead.",
                ref("Resource"),
                id_="the id of the resource",
            )
        },
        "/api/staff/outages": {"get": _outages(), "post": _begin()},
        "/api/staff/outages/{id}": {
            "delete": operation(
                "The resource is back: visits that wait for a new time get their old one where it is free.",
                ref("Recovery"),
                id_="the id of the outage",
            )
        },
        "/api/staff/waitlist": {"get": _waiting(), "post": _join()},
        "/api/staff/waitlist/{id}": {
            "delete": operation(
                "The customer waits no more; again is no error.",
                ref("WaitlistEntry"),
                id_="the id of the entry",
            )
        },
    }


def capacity_schemas() -> dict[str, Any]:
    """``Resource``, ``Outage``, ``Disruption``, ``Recovery`` and ``WaitlistEntry``."""
    visits = array(ref("Appointment"))
    return {
        "Resource": record(
            id=TEXT,
            kind=enum_of(ResourceKind),
            store=TEXT,
            name=TEXT,
            model=NULLABLE,
            electric={**FLAG, "description": "EV equipment or an EV certificate"},
            feed={**TEXT, "description": "the path of its calendar feed"},
        ),
        "Outage": record(
            id=TEXT,
            resource=TEXT,
            resource_name=TEXT,
            start=TIME,
            end=TIME,
            reason=TEXT,
            created_by=TEXT,
            created_at=TIME,
            ended_at={**MOMENT, "description": "when it was lifted before its end"},
        ),
        "Disruption": record(
            outage=ref("Outage"),
            moved={**visits, "description": "kept their time with other resources"},
            to_rebook={**visits, "description": "need a new time; their customers were offered some"},
            on_site={**visits, "description": "customers who are in the house and lost the resource"},
            new_times={"type": "object", "description": "what was offered, by the id of the appointment"},
            already_out={**FLAG, "description": "it was out of use all that time before: nothing changed"},
            to_call=_TO_CALL,
        ),
        "Recovery": record(
            outage=ref("Outage"),
            restored={**visits, "description": "got their old time back"},
            to_call=_TO_CALL,
        ),
        "WaitlistEntry": record(
            id=TEXT,
            state=enum_of(WaitState),
            **WISH,
            from_=TIME,
            until=TIME,
            weekdays=_WEEKDAYS,
            from_time=_CLOCK,
            until_time=_CLOCK,
            name=NULLABLE,
            phone=TEXT,
            plate=NULLABLE,
            mileage=KM,
            conversation_id=NULLABLE,
            offered_store=NULLABLE,
            offered_start=MOMENT,
            reply_by=MOMENT,
            appointment_id={**NULLABLE, "description": "the visit that it became"},
            created_at=TIME,
            updated_at=TIME,
        ),
    }


def _outages() -> dict[str, Any]:
    words = "true for those that are over, too"
    return operation(
        "Outages that go on or are to come, by start.", array(ref("Outage")), query("all", FLAG, words)
    )


def _begin() -> dict[str, Any]:
    body = record("reason", resource=TEXT, start=TIME, end=TIME, reason=TEXT)
    summary = (
        "Take a resource out of use; each visit gets another one, or its customer new times to choose from."
    )
    return operation(summary, ref("Disruption"), body=body)


def _waiting() -> dict[str, Any]:
    return operation(
        "Who waits, in the order of the line.",
        array(ref("WaitlistEntry")),
        query("phone", TEXT),
        query("state", enum_of(WaitState), "waiting and offered if missing"),
    )


def _join() -> dict[str, Any]:
    optional = (
        "store",
        "model",
        "items",
        "from_",
        "weekdays",
        "from_time",
        "until_time",
        "name",
        "email",
        "plate",
        "mileage",
    )
    body = record(
        *optional,
        **WISH,
        from_={**TIME, "description": "now if missing"},
        until=TIME,
        weekdays=_WEEKDAYS,
        from_time=_CLOCK,
        until_time=_CLOCK,
        name=NULLABLE,
        phone=TEXT,
        email={**NULLABLE, "description": "offers go there too, and it stays known"},
        plate=NULLABLE,
        mileage=KM,
    )
    return operation(
        "Wait for a visit; the same phone number and visit again changes the wish and keeps the place.",
        ref("WaitlistEntry"),
        body=body,
        s409="it can never be done, or too many wishes of one number",
    )
