"""The OpenAPI schemas of customers, cases and leads."""

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
    record,
    ref,
)
from bot.domain.booking import VisitKind, VisitStatus
from bot.domain.cases import CaseKind, CaseStatus
from bot.domain.conversation import Owner
from bot.domain.tasks import TaskKind, TaskStatus
from bot.domain.waitlist import WaitState
from bot.services.leads import LeadKind, LeadStatus

DAY = {"type": "string", "format": "date"}
DAY_OR_NONE = {**DAY, "nullable": True}
ADVISER = {**TEXT, "nullable": True, "description": "a username"}
OWN_ADVISER = {**TEXT, "nullable": True, "description": "a resource of the dealership or a username"}
_MASKED = {**TEXT, "description": "masked: 138****5678"}
_MASKED_OR_NONE = {**_MASKED, "nullable": True}
_NUMBER_OR_NONE = {**NUMBER, "nullable": True}


def customer_schemas() -> dict[str, Any]:
    """``Customer``, ``CustomerCard``, ``Case`` and ``Lead``."""
    return {
        "Customer": record(
            id=TEXT,
            name=NULLABLE,
            phone=_MASKED,
            email=NULLABLE,
            adviser=OWN_ADVISER,
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
            adviser=ADVISER,
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
            adviser=ADVISER,
            created_at=TIME,
            updated_at=TIME,
        ),
    }


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
        adviser=OWN_ADVISER,
        adviser_name=NULLABLE,
        known_by=by,
        message={**NUMBER, "nullable": True, "description": "the message that has the number"},
        referred_by={**NULLABLE, "description": "the referral code of who brought them"},
    )


def _profile() -> dict[str, Any]:
    return record(
        needs=array(record(label=TEXT, value=TEXT)),
        segments=TEXTS,
        repurchase_on=DAY_OR_NONE,
        consented_at=MOMENT,
        updated_at=TIME,
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
        service_on=DAY,
        service_days_left=NUMBER,
        service_overdue=FLAG,
        in_warranty=FLAG,
        warranty_ends_on=DAY,
        warranty_km=NUMBER,
    )
    return record(
        plate=TEXT,
        model=TEXT,
        model_name=TEXT,
        delivered=DAY,
        mileage=KM,
        mileage_on=DAY_OR_NONE,
        last_service_on=DAY_OR_NONE,
        last_service_km=KM,
        estimated={
            **_NUMBER_OR_NONE,
            "description": "km today by its history, where nobody has just read it",
        },
        vin=NULLABLE,
        store=NULLABLE,
        left_on=DAY_OR_NONE,
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
