"""The buttons of a visit that lost its time because something dropped out: others, one click each."""

from __future__ import annotations

from actions.base import Turn, button
from bot.domain.booking import Slot
from bot.services.visits import BookedVisit
from bot.services.wording import say_time


def new_time_buttons(turn: Turn, visit: BookedVisit, slots: tuple[Slot, ...]) -> list[dict[str, str]]:
    """The slots, any other time, and a person."""
    times = [_time_button(turn, visit, slot) for slot in slots]
    other = button("其他时间", "change_booking", booking_code=visit.code)
    return [*times, other, button("联系顾问", "ask_human")]


def _time_button(turn: Turn, visit: BookedVisit, slot: Slot) -> dict[str, str]:
    title = say_time(slot.start)
    if slot.store != visit.store:
        title += f" {turn.dealership.store(slot.store).name}"
    values = {"do": "move", "code": visit.code, "time": slot.start.isoformat(), "store": slot.store}
    return button(title, "visit_reply", **values)
