"""Events of the dealer: care salons, seasonal campaigns, theme events, and who comes. Pure functions.

Source: lifecycle manual, key moments 4, 10 and 11 of the twenty; the rules of places and of the waiting line are ours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeVar

from bot.domain.dealership import Powertrain

MOST_PLACES, MOST_DAYS, MOST_HOURS = 1000, 180, 336


class EventMoment(str, Enum):
    """The key moments that an event opens."""

    CARE_SALON = "care_salon"
    SEASONAL_CAMPAIGN = "seasonal_campaign"
    THEME_EVENT = "theme_event"


class SignupStatus(str, Enum):
    SIGNED_UP = "signed_up"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    ATTENDED = "attended"
    ABSENT = "absent"


COMING = (SignupStatus.SIGNED_UP, SignupStatus.ATTENDED, SignupStatus.ABSENT)
"""Who has places."""


@dataclass(frozen=True)
class Audience:
    """Whose cars an event is for: ids of stages and models, kinds of drive; what is empty leaves nobody out."""

    stages: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    powertrains: tuple[Powertrain, ...] = ()

    def fits(self, stage: str, model: str, powertrain: Powertrain) -> bool:
        return (
            (not self.stages or stage in self.stages)
            and (not self.models or model in self.models)
            and (not self.powertrains or powertrain in self.powertrains)
        )


@dataclass(frozen=True)
class DealerEvent:
    """One entry of ``dealership/events.yml``. Times have a zone; nobody signs up after ``sign_up_until``.

    ``places`` counts people, of whom a customer brings at most ``people_at_most`` (with themselves). Who fits is
    invited from ``invite_days`` before the start on, who comes is reminded ``remind_hours`` before it; 0: not at all.
    """

    id: str
    name: str
    moment: EventMoment
    store: str
    start: datetime
    end: datetime
    sign_up_until: datetime
    places: int
    description: str
    offer: str
    people_at_most: int = 4
    invite_days: int = 21
    remind_hours: int = 24
    audience: Audience = field(default_factory=Audience)

    def is_open(self, now: datetime) -> bool:
        return now <= self.sign_up_until


def event_problems(
    event: DealerEvent, stores: Collection[str], models: Collection[str], stages: Collection[str]
) -> Iterator[tuple[str, str]]:
    """What is wrong with an entry: field and problem."""
    times = (event.start, event.end, event.sign_up_until)
    if any(time.tzinfo is None for time in times):
        yield "start", "times need a zone, such as 2026-12-05T14:00:00+08:00"
    elif event.end <= event.start:
        yield "end", "must be after the start"
    elif event.sign_up_until > event.start:
        yield "sign_up_until", "must not be after the start"
    if not 1 <= event.places <= MOST_PLACES:
        yield "places", f"must be 1 to {MOST_PLACES}"
    if not 1 <= event.people_at_most <= event.places:
        yield "people_at_most", "must be 1 to the number of places"
    if not 0 <= event.invite_days <= MOST_DAYS:
        yield "invite_days", f"must be 0 to {MOST_DAYS}"
    if not 0 <= event.remind_hours <= MOST_HOURS:
        yield "remind_hours", f"must be 0 to {MOST_HOURS}"
    yield from _unknown("store", [event.store], stores)
    yield from _unknown("audience.models", event.audience.models, models)
    yield from _unknown("audience.stages", event.audience.stages, stages)


def _unknown(name: str, ids: Iterable[str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    for id_ in ids:
        if id_ not in known:
            yield name, f"{id_!r} does not exist"


T = TypeVar("T")


def moves_up(waiting: Iterable[tuple[T, int]], free: int) -> list[T]:
    """Who of the waiting (with how many people, in the order of the line) gets the free places.

    Who is first and fits; a larger party does not keep places empty that those behind it could have.
    """
    found = []
    for who, people in waiting:
        if people <= free:
            found.append(who)
            free -= people
    return found
