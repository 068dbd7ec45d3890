"""The OpenAPI description of appointments and free slots."""

from __future__ import annotations

from typing import Any

from bot.api.appointments import DETAILS, MOST_SLOTS, SLOTS
from bot.api.schemas import (
    FLAG,
    KM,
    MOMENT,
    NULLABLE,
    NUMBER,
    TEXT,
    TEXTS,
    TIME,
    array,
    enum_of,
    operation,
    query,
    record,
    ref,
)
from bot.domain.booking import Refusal, VisitKind, VisitStatus

_BASE = "/api/staff/appointments"
_ID = "the id of the appointment"
_TAKEN = "the time is not possible; reason and alternatives say why and what is"
_STATE = "its state does not allow it; message says why in Chinese"
WISH = {"kind": enum_of(VisitKind), "store": NULLABLE, "model": NULLABLE, "items": TEXTS}
"""What a visit is for: ids of a store (none is any), a model and workshop jobs."""
RECORDS = {
    "check-in": "The customer has come: from two hours before to the end of the day.",
    "complete": "The visit is done, also one that was taken for a no-show.",
    "no-show": "Nobody came; from the start of the visit on. A check-in on that day or a completion undoes it.",
    "approve": "An adviser confirms a visit with needs_approval: of somebody who did not come several times.",
}


def appointment_paths() -> dict[str, Any]:
    """The paths below ``/api/staff/appointments``, and ``/api/staff/slots``."""
    return {
        _BASE: {"get": _list(), "post": _book()},
        f"{_BASE}/{{id}}": {
            "get": operation("One appointment.", ref("Appointment"), id_=_ID),
            "patch": _correct(),
        },
        f"{_BASE}/{{id}}/move": {"post": _move()},
        f"{_BASE}/{{id}}/cancel": {
            "post": operation(
                "Cancel it; again is no error. Not after its day.", ref("Appointment"), id_=_ID, s409=_STATE
            )
        },
        **{
            f"{_BASE}/{{id}}/{name}": {"post": operation(words, ref("Appointment"), id_=_ID, s409=_STATE)}
            for name, words in RECORDS.items()
        },
        "/api/staff/slots": {"get": _slots()},
    }


def appointment_schemas() -> dict[str, Any]:
    """``Appointment``, ``Slot`` and ``Refused``."""
    return {
        "Appointment": record(
            id=TEXT,
            kind=enum_of(VisitKind),
            store=TEXT,
            model=NULLABLE,
            items=TEXTS,
            start=TIME,
            end=TIME,
            status=enum_of(VisitStatus),
            code=TEXT,
            name=TEXT,
            phone=TEXT,
            plate=NULLABLE,
            mileage=KM,
            resources=TEXTS,
            resource_names=TEXTS,
            conversation_id=NULLABLE,
            sequence={**NUMBER, "description": "grows with every move and the cancellation"},
            calendar={**TEXT, "description": "the path of the customer's calendar file"},
            promised_at={**MOMENT, "description": "when the customer last said to come"},
            needs_approval={**FLAG, "description": "an adviser has to confirm it"},
            needs_new_time={
                **FLAG,
                "description": "a resource dropped out: nothing is claimed until it is moved",
            },
            to_call={
                **FLAG,
                "description": "somebody has to call the customer: it needs an adviser's word or a new time",
            },
            reached={
                **FLAG,
                "description": "the customer has a conversation or an e-mail address: messages go there",
            },
            created_at=TIME,
            updated_at=TIME,
        ),
        "Slot": record(
            "model",
            "adviser",
            store=TEXT,
            start=TIME,
            end=TIME,
            model={**TEXT, "description": "of an alternative with another car"},
            adviser={**TEXT, "description": "id, of an alternative with another adviser than wished"},
        ),
        "Refused": record(
            "reason",
            "alternatives",
            "message",
            error=TEXT,
            reason=enum_of(Refusal),
            alternatives={**array(ref("Slot")), "description": "the best first"},
            message={**TEXT, "description": "the reason in Chinese"},
        ),
    }


def _list() -> dict[str, Any]:
    return operation(
        "Appointments by start, cancelled ones included.",
        array(ref("Appointment")),
        query("phone", TEXT),
        query("from", TIME),
        query("to", TIME, "a date alone includes that day"),
        query("to_call", FLAG, "true: those alone whose customers somebody has to call; false: the others"),
    )


def _book() -> dict[str, Any]:
    body = record(
        "store",
        "model",
        "items",
        "email",
        "plate",
        "mileage",
        "conversation_id",
        "customer_id",
        "phone",
        "request_id",
        "adviser",
        **WISH,
        adviser={**NULLABLE, "description": "id of the adviser or technician who is wished for"},
        start=TIME,
        name=TEXT,
        phone={**NULLABLE, "description": "a mobile number of 11 digits; needed without customer_id"},
        customer_id={**NULLABLE, "description": "whose number it is, where phone is missing"},
        email={**NULLABLE, "description": "gets confirmations and reminders too"},
        plate=NULLABLE,
        mileage=KM,
        conversation_id={**NULLABLE, "description": "in which the customer is told"},
        request_id={
            **NULLABLE,
            "description": "the same one again gives the appointment made first; 409 for another wish",
        },
    )
    summary = "Book a visit for a customer, without the notice that customers have to give."
    refused = f"{_TAKEN}; or the request_id has made another appointment"
    return operation(summary, ref("Appointment"), body=body, s409=refused)


def _correct() -> dict[str, Any]:
    body = record(
        *DETAILS,
        name=NULLABLE,
        phone={**NULLABLE, "description": "a mobile number of 11 digits"},
        email={**NULLABLE, "description": "reminders that wait go there"},
        plate=NULLABLE,
        mileage=KM,
    )
    summary = "Correct who comes and with which car; what is missing or null stays. Nobody is told."
    return operation(summary, ref("Appointment"), body=body, id_=_ID)


def _move() -> dict[str, Any]:
    body = record("store", start=TIME, store={**NULLABLE, "description": "none keeps the store"})
    summary = "Move it to another time, and store if one is named; code and row stay."
    refused = f"{_TAKEN}; or {_STATE}"
    return operation(summary, ref("Appointment"), body=body, id_=_ID, s409=refused)


def _slots() -> dict[str, Any]:
    return operation(
        "Free times by start, as staff may book them: without the notice that customers have to give.",
        array(ref("Slot")),
        query("kind", WISH["kind"], required=True),
        query("store", TEXT, "any if none is named"),
        query("model", TEXT, "needed for a test drive"),
        query("adviser", TEXT, "id of the adviser or technician who is wished for"),
        query("items", TEXT, "ids of jobs, separated by commas; needed for a service visit"),
        query("from", TIME, "now if missing"),
        query("to", TIME, "a week later if missing"),
        query("limit", NUMBER, f"{SLOTS} if missing, {MOST_SLOTS} at most"),
    )
