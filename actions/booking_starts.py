"""How checking, changing and cancelling a booking begins, and which booking is meant."""

from __future__ import annotations

import re

from rasa_sdk.events import FollowupAction, SlotSet

from actions import service_visit, test_drive
from actions.base import DealerAction, Events, Turn, set_slots
from actions.booked_jobs import change_booked_jobs, wants_other_jobs
from actions.booking_words import details, say_left_alone, say_needs_new_time, say_of_visit
from actions.existing_bookings import FORM, purpose_of, visit_of
from actions.facts import adviser_wished_for, field_to_change
from actions.faq import answer_refund, misunderstood
from actions.forms import Draft, left
from actions.held_slots import let_go_on_leaving
from actions.notice_answers import code_spoken_of
from actions.own_visits import is_without_code, kind_named, other_car, own_visits
from bot.domain.booking import VisitKind
from bot.services.booking import release_hold
from bot.services.visits import visits_of_conversation
from bot.services.wording import say_phone

_KEEPS_IT = re.compile(r"(?:不|别|甭)(?:要|用|想|再)?(?:取消|退)(?!.{0,4}(?:会|怎|吗|[?？]))")
_WANTS_CHANGE = re.compile(r"改|换|推迟|提前")
_EARLIER = re.compile(r"之前|以前|上次|查|原来")


class StartExistingBooking(DealerAction):
    """Begins checking, changing or cancelling; inside an unfinished booking, "取消" means that one."""

    action_name = "action_start_existing_booking"

    def perform(self, turn: Turn) -> Events:
        if wants_other_jobs(turn):
            return change_booked_jobs(turn)
        in_booking = turn.active_form in ("test_drive_form", "service_visit_form")
        known = _known(turn)
        if in_booking and turn.intent == "check_booking" and _asks_of_own(turn):
            _tell_own(turn)
            return [FollowupAction(turn.active_form)]
        other = kind_named(turn) and _form_kind(turn) not in (None, kind_named(turn)) and known
        if in_booking and turn.intent == "cancel_booking" and not other and not turn.values("booking_code"):
            release_hold(turn.database, turn.conversation_id)
            turn.say("utter_left_dialogue")
            form = test_drive.FORM if turn.active_form == "test_drive_form" else service_visit.FORM
            return [*left(form), FollowupAction("action_listen")]
        if turn.intent == "cancel_booking" and not in_booking and _keeps(turn, known):
            return [FollowupAction("action_listen")]
        if turn.intent == "cancel_booking" and answer_refund(turn):
            return [FollowupAction("action_listen")]
        if not known and is_without_code(turn):
            return [FollowupAction("action_leave_without_code")]
        paused = turn.slot("paused_form") == FORM.name and turn.active_form == "complaint_form"
        draft: Draft = FORM.draft(turn) if paused else dict.fromkeys(FORM.slots)
        draft["booking_failures"] = turn.slot("booking_failures")
        draft["booking_purpose"] = purpose_of(turn)
        if known and not paused and not turn.values_of({"booking_code", "phone"}):
            if draft["booking_purpose"] == "check" and not kind_named(turn) and len(own_visits(turn)) > 1:
                _tell_own(turn)
                return [FollowupAction("action_listen")]
            if draft["booking_purpose"] == "change" and other_car(turn, known):
                return [FollowupAction("action_listen")]
            draft["booking_code"], draft["booking_phone"] = known
        FORM.read(turn, draft)
        let_go_on_leaving(turn)
        waiting = turn.active_form if in_booking else None
        waits = [SlotSet("paused_form", waiting)] if in_booking or paused else []
        begins = (
            [FollowupAction(FORM.name)] if turn.intent == "faq" else []
        )  # no rule leads on from a question
        return [SlotSet("pending_offer", None), *waits, *set_slots(draft), *begins]


def _known(turn: Turn) -> list[str] | None:
    """Code and phone of the booking that is meant: of the kind that is named, else the one spoken of last."""
    known, own = turn.slot("known_booking"), own_visits(turn, kind_named(turn))
    if not own:
        return list(known) if known else None
    model, spoken_of = turn.last("model"), code_spoken_of(turn)
    of_model = [visit for visit in own if model and visit.model == model]
    meant = of_model if len(of_model) == 1 else [visit for visit in own if visit.code == spoken_of]
    if meant:
        return [meant[0].code, meant[0].phone]
    stays = known and known[0] in [visit.code for visit in own]
    if stays or (known and kind_named(turn) is None and _is_booked_elsewhere(turn, known)):
        return list(known)
    return [own[0].code, own[0].phone]


def _is_booked_elsewhere(turn: Turn, known: list[str]) -> bool:
    """Whether what was spoken of last was not booked in this conversation: such a visit may be cancelled or over."""
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    return known[0] not in [visit.code for visit in visits]


def _keeps(turn: Turn, known: list[str] | None) -> bool:
    """ "先不取消" begins nothing: say that the visit stays. A change in the same breath is another matter."""
    if turn.is_payload or not _KEEPS_IT.search(turn.text):
        return False
    if _WANTS_CHANGE.search(turn.text) or turn.values_of({"time", "booking_code"}):
        return False
    visit = next((visit for visit in own_visits(turn) if known and visit.code == known[0]), None)
    if visit is None:
        turn.say("utter_left_booking_alone")
    else:
        say_left_alone(turn, visit)
    return True


def _form_kind(turn: Turn) -> VisitKind | None:
    kinds = {"test_drive_form": VisitKind.TEST_DRIVE, "service_visit_form": VisitKind.SERVICE}
    return kinds.get(turn.active_form or "")


def _asks_of_own(turn: Turn) -> bool:
    """Whether only what was booked here can be meant, and not an earlier booking that is to be looked up."""
    if turn.values("booking_code"):
        return False
    return bool(own_visits(turn)) or not _EARLIER.search(turn.text)


def _tell_own(turn: Turn) -> None:
    """The bookings of this conversation, or that there is none yet."""
    visits = own_visits(turn)
    timed = [details(turn, visit) for visit in visits if not visit.needs_new_time]
    if timed:
        lines = ("（{code}）{what}，{time}，{store}".format(**values) for values in timed)
        turn.say("utter_own_bookings", bookings="\n".join(lines))
        waiting = next((visit for visit in visits if visit.needs_approval), None)
        if waiting:
            turn.say("utter_booking_waits_for_approval", phone=say_phone(waiting.phone))
    elif not visits:
        turn.say("utter_nothing_booked_yet")
    for visit in visits:
        if visit.needs_new_time:
            say_needs_new_time(turn, visit)


def look_up(turn: Turn) -> Events:
    """A booking code out of nowhere: show that booking."""
    draft: Draft = dict.fromkeys(FORM.slots)
    draft["booking_failures"], draft["booking_purpose"] = turn.slot("booking_failures"), "check"
    FORM.read(turn, draft)
    return [SlotSet("misunderstandings", None), *set_slots(draft), FollowupAction(FORM.name)]


def _receives_anyway(turn: Turn, draft: Draft, adviser: str) -> bool:
    """Say so where nothing but the adviser is asked for who has the visit already."""
    visit = visit_of(turn, draft)
    if visit is None or turn.values_of({"time", "store"}):
        return False
    if not visit.adviser_name or visit.adviser != adviser:
        return False
    say_of_visit(turn, visit)
    return True


class ChangeAfterwards(DealerAction):
    """ "改到后天上午" when no form is running: it means the booking made or looked up here before."""

    action_name = "action_change_afterwards"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        known = _known(turn)
        adviser = adviser_wished_for(turn)  # whose name is not the customer's
        if wants_other_jobs(turn):
            return change_booked_jobs(turn)
        if turn.active_form or not known:
            return misunderstood(turn)
        if other_car(turn, known):
            return [FollowupAction("action_listen")]
        if turn.values_of({"phone", "name"}) or field_to_change(turn) in ("phone", "name"):
            turn.say("utter_contact_change_needs_person")
            return [SlotSet("pending_offer", "human")]
        draft: Draft = dict.fromkeys(FORM.slots)
        draft["booking_purpose"] = "change"
        draft["booking_code"], draft["booking_phone"] = known
        if adviser and _receives_anyway(turn, draft, adviser.id):
            return [SlotSet("misunderstandings", None), FollowupAction("action_listen")]
        FORM.read(turn, draft)
        return [*set_slots(draft), FollowupAction(FORM.name)]
