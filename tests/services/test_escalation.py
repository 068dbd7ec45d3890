"""Complaints and rescues that wait: passed up once each time, whoever looks; and how the loop is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.domain.cases import CaseKind, RescueStep
from bot.domain.errors import InvalidInput, WrongState
from bot.services import cases, escalation
from bot.services.audit import Actor
from bot.services.cases import close_case, open_case, tell_rescue
from bot.store.database import Database
from bot.store.lifecycle_tables import Survey, Task
from bot.store.staff_tables import Case
from bot.store.tables import OutboxMessage
from tests.services.bookings import DEMO, NOW
from tests.services.racing import race
from tests.services.reminded import at, conversation, demo_content, said, send

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LI = Actor("li")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    at(NOW)
    yield
    clock.clock.set(None)


def rows(database: Database, table: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(sa.select(table)))


def passed_up(database: Database, now: datetime) -> int:
    return escalation.escalate_cases(database, DEMO, now)


def told_managers(database: Database) -> list[dict[str, Any]]:
    found = rows(database, OutboxMessage)
    return [row.data for row in found if row.channel == "wecom" and row.data["occasion"] == "escalated"]


def test_a_complaint_is_passed_up_after_24_and_40_hours(database: Database) -> None:
    case = open_case(database, CaseKind.COMPLAINT, conversation(database), NOW, {"text": "等了三小时"})

    assert passed_up(database, NOW + 24 * HOUR - MINUTE) == 0
    assert passed_up(database, NOW + 24 * HOUR) == 1
    assert passed_up(database, NOW + 39 * HOUR) == 0
    assert passed_up(database, NOW + 40 * HOUR) == 1
    assert passed_up(database, NOW + 90 * HOUR) == 0
    tasks = rows(database, Task)
    assert [(task.kind, task.skill, task.case_id) for task in tasks] == [("escalation", "manager", case)] * 2
    assert {task.title for task in tasks} == {"投诉超过 24 小时未办结", "投诉超过 40 小时未办结"}
    assert len(told_managers(database)) == 2


def test_what_nobody_looked_at_for_days_is_passed_up_once(database: Database) -> None:
    open_case(database, CaseKind.COMPLAINT, "", NOW, {"text": "等了三小时"})

    assert passed_up(database, NOW + 60 * HOUR) == 1
    assert [row.escalation for row in rows(database, Case)] == [2]


def test_processes_that_look_at_once_pass_it_up_once(database: Database) -> None:
    open_case(database, CaseKind.COMPLAINT, "", NOW, {"text": "等了三小时"})

    done, failures = race(8, lambda _: passed_up(database, NOW + 25 * HOUR))
    assert (sum(done), failures) == (1, 0)
    assert len(rows(database, Task)) == len(told_managers(database)) == 1


@pytest.mark.parametrize("how", ["closed", "withdrawn"])
def test_what_is_over_is_not_passed_up(database: Database, how: str) -> None:
    case = open_case(
        database, CaseKind.COMPLAINT, "", NOW, {"text": "等了三小时", "withdrawn": how == "withdrawn"}
    )
    if how == "closed":
        close_case(database, DEMO, case, "settled", "已致歉", LI, NOW + HOUR)

    assert passed_up(database, NOW + 50 * HOUR) == 0


def test_a_rescue_that_nobody_answers_is_passed_up_within_minutes(database: Database) -> None:
    where = conversation(database)
    open_case(database, CaseKind.RESCUE, where, NOW, {"place": "人民路"})
    assert passed_up(database, NOW + 4 * MINUTE) == 0
    assert passed_up(database, NOW + 5 * MINUTE) == 1


def test_a_rescue_that_was_answered_is_not(database: Database) -> None:
    where = conversation(database)
    open_case(database, CaseKind.RESCUE, where, NOW, {"place": "人民路"})
    with database.transaction() as session:
        cases.answered(session, where, NOW + 2 * MINUTE)

    assert passed_up(database, NOW + HOUR) == 0
    assert [row.answered_at for row in rows(database, Case)] == [NOW + 2 * MINUTE]


def test_the_customer_hears_how_far_a_rescue_is(database: Database) -> None:
    where = conversation(database)
    case = open_case(database, CaseKind.RESCUE, where, NOW, {"place": "人民路"})
    content = demo_content()
    tell_rescue(database, content, case, RescueStep.DISPATCHED, 25, LI, NOW + 3 * MINUTE)
    tell_rescue(database, content, case, RescueStep.ARRIVED, None, LI, NOW + 30 * MINUTE)

    first, second = said(database, where)
    assert "25 分钟" in first.text
    assert "已经到了" in second.text
    [row] = rows(database, Case)
    assert (row.answered_at, row.adviser) == (NOW + 3 * MINUTE, "li")
    assert [each["step"] for each in row.details["steps"]] == ["dispatched", "arrived"]
    close_case(database, DEMO, case, "repaired_on_site", None, LI, NOW + HOUR)
    with pytest.raises(WrongState):
        tell_rescue(database, content, case, RescueStep.TOWING, None, LI, NOW + 2 * HOUR)


def test_nothing_closes_without_an_outcome_of_its_kind(database: Database) -> None:
    case = open_case(database, CaseKind.COMPLAINT, "", NOW, {"text": "等了三小时"})

    with pytest.raises(InvalidInput):
        close_case(database, DEMO, case, "towed", "已致歉", LI, NOW)
    closed = close_case(database, DEMO, case, "settled", "已致歉", LI, NOW)
    assert (closed.outcome, closed.note, closed.closed_at) == ("settled", "已致歉", NOW)


def test_who_complained_is_asked_how_it_was_handled(database: Database) -> None:
    where = conversation(database)
    case = open_case(database, CaseKind.COMPLAINT, where, NOW, {"text": "等了三小时"})
    close_case(database, DEMO, case, "settled", "已致歉", LI, NOW + 30 * HOUR)
    at(NOW + 30 * HOUR + 31 * MINUTE)

    assert send(database) == 1
    [question] = said(database, where)
    assert "处理" in question.text
    assert [each["title"][:2] for each in question.buttons] == ["1分", "2分", "3分", "4分", "5分"]
    assert [(row.kind, row.subject) for row in rows(database, Survey)] == [("complaint", case)]


def test_who_withdrew_is_asked_nothing(database: Database) -> None:
    where = conversation(database)
    case = open_case(database, CaseKind.COMPLAINT, where, NOW, {"text": "等了三小时"})
    close_case(database, DEMO, case, "withdrawn", None, LI, NOW + HOUR)
    at(NOW + 5 * HOUR)

    assert send(database) == 0
