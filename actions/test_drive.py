"""Booking a test drive: model, store, day and time, name and phone, licence."""

from __future__ import annotations

import re

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.advice_words import shown_at
from actions.base import Ask, DealerAction, Events, Turn, button
from actions.booking_talk import answer_aside, is_about_another_matter, wants_a_call
from actions.booking_words import with_adviser
from actions.facts import UNKNOWN, WHATEVER, adviser_wished_for, model_buttons, store_buttons
from actions.forms import Draft, ValidateForm
from actions.handoff import request_human
from actions.held_slots import let_go
from actions.named_problems import foreign_model
from actions.overlaps import has_enough_drives
from actions.resumption import kept_for_later, seed
from actions.slot_offers import adviser_name
from actions.time_wishes import parse_time
from actions.visits import (
    DRIVE,
    SERVICE,
    AskContact,
    AskName,
    AskTime,
    BookVisit,
    StartVisit,
    VisitForm,
    wants_other,
    warn_of_overlap,
)
from bot.domain.booking import VisitKind, VisitRequest
from bot.domain.dealership import Store
from bot.services.visits import BookedVisit
from bot.services.wording import say_phone, say_time

_LICENCE = re.compile(r"驾照|驾龄|驾驶证|驾证|驾本|拿本|本子|老司机")
_AGE = re.compile(r"(\d{1,3})\s*岁")
_LONG_ENOUGH = re.compile(r"年|老司机|刚|没|未|不")
_HAS_ONE = re.compile(r"^\s*我?(都|是)?(有|符合|满足|满了)(的|啊|呀|了|驾照)?\W*$")
_FITS = re.compile(r"(?:^|[\s，,。;；\d])(?:我|都|我都)?符合(?:的|条件|要求)?\W*$")
_LICENCE_ANSWER = re.compile(r"符合|满足|够了|满了|[\d一二两三四五六七八九十几多]+年|半年|刚拿|个月")
_UNDECIDED = re.compile(
    r"没想好|没定|没决定|没看好|没选好|拿不定|不知道[选试开哪]|哪[款辆台个]都|你们?(?:给|帮)?我?(?:选|挑|推荐|安排)|看着办|先看看"
)
_ASKS = re.compile(r"[吗么嘛呢?？]\W*$")
_NO_LICENCE = re.compile(
    r"(没|未|无|不|还没|没有).{0,4}(驾照|驾驶证|驾证|驾本|考|满|到|够|足|符合)|半年|刚拿|刚考|[\d一二两三四五六七八九十几]+个月|没有|还没"
)


class TestDriveForm(VisitForm):
    name = "test_drive_form"
    prefix = "drive"
    own_intents = frozenset({"book_test_drive", "change_booking"})
    slots = (
        "drive_model",
        "drive_store",
        "drive_time",
        "drive_name",
        "drive_phone",
        "drive_licence",
        "drive_adviser",
        "drive_confirmed",
        "drive_wish",
        "drive_refusal",
    )

    def elsewhere(self, turn: Turn) -> str | None:
        if wants_a_call(turn):
            return "action_start_test_drive"
        return "action_start_service_visit" if wants_other(turn, SERVICE, DRIVE) else None

    def request(self, draft: Draft) -> VisitRequest | None:
        if not draft["drive_model"]:
            return None
        model, store, adviser = draft["drive_model"], draft["drive_store"], draft["drive_adviser"]
        return VisitRequest(VisitKind.TEST_DRIVE, store, model, adviser=adviser)

    def seed(self, turn: Turn) -> Draft:
        return seed(turn)

    def read(self, turn: Turn, draft: Draft) -> bool:
        before = dict(draft)
        heard = super().read(turn, draft)
        if _is_another_driver(turn, draft, before) and self.licence_told(turn) is None:
            draft["drive_licence"] = None
        return heard

    def read_facts(self, turn: Turn, draft: Draft) -> bool:
        aside = (
            self._answers_about_a_model(turn, draft)
            or self._names_the_foreign_model(turn, draft)
            or self._helps_to_choose(turn)
        )
        adviser = adviser_wished_for(turn)
        model, store = turn.last("model") or self._shown_before(turn), self.store_said(turn)
        if model:
            draft["drive_model"] = model
        if adviser:
            draft["drive_adviser"] = adviser.id
            draft["drive_store"] = store or draft["drive_store"] or adviser.store
        if store:
            draft["drive_store"] = store
        elif self.wants_store_of_choice(turn):
            draft["drive_store"] = _stores(turn, draft)[0].id
        licence = self.licence_told(turn)
        if licence is not None:
            draft["drive_licence"] = licence
        self._fit_store(turn, draft)
        return bool(
            aside
            or model
            or store
            or adviser
            or licence is not None
            or draft["drive_store"] != turn.slot("drive_store")
        )

    def next_question(self, draft: Draft) -> str | None:
        if draft["drive_licence"] is False:
            return None
        if draft["drive_confirmed"] is False:
            return "drive_change"
        for slot in ("drive_model", "drive_store", "drive_time"):
            if draft[slot] is None:
                return slot
        if draft["drive_name"] is None or draft["drive_phone"] is None:
            return "drive_phone" if draft["drive_phone"] is None else "drive_name"
        return next((s for s in ("drive_licence", "drive_confirmed") if draft[s] is None), None)

    def takes_anything(self, turn: Turn) -> bool:
        if turn.intent != "faq" and (foreign_model(turn) or adviser_wished_for(turn)):
            return True
        return super().takes_anything(turn) or self.licence_told(turn) is not None or _is_undecided(turn)

    def _shown_before(self, turn: Turn) -> str | None:
        """ "试驾第二个" after a recommendation, as long as no list of times or stores is asked for."""
        meant = shown_at(turn) if turn.requested in (None, "drive_model") else []
        return meant[0] if len(meant) == 1 else None

    def _answers_about_a_model(self, turn: Turn, draft: Draft) -> bool:
        """A question about another car is answered and changes nothing."""
        if not draft["drive_model"] or not turn.values("model") or not is_about_another_matter(turn):
            return False
        turn.entities = [found for found in turn.entities if found.get("entity") != "model"]
        return answer_aside(turn)

    def _names_the_foreign_model(self, turn: Turn, draft: Draft) -> bool:
        wished = foreign_model(turn)
        if wished is None:
            return False
        models = turn.dealership.test_car_models(draft["drive_store"])
        names = "、".join(model.name for model in models)
        choice = model_buttons(models) if draft["drive_model"] else None
        turn.say("utter_no_such_model", buttons=choice, wished=wished, models=names)
        return True

    def _helps_to_choose(self, turn: Turn) -> bool:
        """ "随便", "还没想好": which car is not ours to choose, so the question comes again with a way out of it."""
        if not _is_undecided(turn):
            return False
        turn.say("utter_undecided_model")
        return True

    def licence_told(self, turn: Turn) -> bool | None:
        """What was said about the licence: up front, or as the answer to the question for it."""
        asked = turn.requested == "drive_licence"
        if turn.intent == "faq" and (turn.is_question or not asked):
            return None
        if self._age_is_out_of_bounds(turn):
            return False
        if asked and _HAS_ONE.match(turn.text):
            return True
        if asked and turn.intent in ("affirm", "deny") and not turn.values_of(self.entities - {"name"}):
            return turn.intent == "affirm" and not _NO_LICENCE.search(turn.text)
        if turn.values("phone") and _FITS.search(turn.text):
            return True
        told = _LICENCE.search(turn.text) and (asked or _LONG_ENOUGH.search(turn.text))
        if told or (asked and _LICENCE_ANSWER.search(turn.text)):
            return not _NO_LICENCE.search(turn.text)
        return None

    def _age_is_out_of_bounds(self, turn: Turn) -> bool:
        age, rules = _AGE.search(turn.text), turn.dealership.rules.test_drive
        return age is not None and not rules.min_age <= int(age[1]) <= rules.max_age

    def _fit_store(self, turn: Turn, draft: Draft) -> None:
        """A model that only one store can show is driven there; a store without that car is said so."""
        if not draft["drive_model"]:
            return
        stores = _stores(turn, draft)
        fits = draft["drive_store"] in {store.id for store in stores}
        if not fits and draft["drive_store"] is not None:
            wished = turn.dealership.store(draft["drive_store"]).name
            model = turn.dealership.model(draft["drive_model"]).name
            turn.say(
                "utter_no_such_test_car", wished=wished, model=model, stores="、".join(s.name for s in stores)
            )
        elif not fits and len(stores) == 1:
            model = turn.dealership.model(draft["drive_model"]).name
            turn.say("utter_only_store", model=model, store=stores[0].name)
        if not fits:
            draft["drive_store"] = stores[0].id if len(stores) == 1 else None


def _is_undecided(turn: Turn) -> bool:
    """Whether the question for the model is answered without one."""
    if turn.requested != "drive_model" or turn.values("model") or _ASKS.search(turn.text):
        return False
    leaves_it = WHATEVER.search(turn.text) or UNKNOWN.search(turn.text) or _UNDECIDED.search(turn.text)
    return bool(leaves_it) and turn.intent != "faq"


def _is_another_driver(turn: Turn, draft: Draft, before: Draft) -> bool:
    """Whether the contact is somebody else's now, whose licence nobody has asked for; one field alone is a correction,
    unless it takes the place of whom the last visit was booked for."""
    changed = {
        field
        for field in ("name", "phone")
        if before[f"drive_{field}"] and draft[f"drive_{field}"] != before[f"drive_{field}"]
    }
    was_known = any(before[f"drive_{field}"] == turn.slot(f"known_{field}") for field in changed)
    return len(changed) == 2 or was_known


def lacks_licence(text: str) -> bool:
    """ "我还没考驾照" """
    return bool(_LICENCE.search(text) and _NO_LICENCE.search(text))


def _stores(turn: Turn, draft: Draft) -> list[Store]:
    model = draft["drive_model"]
    found = turn.dealership.stores_with_test_car(model) if model else turn.dealership.stores
    return list(found) or list(turn.dealership.stores)


FORM = TestDriveForm()


class StartTestDrive(StartVisit):
    action_name = "action_start_test_drive"
    form = FORM

    def perform(self, turn: Turn) -> Events:
        if wants_other(turn, SERVICE, DRIVE):  # "想去城西店保养一下X5" has much in common with a test drive
            return [FollowupAction("action_start_service_visit")]
        if wants_a_call(turn):
            return _to_a_person(turn)
        return super().perform(turn)


def _to_a_person(turn: Turn) -> Events:
    """The rule of this action would go on with the form: wait for the customer instead."""
    events = request_human(turn)
    goes_on = any(event.get("event") == "followup" for event in events)
    return events if goes_on else [*events, FollowupAction("action_listen")]


class ValidateTestDrive(ValidateForm):
    form = FORM


class AskModel(DealerAction):
    action_name = "action_ask_test_drive_form_drive_model"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        advised = (
            turn.slot("advice_models") or []
        )  # in the order of their numbers, so that "第二个" means the same
        models = sorted(
            turn.dealership.test_car_models(turn.slot("drive_store")),
            key=lambda model: advised.index(model.id) if model.id in advised else len(advised),
        )
        turn.say("utter_ask_test_drive_model", buttons=model_buttons(models))
        return []


class AskStore(DealerAction):
    action_name = "action_ask_test_drive_form_drive_store"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        stores = turn.dealership.stores_with_test_car(turn.slot("drive_model"))
        turn.say("utter_ask_test_drive_store", buttons=store_buttons(stores))
        return []


class AskDriveTime(AskTime):
    action_name = "action_ask_test_drive_form_drive_time"
    form = FORM


class AskDrivePhone(AskContact):
    action_name = "action_ask_test_drive_form_drive_phone"
    form = FORM


class AskDriveName(AskName):
    action_name = "action_ask_test_drive_form_drive_name"
    form = FORM


class AskLicence(Ask):
    action_name = "action_ask_test_drive_form_drive_licence"
    asks_with = "utter_ask_licence"


class AskChange(DealerAction):
    action_name = "action_ask_test_drive_form_drive_change"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        fields = {"time": "时间", "store": "门店", "model": "车型", "phone": "手机号", "name": "姓名"}
        buttons = [button(title, "request_change", field=field) for field, title in fields.items()]
        turn.say("utter_ask_what_to_change", buttons=[*buttons, button("不约了", "stop")])
        return []


class AskConfirmation(DealerAction):
    action_name = "action_ask_test_drive_form_drive_confirmed"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        store = turn.dealership.store(turn.slot("drive_store"))
        start = parse_time(turn.slot("drive_time"))
        assert start is not None
        adviser = turn.slot("drive_adviser")
        warn_of_overlap(turn, start, turn.slot("drive_phone"))
        turn.say(
            "utter_confirm_test_drive",
            model=turn.dealership.model(turn.slot("drive_model")).name,
            with_adviser=f"，由{adviser_name(turn, adviser)}接待" if adviser else "",
            store=store.name,
            address=store.address,
            time=say_time(start),
            name=turn.slot("drive_name"),
            phone=turn.slot("drive_phone"),
        )
        return []


class BookTestDrive(BookVisit):
    """Ends the form: books, or says kindly that a licence of one year is needed."""

    action_name = "action_book_test_drive"
    form = FORM

    def perform(self, turn: Turn) -> Events:
        if turn.slot("drive_licence") is False:
            let_go(turn)
            turn.say("utter_licence_missing")
            kept = kept_for_later(FORM.draft(turn))
            offer = [SlotSet("pending_offer", "human"), SlotSet("offered_visit", kept)]
            return [*FORM.cleared(), ActiveLoop(None), *offer]
        if has_enough_drives(turn, turn.slot("drive_phone")):
            let_go(turn)
            turn.say("utter_drives_enough")
            return [*FORM.cleared(), SlotSet("paused_form", None), SlotSet("pending_offer", "human")]
        return super().perform(turn)

    def tell(self, turn: Turn, visit: BookedVisit, draft: Draft) -> None:
        store = turn.dealership.store(visit.store)
        turn.say(
            "utter_test_drive_booked",
            code=visit.code,
            model=f"{turn.dealership.model(visit.model or '').name}{with_adviser(visit)}",
            store=store.name,
            address=store.address,
            time=say_time(visit.start),
            name=visit.name,
            phone=say_phone(visit.phone),
            hotline=store.sales_phone,
            calendar=turn.calendar_link(visit),
        )
