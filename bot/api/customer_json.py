"""Customers, cases and leads as the staff API gives them. Telephone numbers are masked here at the latest."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.api.parameters import iso
from bot.domain.tasks import OUTCOMES
from bot.services.cases import CaseView
from bot.services.customer_card import Card, CardVehicle, EarlierConversation
from bot.services.customers import CustomerLine
from bot.services.leads import LeadView
from bot.services.masking import mask_phone, mask_phones, mask_values
from bot.services.profiles import ProfileView
from bot.services.tasks import TaskView
from bot.services.vehicles import LifecycleAnswer
from bot.services.visits import BookedVisit
from bot.services.waitlist import WaitEntry


def line_json(row: CustomerLine) -> dict[str, Any]:
    """A customer in a list."""
    return {
        "id": row.id,
        "name": row.name,
        "phone": row.phone,
        "email": row.email,
        "adviser": row.adviser,
        "plates": list(row.plates),
        "models": list(row.models),
    }


def card_json(card: Card) -> dict[str, Any]:
    """A whole card."""
    customer, source = card.customer, card.source
    return {
        "customer": None
        if customer is None
        else {
            "id": customer.id,
            "name": customer.name,
            "phone": customer.phone,
            "email": customer.email,
            "adviser": customer.adviser,
            "adviser_name": customer.adviser_name,
            "known_by": customer.by,
            "message": customer.message,
            "referred_by": customer.referred_by,
        },
        "source": None
        if source is None
        else {
            "conversation_id": source.id,
            "channel": source.channel,
            "page": source.page,
            "state": source.state.value,
            "skill": source.skill,
            "reason": source.reason,
            "created_at": iso(source.created_at),
        },
        "facts": [{"label": label, "value": value} for label, value in card.facts],
        "last_messages": list(card.last_words),
        "vehicles": [_vehicle_json(vehicle) for vehicle in card.vehicles],
        "appointments": [_visit_json(visit) for visit in card.visits],
        "waitlist": [_entry_json(entry) for entry in card.waitlist],
        "cases": [case_json(case) for case in card.cases],
        "leads": [lead_json(lead) for lead in card.leads],
        "profile": _profile_json(card.profile) if card.profile else None,
        "scores": [
            {"occasion": score.occasion, "score": score.score, "comment": score.comment, "at": iso(score.at)}
            for score in card.scores
        ],
        "surveys": [
            {
                "kind": survey.kind,
                "satisfaction": survey.satisfaction,
                "nps": survey.nps,
                "comment": survey.comment,
                "at": iso(survey.at),
            }
            for survey in card.surveys
        ],
        "tasks": [
            {
                "id": task.id,
                "kind": task.kind.value,
                "status": task.status.value,
                "title": task.title,
                "due_at": iso(task.due_at),
                "outcome": task.outcome,
            }
            for task in card.tasks
        ],
        "conversations": [_conversation_json(row) for row in card.conversations],
    }


def task_json(task: TaskView) -> dict[str, Any]:
    """A task in a list."""
    return {
        "id": task.id,
        "kind": task.kind.value,
        "status": task.status.value,
        "title": task.title,
        "customer_id": task.customer_id,
        "phone": mask_phone(task.phone) if task.phone else None,
        "plate": task.plate,
        "store": task.store,
        "conversation_id": task.conversation_id,
        "case_id": task.case_id,
        "assignee": task.assignee,
        "skill": task.skill,
        "script": task.script,
        "details": mask_values(task.details),
        "due_at": iso(task.due_at),
        "outcome": task.outcome,
        "outcomes": list(OUTCOMES[task.kind]),
        "note": mask_phones(task.note or "") or None,
        "closed_by": task.closed_by,
        "closed_at": iso(task.closed_at),
        "created_at": iso(task.created_at),
    }


def case_json(case: CaseView) -> dict[str, Any]:
    """A case in a list."""
    return {
        "id": case.id,
        "kind": case.kind.value,
        "status": case.status.value,
        "conversation_id": case.conversation_id,
        "phone": mask_phone(case.phone) if case.phone else None,
        "details": mask_values(case.details),
        "due_at": iso(case.due_at),
        "created_at": iso(case.created_at),
        "adviser": case.adviser,
        "note": mask_phones(case.note or "") or None,
        "closed_at": iso(case.closed_at),
        "outcome": case.outcome,
        "answered_at": iso(case.answered_at),
        "escalation": case.escalation,
    }


def lead_json(lead: LeadView) -> dict[str, Any]:
    """A lead in a list."""
    return {
        "id": lead.id,
        "kind": lead.kind.value,
        "status": lead.status.value,
        "phone": mask_phone(lead.phone),
        "name": lead.name,
        "model": lead.model,
        "note": mask_phones(lead.note or "") or None,
        "channel": lead.channel,
        "page": lead.page,
        "conversation_id": lead.conversation_id,
        "appointment_id": lead.appointment_id,
        "adviser": lead.adviser,
        "created_at": iso(lead.created_at),
        "updated_at": iso(lead.updated_at),
    }


def _profile_json(profile: ProfileView) -> dict[str, Any]:
    return {
        "needs": [{"label": label, "value": value} for label, value in profile.lines],
        "segments": list(profile.segments),
        "repurchase_on": _day(profile.repurchase_on),
        "consented_at": iso(profile.consented_at),
        "updated_at": iso(profile.updated_at),
    }


def _vehicle_json(vehicle: CardVehicle) -> dict[str, Any]:
    return {
        "plate": vehicle.plate,
        "model": vehicle.model,
        "model_name": vehicle.model_name,
        "delivered": _day(vehicle.delivered),
        "mileage": vehicle.mileage,
        "mileage_on": _day(vehicle.mileage_on),
        "last_service_on": _day(vehicle.last_service_on),
        "last_service_km": vehicle.last_service_km,
        "estimated": vehicle.estimated,
        "vin": vehicle.vin,
        "store": vehicle.store,
        "left_on": _day(vehicle.left_on),
        "lifecycle": _lifecycle_json(vehicle.lifecycle) if vehicle.lifecycle else None,
    }


def _lifecycle_json(answer: LifecycleAnswer) -> dict[str, Any]:
    return {
        "stage": answer.stage,
        "stage_name": answer.stage_name,
        "service_job": answer.service_job,
        "service_name": answer.service_name,
        "service_km": answer.service_km,
        "service_km_estimated": answer.service_km_estimated,
        "service_km_left": answer.service_km_left,
        "service_on": _day(answer.service_on),
        "service_days_left": answer.service_days_left,
        "service_overdue": answer.service_overdue,
        "in_warranty": answer.in_warranty,
        "warranty_ends_on": _day(answer.warranty_ends_on),
        "warranty_km": answer.warranty_km,
    }


def _visit_json(visit: BookedVisit) -> dict[str, Any]:
    return {
        "id": visit.id,
        "kind": visit.kind.value,
        "status": visit.status.value,
        "code": visit.code,
        "store": visit.store,
        "model": visit.model,
        "items": list(visit.items),
        "start": iso(visit.start),
        "end": iso(visit.end),
        "name": visit.name,
        "phone": visit.phone,
        "plate": visit.plate,
        "resource_names": list(visit.resource_names),
        "to_call": visit.to_call,
    }


def _entry_json(entry: WaitEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "state": entry.state.value,
        "kind": entry.request.kind.value,
        "store": entry.request.store,
        "model": entry.request.model,
        "from": iso(entry.preference.from_),
        "until": iso(entry.preference.until),
    }


def _conversation_json(row: EarlierConversation) -> dict[str, Any]:
    return {
        "id": row.id,
        "channel": row.channel,
        "state": row.state.value,
        "updated_at": iso(row.updated_at),
        "outcome": row.outcome,
        "note": row.note,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
