"""The pictures of a made-up year are what plain Python counts from the rows, on both databases."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.indicators import read_period
from bot.services.indicators.complaint_types import type_of_complaint
from bot.services.indicators.dashboards import dashboard
from bot.services.indicators.overviews import Overview
from bot.store.database import Database
from tests.database import KINDS, open_database
from tests.indicators.demo import demo_content
from tests.indicators.recount import Dump, Recount
from tests.indicators.year import NOW, Year

PERIODS = ("2026-10", "2026-11", "2026")


@pytest.fixture(scope="module", params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = open_database(request.param, tmp_path_factory.mktemp("year"))
    Year(160).into(database)
    yield database
    database.close()


@pytest.fixture(scope="module")
def dump(database: Database) -> Dump:
    return Dump(database)


def seen(database: Database, dump: Dump, period: str, store: str | None = None) -> tuple[Overview, Recount]:
    whole = read_period(period)
    view = dashboard(database, demo_content(), whole, store, NOW).overview
    return view, Recount(dump, whole.first, whole.end, store)


def way(dump: Dump, recount: Recount, conversation: str) -> tuple[bool, bool, bool]:
    """Whether a conversation led to a booking, a visit, a sale."""
    booked = [
        visit
        for visit in dump["appointments"]
        if visit["conversation_id"] == conversation and recount.within(visit["created_at"])
    ]
    came = [visit for visit in booked if visit["status"] in ("checked_in", "completed")]
    return bool(booked), bool(came), any(dump.bought(visit["phone"], visit["start"]) for visit in came)


@pytest.mark.parametrize("period", PERIODS)
def test_the_way_to_a_sale(database: Database, dump: Dump, period: str) -> None:
    view, recount = seen(database, dump, period)
    channel = {row["id"]: row["channel"] for row in dump["conversations"]}
    topics: dict[str, set[str]] = defaultdict(set)
    for row in dump["messages"]:
        if row["author"] == "customer" and recount.within(row["created_at"]):
            understood: Any = row["understanding"]
            kind = (understood["faq"] or {}).get("id", "").split(".")[0]
            topics[row["conversation_id"]].add(f"faq.{kind}" if kind else understood["intent"])
    by_channel, by_topic = Counter[Any](), Counter[Any]()
    for conversation, names in topics.items():
        steps = (True, *way(dump, recount, conversation))
        for step, reached in enumerate(steps):
            by_channel[channel[conversation], step] += reached
            for name in names:
                by_topic[name, step] += reached

    for told, counted in ((view.by_channel, by_channel), (view.by_topic, by_topic)):
        shown = {step.name: (step.consulted, step.booked, step.came, step.bought) for step in told}
        names = {name for name, _ in counted}
        assert shown == {name: tuple(counted[name, step] for step in range(4)) for name in names}
    whole = view.whole
    assert (whole.consulted, whole.booked) == (
        len(topics),
        sum(by_channel[name, 1] for name in set(channel.values())),
    )
    assert whole.consulted > whole.booked > whole.bought or period != "2026"


@pytest.mark.parametrize("store", [None, "west"])
@pytest.mark.parametrize("period", PERIODS)
def test_complaints_and_contacts(database: Database, dump: Dump, period: str, store: str | None) -> None:
    view, recount = seen(database, dump, period, store)
    complaints = recount.cases("complaint")
    assert sum(count for _, count in view.complaints_by_type) == len(complaints)
    waiting, done = [0] * 4, [0] * 4
    for case in complaints:
        hours = ((case["closed_at"] or NOW) - case["created_at"]).total_seconds() / 3600
        place = sum(hours > limit for limit in (24, 48, 168))
        (done if case["closed_at"] else waiting)[place] += 1
    assert [row[1] for row in view.complaints_by_age] == waiting
    assert [row[2] for row in view.complaints_by_age] == done

    sent = [row for row in dump["outreach"] if recount.within(row["sent_at"]) and recount.here(row["store"])]
    booked = Counter(row["moment"] for row in sent if row["state"] == "booked")
    assert {each.moment: (each.sent, each.booked) for each in view.contacts} == {
        moment: (count, booked[moment]) for moment, count in Counter(row["moment"] for row in sent).items()
    }


def test_unanswered_questions(database: Database, dump: Dump) -> None:
    view, recount = seen(database, dump, "2026")
    asked = Counter(row["text"] for row in dump["unanswered"] if recount.within(row["created_at"]))
    assert dict(view.questions) == dict(asked)
    assert [count for _, count in view.questions] == sorted(asked.values(), reverse=True)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("工号3的态度很差", "attitude"),
        ("洗个车等了三个小时", "waiting"),
        ("定金一直不给我退款", "money"),
        ("上周刚修了又坏了", "repair"),
        ("新车开了一周就漏油", "car"),
        ("说好送的脚垫没有给", "promise"),
        ("我要投诉", "other"),
    ],
)
def test_what_a_complaint_is_about(said: str, kind: str) -> None:
    assert type_of_complaint({"text": said}) == kind
