"""A change and its line in the audit log are one transaction: where the line cannot be written, nothing has changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.services import audit
from tests.api.application import DRIVE, PHONE, THREE, Desk

ENTRY = "faq/store.parking"
WISH = {**DRIVE, "until": "2026-12-06", "phone": PHONE, "name": "王"}
OUT = {"resource": "east-bay-1", "start": "2026-11-28", "end": "2026-11-28", "reason": "坏了"}


async def _visit(desk: Desk) -> str:
    return f"appointments/{(await desk.books())['id']}"


async def _waiting(desk: Desk) -> str:
    return f"waitlist/{(await desk.post('waitlist', **WISH))['id']}"


async def _outage(desk: Desk) -> str:
    return f"outages/{(await desk.post('outages', **OUT))['outage']['id']}"


async def _draft(desk: Desk) -> str:
    await desk.call("PUT", ENTRY, json={"answer": "门店有免费停车位。", "draft": True})
    return ENTRY


async def _published(desk: Desk) -> str:
    await desk.call("PUT", ENTRY, json={"answer": "门店有免费停车位。"})
    return ENTRY


async def _retired(desk: Desk) -> str:
    await desk.post(f"{ENTRY}/retire")
    return ENTRY


async def _nothing(desk: Desk) -> str:
    return ""


EDIT = {"answer": "门店的停车位都是免费的。"}
CHANGES: dict[str, tuple[Callable[[Desk], Awaitable[str]], str, str, dict[str, Any], str]] = {
    "appointment.booked": (
        _nothing,
        "POST",
        "appointments",
        {**DRIVE, "start": THREE, "name": "李", "phone": PHONE},
        "appointments",
    ),
    "appointment.moved": (_visit, "POST", "{}/move", {"start": THREE}, "appointments"),
    "appointment.corrected": (_visit, "PATCH", "{}", {"name": "李"}, "appointments"),
    "appointment.cancelled": (_visit, "POST", "{}/cancel", {}, "appointments"),
    "appointment.checked_in": (_visit, "POST", "{}/check-in", {}, "appointments"),
    "appointment.completed": (_visit, "POST", "{}/complete", {}, "appointments"),
    "appointment.no_show": (_visit, "POST", "{}/no-show", {}, "appointments"),
    "waitlist.joined": (_nothing, "POST", "waitlist", WISH, "waitlist"),
    "waitlist.left": (_waiting, "DELETE", "{}", {}, "waitlist"),
    "outage.begun": (_nothing, "POST", "outages", OUT, "outages"),
    "outage.ended": (_outage, "DELETE", "{}", {}, "outages"),
    "content.edited": (_nothing, "PUT", ENTRY, EDIT, f"{ENTRY}/history"),
    "content.approved": (_draft, "POST", f"{ENTRY}/approve", {}, f"{ENTRY}/history"),
    "content.rolled_back": (_published, "POST", f"{ENTRY}/rollback", {"version": 1}, f"{ENTRY}/history"),
    "content.retired": (_nothing, "POST", f"{ENTRY}/retire", {}, f"{ENTRY}/history"),
    "content.withdrawn": (_draft, "POST", f"{ENTRY}/retire", {"version": 2}, f"{ENTRY}/history"),
    "content.restored": (_retired, "POST", f"{ENTRY}/restore", {}, f"{ENTRY}/history"),
    "dealership.changed": (
        _nothing,
        "PUT",
        "dealership/profile",
        {"data": {"brand": "别的牌子"}},
        "dealership",
    ),
    "dealership.removed": (_nothing, "DELETE", "dealership/closure:春节", {}, "dealership"),
}


@pytest.mark.parametrize("action", CHANGES)
async def test_no_change_without_its_line(desk: Desk, action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare, method, path, body, shows = CHANGES[action]
    address = await prepare(desk)
    if action in ("appointment.checked_in", "appointment.completed", "appointment.no_show"):
        desk.at("2026-11-28T14:05:00+08:00")
    path = path.format(address)
    more = {"json": body} if method != "DELETE" else {}
    before, write = await desk.get(shows), audit.note

    def cannot(session: Any, actor: Any, what: str, *rest: Any, **about: Any) -> None:
        if what == action:
            raise RuntimeError("no line can be written")
        write(session, actor, what, *rest, **about)

    with monkeypatch.context() as broken:
        broken.setattr(audit, "note", cannot)
        await desk.call(method, path, 500, **more)
    assert await desk.get(shows) == before

    await desk.call(method, path, **more)
    assert await desk.get(shows) != before
    assert action in [line["action"] for line in await desk.get("audit")]
