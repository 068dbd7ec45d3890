"""Rasa's trackers in our database, cut to a bounded window so that a long conversation costs what a short one does.

A tracker holds dialogue state only (the transcript is the ``messages`` table), hence old events may go: their effect
on slots and the active form is kept by a few events put in their place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from rasa.core.tracker_store import TrackerStore
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

from bot import clock
from bot.services import metrics
from bot.store.database import Database
from bot.store.tables import DialogueState

LONGEST = 160
KEPT = 60
_answering: ContextVar[str | None] = ContextVar("answering", default=None)
_heard: ContextVar[dict[str, Any]] = ContextVar("heard")


@contextmanager
def answering(message_id: str | None) -> Iterator[dict[str, Any]]:
    """The turn of this message: a tracker that has it already is read as it was before.

    Gives what the pipeline understood of the message, filled in when the tracker is saved.

    A process that dies between saving the tracker and storing the reply leaves such a one. The message then comes
    again, and would be answered by a dialogue that is over: a booking without its code.
    """
    understood: dict[str, Any] = {}
    token, heard = _answering.set(message_id), _heard.set(understood)
    try:
        yield understood
    finally:
        _answering.reset(token)
        _heard.reset(heard)


class DatabaseTrackerStore(TrackerStore):
    """One row per conversation with the JSON of its window of events."""

    def __init__(self, database: Database, domain: Domain | None = None) -> None:
        super().__init__(domain or Domain.empty())
        self._database = database

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the window; the tracker itself is left alone."""
        events = window(list(tracker.events))
        state = [event.as_dict() for event in events]
        if tracker.latest_message is not None and tracker.latest_message.message_id == _answering.get():
            _heard.get({}).update(tracker.latest_message.parse_data or {})
        with metrics.part("storing"), self._database.transaction() as session:
            row = session.get(DialogueState, tracker.sender_id)
            if row is None:
                session.add(DialogueState(sender_id=tracker.sender_id, state=state, updated_at=clock.now()))
            else:
                row.state, row.updated_at = state, clock.now()

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of a sender, None for a new one. A database error is raised, never taken for a new one."""
        with self._database.reading() as session:
            row = session.get(DialogueState, sender_id)
            state: Any = row and row.state
        if state is None:
            return None
        tracker = DialogueStateTracker(sender_id, self.domain.slots)
        for event in deserialise_events(json.loads(json.dumps(_before_this_turn(state)))):
            tracker.update(event, self.domain)
        return tracker

    async def keys(self) -> list[str]:
        with self._database.reading() as session:
            return [key for (key,) in session.query(DialogueState.sender_id)]


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
    return [*kept, ActionExecuted("action_listen")]
