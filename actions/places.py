"""Where a customer with a breakdown is, read from a turn."""

from __future__ import annotations

import re

from actions.base import Turn
from bot.services.places import clauses, place_in


def place_told(turn: Turn) -> str | None:
    """A place that help can find, wherever in the message."""
    if turn.is_payload or turn.intent == "faq" or turn.values("mileage"):
        return None
    return place_in(_without_car(turn))


def answered_place(turn: Turn) -> str:
    """All that is answered to the question for the place, but for what only tells whose car it is."""
    if not turn.values_of({"model", "plate"}):
        return without_phone(turn)
    return place_in(_without_car(turn)) or "，".join(clauses(_without_car(turn)))


def _without_car(turn: Turn) -> str:
    """The text without phone, plate and model."""
    text = turn.text
    for found in turn.values_of({"model", "plate", "plate_invalid", "phone", "phone_invalid"}):
        start, end = found["start"], found["end"]
        text = text[:start] + " " * (end - start) + text[end:]
    return re.sub(r"(我的?)?(电话|手机号?|号码)(是|[:：])?", "", text).strip(" ,，。:：")


def without_phone(turn: Turn, text: str | None = None) -> str:
    """The text without the phone number in it."""
    kept = turn.text if text is None else text
    for found in turn.values_of({"phone", "phone_invalid"}):
        kept = kept.replace(turn.text[found["start"] : found["end"]], " ")
    return re.sub(r"(我的?)?(电话|手机号?|号码)(是|[:：])?", "", kept).strip(" ,，。:：")
