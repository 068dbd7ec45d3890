"""Customers in the staff API: the card of a conversation, searching, changing, and revealing a telephone number."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from urllib.parse import unquote

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import clock
from bot.api.customer_json import card_json, line_json
from bot.api.parameters import (
    LONGEST_EMAIL,
    body_of,
    email_of,
    mileage_of,
    needed,
    number_of,
    phone_of,
    storable,
    text_of,
)
from bot.api.parts import Parts
from bot.domain.errors import InvalidInput, NotFound
from bot.domain.staff import Permission
from bot.services import audit, customer_card, customers
from bot.services.customers import CustomerChange, VehicleEntry
from bot.services.staff import Staff
from bot.services.texts import is_storable

LONGEST_NAME = 80
MOST = 200
SHOWN = 50
LARGEST_SEQ = 2**31 - 1
ONE = "/staff/customers/<id_:str>"
VEHICLE_FIELDS = ("model", "delivered", "mileage", "last_service_on", "last_service_km")


def add_customer_routes(blueprint: Blueprint, parts: Parts) -> None:
    """The routes below ``/staff/customers``, the card of a conversation, its customer, and every reveal."""
    _add_people(blueprint, parts)
    _add_vehicles(blueprint, parts)
    _add_of_conversations(blueprint, parts)
    for kind in customers.REVEALED:
        _add_reveal(blueprint, parts, kind)


def _add_people(blueprint: Blueprint, parts: Parts) -> None:
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/customers")
    async def found_customers(request: Request) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        query = storable("q", request.args.get("q")) or ""
        limit = number_of("limit", request.args.get("limit"), SHOWN, MOST)
        rows = await asyncio.to_thread(customers.find_customers, database, query, limit)
        found = {"found": len(rows)}
        await asyncio.to_thread(
            audit.note_now, database, staff.actor, "customer.searched", clock.now(), details=found
        )
        return json([line_json(row) for row in rows])

    @blueprint.get(ONE)
    async def one_customer(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        return await _card(parts, staff, customer_card.card_of_customer, plain(id_))

    @blueprint.patch(ONE)
    async def change_customer(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        body = body_of(request, "name", "email", "adviser")
        change = CustomerChange(
            _kept(body, "name", LONGEST_NAME),
            "" if body.get("email") == "" else email_of(body),
            _kept(body, "adviser", LONGEST_EMAIL),
        )
        dealership = (await asyncio.to_thread(parts.content.current)).dealership
        now = clock.now()
        await asyncio.to_thread(
            customers.change_customer, database, dealership, plain(id_), change, staff.actor, now
        )
        parts.wakeups.staff_news()
        return await _card(parts, staff, customer_card.card_of_customer, plain(id_))


def _add_vehicles(blueprint: Blueprint, parts: Parts) -> None:
    database, gate = parts.database, parts.gate

    @blueprint.put(f"{ONE}/vehicles/<plate:str>")
    async def put_vehicle(request: Request, id_: str, plate: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        entry = vehicle_of(body_of(request, *VEHICLE_FIELDS), plain(plate))
        dealership = (await asyncio.to_thread(parts.content.current)).dealership
        await asyncio.to_thread(
            customers.put_vehicle, database, dealership, plain(id_), entry, staff.actor, clock.now()
        )
        return await _card(parts, staff, customer_card.card_of_customer, plain(id_))

    @blueprint.delete(f"{ONE}/vehicles/<plate:str>")
    async def remove_vehicle(request: Request, id_: str, plate: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        await asyncio.to_thread(
            customers.remove_vehicle, database, plain(id_), plain(plate), staff.actor, clock.now()
        )
        return await _card(parts, staff, customer_card.card_of_customer, plain(id_))


def _add_of_conversations(blueprint: Blueprint, parts: Parts) -> None:
    """The card of a conversation, whose it is, and what is masked in it."""
    database, gate = parts.database, parts.gate

    @blueprint.get("/staff/conversations/<id_:str>/card")
    async def conversation_card(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        return await _card(parts, staff, customer_card.card_of, plain(id_))

    @blueprint.put("/staff/conversations/<id_:str>/customer")
    async def link_customer(request: Request, id_: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        body = body_of(request, "phone", "name", "message")
        phone = phone_of(body) if body.get("phone") else None
        name = text_of(body, "name", LONGEST_NAME)
        now = clock.now()
        seq = _seq_of(body.get("message"))
        await asyncio.to_thread(
            customers.link_customer, database, plain(id_), staff.actor, now, phone, name, seq
        )
        parts.wakeups.staff_news()
        return await _card(parts, staff, customer_card.card_of, plain(id_))

    @blueprint.post("/staff/conversations/<id_:str>/messages/<seq:str>/reveal")
    async def reveal_message(request: Request, id_: str, seq: str) -> HTTPResponse:
        staff = await gate(request, Permission.SEE_CUSTOMERS)
        body_of(request)
        number = number_of("seq", seq, 1, LARGEST_SEQ)
        text = await asyncio.to_thread(
            customers.reveal_message, database, plain(id_), number, staff.actor, clock.now()
        )
        return json({"text": text})


def _add_reveal(blueprint: Blueprint, parts: Parts, kind: str) -> None:
    async def reveal(request: Request, id_: str) -> HTTPResponse:
        staff = await parts.gate(request, Permission.SEE_CUSTOMERS)
        body_of(request)
        now = clock.now()
        phone = await asyncio.to_thread(
            customers.reveal_phone, parts.database, kind, plain(id_), staff.actor, now
        )
        return json({"phone": phone})

    blueprint.add_route(reveal, f"/staff/{kind}/<id_:str>/reveal", methods=["POST"], name=f"reveal_{kind}")


async def _card(parts: Parts, staff: Staff, read: Any, id_: str) -> HTTPResponse:
    """Read a card, and write who saw it."""
    now = clock.now()
    content = await asyncio.to_thread(parts.content.current)
    card: customer_card.Card = await asyncio.to_thread(read, parts.database, content, id_, now)
    conversation_id = card.source.id if card.source is not None else None
    await asyncio.to_thread(
        customers.note_seen, parts.database, staff.actor, now, card.subject, conversation_id
    )
    return json(card_json(card))


def vehicle_of(body: dict[str, Any], plate: str) -> VehicleEntry:
    """A car as it was sent; dates are ISO days."""
    if not 5 <= len(plate) <= 20:
        raise InvalidInput("the plate is not one")
    return VehicleEntry(
        plate,
        needed("model", text_of(body, "model")),
        needed("delivered", day_of(body, "delivered")),
        mileage_of(body),
        day_of(body, "last_service_on"),
        mileage_of({"mileage": body.get("last_service_km")}),
    )


def day_of(body: dict[str, Any], name: str) -> date | None:
    """ "2026-11-28"; None for nothing."""
    text = text_of(body, name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{name} must be a day such as 2026-11-28") from error


def plain(raw: str) -> str:
    """The id in a path; what no database can look for does not exist."""
    id_ = unquote(raw)
    if not is_storable(id_):
        raise NotFound("no such entry")
    return id_


def _seq_of(value: Any) -> int | None:
    if value is not None and (type(value) is not int or not 0 < value <= LARGEST_SEQ):
        raise InvalidInput("message must be the number of a message")
    return value


def _kept(body: dict[str, Any], name: str, longest: int) -> str | None:
    """The text of a field; "" takes away what was there, missing or null leaves it."""
    if body.get(name) is None:
        return None
    return text_of(body, name, longest) or ""
