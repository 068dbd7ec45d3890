"""What to offer instead of a time that was refused: another time, another store, another car or adviser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.booking import Busy, Offer, Slot, VisitKind, VisitRequest, free_candidates
from bot.domain.dealership import Dealership, Model, ResourceKind

OTHER_STORE_PENALTY = timedelta(minutes=45)
OTHER_ADVISER_PENALTY = timedelta(minutes=15)
OTHER_CAR_PENALTY = timedelta(minutes=60)
_PEOPLE = (ResourceKind.SALES_ADVISER, ResourceKind.TECHNICIAN)


@dataclass(frozen=True)
class Alternative(Slot):
    """A free slot, and what differs from the wish besides store and time; None is as wished.

    ``model`` is another car to drive, ``adviser`` the id of somebody else than the one who was wished for.
    """

    model: str | None = None
    adviser: str | None = None


def other_means(dealership: Dealership, request: VisitRequest) -> Iterator[VisitRequest]:
    """The same visit with other means, the likest first: another adviser, then another car to drive."""
    if request.adviser is not None:
        yield replace(request, adviser=None)
    if request.kind is VisitKind.TEST_DRIVE:
        for model in like_cars(dealership, request.model):
            yield replace(request, model=model.id)


def like_cars(dealership: Dealership, model_id: str | None) -> tuple[Model, ...]:
    """Models of the same body or powertrain: those that share both first, then the body; then the nearest in price."""
    wanted = next((model for model in dealership.models if model.id == model_id), None)
    if wanted is None:
        return ()

    def rank(model: Model) -> tuple[bool, bool, float]:
        differs = (model.body != wanted.body, model.powertrain is not wanted.powertrain)
        return *differs, abs(model.price_from - wanted.price_from)

    others = [model for model in dealership.models if model.id != model_id]
    return tuple(sorted((model for model in others if not all(rank(model)[:2])), key=rank))


def as_alternative(wanted: VisitRequest, found: VisitRequest, offer: Offer, slot: Slot, busy: Busy) -> Slot:
    """The slot of the request that was ``found`` free, with what differs from the one that was ``wanted``."""
    model = found.model if found.model != wanted.model else None
    adviser = _free_person(offer, slot, busy) if wanted.adviser and not found.adviser else None
    if model is None and adviser is None:
        return slot
    return Alternative(slot.store, slot.start, slot.end, model, adviser)


def rank_alternatives(
    slots: Iterable[Slot], wish: datetime, store: str | None, count: int = 3
) -> tuple[Slot, ...]:
    """The slots nearest to a wish that was refused, the best first; the same input gives the same answer.

    One of each sort where there is one: another time at the wanted store, another store, other means (car or
    adviser). The rest are the nearest times; each other store is named once at most unless the wanted one has too
    little to offer. Another store costs as much as a wait of 45 minutes, another car 60, another adviser 15. Of two
    equally near slots the earlier comes first.
    """

    def rank(slot: Slot) -> tuple[timedelta, bool, datetime, str, str]:
        other = store is not None and slot.store != store
        distance = abs(slot.start - wish) + (OTHER_STORE_PENALTY if other else timedelta()) + _penalty(slot)
        return distance, other, slot.start, slot.store, _means(slot)

    ranked = sorted(set(slots), key=rank)
    chosen = list({_sort_of(slot, store): slot for slot in reversed(ranked)}.values())
    named = {slot.store for slot in chosen if _sort_of(slot, store) == "store"}
    spare: list[Slot] = []
    for slot in ranked:
        repeated = _sort_of(slot, store) == "store" and slot.store in named
        if slot not in chosen:
            (spare if repeated else chosen).append(slot)
            named.add(slot.store)
    return tuple(sorted([*chosen, *spare][:count], key=rank))


def _penalty(slot: Slot) -> timedelta:
    if not isinstance(slot, Alternative):
        return timedelta()
    return (OTHER_CAR_PENALTY if slot.model else timedelta()) + (
        OTHER_ADVISER_PENALTY if slot.adviser else timedelta()
    )


def _sort_of(slot: Slot, store: str | None) -> str:
    if store is not None and slot.store != store:
        return "store"
    return "means" if _means(slot) else "time"


def _means(slot: Slot) -> str:
    return f"{slot.model or ''}/{slot.adviser or ''}" if isinstance(slot, Alternative) else ""


def _free_person(offer: Offer, slot: Slot, busy: Busy) -> str | None:
    needs = offer.plan(slot.start).needs
    people = (r for need in needs for r in free_candidates(need, busy) if r.kind in _PEOPLE)
    return next((person.id for person in people), None)
