"""A customer's wish for a time: taken from the ``time`` entity, completed by what was agreed before, and answered
with a held slot, a reasoned refusal or slots to choose from."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from actions.base import Turn, button
from actions.held_slots import TAKEN, refusal_of
from actions.slot_offers import (
    alternatives_of,
    general_slots,
    parse,
    say_refusal,
    slot_buttons,
    slots_between,
    spread_wide,
    waiting_button,
)
from actions.time_doubts import offer_for_doubt
from bot.clock import TIME_ZONE
from bot.domain.booking import Refusal, VisitRequest, bookable_window
from bot.domain.errors import BookingRefused
from bot.services.availability import check_slot, is_only_held, would_be_free
from bot.services.booking import hold_slot
from bot.services.wording import say_day, say_time

Wish = dict[str, Any]
_USUAL_HOUR = 10
EARLIEST = 3
_LAST_YEAR = re.compile(r"去年|前年")
MOST_LOOKED_AT = 1000
"""Free slots of a month at one store."""
_NEVER_POSSIBLE = {
    Refusal.PAST,
    Refusal.TOO_FAR,
    Refusal.CLOSED_DAY,
    Refusal.OUTSIDE_HOURS,
    Refusal.NO_TEST_CAR,
}
_NAMES_A_DAY = re.compile(
    r"[今明昨]|后[天日儿]|(?<![以之然午饭班])后[早晚]|前天|周|週|星期|礼拜|禮拜|[号號日月节節]|\d\s*[-/.]\s*\d|天后|天之后|初[一二三四五六七八九十]|元旦|圣诞|除夕|冬至|清明|国庆|五一"
    r"|(?<!二)十一(?![点时:：])"
)

_SAME_TIME = re.compile(r"(同样|同一|相同|一样)的?时间|同时间|时间不变|还是那个(点|时间)")
_BARE_WEEKDAY = re.compile(r"(周|週|星期|礼拜|禮拜)[一二三四五六日天1-7]")
_THIS_WEEK = re.compile(r"[这本]个?(周|週|星期|礼拜|禮拜)")
_SUNDAY = 6
_PARTS = {
    (6, 12): "上午",
    (11, 14): "中午",
    (12, 18): "下午",
    (17, 19): "傍晚",
    (17, 22): "晚上",
    (18, 22): "晚上",
}
"""Parts of a day by their hours, which begin before a store opens."""
_OTHER_WEEK = re.compile(r"[这本下上]个?(周|週|星期|礼拜|禮拜)|\d\s*[号號日月/.-]")

ANOTHER_DAY = "日子麻烦您另选一个。"


def read_wish(turn: Turn, agreed: datetime | None, earlier: Wish | None) -> Wish | None:
    """The time that was said, None without one.

    A clock time or a day part alone belongs to the day that was agreed or talked about before; a day alone
    keeps the agreed clock time.
    """
    kinds = {"time", "bare_time"} if (turn.requested or "").endswith("_time") else {"time"}
    found = next((e for e in reversed(turn.entities) if e.get("entity") in kinds), None)
    if found is None:
        return None
    value = found["value"]
    if isinstance(value, str):
        return {"kind": "point", "start": value, "end": None}
    wish: Wish = {"kind": value["kind"], "start": value["start"], "end": value["end"]}
    said = turn.text[found["start"] : found["end"]]
    if wish["start"] and _LAST_YEAR.search(turn.text[max(0, found["start"] - 3) : found["end"]]):
        wish = _moved_to(wish, parse(wish["start"]).date() - timedelta(days=365))
    wish = _in_week_to_come(turn, wish, said)
    if wish["start"] is None and wish["end"] and value.get("grain") != "day":  # 周六十二点之前 is on that day
        wish["start"] = datetime.combine(parse(wish["end"]).date(), time(0), TIME_ZONE).isoformat()
    if value.get("hint"):
        return _with_hint(wish, value["hint"], said, _anchor(turn, agreed, earlier))
    chosen = _chosen(wish, earlier) or _on_days_talked_about(turn, wish, said, agreed, earlier)
    if chosen:
        return chosen
    return _with_agreed(turn, wish, said, agreed) if agreed else wish


def _in_week_to_come(turn: Turn, wish: Wish, said: str) -> Wish:
    """ "这周六" on a Sunday: the Saturday to come is meant, not yesterday."""
    today = turn.now.date()
    if not wish["start"] or today.weekday() != _SUNDAY or not _THIS_WEEK.search(said):
        return wish
    day = parse(wish["start"]).date()
    return _moved_to(wish, day + timedelta(days=7)) if day < today else wish


def _on_days_talked_about(
    turn: Turn, wish: Wish, said: str, agreed: datetime | None, earlier: Wish | None
) -> Wish | None:
    """A clock time or a day part alone, on the day talked about, or on each of the days to choose from."""
    has_day = _NAMES_A_DAY.search(said) or (agreed and _SAME_TIME.search(turn.text))
    if has_day or not wish["start"] or wish["kind"] not in ("point", "part", "range"):
        return None
    anchor = _anchor(turn, agreed, earlier)
    if anchor:
        return _moved_to(wish, anchor)
    days = [] if agreed else _days_of(earlier, turn.now.date())
    if len(days) < 2:
        return None
    spans = [_span_of(_moved_to(wish, day)) for day in days]
    hint = {"doubt": "choice", "spans": spans}
    return {"kind": "ambiguous", "start": None, "end": None, "said": said, "hint": hint}


def _with_agreed(turn: Turn, wish: Wish, said: str, agreed: datetime) -> Wish:
    """A day alone keeps the agreed clock time; a bare weekday is one of the agreed week."""
    if wish["start"] and _SAME_TIME.search(turn.text):
        return _at_hour_of(agreed, wish)
    if wish["start"] and _BARE_WEEKDAY.search(said) and not _OTHER_WEEK.search(said):
        wish = _in_week_of(wish, agreed.date(), turn.now.date())
    return _at_hour_of(agreed, wish) if wish["kind"] == "day" else wish


def _at_hour_of(agreed: datetime, wish: Wish) -> Wish:
    day = parse(wish["start"]).date()
    return {"kind": "point", "start": datetime.combine(day, agreed.timetz()).isoformat(), "end": None}


def _anchor(turn: Turn, agreed: datetime | None, earlier: Wish | None) -> date | None:
    """The day that a clock time alone belongs to; never one that was refused as past or too far away."""
    day = agreed.date() if agreed else _day_of(earlier)
    last = turn.now.date() + timedelta(days=turn.dealership.rules.horizon_days)
    return day if day and turn.now.date() <= day <= last else None


def _days_of(wish: Wish | None, today: date) -> list[date]:
    """The days that an earlier wish left to choose from (下周一或下周二, 下周), a week at most."""
    if not wish:
        return []
    spans = wish["hint"]["spans"] if wish.get("hint") else []
    days = {parse(start).date() for start, _ in spans}
    if wish["kind"] == "range" and wish["start"] and wish["end"]:
        first, last = parse(wish["start"]).date(), parse(wish["end"]).date()
        days = {first + timedelta(days=n) for n in range(min((last - first).days + 1, 7))}
    return sorted(day for day in days if day >= today)


def _span_of(wish: Wish) -> list[str]:
    return [wish["start"], wish["end"] or wish["start"]]


def any_time(earlier: Wish | None) -> Wish:
    """A wish that leaves the time to us (随便): the earliest within what was wished before."""
    before = earlier or {}
    within = before.get("start") and before["kind"] in ("day", "part", "range")
    wish = dict(before) if within else {"kind": "ambiguous", "start": None, "end": None}
    return {**wish, "any": before.get("any", 0) + 1}


def say_why_never(turn: Turn, wish: Wish) -> bool:
    """Name a date that cannot be whatever the store (2月30号, past, too far away); False for any other."""
    if wish.get("hint"):
        if wish["hint"]["doubt"] != "impossible":
            return False
        turn.say("utter_no_such_date", said=wish["said"])
        return True
    if not wish["start"]:
        return False
    day, today = parse(wish["start"]).date(), turn.now.date()
    far = day > today + timedelta(days=turn.dealership.rules.horizon_days)
    if day >= today and not far:
        return False
    if far:
        turn.say("utter_refused_too_far", wished=say_day(day), invitation=ANOTHER_DAY)
    else:
        turn.say("utter_refused_past", wished=say_day(day), invitation=ANOTHER_DAY)
    return True


def _with_hint(wish: Wish, hint: dict[str, Any], said: str, anchor: date | None) -> Wish:
    """A wish with what it leaves to choose from; hours alone (十点或者十一点) belong to the day talked about."""
    spans = hint["spans"]
    if anchor and spans and wish["kind"] == "ambiguous" and not _NAMES_A_DAY.search(said):
        moved = [_moved_to({"start": start, "end": end}, anchor) for start, end in spans]
        spans = [[span["start"], span["end"]] for span in moved]
    return {**wish, "said": said, "hint": {**hint, "spans": spans}}


def _chosen(wish: Wish, earlier: Wish | None) -> Wish | None:
    """ "周三" after "11月24号周三下午两点" was asked about means that hour, and so does one of two days with hours."""
    if wish["kind"] != "day" or not earlier or not earlier.get("hint"):
        return None
    day = parse(wish["start"]).date()
    spans = [
        span for span in earlier["hint"]["spans"] if parse(span[0]).date() == parse(span[1]).date() == day
    ]
    if len(spans) != 1:
        return None
    start, end = spans[0]
    if start == end:
        return {"kind": "point", "start": start, "end": None}
    return {"kind": "part", "start": start, "end": end} if parse(end).minute == 0 else None


def _in_week_of(wish: Wish, agreed: date, today: date) -> Wish:
    """ "改到周日" after a Saturday was agreed means the Sunday of that week, not the one that comes first."""
    weekday = parse(wish["start"]).date().weekday()
    day = agreed + timedelta(days=weekday - agreed.weekday())
    return _moved_to(wish, day) if day > today else wish


def hold(turn: Turn, request: VisitRequest, start: datetime) -> dict[str, Any] | None:
    """Hold the slot for this conversation; gives the refusal (reason, alternatives) when that is not possible."""
    try:
        hold_slot(turn.database, turn.dealership, turn.now, turn.conversation_id, request, start)
    except BookingRefused as refused:
        held = refused.reason in TAKEN and is_only_held(
            turn.database, turn.dealership, turn.now, request, start
        )
        return {**refusal_of(refused, start), "held": held}
    return None


def ask_for_time(
    turn: Turn,
    request: VisitRequest,
    wish: Wish | None,
    refusal: dict[str, Any] | None,
    again: bool = False,
) -> None:
    """Ask for the time: with the reason of a refusal, with what fits a vague wish, or with the next free slots."""
    if refusal and not again:
        say_refusal(turn, request, refusal)
        return
    if wish and wish.get("any"):
        _offer_earliest(turn, request, wish)
        return
    if wish and wish.get("hint"):
        stretch = offer_for_doubt(turn, request, wish)
        if stretch is None:
            return
        wish = {**wish, **stretch}
    from_, until = _window(turn, request, wish)
    is_bounded = bool(wish and (wish["start"] or wish["end"]))
    slots = spread_wide(slots_between(turn, request, from_, until, MOST_LOOKED_AT)) if is_bounded else []
    if wish and wish["start"] and not slots and not again:
        _say_nothing_free(turn, request, wish, from_)
        return
    if again and refusal and refusal["alternatives"]:
        slots = alternatives_of(refusal)
    slots = slots or general_slots(turn, request)
    if not slots:
        turn.say(
            "utter_nothing_free_at_all", buttons=[button("联系顾问", "ask_human"), *waiting_button(turn)]
        )
        return
    if again:
        turn.say("utter_ask_time_again", buttons=slot_buttons(turn, slots, request.store))
        return
    template = "utter_ask_time_within" if is_bounded else "utter_ask_time"
    span = _say_span(wish, from_, until) if wish else ""
    turn.say(template, buttons=slot_buttons(turn, slots, request.store), span=span)


def _offer_earliest(turn: Turn, request: VisitRequest, wish: Wish) -> None:
    from_, until = _window(turn, request, wish)
    slots = slots_between(turn, request, from_, until, EARLIEST) or general_slots(turn, request)[:EARLIEST]
    if not slots:
        turn.say(
            "utter_nothing_free_at_all", buttons=[button("联系顾问", "ask_human"), *waiting_button(turn)]
        )
        return
    template = "utter_ask_time_any" if wish["any"] == 1 else "utter_ask_time_again"
    turn.say(template, buttons=slot_buttons(turn, slots, request.store))


def _say_nothing_free(turn: Turn, request: VisitRequest, wish: Wish, from_: datetime) -> None:
    """Nothing in the wished span: the reason where there is one, and what is nearest after it."""
    if _say_why_impossible(turn, request, wish, from_):
        return
    horizon = bookable_window(turn.dealership.rules, request.kind, turn.now)[1]
    found = slots_between(turn, request, from_, horizon, 3)
    nearest = found or general_slots(turn, request)[:3]
    buttons = [*slot_buttons(turn, nearest, request.store), *waiting_button(turn)]
    turn.say("utter_nothing_free_then", buttons=buttons)


def _say_why_impossible(turn: Turn, request: VisitRequest, wish: Wish, from_: datetime) -> bool:
    """The reason why a wished day or part of it has no slot at all; False when it is simply full."""
    if any(would_be_free(turn.dealership, turn.now, request, from_, _end_of(wish, from_))):
        return False
    start = from_ if from_.time() != datetime.min.time() else from_.replace(hour=_USUAL_HOUR)
    try:
        check_slot(turn.database, turn.dealership, turn.now, request, start, turn.conversation_id)
    except BookingRefused as refused:
        if Refusal(refused.reason) not in _NEVER_POSSIBLE:
            return False
        span = _say_span(wish, from_, _end_of(wish, from_))
        say_refusal(turn, request, {**refusal_of(refused, start), "span": span})
        return True
    return False


def _say_span(wish: Wish, from_: datetime, until: datetime) -> str:
    """ "周六 11月28日", "周六 11月28日下午", "周六 11月28日 12:00–16:00", "周六 11月28日到周日 11月29日" """
    last = until - timedelta(minutes=1)
    if from_.date() != last.date():
        return f"{say_day(from_.date())}到{say_day(last.date())}"
    if wish["kind"] in ("day",) or from_.time() == datetime.min.time():
        return say_day(from_.date())
    part = _PARTS.get((from_.hour, until.hour)) if from_.minute == until.minute == 0 else None
    if part:
        return f"{say_day(from_.date())}{part}"
    return f"{say_time(from_)}–{until:%H:%M}" if wish["end"] else f"{say_time(from_)} 以后"


def parse_time(text: str | None) -> datetime | None:
    """An ISO time kept in a slot."""
    return parse(text) if text else None


def _window(turn: Turn, request: VisitRequest, wish: Wish | None) -> tuple[datetime, datetime]:
    opens, horizon = bookable_window(turn.dealership.rules, request.kind, turn.now)
    if not wish or not (wish["start"] or wish["end"]):
        return opens, horizon
    from_ = parse(wish["start"]) if wish["start"] else opens
    until = _end_of(wish, from_)
    return from_, until


def _end_of(wish: Wish, from_: datetime) -> datetime:
    is_midnight = bool(wish["end"]) and parse(wish["end"]).time() == datetime.min.time()
    if (
        wish["kind"] in ("day", "range") and is_midnight and wish["start"]
    ):  # 周四之前 ends where Thursday begins
        return parse(wish["end"]) + timedelta(days=1)
    if wish["end"]:
        return parse(wish["end"])
    return datetime.combine(from_.date() + timedelta(days=1), datetime.min.time(), TIME_ZONE)


def _moved_to(wish: Wish, day: date) -> Wish:
    start = parse(wish["start"])
    shift = day - start.date()
    end = wish["end"] and (parse(wish["end"]) + shift).isoformat()
    return {**wish, "start": (start + shift).isoformat(), "end": end}


def _day_of(wish: Wish | None) -> date | None:
    """The single day that an earlier wish was about."""
    if wish and wish.get("day"):
        return date.fromisoformat(wish["day"])
    if not wish or not wish.get("start") or wish["kind"] not in ("point", "part", "day"):
        return None
    return parse(wish["start"]).date()
