"""Customers, cases and leads over the staff API: numbers stay masked until somebody reveals them, and that is logged."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from bot import clock
from bot.domain.cases import CaseKind
from bot.domain.conversation import HandoffReason
from bot.domain.tasks import TaskKind
from bot.services.audit import list_audit
from bot.services.cases import open_case, update_case
from bot.services.conversations import record_handoff
from bot.services.tasks import open_task
from bot.store.lifecycle_tables import Survey
from bot.store.tables import Conversation, Vehicle
from tests.api.application import PHONE, THREE, TWO, Desk

OWNER = "13800000001"
WHOLE = "王小明 的电话 13812345678"


def conversation(desk: Desk, **more: Any) -> str:
    id_ = uuid.uuid4().hex
    with desk.database.transaction() as session:
        now = clock.now()
        session.add(Conversation(id=id_, channel="web", sender=id_, created_at=now, updated_at=now, **more))
    return id_


def actions(desk: Desk, name: str = "customer.") -> list[str]:
    return [line.action for line in list_audit(desk.database, action=name)]


async def test_the_card_of_a_conversation_follows_its_booking(desk: Desk) -> None:
    id_ = conversation(desk, page="http://127.0.0.1/x5")
    summary = {
        "facts": {"drive_model": "x5", "drive_time": TWO},
        "last_messages": [WHOLE],
    }
    record_handoff(desk.database, id_, HandoffReason.ASKED, summary, clock.now())
    empty = await desk.get(f"conversations/{id_}/card")
    await desk.books(conversation_id=id_)
    card = await desk.get(f"conversations/{id_}/card")

    assert empty["customer"] is None
    assert card["customer"]["name"] == "王小明"
    assert card["customer"]["phone"] == "138****5678"
    assert card["customer"]["known_by"] == "booking"
    assert card["source"]["page"] == "http://127.0.0.1/x5"
    assert {"label": "试驾车型", "value": "青岚 X5"} in card["facts"]
    assert {"label": "试驾时间", "value": "周六 11月28日 14:00"} in card["facts"]
    assert [visit["start"] for visit in card["appointments"]] == [TWO]
    assert PHONE not in json.dumps(card, ensure_ascii=False)


async def test_a_card_knows_the_cars_of_its_customer(desk: Desk) -> None:
    id_ = conversation(desk)
    card = await desk.call("PUT", f"conversations/{id_}/customer", json={"phone": OWNER, "name": "李雷"})

    assert card["customer"]["known_by"] == "linked"
    assert card["customer"]["name"] == "李雷"
    [car] = card["vehicles"]
    assert (car["plate"], car["model_name"]) == ("浙AD1001", "青岚 X5")
    assert car["lifecycle"]["service_job"] == "first_service"
    assert card["customer"]["id"] in [row["id"] for row in await desk.get("customers", q="李雷")]


async def test_a_card_tells_of_tasks_and_surveys(desk: Desk) -> None:
    id_ = conversation(desk)
    now = clock.now()
    with desk.database.transaction() as session:
        open_task(session, TaskKind.TRADE_IN, "trade_in/1", f"打 {OWNER}", now, now, phone=OWNER)
        session.add(
            Survey(
                id="s1",
                kind="service",
                subject="v1",
                phone=OWNER,
                satisfaction=96,
                nps=9,
                answers={},
                asked_at=now,
                answered_at=now,
            )
        )
        session.add(Survey(id="s2", kind="service", subject="v2", phone=OWNER, answers={}, asked_at=now))
        session.get(Vehicle, "浙AD1001").mileage_on = now.date() - timedelta(days=40)
    card = await desk.call("PUT", f"conversations/{id_}/customer", json={"phone": OWNER})

    assert [(task["kind"], task["status"]) for task in card["tasks"]] == [("trade_in", "open")]
    assert [(survey["satisfaction"], survey["nps"]) for survey in card["surveys"]] == [(96, 9)]
    [car] = card["vehicles"]
    assert car["estimated"] > car["mileage"]
    assert OWNER not in json.dumps(card, ensure_ascii=False)


@pytest.mark.parametrize("query", ["0001", "13800000001", "浙A·D1001", "ad1001"])
async def test_customers_are_found_by_number_and_plate(desk: Desk, query: str) -> None:
    [found] = await desk.get("customers", q=query)

    assert found["phone"] == "138****0001"
    assert found["plates"] == ["浙AD1001"]


async def test_a_customer_is_found_by_the_code_of_a_booking(desk: Desk) -> None:
    visit = await desk.books()

    [found] = await desk.get("customers", q=visit["code"].lower())
    assert found["name"] == "王小明"
    assert await desk.get("customers", q="没有这个人") == []
    assert await desk.get("customers", q="%") == []


async def test_a_number_is_revealed_and_the_log_says_to_whom(desk: Desk) -> None:
    id_ = conversation(desk)
    visit = await desk.books(conversation_id=id_)
    card = await desk.get(f"conversations/{id_}/card")
    lead = await desk.post("leads", phone=PHONE, note=f"打 {PHONE}")
    case = open_case(desk.database, CaseKind.CALLBACK, id_, clock.now(), {"text": WHOLE})
    update_case(desk.database, case, clock.now(), PHONE, {})
    [shown] = await desk.get("cases")

    assert actions(desk, "customer.revealed") == []
    assert lead["phone"] == "138****5678"
    assert PHONE not in lead["note"]
    assert shown["phone"] == "138****5678"
    assert PHONE not in str(shown["details"])
    for path in (
        f"customers/{card['customer']['id']}",
        f"conversations/{id_}",
        f"appointments/{visit['id']}",
        f"cases/{case}",
        f"leads/{lead['id']}",
    ):
        assert await desk.post(f"{path}/reveal") == {"phone": PHONE}
    lines = list_audit(desk.database, action="customer.revealed")
    assert {line.username for line in lines} == {"admin"}
    assert len(lines) == 5
    assert {line.subject for line in lines} == {card["customer"]["id"]}
    every = [line.details for line in list_audit(desk.database)]
    assert PHONE not in json.dumps(every)
    await desk.post("customers/nobody/reveal", expected=404)
    await desk.post(f"conversations/{conversation(desk)}/reveal", expected=404)


async def test_looking_again_writes_one_line(desk: Desk) -> None:
    [found] = await desk.get("customers", q=OWNER)
    for _ in range(3):
        await desk.get(f"customers/{found['id']}")

    assert actions(desk, "customer.seen") == ["customer.seen"]
    desk.at("2026-11-22T10:20")
    await desk.get(f"customers/{found['id']}")
    assert len(actions(desk, "customer.seen")) == 2


async def test_a_customer_can_be_corrected(desk: Desk) -> None:
    [found] = await desk.get("customers", q=OWNER)
    path = f"customers/{found['id']}"
    change = {"name": "韩梅", "email": "han@example.com", "adviser": "east-adviser-1"}
    customer = (await desk.patch(path, **change))["customer"]

    assert (customer["name"], customer["email"], customer["adviser_name"]) == (
        "韩梅",
        "han@example.com",
        "林晓",
    )
    assert (await desk.patch(path, email="", adviser=""))["customer"]["adviser"] is None
    assert "customer.changed" in actions(desk)
    for wrong in ({"adviser": "nobody"}, {"email": "x"}, {"name": "长" * 81}, {"phone": PHONE}):
        await desk.patch(path, expected=400, **wrong)


async def test_cars_are_written_down_and_taken_away(desk: Desk) -> None:
    [found] = await desk.get("customers", q=OWNER)
    path = f"customers/{found['id']}/vehicles"
    car = {"model": "e5", "delivered": "2025-11-20", "mileage": 19000}
    card = await desk.call("PUT", f"{path}/浙A·X7788", json=car)

    assert [vehicle["plate"] for vehicle in card["vehicles"]] == ["浙AD1001", "浙AX7788"]
    await desk.call("PUT", f"{path}/浙AB2002", 409, json=car)
    await desk.call("PUT", f"{path}/浙AX7788", 400, json={**car, "model": "z9"})
    await desk.call("PUT", f"{path}/浙AX7788", 400, json={**car, "delivered": "bald"})
    card = await desk.delete(f"{path}/浙AX7788")
    assert [vehicle["plate"] for vehicle in card["vehicles"]] == ["浙AD1001"]
    await desk.delete(f"{path}/浙AX7788", expected=404)


async def test_a_conversation_without_a_number_is_linked_by_one(desk: Desk) -> None:
    id_ = conversation(desk)
    await desk.call("PUT", f"conversations/{id_}/customer", 400, json={})
    await desk.call("PUT", f"conversations/{id_}/customer", 400, json={"phone": "123"})
    await desk.call("PUT", "conversations/nothing/customer", 404, json={"phone": PHONE})
    case = open_case(desk.database, CaseKind.CALLBACK, id_, clock.now(), {})
    update_case(desk.database, case, clock.now(), "13911112222", {})
    before = await desk.get(f"conversations/{id_}/card")
    after = await desk.call("PUT", f"conversations/{id_}/customer", json={"name": "赵敏"})

    assert before["customer"]["id"] is None
    assert before["customer"]["known_by"] == "case"
    assert after["customer"]["id"] is not None
    assert after["customer"]["phone"] == "139****2222"


async def test_a_case_is_assigned_and_closed(desk: Desk) -> None:
    id_ = open_case(
        desk.database, CaseKind.COMPLAINT, conversation(desk), clock.now(), {"text": "等了三小时"}
    )
    assigned = await desk.post(f"cases/{id_}/assign", adviser="admin")
    closed = await desk.post(f"cases/{id_}/close", outcome="compensated", note="已致歉，赠送保养券")
    again = await desk.post(f"cases/{id_}/close", outcome="settled", note="别的")

    assert assigned["adviser"] == "admin"
    assert (closed["status"], closed["outcome"]) == ("closed", "compensated")
    assert closed["note"] == "已致歉，赠送保养券"
    assert closed["answered_at"]
    assert again == closed
    assert await desk.get("cases", status="open") == []
    assert [case["id"] for case in await desk.get("cases", status="closed")] == [id_]
    assert actions(desk, "case.") == ["case.closed", "case.assigned"]
    await desk.post(f"cases/{id_}/assign", expected=400, adviser="nobody")
    await desk.post("cases/nothing/close", expected=404, outcome="settled")
    await desk.post(f"cases/{id_}/close", expected=400, note="没有结果")
    await desk.post(f"cases/{id_}/close", expected=400, outcome="towed")


async def test_a_lead_goes_its_way(desk: Desk) -> None:
    lead = await desk.post("leads", phone=PHONE, name="王小明", model="x5", note="想要七座")
    changed = await desk.patch(f"leads/{lead['id']}", status="contacted", note="周六到店")

    assert (lead["status"], lead["kind"], lead["adviser"]) == ("new", "adviser", "admin")
    assert (changed["status"], changed["note"]) == ("contacted", "周六到店")
    assert await desk.get("leads", status="new") == []
    assert [row["id"] for row in await desk.get("leads", status="contacted")] == [lead["id"]]
    await desk.patch(f"leads/{lead['id']}", expected=400, status="lukewarm")
    await desk.patch(f"leads/{lead['id']}", expected=400, adviser="nobody")
    await desk.patch("leads/nothing", expected=404, status="won")
    await desk.post("leads", expected=400, phone=PHONE, conversation_id="nothing")


async def test_staff_book_for_a_customer_without_seeing_the_number(desk: Desk) -> None:
    [found] = await desk.get("customers", q=OWNER)
    visit = await desk.books(phone=None, customer_id=found["id"])

    assert visit["phone"] == "138****0001"
    assert [row["id"] for row in await desk.get("appointments", phone=OWNER)] == [visit["id"]]
    assert actions(desk, "customer.revealed") == []
    await desk.books(expected=400, phone=None, customer_id="nobody", start=THREE)
