"""Time expressions: the table of phrases, and what must hold for every text."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.wording import say_day, say_time
from bot.understanding.time_expressions import (
    Doubt,
    TimeKind,
    parse_past_date,
    parse_time,
)
from tests.understanding.evaluation.times import time_is_right

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "time_expressions.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
PIECES = [
    "周六",
    "下周三",
    "礼拜天",
    "周末",
    "下周末",
    "明天",
    "大后天",
    "今晚",
    "3号",
    "12月3号",
    "12.3",
    "12/5",
    "2月30号",
    "2026-12-01",
    "二十五号",
    "国庆",
    "春节",
    "腊月三十",
    "冬至",
    "初八",
    "上午",
    "中午",
    "下午",
    "晚上",
    "下班后",
    "三点",
    "三点半",
    "14:30",
    "差十分三点",
    "25点",
    "2到4点",
    "十点以后",
    "六点之前",
    "三天后",
    "两个小时后",
    "半小时",
    "到",
    "至",
    "-",
    "或者",
    "和",
    "不是",
    "改到",
    "说错了",
    ",",
    "。",
    "的",
    "X5",
    "13812345678",
    "浙A·D1001",
    "一点",
    "十分",
    "三万二",
    "左右",
    "前",
    "后",
    "节后第一个工作日",
    "下个月第五个周六",
    "99999天后",
    "0月0号",
]
anything = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2031, 12, 31)).map(
    lambda at: at.replace(tzinfo=NOW.tzinfo)
)


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['text']}@{row['reference'][5:10]}" for row in ROWS])
def test_phrase(row: dict[str, Any]) -> None:
    now = datetime.fromisoformat(row["reference"])
    for expects_time in [row["expects_time"]] if "expects_time" in row else [False, True]:
        found = parse_time(row["text"], now, expects_time)
        assert time_is_right(row, found), found.as_json()


def test_the_table_covers_every_kind() -> None:
    kinds = Counter(row["kind"] for row in ROWS)
    assert set(kinds) == {kind.value for kind in TimeKind}
    assert kinds["none"] > 80


def test_json_has_the_form_of_the_contract() -> None:
    assert parse_time("明天下午三点", NOW).as_json() == {
        "kind": "point",
        "start": "2026-11-23T15:00:00+08:00",
        "end": None,
        "grain": "minute",
    }
    assert parse_time("多少钱", NOW).as_json() == {"kind": "none", "start": None, "end": None, "grain": None}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我想下周三下午三点左右过去试驾", "下周三下午三点左右"),
        ("X5 周六 上午 10:00 可以吗", "周六 上午 10:00"),
        ("麻烦改到後天上午,謝謝", "後天上午"),
        ("１２月３号１４：３０", "１２月３号１４：３０"),
    ],
)
def test_span_is_that_of_the_original_text(text: str, words: str) -> None:
    found = parse_time(text, NOW)
    assert found.text == words
    assert found.span is not None
    assert text[slice(*found.span)] == words


@pytest.mark.parametrize("offset", [timezone.utc, timezone(timedelta(hours=-7))])
def test_times_are_in_the_zone_of_now(offset: timezone) -> None:
    now = datetime(2026, 11, 22, 10, tzinfo=offset)
    assert parse_time("明天下午三点", now).start == datetime(2026, 11, 23, 15, tzinfo=offset)


@given(anything, moments, st.booleans())
@settings(max_examples=400, deadline=None)
def test_never_raises_and_points_into_the_text(text: str, now: datetime, expects_time: bool) -> None:
    found = parse_time(text, now, expects_time)
    if found.kind is TimeKind.NONE:
        assert found.span is None
        return
    assert found.span is not None
    assert text[slice(*found.span)] == found.text != ""
    if found.start and found.end:
        assert found.start <= found.end
    if found.kind is TimeKind.RANGE:
        assert found.start or found.end


SAID_PAST = (
    "昨",
    "前天",
    "上",
    "这",
    "本",
    "今",
    "2026",
    "26年",
    "零二七",
    "零二六",
    "明年",
    "現在",
    "现在",
    "而家",
    "尋日",
    "琴日",
)
TELLING = [row for row in ROWS if row["kind"] not in ("ambiguous", "none")]


@given(
    st.sampled_from([row for row in TELLING if not any(word in row["text"] for word in SAID_PAST)]), moments
)
@settings(max_examples=400, deadline=None)
def test_a_date_left_open_is_never_past(row: dict[str, Any], now: datetime) -> None:
    found = parse_time(row["text"], now)
    last = found.end or found.start
    assert last is None or last >= now


@given(
    st.sampled_from(
        ["昨天", "昨天下午三点", "前天", "大前天上午", "上周三", "上个月5号", "琴日", "昨晚八点"]
    ),
    moments,
)
def test_what_is_said_in_the_past_stays_there(text: str, now: datetime) -> None:
    found = parse_time(text, now)
    assert found.start is not None
    assert found.start < now


@given(
    moments.map(lambda at: at.replace(hour=10, minute=0, second=0, microsecond=0)),
    st.integers(0, 29),
    st.integers(0, 47),
)
@settings(max_examples=300, deadline=None)
def test_what_the_bot_says_back_is_understood_as_the_same_time(
    now: datetime, days: int, half_hours: int
) -> None:
    start = (now + timedelta(days=days)).replace(hour=half_hours // 2, minute=half_hours % 2 * 30)
    if start <= now:
        return
    found = parse_time(say_time(start), now, True)
    assert (found.kind, found.start) == (TimeKind.POINT, start)
    day = parse_time(say_day(start.date()), now, True)
    assert (day.kind, day.start and day.start.date()) == (TimeKind.DAY, start.date())


@given(anything, moments, st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_hint_belongs_to_a_time_left_open(text: str, now: datetime, expects_time: bool) -> None:
    found = parse_time(text, now, expects_time)
    if found.hint is None:
        return
    assert found.kind is TimeKind.AMBIGUOUS or (found.kind is TimeKind.RANGE and found.hint.spans)
    assert all(start <= end for start, end in found.hint.spans)
    assert "hint" not in found.as_json()


@pytest.mark.parametrize(
    ("text", "doubt", "spans"),
    [
        ("11月24号周三", Doubt.CONFLICT, ["11-24T00:00", "11-25T00:00"]),
        ("28号周五下午两点", Doubt.CONFLICT, ["11-27T14:00", "11-28T14:00"]),
        ("明天周二", Doubt.CONFLICT, ["11-23T00:00", "11-24T00:00"]),
        ("2月30号上午", Doubt.IMPOSSIBLE, []),
        ("明天25点", Doubt.IMPOSSIBLE, []),
        ("周六或者周日", Doubt.CHOICE, ["11-28T00:00", "11-29T00:00"]),
        ("周六上午和周日下午都行", Doubt.CHOICE, ["11-28T06:00", "11-29T12:00"]),
        ("明天或者后天的下午三点", Doubt.CHOICE, ["11-23T15:00", "11-24T15:00"]),
        ("周六十点或者十一点", Doubt.CHOICE, ["11-28T10:00", "11-28T11:00"]),
        ("月底", Doubt.AROUND, ["11-25T00:00"]),
        ("周末上午", Doubt.AROUND, ["11-28T06:00", "11-29T06:00"]),
        ("下周一三五", Doubt.AROUND, ["11-23T00:00", "11-25T00:00", "11-27T00:00"]),
        ("过两天", Doubt.AROUND, ["11-24T00:00"]),
        ("越快越好", Doubt.SOON, []),
    ],
)
def test_what_is_left_to_choose_from(text: str, doubt: Doubt, spans: list[str]) -> None:
    hint = parse_time(text, NOW).hint
    assert hint is not None
    assert hint.doubt is doubt
    assert [f"{start:%m-%dT%H:%M}" for start, _ in hint.spans] == spans


@pytest.mark.parametrize("text", ["改天", "明天下午", "十点以后", "多少钱"])
def test_no_hint_where_nothing_is_told(text: str) -> None:
    assert parse_time(text, NOW).hint is None


def test_years_at_the_edge_of_the_calendar_do_not_raise() -> None:
    for now in (datetime.max.replace(tzinfo=NOW.tzinfo), datetime.min.replace(tzinfo=NOW.tzinfo)):
        for row in ROWS:
            parse_time(row["text"], now)


@pytest.mark.parametrize(
    "piece", ["我想下周三下午三点左右过去,", "一", "1", "周", "三点", "十", "1 ", " ", "最早", "1-"]
)
def test_long_texts_cost_no_more_than_their_first_500_characters(piece: str) -> None:
    assert parse_time(piece * 400, NOW, True) == parse_time((piece * 400)[:500], NOW, True)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("去年十一月提的车", date(2025, 11, 1)),
        ("2025年5月", date(2025, 5, 1)),
        ("2025-05-20", date(2025, 5, 20)),
        ("2025/5/20", date(2025, 5, 20)),
        ("2025.5", date(2025, 5, 1)),
        ("20250520", date(2025, 5, 20)),
        ("二零二五年五月", date(2025, 5, 1)),
        ("二五年五月", date(2025, 5, 1)),
        ("23年12月20日", date(2023, 12, 20)),
        ("2024年12月5号提的", date(2024, 12, 5)),
        ("今年3月15号", date(2026, 3, 15)),
        ("3月15号", date(2026, 3, 15)),
        ("12月3号", date(2025, 12, 3)),
        ("三年前", date(2023, 11, 22)),
        ("两年多以前", date(2024, 11, 22)),
        ("一年半前", date(2025, 5, 22)),
        ("半年前", date(2026, 5, 22)),
        ("三个多月前", date(2026, 8, 22)),
        ("买了两年了", date(2024, 11, 22)),
        ("刚提三个月", date(2026, 8, 22)),
        ("上个月", date(2026, 10, 1)),
        ("上个月15号", date(2026, 10, 15)),
        ("前年年底买的", date(2024, 12, 1)),
        ("去年国庆", date(2025, 10, 1)),
        ("上周六", date(2026, 11, 14)),
        ("昨天", date(2026, 11, 21)),
        ("明天", None),
        ("下个月", None),
        ("2027年5月", None),
        ("2月30号", None),
        ("不记得了", None),
        ("", None),
    ],
)
def test_past_date(text: str, day: date | None) -> None:
    assert parse_past_date(text, NOW) == day


@given(anything, moments)
@settings(max_examples=300, deadline=None)
def test_past_date_is_never_in_the_future(text: str, now: datetime) -> None:
    day = parse_past_date(text, now)
    assert day is None or day <= now.date()
