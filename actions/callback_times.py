"""When a customer is called back: the times to choose from, and the one that is said."""

from __future__ import annotations

from datetime import datetime

from actions.base import Turn, button
from actions.slot_offers import parse
from actions.time_wishes import read_wish
from bot.services.callbacks import WINDOW, call_times, may_call_at
from bot.services.wording import say_day_from

_AFTERNOON = 14
NOON = 12


def time_wished(turn: Turn, before: str | None) -> tuple[datetime | None, bool]:
    """The time for a call that was said, and whether somebody is on duty then; (None, False) without one.

    A clock time alone belongs to the day of ``before``. A day, or a part of one, means its first hour on duty.
    """
    hours, agreed = turn.dealership.profile.consultants_online, parse(before) if before else None
    wish = read_wish(turn, agreed, None)
    if wish is None or not (wish["start"] or wish["end"]):
        return None, False
    moment = parse(wish["start"] or wish["end"])
    if wish["kind"] in ("part", "range") and moment.hour == NOON and moment.minute == 0:
        moment = moment.replace(hour=_AFTERNOON)
    if wish["kind"] in ("part", "range", "day") and moment.time() < hours.opens:
        moment = moment.replace(hour=hours.opens.hour, minute=hours.opens.minute)
    return moment, may_call_at(hours, moment, turn.now)


def say_times(turn: Turn, promised: datetime | None, is_refusal: bool = False) -> None:
    """Offer other times than the one that was promised; ``is_refusal``: nobody is on duty at the one that was said."""
    times = call_times(turn.dealership.profile.consultants_online, turn.now)
    buttons = [_button(turn, moment) for moment in times if moment != promised]
    turn.say("utter_callback_hours" if is_refusal else "utter_ask_callback_time", buttons=buttons)


def _button(turn: Turn, moment: datetime) -> dict[str, str]:
    day = say_day_from(moment.date(), turn.now.date())
    title = f"{day} {moment:%H:%M}–{moment + WINDOW:%H:%M}"
    return button(title, "back_to_bot", do="call_at", time=moment.isoformat())
