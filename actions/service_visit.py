"""Booking a service visit: car, mileage, jobs, store, day and time, name and phone."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction

from actions.base import Ask, DealerAction, Events, Turn, button
from actions.booked_jobs import change_booked_jobs, wants_other_jobs
from actions.facts import (
    NO_PLATE,
    PURCHASE_DATES,
    UNKNOWN,
    model_buttons,
    read_mileage,
    read_plate,
    store_buttons,
    tells_of_purchase,
)
from actions.forms import Draft, ValidateForm
from actions.job_words import (
    adds,
    asks_about,
    drop_names_of_jobs,
    joined_jobs,
    named_jobs,
    only_jobs,
    refused_jobs,
    says_only_jobs,
    unlisted_work,
)
from actions.time_wishes import parse_time
from actions.visit_begun import is_open_what_for
from actions.visit_costs import costs_asked, tell_costs
from actions.visit_jobs import (
    LOOKED_AT,
    fitting,
    free_jobs,
    is_included,
    is_puncture,
    say_unlisted_work,
    service_of_mileage,
    speaks_of_service,
    without_included,
    without_late_first_service,
)
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
from bot.domain.dealership import Powertrain
from bot.services.vehicles import find_vehicle
from bot.services.visits import BookedVisit
from bot.services.wording import say_job_names, say_jobs, say_km, say_phone, say_plate, say_time


class ServiceVisitForm(VisitForm):
    name = "service_visit_form"
    prefix = "visit"
    own_intents = frozenset({"book_service", "change_booking"})
    slots = (
        "visit_model",
        "visit_plate",
        "visit_mileage",
        "visit_jobs",
        "visit_store",
        "visit_time",
        "visit_name",
        "visit_phone",
        "visit_confirmed",
        "visit_wish",
        "visit_refusal",
        "visit_recognised",
        "visit_jobs_earlier",
        "visit_jobs_wished",
    )

    def takes_anything(self, turn: Turn) -> bool:
        is_short = len(turn.text) <= 10
        no_plate = (
            is_short and turn.requested in ("visit_model", "visit_plate") and NO_PLATE.search(turn.text)
        )
        no_mileage = is_short and turn.requested == "visit_mileage" and UNKNOWN.search(turn.text)
        puncture = turn.requested == "visit_jobs" and is_puncture(turn)
        answers = bool(no_plate or no_mileage) or puncture or self._speaks_of_jobs(turn)
        return answers or tells_of_purchase(turn) or super().takes_anything(turn)

    def read(self, turn: Turn, draft: Draft) -> bool:
        if not tells_of_purchase(turn):
            return super().read(turn, draft)
        turn.entities = [found for found in turn.entities if found.get("entity") not in PURCHASE_DATES]
        if not super().read(turn, draft):
            turn.say("utter_purchase_heard")
        return True

    def _speaks_of_jobs(self, turn: Turn) -> bool:
        """Jobs put in, taken out or asked about, whatever the message was taken for."""
        if costs_asked(turn, self.draft(turn)):
            return True
        if turn.is_payload or asks_about(turn):
            return False
        chosen, refused = turn.slot("visit_jobs") or (), refused_jobs(turn)
        stays = any(job not in refused for job in chosen)
        says_more = says_only_jobs(turn) or joined_jobs(turn) or only_jobs(turn) or unlisted_work(turn)
        leaves = turn.intent in ("cancel_booking", "stop")  # without the last job, the visit may be meant
        return bool(says_more) or bool(chosen and refused and (stays or not leaves))

    def elsewhere(self, turn: Turn) -> str | None:
        return "action_start_test_drive" if wants_other(turn, DRIVE, SERVICE) else None

    def request(self, draft: Draft) -> VisitRequest | None:
        jobs = draft["visit_jobs"]
        if not draft["visit_model"] or not jobs or "service" in jobs:
            return None
        return VisitRequest(VisitKind.SERVICE, draft["visit_store"], draft["visit_model"], tuple(jobs))

    def read_facts(self, turn: Turn, draft: Draft) -> bool:
        drop_names_of_jobs(turn)
        model, store = turn.last("model"), self.store_said(turn)
        if model:
            draft["visit_model"] = model
        if store:
            draft["visit_store"] = store
        elif self.wants_store_of_choice(turn):
            draft["visit_store"] = turn.dealership.stores[0].id
        heard = [
            read_plate(turn, draft, "visit_plate"),
            read_mileage(turn, draft, "visit_mileage"),
            self._read_jobs(turn, draft),
        ]
        phone = turn.last("phone")
        if phone:
            draft["visit_phone"] = phone
        self._recognise(turn, draft)
        self._settle_jobs(turn, draft)
        return bool(any(heard) or model or draft["visit_store"] != turn.slot("visit_store") or store)

    def next_question(self, draft: Draft) -> str | None:
        if draft["visit_confirmed"] is False:
            return "visit_change"
        for slot in (
            "visit_model",
            "visit_plate",
            "visit_mileage",
            "visit_jobs",
            "visit_store",
            "visit_time",
        ):
            if draft[slot] is None:
                return slot
        if draft["visit_phone"] is None or draft["visit_name"] is None:
            return "visit_phone" if draft["visit_phone"] is None else "visit_name"
        return "visit_confirmed" if draft["visit_confirmed"] is None else None

    def _is_only_talk(self, turn: Turn, draft: Draft) -> bool:
        asked = costs_asked(turn, draft) if turn.active_form == self.name else []
        if asked:
            tell_costs(turn, draft, asked)
        return bool(asked) or super()._is_only_talk(turn, draft)

    def _read_jobs(self, turn: Turn, draft: Draft) -> bool:
        earlier = draft["visit_jobs"] or draft["visit_jobs_earlier"] or []
        refused, is_unlisted = refused_jobs(turn), say_unlisted_work(turn)
        jobs = self._jobs_said(turn, draft, refused)
        if not jobs and not refused:
            return is_unlisted
        comes_on_top = refused or adds(turn) or is_included(turn, jobs, draft["visit_jobs"] or ())
        if comes_on_top and not only_jobs(turn):
            jobs = [job for job in dict.fromkeys([*earlier, *jobs]) if job not in refused]
        if refused and jobs:
            turn.say("utter_jobs_removed", jobs=say_job_names(turn.dealership, refused))
        draft["visit_jobs_wished"] = draft["visit_jobs"] = without_included(turn, jobs) or None
        return True

    def _jobs_said(self, turn: Turn, draft: Draft, refused: list[str]) -> list[str]:
        jobs = [job for job in named_jobs(turn) if job not in refused]
        if speaks_of_service(turn) and not refused and (jobs or not draft["visit_jobs"]):
            jobs = ["service", *jobs]
        if not jobs and is_puncture(turn) and LOOKED_AT in {job.id for job in turn.dealership.services}:
            turn.say("utter_puncture_is_looked_at")
            jobs = [LOOKED_AT]
        if not jobs and turn.requested == "visit_jobs" and UNKNOWN.search(turn.text):
            jobs = ["service"]
        return jobs

    def _recognise(self, turn: Turn, draft: Draft) -> None:
        """A car on record, known by phone and plate together: its model and mileage need not be asked."""
        phone, plate = draft["visit_phone"], draft["visit_plate"]
        if not phone or not plate or draft["visit_recognised"] == [phone, plate]:
            return
        record = find_vehicle(turn.database, phone, plate)
        if record is None:
            return
        draft["visit_recognised"] = [phone, plate]
        draft["visit_model"] = record.model
        if draft["visit_mileage"] is None and record.mileage is not None:
            draft["visit_mileage"] = record.mileage
        if draft["visit_name"] is None and record.name:
            draft["visit_name"] = record.name
        turn.say(
            "utter_car_recognised",
            model=turn.dealership.model(record.model).name,
            plate=say_plate(record.plate),
            mileage=say_km(record.mileage or 0),
        )

    def _settle_jobs(self, turn: Turn, draft: Draft) -> None:
        """The job that "保养" means for this car, and the electric car's own service."""
        jobs, model, mileage = draft["visit_jobs"], draft["visit_model"], draft["visit_mileage"]
        if draft["visit_jobs_wished"] and jobs and mileage != turn.slot("visit_mileage"):
            jobs = draft["visit_jobs_wished"]  # "保养" means another job at another mileage
        if not jobs:
            return
        if model is None and "ev_service" in jobs:
            electric = [m.id for m in turn.dealership.models if m.powertrain is Powertrain.ELECTRIC]
            draft["visit_model"] = model = electric[0] if len(electric) == 1 else None
        if model is None:
            return
        if "service" in jobs and mileage is not None:
            job = service_of_mileage(turn, model, mileage)
            jobs = [job if job_id == "service" else job_id for job_id in jobs]
        jobs = without_late_first_service(turn, model, mileage, jobs)
        draft["visit_jobs"] = list(dict.fromkeys(fitting(turn, model, job) for job in jobs))


FORM = ServiceVisitForm()


class StartServiceVisit(StartVisit):
    action_name = "action_start_service_visit"
    form = FORM
    offer = "book_service"

    def perform(self, turn: Turn) -> Events:
        if wants_other_jobs(turn):
            return change_booked_jobs(turn)
        if is_open_what_for(turn):
            return [FollowupAction("action_ask_which_visit")]
        return super().perform(turn)


class ValidateServiceVisit(ValidateForm):
    form = FORM


class AskVehicle(DealerAction):
    """Asks for model and plate together, or for the model alone when the plate is known."""

    action_name = "action_ask_service_visit_form_visit_model"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        if turn.slot("visit_plate") is None:
            turn.say("utter_ask_vehicle")
        else:
            turn.say("utter_ask_vehicle_model", buttons=model_buttons(turn.dealership.models))
        return []


class AskPlate(DealerAction):
    action_name = "action_ask_service_visit_form_visit_plate"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        turn.say("utter_ask_plate", model=turn.dealership.model(turn.slot("visit_model")).name)
        return []


class AskMileage(Ask):
    action_name = "action_ask_service_visit_form_visit_mileage"
    asks_with = "utter_ask_mileage"


class AskJobs(DealerAction):
    action_name = "action_ask_service_visit_form_visit_jobs"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        model = turn.dealership.model(turn.slot("visit_model"))
        jobs = [job for job in turn.dealership.services if job.powertrain in (None, model.powertrain)]
        turn.say("utter_ask_jobs", buttons=[button(job.name, "inform", job=job.id) for job in jobs])
        return []


class AskServiceStore(DealerAction):
    action_name = "action_ask_service_visit_form_visit_store"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        jobs = turn.slot("visit_jobs")
        turn.say(
            "utter_ask_service_store",
            buttons=store_buttons(turn.dealership.stores),
            jobs=say_jobs(turn.dealership, jobs, turn.slot("visit_model"), free_jobs(turn)),
        )
        return []


class AskVisitTime(AskTime):
    action_name = "action_ask_service_visit_form_visit_time"
    form = FORM


class AskVisitPhone(AskContact):
    action_name = "action_ask_service_visit_form_visit_phone"
    form = FORM


class AskVisitName(AskName):
    action_name = "action_ask_service_visit_form_visit_name"
    form = FORM


class AskVisitChange(DealerAction):
    action_name = "action_ask_service_visit_form_visit_change"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        fields = {
            "time": "时间",
            "store": "门店",
            "jobs": "项目",
            "model": "车型",
            "plate": "车牌",
            "phone": "手机号",
        }
        buttons = [button(title, "request_change", field=field) for field, title in fields.items()]
        turn.say("utter_ask_what_to_change", buttons=[*buttons, button("不约了", "stop")])
        return []


class AskVisitConfirmation(DealerAction):
    action_name = "action_ask_service_visit_form_visit_confirmed"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        store = turn.dealership.store(turn.slot("visit_store"))
        start = parse_time(turn.slot("visit_time"))
        assert start is not None
        warn_of_overlap(turn, start, turn.slot("visit_phone"))
        turn.say(
            "utter_confirm_service_visit",
            vehicle=_vehicle(turn, *(turn.slot(f"visit_{fact}") for fact in ("model", "plate", "mileage"))),
            jobs=say_jobs(
                turn.dealership, turn.slot("visit_jobs"), turn.slot("visit_model"), free_jobs(turn)
            ),
            store=store.name,
            address=store.address,
            time=say_time(start),
            name=turn.slot("visit_name"),
            phone=turn.slot("visit_phone"),
        )
        return []


class BookServiceVisit(BookVisit):
    action_name = "action_book_service_visit"
    form = FORM

    def extras(self, draft: Draft) -> dict[str, Any]:
        mileage = draft["visit_mileage"]
        return {
            "plate": draft["visit_plate"] or None,
            "mileage": mileage if mileage and mileage > 0 else None,
        }

    def tell(self, turn: Turn, visit: BookedVisit, draft: Draft) -> None:
        store = turn.dealership.store(visit.store)
        turn.say(
            "utter_service_visit_booked",
            code=visit.code,
            vehicle=_vehicle(turn, visit.model, visit.plate, visit.mileage),
            jobs=say_job_names(turn.dealership, visit.items),
            store=store.name,
            address=store.address,
            time=say_time(visit.start),
            end=visit.end.strftime("%H:%M"),
            name=visit.name,
            phone=say_phone(visit.phone),
            hotline=store.service_phone,
            calendar=turn.calendar_link(visit),
        )


def _vehicle(turn: Turn, model_id: str | None, plate: str | None, mileage: int | None) -> str:
    """ "青岚 X5（浙A·D1001，3,900 公里）" """
    details = [say_plate(plate)] if plate else []
    if mileage and mileage > 0:
        details.append(say_km(mileage))
    model = turn.dealership.model(model_id or "").name
    return f"{model}（{'，'.join(details)}）" if details else model
