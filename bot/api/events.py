"""Events in the staff API: who comes, who waits, who was there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from bot import clock
from bot.api.customers import plain
from bot.api.parameters import body_of, iso, phone_of, text_of
from bot.api.parts import Parts
from bot.domain.errors import InvalidInput
from bot.domain.events import DealerEvent
from bot.domain.staff import Permission
from bot.services import events
from bot.services.customers import note_seen
from bot.services.events import Attendance, SignupView
from bot.services.exchange.event_lists import signups_csv
from bot.services.masking import mask_phone, mask_phones

LONGEST_NAME = 80
ONE = "/staff/event-signups/<id_:str>"


def add_event_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The routes below ``/staff/events`` and ``/staff/event-signups``."""
    _add_events(blueprint, parts)
    _add_signups(blueprint, parts)


def _add_events(blueprint: Blueprint, parts: Parts) -> None:
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/events")
    async def all_events(request: Request) -> HTTPResponse:
        await gate(request, Permission.SEE_CUSTOMERS)
        known = (await asyncio.to_thread(parts.content.current)).events
        counts = await asyncio.to_thread(events.attendances, database, known)
        ordered = sorted(known.values(), key=lambda each: (each.start, each.id))
        now = clock.now()
        return json([event_json(each, counts[each.id], now) for each in ordered])

    @blueprint.get("/staff/events/<id_:str>/signups")
    async def event_signups(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        event = events.event_of(await asyncio.to_thread(parts.content.current), plain(id_))
        rows = await asyncio.to_thread(events.signups, database, event.id)
        await asyncio.to_thread(note_seen, database, staff.actor, clock.now(), event.id, action="events.seen")
        return json([signup_json(row) for row in rows])

    @blueprint.get("/staff/events/<id_:str>/signups.csv")
    async def event_list(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        event = events.event_of(await asyncio.to_thread(parts.content.current), plain(id_))
        data = await asyncio.to_thread(signups_csv, database, event, staff.actor, clock.now())
        headers = {"Content-Disposition": f'attachment; filename="{event.id}.csv"'}
        return raw(data, content_type="text/csv; charset=utf-8", headers=headers)

    @blueprint.post("/staff/events/<id_:str>/signups")
    async def sign_up(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        body = body_of(request, "phone", "people", "name")
        event = events.event_of(await asyncio.to_thread(parts.content.current), plain(id_))
        phone, people, name = phone_of(body), people_of(body), text_of(body, "name", LONGEST_NAME)
        row = await asyncio.to_thread(
            events.sign_up, database, event, clock.now(), phone, people, name=name, actor=staff.actor
        )
        return json(signup_json(row))


def _add_signups(blueprint: Blueprint, parts: Parts) -> None:
    database, gate = parts.database, parts.gate

    async def event_of(id_: str) -> DealerEvent:
        content = await asyncio.to_thread(parts.content.current)
        found: DealerEvent = await asyncio.to_thread(events.event_of_signup, database, content, id_)
        return found

    @blueprint.post(f"{ONE}/people")
    async def change_people(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        people, signup = people_of(body_of(request, "people"), needed=True), plain(id_)
        event, now = await event_of(signup), clock.now()
        row = await asyncio.to_thread(events.change_people, database, event, signup, people, now, staff.actor)
        parts.wakeups.staff_news()
        return json(signup_json(row))

    @blueprint.post(f"{ONE}/cancel")
    async def cancel_signup(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        signup = plain(id_)
        event = await event_of(signup)
        row = await asyncio.to_thread(events.cancel, database, event, signup, clock.now(), staff.actor)
        parts.wakeups.staff_news()
        return json(signup_json(row))

    @blueprint.post(f"{ONE}/attendance")
    async def note_attendance(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        attended = body_of(request, "attended").get("attended")
        if not isinstance(attended, bool):
            raise InvalidInput("attended must be true or false")
        signup = plain(id_)
        event, now = await event_of(signup), clock.now()
        row = await asyncio.to_thread(
            events.note_attendance, database, event, signup, attended, now, staff.actor
        )
        return json(signup_json(row))


def people_of(body: Mapping[str, Any], needed: bool = False) -> int:
    """How many come; one if nothing is said and nothing is ``needed``."""
    people = body.get("people")
    if people is None and not needed:
        return 1
    if type(people) is not int:
        raise InvalidInput("people must be a number")
    return people


def event_json(event: DealerEvent, counts: Attendance, now: datetime) -> dict[str, Any]:
    """An event with what is left of its places."""
    return {
        "id": event.id,
        "name": event.name,
        "moment": event.moment.value,
        "store": event.store,
        "start": iso(event.start),
        "end": iso(event.end),
        "sign_up_until": iso(event.sign_up_until),
        "is_open": event.is_open(now),
        "places": event.places,
        "left": counts.left,
        "people_at_most": event.people_at_most,
        "description": event.description,
        "offer": event.offer,
        "people": {status.value: count for status, count in counts.people.items()},
        "signups": {status.value: count for status, count in counts.signups.items()},
    }


def signup_json(row: SignupView) -> dict[str, Any]:
    """A sign-up in a list, its number masked."""
    return {
        "id": row.id,
        "event": row.event,
        "phone": mask_phone(row.phone),
        "name": mask_phones(row.name or "") or None,
        "people": row.people,
        "status": row.status.value,
        "customer_id": row.customer_id,
        "conversation_id": row.conversation_id,
        "created_at": iso(row.created_at),
    }
