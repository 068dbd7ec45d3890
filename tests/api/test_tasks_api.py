"""Tasks over the staff API: whose they are, how they end, and what that ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot import clock
from bot.domain.tasks import MANAGER, TaskKind
from bot.services.tasks import open_task
from bot.store.lifecycle_tables import Outreach
from bot.store.tables import Customer
from tests.api.application import PHONE, Desk
from tests.api.test_customers_api import actions

HOUR = timedelta(hours=1)


def opened(desk: Desk, kind: TaskKind = TaskKind.LOW_SCORE, key: str = "a", **more: Any) -> str:
    now = clock.now()
    with desk.database.transaction() as session:
        id_ = open_task(
            session, kind, key, f"任务{key}", now + more.pop("in_", HOUR), now, phone=PHONE, **more
        )
    assert id_ is not None
    return id_


async def test_a_task_from_its_opening_to_its_end(desk: Desk) -> None:
    id_ = opened(desk, details={"answer": "电话13812345678"})
    [listed] = await desk.get("tasks")
    assigned = await desk.post(f"tasks/{id_}/assign", assignee="admin")
    ended = await desk.post(f"tasks/{id_}/end", outcome="settled", note="已致电13812345678道歉")

    assert (listed["phone"], listed["status"], listed["assignee"]) == ("138****5678", "open", None)
    assert listed["outcomes"] == ["settled", "goes_on", "unreached"]
    assert PHONE not in str(listed)
    assert assigned["assignee"] == "admin"
    assert (ended["status"], ended["outcome"], ended["note"]) == ("done", "settled", "已致电138****5678道歉")
    assert await desk.get("tasks") == []
    assert [task["id"] for task in await desk.get("tasks", status="done")] == [id_]
    assert (await desk.post(f"tasks/{id_}/reveal"))["phone"] == PHONE
    assert actions(desk, "task.") == ["task.ended", "task.assigned"]


async def test_what_cannot_be(desk: Desk) -> None:
    id_ = opened(desk)
    await desk.post(f"tasks/{id_}/end", expected=400)
    await desk.post(f"tasks/{id_}/end", expected=400, outcome="delivered")
    await desk.post(f"tasks/{id_}/assign", expected=400, assignee="nobody")
    await desk.post("tasks/nothing/end", expected=404, outcome="settled")
    await desk.post(f"tasks/{id_}/end", outcome="unreached")
    await desk.post(f"tasks/{id_}/end", expected=409, outcome="settled")


async def test_what_is_due_first_comes_first(desk: Desk) -> None:
    for key, hours in (("later", 5), ("overdue", -2), ("soon", 1)):
        opened(desk, key=key, in_=hours * HOUR)
    opened(desk, TaskKind.TRADE_IN, "other", in_=9 * HOUR)

    titles = [task["title"] for task in await desk.get("tasks")]
    assert titles == ["任务overdue", "任务soon", "任务later", "任务other"]
    assert [task["title"] for task in await desk.get("tasks", kind="trade_in")] == ["任务other"]


async def test_mine_are_those_that_fit_me(desk: Desk) -> None:
    opened(desk, key="managers", skill=MANAGER)
    opened(desk, key="service", skill="service")
    opened(desk, key="anybody")
    opened(desk, key="other", assignee="somebody")

    titles = {task["title"] for task in await desk.get("tasks", mine="true")}
    assert titles == {"任务managers", "任务service", "任务anybody"}


async def test_a_call_settles_its_contact(desk: Desk) -> None:
    now = clock.now()
    with desk.database.transaction() as session:
        session.add(Customer(id="c", phone=PHONE, created_at=now))
        session.add(
            Outreach(
                id="o",
                plate="浙A1",
                customer_id="c",
                moment="service_10k",
                state="planned",
                details={},
                opened_at=now,
                updated_at=now,
            )
        )
    id_ = opened(desk, TaskKind.OUTREACH_CALL, outreach_id="o")
    await desk.post(f"tasks/{id_}/end", outcome="wrong_number")

    with desk.database.reading() as session:
        found = session.get(Outreach, "o")
    assert found.state == "unreached"
    assert found.answered_at >= now
