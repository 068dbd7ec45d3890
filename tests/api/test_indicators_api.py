"""Indicators over the staff API: who may see which store, figures, what is behind them, entries, the table."""

from __future__ import annotations

from tests.api.application import Desk
from tests.api.test_customers_api import actions


async def test_figures_and_what_is_behind_them(desk: Desk) -> None:
    booked = await desk.books()
    desk.at("2026-11-28T13:55:00+08:00")
    await desk.post(f"appointments/{booked['id']}/check-in")
    desk.at("2026-12-01T09:00:00+08:00")

    found = {row["id"]: row for row in await desk.get("indicators", period="2026-11")}
    drive = found["test_drive_to_sale"]
    assert (drive["value"], drive["numerator"], drive["denominator"]) == (0, 0, 1)
    assert (drive["standing"], drive["target"], found["nps"]["value"]) == ("missed", 35, None)
    [row] = await desk.get("indicators/test_drive_to_sale/rows", period="2026-11", store="east")
    assert (row["id"], row["hit"], row["at"]) == (booked["id"], 0, "2026-11-28T14:00:00+08:00")
    assert await desk.get("indicators/test_drive_to_sale/rows", period="2026-11", store="west") == []
    assert await desk.get("indicators/test_drive_to_sale/rows", period="2026-12") == []


async def test_a_lead_that_is_won_makes_a_sale(desk: Desk) -> None:
    booked = await desk.books()
    desk.at("2026-11-28T13:55:00+08:00")
    await desk.post(f"appointments/{booked['id']}/check-in")
    [lead] = await desk.get("leads")
    desk.at("2026-12-03T09:00:00+08:00")
    await desk.call("PATCH", f"leads/{lead['id']}", json={"status": "won"})
    found = {row["id"]: row["value"] for row in await desk.get("indicators", period="2026-11")}
    assert (found["test_drive_to_sale"], found["showroom_to_sale"]) == (100, 100)


async def test_an_entry_by_hand(desk: Desk) -> None:
    body = {"period": "2026-11", "store": "east", "value": 2, "note": "新车型"}
    entered = await desk.call("PUT", "indicators/trainings/entries", json=body)
    assert (entered["value"], entered["entered_by"], entered["standing"]) == (2, "admin", "reached")
    assert actions(desk, "indicator.") == ["indicator.entered"]
    for wrong in ({"value": "2"}, {"value": True}, {"value": -1}, {"period": "2026"}, {"store": "nowhere"}):
        await desk.call("PUT", "indicators/trainings/entries", 400, json={**body, **wrong})
    await desk.call("PUT", "indicators/nps/entries", 400, json=body)
    await desk.call("PUT", "indicators/nothing/entries", 404, json=body)


async def test_what_cannot_be_asked(desk: Desk) -> None:
    for query in ({"period": "2026-13"}, {"period": "last"}, {"store": "nowhere"}):
        answer = await desk.client.get("/api/staff/indicators", params=query, headers=desk.headers)
        assert answer.status_code == 400
    await desk.call("GET", "indicators/nothing/rows", 404)


async def test_a_manager_of_a_store_sees_that_store(desk: Desk) -> None:
    fields = {"username": "boss", "password": "a-password-of-the-boss", "role": "manager", "name": "店长"}
    await desk.post("users", **fields, stores=["west"])
    login = {"username": "boss", "password": fields["password"]}
    token = (await desk.client.post("/api/staff/login", json=login)).json()["token"]
    desk.headers = {"Authorization": f"Bearer {token}"}
    assert {row["store"] for row in await desk.get("indicators")} == {"west"}
    await desk.call("GET", "indicators?store=east", 403)
    body = {"period": "2026-11", "store": "east", "value": 2}
    await desk.call("PUT", "indicators/trainings/entries", 403, json=body)


async def test_the_table(desk: Desk) -> None:
    answer = await desk.client.get("/api/staff/indicators/csv?period=2026-11", headers=desk.headers)
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("编号,指标,期间,门店,数值")
    assert len(lines) == 20
