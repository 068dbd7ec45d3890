"""Events over the staff API: places, the waiting line, attendance; whole numbers only when asked for."""

from __future__ import annotations

from typing import Any

from tests.api.application import PHONE, Desk
from tests.api.test_customers_api import actions

SALON = "events/care_salon_2026_12/signups"
WINTER = "events/winter_service_2026_12/signups"


async def one(desk: Desk, id_: str = "care_salon_2026_12") -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in await desk.get("events") if row["id"] == id_)
    return found


async def test_from_the_sign_up_to_the_day(desk: Desk) -> None:
    assert next(row["id"] for row in await desk.get("events")) == "care_salon_2026_12"
    signed = await desk.post(SALON, phone=PHONE, people=2, name="王小明13812345678")
    again = await desk.post(SALON, phone=PHONE, people=3)
    assert (signed["status"], again["id"], again["people"]) == ("signed_up", signed["id"], 3)
    assert PHONE not in str(await desk.get(SALON))
    salon = await one(desk)
    assert (salon["left"], salon["people"], salon["is_open"]) == (17, {"signed_up": 3}, True)
    assert (await desk.post(f"event-signups/{signed['id']}/people", people=1))["people"] == 1
    assert (await desk.post(f"event-signups/{signed['id']}/reveal"))["phone"] == PHONE

    refused = await desk.post(f"event-signups/{signed['id']}/attendance", 409, attended=True)
    assert refused["message"].startswith("活动当天才能登记到场")
    desk.at("2026-12-05T14:10:00+08:00")
    assert (await desk.post(f"event-signups/{signed['id']}/attendance", attended=True))[
        "status"
    ] == "attended"
    assert (await one(desk))["signups"] == {"attended": 1}
    assert (await one(desk))["is_open"] is False
    assert actions(desk, "event.") == ["event.attendance", "event.changed", "event.changed", "event.joined"]


async def test_who_waits_moves_up_and_is_called(desk: Desk) -> None:
    full = [await desk.post(WINTER, phone=f"139{n:08}", people=2) for n in range(20)]
    late = await desk.post(WINTER, phone=PHONE, people=1)
    assert late["status"] == "waiting"
    await desk.post(f"event-signups/{full[0]['id']}/cancel")
    assert [row["status"] for row in await desk.get(WINTER) if row["id"] == late["id"]] == ["signed_up"]
    [task] = await desk.get("tasks", kind="event_reply")
    assert (task["phone"], task["store"], task["script"]) == ("138****5678", "west", "seasonal_campaign")


async def test_what_cannot_be(desk: Desk) -> None:
    await desk.post("events/nothing/signups", 404, phone=PHONE)
    await desk.post(SALON, 400, phone="123")
    for people in (0, 4, "2", True, 1.5):
        await desk.post(SALON, 400, phone=PHONE, people=people)
    await desk.post("event-signups/nothing/cancel", 404)
    signed = await desk.post(SALON, phone=PHONE)
    await desk.post(f"event-signups/{signed['id']}/attendance", 400, attended="yes")
    await desk.post(f"event-signups/{signed['id']}/people", 400)
    desk.at("2026-12-04T18:00:01+08:00")
    await desk.post(SALON, 409, phone="13900000001")


async def test_the_list_as_a_file(desk: Desk) -> None:
    await desk.post(SALON, phone=PHONE, people=2, name="=王小明")
    answer = await desk.client.get(f"/api/staff/{SALON}.csv", headers=desk.headers)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, line = answer.content.decode("utf-8-sig").splitlines()
    assert header == "活动,时间,称呼,手机号,人数,状态,报名时间"
    assert line.startswith(f"新车主爱车养护沙龙,2026-12-05 14:00,'=王小明,{PHONE}\t,2,已报名,")
    assert actions(desk, "events.exported") == ["events.exported"]
    await desk.get("events/nothing/signups.csv", 404)
