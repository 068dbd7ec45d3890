"""What there is to book over the staff API: free times, resources, outages, the waitlist."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.store.tables import Customer
from tests.api.application import DRIVE, PHONE, THREE, TWO, Desk

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


async def test_staff_see_times_without_the_customers_notice(desk: Desk) -> None:
    today = {**DRIVE, "to": "2026-11-22"}
    starts = [slot["start"] for slot in await desk.get("slots", **today)]

    assert starts[0] == "2026-11-22T10:30:00+08:00"
    assert (await desk.books(start=starts[0]))["start"] == starts[0]


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
