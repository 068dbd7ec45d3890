"""What holds for every call about bookings: a token, what does not exist, and the description."""

from __future__ import annotations

from bot.api.description import describe
from tests.api.application import DRIVE, PHONE, THREE, Desk, masked
from tests.api.test_description import assert_fits


async def test_what_does_not_exist(desk: Desk) -> None:
    for path in ("appointments/nope", "appointments/%ff", "appointments/nope/history"):
        await desk.get(path, 404)
    for path in ("move", "cancel", "check-in", "complete", "no-show", "approve"):
        body = {"start": THREE} if path == "move" else {}
        await desk.post(f"appointments/nope/{path}", 404, **body)
    await desk.patch("appointments/nope", 404, name="李")
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
    calls += [("PATCH", one), ("DELETE", "outages/x"), ("DELETE", "waitlist/x")]
    for method, path in calls:
        answer = await desk.client.request(method, f"/api/staff/{path}")
        assert answer.status_code == 401, path
    assert await desk.get(one) == masked(booked)


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
        ("/api/staff/appointments/{id}", "patch"): await desk.patch(one, plate="浙AD1001"),
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
