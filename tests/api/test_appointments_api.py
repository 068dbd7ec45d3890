"""Booking, moving, cancelling and recording over the staff API, and what there is to book."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.api.description import describe
from bot.domain.booking import Refusal
from bot.store.tables import Customer, OutboxMessage
from tests.api.application import DRIVE, PHONE, SERVICE, THREE, TWO, Desk
from tests.api.test_description import assert_fits
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
NO_QUESTIONS: list[dict[str, Any]] = [
    {},
    {"kind": "test_drive"},
    {"kind": "service"},
    {**DRIVE, "from": "soon"},
    {**DRIVE, "limit": "0"},
    {**DRIVE, "limit": "501"},
    {**DRIVE, "limit": "²"},
    {**DRIVE, "store": "\x00"},
]
NO_OUTAGES: list[dict[str, Any]] = [
    {"resource": "nobody"},
    {"resource": None},
    {"start": "2026-11-29"},
    {"start": None},
    {"end": "soon"},
    {"start": "2026-11-01", "end": "2026-11-02"},
    {"end": "2030-01-01"},
    {"reason": "长" * 201},
    {"by": "me"},
]
NO_WISHES: list[dict[str, Any]] = [
    {"until": None},
    {"until": "2026-11-01"},
    {"from": "2026-12-24"},
    {"weekdays": [0]},
    {"weekdays": [True]},
    {"weekdays": "6"},
    {"from_time": "9 o'clock"},
    {"from_time": "12:00", "until_time": "09:00"},
    {"phone": None},
    {"model": "x99"},
    {"kind": None},
]


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
    }
    assert {name: booked[name] for name in expected} == expected
    assert booked["resources"][0] == "east-car-x5"
    assert booked["resource_names"][0] == "城东 X5 试驾车"
    assert await desk.get(f"appointments/{booked['id']}") == booked
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
        assert set(await desk.books(400, **body)) == {"error"}
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
    assert await desk.get(path) == booked
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


async def test_free_slots(desk: Desk) -> None:
    await desk.books()
    saturday = {**DRIVE, "from": "2026-11-28", "to": "2026-11-28"}
    slots = await desk.get("slots", **saturday)

    starts = [slot["start"] for slot in slots]
    assert starts == sorted(starts)
    assert TWO not in starts
    assert THREE in starts
    assert {slot["store"] for slot in slots} == {"east"}
    assert len(await desk.get("slots", **saturday, limit=3)) == 3
    everywhere = await desk.get("slots", kind="test_drive", model="x5")
    assert {slot["store"] for slot in everywhere} == {"east", "west"}
    service = {"kind": "service", "store": "east", "model": "x5"}
    both = await desk.get("slots", **service, items="regular_service,brake_check", limit=1)
    assert await desk.get("slots", **service, items=["regular_service", "brake_check"], limit=1) == both
    assert (both[0]["start"][11:16], both[0]["end"][11:16]) != ("", "")


async def test_a_question_for_slots_that_cannot_be_answered(desk: Desk) -> None:
    for query in NO_QUESTIONS:
        await desk.get("slots", 400, **query)


async def test_what_does_not_exist(desk: Desk) -> None:
    for path in ("appointments/nope", "appointments/%ff", "appointments/nope/history"):
        await desk.get(path, 404)
    for path in ("move", "cancel", "check-in", "complete", "no-show", "approve"):
        body = {"start": THREE} if path == "move" else {}
        await desk.post(f"appointments/nope/{path}", 404, **body)
    await desk.delete("outages/nope", 404)
    await desk.delete("waitlist/nope", 404)


async def test_nothing_without_a_token(desk: Desk) -> None:
    booked = await desk.books()
    one = f"appointments/{booked['id']}"
    calls = [("GET", path) for path in ("appointments", one, "slots", "resources", "outages", "waitlist")]
    calls += [("POST", path) for path in ("appointments", "outages", "waitlist", "resources/east-bay-1/feed")]
    calls += [
        ("POST", f"{one}/{name}") for name in ("move", "cancel", "check-in", "complete", "no-show", "approve")
    ]
    calls += [("DELETE", "outages/x"), ("DELETE", "waitlist/x")]
    for method, path in calls:
        answer = await desk.client.request(method, f"/api/staff/{path}")
        assert answer.status_code == 401, path
    assert await desk.get(one) == booked


class TestResources:
    async def test_all_of_them_with_their_feeds(self, desk: Desk) -> None:
        listed = await desk.get("resources")

        assert len(listed) == 26
        bay = next(row for row in listed if row["id"] == "east-bay-4")
        assert {**bay, "feed": ""} == {
            "id": "east-bay-4",
            "kind": "bay",
            "store": "east",
            "name": "城东 4 号工位",
            "model": None,
            "electric": True,
            "feed": "",
        }
        assert await desk.get("resources") == listed


class TestOutages:
    async def test_a_car_drops_out_and_comes_back(self, desk: Desk) -> None:
        booked = await desk.books()
        done = await desk.post(
            "outages", resource="east-car-x5", start="2026-11-28", end="2026-11-28", reason="保险杠送修"
        )
        outage = done["outage"]

        assert (outage["resource_name"], outage["created_by"]) == ("城东 X5 试驾车", "admin")
        assert outage["end"] == "2026-11-29T00:00:00+08:00"
        assert [visit["id"] for visit in done["to_rebook"]] == [booked["id"]]
        assert done["new_times"][booked["id"]]
        assert (await desk.get(f"appointments/{booked['id']}"))["needs_new_time"] is True
        assert await desk.get("outages") == [outage]
        within = {"resource": "east-car-x5", "start": "2026-11-28", "end": "2026-11-28T12:00"}
        again = await desk.post("outages", **within)
        assert (done["already_out"], again["already_out"]) == (False, True)
        assert again["outage"] == outage

        assert done["to_call"] == [booked["id"]]
        back = await desk.delete(f"outages/{outage['id']}")
        assert back["to_call"] == [booked["id"]]
        assert [visit["id"] for visit in back["restored"]] == [booked["id"]]
        assert (await desk.get(f"appointments/{booked['id']}"))["needs_new_time"] is False
        assert await desk.get("outages") == []
        assert [row["id"] for row in await desk.get("outages", all="true")] == [outage["id"]]

    async def test_an_outage_that_cannot_be(self, desk: Desk) -> None:
        for body in NO_OUTAGES:
            usual = {"resource": "east-car-x5", "start": "2026-11-28", "end": "2026-11-28", "reason": "送修"}
            await desk.post("outages", 400, **{**usual, **body})
        assert await desk.get("outages") == []

    async def test_a_wrong_question(self, desk: Desk) -> None:
        await desk.get("outages", 400, all="maybe")


class TestWaitlist:
    async def test_joining_and_leaving(self, desk: Desk) -> None:
        wish = {"until": "2026-12-06", "weekdays": [7, 6], "from_time": "09:00", "until_time": "12:00"}
        entry = await desk.post("waitlist", **DRIVE, **wish, name="王小明", phone=PHONE)

        assert entry["state"] == "waiting"
        assert (entry["weekdays"], entry["from_time"], entry["until_time"]) == ([6, 7], "09:00", "12:00")
        assert entry["until"] == "2026-12-07T00:00:00+08:00"
        assert await desk.get("waitlist", phone=PHONE) == [entry]
        assert await desk.get("waitlist", phone="13900001111") == []
        again = await desk.post("waitlist", **DRIVE, until="2026-12-06", phone=PHONE)
        assert (again["id"], again["until_time"], again["name"]) == (entry["id"], "24:00", "王小明")
        assert (await desk.delete(f"waitlist/{entry['id']}"))["state"] == "left"
        assert await desk.get("waitlist") == []
        assert [row["id"] for row in await desk.get("waitlist", state="left")] == [entry["id"]]

    async def test_an_address_stays_known(self, desk: Desk) -> None:
        await desk.post("waitlist", **DRIVE, until="2026-12-06", phone=PHONE, email="wang@example.com")
        with desk.database.reading() as session:
            known = session.execute(sa.select(Customer.email).where(Customer.phone == PHONE)).scalars().all()
        assert known == ["wang@example.com"]

    async def test_a_wish_that_cannot_be(self, desk: Desk) -> None:
        for body in NO_WISHES:
            await desk.post("waitlist", 400, **{**DRIVE, "until": "2026-12-06", "phone": PHONE, **body})
        assert await desk.get("waitlist") == []

    async def test_a_wrong_question(self, desk: Desk) -> None:
        await desk.get("waitlist", 400, state="patient")


async def test_every_answer_is_as_described(desk: Desk) -> None:
    """Those that change something; ``test_description`` asks the others."""
    booked, other = await desk.books(), await desk.books(start=THREE, phone="13900001111")
    one = f"appointments/{booked['id']}"
    wish = {"until": "2026-12-06", "phone": PHONE}
    outage = {"resource": "east-car-x5", "start": "2026-11-28", "end": "2026-11-28"}
    entry = await desk.post("waitlist", **DRIVE, **wish)
    done = await desk.post("outages", **outage)
    answers = {
        ("/api/staff/appointments", "post"): booked,
        ("/api/staff/appointments/{id}/move", "post"): await desk.post(
            f"{one}/move", start="2026-11-30T10:00"
        ),
        ("/api/staff/appointments/{id}/cancel", "post"): await desk.post(
            f"appointments/{other['id']}/cancel"
        ),
        ("/api/staff/resources/{id}/feed", "post"): await desk.post("resources/east-bay-1/feed"),
        ("/api/staff/waitlist", "post"): entry,
        ("/api/staff/waitlist/{id}", "delete"): await desk.delete(f"waitlist/{entry['id']}"),
        ("/api/staff/outages", "post"): done,
        ("/api/staff/outages/{id}", "delete"): await desk.delete(f"outages/{done['outage']['id']}"),
    }
    document = describe()
    schemas = document["components"]["schemas"]
    for (path, method), answer in answers.items():
        described = document["paths"][path][method]["responses"]["200"]["content"]["application/json"][
            "schema"
        ]
        assert_fits(answer, described, schemas, path)
    assert_fits(
        await desk.books(409, phone="13900002222", start="2026-11-30T10:00"),
        schemas["Refused"],
        schemas,
        "409",
    )
