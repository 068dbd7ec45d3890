"""Calendar files over HTTP: open to whoever has the address, and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from icalendar import Calendar

from tests.api.application import PHONE, THREE, Desk


def events(text: str) -> list[Any]:
    return list(Calendar.from_ical(text).walk("VEVENT"))


async def feed_of(desk: Desk, resource: str) -> str:
    [path] = [row["feed"] for row in await desk.get("resources") if row["id"] == resource]
    return str(path)


async def test_a_calendar_program_gets_the_file(desk: Desk) -> None:
    booked = await desk.books()
    answer = await desk.client.get(booked["calendar"])

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'inline; filename="visit.ics"'
    assert answer.headers["x-robots-tag"] == "noindex"
    [event] = events(answer.text)
    assert event["SUMMARY"] == "试驾 青岚 X5"
    assert [word for word in (booked["code"], "王小明", PHONE) if word in answer.text] == []


async def test_a_move_and_a_cancellation_arrive_at_the_same_address(desk: Desk) -> None:
    booked = await desk.books()
    seen = []
    for path, body in (("move", {"start": THREE}), ("cancel", {})):
        changed = await desk.post(f"appointments/{booked['id']}/{path}", **body)
        [event] = events((await desk.client.get(changed["calendar"])).text)
        seen.append((event["STATUS"], event["SEQUENCE"], f"{event.decoded('DTSTART'):%H:%M}"))

    assert seen == [("CONFIRMED", 1, "15:00"), ("CANCELLED", 2, "15:00")]


async def test_a_program_that_has_it_already_is_told_so(desk: Desk) -> None:
    booked = await desk.books()
    first = await desk.client.get(booked["calendar"])
    mark = first.headers["etag"]

    for known in (mark, f"W/{mark}", f'"other", {mark}'):
        again = await desk.client.get(booked["calendar"], headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", mark)
    await desk.post(f"appointments/{booked['id']}/move", start=THREE)
    changed = await desk.client.get(booked["calendar"], headers={"If-None-Match": mark})
    assert changed.status_code == 200
    assert first.headers["cache-control"] == "private, no-cache"


async def test_only_the_head_is_asked_for(desk: Desk) -> None:
    booked = await desk.books()
    answer = await desk.client.head(booked["calendar"])

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"]


@pytest.mark.parametrize(
    "path",
    [
        "unknown.ics",
        f"{'a' * 43}.ics",
        "feeds/unknown.ics",
        "%ff.ics",
        "%E4%BD%A0.ics",
        f"{'a' * 900}.ics",
        ".ics",
    ],
)
async def test_an_unknown_address_is_told_kindly(desk: Desk, path: str) -> None:
    answer = await desk.client.get(f"/calendar/{path}")

    assert answer.status_code == 404
    assert "您的预约不受影响" in answer.text


async def test_other_names_lead_nowhere(desk: Desk) -> None:
    booked = await desk.books()
    token = booked["calendar"].removeprefix("/calendar/").removesuffix(".ics")

    for path in (token, f"{booked['code']}.ics", f"{booked['id']}.ics", f"feeds/{token}.ics"):
        assert (await desk.client.get(f"/calendar/{path}")).status_code == 404
    assert (await desk.client.post(booked["calendar"])).status_code == 405


async def test_a_feed_for_each_resource_of_the_visit(desk: Desk) -> None:
    booked = await desk.books()
    for resource in booked["resources"]:
        answer = await desk.client.get(await feed_of(desk, resource))
        assert answer.headers["content-disposition"] == 'inline; filename="feed.ics"'
        [event] = events(answer.text)
        assert event["SUMMARY"] == "试驾 青岚 X5 王小明"
        assert booked["code"] in event["DESCRIPTION"]
        assert PHONE not in answer.text
    assert events((await desk.client.get(await feed_of(desk, "west-bay-1"))).text) == []


async def test_a_renewed_feed_has_a_new_address(desk: Desk) -> None:
    old = await feed_of(desk, "east-bay-1")
    renewed = await desk.post("resources/east-bay-1/feed")

    assert renewed["feed"] == await feed_of(desk, "east-bay-1") != old
    assert (await desk.client.get(old)).status_code == 404
    assert (await desk.client.get(renewed["feed"])).status_code == 200
    await desk.post("resources/nobody/feed", 404)
