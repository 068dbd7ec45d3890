"""Booking, moving, cancelling and recording over the staff API."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.domain.booking import Refusal
from bot.store.tables import OutboxMessage
from tests.api.application import DRIVE, PHONE, SERVICE, THREE, TWO, Desk, masked
from tests.services.bookings import book

NO_BOOKINGS: list[dict[str, Any]] = [
    {"kind": "repair"},
    {"kind": None},
    {"model": None},
    {"model": "x99"},
    {"store": "north"},
    {"kind": "service", "items": []},
    {"kind": "service", "items": ["wash"]},
    {"kind": "service", "items": "regular_service"},
    {"kind": "service", "items": [5]},
    {"start": None},
    {"start": "tomorrow"},
    {"start": "2026-11-28"},
    {"adviser": "nobody"},
    {"adviser": 5},
    {"start": 5},
    {"start": "0001-01-01"},
    {"start": "9999-12-31T23:59:59-12:00"},
    {"name": " "},
    {"name": None},
    {"name": "\x00"},
    {"name": "王" * 81},
    {"phone": "1381234567"},
    {"phone": 13812345678},
    {"phone": "１３８１２３４５６７８"},
    {"plate": "浙AD1001浙AD1001浙AD1001"},
    {"mileage": -1},
    {"mileage": True},
    {"mileage": 1e9},
    {"conversation_id": "nobody"},
    {"request_id": "x" * 121},
    {"surprise": 1},
]
NO_OBJECTS = ["", "{", "[]", "5", '"book"', "[" * 50_000]


async def test_staff_book_a_test_drive(desk: Desk) -> None:
    booked = await desk.books()

    expected = {
        "kind": "test_drive",
        "store": "east",
        "model": "x5",
        "items": [],
        "start": TWO,
        "end": "2026-11-28T14:45:00+08:00",
        "status": "confirmed",
        "name": "王小明",
        "phone": PHONE,
        "conversation_id": None,
        "sequence": 0,
        "promised_at": None,
        "needs_approval": False,
        "needs_new_time": False,
        "to_call": False,
        "reached": False,
    }
    assert {name: booked[name] for name in expected} == expected
    assert booked["resources"][0] == "east-car-x5"
    assert booked["resource_names"][0] == "城东 X5 试驾车"
    assert await desk.get(f"appointments/{booked['id']}") == masked(booked)
    assert await desk.get("appointments", phone=PHONE) == [booked]


async def test_staff_book_a_service_visit(desk: Desk) -> None:
    booked = await desk.books(**SERVICE, plate="浙a·d1001", mileage=12000, phone="138 1234-5678")

    assert (booked["items"], booked["plate"], booked["mileage"]) == (["regular_service"], "浙AD1001", 12000)
    assert (booked["phone"], booked["end"]) == (PHONE, "2026-11-28T15:00:00+08:00")


async def test_an_address_gets_the_confirmation_and_stays_known(desk: Desk) -> None:
    await desk.books(email="wang@example.com")
    await desk.books(start=THREE, model="s3")

    with desk.database.reading() as session:
        query = sa.select(OutboxMessage.kind, OutboxMessage.address).where(OutboxMessage.channel == "email")
        rows = session.execute(query).all()
    assert sorted(rows) == sorted(
        [(kind, "wang@example.com") for kind in ("confirmation", "reminder_24", "reminder_2")] * 2
    )


@pytest.mark.parametrize(
    "address", ["wang", "王@example.com", "a@b", "a b@example.com", "a@example.com, b@c.d", 7]
)
async def test_what_is_no_address_is_refused(desk: Desk, address: Any) -> None:
    await desk.post("appointments", 400, **DRIVE, start=TWO, name="王小明", phone=PHONE, email=address)
    assert await desk.get("appointments") == []


async def test_staff_need_no_notice(desk: Desk) -> None:
    booked = await desk.books(start="2026-11-22T10:30")

    assert booked["start"] == "2026-11-22T10:30:00+08:00"


async def test_the_same_request_books_once(desk: Desk) -> None:
    first = await desk.books(request_id="form-17")

    assert await desk.books(request_id="form-17") == first
    assert len(await desk.get("appointments")) == 1


async def test_the_same_request_with_another_customer_is_a_conflict(desk: Desk) -> None:
    await desk.books(request_id="form-17")
    refused = await desk.books(409, request_id="form-17", phone="13900001111")

    assert refused["message"]
    assert len(await desk.get("appointments")) == 1


async def test_an_adviser_can_be_wished_for(desk: Desk) -> None:
    for adviser, phone in (("east-adviser-2", PHONE), ("east-adviser-1", "13900001111")):
        start = TWO if phone == PHONE else "2026-11-29T14:00"
        assert adviser in (await desk.books(adviser=adviser, phone=phone, start=start))["resources"]
    free = await desk.get(
        "slots", **DRIVE, adviser="east-adviser-2", **{"from": "2026-11-28", "to": "2026-11-28"}
    )
    assert free
    assert TWO not in {slot["start"] for slot in free}


async def test_a_time_that_is_taken_is_refused_with_what_is_free(desk: Desk) -> None:
    await desk.books()
    refused = await desk.books(409, phone="13900001111")

    assert set(refused) == {"error", "reason", "alternatives"}
    assert refused["reason"] == Refusal.CAR_OUT.value
    assert len(refused["alternatives"]) == 3
    best = refused["alternatives"][0]
    assert set(best) == {"store", "start", "end"}
    assert (await desk.books(phone="13900001111", store=best["store"], start=best["start"]))["start"] == best[
        "start"
    ]


async def test_every_refusal_has_its_reason(desk: Desk) -> None:
    for start, reason in (
        ("2026-11-20T10:00", Refusal.PAST),
        ("2026-11-28T21:30", Refusal.OUTSIDE_HOURS),
        ("2026-11-28T14:10", Refusal.NOT_ON_GRID),
        ("2028-11-28T14:00", Refusal.TOO_FAR),
    ):
        assert (await desk.books(409, start=start))["reason"] == reason.value


async def test_a_body_that_cannot_be_used(desk: Desk) -> None:
    for body in NO_BOOKINGS:
        refused = await desk.books(400, **body)
        assert {"error"} <= set(refused) <= {"error", "faults", "message"}
    assert await desk.get("appointments") == []


async def test_what_is_no_object_is_no_booking(desk: Desk) -> None:
    for content in NO_OBJECTS:
        await desk.call("POST", "appointments", 400, content=content)


async def test_a_move_keeps_row_and_code(desk: Desk) -> None:
    booked = await desk.books()
    moved = await desk.post(f"appointments/{booked['id']}/move", start=THREE, store="west")

    assert (moved["start"], moved["store"], moved["sequence"]) == (THREE, "west", 1)
    assert [moved[name] for name in ("id", "code", "calendar")] == [
        booked[name] for name in ("id", "code", "calendar")
    ]
    assert (await desk.books(phone="13900001111"))["start"] == TWO


async def test_a_refused_move_leaves_the_old_time(desk: Desk) -> None:
    booked = await desk.books()
    await desk.books(start=THREE, phone="13900001111")
    path = f"appointments/{booked['id']}"

    refused = await desk.post(f"{path}/move", 409, start=THREE)

    assert refused["reason"] == Refusal.CAR_OUT.value
    assert await desk.get(path) == masked(booked)
    await desk.post(f"{path}/move", 400)
    assert "time" in (await desk.post(f"{path}/move", 400, start="2026-11-29"))["error"]
    await desk.post(f"{path}/move", 400, start=THREE, store="north")


async def test_a_cancellation_frees_the_time(desk: Desk) -> None:
    booked = await desk.books()
    path = f"appointments/{booked['id']}"
    cancelled = await desk.post(f"{path}/cancel")

    assert (cancelled["status"], cancelled["sequence"]) == ("cancelled", 1)
    assert (await desk.post(f"{path}/cancel"))["sequence"] == 1
    assert "已经取消" in (await desk.post(f"{path}/move", 409, start=THREE))["message"]
    await desk.books(phone="13900001111")
    assert [row["status"] for row in await desk.get("appointments")].count("cancelled") == 1


async def test_who_came_and_who_did_not(desk: Desk) -> None:
    first, second = await desk.books(), await desk.books(start=THREE, phone="13900001111")
    early = await desk.post(f"appointments/{first['id']}/check-in", 409)
    desk.at("2026-11-28T15:10")

    came = await desk.post(f"appointments/{first['id']}/check-in")
    done = await desk.post(f"appointments/{first['id']}/complete")
    missed = await desk.post(f"appointments/{second['id']}/no-show")

    assert early["message"]
    assert [came["status"], done["status"], missed["status"]] == ["checked_in", "completed", "no_show"]
    assert (await desk.post(f"appointments/{first['id']}/no-show", 409))["message"]
    assert (await desk.post(f"appointments/{second['id']}/check-in"))["status"] == "checked_in"


async def test_a_visit_is_approved(desk: Desk) -> None:
    for day in ("23", "24", "25"):
        visit = await desk.books(start=f"2026-11-{day}T14:00")
        desk.at(f"2026-11-{day}T20:00")
        await desk.post(f"appointments/{visit['id']}/no-show")
    booked = await desk.get(f"appointments/{book(desk.database, now=clock.now()).id}")

    assert booked["needs_approval"] is True
    approved = await desk.post(f"appointments/{booked['id']}/approve")
    assert approved["needs_approval"] is False
    assert (await desk.post(f"appointments/{booked['id']}/approve", 409))["message"]
