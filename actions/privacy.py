"""What customers may ask of us about their data: a copy, or that it goes. First they show who they are."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import Ask, DealerAction, Events, Turn, set_slots
from actions.facts import NO_PLATE, name_phone_problem
from actions.forms import Draft, Form, ValidateForm, left
from actions.held_slots import let_go_on_leaving
from actions.named_problems import name_plate_problem
from actions.own_records import own_record
from bot.domain.errors import NotFound
from bot.services import privacy
from bot.services.outreach.replies import linked_phone
from bot.services.privacy.requests import COPY, ERASE
from bot.services.vehicles import find_vehicle
from bot.services.visits import find_visit

GIVEN_UP = ""
"""Instead of a proof: who asks cannot show who they are."""
LINKED = "linked"
"""Instead of a proof: this conversation has shown it before."""
TRIES = 2
_SHORT = 12


class PrivacyForm(Form):
    """Number and plate, or number and booking code; for a deletion one more yes. All wrong answers look the same."""

    name = "privacy_form"
    own_intents = frozenset({"export_my_data", "delete_my_data"})
    entities = frozenset({"phone", "phone_invalid", "plate", "plate_invalid", "booking_code"})
    slots = ("privacy_wish", "privacy_phone", "privacy_proof", "privacy_tries", "privacy_confirmed")

    def read(self, turn: Turn, draft: Draft) -> bool:
        if turn.requested == "privacy_confirmed" and draft["privacy_confirmed"] is None:
            return _read_answer(turn, draft)
        heard = [name_plate_problem(turn), self._proof(turn, draft), self._phone(turn, draft)]
        if not any(heard) and (turn.intent == "deny" or NO_PLATE.search(turn.text)):
            draft["privacy_phone"] = draft["privacy_proof"] = GIVEN_UP
            draft["privacy_confirmed"] = None if NO_PLATE.search(turn.text) else "no"
            return True
        check(turn, draft)
        return any(heard)

    def takes_anything(self, turn: Turn) -> bool:
        return bool(NO_PLATE.search(turn.text))

    def next_question(self, draft: Draft) -> str | None:
        if draft["privacy_proof"] == GIVEN_UP:
            return None
        wanted = ("privacy_phone", "privacy_proof", "privacy_confirmed")
        return next((slot for slot in wanted if draft[slot] is None), None)

    def _proof(self, turn: Turn, draft: Draft) -> bool:
        proof = turn.last("plate") or turn.last("booking_code")
        if proof:
            draft["privacy_proof"] = proof
        return bool(proof)

    def _phone(self, turn: Turn, draft: Draft) -> bool:
        phone = turn.last("phone")
        if phone:
            draft["privacy_phone"] = phone
        return bool(phone) or name_phone_problem(turn)


FORM = PrivacyForm()


def _read_answer(turn: Turn, draft: Draft) -> bool:
    if turn.intent == "affirm" or (turn.intent == "delete_my_data" and len(turn.text) <= _SHORT):
        draft["privacy_confirmed"] = "yes"
    elif turn.intent == "deny":
        draft["privacy_confirmed"] = "no"
    return draft["privacy_confirmed"] is not None


def check(turn: Turn, draft: Draft) -> None:
    """Compare number and proof with what is stored; the first time that they do not fit they are asked for again."""
    phone, proof = draft["privacy_phone"], draft["privacy_proof"]
    if not phone or not proof or draft["privacy_confirmed"]:
        return
    if not _fits(turn, phone, proof):
        draft["privacy_tries"] = (draft["privacy_tries"] or 0) + 1
        if draft["privacy_tries"] < TRIES:
            turn.say("utter_privacy_not_found")
            draft["privacy_phone"] = draft["privacy_proof"] = None
        else:
            draft["privacy_phone"] = draft["privacy_proof"] = GIVEN_UP
    elif draft["privacy_wish"] == COPY:
        draft["privacy_confirmed"] = "yes"
    elif not privacy.what_keeps(turn.database, phone, turn.now).is_empty:
        draft["privacy_confirmed"] = "later"


def _fits(turn: Turn, phone: str, proof: str) -> bool:
    if proof == LINKED or find_vehicle(turn.database, phone, proof) is not None:
        return True
    try:
        find_visit(turn.database, turn.dealership, proof, phone)
    except NotFound:
        return False
    return True


class _Begin(DealerAction):
    wish: str

    def name(self) -> str:
        return self.action_name if hasattr(self, "wish") else ""

    def perform(self, turn: Turn) -> Events:
        draft: Draft = {**dict.fromkeys(FORM.slots), "privacy_wish": self.wish}
        if turn.active_form == FORM.name:
            draft = {**FORM.draft(turn), "privacy_wish": self.wish, "privacy_confirmed": None}
        record = own_record(turn)
        known = linked_phone(turn.database, turn.conversation_id) or (record.phone if record else None)
        if known:
            draft |= {"privacy_phone": known, "privacy_proof": LINKED}
            check(turn, draft)
        else:
            FORM.read(turn, draft)
        let_go_on_leaving(turn)
        over: Events = [SlotSet("misunderstandings", None), SlotSet("pending_offer", None), ActiveLoop(None)]
        return [*over, *set_slots(draft), FollowupAction(FORM.name)]


class ExportData(_Begin):
    action_name = "action_export_data"
    wish = COPY


class DeleteData(_Begin):
    action_name = "action_delete_data"
    wish = ERASE


class ValidatePrivacy(ValidateForm):
    form = FORM


class AskPhone(DealerAction):
    """For number and proof together, or for the number alone."""

    action_name = "action_ask_privacy_form_privacy_phone"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        turn.say("utter_ask_privacy_phone" if turn.slot("privacy_proof") else "utter_ask_privacy_identity")
        return []


class AskProof(Ask):
    action_name = "action_ask_privacy_form_privacy_proof"
    asks_with = "utter_ask_privacy_proof"


class AskConfirmed(Ask):
    action_name = "action_ask_privacy_form_privacy_confirmed"
    asks_with = "utter_ask_privacy_confirmed"


class FinishPrivacy(DealerAction):
    action_name = "action_finish_privacy"

    def perform(self, turn: Turn) -> Events:
        draft: dict[str, Any] = FORM.draft(turn)
        phone, answer = draft["privacy_phone"], draft["privacy_confirmed"]
        if answer == "no":
            turn.say("utter_data_stays")
        elif not phone or not draft["privacy_proof"]:
            privacy.open_unproven(turn.database, turn.conversation_id, turn.now)
            phones = "；".join(f"{s.name} {s.sales_phone}" for s in turn.dealership.stores)
            turn.say("utter_privacy_unproven", phones=phones)
            return [*left(FORM), SlotSet("pending_offer", "human")]
        elif draft["privacy_wish"] == COPY:
            token = privacy.open_copy(turn.database, phone, turn.conversation_id, turn.now)
            turn.say("utter_data_copy", copy_link=turn.link_to(f"/my-data/{token}.zip"))
        elif answer == "yes":
            privacy.open_erasure(turn.database, phone, turn.conversation_id, turn.now)
            turn.say("utter_data_erasing")
        else:
            keeping = privacy.what_keeps(turn.database, phone, turn.now)
            turn.say("utter_data_kept", keeping=str(keeping))
        return FORM.cleared()
