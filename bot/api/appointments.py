"""Appointments in the staff API: listing, booking, moving, correcting, cancelling, and recording who came.

Staff need neither the notice beforehand nor the customer's code; the customer is told what they do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.parameters import (
    body_of,
    choice_of,
    email_of,
    ids_of,
    iso,
    mileage_of,
    moment_of,
    named,
    needed,
    number_of,
    phone_of,
    plate_of,
    storable,
    switch_of,
    text_of,
)
from bot.api.parts import Parts
from bot.domain.booking import Slot, VisitKind, VisitRequest
from bot.domain.dealership import Dealership
from bot.domain.errors import InvalidInput, NotFound
from bot.domain.staff import Permission, Role
from bot.services import attendance, audit, booking, conversations
from bot.services.calendar_files import calendar_path
from bot.services.customers import phone_of_customer
from bot.services.masking import mask_phone
from bot.services.reminders import unreached
from bot.services.staff import Staff
from bot.services.staff_slots import slots_for_staff
from bot.services.texts import is_storable
from bot.services.visit_details import Correction, correct_visit
from bot.services.visits import BookedVisit, Contact, list_visits, visit_of_id
from bot.store.database import Database

LONGEST_NAME = 80
LONGEST_KEY = 120
MOST_SLOTS = 500
SLOTS = 50
SLOT_DAYS = timedelta(days=7)
ONE = "/appointments/<id_:str>"
VISIT_FIELDS = ("kind", "store", "model", "items")
DETAILS = ("name", "phone", "email", "plate", "mileage")
BOOKING_FIELDS = (
    *VISIT_FIELDS,
    *DETAILS,
    "adviser",
    "start",
    "conversation_id",
    "customer_id",
    "request_id",
)
RECORDED: dict[str, Callable[..., BookedVisit]] = {
    "check-in": attendance.check_in,
    "complete": attendance.complete,
    "no-show": attendance.no_show,
    "approve": attendance.approve,
}
"""By the end of the address: what does it."""


def add_appointment_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The routes below ``/staff/appointments``, and ``/staff/slots``."""
    routes = _AppointmentRoutes(parts)
    for method, path, handler, name in (
        ("GET", "/appointments", routes.listed, "appointments"),
        ("POST", "/appointments", routes.book, "book_appointment"),
        ("GET", ONE, routes.show, "appointment"),
        ("PATCH", ONE, routes.correct, "correct_appointment"),
        ("POST", f"{ONE}/move", routes.move, "move_appointment"),
        ("POST", f"{ONE}/cancel", routes.cancel, "cancel_appointment"),
        ("GET", "/slots", routes.slots, "slots"),
        *(("POST", f"{ONE}/{name}", routes.recording(name), name) for name in RECORDED),
    ):
        blueprint.add_route(named(handler, name), f"/staff{path}", methods=[method])


class _AppointmentRoutes:
    def __init__(self, parts: Parts) -> None:
        self._database, self._content = parts.database, parts.content
        self._gate, self._wakeups = parts.gate, parts.wakeups

    async def listed(self, request: Request) -> HTTPResponse:
        staff = await self._gate(request, Permission.BOOK)
        phone = storable("phone", request.args.get("phone"))
        from_ = moment_of("from", request.args.get("from"))
        to = moment_of("to", request.args.get("to"), end=True)
        to_call = switch_of("to_call", request.args.get("to_call"))
        visits = await asyncio.to_thread(
            list_visits, self._database, await self._dealership(), phone, from_, to
        )
        wanted = [visit for visit in visits if to_call in (None, visit.to_call)]
        if phone:
            details = {"count": len(wanted)}
            await asyncio.to_thread(
                audit.note_now,
                self._database,
                staff.actor,
                "appointment.searched",
                clock.now(),
                details=details,
            )
        return json(await asyncio.to_thread(masked_json, self._database, wanted, phone))

    async def show(self, request: Request, id_: str) -> HTTPResponse:
        await self._gate(request, Permission.BOOK)
        return await self._answer(await self._visit(await self._dealership(), id_))

    async def book(self, request: Request) -> HTTPResponse:
        staff = await self._gate(request, Permission.BOOK)
        body = body_of(request, *BOOKING_FIELDS)
        start = start_of(body)
        name = needed("name", text_of(body, "name", LONGEST_NAME))
        contact = Contact(name, await self._phone(body), email_of(body))
        conversation, wanted = text_of(body, "conversation_id"), request_of(body)
        await self._require_conversation(conversation)
        visit = await asyncio.to_thread(
            booking.book,
            self._database,
            await self._dealership(),
            clock.now(),
            conversation,
            wanted,
            start,
            contact,
            plate=plate_of(body),
            mileage=mileage_of(body),
            request_key=text_of(body, "request_id", LONGEST_KEY),
            by_staff=True,
            booked_by=staff.username if staff.role is Role.CONSULTANT else None,
            actor=staff.actor,
        )
        self._wakeups.staff_news()
        return await self._answer(visit, contact.phone if body.get("phone") else None)

    async def correct(self, request: Request, id_: str) -> HTTPResponse:
        staff = await self._gate(request, Permission.BOOK)
        correction = correction_of(body_of(request, *DETAILS))
        visit = await self._change(staff, id_, correct_visit, correction)
        return await self._answer(visit, correction.phone)

    async def move(self, request: Request, id_: str) -> HTTPResponse:
        staff = await self._gate(request, Permission.BOOK)
        body = body_of(request, "start", "store")
        start, store = start_of(body), text_of(body, "store")
        return await self._answer(
            await self._change(staff, id_, booking.move_visit, None, start, store, by_staff=True)
        )

    async def cancel(self, request: Request, id_: str) -> HTTPResponse:
        staff = await self._gate(request, Permission.BOOK)
        body_of(request)
        return await self._answer(await self._change(staff, id_, booking.cancel_visit, None, by_staff=True))

    def recording(self, name: str) -> Callable[..., Any]:
        record = RECORDED[name]

        async def handle(request: Request, id_: str) -> HTTPResponse:
            staff = await self._gate(request, Permission.BOOK)
            body_of(request)
            return await self._answer(await self._change(staff, id_, record))

        return handle

    async def slots(self, request: Request) -> HTTPResponse:
        await self._gate(request, Permission.BOOK)
        query = {name: request.args.get(name) or None for name in ("kind", "store", "model", "adviser")}
        items = [item for each in request.args.getlist("items") or () for item in each.split(",") if item]
        wanted = request_of({**query, "items": items})
        limit = number_of("limit", request.args.get("limit"), SLOTS, MOST_SLOTS)
        now = clock.now()
        from_ = moment_of("from", request.args.get("from")) or now
        to = moment_of("to", request.args.get("to"), end=True) or max(from_, now) + SLOT_DAYS
        dealership = await self._dealership()
        found = await asyncio.to_thread(
            slots_for_staff, self._database, dealership, now, wanted, from_, to, limit
        )
        return json([slot_json(slot) for slot in found.slots[:limit]])

    async def _change(
        self,
        staff: Staff,
        id_: str,
        change: Callable[..., BookedVisit],
        *arguments: Any,
        **named: Any,
    ) -> BookedVisit:
        dealership = await self._dealership()
        visit = await self._visit(dealership, id_)
        changed: BookedVisit = await asyncio.to_thread(
            change,
            self._database,
            dealership,
            clock.now(),
            visit.code,
            *arguments,
            **named,
            actor=staff.actor,
        )
        self._wakeups.staff_news()
        return changed

    async def _answer(self, visit: BookedVisit, phone: str | None = None) -> HTTPResponse:
        [answer] = await asyncio.to_thread(masked_json, self._database, [visit], phone)
        return json(answer)

    async def _phone(self, body: dict[str, Any]) -> str:
        """The number given, or that of the customer named: who books for a customer need not see the number."""
        customer_id = text_of(body, "customer_id")
        if customer_id is None or body.get("phone"):
            return phone_of(body)
        phone: str = await asyncio.to_thread(phone_of_customer, self._database, customer_id)
        return phone

    async def _visit(self, dealership: Dealership, id_: str) -> BookedVisit:
        plain = unquote(id_)
        if not is_storable(plain):
            raise NotFound("no such appointment")
        visit: BookedVisit = await asyncio.to_thread(visit_of_id, self._database, dealership, plain)
        return visit

    async def _require_conversation(self, id_: str | None) -> None:
        if id_ is None:
            return
        try:
            await asyncio.to_thread(conversations.conversation, self._database, id_)
        except NotFound as error:
            raise InvalidInput("conversation_id is not that of a conversation") from error

    async def _dealership(self) -> Dealership:
        dealership: Dealership = (await asyncio.to_thread(self._content.current)).dealership
        return dealership


def start_of(body: dict[str, Any]) -> datetime:
    """When a visit starts; a day alone would mean midnight and is refused."""
    text = body.get("start")
    start: datetime = needed("start", moment_of("start", text))
    if len(str(text).strip()) <= len("2026-11-28"):
        raise InvalidInput("start needs a time of day too, such as 2026-11-28T14:00")
    return start


def request_of(body: dict[str, Any]) -> VisitRequest:
    """What is wanted; without a store any will do."""
    kind = needed("kind", choice_of(VisitKind, body.get("kind"), "kind"))
    store, model, adviser = (text_of(body, name) for name in ("store", "model", "adviser"))
    return VisitRequest(kind, store, model, ids_of(body, "items"), adviser)


def correction_of(body: dict[str, Any]) -> Correction:
    """What is to be another; a field that is missing or null stays, and one at least is there."""
    given = {name for name in DETAILS if body.get(name) is not None}
    if not given:
        raise InvalidInput(f"one of {', '.join(DETAILS)} is needed")
    correction = Correction(
        name=text_of(body, "name", LONGEST_NAME),
        phone=phone_of(body) if "phone" in given else None,
        email=email_of(body),
        plate=plate_of(body),
        mileage=mileage_of(body),
    )
    for name in given:
        if getattr(correction, name) is None:
            raise InvalidInput(f"{name} cannot be empty")
    return correction


def masked_json(database: Database, visits: Iterable[BookedVisit], known: str | None) -> list[dict[str, Any]]:
    """As ``appointments_json``, with every telephone number masked but the one that the caller gave (``known``)."""
    rows = appointments_json(database, visits)
    return [row if row["phone"] == known else {**row, "phone": mask_phone(row["phone"])} for row in rows]


def appointments_json(database: Database, visits: Iterable[BookedVisit]) -> list[dict[str, Any]]:
    """Appointments as the API gives them; one statement says whose customers a message reaches."""
    visits = list(visits)
    silent = {visit.phone for visit in unreached(database, visits)}
    return [_appointment_json(visit, visit.conversation_id or visit.phone not in silent) for visit in visits]


def _appointment_json(visit: BookedVisit, is_reached: object) -> dict[str, Any]:
    """One appointment; ``calendar`` is the path of the customer's calendar file."""
    return {
        "id": visit.id,
        "kind": visit.kind.value,
        "store": visit.store,
        "model": visit.model,
        "items": list(visit.items),
        "start": iso(visit.start),
        "end": iso(visit.end),
        "status": visit.status.value,
        "code": visit.code,
        "name": visit.name,
        "phone": visit.phone,
        "plate": visit.plate,
        "mileage": visit.mileage,
        "resources": list(visit.resources),
        "resource_names": list(visit.resource_names),
        "conversation_id": visit.conversation_id,
        "sequence": visit.sequence,
        "calendar": calendar_path(visit),
        "promised_at": iso(visit.promised_at),
        "needs_approval": visit.needs_approval,
        "needs_new_time": visit.needs_new_time,
        "to_call": visit.to_call,
        "reached": bool(is_reached),
        "created_at": iso(visit.created_at),
        "updated_at": iso(visit.updated_at),
    }


def slot_json(slot: Slot) -> dict[str, Any]:
    """A free slot."""
    return {"store": slot.store, "start": iso(slot.start), "end": iso(slot.end)}
