"""Free slots as the customer sees them: a few buttons over several days, and the reason of a refusal."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from actions.base import Turn, button
from bot.clock import TIME_ZONE
from bot.domain.alternatives import Alternative
from bot.domain.booking import Refusal, Slot, VisitKind, VisitRequest, bookable_window
from bot.services.availability import free_slots
from bot.services.calendar import closure_on
from bot.services.content.variables import WEEKDAYS
from bot.services.wording import say_time

SHOWN = 6
PER_DAY = 3
DAYS_SHOWN_FIRST = 4
_MAY_COME_FREE = {
    reason.value
    for reason in (
        Refusal.CAR_OUT,
        Refusal.ADVISERS_BUSY,
        Refusal.BAY_FULL,
        Refusal.TECHNICIANS_BUSY,
        Refusal.ADVISER_BUSY,
    )
}
"""Somebody has taken it, and may give it back."""


def slots_between(
    turn: Turn, request: VisitRequest, from_: datetime, until: datetime, limit: int = 200
) -> tuple[Slot, ...]:
    """The free slots that start in the half-open stretch of time."""
    return free_slots(
        turn.database, turn.dealership, turn.now, request, from_, until, limit, turn.conversation_id
    )


def slot_buttons(turn: Turn, slots: Any, store: str | None) -> list[dict[str, str]]:
    """Slots as buttons; the store is named as soon as one is not the store talked about."""
    mixed = any(slot.store != store for slot in slots)
    return [_slot_button(turn, slot, named=mixed) for slot in slots]


def general_slots(turn: Turn, request: VisitRequest) -> list[Slot]:
    """Slots of the next days; further away only when those are full."""
    opens, horizon = bookable_window(turn.dealership.rules, request.kind, turn.now)
    soon = min(opens + timedelta(days=DAYS_SHOWN_FIRST), horizon)
    for until in (soon, horizon):
        slots = slots_between(turn, request, opens, until, 400)
        if slots:
            return spread(slots)
    return []


def spread(slots: Any) -> list[Slot]:
    """A few slots over a few days, and over each day, instead of six half hours of one morning."""
    by_day: dict[date, list[Slot]] = {}
    for slot in slots:
        by_day.setdefault(slot.start.date(), []).append(slot)
    share = PER_DAY if len(by_day) > 1 else SHOWN
    chosen: list[Slot] = []
    for day in by_day.values():
        step = max(1, -(-len(day) // share))
        chosen += day[::step][:share]
    return chosen[:SHOWN]


def spread_wide(slots: Any) -> list[Slot]:
    """Two slots each of the first, a middle and the last day of a stretch that the customer named (月底, 下周)."""
    days = sorted({slot.start.date() for slot in slots})
    if len(days) <= SHOWN // PER_DAY:
        return spread(slots)
    chosen = {days[0], days[len(days) // 2], days[-1]}
    found: list[Slot] = []
    for day in sorted(chosen):
        free = [slot for slot in slots if slot.start.date() == day]
        found += [free[len(free) // 4], free[len(free) * 3 // 4]] if len(free) > 1 else free
    return found


def waiting_button(turn: Turn) -> list[dict[str, str]]:
    """To be told when something comes free; who moves a booking keeps its old time and does not wait."""
    return [] if turn.active_form == "existing_booking_form" else [button("有空位通知我", "join_waitlist")]


def say_refusal(turn: Turn, request: VisitRequest, refusal: dict[str, Any]) -> None:
    """The reason of a refusal, and what there is instead."""
    slots = alternatives_of(refusal)
    wished = refusal.get("span") or say_time(parse(refusal["wished"]))
    store = turn.dealership.store(request.store).name if request.store else ""
    adviser = adviser_name(turn, request.adviser)
    name = f"utter_refused_{refusal['reason']}"
    rest = _workshop_rest(turn, request, refusal)
    if rest:
        name, store = "utter_refused_workshop_closed", f"{store}售后{rest}"
    closure = closure_on(turn.dealership, parse(refusal["wished"]).date())
    waiting = waiting_button(turn) if refusal["reason"] in _MAY_COME_FREE else []
    if refusal.get("held"):
        name = "utter_refused_held"
    if refusal.get("was_held"):
        name = "utter_hold_lost"
    turn.say(
        name,
        buttons=[*slot_buttons(turn, slots, request.store), *waiting] or None,
        closure=closure.name if closure else "",
        wished=wished,
        time=wished,
        store=store,
        adviser=adviser,
        invitation="离得最近的有：" if slots else "您换个时间试试，或者让顾问帮您安排。",
    )


def alternatives_of(refusal: dict[str, Any]) -> list[Slot]:
    """What was offered instead of a refused time."""
    return [_alternative(kept) for kept in refusal["alternatives"]]


def adviser_name(turn: Turn, adviser: str | None) -> str:
    """The name of an adviser by id; empty for none."""
    return next((r.name for r in turn.dealership.resources if r.id == adviser), "")


def _alternative(kept: dict[str, Any]) -> Alternative:
    start = parse(kept["start"])
    return Alternative(kept["store"], start, start, kept["model"], kept["adviser"])


def _workshop_rest(turn: Turn, request: VisitRequest, refusal: dict[str, Any]) -> str:
    """ "周一": the weekday on which the workshop rests although the showroom is open; empty for other refusals."""
    if refusal["reason"] != "closed_day" or request.kind is not VisitKind.SERVICE or not request.store:
        return ""
    weekday = parse(refusal["wished"]).isoweekday()
    hours = turn.dealership.store(request.store).hours
    if weekday not in hours.service.closed_weekdays or weekday in hours.showroom.closed_weekdays:
        return ""
    return f"周{WEEKDAYS[weekday - 1]}"


def parse(text: str) -> datetime:
    """An ISO time; one without a zone is the dealer's."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=TIME_ZONE)


def _slot_button(turn: Turn, slot: Slot, named: bool) -> dict[str, str]:
    """ "周六 11月28日 14:00 城东店", with the car or the adviser where that is another one than wished."""
    values: dict[str, str] = {"time": slot.start.isoformat()}
    title = say_time(slot.start)
    if named:
        title += f" {turn.dealership.store(slot.store).name}"
        values["store"] = slot.store
    if isinstance(slot, Alternative) and slot.model:
        title += f" 换 {turn.dealership.model(slot.model).name}"
        values["model"] = slot.model
    if isinstance(slot, Alternative) and slot.adviser:
        title += f" 由{adviser_name(turn, slot.adviser)}接待"
        values["adviser"] = slot.adviser
    return button(title, "inform", **values)
