"""Staff hear of work that waits for too long: once, on time, however many processes watch, and not of what is done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot import clock
from bot.domain.cases import CaseKind
from bot.domain.conversation import HandoffReason, Outcome
from bot.domain.errors import DeliveryFailed
from bot.services import alerts, desk
from bot.services.alert_words import LONGEST, robot_text
from bot.services.alerts import waiting_too_long, watch_waiting
from bot.services.audit import Actor
from bot.services.cases import close_case, open_case, update_case
from bot.services.conversations import back_to_bot
from bot.services.outbox import Senders, send_due
from bot.services.outbox_lines import list_outbox
from bot.store.database import Database
from bot.store.outbox import STATES
from tests.services.bookings import NOW
from tests.services.reminded import CONTENT, Post, at, conversation
from tests.services.waiting_work import colleague, waits, writes

CONTENT_NOW = CONTENT.current()
MINUTE = timedelta(minutes=1)
FIVE, SIX = NOW + 5 * MINUTE, NOW + 6 * MINUTE
NIGHT = NOW.replace(hour=23)
PHONE = "13812345678"


@dataclass
class Group(Post):
    """A WeCom group, and mailboxes."""

    said: list[str] = field(default_factory=list)

    @property
    def senders(self) -> Senders:
        return Senders(self._mail, None, "https://dealer.example", self._say)

    def _say(self, markdown: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.said.append(markdown)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    at(NOW)
    yield
    clock.clock.set(None)


def watch(database: Database, now: datetime, group: Group | None = None) -> Group:
    """One round of the upkeep at ``now``."""
    at(now)
    group = group or Group()
    watch_waiting(database, CONTENT_NOW, now)
    send_due(database, CONTENT, group.senders, channels=("wecom", "email"))
    return group


def test_a_customer_who_waits_too_long(database: Database) -> None:
    colleague(database, "li", "sales", email="li@example.com")
    colleague(database, "zhao", "service", email="zhao@example.com")
    id_ = waits(database)
    assert watch(database, FIVE - timedelta(seconds=1)).said == []
    group = watch(database, FIVE)

    assert group.said == [
        "**1 项工作等得太久**\n> 销售·要求人工：排队已等 5 分钟\n"
        f"> [打开](https://dealer.example/console/conversations/{id_})"
    ]
    (mail,) = group.mails
    assert (mail.address, mail.subject) == ("li@example.com", "【工作台】销售·要求人工：排队已等 5 分钟")
    assert f"https://dealer.example/console/conversations/{id_}" in mail.text
    for later in (SIX, NOW + timedelta(hours=2)):
        assert watch(database, later, group).said == group.said[:1]
    assert len(group.mails) == 1


def test_a_complaint_has_its_own_limit_and_is_told_at_once_too(database: Database) -> None:
    waits(database, reason=HandoffReason.COMPLAINT)
    group = watch(database, NOW)
    assert group.said[0].startswith('**1 项紧急事项**\n> <font color="warning">紧急：投诉，请马上处理</font>')
    watch(database, NOW + 2 * MINUTE, group)
    assert len(group.said) == 1
    watch(database, NOW + 3 * MINUTE, group)
    assert "投诉：排队已等 3 分钟" in group.said[1]


def test_whoever_waits_again_is_told_again(database: Database) -> None:
    id_ = waits(database)
    group = watch(database, FIVE)
    back_to_bot(database, id_, SIX)
    waits(database, SIX)
    assert len(watch(database, SIX + 5 * MINUTE, group).said) == 2


def test_several_waits_are_one_message_and_one_mail(database: Database) -> None:
    colleague(database, "li", "sales", email="li@example.com")
    for number in range(3):
        waits(database, sender=f"customer-{number}")
    group = watch(database, FIVE)

    assert len(group.said) == len(group.mails) == 1
    assert group.said[0].count("排队已等") == group.mails[0].text.count("排队已等") == 3
    assert group.mails[0].subject == "【工作台】3 项工作等得太久"


def test_an_adviser_who_says_nothing(database: Database) -> None:
    li = colleague(database, "li", "sales", email="li@example.com")
    colleague(database, "wu", "sales", email="wu@example.com")
    id_ = waits(database)
    desk.take(database, CONTENT_NOW, id_, li, NOW)
    group = watch(database, FIVE)
    assert "顾问接手后，客户已等 5 分钟，还没有回复" in group.said[0]
    assert [mail.address for mail in group.mails] == ["li@example.com"]

    desk.reply(database, id_, li, "您好", SIX)
    assert len(watch(database, SIX + timedelta(hours=1), group).said) == 1, "the customer's turn"
    asked = SIX + timedelta(hours=1)
    writes(database, "在吗", asked)
    writes(database, "喂", asked + 4 * MINUTE)
    assert len(watch(database, asked + 4 * MINUTE, group).said) == 1
    assert len(watch(database, asked + 5 * MINUTE, group).said) == 2
    assert len(watch(database, asked + 20 * MINUTE, group).said) == 2


def test_an_overdue_case_and_its_masked_number(database: Database) -> None:
    colleague(database, "wu", "sales", email="wu@example.com")
    case = open_case(database, CaseKind.CALLBACK, "", NOW, {"reason": "asked_for_a_person"}, due_at=FIVE)
    update_case(database, case, NOW, PHONE, {"complete": True})
    assert watch(database, FIVE - MINUTE).said == []
    group = watch(database, SIX)

    assert group.said == [
        "**1 项工作等得太久**\n> 销售·回电：超过约定时间 1 分钟，电话 138****5678\n"
        "> [打开](https://dealer.example/console/cases)"
    ]
    assert PHONE not in group.mails[0].text
    assert watch(database, SIX + MINUTE, group).said == group.said[:1]


def test_a_rescue_is_told_once_by_its_case_at_night(database: Database) -> None:
    """First its record is complete, then it is passed to a person."""
    id_ = conversation(database)
    case = open_case(database, CaseKind.RESCUE, id_, NIGHT, {})
    assert watch(database, NIGHT).said == []
    update_case(database, case, NIGHT, PHONE, {"complete": True})
    waits(database, NIGHT, HandoffReason.RESCUE, case=case)
    group = watch(database, NIGHT)

    (said,) = group.said
    assert "紧急：道路救援，请马上处理，电话 138****5678" in said
    assert f"/console/conversations/{id_}" in said


def test_a_mistaken_rescue_is_not_told(database: Database) -> None:
    case = open_case(database, CaseKind.RESCUE, conversation(database), NOW, {})
    update_case(database, case, NOW, None, {"complete": True})
    update_case(database, case, NOW, None, {"withdrawn": True})

    assert watch(database, NOW).said == []


def test_what_began_at_night_is_told_in_the_morning(database: Database) -> None:
    waits(database, NIGHT)
    group = watch(database, NIGHT + timedelta(hours=1))
    assert group.said == []
    morning = NOW.replace(day=23, hour=8, minute=30)
    assert "排队已等 9 小时" in watch(database, morning, group).said[0]


def test_what_is_done_before_it_is_told_is_not_told(database: Database) -> None:
    li = colleague(database, "li", "sales", email="li@example.com")
    id_ = waits(database)
    away = [DeliveryFailed("WeCom answered 500"), DeliveryFailed("the mail server cannot be reached")]
    group = watch(database, FIVE, Group(failures=away))
    desk.take(database, CONTENT_NOW, id_, li, SIX)
    desk.close(database, CONTENT_NOW, id_, li, SIX, Outcome.SOLVED)
    watch(database, SIX + 5 * MINUTE, group)

    assert (group.said, group.mails) == ([], [])
    states = {line.channel: line.state for line in list_outbox(database, STATES, channels=("wecom", "email"))}
    assert states == {"wecom": "dropped", "email": "dropped"}


def test_a_closed_case_is_not_overdue(database: Database) -> None:
    colleague(database, "li")
    case = open_case(database, CaseKind.CALLBACK, "", NOW, {}, due_at=FIVE)
    close_case(database, CONTENT_NOW.dealership, case, "reached", None, Actor("li"), NOW)

    assert watch(database, SIX).said == []


def test_the_group_is_told_later_when_wecom_is_away(database: Database) -> None:
    waits(database)
    group = watch(database, FIVE, Group(failures=[DeliveryFailed("WeCom refused it: 45009")]))
    assert group.said == []
    assert "排队已等 7 分钟" in watch(database, FIVE + 2 * MINUTE, group).said[0]


def test_a_robot_says_twenty_things_a_minute(database: Database) -> None:
    group = Group()
    for second in range(22):
        waits(database, NOW, sender=f"customer-{second}")
        watch(database, FIVE + timedelta(seconds=second), group)
    assert len(group.said) == 20

    watch(database, FIVE + timedelta(seconds=62), group)
    assert len(group.said) == 21
    assert group.said[-1].count("排队已等") == 2


def test_nobody_with_the_skill_then_the_managers(database: Database) -> None:
    colleague(database, "chen", role="manager", email="chen@example.com")
    colleague(database, "wu", "sales")
    colleague(database, "gone", "sales", email="gone@example.com", is_active=False)
    waits(database)

    assert [mail.address for mail in watch(database, FIVE).mails] == ["chen@example.com"]


def test_two_processes_tell_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have seen it before the first of them marks it."""
    colleague(database, "li", "sales", email="li@example.com")
    waits(database)
    counts = watched_by_two(database, monkeypatch)

    assert sorted(counts) == [0, 1]
    group = watch(database, SIX)
    assert (len(group.said), len(group.mails)) == (1, 1)


def test_control_without_the_mark_both_tell(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    waits(database)
    monkeypatch.setattr(alerts, "_claim", lambda *_: True)

    assert watched_by_two(database, monkeypatch) == [1, 1]


def watched_by_two(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    look, barrier = alerts.waiting_too_long, threading.Barrier(2)

    def together(*arguments: Any) -> Any:
        found = look(*arguments)
        barrier.wait(30)
        return found

    with monkeypatch.context() as patched, ThreadPoolExecutor(2) as pool:
        patched.setattr(alerts, "waiting_too_long", together)
        return list(pool.map(lambda _: watch_waiting(database, CONTENT_NOW, FIVE), range(2)))


def test_the_list_of_what_waits_knows_what_was_told(database: Database) -> None:
    id_ = waits(database)
    with database.reading() as session:
        (before,) = waiting_too_long(session, CONTENT_NOW.dealership.handoff, FIVE)
    watch(database, FIVE)
    with database.reading() as session:
        (after,) = waiting_too_long(session, CONTENT_NOW.dealership.handoff, SIX)

    assert (before.conversation_id, before.since, before.told, after.told) == (id_, NOW, False, True)


def test_a_message_is_no_longer_than_wecom_takes() -> None:
    alert = {
        "occasion": "waiting",
        "skill": "sales",
        "since": NOW.isoformat(),
        "conversation_id": "c" * 32,
        "case_id": None,
        "reason": "asked_for_a_person",
        "phone": None,
    }
    text = robot_text([alert] * 60, "https://a-dealer-with-a-long-name.example", FIVE)

    assert len(text.encode()) <= LONGEST
    assert text.endswith("项，[打开工作台](https://a-dealer-with-a-long-name.example/console)")
    assert text.count("排队") + int(text.rpartition("还有 ")[2].partition(" ")[0]) == 60
