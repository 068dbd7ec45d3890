"""What the customer's car needs next, whether it is under warranty, which stage of its life it is in."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Ask, DealerAction, Events, Turn, button, set_slots
from actions.booked_jobs import wants_other_jobs
from actions.booking_starts import look_up
from actions.facts import UNKNOWN, model_buttons, read_mileage, read_plate, wants_other_adviser
from actions.faq import misunderstood
from actions.forms import Draft, Form, ValidateForm
from actions.named_problems import name_plate_problem
from actions.own_records import answered, corrected, named, own_record
from actions.visit_begun import visit_begun
from actions.wechat_talk import place_sent, take_place
from bot.domain.lifecycle import MomentState, VehicleState, moments
from bot.services.content.variables import price_text
from bot.services.vehicles import (
    LifecycleAnswer,
    VehicleRecord,
    find_vehicle,
    lifecycle_answer,
    state_as_told,
    suggested_job,
)
from bot.services.wording import say_date, say_km

_DAY = re.compile(r"[日号號天儿]|今早|[周週拜期][一二三四五六日天]|\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{8}")
WARRANTY_END_CHECK = "warranty_end_check"


class OwnCarForm(Form):
    """Either phone and plate of a car on record, or model, delivery date and mileage of any car."""

    name = "own_car_form"
    own_intents = frozenset({"ask_service_due", "ask_warranty_status"})
    entities = frozenset({"model", "plate", "phone", "mileage", "delivery_date", "time", "plate_invalid"})
    slots = (
        "car_purpose",
        "car_phone",
        "car_plate",
        "car_model",
        "car_delivered",
        "car_mileage",
        "car_unknown",
    )

    def read(self, turn: Turn, draft: Draft) -> bool:
        heard = [
            name_plate_problem(turn),
            self._take(turn, draft, "phone", "car_phone"),
            self._take(turn, draft, "model", "car_model"),
            self._delivered(turn, draft),
            read_plate(turn, draft, "car_plate"),
            read_mileage(turn, draft, "car_mileage"),
        ]
        tells = turn.values_of({"delivery_date", "mileage", "plate", "phone"})
        if turn.intent in self.own_intents and (
            turn.is_question or not tells
        ):  # facts alone change no purpose
            draft["car_purpose"] = purpose_of(turn)
        self._look_up(turn, draft)
        return any(heard) or turn.intent in self.own_intents

    def takes_anything(self, turn: Turn) -> bool:
        asked = turn.requested in ("car_delivered", "car_mileage")
        return asked and len(turn.text) <= 10 and bool(UNKNOWN.search(turn.text))

    def next_question(self, draft: Draft) -> str | None:
        if draft["car_unknown"] is False:
            return None
        told = (draft["car_model"], draft["car_delivered"], draft["car_mileage"])
        if all(value is not None for value in told):
            return None
        if draft["car_unknown"] is None and not any(value is not None for value in told):
            if (draft["car_phone"] is None) != (draft["car_plate"] is None):
                return "car_phone" if draft["car_phone"] is None else "car_plate"
            return "car_identity"
        if (
            draft["car_unknown"] is None
            and draft["car_plate"]
            and draft["car_phone"] is None
            and not draft["car_delivered"]
        ):
            return "car_phone"
        missing = [s for s in ("car_model", "car_delivered", "car_mileage") if draft[s] is None]
        return missing[0]

    def _take(self, turn: Turn, draft: Draft, entity: str, slot: str) -> bool:
        value = turn.last(entity)
        if value:
            draft[slot] = value
        return bool(value)

    def _delivered(self, turn: Turn, draft: Draft) -> bool:
        value = turn.last("delivery_date") or (
            turn.requested in ("car_delivered", "car_identity") and past_day(turn)
        )
        if not value and turn.requested == "car_delivered" and UNKNOWN.search(turn.text):
            draft["car_delivered"] = ""
            return True
        if not value:
            return False
        if draft["car_delivered"] != value and not _names_day(turn):
            turn.say("utter_delivery_estimated", delivered=say_date(date.fromisoformat(value)))
        draft["car_delivered"] = value
        return True

    def _look_up(self, turn: Turn, draft: Draft) -> None:
        """A known car needs no further question; an unknown one is asked for in the owner's words."""
        if not draft["car_phone"] or not draft["car_plate"]:
            return
        found = find_vehicle(turn.database, draft["car_phone"], draft["car_plate"])
        if found is None and draft["car_unknown"] is not True and not draft["car_delivered"]:
            turn.say("utter_car_not_found")
        draft["car_unknown"] = found is None


def _names_day(turn: Turn) -> bool:
    """Whether the delivery was told to the day: not 去年3月, 三年前 or 2025年5月."""
    found = turn.values_of({"delivery_date", "time"})
    return any(_DAY.search(turn.text[item["start"] : item["end"]]) for item in found)


def past_day(turn: Turn) -> str | None:
    """A time entity that lies in the past, as the day of delivery."""
    for value in turn.values("time"):
        start = value if isinstance(value, str) else value.get("start")
        if start and date.fromisoformat(start[:10]) <= turn.now.date():
            return str(start[:10])
    return None


def purpose_of(turn: Turn) -> str:
    """What is asked: the warranty, or what comes next (with the stage)."""
    return "warranty" if turn.intent == "ask_warranty_status" else "due"


FORM = OwnCarForm()


class StartOwnCar(DealerAction):
    action_name = "action_start_own_car"

    def perform(self, turn: Turn) -> Events:
        draft: Draft = dict.fromkeys(FORM.slots)
        if not turn.values_of({"model", "plate", "phone"}):
            draft.update(turn.slot("known_car") or _identity(own_record(turn)))
        draft["car_purpose"] = purpose_of(turn)
        FORM.read(turn, draft)
        return [SlotSet("pending_offer", None), *set_slots(draft)]


class TakeUpFacts(DealerAction):
    """Facts that no form asked for: a car to look up, a booking code, a model to tell more about."""

    action_name = "action_take_up_facts"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        if place_sent(turn):
            return take_place(turn)
        if turn.active_form:
            return misunderstood(turn)
        if turn.values("booking_code"):
            return look_up(turn)
        changes = wants_other_jobs(turn) or wants_other_adviser(turn)
        begun = "action_change_afterwards" if changes else visit_begun(turn)
        if begun:
            return [FollowupAction(begun)]
        known = (turn.slot("known_car") or _identity(own_record(turn))) if turn.values("mileage") else {}
        if known and not turn.values_of({"plate", "phone"}):
            told: Draft = dict.fromkeys(FORM.slots) | known | {"car_purpose": "due"}
            FORM.read(turn, told)
            return [SlotSet("misunderstandings", None), *set_slots(told), FollowupAction(FORM.name)]
        if turn.values("plate") and turn.values("phone"):
            draft: Draft = dict.fromkeys(FORM.slots) | {"car_purpose": "due"}
            FORM.read(turn, draft)
            return [SlotSet("misunderstandings", None), *set_slots(draft), FollowupAction(FORM.name)]
        model = turn.last("model")
        if model:
            drive = button("预约试驾", "book_test_drive", model=model)
            turn.say("utter_about_model", buttons=[drive], model=turn.dealership.model(model).name)
            return [SlotSet("misunderstandings", None)]
        return misunderstood(turn)


class ValidateOwnCar(ValidateForm):
    form = FORM


class AskIdentity(Ask):
    action_name = "action_ask_own_car_form_car_identity"
    asks_with = "utter_ask_car_identity"


class AskCarPhone(Ask):
    action_name = "action_ask_own_car_form_car_phone"
    asks_with = "utter_ask_car_phone"


class AskCarPlate(Ask):
    action_name = "action_ask_own_car_form_car_plate"
    asks_with = "utter_ask_car_plate"


class AskCarModel(DealerAction):
    action_name = "action_ask_own_car_form_car_model"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        turn.say("utter_ask_car_model", buttons=model_buttons(turn.dealership.models))
        return []


class AskDelivered(Ask):
    action_name = "action_ask_own_car_form_car_delivered"
    asks_with = "utter_ask_delivered"


class AskCarMileage(Ask):
    action_name = "action_ask_own_car_form_car_mileage"
    asks_with = "utter_ask_car_mileage"


class AnswerOwnCar(DealerAction):
    """Answers from the schedule, by date and mileage, whichever comes first, and offers to book."""

    action_name = "action_answer_own_car"

    def perform(self, turn: Turn) -> Events:
        draft = FORM.draft(turn)
        if draft["car_unknown"] is not False and draft["car_delivered"] == "":
            return self._answer_without_date(turn, draft)
        answer, state, name, car, estimate = self._car(turn, draft)
        values = answer_values(answer, name, estimate)
        if draft["car_purpose"] == "warranty":
            self._tell_warranty(turn, answer, values)
            self._tell_service(turn, answer, values)
        else:
            turn.say("utter_car_stage", **values)
            self._tell_service(turn, answer, values)
            self._tell_warranty(turn, answer, values)
        jobs = ["service"] if answer.service_km_estimated else [answer.service_job]
        if self._warranty_ends_soon(turn, state):
            turn.say("utter_warranty_end_check")
            jobs = [*jobs, WARRANTY_END_CHECK]
        turn.say("utter_offer_service")
        seed = {**car, "visit_jobs": jobs}
        return [
            *FORM.cleared(),
            SlotSet("pending_offer", "book_service"),
            SlotSet("offered_visit", seed),
            SlotSet("known_car", _kept(draft)),
        ]

    def _answer_without_date(self, turn: Turn, draft: Draft) -> Events:
        """The delivery date is not known: the job by mileage alone, and how the dates can be found."""
        model, km = turn.dealership.model(draft["car_model"]), draft["car_mileage"]
        told = km if km is not None and km >= 0 else None
        job = turn.dealership.service(suggested_job(turn.content.schedule, model.powertrain, told))
        turn.say(
            "utter_car_without_date",
            car=f"{model.name}，{say_km(told)}" if told is not None else model.name,
            job=job.name,
            price=price_text(job.price),
        )
        turn.say("utter_offer_service")
        seed = {"visit_model": model.id, "visit_mileage": km, "visit_jobs": ["service"]}
        offer = [SlotSet("pending_offer", "book_service"), SlotSet("offered_visit", seed)]
        return [*FORM.cleared(), *offer]

    def _warranty_ends_soon(self, turn: Turn, state: VehicleState) -> bool:
        """Whether the key moment "warranty end check" of the schedule is due."""
        found = moments(turn.content.schedule, turn.dealership.profile.warranty, state, turn.now.date())
        return any(m.moment.id == WARRANTY_END_CHECK and m.state is MomentState.DUE for m in found)

    def _car(
        self, turn: Turn, draft: Draft
    ) -> tuple[LifecycleAnswer, VehicleState, str, dict[str, Any], str]:
        """The answer, what it rests on, the car's name, what a booking takes over, and words for an estimate."""
        record = None
        if draft["car_phone"] and draft["car_plate"]:
            record = find_vehicle(turn.database, draft["car_phone"], draft["car_plate"])
        if record is None:
            mileage = (
                draft["car_mileage"]
                if draft["car_mileage"] is not None and draft["car_mileage"] >= 0
                else None
            )
            delivered = date.fromisoformat(draft["car_delivered"])
            model = turn.dealership.model(draft["car_model"])
            state = state_as_told(turn.dealership, model.id, delivered, mileage)
            told = {"visit_plate": draft["car_plate"], "visit_phone": draft["car_phone"]}
            told |= {
                "visit_model": model.id,
                "visit_mileage": draft["car_mileage"],
                "visit_name": turn.name_said,
            }
            answer = lifecycle_answer(turn.dealership, turn.content.schedule, state, turn.now.date())
            seed = {fact: value for fact, value in told.items() if value is not None}
            return answer, state, model.name, seed, ""
        if draft["car_mileage"] is not None and draft["car_mileage"] >= 0:
            record = corrected(turn, record, draft["car_mileage"])
        answer, state, estimate = answered(turn, record)
        seed = {
            "visit_model": record.model,
            "visit_plate": record.plate,
            "visit_mileage": state.mileage,
            "visit_phone": record.phone,
            "visit_recognised": [record.phone, record.plate],
            "visit_name": record.name or turn.name_said,
        }
        return answer, state, named(turn, record), seed, estimate

    def _tell_service(self, turn: Turn, answer: LifecycleAnswer, values: dict[str, Any]) -> None:
        if answer.service_km_estimated:
            turn.say("utter_service_due_by_age", **values)
        else:
            turn.say("utter_service_overdue" if answer.service_overdue else "utter_service_due", **values)

    def _tell_warranty(self, turn: Turn, answer: LifecycleAnswer, values: dict[str, Any]) -> None:
        turn.say("utter_in_warranty" if answer.in_warranty else "utter_out_of_warranty", **values)
        if answer.battery_in_warranty is not None:
            turn.say(
                "utter_battery_in_warranty" if answer.battery_in_warranty else "utter_battery_out", **values
            )


def _identity(record: VehicleRecord | None) -> Draft:
    """The facts by which a car on record is found again."""
    if record is None:
        return {}
    return {"car_phone": record.phone, "car_plate": record.plate, "car_unknown": False}


def _kept(draft: Draft) -> Draft:
    """What is known of the car later; the mileage of a car on record is on record."""
    on_record = draft["car_unknown"] is False
    return {
        slot: None if on_record and slot == "car_mileage" else draft[slot]
        for slot in FORM.slots
        if slot != "car_purpose"
    }


def answer_values(answer: LifecycleAnswer, car: str, estimate: str = "") -> dict[str, Any]:
    """The schedule's answer as words for the templates; ``estimate``: words for a mileage that nobody read."""
    price = "首次免费" if answer.service_free else price_text(answer.service_price)
    return {
        "car": car,
        "stage": answer.stage_name,
        "delivered": say_date(answer.delivered),
        "mileage": estimate or (say_km(answer.mileage) if answer.mileage is not None else "未知"),
        "job": answer.service_name,
        "items": "、".join(answer.service_items),
        "minutes": answer.service_minutes,
        "price": price,
        "service_km": say_km(answer.service_km),
        "service_on": say_date(answer.service_on),
        "distance": _left(answer.service_km_left, answer.service_days_left),
        "sooner": _limit(answer.service_nearer),
        "overdue_by": _limit(answer.service_overdue_by),
        "warranty_on": say_date(answer.warranty_ends_on),
        "warranty_limit": say_km(answer.warranty_km),
        "warranty_left": _left(answer.warranty_km_left, answer.warranty_days_left),
        "warranty_ended_by": _limit(answer.warranty_ended_by),
        "battery_on": say_date(answer.battery_ends_on) if answer.battery_ends_on else "",
        "battery_limit": say_km(answer.battery_km or 0),
    }


def _left(km: int | None, days: int) -> str:
    parts = [f"还有 {days} 天"] if days >= 0 else [f"已过 {-days} 天"]
    if km is not None:
        parts.append(f"还差 {say_km(km)}" if km >= 0 else f"超出 {say_km(-km)}")
    return "，".join(parts)


def _limit(limit: str | None) -> str:
    return {"date": "时间", "mileage": "里程", "both": "时间和里程"}.get(limit or "", "")
