"""The dealer's events: what there is, signing up with at most three questions, who comes, not coming after all."""

from __future__ import annotations

import re

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Ask, DealerAction, Events, Turn, button, set_slots
from actions.event_answers import TOLD, invited_to, is_just_invited, own
from actions.event_talk import (
    LISTED,
    change_people,
    give_up,
    lines_of,
    meant,
    open_ones,
    sign_up_buttons,
    tell,
    tell_own,
    told_alone,
    values_of,
)
from actions.event_words import asks_for_own, people_said
from actions.facts import read_contact
from actions.forms import Draft, Form, ValidateForm, left
from actions.held_slots import HOLDING_FORMS, let_go_on_leaving
from actions.several import TITLES, dialogue_button
from bot.domain.errors import InvalidInput, WrongState
from bot.domain.events import DealerEvent
from bot.services import events
from bot.services.outreach import contacts
from bot.services.outreach.replies import linked_phone

MOST_BUTTONS = 5
_ANY = re.compile(r"随便|都行|都可以|哪个都|最近的|最早的|你定|您定")
_NO_PHONE = re.compile(r"不方便|不想留|不留|不给|没有手机|没电话")
_GIVES_UP = re.compile(
    r"取消|quxiao|退|撤|不(?:了|成|来|去|参加|想|要|等|上)|划掉|作废|放弃|让(?:给|出)|[给給][别別]人|别给|去掉|删掉|请假|没空|沒空|有事"
    r"|勿去|唔去|取削|请不要留"
)
"""What a place is given up with: one that was misread must not cost it."""
_CHANGES = re.compile(r"改|换|变|少|多|加|就我|只有?我")


class ListEvents(DealerAction):
    """What one may sign up to; for "我报名了吗" what one has signed up to."""

    action_name = "action_list_events"

    def perform(self, turn: Turn) -> Events:
        if asks_for_own(turn.text):
            if not tell_own(turn):
                turn.say("utter_event_none_of_yours")
            return _done(turn)
        named = _chosen(turn) if turn.text and not turn.is_payload else None
        shown = [named] if named is not None else open_ones(turn)
        if shown:
            turn.say("utter_events", buttons=sign_up_buttons(shown), events=lines_of(turn, shown))
        else:
            turn.say("utter_events_none")
        return _done(turn)


class EventForm(Form):
    """Which event, how many people, a number at which somebody can be told, and whom to expect."""

    name = "event_form"
    own_intents = frozenset({"sign_up_event"})
    entities = frozenset({"phone", "phone_invalid", "name", "event"})
    slots = ("event_id", "event_people", "event_name", "event_phone")

    def read(self, turn: Turn, draft: Draft) -> bool:
        heard = [
            self._read_event(turn, draft),
            self._read_people(turn, draft),
            self._read_contact(turn, draft),
        ]
        self._check(turn, draft)
        return any(heard) or turn.intent in self.own_intents

    def takes_anything(self, turn: Turn) -> bool:
        if turn.is_payload or turn.is_question:
            return False
        if turn.requested == "event_id":
            return _chosen(turn) is not None or bool(_ANY.search(turn.text))
        if turn.requested == "event_people":
            return people_said(turn.text, asked=True) is not None
        return bool(_NO_PHONE.search(turn.text))

    def next_question(self, draft: Draft) -> str | None:
        return next(
            (
                slot
                for slot in ("event_id", "event_people", "event_phone", "event_name")
                if draft[slot] is None
            ),
            None,
        )

    def _read_event(self, turn: Turn, draft: Draft) -> bool:
        begins = turn.active_form != self.name
        asked = begins or turn.requested == "event_id" or turn.intent in self.own_intents
        event = _chosen(turn) if asked else None
        if event is None and turn.requested == "event_id" and _ANY.search(turn.text):
            event = next(iter(open_ones(turn)), None)
        if event is not None:
            draft["event_id"] = event.id
        return event is not None

    def _read_people(self, turn: Turn, draft: Draft) -> bool:
        asked = turn.requested == "event_people"
        people = (
            turn.last("people") if turn.is_payload else people_said(turn.text, asked, draft["event_people"])
        )
        if not isinstance(people, int) or people < 1:
            return False
        draft["event_people"] = people
        return True

    def _read_contact(self, turn: Turn, draft: Draft) -> bool:
        refuses = turn.intent == "deny" or _NO_PHONE.search(turn.text)
        if turn.requested == "event_phone" and refuses and not turn.values("phone"):
            draft["event_phone"] = draft["event_name"] = ""
            return True
        if turn.requested == "event_name" and refuses and not turn.last("name"):
            draft["event_name"] = ""
            return True
        return read_contact(turn, draft, "event")

    def _check(self, turn: Turn, draft: Draft) -> None:
        """A party that is too large for the event is asked again."""
        event = turn.content.events.get(draft["event_id"] or "")
        if event is not None and (draft["event_people"] or 0) > event.people_at_most:
            turn.say("utter_event_too_many", most=event.people_at_most)
            draft["event_people"] = None


FORM = EventForm()


class StartEventSignup(DealerAction):
    """Begins with everything that was said; who has signed up already comes with another number of people."""

    action_name = "action_start_event_signup"

    def perform(self, turn: Turn) -> Events:
        if turn.active_form in HOLDING_FORMS and not turn.is_payload:
            return _put_off(turn)
        shown, rows, named = open_ones(turn), own(turn), _chosen(turn)
        if named is not None and any(row.event == named.id for row in rows):
            events_of_change = change_people(turn, rows, named)
            if events_of_change is None:
                tell_own(turn)
            return _done(turn)
        if named is None and not turn.is_payload and _speaks_of_own(turn):
            mine = meant(turn, [turn.content.events[row.event] for row in rows])
            if change_people(turn, rows, mine) is not None:
                return _done(turn)
        if not shown:
            turn.say("utter_events_none")
            return _done(turn)
        invited = invited_to(turn) if named is None else None
        if invited is not None:
            contacts.answer(turn.database, invited.id, "answered", turn.now)
        alone = shown[0].id if len(shown) == 1 else told_alone(turn) if named is None else None
        return begin_signup(turn, invited.occasion if invited is not None else alone)


def begin_signup(turn: Turn, event_id: str | None) -> Events:
    """Begin the form with everything that is known: the event, who writes, and what the message says."""
    event = turn.content.events.get(event_id or "")
    if event_id and (event is None or not event.is_open(turn.now)):
        turn.say("utter_event_closed")
        return _done(turn)
    draft: Draft = dict.fromkeys(FORM.slots) | _known_contact(turn) | {"event_id": event_id}
    FORM.read(turn, draft)
    let_go_on_leaving(turn)
    offered = [SlotSet("pending_offer", None), SlotSet("misunderstandings", None)]
    return [*offered, *set_slots(draft), FollowupAction(FORM.name)]


class ValidateEvent(ValidateForm):
    form = FORM


class AskEvent(DealerAction):
    action_name = "action_ask_event_form_event_id"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        shown = open_ones(turn)
        if turn.said_before & (LISTED | {"utter_ask_event_which"}):
            turn.say("utter_ask_event_which", buttons=sign_up_buttons(shown))
        else:
            turn.say("utter_ask_event", buttons=sign_up_buttons(shown), events=lines_of(turn, shown))
        return []


class AskPeople(DealerAction):
    action_name = "action_ask_event_form_event_people"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        event = events.event_of(turn.content, turn.slot("event_id"))
        most = min(event.people_at_most, MOST_BUTTONS)
        counts = [button(f"{count} 位", "inform", people=count) for count in range(1, most + 1)]
        values = values_of(turn, event)
        turn.say(
            "utter_ask_event_people",
            buttons=counts,
            event=values["event"],
            time=values["time"],
            store=values["store"],
            most=event.people_at_most,
        )
        return []


class AskPhone(Ask):
    action_name = "action_ask_event_form_event_phone"

    def perform(self, turn: Turn) -> Events:
        if turn.slot("event_name"):
            turn.say("utter_ask_event_phone", name=turn.slot("event_name"))
        else:
            turn.say("utter_ask_event_contact")
        return []


class AskName(Ask):
    action_name = "action_ask_event_form_event_name"

    def perform(self, turn: Turn) -> Events:
        turn.say("utter_ask_name")
        return []


class FinishEventSignup(DealerAction):
    action_name = "action_finish_event_signup"

    def perform(self, turn: Turn) -> Events:
        draft = FORM.draft(turn)
        event = turn.content.events.get(draft["event_id"] or "")
        if not draft["event_phone"]:
            turn.say("utter_event_without_phone")
            return FORM.cleared()
        if event is None or not event.is_open(turn.now):
            turn.say("utter_event_closed")
            return FORM.cleared()
        _sign_up(turn, event, draft)
        known = {"known_name": draft["event_name"], "known_phone": draft["event_phone"]}
        told = {slot: value for slot, value in known.items() if value}
        return [*FORM.cleared(), *set_slots(told)]


class CancelEvent(DealerAction):
    """Not coming: what one has signed up to is given up, a sign-up in the making is left."""

    action_name = "action_cancel_event"

    def perform(self, turn: Turn) -> Events:
        if turn.active_form == FORM.name and not turn.is_payload:
            turn.say("utter_left_dialogue")
            return [*left(FORM), FollowupAction("action_listen")]
        rows = own(turn)
        invited = invited_to(turn) if not turn.is_payload else None
        if invited is not None and (not rows or is_just_invited(turn)):
            contacts.answer(turn.database, invited.id, "refused", turn.now)
            turn.say("utter_event_refused")
            return _done(turn)
        row = next((each for each in rows if each.id == turn.last("entry")), None)
        if row is None and not turn.is_payload:
            named = meant(turn, [turn.content.events[each.event] for each in rows])
            row = next((each for each in rows if named is not None and each.event == named.id), None)
            other = named is None and _chosen(turn) is not None
            row = rows[0] if row is None and len(rows) == 1 and not other else row
        gives_up = turn.is_payload or _GIVES_UP.search(turn.text)
        if row is not None and gives_up:
            return [*give_up(turn, row), *_done(turn)]
        if rows and not gives_up and turn.is_question and not turn.active_form:
            return [FollowupAction("action_list_events")]
        if rows:
            found = [(turn.content.events[each.event].name, each.id) for each in rows]
            choices = [button(name, "cancel_event", entry=entry) for name, entry in found]
            turn.say("utter_ask_event_cancel", buttons=choices)
        else:
            turn.say("utter_event_none_of_yours")
        return _done(turn)


def _chosen(turn: Turn) -> DealerEvent | None:
    """The open event that is meant: of those shown, else of all."""
    every = events.open_events(turn.content, turn.now)
    return meant(turn, open_ones(turn)) or meant(turn, every)


def _put_off(turn: Turn) -> Events:
    """The booking in hand comes first; the event is offered when it is done."""
    waiting = [*(turn.slot("also_wanted") or ())]
    turn.say("utter_also_wanted", buttons=[dialogue_button("sign_up_event")], others=TITLES["sign_up_event"])
    kept = waiting if "sign_up_event" in waiting else [*waiting, "sign_up_event"]
    return [SlotSet("also_wanted", kept), FollowupAction(turn.active_form)]


def _speaks_of_own(turn: Turn) -> bool:
    return bool(turn.said_lately & TOLD or _CHANGES.search(turn.text)) and not turn.said_before & LISTED


def _known_contact(turn: Turn) -> Draft:
    """Who writes, where that is known: nobody is asked twice."""
    phone = turn.slot("known_phone") or linked_phone(turn.database, turn.conversation_id)
    return {"event_phone": phone, "event_name": turn.slot("known_name") or ("" if phone else None)}


def _sign_up(turn: Turn, event: DealerEvent, draft: Draft) -> None:
    try:
        row = events.sign_up(
            turn.database,
            event,
            turn.now,
            draft["event_phone"],
            draft["event_people"] or 1,
            draft["event_name"] or None,
            turn.conversation_id,
        )
    except WrongState:
        _say_why_not(turn, event, draft["event_phone"])
    except InvalidInput:
        turn.say("utter_event_too_many", most=event.people_at_most)
    else:
        tell(turn, row)


def _say_why_not(turn: Turn, event: DealerEvent, phone: str) -> None:
    """Who has signed up before keeps what they have where there is no room for more; else the event is over."""
    row = next((each for each in events.signups_of(turn.database, phone) if each.event == event.id), None)
    if row is None:
        turn.say("utter_event_closed")
    else:
        turn.say("utter_event_not_enough", people=row.people, **values_of(turn, event))


def _done(turn: Turn) -> Events:
    """Nothing follows; a form that was interrupted asks again."""
    over = SlotSet("misunderstandings", None)
    return [over] if turn.active_form else [over, FollowupAction("action_listen")]
