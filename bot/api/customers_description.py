"""The paths of the OpenAPI description for customers, cases and leads."""

from __future__ import annotations

from typing import Any

from bot.api.customer_schemas import ADVISER, DAY, DAY_OR_NONE, OWN_ADVISER
from bot.api.schemas import (
    FLAG,
    KM,
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
from bot.domain.cases import CASE_OUTCOMES, CaseKind, CaseStatus, RescueStep
from bot.services.customers import REVEALED
from bot.services.leads import LeadStatus

_API = "/api/staff"
_OUTCOME = {"type": "string", "enum": sorted({each for some in CASE_OUTCOMES.values() for each in some})}
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
                body=record("name", "email", "adviser", name=NULLABLE, email=NULLABLE, adviser=OWN_ADVISER),
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
                body=record("adviser", adviser=ADVISER),
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
    change = record("status", "adviser", "note", status=enum_of(LeadStatus), adviser=ADVISER, note=NULLABLE)
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
        delivered=DAY,
        mileage=KM,
        last_service_on=DAY_OR_NONE,
        last_service_km=KM,
    )
