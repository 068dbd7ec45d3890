"""Accounts, one's own account and the audit log over the staff API."""

from __future__ import annotations

from typing import Any

from bot.services.staff import ensure_admin, log_in
from tests.api.application import DRIVE, PHONE, THREE, Desk
from tests.server import PASSWORD
from tests.services.bookings import NOW

LIN = {"username": "linxiao", "name": "林晓", "role": "consultant", "resource": "east-adviser-1"}


async def hired(desk: Desk, **fields: Any) -> Desk:
    """A new member of the staff, signed in."""
    made = await desk.post("users", **{**LIN, **fields})
    token = log_in(desk.database, made["user"]["username"], made["password"], NOW)
    return Desk(desk.client, desk.database, {"Authorization": f"Bearer {token}"})


async def test_an_administrator_adds_changes_and_switches_off(desk: Desk) -> None:
    made = await desk.post("users", **LIN, email="lin@example.com", skills=["sales", "complaint"])
    assert len(made["password"]) > 15
    assert made["user"]["presence"] == "offline"
    assert made["user"]["skills"] == ["sales", "complaint"]

    changed = await desk.patch("users/linxiao", name="林小晓", conversation_limit=2, email=None)
    assert (changed["name"], changed["conversation_limit"], changed["email"]) == ("林小晓", 2, None)
    assert (await desk.patch("users/linxiao", active=False))["active"] is False
    assert [user["username"] for user in await desk.get("users")] == ["admin", "linxiao"]


async def test_faults_are_told_by_field_in_chinese(desk: Desk) -> None:
    refused = await desk.post("users", 400, username="X", name="", role="boss")

    assert set(refused["faults"]) == {"username", "name", "role"}
    assert refused["message"] in refused["faults"].values()
    await desk.post("users", 200, **LIN)
    assert "已经有人用了" in (await desk.post("users", 409, **LIN))["message"]
    await desk.post("users", 400, **LIN, is_active=True)
    await desk.patch("users/nobody", 404, name="谁")


async def test_the_last_administrator_is_kept(desk: Desk) -> None:
    assert "最后一个管理员" in (await desk.patch("users/admin", 409, active=False))["message"]
    assert "最后一个管理员" in (await desk.patch("users/admin", 409, role="manager"))["message"]


async def test_a_consultant_sees_their_own_account_alone(desk: Desk) -> None:
    lin = await hired(desk)

    mine = await lin.get("me")
    assert (mine["username"], mine["role"]) == ("linxiao", "consultant")
    assert "converse" in mine["permissions"]
    assert "manage_users" not in mine["permissions"]
    for method, path in (
        ("GET", "users"),
        ("POST", "users"),
        ("PATCH", "users/linxiao"),
        ("POST", "users/admin/password"),
        ("GET", "audit"),
    ):
        await lin.call(method, path, 403, **({} if method == "GET" else {"json": {}}))


async def test_a_reset_password_signs_its_owner_out(desk: Desk) -> None:
    lin = await hired(desk)

    new = (await desk.post("users/linxiao/password"))["password"]

    await lin.get("me", 401)
    assert log_in(desk.database, "linxiao", new, NOW)
    await desk.post("users/admin/password", 400)


async def test_everybody_changes_their_own_password(desk: Desk) -> None:
    made = await desk.post("users", **LIN)
    old, new = made["password"], "a-much-better-one"
    token = log_in(desk.database, "linxiao", old, NOW)
    lin = Desk(desk.client, desk.database, {"Authorization": f"Bearer {token}"})

    assert (await lin.post("me/password", 400, old="wrong", new=new))["faults"] == {"old": "原密码不对"}
    assert set((await lin.post("me/password", 400, old=old, new="short"))["faults"]) == {"new"}
    await lin.post("me/password", 400, old=old)
    await lin.post("me/password", old=old, new=new)

    assert (await lin.get("me"))["username"] == "linxiao"
    assert log_in(desk.database, "linxiao", new, NOW)


async def test_the_old_password_cannot_be_guessed_without_end(desk: Desk) -> None:
    lin = await hired(desk)

    codes = []
    for number in range(12):
        body = {"old": f"guess {number}", "new": "a-much-better-one"}
        answer = await lin.client.post("/api/staff/me/password", headers=lin.headers, json=body)
        codes.append(answer.status_code)

    assert codes == [400] * 10 + [429] * 2


async def test_signing_out_everywhere_ends_this_session_too(desk: Desk) -> None:
    lin = await hired(desk)

    assert (await lin.post("me/sign-out-everywhere"))["ended"] == 1
    await lin.get("me", 401)


async def test_the_audit_log_is_filtered_and_paged(desk: Desk) -> None:
    ensure_admin(desk.database, PASSWORD, NOW)
    await desk.post("users", **LIN)
    await desk.patch("users/linxiao", name="林小晓")
    answer = await desk.client.post("/api/staff/login", json={"username": "linxiao", "password": "guess"})
    assert answer.status_code == 401

    lines = await desk.get("audit")
    assert [line["action"] for line in lines] == ["session.refused", "user.changed", "user.created"]
    assert (lines[1]["username"], lines[1]["subject"]) == ("admin", "linxiao")
    assert lines[1]["details"] == {"name": "林小晓"}
    assert lines[1]["address"] == "127.0.0.1"
    assert [line["action"] for line in await desk.get("audit", action="user.")] == [
        "user.changed",
        "user.created",
    ]
    assert [line["action"] for line in await desk.get("audit", username="linxiao")] == ["session.refused"]
    assert await desk.get("audit", conversation="none") == []
    assert (await desk.get("audit", limit=1)) == lines[:1]
    assert (await desk.get("audit", before=lines[1]["id"])) == lines[2:]
    for query in ({"limit": 0}, {"limit": "x"}, {"before": "x"}, {"username": "\0"}):
        await desk.get("audit", 400, **query)
    assert PHONE not in str(lines)


async def test_a_role_books_or_runs_the_workshop_or_neither(desk: Desk) -> None:
    consultant = await hired(desk)
    adviser = await hired(desk, username="zhaolei", name="赵磊", role="service_adviser", resource=None)
    editor = await hired(desk, username="editor", name="文编", role="content_editor", resource=None)
    outage = {"resource": "east-car-x5", "start": "2026-11-28", "end": "2026-11-28"}

    assert (await consultant.books())["phone"] == PHONE
    await consultant.get("outages")
    await consultant.post("outages", 403, **outage)
    await consultant.post("resources/east-bay-1/feed", 403)
    begun = await adviser.post("outages", **outage)
    await adviser.delete(f"outages/{begun['outage']['id']}")
    for path in ("appointments", "waitlist", "resources", "outages", "slots"):
        await editor.get(path, 403)
    await editor.books(403)


async def test_a_number_is_shown_to_whom_has_it_alone(desk: Desk) -> None:
    booked = await desk.books()
    await desk.post("waitlist", **DRIVE, until="2026-12-06", phone=PHONE)

    for path in ("appointments", "waitlist"):
        assert [row["phone"] for row in await desk.get(path)] == ["138****5678"]
        assert [row["phone"] for row in await desk.get(path, phone=PHONE)] == [PHONE]
    assert (await desk.get(f"appointments/{booked['id']}"))["phone"] == "138****5678"
    assert (await desk.post(f"appointments/{booked['id']}/check-in", 409))["message"]


async def test_what_staff_do_with_bookings_is_in_the_audit_log(desk: Desk) -> None:
    booked = await desk.books()
    await desk.post(f"appointments/{booked['id']}/move", start=THREE)
    await desk.post(f"appointments/{booked['id']}/cancel")
    await desk.get("appointments", phone=PHONE)

    lines = await desk.get("audit", action="appointment.")
    assert [line["action"] for line in lines] == [
        "appointment.searched",
        "appointment.cancelled",
        "appointment.moved",
        "appointment.booked",
    ]
    assert {line["subject"] for line in lines[1:]} == {booked["id"]}
    assert PHONE not in str(lines)


async def test_the_settings_are_changed_over_the_api(desk: Desk) -> None:
    lin = await hired(desk)
    await lin.get("dealership", 403)
    await lin.call("PUT", "dealership/profile", 403, json={"data": {"brand": "林家汽车"}})

    changed = await desk.call("PUT", "dealership/profile", json={"data": {"assistant": "小青"}, "version": 1})
    assert (changed["data"]["assistant"], changed["version"], changed["out_of_rules"]) == ("小青", 2, [])
    stale = {"data": {"assistant": "小蓝"}, "version": 1}
    await desk.call("PUT", "dealership/profile", 409, json=stale)
    refused = await desk.call("PUT", "dealership/profile", 400, json={"data": {"accent_color": "red"}})
    assert list(refused["faults"]) == ["accent_color"]
    history = await desk.get("dealership/profile/history")
    assert [(version["version"], version["author"]) for version in history] == [(2, "admin"), (1, "file")]
    assert (await desk.post("dealership/profile/rollback", version=1, seen=2))["data"]["assistant"] == "小岚"
    for path in ("store", "store:", "faq:store.hours", "nothing:x", "profile:other", "x" * 300):
        await desk.call("PUT", f"dealership/{path}", 404, json={"data": {}})
    for body in ({"data": 1}, {"data": {}, "version": "x"}, {"data": {}, "more": 1}, {}):
        await desk.call("PUT", "dealership/profile", 400, json=body)


async def test_new_hours_tell_which_visits_they_would_refuse(desk: Desk) -> None:
    booked = await desk.books()
    hours = {"showroom": {"closes": "13:00"}}

    changed = await desk.call("PUT", "dealership/store:east", json={"data": {"hours": hours}})

    [out] = changed["out_of_rules"]
    assert (out["appointment_id"], out["code"]) == (booked["id"], booked["code"])
    assert out["reason"]
