"""Sets of ticks as numbers, and the quick search for free starts against the plain definition of one."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.booking import (
    Offer,
    Refusal,
    Requirement,
    Slot,
    VisitKind,
    check_resources,
    check_time,
    free_slots,
)
from bot.domain.calendar import StoreCalendar
from bot.domain.dealership import Hours, Resource, ResourceKind
from bot.domain.ticks import EPOCH, TICK, Ticks, ticks_between
from tests.dealership import demo_dealership

FIRST = 1_000_000
SETS = st.sets(st.integers(FIRST, FIRST + 60), max_size=20)
ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 23)
RULES = demo_dealership().rules


def numbers(ticks: set[int]) -> Ticks:
    return Ticks.of(ticks, FIRST)


@given(SETS, st.integers(FIRST - 10, FIRST + 70), st.integers(0, 30))
def test_ticks_are_a_set(ticks: set[int], start: int, length: int) -> None:
    as_bits, stretch = numbers(ticks), range(start, start + length)
    assert (set(as_bits), len(as_bits), as_bits) == (ticks, len(ticks), ticks)
    assert [tick in as_bits for tick in stretch] == [tick in ticks for tick in stretch]
    assert as_bits.isdisjoint(stretch) == ticks.isdisjoint(stretch)
    assert as_bits.isdisjoint(set(stretch)) == ticks.isdisjoint(stretch)


@given(SETS.filter(bool))
def test_ticks_are_read_as_the_database_joins_them(ticks: set[int]) -> None:
    assert Ticks.read(",".join(map(str, ticks))) == ticks


@given(SETS.filter(bool), SETS, st.integers(FIRST - 10, FIRST))
def test_some_ticks_without_others(ticks: set[int], others: set[int], first: int) -> None:
    assert Ticks.read(",".join(map(str, ticks))).without(Ticks.of(others, first)) == ticks - others


@given(SETS, st.integers(FIRST - 10, FIRST + 70))
def test_what_lies_before_the_first_tick_falls_away(ticks: set[int], first: int) -> None:
    expected = {tick for tick in ticks if tick >= first}
    assert set(Ticks.of(ticks, first)) == set(numbers(ticks).seen_from(first)) == expected
    assert set(Ticks.of(numbers(ticks), first)) == expected


@given(SETS, st.integers(0, 20))
def test_the_starts_that_meet_a_taken_tick(ticks: set[int], length: int) -> None:
    met = numbers(ticks).starts_that_meet(length)
    for start in range(FIRST, FIRST + 64):
        assert bool(met >> (start - FIRST) & 1) == (not ticks.isdisjoint(range(start, start + length)))


@st.composite
def searches(draw: st.DrawFn) -> tuple[tuple[Offer, ...], dict[str, set[int]], datetime, datetime, datetime]:
    """One to three stores with odd hours, some closed or without what is needed, and a calendar half full."""
    kind = draw(st.sampled_from(VisitKind))
    offers = tuple(draw(offers_of(kind, f"store-{number}")) for number in range(draw(st.integers(1, 3))))
    noon = datetime.combine(DAY, time(12), ZONE)
    first = (noon - EPOCH) // TICK
    taken = st.sets(st.integers(first - 20, first + 140), max_size=60)
    busy = {name: draw(taken) for offer in offers for name in offer.resources() if draw(st.booleans())}
    minutes = st.integers(-400, 2400)
    now, from_, until = (noon + timedelta(minutes=draw(minutes)) for _ in range(3))
    return offers, busy, now, from_, until


@st.composite
def offers_of(draw: st.DrawFn, kind: VisitKind, store: str) -> Offer:
    opens = time(draw(st.integers(7, 10)), draw(st.sampled_from([0, 5, 20, 30, 45])))
    closed = frozenset({DAY}) if draw(st.integers(0, 4)) == 0 else frozenset()
    requirements = tuple(
        Requirement(
            tuple(
                Resource(f"{store}-{part}-{number}", store, ResourceKind.BAY, "")
                for number in range(draw(st.integers(0 if draw(st.integers(0, 9)) == 0 else 1, 3)))
            ),
            draw(st.sampled_from([10, 30, 45, 60, 95, 150])),
            Refusal.BAY_FULL,
        )
        for part in ("a", "b")
    )
    missing = Refusal.NO_EQUIPMENT if draw(st.integers(0, 9)) == 0 else None
    calendar = StoreCalendar(Hours(opens, time(17, 30)), closed, ZONE)
    return Offer(store, kind, requirements[-1].minutes, calendar, requirements, missing)


@settings(max_examples=300)
@given(searches())
def test_the_quick_search_finds_what_the_definition_says(
    search: tuple[tuple[Offer, ...], dict[str, set[int]], datetime, datetime, datetime],
) -> None:
    offers, busy, now, from_, until = search
    first = ticks_between(from_, from_).start - 7
    as_bits = {name: Ticks.of(ticks, first) for name, ticks in busy.items()}
    expected = by_definition(offers, busy, now, from_, until)
    assert list(free_slots(RULES, offers, now, busy, from_, until)) == expected
    assert list(free_slots(RULES, offers, now, as_bits, from_, until)) == expected


def by_definition(
    offers: tuple[Offer, ...], busy: dict[str, set[int]], now: datetime, from_: datetime, until: datetime
) -> list[Slot]:
    """Every minute at every store: what no rule forbids, and for which one of each kind is free."""
    found = []
    for minute in range(max(0, int((until - from_).total_seconds()) // 60)):
        start = from_ + timedelta(minutes=minute)
        for offer in offers:
            if check_time(RULES, offer, now, start) is None:
                plan = offer.plan(start)
                if check_resources(plan, busy) is None:
                    found.append(plan.slot)
    return found
