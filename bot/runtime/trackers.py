"""Rasa's trackers in our database, cut to a bounded window so that a long conversation costs what a short one does.

A tracker holds dialogue state only (the transcript is the ``messages`` table), hence old events may go: their effect
on slots and the active form is kept by a few events put in their place.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    Event,
    SlotSet,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.orm import Session

from bot import clock
from bot.runtime.live_tracker import LiveTracker
from bot.services import metrics
from bot.store.database import Database, after_commit
from bot.store.prepared import PREPARED
from bot.store.tables import DialogueState

LONGEST = 160
KEPT = 60
MOST_LIVE = 64
"""Trackers kept in this process for conversations that go on; a full one takes some 400 KB."""
DONE_WITH = frozenset({"text_tokens", "intent_ranking", "metadata"})
_answering: ContextVar[str | None] = ContextVar("answering", default=None)
_heard: ContextVar[dict[str, Any]] = ContextVar("heard")
Row = tuple["str | None", Any]
"""Mark and state."""
Looked = tuple["LiveTracker | None", "Row | None"]
"""The tracker that was kept here, and the row."""
_ahead: ContextVar[dict[str, Looked]] = ContextVar("ahead")
"""What this turn will ask for, read before, by sender."""
_unwritten: ContextVar[Unwritten | None] = ContextVar("unwritten", default=None)
"""Where the tracker of this turn is put aside until its answer is stored."""

_row = DialogueState.__table__.c
_NEW = {
    "state": sa.type_coerce(sa.bindparam("events"), sa.Text),
    "mark": sa.bindparam("new_mark"),
    "updated_at": sa.bindparam("at"),
}
_UPDATE = (
    sa.update(DialogueState.__table__)
    .where(_row.sender_id == sa.bindparam("of"))
    .values(_NEW)
    .execution_options(**PREPARED)
)
_INSERT = sa.insert(DialogueState.__table__).values({**_NEW, "sender_id": sa.bindparam("of")})
_OF_OTHERS = sa.case((_row.mark == sa.bindparam("known"), sa.null()), else_=_row.state)
ROW = (_row.mark, sa.type_coerce(_OF_OTHERS, _row.state.type))
"""Mark and state, which is left out where the mark is the ``known`` one."""
_READ = sa.select(*ROW).where(_row.sender_id == sa.bindparam("of"))


@dataclass
class Unwritten:
    """What a turn has to write of its tracker, and the tracker to go on with; nothing before it has been saved."""

    row: dict[str, Any] | None = None
    tracker: LiveTracker | None = None


@contextmanager
def put_aside() -> Iterator[Unwritten]:
    """A tracker that is saved in here is not written: whoever stores the turn's answer writes both at once."""
    aside = Unwritten()
    token = _unwritten.set(aside)
    try:
        yield aside
    finally:
        _unwritten.reset(token)


@contextmanager
def answering(message_id: str | None, ahead: Mapping[str, Looked] | None = None) -> Iterator[dict[str, Any]]:
    """The turn of this message: a tracker that has it already is read as it was before.

    ``ahead``: what was read for this turn already, by sender.

    Gives what the pipeline understood of the message, filled in when the tracker is saved.

    A process that dies between saving the tracker and storing the reply leaves such a one. The message then comes
    again, and would be answered by a dialogue that is over: a booking without its code.
    """
    understood: dict[str, Any] = {}
    token, heard, looked = _answering.set(message_id), _heard.set(understood), _ahead.set(dict(ahead or {}))
    try:
        yield understood
    finally:
        _ahead.reset(looked)
        _answering.reset(token)
        _heard.reset(heard)


class DatabaseTrackerStore(TrackerStore):
    """One row per conversation with the JSON of its window of events, and the trackers of those that talk just now.

    A tracker is kept as long as its row has the mark of the write that it knows: whoever else wrote meanwhile, also in
    another process, left another one. It is taken out for a turn and comes back when it has been saved, so that a turn
    that fails leaves nothing behind.
    """

    def __init__(self, database: Database, domain: Domain | None = None) -> None:
        super().__init__(domain or Domain.empty())
        self._database = database
        self._live: OrderedDict[str, LiveTracker] = OrderedDict()
        self._name, self._writes = (
            secrets.token_hex(8),
            itertools.count(),
        )  # no other store's mark is like ours
        self.replayed = 0
        """How many events were read back from the database, since the start."""

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the window. The tracker is kept for the next turn: nobody may go on with it after its turn."""
        latest = tracker.latest_message
        if latest is not None and latest.message_id == _answering.get():
            _heard.get({}).update(latest.parse_data or {})
        for event in itertools.islice(tracker.events, len(_told(tracker)[0]), None):
            _forget_what_is_done(event)
        events = window(list(tracker.events))
        is_cut = len(events) != len(tracker.events)
        known, encoded = ([], []) if is_cut else _told(tracker)
        new = [event.as_dict() for event in itertools.islice(events, len(known), None)]
        state, encoded = [*known, *new], [*encoded, *map(_as_json, new)]
        kept = self._played(tracker.sender_id, events) if is_cut else tracker
        mark = f"{self._name}-{next(self._writes):x}"
        if isinstance(kept, LiveTracker):
            kept.told, kept.encoded, kept.mark = state, encoded, mark
        row = {"of": tracker.sender_id, "events": _listed(encoded), "new_mark": mark, "at": clock.now()}
        unwritten = Unwritten(row, kept if isinstance(kept, LiveTracker) else None)
        aside = _unwritten.get()
        if aside is not None:
            aside.row, aside.tracker = unwritten.row, unwritten.tracker
            return
        with metrics.part("storing"):
            await asyncio.to_thread(self.write_now, unwritten)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of a sender, None for a new one. A database error is raised, never taken for a new one."""
        ahead = _ahead.get({})
        if sender_id not in ahead:
            ahead[sender_id] = await asyncio.to_thread(self._look, sender_id)
        live, found = ahead.pop(sender_id)
        if found is None:
            return None
        mark, state = found
        if live is not None and state is None:
            return live
        before = _before_this_turn(state)
        encoded = [_as_json(event) for event in before]
        tracker = self._played(sender_id, deserialise_events(json.loads(_listed(encoded))))
        tracker.told, tracker.encoded, tracker.mark = before, encoded, mark
        self.replayed += len(before)
        return tracker

    def _look(self, sender_id: str) -> Looked:
        live = self.take(sender_id, _answering.get())
        with self._database.reading() as session:
            known = {"of": sender_id, "known": mark_of(live)}
            row = session.connection().execute(_READ, known).one_or_none()
        return live, None if row is None else (row[0], row[1])

    def take(self, sender_id: str, message_id: str | None) -> LiveTracker | None:
        """The kept tracker, for the turn of this message; with that turn in it already, it is of no use."""
        live = self._live.pop(sender_id, None)
        return None if live is not None and _has_turn(live, message_id) else live

    def init_tracker(self, sender_id: str) -> DialogueStateTracker:
        """The tracker of somebody new."""
        return LiveTracker(sender_id, self.domain.slots)

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """The tracker of somebody new, written when their first turn is over."""
        tracker = self.init_tracker(sender_id)
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME), self.domain)
        return tracker

    async def keys(self) -> list[str]:
        with self._database.reading() as session:
            return [key for (key,) in session.query(DialogueState.sender_id)]

    def _played(self, sender_id: str, events: list[Event]) -> LiveTracker:
        tracker = LiveTracker(sender_id, self.domain.slots)
        for event in events:
            tracker.update(event, self.domain)
        return tracker

    def _keep(self, tracker: LiveTracker) -> None:
        self._live.pop(tracker.sender_id, None)
        self._live[tracker.sender_id] = tracker
        while len(self._live) > MOST_LIVE:
            self._live.popitem(last=False)

    def write_now(self, unwritten: Unwritten) -> None:
        """In a transaction of its own."""
        with self._database.transaction() as session:
            self.write(session, unwritten)

    def write(self, session: Session, unwritten: Unwritten) -> None:
        """In the caller's transaction; once that is committed, the tracker is kept for the next turn."""
        row, tracker = unwritten.row, unwritten.tracker
        if row is None:
            return
        connection = session.connection()
        if not connection.execute(_UPDATE, row).rowcount:
            connection.execute(_INSERT, row)
        if tracker is not None:
            after_commit(session, partial(self._keep, tracker))


def mark_of(tracker: LiveTracker | None) -> str:
    """The write that a kept tracker knows of; empty without any."""
    return (tracker.mark if tracker else None) or ""


_as_json = json.JSONEncoder(ensure_ascii=False).encode  # Chinese in half as many bytes


def _listed(encoded: Iterable[str]) -> str:
    return f"[{','.join(encoded)}]"


def _told(tracker: DialogueStateTracker) -> tuple[list[dict[str, Any]], list[str]]:
    return (tracker.told, tracker.encoded) if isinstance(tracker, LiveTracker) else ([], [])


def _forget_what_is_done(event: Event) -> None:
    """Of what was understood of a message only what later turns ask for: the rest was for the choice of an answer."""
    if type(event) is not UserUttered or not event.parse_data:
        return
    data: dict[str, Any] = dict(event.parse_data)
    kept = {key: value for key, value in data.items() if key not in DONE_WITH}
    if isinstance(kept.get("faq"), dict):
        kept["faq"] = {key: value for key, value in kept["faq"].items() if key in ("id", "score")}
    event.parse_data = kept


def _has_turn(tracker: LiveTracker, message_id: str | None) -> bool:
    return message_id is not None and any(
        type(event) is UserUttered and event.message_id == message_id for event in tracker.events
    )


def _before_this_turn(state: list[dict[str, Any]]) -> list[dict[str, Any]]:
    message_id = _answering.get()
    turns = (i for i, e in enumerate(state) if e["event"] == "user" and e.get("message_id") == message_id)
    return state if message_id is None else state[: next(turns, None)]


def window(events: list[Event]) -> list[Event]:
    """The events, or the last ones preceded by the state that the dropped ones left."""
    if len(events) <= LONGEST:
        return events
    cut = _start_of_turn(events, len(events) - KEPT)
    return [*_state_after(events[:cut]), *events[cut:]]


def _start_of_turn(events: list[Event], earliest: int) -> int:
    """The first position from ``earliest`` on at which a customer speaks."""
    turns = (i for i in range(earliest, len(events)) if isinstance(events[i], UserUttered))
    return next(turns, earliest)


def _state_after(events: list[Event]) -> list[Event]:
    slots: dict[str, Any] = {}
    loop: str | None = None
    for event in events:
        if isinstance(event, SlotSet):
            slots[event.key] = event.value
        elif isinstance(event, ActiveLoop):
            loop = event.name
    kept: list[Event] = [SlotSet(key, value) for key, value in slots.items() if value is not None]
    if loop is not None:
        kept = [ActiveLoop(loop), *kept]
    return [*kept, ActionExecuted(ACTION_LISTEN_NAME)]
