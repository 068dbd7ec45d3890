"""What there is to book in the staff API: resources with their calendar feeds, outages, and the waitlist."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.appointments import VISIT_FIELDS, masked_json, request_of, slot_json
from bot.api.parameters import (
    body_of,
    choice_of,
    email_of,
    iso,
    mileage_of,
    minute_of,
    moment_of,
    named,
    needed,
    phone_of,
    plate_of,
    storable,
    switch_of,
    text_of,
)
from bot.api.parts import Parts
from bot.clock import TIME_ZONE
from bot.domain.dealership import Dealership
from bot.domain.disruption import LONGEST_REASON
from bot.domain.errors import InvalidInput, NotFound
from bot.domain.staff import Permission
from bot.domain.waitlist import MINUTES_OF_DAY, OPEN, Preference, WaitState
from bot.services import audit, disruptions, waitlist
from bot.services.calendar_links import FeedAddress, feed_addresses, renew_feed
from bot.services.disruptions import Disruption, OutageView
from bot.services.masking import mask_phone
from bot.services.reminders import unreached
from bot.services.texts import is_storable
from bot.services.visits import BookedVisit, Contact
from bot.services.waitlist import WaitEntry
from bot.store.database import Database

LONGEST_NAME = 80
CONTACT_FIELDS = ("name", "phone", "email")
PREFERENCE_FIELDS = ("from", "until", "weekdays", "from_time", "until_time")


def add_capacity_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The routes below ``/staff/resources``, ``/staff/outages`` and ``/staff/waitlist``."""
    routes = _CapacityRoutes(parts)
    for method, path, handler, name in (
        ("GET", "/resources", routes.resources, "resources"),
        ("POST", "/resources/<id_:str>/feed", routes.renew, "renew_feed"),
        ("GET", "/outages", routes.outages, "outages"),
        ("POST", "/outages", routes.begin, "begin_outage"),
        ("DELETE", "/outages/<id_:str>", routes.end, "end_outage"),
        ("GET", "/waitlist", routes.waiting, "waitlist"),
        ("POST", "/waitlist", routes.join, "join_waitlist"),
        ("DELETE", "/waitlist/<id_:str>", routes.leave, "leave_waitlist"),
    ):
        blueprint.add_route(named(handler, name), f"/staff{path}", methods=[method])


class _CapacityRoutes:
    def __init__(self, parts: Parts) -> None:
        self._database, self._content = parts.database, parts.content
        self._gate, self._wakeups = parts.gate, parts.wakeups

    async def resources(self, request: Request) -> HTTPResponse:
        await self._gate(request, Permission.BOOK)
        found = await asyncio.to_thread(feed_addresses, self._database, await self._dealership(), clock.now())
        return json([resource_json(address) for address in found])

    async def renew(self, request: Request, id_: str) -> HTTPResponse:
        staff = await self._gate(request, Permission.RUN_WORKSHOP)
        dealership = await self._dealership()
        address = await asyncio.to_thread(
            renew_feed, self._database, dealership, clock.now(), unquote(id_), actor=staff.actor
        )
        return json(resource_json(address))

    async def outages(self, request: Request) -> HTTPResponse:
        await self._gate(request, Permission.BOOK)
        everything = bool(switch_of("all", request.args.get("all")))
        dealership = await self._dealership()
        found = await asyncio.to_thread(
            disruptions.list_outages, self._database, dealership, clock.now(), everything
        )
        return json([outage_json(outage) for outage in found])

    async def begin(self, request: Request) -> HTTPResponse:
        staff = await self._gate(request, Permission.RUN_WORKSHOP)
        body = body_of(request, "resource", "start", "end", "reason")
        done: Disruption = await asyncio.to_thread(
            disruptions.begin_outage,
            self._database,
            await self._dealership(),
            clock.now(),
            needed("resource", text_of(body, "resource")),
            needed("start", moment_of("start", body.get("start"))),
            needed("end", moment_of("end", body.get("end"), end=True)),
            text_of(body, "reason", LONGEST_REASON) or "",
            staff.username,
            actor=staff.actor,
        )
        self._wakeups.staff_news()
        answer = await asyncio.to_thread(disruption_json, self._database, done)
        return json({**answer, "to_call": await self._to_call(done.to_rebook)})

    async def end(self, request: Request, id_: str) -> HTTPResponse:
        staff = await self._gate(request, Permission.RUN_WORKSHOP)
        done = await asyncio.to_thread(
            disruptions.end_outage,
            self._database,
            await self._dealership(),
            clock.now(),
            _id(id_),
            actor=staff.actor,
        )
        self._wakeups.staff_news()
        restored = await asyncio.to_thread(masked_json, self._database, done.restored, None)
        to_call = await self._to_call(done.restored)
        return json({"outage": outage_json(done.outage), "restored": restored, "to_call": to_call})

    async def waiting(self, request: Request) -> HTTPResponse:
        staff = await self._gate(request, Permission.BOOK)
        phone = storable("phone", request.args.get("phone")) or None
        state = choice_of(WaitState, request.args.get("state"), "state")
        states = OPEN if state is None else (state,)
        found = await asyncio.to_thread(waitlist.list_entries, self._database, phone=phone, states=states)
        if phone:
            about = {"details": {"count": len(found)}}
            await asyncio.to_thread(
                audit.note_now, self._database, staff.actor, "waitlist.searched", clock.now(), **about
            )
        return json([entry_json(entry, phone) for entry in found])

    async def join(self, request: Request) -> HTTPResponse:
        staff = await self._gate(request, Permission.BOOK)
        body = body_of(request, *VISIT_FIELDS, *PREFERENCE_FIELDS, *CONTACT_FIELDS, "plate", "mileage")
        contact = Contact(text_of(body, "name", LONGEST_NAME) or "", phone_of(body), email_of(body))
        entry = await asyncio.to_thread(
            waitlist.join,
            self._database,
            await self._dealership(),
            clock.now(),
            request_of(body),
            preference_of(body),
            contact,
            plate=plate_of(body),
            mileage=mileage_of(body),
            actor=staff.actor,
        )
        self._wakeups.staff_news()
        return json(entry_json(entry, contact.phone))

    async def leave(self, request: Request, id_: str) -> HTTPResponse:
        staff = await self._gate(request, Permission.BOOK)
        dealership = await self._dealership()
        entry = await asyncio.to_thread(
            waitlist.leave, self._database, dealership, clock.now(), _id(id_), actor=staff.actor
        )
        self._wakeups.staff_news()
        return json(entry_json(entry, None))

    async def _to_call(self, visits: tuple[BookedVisit, ...]) -> list[str]:
        """The ids of the visits whose customers hear nothing by themselves."""
        return [visit.id for visit in await asyncio.to_thread(unreached, self._database, visits)]

    async def _dealership(self) -> Dealership:
        dealership: Dealership = (await asyncio.to_thread(self._content.current)).dealership
        return dealership


def preference_of(body: dict[str, Any]) -> Preference:
    """When the visit may start; without ``from`` from now on."""
    days = body.get("weekdays") or []
    if not isinstance(days, list) or any(type(day) is not int or not 1 <= day <= 7 for day in days):
        raise InvalidInput("weekdays must be a list of numbers from 1 (Monday) to 7")
    begins, ends = minute_of(body, "from_time", 0), minute_of(body, "until_time", MINUTES_OF_DAY)
    if begins >= ends:
        raise InvalidInput("until_time must be after from_time")
    from_ = moment_of("from", body.get("from")) or clock.now().astimezone(TIME_ZONE)
    until = needed("until", moment_of("until", body.get("until"), end=True))
    return Preference(from_, until, tuple(sorted(set(days))), begins, ends)


def resource_json(address: FeedAddress) -> dict[str, Any]:
    """A resource; ``feed`` is the path of its calendar feed."""
    resource = address.resource
    return {
        "id": resource.id,
        "kind": resource.kind.value,
        "store": resource.store,
        "name": resource.name,
        "model": resource.model,
        "electric": resource.electric,
        "feed": address.path,
    }


def outage_json(outage: OutageView) -> dict[str, Any]:
    """An outage."""
    return {
        "id": outage.id,
        "resource": outage.resource,
        "resource_name": outage.resource_name,
        "start": iso(outage.start),
        "end": iso(outage.end),
        "reason": outage.reason,
        "created_by": outage.created_by,
        "created_at": iso(outage.created_at),
        "ended_at": iso(outage.ended_at),
    }


def disruption_json(database: Database, done: Disruption) -> dict[str, Any]:
    """What an outage did to visits; ``new_times`` are by the id of the visit."""
    return {
        "outage": outage_json(done.outage),
        "moved": masked_json(database, done.moved, None),
        "to_rebook": masked_json(database, done.to_rebook, None),
        "on_site": masked_json(database, done.on_site, None),
        "new_times": {id_: [slot_json(slot) for slot in slots] for id_, slots in done.new_times.items()},
        "already_out": done.already_out,
    }


def entry_json(entry: WaitEntry, known: str | None) -> dict[str, Any]:
    """An entry of the waitlist; its telephone number is masked unless it is the one that the caller gave."""
    wish = entry.preference
    store, start = entry.offered or (None, None)
    return {
        "id": entry.id,
        "state": entry.state.value,
        "kind": entry.request.kind.value,
        "store": entry.request.store,
        "model": entry.request.model,
        "items": list(entry.request.jobs),
        "from": iso(wish.from_),
        "until": iso(wish.until),
        "weekdays": list(wish.weekdays),
        "from_time": _clock(wish.from_minute),
        "until_time": _clock(wish.until_minute),
        "name": entry.name,
        "phone": entry.phone if entry.phone == known else mask_phone(entry.phone),
        "plate": entry.plate,
        "mileage": entry.mileage,
        "conversation_id": entry.conversation_id,
        "offered_store": store,
        "offered_start": iso(start),
        "reply_by": iso(entry.reply_by),
        "appointment_id": entry.appointment_id,
        "created_at": iso(entry.created_at),
        "updated_at": iso(entry.updated_at),
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _id(raw: str) -> str:
    """The id in a path; what no database can look for does not exist."""
    id_ = unquote(raw)
    if not is_storable(id_):
        raise NotFound("no such entry")
    return id_
