"""Who comes and with which car, corrected over the staff API, and whom somebody has to call."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from bot.store.tables import OutboxMessage
from tests.api.application import PHONE, SERVICE, THREE, Desk, masked

NO_CORRECTIONS: list[dict[str, Any]] = [
    {},
    {"name": None},
    {"name": " "},
    {"name": "王" * 81},
    {"phone": "1381234567"},
    {"phone": ""},
    {"email": "wang"},
    {"plate": " · "},
    {"mileage": -1},
    {"mileage": "12000"},
    {"start": THREE},
    {"status": "completed"},
]
CAR_OUT = {"resource": "east-car-x5", "start": "2026-11-28", "end": "2026-11-28"}


async def test_what_is_wrong_is_corrected_and_the_rest_stays(desk: Desk) -> None:
    booked = await desk.books(**SERVICE, plate="浙AD1001", mileage=12000)
    path = f"appointments/{booked['id']}"
    desk.at("2026-11-22T11:00")

    first = await desk.patch(path, name="王晓明", phone="138 1234 0000")
    second = await desk.patch(path, plate="浙a·d2002", mileage=0, name=None)

    assert first == {**booked, "name": "王晓明", "phone": "13812340000", "updated_at": first["updated_at"]}
    assert second == {**masked(first), "plate": "浙AD2002", "mileage": 0}
    assert await desk.get(path) == second
    assert await desk.get("appointments", phone=PHONE) == []


async def test_waiting_reminders_go_to_the_new_address(desk: Desk) -> None:
    booked = await desk.books(email="old@example.com")
    corrected = await desk.patch(f"appointments/{booked['id']}", email="new@example.com")

    assert corrected["reached"] is True
    with desk.database.reading() as session:
        query = sa.select(OutboxMessage.address).where(OutboxMessage.channel == "email")
        assert set(session.scalars(query)) == {"new@example.com"}


@pytest.mark.parametrize("body", NO_CORRECTIONS)
async def test_a_correction_that_cannot_be(desk: Desk, body: dict[str, Any]) -> None:
    booked = await desk.books()
    path = f"appointments/{booked['id']}"

    await desk.patch(path, 400, **body)
    assert await desk.get(path) == masked(booked)


async def test_whom_somebody_has_to_call(desk: Desk) -> None:
    """Who lost the time has to be called; who has neither chat nor e-mail hears nothing by messages."""
    booked, other = await desk.books(), await desk.books(start=THREE, model="x7", phone="13900001111")
    mailed = await desk.books(start=THREE, model="s3", phone="13900002222", email="li@example.com")
    await desk.post("outages", **CAR_OUT)

    [lost] = await desk.get("appointments", to_call="true")
    rest = await desk.get("appointments", to_call="false")

    assert (lost["id"], lost["to_call"], lost["reached"]) == (booked["id"], True, False)
    assert {visit["id"]: visit["reached"] for visit in rest} == {other["id"]: False, mailed["id"]: True}
    assert {visit["to_call"] for visit in rest} == {False}
    assert len(await desk.get("appointments", to_call="")) == 3
    await desk.get("appointments", 400, to_call="maybe")
    await desk.post(f"appointments/{booked['id']}/cancel")
    assert await desk.get("appointments", to_call="true") == []
