"""A customer's data over the staff API: a copy for them, and deleting it after the last digits were typed."""

from __future__ import annotations

import io
import json
import zipfile

import httpx

from bot.store.tables import Appointment
from tests.api.application import PHONE, Desk
from tests.api.test_customers_api import actions


async def _customer(desk: Desk) -> str:
    await desk.books()
    [found] = await desk.get("customers", q="5678")
    return str(found["id"])


async def test_a_copy(desk: Desk) -> None:
    id_ = await _customer(desk)
    answer: httpx.Response = await desk.client.get(f"/api/staff/customers/{id_}/copy", headers=desk.headers)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        data = json.loads(packed.read("data.json"))
    assert data["phone"] == PHONE
    assert data["data"]["预约"][0]["name"] == "王小明"
    assert actions(desk)[0] == "customer.exported"
    await desk.get("customers/nobody/copy", expected=404)


async def test_deleting(desk: Desk) -> None:
    id_ = await _customer(desk)
    await desk.post(f"customers/{id_}/erase", expected=400)
    await desk.post(f"customers/{id_}/erase", expected=404, last_digits="0000")
    refused = await desk.post(f"customers/{id_}/erase", expected=409, last_digits="5678")
    gone = await desk.post(f"customers/{id_}/erase", last_digits="5678", force=True)

    assert "1 个未到店的预约" in json.dumps(refused, ensure_ascii=False)
    assert gone["rows"]["预约"] == gone["rows"]["客户资料"] == 1
    assert await desk.get("customers", q="5678") == []
    assert PHONE not in json.dumps(await desk.get("appointments"))
    with desk.database.reading() as session:
        assert [row.name for row in session.query(Appointment)] == ["〔已删除〕"]
    await desk.post(f"customers/{id_}/erase", expected=404, last_digits="5678")


async def test_the_freed_time_can_be_booked(desk: Desk) -> None:
    id_ = await _customer(desk)
    await desk.post(f"customers/{id_}/erase", last_digits="5678", force=True)
    again = await desk.books(phone="13900001111", name="李雷")
    assert again["status"] == "confirmed"
