"""A tracker whose copies and past states cost next to nothing; what it says is what Rasa's own tracker says.

Rasa's tracker plays all of its events back for every copy (one per action) and for the states that a policy looks at
(five times per message). This one never changes a slot in place, so that a copy can share its slots, and remembers
the conversation's earlier moments, so that only what is new is played.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from rasa.shared.core.constants import PREVIOUS_ACTION
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    EntitiesAdded,
    Event,
    FollowupAction,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity, TrackerActiveLoop

State = dict[str, Any]
_PLAIN = frozenset(
    {
        ActiveLoop,
        BotUttered,
        DefinePrevUserUtteredFeaturization,
        EntitiesAdded,
        FollowupAction,
        SlotSet,
        UserUttered,
    }
)
"""Events that take nothing back that happened before, whatever it was."""


@dataclass(frozen=True)
class Applied:
    """The events that count among the first ones of a tracker; nothing of it is changed in place."""

    among: int = 0
    events: list[Event] = field(default_factory=list)
    loops: frozenset[str] = frozenset()
    """The forms that were activated among them."""


class LiveTracker(DialogueStateTracker):
    """A ``DialogueStateTracker`` that is copied, and asked about its past, without playing everything back."""

    slots: dict[str, Slot]
    featured: tuple[str, ...] = ()
    """The slots that policies look at."""
    active_loop: TrackerActiveLoop | None
    told: list[dict[str, Any]]
    """The first events as dictionaries, as they were written to the database; never changed, only replaced."""
    encoded: list[str]
    """The same as JSON, so that a row is not encoded anew at every turn."""
    mark: str | None
    """The name of the write that holds this state; None before the first one."""
    horizon: int = 0
    """How many of the newest states a policy may look at; 0: all of them. Of the model, hence of the class."""

    model_id = assistant_id = property(lambda tracker: None, lambda tracker, name: None)
    """Rasa writes their names into every event: a quarter of a row, which nobody reads."""

    def __init__(self, sender_id: str, slots: Iterable[Slot], **named: Any) -> None:
        """``slots`` are those of the domain, and stay as they are."""
        self.told, self.encoded, self.mark = [], [], None
        self._past: Past | None = None
        self._applied = Applied()
        self._values: tuple[dict[str, Slot], dict[str, Any]] | None = None
        super().__init__(sender_id, [], **named)
        self.slots = {slot.name: slot for slot in slots}
        self._reset_slots()
        self.featured = tuple(name for name, slot in self.slots.items() if slot.influence_conversation)

    def copy(self) -> LiveTracker:
        """Like ``DialogueStateTracker.copy``: the same events and state, nothing shared that is changed in place."""
        twin = self.still(deque(self.events))
        twin._applied = self._applied
        twin.followup_action = _followup(self)
        return twin

    def still(self, events: deque[Event] | None = None) -> LiveTracker:
        """This state with other events (none)."""
        twin = LiveTracker.__new__(LiveTracker)
        twin.__dict__.update(self.__dict__)
        twin.events = deque() if events is None else events
        twin._past = None
        twin._applied = Applied()
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
        if self._applied.among != len(self.events):
            self._applied = self._apply_new(self._applied)
        return list(self._applied.events)

    def _apply_new(self, known: Applied) -> Applied:
        """What Rasa says of all events, from what is known of the first ones: a form that runs again takes its last run
        out of the past. Rasa goes through all of them where it cannot be told from the new ones alone."""
        new = list(islice(self.events, known.among, None))
        loops = known.loops.union(each.name for each in new if isinstance(each, ActiveLoop) and each.name)
        applied = list(known.events)
        is_easy = known.among < len(self.events) and loops == known.loops
        for event in new if is_easy else ():
            kind = type(event)
            if kind in _PLAIN or (kind is ActionExecuted and not self._runs_again(event, loops, applied)):
                applied.append(event)
            elif kind is ActionExecuted:
                self._undo_till_previous_loop_execution(event.action_name, applied)
            else:
                is_easy = False
        return Applied(len(self.events), applied if is_easy else super().applied_events(), loops)

    def _runs_again(self, event: Any, loops: frozenset[str], applied: list[Event]) -> bool:
        name = event.action_name
        return name in loops and not self._first_loop_execution_or_unhappy_path(name, applied)

    def generate_all_prior_trackers(self) -> Generator[tuple[DialogueStateTracker, bool], None, None]:
        """The tracker before each action, and whether the action is hidden from learnt policies."""
        yield from self._moments_so_far().moments()

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        """The newest states, as many as policies look at; those of earlier messages are remembered."""
        past, kind = self._moments_so_far(), (omit_unset_slots, ignore_rule_only_turns)
        if kind not in past.walks or past.walks[kind].domain is not domain:
            past.walks[kind] = Walk(domain, *kind, rule_only_data)
        steps = past.walks[kind].steps(list(past.moments()), self.latest_message)
        return [step.copied() for step in [step for step in steps if not step.is_left_out][-self.horizon :]]

    def _moments_so_far(self) -> Past:
        if self._past is None:
            self._past = Past(self.blank())
        self._past.follow(self.applied_events())
        return self._past

    def blank(self) -> LiveTracker:
        """A tracker of the same sender before anything happened."""
        twin = self.still()
        twin.mark = None
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
        self.slots = {name: _unset(slot) for name, slot in self.slots.items()}

    def current_slot_values(self) -> dict[str, Any]:
        """Worked out once for slots that stay the same; copies share it."""
        if self._values is None or self._values[0] is not self.slots:
            self._values = self.slots, super().current_slot_values()
        return dict(self._values[1])


class Past:
    """The moments of a conversation so far: its state just before each action."""

    def __init__(self, blank: LiveTracker) -> None:
        self._blank = blank
        self._now = blank.still()
        self._played: list[Event] = []
        self._moments: list[tuple[int, LiveTracker, bool]] = []
        """Position of an action among the events, the state before it, whether it is hidden."""
        self.walks: dict[tuple[bool, bool], Walk] = {}
        """States of the moments: with or without unset slots, and turns of rules."""

    def follow(self, applied: list[Event]) -> None:
        """Go to the end of these events."""
        self._go_back_to(_in_common(self._played, applied))
        for event in applied[len(self._played) :]:
            self._play(event)

    def moments(self) -> Generator[tuple[LiveTracker, bool], None, None]:
        """Each moment of the events, and whether its action is hidden; the present one at last."""
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
        for walk in self.walks.values():
            walk.go_back_to(len(self._moments))
        again, self._played = self._played[at:position], self._played[:at]
        for event in again:
            self._play(event)

    def _play(self, event: Event) -> None:
        if type(event) is ActionExecuted:
            self._moments.append((len(self._played), self._now.still(), event.hide_rule_turn))
        self._played.append(event)
        event.apply_to(self._now)


class Walk:
    """States of moments as ``Domain.states_for_tracker_history`` (Rasa 3.6.21) makes them, each of them once."""

    def __init__(
        self, domain: Domain, omits_unset: bool, hides_rules: bool, rule_only_data: dict[str, Any] | None
    ) -> None:
        self.domain, self._omits_unset, self._hides_rules = domain, omits_unset, hides_rules
        self._rule_only_data = rule_only_data
        self._steps: list[Step] = []

    def go_back_to(self, moments: int) -> None:
        del self._steps[moments:]

    def steps(self, moments: list[tuple[LiveTracker, bool]], newest: UserUttered | None) -> list[Step]:
        """How the ``newest`` message is used may still be noted on it, so that its states are made anew, and so is the
        state of the present moment, the last one; those of the others stay as they are."""
        steps, present = self._steps, moments[-1][0]
        for moment, is_hidden in moments[len(self._steps) :]:
            if steps is self._steps and (moment.latest_message is newest or moment is present):
                steps = list(self._steps)
            steps.append(self._step(steps[-1] if steps else Step(), moment, is_hidden))
        return steps

    def _step(self, before: Step, moment: LiveTracker, is_hidden: bool) -> Step:
        if not self._hides_rules:
            state = self.domain.get_active_state(moment, omit_unset_slots=self._omits_unset)
            return Step(state)
        action, was_hidden = before.action, before.was_hidden
        if not was_hidden:
            action = Domain._get_prev_action_sub_state(moment)
        if not moment.followup_action and moment.latest_action_name != moment.active_loop_name:
            was_hidden = is_hidden
        if was_hidden:
            return Step({}, action, True, True, before.shown)
        state = self.domain.get_active_state(moment, omit_unset_slots=self._omits_unset)
        Domain._remove_rule_only_features(state, self._rule_only_data)
        if before.shown is not None:
            Domain._substitute_rule_only_user_input(state, before.shown)
        if action:
            state[PREVIOUS_ACTION] = action
        state = Domain._clean_state(state)
        return Step(state, action, False, False, state)


@dataclass(frozen=True)
class Step:
    """A moment's state and what the next one needs of it."""

    state: State = field(default_factory=dict)
    action: Any = None
    """The last action that learnt policies see."""
    was_hidden: bool = False
    is_left_out: bool = False
    shown: State | None = None
    """The last state that was not left out."""

    def copied(self) -> State:
        """Whoever asks for a state may change it."""
        return {kind: dict(values) for kind, values in self.state.items()}


def _unset(slot: Slot) -> Slot:
    """The slot before anything was put into it: itself where nothing was."""
    if not slot.has_been_set and slot.value == slot.initial_value:
        return slot
    slot = copy.copy(slot)
    slot.reset()
    return slot


def _in_common(one: list[Event], other: list[Event]) -> int:
    """How many events both begin with. Between events of a conversation none is ever put in: where both have the same
    one at the same place, nothing before it was taken out."""
    if one and len(other) >= len(one) and other[len(one) - 1] is one[-1]:
        return len(one)
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a is not b), min(len(one), len(other)))


def _followup(tracker: LiveTracker) -> str | None:
    """What the events leave to be done next: the attribute is cleared as soon as it has been predicted."""
    for event in reversed(tracker.events):
        if type(event) is FollowupAction:
            return str(event.action_name)
        if type(event) in (ActionExecuted, UserUttered):
            return None
    return tracker.followup_action
