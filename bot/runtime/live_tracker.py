"""A tracker whose copies and past states cost next to nothing; what it says is what Rasa's own tracker says.

Rasa's tracker plays all of its events back for every copy (one per action) and for the states that a policy looks at
(five times per message). This one never changes a slot in place, so that a copy can share its slots, and remembers
the conversation's earlier moments, so that only what is new is played.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Generator
from itertools import islice
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, FollowupAction, UserUttered
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity, TrackerActiveLoop

State = dict[str, Any]


class LiveTracker(DialogueStateTracker):
    """A ``DialogueStateTracker`` that is copied, and asked about its past, without playing everything back."""

    slots: dict[str, Slot]
    active_loop: TrackerActiveLoop | None
    told: list[dict[str, Any]]
    """The first events as dictionaries, as they were written to the database; never changed, only replaced."""
    encoded: list[str]
    """The same as JSON, so that a row is not encoded anew at every turn."""
    mark: str | None
    """The name of the write that holds this state; None before the first one."""
    states: dict[bool, State]
    """The states that were made of this moment, with and without unset slots."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.told, self.encoded, self.mark, self.states = [], [], None, {}
        self._past: Past | None = None
        self._applied: tuple[int, list[Event]] = (0, [])
        super().__init__(*arguments, **named)

    def copy(self) -> LiveTracker:
        """Like ``DialogueStateTracker.copy``: the same events and state, nothing shared that is changed in place."""
        twin = self.still(deque(self.events))
        twin.followup_action = _followup(self)
        twin.model_id = twin.assistant_id = None
        return twin

    def still(self, events: deque[Event] | None = None) -> LiveTracker:
        """This state with other events (none)."""
        twin = LiveTracker.__new__(LiveTracker)
        twin.__dict__.update(self.__dict__)
        twin.events = deque() if events is None else events
        twin._past = None
        twin._applied = (0, [])
        twin.states = {}
        twin.active_loop = copy.copy(self.active_loop)
        if events is None:
            twin.told, twin.encoded = [], []
        return twin

    def change_loop_to(self, loop_name: str | None) -> None:
        """Without the message that began the loop: nobody reads it, and it would be copied at every action."""
        super().change_loop_to(loop_name)
        if self.active_loop is not None:
            self.active_loop.trigger_message = None

    def current_state(self, event_verbosity: EventVerbosity = EventVerbosity.NONE) -> dict[str, Any]:
        """What an action gets. Events that were stored before are not made into dictionaries again."""
        if event_verbosity is not EventVerbosity.ALL:
            return dict(super().current_state(event_verbosity))
        return {**super().current_state(), "events": self.events_as_dicts()}

    def events_as_dicts(self) -> list[dict[str, Any]]:
        """All events as they are stored."""
        return [*self.told, *(event.as_dict() for event in islice(self.events, len(self.told), None))]

    def applied_events(self) -> list[Event]:
        """The events that count, found once per event."""
        if self._applied[0] != len(self.events):
            self._applied = (len(self.events), super().applied_events())
        return list(self._applied[1])

    def generate_all_prior_trackers(self) -> Generator[tuple[DialogueStateTracker, bool], None, None]:
        """The tracker before each action, and whether the action is hidden from learnt policies."""
        if self._past is None:
            self._past = Past(self.blank())
        yield from self._past.moments(self.applied_events())

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        """The states of the moments; those of earlier messages are remembered."""
        return list(
            Domain.states_for_tracker_history(
                _RememberedStates(domain, self.latest_message),
                self,
                omit_unset_slots=omit_unset_slots,
                ignore_rule_only_turns=ignore_rule_only_turns,
                rule_only_data=rule_only_data,
            )
        )

    def blank(self) -> LiveTracker:
        """A tracker of the same sender before anything happened."""
        twin = self.still()
        twin.mark = twin.model_id = twin.assistant_id = None
        twin._reset()
        return twin

    def _set_slot(self, key: str, value: Any) -> None:
        slot = self.slots.get(key)
        if slot is None:
            super()._set_slot(key, value)  # which tells that there is no such slot
            return
        if slot.has_been_set and slot.value is value:
            return
        changed = copy.copy(slot)
        changed.value = value
        self.slots = {**self.slots, key: changed}

    def _reset_slots(self) -> None:
        slots = {name: copy.copy(slot) for name, slot in self.slots.items()}
        for slot in slots.values():
            slot.reset()
        self.slots = slots


class Past:
    """The moments of a conversation so far: its state just before each action."""

    def __init__(self, blank: LiveTracker) -> None:
        self._blank = blank
        self._now = blank.still()
        self._played: list[Event] = []
        self._moments: list[tuple[int, LiveTracker, bool]] = []
        """Position of an action among the events, the state before it, whether it is hidden."""

    def moments(self, applied: list[Event]) -> Generator[tuple[LiveTracker, bool], None, None]:
        """Each moment of these events, and whether its action is hidden; the present one at last."""
        self._go_back_to(_in_common(self._played, applied))
        for event in applied[len(self._played) :]:
            self._play(event)
        for _, moment, is_hidden in list(self._moments):
            yield moment, is_hidden
        yield self._now.still(), False

    def _go_back_to(self, position: int) -> None:
        """Forget what came after: a form that runs again takes its last run out of the past."""
        if position == len(self._played):
            return
        while self._moments and self._moments[-1][0] > position:
            self._moments.pop()
        at, state, _ = self._moments.pop() if self._moments else (0, self._blank, False)
        self._now = state.still()
        again, self._played = self._played[at:position], self._played[:at]
        for event in again:
            self._play(event)

    def _play(self, event: Event) -> None:
        if isinstance(event, ActionExecuted):
            self._moments.append((len(self._played), self._now.still(), event.hide_rule_turn))
        self._played.append(event)
        event.apply_to(self._now)


class _RememberedStates:
    """A domain that makes the state of a past moment once."""

    def __init__(self, domain: Domain, latest_message: UserUttered | None) -> None:
        self._domain, self._latest_message = domain, latest_message

    def get_active_state(self, tracker: LiveTracker, omit_unset_slots: bool = False) -> State:
        """A copy: whoever asked may change it."""
        state = tracker.states.get(omit_unset_slots)
        if state is None:
            state = self._domain.get_active_state(tracker, omit_unset_slots=omit_unset_slots)
            # How the newest message is used may still be noted on it; the others stay as they are.
            if tracker.latest_message is not self._latest_message:
                tracker.states[omit_unset_slots] = state
        return {kind: dict(values) for kind, values in state.items()}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._domain, name)


def _in_common(one: list[Event], other: list[Event]) -> int:
    """How many events both begin with."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a is not b), min(len(one), len(other)))


def _followup(tracker: LiveTracker) -> str | None:
    """What the events leave to be done next: the attribute is cleared as soon as it has been predicted."""
    for event in reversed(tracker.events):
        if isinstance(event, FollowupAction):
            return str(event.action_name)
        if isinstance(event, ActionExecuted | UserUttered):
            return None
    return tracker.followup_action
