"""What booking a test drive and booking a service visit have in common."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import DealerAction, Events, Turn, set_slots
from actions.booking_talk import (
    answer_aside,
    asks_back,
    goes_on,
    has_reserve,
    is_plain_no,
    puts_off,
    say_what_is_noted,
    shifted,
    wants_change,
)
from actions.facts import WHATEVER, ask_contact, bare_name, field_to_change, read_contact, store_of_sign
from actions.forms import CHANGES, Draft, Form
from actions.held_slots import keep, let_go_on_leaving, lost, was_told
from actions.named_problems import keep_first_model, name_plate_problem
from actions.overlaps import warn_of_overlap as warn_of_overlap
from actions.resumption import car_spoken_of
from actions.slot_talk import answers_nearest, asks_for_nearest, later_wish, names_a_time, same_as_booked
from actions.time_wishes import any_time, ask_for_time, hold, parse_time, read_wish, say_why_never
from actions.visit_words import DRIVE as DRIVE
from actions.visit_words import SERVICE as SERVICE
from actions.wechat_talk import fill_in_scanned, place_sent, say_nearest, say_scanned
from bot.domain.booking import VisitRequest
from bot.domain.errors import BookingRefused
from bot.services.booking import book
from bot.services.visits import BookedVisit, Contact
from bot.services.wording import say_time


def wants_other(turn: Turn, other: re.Pattern[str], own: re.Pattern[str]) -> bool:
    """Whether a message that is no question names the other kind of visit and not this one."""
    asks = turn.intent in ("faq", "check_booking", "cancel_booking") or turn.is_payload
    return not asks and bool(other.search(turn.text)) and not own.search(turn.text)


class VisitForm(Form):
    """A form that ends with a booking. Its slots share a prefix: ``drive_time``, ``visit_time`` …"""

    prefix: str
    entities = frozenset(
        {
            "model",
            "store",
            "time",
            "name",
            "phone",
            "plate",
            "mileage",
            "job",
            "phone_invalid",
            "plate_invalid",
        }
    )

    def request(self, draft: Draft) -> VisitRequest | None:
        """What would be booked, None while something that decides about it is missing."""
        raise NotImplementedError

    def read_facts(self, turn: Turn, draft: Draft) -> bool:
        """Everything but time, contact and confirmation."""
        raise NotImplementedError

    def seed(self, turn: Turn) -> Draft:
        """What is known beforehand of the visit that begins with this message."""
        return {}

    def takes_anything(self, turn: Turn) -> bool:
        if (
            asks_back(turn)
            or goes_on(turn)
            or names_a_time(turn, parse_time(turn.slot(f"{self.prefix}_time")))
            or (turn.requested == f"{self.prefix}_confirmed" and puts_off(turn))
        ):
            return True
        if turn.values("phone") and turn.intent in ("nlu_fallback", "out_of_scope", "chitchat"):
            return True
        if turn.requested == f"{self.prefix}_change":
            return turn.intent != "faq" and field_to_change(turn) is not None
        if turn.requested == f"{self.prefix}_store":
            one_character = not turn.values("store") and self.store_said(turn) is not None
            return one_character or self.wants_store_of_choice(turn) or asks_for_nearest(turn)
        if turn.requested == f"{self.prefix}_time" and WHATEVER.search(turn.text):
            return True
        if turn.requested == f"{self.prefix}_jobs" and turn.values("job") and not turn.is_question:
            return True
        if turn.requested in (f"{self.prefix}_plate", f"{self.prefix}_model") and turn.values(
            "plate_invalid"
        ):
            return True
        return turn.requested in (f"{self.prefix}_name", f"{self.prefix}_phone") and bool(bare_name(turn))

    def read(self, turn: Turn, draft: Draft) -> bool:
        p = self.prefix
        before = dict(draft)
        if self._is_only_talk(turn, draft):
            return True
        if turn.requested in (f"{p}_confirmed", f"{p}_change") and self._confirmation(turn, draft):
            return True
        keep_first_model(turn)
        named = f"{p}_plate" in self.slots and name_plate_problem(turn)
        heard = [
            named,
            self.read_facts(turn, draft),
            self._read_time(turn, draft),
            read_contact(turn, draft, p),
        ]
        if not any(heard) and not self._forget_field(turn, draft):
            return turn.intent in self.own_intents
        self._drop_confirmation(draft, before)
        self.settle_time(turn, draft, before)
        self._keep_held(turn, draft, before)
        refused_again = draft[f"{p}_refusal"] and turn.values_of({"time", "bare_time"})
        if turn.requested == f"{p}_time" and draft == before and not turn.has_spoken and not refused_again:
            turn.say("utter_noted")  # said before, as the store that was chosen already
        return True

    def _is_only_talk(self, turn: Turn, draft: Draft) -> bool:
        """Nothing is changed by asking what was noted, or by putting the answer off."""
        p = self.prefix
        if turn.requested == f"{p}_confirmed" and puts_off(turn):
            turn.say("utter_kept_for_later")
            return True
        if turn.requested == f"{p}_store" and answers_nearest(turn):
            return True
        if not asks_back(turn):
            return goes_on(turn)
        if turn.requested != f"{p}_confirmed":  # the summary says it anyway
            say_what_is_noted(turn, parse_time(draft[f"{p}_time"]), draft[f"{p}_store"], draft[f"{p}_model"])
        return True

    def settle_time(self, turn: Turn, draft: Draft, before: Draft) -> None:
        """Hold the wished slot as soon as it is known what for; a change of the visit checks its time anew."""
        p = self.prefix
        request = self.request(draft)
        decisive = [s for s in self.slots if s.endswith(("_model", "_store", "_jobs", "_adviser"))]
        if draft[f"{p}_time"] and any(draft[slot] != before.get(slot) for slot in decisive):
            draft[f"{p}_wish"] = {"kind": "point", "start": draft[f"{p}_time"], "end": None}
            draft[f"{p}_time"] = None
        wish = draft[f"{p}_wish"]
        if request is None or request.store is None or not wish or wish["kind"] != "point":
            return
        start = parse_time(wish["start"])
        assert start is not None
        draft[f"{p}_refusal"] = hold(turn, request, start)
        if draft[f"{p}_refusal"] is None:
            draft[f"{p}_time"] = start.isoformat()

    def _keep_held(self, turn: Turn, draft: Draft, before: Draft) -> None:
        """A time that was agreed earlier is held on; taken by somebody else meanwhile, it has to be chosen anew."""
        p = self.prefix
        request, start = self.request(draft), parse_time(draft[f"{p}_time"])
        if request is None or start is None or draft[f"{p}_time"] != before[f"{p}_time"]:
            return
        refusal = keep(turn, request, start)
        if refusal:
            draft.update({f"{p}_time": None, f"{p}_confirmed": None, f"{p}_refusal": refusal})

    def acknowledge(self, turn: Turn, draft: Draft, before: Draft) -> None:
        p = self.prefix
        start = parse_time(draft[f"{p}_time"])
        if start is not None and draft[f"{p}_time"] != before[f"{p}_time"]:
            if turn.requested in (f"{p}_name", f"{p}_phone"):  # the question says that it is held
                return
            turn.say(
                "utter_time_noted",
                time=say_time(start),
                store=turn.dealership.store(draft[f"{p}_store"]).name,
            )
        elif turn.requested == f"{p}_time":
            time_slots = {f"{p}_{field}" for field in ("wish", "refusal", "time")}
            is_wish = draft[f"{p}_wish"] != before[f"{p}_wish"]  # then the question says what there is
            if not is_wish and any(draft[s] != before[s] for s in self.slots if s not in time_slots):
                super().acknowledge(turn, draft, before)
        elif turn.requested != f"{p}_phone":
            super().acknowledge(turn, draft, before)

    def store_said(self, turn: Turn) -> str | None:
        """The store that was named; asked for one, the nearest to a place that was sent, or a sign of its name."""
        if turn.values("store") or turn.requested != f"{self.prefix}_store":
            return turn.last("store")
        if place_sent(turn):
            return say_nearest(turn) if turn.values("nearest") else None
        return store_of_sign(turn)

    def wants_store_of_choice(self, turn: Turn) -> bool:
        return turn.requested == f"{self.prefix}_store" and bool(WHATEVER.search(turn.text))

    def _read_time(self, turn: Turn, draft: Draft) -> bool:
        p = self.prefix
        wish = read_wish(turn, parse_time(draft[f"{p}_time"]), draft[f"{p}_wish"])
        leaves_it = turn.requested == f"{p}_time" and WHATEVER.search(turn.text)
        if leaves_it and not (wish and (wish["start"] or wish["end"] or wish.get("hint"))):
            wish = any_time(draft[f"{p}_wish"])
        elif wish is None:
            agreed = parse_time(draft[f"{p}_time"])
            wish = later_wish(turn, agreed) or same_as_booked(turn)
            if wish is None and turn.requested in (f"{p}_confirmed", f"{p}_licence"):
                wish = shifted(turn, agreed)
        if wish is None:
            return False
        request = self.request(draft)
        if (request is None or request.store is None) and say_why_never(turn, wish):
            return True
        draft[f"{p}_wish"], draft[f"{p}_time"], draft[f"{p}_refusal"] = wish, None, None
        return True

    def _confirmation(self, turn: Turn, draft: Draft) -> bool:
        """Yes or no to the summary; facts said along with a no are read as changes."""
        facts = turn.values_of(self.entities | {"field"})
        if turn.intent == "affirm" and not facts and not turn.is_payload and has_reserve(turn.text):
            return self._answer_reserve(turn, draft)
        if turn.intent == "affirm" and not facts and not re.search(r"驾照|驾龄|驾驶证", turn.text):
            draft[f"{self.prefix}_confirmed"] = True
            return True
        if is_plain_no(turn) and not facts:
            draft[f"{self.prefix}_confirmed"] = False
            return True
        return False

    def _answer_reserve(self, turn: Turn, draft: Draft) -> bool:
        """A yes with a but books nothing: the but is answered, or what it wants changed is asked for."""
        p = self.prefix
        if shifted(turn, parse_time(draft[f"{p}_time"])):
            return False
        field = field_to_change(turn) if wants_change(turn.text) else None
        if field and f"{p}_{field}" in self.slots:
            self._forget(draft, field)
        elif wants_change(turn.text) or not answer_aside(turn):
            draft[f"{p}_confirmed"] = False
        return True

    def _forget_field(self, turn: Turn, draft: Draft) -> bool:
        """Ask again for what "换个时间" names; without a name, ask what to change."""
        p = self.prefix
        asked = turn.requested == f"{p}_change"
        if turn.intent not in CHANGES and not asked:
            return False
        field = field_to_change(turn)
        if field is None or f"{p}_{field}" not in self.slots:
            draft[f"{p}_confirmed"] = False
            return not asked
        self._forget(draft, field)
        return True

    def _forget(self, draft: Draft, field: str) -> None:
        """Forget one field; of a time, its day stays in mind for a clock time that is said alone."""
        p = self.prefix
        if field == "jobs":
            draft[f"{p}_jobs_earlier"] = draft[f"{p}_jobs"]
        if field == "time":
            agreed = parse_time(draft[f"{p}_time"])
            open_ = {"kind": "ambiguous", "start": None, "end": None}
            draft[f"{p}_wish"] = {**open_, "day": str(agreed.date())} if agreed else None
            draft[f"{p}_refusal"] = None
        draft[f"{p}_{field}"] = None

    def _drop_confirmation(self, draft: Draft, before: Draft) -> None:
        """A change of anything makes an earlier yes or no void."""
        if any(draft[slot] != before[slot] for slot in self.slots if not slot.endswith("_confirmed")):
            draft[f"{self.prefix}_confirmed"] = None


class StartVisit(DealerAction):
    """Begins a booking: forgets the last one, reads what was said up front, takes over from another form.

    ``offer`` names what the assistant may have offered before, with facts that need not be asked.
    """

    form: VisitForm
    offer: str | None = None

    def perform(self, turn: Turn) -> Events:
        draft: Draft = dict.fromkeys(self.form.slots)
        if turn.active_form == self.form.name or turn.slot("paused_form") == self.form.name:
            draft = self.form.draft(turn)
        elif self.offer and turn.slot("pending_offer") == self.offer:
            draft |= turn.slot("offered_visit") or {}
        elif self.offer and not turn.values_of({"model", "plate"}):
            draft |= car_spoken_of(turn)
        else:
            draft |= self.form.seed(turn)
        if turn.slot("pending_offer") == "which_visit":  # day, store and model were told before what for
            told = turn.slot("offered_visit") or {}
            draft |= {f"{self.form.prefix}_{fact}": value for fact, value in told.items()}
        known, brought = dict(draft), fill_in_scanned(turn, draft, self.form.prefix)
        self.form.read(turn, draft)
        say_scanned(turn, draft, brought)
        if not draft[f"{self.form.prefix}_time"] and not draft[f"{self.form.prefix}_refusal"]:
            self.form.settle_time(turn, draft, known)
        let_go_on_leaving(turn, self.form.name)
        paused = turn.active_form if turn.active_form not in (None, self.form.name) else None
        return [
            SlotSet("paused_form", paused),
            SlotSet("pending_offer", None),
            *set_slots(draft),
            FollowupAction(self.form.name),
        ]


class AskTime(DealerAction):
    """Asks for day and time, with free slots or the reason why the wished one is not possible."""

    form: VisitForm
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        p = self.form.prefix
        request = self.form.request(self.form.draft(turn))
        assert request is not None
        wish, refusal = turn.slot(f"{p}_wish"), turn.slot(f"{p}_refusal")
        ask_for_time(turn, request, wish, refusal, again=turn.has_noted)
        return []


class AskContact(DealerAction):
    form: VisitForm
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        p = self.form.prefix
        start = parse_time(turn.slot(f"{p}_time"))
        store = turn.dealership.store(turn.slot(f"{p}_store"))
        is_news = start is not None and not was_told(turn, p)
        time = say_time(start) if start else ""
        ask_contact(turn, turn.slot(f"{p}_name"), time, store.name, is_news)
        return []


class AskName(DealerAction):
    form: VisitForm
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        p = self.form.prefix
        start = parse_time(turn.slot(f"{p}_time"))
        if start is None or was_told(turn, p):
            turn.say("utter_ask_name")
        else:
            store = turn.dealership.store(turn.slot(f"{p}_store"))
            turn.say("utter_ask_name_held", time=say_time(start), store=store.name)
        return []


class BookVisit(DealerAction):
    """Books what the customer confirmed; a slot lost meanwhile leads back into the form with alternatives."""

    form: VisitForm

    def perform(self, turn: Turn) -> Events:
        draft, p = self.form.draft(turn), self.form.prefix
        request, start = self.form.request(draft), parse_time(draft[f"{p}_time"])
        assert request is not None
        assert start is not None
        contact = Contact(draft[f"{p}_name"], draft[f"{p}_phone"])
        try:
            visit = book(
                turn.database,
                turn.dealership,
                turn.now,
                turn.conversation_id,
                request,
                start,
                contact,
                request_key=f"{p}/{start.isoformat()}/{turn.tracker.latest_message.get('message_id')}",
                **self.extras(draft),
            )
        except BookingRefused as refused:
            back = {f"{p}_time": None, f"{p}_confirmed": None, f"{p}_refusal": lost(refused, start)}
            return [*set_slots(back), FollowupAction(self.form.name)]
        self.tell(turn, visit, draft)
        if visit.needs_approval:
            turn.say("utter_booked_needs_approval", phone=visit.phone)
        known = {
            "known_name": contact.name,
            "known_phone": contact.phone,
            "known_booking": [visit.code, visit.phone],
            "paused_form": None,
        }
        return [*self.form.cleared(), *set_slots(known)]

    def extras(self, draft: Draft) -> dict[str, Any]:
        """Further arguments of the booking."""
        return {}

    def tell(self, turn: Turn, visit: BookedVisit, draft: Draft) -> None:
        raise NotImplementedError
