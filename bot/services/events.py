"""Who comes to the dealer's events: sign-up, change, cancellation, the waiting line, attendance.

A place is claimed by the insertion of its number under the primary key; a party gets all its places or waits. When
places come free, who is first in the line and fits moves up and is told; where nothing reaches them, a task asks a
person to.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import InvalidInput, NotFound, WrongState
from bot.domain.events import COMING, DealerEvent, SignupStatus, moves_up
from bot.domain.tasks import TaskKind
from bot.services import audit
from bot.services.audit import Actor
from bot.services.availability import local
from bot.services.claiming import transact
from bot.services.content.snapshot import Content
from bot.services.event_notices import tell_moved_up
from bot.services.outreach.contacts import signed_up as invitation_led_here
from bot.services.tasks import cancel_tasks, open_task
from bot.store import events as places
from bot.store.bookings import customer_of_phone
from bot.store.database import Database
from bot.store.lifecycle_tables import EventSignup, Task

CALL_WITHIN = timedelta(days=1)
"""So soon somebody tells a customer who moved up, and before the event."""


@dataclass(frozen=True)
class SignupView:
    """A sign-up as others see it; ``phone`` is not masked here."""

    id: str
    event: str
    phone: str
    name: str | None
    people: int
    status: SignupStatus
    customer_id: str | None
    conversation_id: str | None
    created_at: datetime


@dataclass(frozen=True)
class Attendance:
    """How many people and how many sign-ups an event has; ``left``: places that nobody has."""

    left: int
    people: Mapping[SignupStatus, int]
    signups: Mapping[SignupStatus, int]


def event_of(content: Content, event_id: str) -> DealerEvent:
    """Raises ``NotFound``."""
    event = content.events.get(event_id)
    if event is None:
        raise NotFound(f"no event {event_id}")
    return event


def event_of_signup(database: Database, content: Content, signup_id: str) -> DealerEvent:
    """The event that somebody signed up to. Raises ``NotFound``."""
    with database.reading() as session:
        row: places.Row = session.get(EventSignup, signup_id)
        if row is None:
            raise NotFound("no such sign-up")
        return event_of(content, row.event)


def open_events(content: Content, now: datetime, store: str | None = None) -> list[DealerEvent]:
    """Those to which one may sign up, the next first."""
    found = [each for each in content.events.values() if each.is_open(now) and store in (None, each.store)]
    return sorted(found, key=lambda each: (each.start, each.id))


def sign_up(
    database: Database,
    event: DealerEvent,
    now: datetime,
    phone: str,
    people: int = 1,
    name: str | None = None,
    conversation_id: str | None = None,
    actor: Actor | None = None,
) -> SignupView:
    """Take places for a party, or put it in the waiting line. The same number again is the same sign-up, with as many
    people as now said.

    Raises ``InvalidInput`` for a party that is too large, ``WrongState`` after the last day or once attendance is noted
    or when a larger party finds no place.
    """
    _check(event, people, now)

    def work(session: Session) -> SignupView:
        places.line_up(session, event.id)
        _move_up(session, event, now)  # there may be more places now, or somebody was erased
        row = _of_phone(session, event.id, phone)
        if row is None:
            row = _new(session, event, phone, conversation_id, now)
        elif row.status in (SignupStatus.SIGNED_UP.value, SignupStatus.WAITING.value):
            return _changed(session, event, row, people, now, actor)
        elif row.status != SignupStatus.CANCELLED.value:
            raise WrongState("attendance is noted", "活动已经登记到场情况，不能再报名")
        row.created_at = row.updated_at = now
        row.people, row.name = people, name or row.name
        row.conversation_id = conversation_id or row.conversation_id
        row.status = _seated(session, event, row, people).value
        invitation_led_here(session, event.id, phone, conversation_id, now)
        _note(session, actor, "event.joined", row, now)
        return _view(row)

    return transact(database, work)


def change_people(
    database: Database,
    event: DealerEvent,
    signup_id: str,
    people: int,
    now: datetime,
    actor: Actor | None = None,
) -> SignupView:
    """Another number of people. Raises ``WrongState`` when there are not so many places; the old ones are kept."""
    _check(event, people, now)

    def work(session: Session) -> SignupView:
        places.line_up(session, event.id)
        return _changed(session, event, _locked(session, event, signup_id), people, now, actor)

    return transact(database, work)


def cancel(
    database: Database, event: DealerEvent, signup_id: str, now: datetime, actor: Actor | None = None
) -> SignupView:
    """Give the places back; who waits moves up. Again is no error; raises ``WrongState`` once attendance is noted."""

    def work(session: Session) -> SignupView:
        places.line_up(session, event.id)
        row = _locked(session, event, signup_id)
        if row.status == SignupStatus.CANCELLED.value:
            return _view(row)
        _require_coming(row)
        places.give_back(session, event.id, row.id)
        row.status, row.updated_at = SignupStatus.CANCELLED.value, now
        _forget_calls(session, row.id, now)
        _move_up(session, event, now)
        _note(session, actor, "event.cancelled", row, now)
        return _view(row)

    return transact(database, work)


def note_attendance(
    database: Database, event: DealerEvent, signup_id: str, attended: bool, now: datetime, actor: Actor
) -> SignupView:
    """Who had places came or not; may be corrected. Raises ``WrongState`` before the event's day."""
    if local(now).date() < local(event.start).date():
        raise WrongState("the event is yet to come", "活动当天才能登记到场")

    def work(session: Session) -> SignupView:
        places.line_up(session, event.id)
        row = _locked(session, event, signup_id)
        if SignupStatus(row.status) not in COMING:
            raise WrongState("the sign-up has no places", "候补和已取消的报名不能登记到场")
        status = SignupStatus.ATTENDED if attended else SignupStatus.ABSENT
        row.status, row.updated_at = status.value, now
        _note(session, actor, "event.attendance", row, now)
        return _view(row)

    return transact(database, work)


def signups(database: Database, event_id: str) -> list[SignupView]:
    """All of an event, who came first in front."""
    query = sa.select(EventSignup).where(EventSignup.event == event_id)
    with database.reading() as session:
        return [_view(row) for row in session.scalars(query.order_by(EventSignup.created_at, EventSignup.id))]


def signups_of(database: Database, phone: str) -> list[SignupView]:
    """What a number is signed up to or waits for."""
    active = (SignupStatus.SIGNED_UP.value, SignupStatus.WAITING.value)
    query = sa.select(EventSignup).where(EventSignup.phone == phone, EventSignup.status.in_(active))
    with database.reading() as session:
        return [_view(row) for row in session.scalars(query.order_by(EventSignup.created_at, EventSignup.id))]


def own_signups(database: Database, conversation_id: str, phone: str | None) -> list[SignupView]:
    """What was signed up to in a conversation or with its customer's number, and is neither over nor cancelled."""
    active = (SignupStatus.SIGNED_UP.value, SignupStatus.WAITING.value)
    mine = [EventSignup.conversation_id == conversation_id]
    if phone:
        mine.append(EventSignup.phone == phone)
    query = sa.select(EventSignup).where(sa.or_(*mine), EventSignup.status.in_(active))
    with database.reading() as session:
        return [_view(row) for row in session.scalars(query.order_by(EventSignup.created_at, EventSignup.id))]


def attendances(database: Database, events: Mapping[str, DealerEvent]) -> dict[str, Attendance]:
    """By event."""
    columns = (EventSignup.event, EventSignup.status)
    query = sa.select(*columns, sa.func.count(), sa.func.sum(EventSignup.people)).group_by(*columns)
    signups_by: dict[str, Counter[SignupStatus]] = {id_: Counter() for id_ in events}
    people_by: dict[str, Counter[SignupStatus]] = {id_: Counter() for id_ in events}
    with database.reading() as session:
        for event, status, count, people in session.execute(query):
            if event in events:
                signups_by[event][SignupStatus(status)] = count
                people_by[event][SignupStatus(status)] = int(people)
    return {
        id_: Attendance(
            max(0, event.places - sum(people_by[id_][status] for status in COMING)),
            people_by[id_],
            signups_by[id_],
        )
        for id_, event in events.items()
    }


def _check(event: DealerEvent, people: int, now: datetime) -> None:
    if not event.is_open(now):
        raise WrongState("the last day of signing up has passed", "报名已经截止")
    if not 1 <= people <= event.people_at_most:
        raise InvalidInput(f"1 to {event.people_at_most} people may come together")


def _new(
    session: Session, event: DealerEvent, phone: str, conversation_id: str | None, now: datetime
) -> places.Row:
    customer = customer_of_phone(session, phone)
    row = EventSignup(
        id=uuid.uuid4().hex,
        event=event.id,
        phone=phone,
        people=1,
        status=SignupStatus.WAITING.value,
        customer_id=customer.id if customer else None,
        conversation_id=conversation_id,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _seated(session: Session, event: DealerEvent, row: places.Row, wanted: int) -> SignupStatus:
    """Try to claim so many more places."""
    free = sorted(set(range(1, event.places + 1)) - places.taken(session, event.id))
    got = len(free) >= wanted and places.claim(session, event.id, row.id, free, wanted)
    return SignupStatus.SIGNED_UP if got else SignupStatus.WAITING


def _changed(
    session: Session, event: DealerEvent, row: places.Row, people: int, now: datetime, actor: Actor | None
) -> SignupView:
    _require_coming(row)
    if people == row.people:
        return _view(row)
    if row.status == SignupStatus.SIGNED_UP.value:
        more = people - row.people
        if more > 0 and _seated(session, event, row, more) is SignupStatus.WAITING:
            raise WrongState("not so many places are left", "剩余名额不够，原来的报名保持不变")
        if more < 0:
            places.give_back(session, event.id, row.id, places.numbers_of(session, row.id)[people:])
    row.people, row.updated_at = people, now
    session.flush()
    _move_up(session, event, now)
    _note(session, actor, "event.changed", row, now)
    return _view(row)


def _move_up(session: Session, event: DealerEvent, now: datetime) -> None:
    """Give free places to the line; everybody who got some is told, or called where nothing reaches them."""
    if event.start <= now:
        return
    session.flush()
    free = event.places - len(places.taken(session, event.id))
    for row in moves_up([(each, each.people) for each in places.waiting(session, event.id)], free):
        row.status = _seated(session, event, row, row.people).value
        row.updated_at = now
        if row.status != SignupStatus.SIGNED_UP.value:
            continue
        if not tell_moved_up(session, event, row, now):
            _have_called(session, event, row, now)


def _have_called(session: Session, event: DealerEvent, row: places.Row, now: datetime) -> None:
    open_task(
        session,
        TaskKind.EVENT_REPLY,
        f"{_calls_of(row.id)}{now.timestamp():.3f}",
        f"候补转正，请告知客户：{event.name}",
        min(now + CALL_WITHIN, event.start),
        now,
        phone=row.phone,
        customer_id=row.customer_id,
        conversation_id=row.conversation_id,
        store=event.store,
        skill="sales",
        script=event.moment.value,
    )


def _forget_calls(session: Session, signup_id: str, now: datetime) -> None:
    mine = sa.select(Task.key).where(Task.key.startswith(_calls_of(signup_id), autoescape=True))
    for key in list(session.scalars(mine)):
        cancel_tasks(session, now, key=key)


def _calls_of(signup_id: str) -> str:
    return f"{TaskKind.EVENT_REPLY.value}/{signup_id}/"


def _of_phone(session: Session, event_id: str, phone: str) -> places.Row:
    query = sa.select(EventSignup).where(EventSignup.event == event_id, EventSignup.phone == phone)
    return session.scalars(query.with_for_update()).first()


def _locked(session: Session, event: DealerEvent, signup_id: str) -> places.Row:
    query = sa.select(EventSignup).where(EventSignup.event == event.id, EventSignup.id == signup_id)
    row = session.scalars(query.with_for_update()).first()
    if row is None:
        raise NotFound("no such sign-up")
    return row


def _require_coming(row: places.Row) -> None:
    if row.status not in (SignupStatus.SIGNED_UP.value, SignupStatus.WAITING.value):
        raise WrongState(f"the sign-up is {row.status}", "这条报名已经取消或登记过到场")


def _note(session: Session, actor: Actor | None, action: str, row: places.Row, now: datetime) -> None:
    if actor is not None:
        about: dict[str, Any] = {"status": row.status, "count": row.people}
        audit.note(session, actor, action, now, row.id, row.conversation_id, about)


def _view(row: places.Row) -> SignupView:
    values = {name: getattr(row, name) for name in SignupView.__dataclass_fields__}
    return SignupView(**{**values, "status": SignupStatus(row.status)})
