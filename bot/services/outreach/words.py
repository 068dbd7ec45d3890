"""The values that the templates of contacts need, made when a contact is opened."""

from __future__ import annotations

from typing import Any

from bot.domain.dealership import Dealership
from bot.domain.lifecycle import Schedule, VehicleState, warranty
from bot.domain.mileage import Mileage
from bot.domain.outreach import GREETING, STANDARD_SERVICE, WARRANTY_CHECK, Contact
from bot.services.content.variables import price_text
from bot.services.wording import say_date, say_km, say_plate

TITLES = {STANDARD_SERVICE: "定期保养"}


def details_of(
    dealership: Dealership,
    schedule: Schedule,
    vehicle: Any,
    state: VehicleState,
    mileage: Mileage | None,
    contact: Contact,
    today: Any,
    occasion_name: str = "",
) -> dict[str, Any]:
    """``vehicle`` is a row of vehicles; the texts are what the customer reads."""
    names = {moment.id: moment.name for moment in schedule.moments} | TITLES
    store = next((each for each in dealership.stores if each.id == vehicle.store), dealership.stores[0])
    model = next((each.name for each in dealership.models if each.id == vehicle.model), vehicle.model)
    found: dict[str, Any] = {
        "title": names[contact.moment],
        "car": f"{model}（{say_plate(vehicle.plate)}）",
        "plate": say_plate(vehicle.plate),
        "model": vehicle.model,
        "store": store.name,
        "hotline": store.service_phone,
    }
    if contact.on:
        found["on"] = say_date(contact.on)
    if contact.km:
        found["km"] = say_km(contact.km)
    if contact.moment == GREETING:
        found["holiday"] = occasion_name
    if contact.moment == WARRANTY_CHECK:
        cover = warranty(dealership.profile.warranty, state, today)
        found |= {"job": "warranty_end_check", "on": say_date(cover.ends_on), "km": say_km(cover.km_limit)}
    if contact.service is not None:
        found |= _of_service(dealership, contact)
    if mileage is not None:
        found["estimated"] = mileage.estimated
        found["mileage"] = (
            f"约 {say_km(mileage.km)}（按以往里程估算）" if mileage.estimated else say_km(mileage.km)
        )
    return found


def _of_service(dealership: Dealership, contact: Contact) -> dict[str, Any]:
    service = contact.service
    assert service is not None
    job = dealership.service(service.job)
    return {
        "job": "service" if service.km_estimated else job.id,
        "job_name": job.name,
        "items": "、".join(item.name for item in service.items),
        "minutes": job.minutes,
        "price": "首次免费" if service.free else price_text(job.price),
    }
