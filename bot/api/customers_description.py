"""The OpenAPI description of customers, cases and leads."""

from __future__ import annotations

from typing import Any

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
from bot.domain.booking import VisitKind, VisitStatus
from bot.domain.cases import CASE_OUTCOMES, CaseKind, CaseStatus, RescueStep
from bot.domain.conversation import Owner
from bot.domain.tasks import TaskKind, TaskStatus
from bot.domain.waitlist import WaitState
from bot.services.customers import REVEALED
from bot.services.leads import LeadKind, LeadStatus

_API = "/api/staff"
_OUTCOME = {"type": "string", "enum": sorted({each for some in CASE_OUTCOMES.values() for each in some})}
_MASKED = {**TEXT, "description": "masked: 138****5678"}
_MASKED_OR_NONE = {**_MASKED, "nullable": True}
_DAY = {"type": "string", "format": "date"}
_NUMBER_OR_NONE = {**NUMBER, "nullable": True}
_DAY_OR_NONE = {**_DAY, "nullable": True}
_MINUTES = {
    "type": "integer",
    "minimum": 1,
    "maximum": 1440,
    "nullable": True,
    "description": "until help arrives",
}
_CUSTOMER = "the id of the customer"
_CONVERSATION = "the id of the conversation"
_CASE = "the id of the case"
_PLATE = {"name": "plate", "in": "path", "required": True, "schema": TEXT, "description": "of the car"}
_SEQ = {"name": "seq", "in": "path", "required": True, "schema": NUMBER, "description": "of the message"}
_MESSAGE = {**NUMBER, "nullable": True, "description": "the sequence number of a message"}
_ADVISER = {**TEXT, "nullable": True, "description": "a username"}
_OWN_ADVISER = {**TEXT, "nullable": True, "description": "a resource of the dealership or a username"}


def customer_paths() -> dict[str, Any]:
    """The paths below ``customers``, ``cases`` and ``leads``, and the card of a conversation."""
    card = ref("CustomerCard")
    return {
        f"{_API}/customers": {
            "get": operation(
                "Customers by the last digits of the number (four or more), name, plate or booking code; "
                "without q the newest.",
                array(ref("Customer")),
                query("q", TEXT),
                query("limit", NUMBER, "50 unless told, at most 200"),
            )
        },
        f"{_API}/customers/{{id}}": {
            "get": operation("A customer with everything that is known.", card, id_=_CUSTOMER),
            "patch": operation(
                "Change what is given; an empty text takes it away.",
                card,
                body=record("name", "email", "adviser", name=NULLABLE, email=NULLABLE, adviser=_OWN_ADVISER),
                id_=_CUSTOMER,
            ),
        },
        f"{_API}/customers/{{id}}/vehicles/{{plate}}": {
            "put": operation(
                "Write a car down, or what is new of it.",
                card,
                _PLATE,
                body=_vehicle_body(),
                id_=_CUSTOMER,
                s409="the plate is another customer's; message says so in Chinese",
            ),
            "delete": operation("The car is no longer this customer's.", card, _PLATE, id_=_CUSTOMER),
        },
        f"{_API}/customers/{{id}}/wechat-code": {
            "post": operation(
                "A one-time code for the customer to send in WeChat (绑定 ABCD2345), which links that conversation to "
                "them. It counts for 15 minutes, and an earlier one no longer.",
                record(code=TEXT, expires_at=TIME),
                id_=_CUSTOMER,
            )
        },
        f"{_API}/conversations/{{id}}/card": {
            "get": operation("The card of whoever writes there.", card, id_=_CONVERSATION)
        },
        f"{_API}/conversations/{{id}}/customer": {
            "put": operation(
                "Say whose conversation it is, by the number, or by the customer's message that has it; without "
                "either by the number that is known already. A customer who is not on record is written down.",
                card,
                body=record("phone", "name", "message", phone=NULLABLE, name=NULLABLE, message=_MESSAGE),
                id_=_CONVERSATION,
            )
        },
        f"{_API}/conversations/{{id}}/messages/{{seq}}/reveal": {
            "post": operation(
                "A message with the numbers that are masked in it; the audit log gets who asked.",
                record(text=TEXT),
                _SEQ,
                id_=_CONVERSATION,
            )
        },
        **{f"{_API}/{kind}/{{id}}/reveal": {"post": _reveal(kind)} for kind in REVEALED},
        **_privacy_paths(),
        **_case_paths(),
        **_lead_paths(),
    }


def customer_schemas() -> dict[str, Any]:
    """``Customer``, ``CustomerCard``, ``Case`` and ``Lead``."""
    return {
        "Customer": record(
            id=TEXT,
            name=NULLABLE,
            phone=_MASKED,
            email=NULLABLE,
            adviser=_OWN_ADVISER,
            plates=TEXTS,
            models=TEXTS,
        ),
        "CustomerCard": _card(),
        "Case": record(
            id=TEXT,
            kind=enum_of(CaseKind),
            status=enum_of(CaseStatus),
            conversation_id=TEXT,
            phone=_MASKED_OR_NONE,
            details={"type": "object"},
            due_at=MOMENT,
            created_at=TIME,
            adviser=_ADVISER,
            note={**NULLABLE, "description": "how it ended"},
            closed_at=MOMENT,
            outcome={**NULLABLE, "description": "how it ended"},
            answered_at={**MOMENT, "description": "when a person first answered the customer"},
            escalation={**NUMBER, "description": "how often it was passed up"},
        ),
        "Lead": record(
            id=TEXT,
            kind=enum_of(LeadKind),
            status=enum_of(LeadStatus),
            phone=_MASKED,
            name=NULLABLE,
            model=NULLABLE,
            note=NULLABLE,
            channel=NULLABLE,
            page=NULLABLE,
            conversation_id=NULLABLE,
            appointment_id=NULLABLE,
            adviser=_ADVISER,
            created_at=TIME,
            updated_at=TIME,
        ),
    }


def _privacy_paths() -> dict[str, Any]:
    packed = {"type": "string", "format": "binary"}
    copy = operation(
        "Everything that is stored about the customer, as a ZIP file; logged.", packed, id_=_CUSTOMER
    )
    copy["responses"]["200"]["content"] = {"application/zip": {"schema": packed}}
    return {
        f"{_API}/customers/{{id}}/copy": {"get": copy},
        f"{_API}/customers/{{id}}/erase": {
            "post": operation(
                "Delete what is stored about the customer, in tables and files. There is no way back.",
                record(rows={"type": "object"}, archived=NUMBER),
                body=record(
                    "force",
                    last_digits={
                        **TEXT,
                        "description": "the last four digits of the number, typed by a person",
                    },
                    force={**FLAG, "description": "visits to come and open cases too"},
                ),
                id_=_CUSTOMER,
                s409="visits are to come, or cases are open",
            )
        },
    }


def _case_paths() -> dict[str, Any]:
    return {
        f"{_API}/cases": {
            "get": operation(
                "Cases, newest first.",
                array(ref("Case")),
                query("kind", enum_of(CaseKind)),
                query("status", enum_of(CaseStatus)),
            )
        },
        f"{_API}/cases/{{id}}/assign": {
            "post": operation(
                "Say who looks after it; null is nobody.",
                ref("Case"),
                body=record("adviser", adviser=_ADVISER),
                id_=_CASE,
            )
        },
        f"{_API}/cases/{{id}}/progress": {
            "post": operation(
                "Tell the customer of a rescue how far it is, where they wrote.",
                ref("Case"),
                body=record("minutes", step=enum_of(RescueStep), minutes=_MINUTES),
                id_=_CASE,
                s409="it is closed",
            )
        },
        f"{_API}/cases/{{id}}/close": {
            "post": operation(
                "It is done, with an outcome of its kind; again changes nothing.",
                ref("Case"),
                body=record("note", outcome=_OUTCOME, note=NULLABLE),
                id_=_CASE,
            )
        },
    }


def _lead_paths() -> dict[str, Any]:
    body = record(
        "name",
        "model",
        "note",
        "conversation_id",
        phone=TEXT,
        name=NULLABLE,
        model=NULLABLE,
        note=NULLABLE,
        conversation_id=NULLABLE,
    )
    change = record("status", "adviser", "note", status=enum_of(LeadStatus), adviser=_ADVISER, note=NULLABLE)
    return {
        f"{_API}/leads": {
            "get": operation(
                "Leads, newest first.", array(ref("Lead")), query("status", enum_of(LeadStatus))
            ),
            "post": operation("Write a lead down; whoever does looks after it.", ref("Lead"), body=body),
        },
        f"{_API}/leads/{{id}}": {
            "patch": operation(
                "Change what is given; an empty text takes it away.",
                ref("Lead"),
                body=change,
                id_="the id of the lead",
            )
        },
    }


def _reveal(kind: str) -> dict[str, Any]:
    words = f"The whole telephone number; the audit log gets who asked (of {kind})."
    return operation(words, record(phone=TEXT), id_="the id of what has the number")


def _vehicle_body() -> dict[str, Any]:
    return record(
        "mileage",
        "last_service_on",
        "last_service_km",
        model=TEXT,
        delivered=_DAY,
        mileage=KM,
        last_service_on=_DAY_OR_NONE,
        last_service_km=KM,
    )


def _profile() -> dict[str, Any]:
    return record(
        needs=array(record(label=TEXT, value=TEXT)),
        segments=TEXTS,
        repurchase_on=_DAY_OR_NONE,
        consented_at=MOMENT,
        updated_at=TIME,
    )


def _card() -> dict[str, Any]:
    return record(
        customer={**_card_customer(), "nullable": True},
        source={**_source(), "nullable": True},
        facts=array(record(label=TEXT, value=TEXT)),
        last_messages=TEXTS,
        vehicles=array(_vehicle()),
        appointments=array(_visit()),
        waitlist=array(
            record(
                id=TEXT,
                state=enum_of(WaitState),
                kind=enum_of(VisitKind),
                store=NULLABLE,
                model=NULLABLE,
                from_=TIME,
                until=TIME,
            )
        ),
        cases=array(ref("Case")),
        leads=array(ref("Lead")),
        profile={**_profile(), "nullable": True},
        scores=array(record(occasion=TEXT, score=NUMBER, comment=NULLABLE, at=TIME)),
        surveys=array(
            record(kind=TEXT, satisfaction=_NUMBER_OR_NONE, nps=_NUMBER_OR_NONE, comment=NULLABLE, at=TIME)
        ),
        tasks=array(
            record(
                id=TEXT,
                kind=enum_of(TaskKind),
                status=enum_of(TaskStatus),
                title=TEXT,
                due_at=TIME,
                outcome=NULLABLE,
            )
        ),
        conversations=array(
            record(
                id=TEXT,
                channel=TEXT,
                state=enum_of(Owner),
                updated_at=TIME,
                outcome=NULLABLE,
                note=NULLABLE,
            )
        ),
    )


def _card_customer() -> dict[str, Any]:
    by = {
        "type": "string",
        "enum": ["linked", "booking", "case", "lead", "waitlist", "message"],
        "description": "linked: a person said so; else where the number was given in this conversation",
    }
    return record(
        id={**NULLABLE, "description": "null for somebody who is not on record"},
        name=NULLABLE,
        phone=_MASKED,
        email=NULLABLE,
        adviser=_OWN_ADVISER,
        adviser_name=NULLABLE,
        known_by=by,
        message={**NUMBER, "nullable": True, "description": "the message that has the number"},
        referred_by={**NULLABLE, "description": "the referral code of who brought them"},
    )


def _source() -> dict[str, Any]:
    return record(
        conversation_id=TEXT,
        channel=TEXT,
        page={**NULLABLE, "description": "from which the customer wrote"},
        state=enum_of(Owner),
        skill=NULLABLE,
        reason=NULLABLE,
        created_at=TIME,
    )


def _vehicle() -> dict[str, Any]:
    lifecycle = record(
        stage=TEXT,
        stage_name=TEXT,
        service_job=TEXT,
        service_name=TEXT,
        service_km={**NUMBER, "description": "km of the next service"},
        service_km_estimated=FLAG,
        service_km_left=KM,
        service_on=_DAY,
        service_days_left=NUMBER,
        service_overdue=FLAG,
        in_warranty=FLAG,
        warranty_ends_on=_DAY,
        warranty_km=NUMBER,
    )
    return record(
        plate=TEXT,
        model=TEXT,
        model_name=TEXT,
        delivered=_DAY,
        mileage=KM,
        mileage_on=_DAY_OR_NONE,
        last_service_on=_DAY_OR_NONE,
        last_service_km=KM,
        estimated={
            **_NUMBER_OR_NONE,
            "description": "km today by its history, where nobody has just read it",
        },
        vin=NULLABLE,
        store=NULLABLE,
        left_on=_DAY_OR_NONE,
        lifecycle={**lifecycle, "nullable": True},
    )


def _visit() -> dict[str, Any]:
    return record(
        id=TEXT,
        kind=enum_of(VisitKind),
        status=enum_of(VisitStatus),
        code=TEXT,
        store=TEXT,
        model=NULLABLE,
        items=TEXTS,
        start=TIME,
        end=TIME,
        name=TEXT,
        phone=_MASKED,
        plate=NULLABLE,
        resource_names=TEXTS,
        to_call=FLAG,
    )
