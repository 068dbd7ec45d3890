"""Whose cars an event is for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bot.domain.events import DealerEvent
from bot.domain.lifecycle import VehicleState, stage_of
from bot.services.content.snapshot import Content
from bot.services.vehicles import VehicleRecord, state_of_record


def events_for(
    content: Content, events: Iterable[DealerEvent], car: VehicleRecord | None, today: date
) -> list[DealerEvent]:
    """Those that are for the car, in the given order; all of them where no car is known or none fits."""
    known = list(events)
    models = {model.id for model in content.dealership.models}
    if car is None or car.model not in models:
        return known
    state = state_of_record(content.dealership, car)
    return [event for event in known if fits(content, event, car.model, state, today)] or known


def fits(content: Content, event: DealerEvent, model: str, state: VehicleState, today: date) -> bool:
    """Whether the event is for such a car on this day."""
    stage = stage_of(content.schedule, state, today).id
    return event.audience.fits(stage, model, state.model_powertrain)
