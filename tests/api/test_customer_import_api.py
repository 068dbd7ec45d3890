"""A file of customers over the staff API: tried out, taken, refused with every fault, and for managers alone."""

from __future__ import annotations

from typing import Any

from bot.store.tables import Customer, Vehicle
from tests.api.application import Desk
from tests.api.test_customers_api import actions

GOOD = "手机号,姓名,车牌,车型,交车日期\n13812345678,王小明,浙A·D9001,X5,2026-03-01\n"


async def sent(desk: Desk, text: str, expected: int = 200, name: str = "cars.csv", **query: str) -> Any:
    answer = await desk.client.post(
        "/api/staff/customers/import",
        params={"name": name, **query},
        content=text.encode(),
        headers=desk.headers,
    )
    assert answer.status_code == expected, answer.text
    return answer.json()


def count(desk: Desk) -> tuple[int, int]:
    with desk.database.reading() as session:
        return session.query(Customer).count(), session.query(Vehicle).count()


async def test_tried_out_and_taken(desk: Desk) -> None:
    before = count(desk)
    tried = await sent(desk, GOOD, dry_run="true")
    assert (tried["customers"], tried["cars"], count(desk)) == (1, 1, before)
    assert tried["summary"] == "新客户 1 位，新车 1 辆，更新 0 行，没有变化 0 行"

    await sent(desk, GOOD)
    assert count(desk) == (before[0] + 1, before[1] + 1)
    changed = await sent(desk, GOOD.replace("王小明", "王晓明"))
    assert changed["changed"] == [{"row": "第 2 行", "what": "姓名"}]
    assert actions(desk, "customers.") == ["customers.imported", "customers.imported"]


async def test_who_was_erased_is_left_out_and_named(desk: Desk) -> None:
    await sent(desk, GOOD)
    with desk.database.reading() as session:
        customer = session.query(Customer).filter_by(phone="13812345678").one()
    erased = await desk.client.post(
        f"/api/staff/customers/{customer.id}/erase", json={"last_digits": "5678"}, headers=desk.headers
    )
    assert erased.status_code == 200, erased.text
    before = count(desk)
    report = await sent(desk, GOOD)
    assert (report["customers"], report["cars"], count(desk)) == (0, 0, before)
    assert report["warnings"] == [
        "第 2 行：没有导入：这位客户的资料已按要求删除，本人再来预约或留下号码后才能导入"
    ]


async def test_refused_with_every_fault(desk: Desk) -> None:
    before = count(desk)
    refused = await sent(desk, GOOD + "139,,,,\n,,,,\n1380000,,,,\n", expected=400)
    assert refused["message"] == "文件里有 2 处要改，什么也没有写入。"
    assert refused["problems"] == [
        "第 3 行：手机号：“139”不是 11 位手机号",
        "第 5 行：手机号：“1380000”不是 11 位手机号",
    ]
    await sent(desk, GOOD, expected=400, name="cars.doc")
    await sent(desk, "x" * (8 * 1024 * 1024 + 1), expected=413)
    assert count(desk) == before
