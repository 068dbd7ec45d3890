"""The customer's own car on record: whose it is, what it stands at, and what the owner corrects."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from actions.base import Turn
from bot.domain.lifecycle import VehicleState
from bot.services.outreach import replies
from bot.services.vehicles import (
    LifecycleAnswer,
    VehicleRecord,
    find_vehicle,
    lifecycle_answer,
    state_of_record,
)
from bot.services.wording import say_km, say_plate

FRESH = timedelta(days=14)
"""A reading that is not older is taken as it is; later the mileage is estimated, and said to be."""


def own_record(turn: Turn) -> VehicleRecord | None:
    """The car that this conversation has shown to be the customer's.

    By phone and plate, by a contact about it that came here, or as the only one of a customer who is linked to it.
    """
    car = turn.slot("known_car") or {}
    if car.get("car_phone") and car.get("car_plate"):
        return find_vehicle(turn.database, car["car_phone"], car["car_plate"])
    of_contact = replies.car_of_newest(turn.database, turn.conversation_id, turn.now)
    return of_contact or replies.linked_car(turn.database, turn.conversation_id)


def named(turn: Turn, record: VehicleRecord) -> str:
    """ "青岚 X5（浙A·D1001）" """
    return f"{turn.dealership.model(record.model).name}（{say_plate(record.plate)}）"


def corrected(turn: Turn, record: VehicleRecord, km: int) -> VehicleRecord:
    """Keep the mileage that the owner reads, and say so."""
    if km == record.mileage and record.mileage_on == turn.now.date():
        return record
    today = turn.now.date()
    fits = replies.correct_mileage(turn.database, record.plate, km, today, turn.now)
    car = named(turn, record)
    if fits:
        turn.say("utter_mileage_corrected", car=car, km=say_km(km))
    else:
        turn.say("utter_mileage_lower", car=car, km=say_km(km), before=say_km(record.mileage or 0))
    return replace(record, mileage=km, mileage_on=today)


def answered(turn: Turn, record: VehicleRecord) -> tuple[LifecycleAnswer, VehicleState, str]:
    """The schedule's answer for a car on record, the state it rests on, and the words for an estimated mileage.

    An estimate does not end a warranty: what is said of it then rests on the last reading.
    """
    today = turn.now.date()
    read = state_of_record(turn.dealership, record)
    known = lifecycle_answer(turn.dealership, turn.content.schedule, read, today)
    if record.mileage_on is not None and today - record.mileage_on <= FRESH:
        return known, read, ""
    mileage = replies.mileage_now(turn.database, record.plate, today)
    if mileage is None or not mileage.estimated:
        return known, read, ""
    state = replace(read, mileage=mileage.km)
    answer = lifecycle_answer(turn.dealership, turn.content.schedule, state, today)
    turn.say("utter_mileage_estimated", km=say_km(mileage.km))
    estimate = f"约 {say_km(mileage.km)}（按以往里程估算）"
    return replace(answer, **_cover(known, answer)), state, estimate


def _cover(known: LifecycleAnswer, estimated: LifecycleAnswer) -> dict[str, Any]:
    """The values of the covers that only an estimate would end."""
    kept: dict[str, Any] = {}
    for prefix in ("warranty", "battery"):
        holds = f"{'in' if prefix == 'warranty' else 'battery_in'}_warranty"
        if getattr(known, holds) and not getattr(estimated, holds):
            names = [name for name in vars(known) if name == holds or name.startswith(f"{prefix}_")]
            kept |= {name: getattr(known, name) for name in names}
    return kept
