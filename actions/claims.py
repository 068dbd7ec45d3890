"""A fault that the warranty may pay for, and cars in exchange. The record exists from the first word."""

from __future__ import annotations

import re

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Ask, DealerAction, Events, Turn
from actions.by_person import by_person
from actions.cases import COURTESIES, CaseForm, StartCase
from actions.forms import Draft, ValidateForm
from actions.held_slots import let_go_on_leaving
from actions.own_car import answer_values
from actions.own_records import answered, named, own_record
from actions.places import without_phone
from bot.domain.cases import CaseKind
from bot.services.cases import update_case
from bot.services.wording import say_phone

_ONLY_WISH = re.compile(
    r"(?:我|请|帮我|给我|要|想|需要|申请|登记|办理?|报|开[个张]?|走|做)*(?:一下|个|张)?(?:质保|保修|三包)*(?:内|期内)?的?(?:索赔|质保|保修|维修|报修|故障)(?:单|登记)?"
)
_SUBSTANCE = 4


class ClaimForm(CaseForm):
    name = "claim_form"
    kind = CaseKind.WARRANTY_CLAIM
    own_intents = frozenset({"claim_warranty"})
    slots = ("claim_text", "claim_phone", "claim_case")
    text_slot, phone_slot, case_slot = "claim_text", "claim_phone", "claim_case"

    def read_text(self, turn: Turn, draft: Draft) -> bool:
        """What is broken: the answer to the question, or what is told with the wish itself."""
        text = without_phone(turn, turn.own_text)
        asked = turn.requested == self.text_slot and len(text) >= 2 and turn.intent not in COURTESIES
        told = (
            turn.intent in self.own_intents
            and len(_ONLY_WISH.sub("", text).strip(" ,，。!！~")) >= _SUBSTANCE
        )
        if turn.is_payload or not (asked or told) or turn.intent in self.leaves_for:
            return False
        earlier = draft[self.text_slot]
        draft[self.text_slot] = f"{earlier}；{text}" if earlier else text
        return True


CLAIM = ClaimForm()


class ClaimWarranty(StartCase):
    """For a car on record says first how its warranty stands; where that is over, no claim is opened."""

    action_name = "action_claim_warranty"
    form = CLAIM
    first_words = "utter_claim_first_words"

    def perform(self, turn: Turn) -> Events:
        record = own_record(turn)
        if record is None or turn.active_form == CLAIM.name:
            return super().perform(turn)
        answer, _, estimate = answered(turn, record)
        values = answer_values(answer, named(turn, record), estimate)
        if answer.in_warranty or answer.battery_in_warranty:
            turn.say("utter_in_warranty" if answer.in_warranty else "utter_battery_in_warranty", **values)
            return super().perform(turn)
        turn.say("utter_out_of_warranty", **values)
        turn.say("utter_claim_too_late")
        let_go_on_leaving(turn)
        return [SlotSet("misunderstandings", None), FollowupAction("action_listen")]

    def known(self, turn: Turn) -> Draft:
        record = own_record(turn)
        return {CLAIM.phone_slot: record.phone if record else turn.slot("known_phone")}


class ValidateClaim(ValidateForm):
    form = CLAIM


class AskClaimText(Ask):
    action_name = "action_ask_claim_form_claim_text"
    asks_with = "utter_ask_claim_text"


class AskClaimPhone(Ask):
    action_name = "action_ask_claim_form_claim_phone"
    asks_with = "utter_ask_claim_phone"


class FinishClaim(DealerAction):
    """A claim does not need somebody at once: whoever looks after claims calls, and the customer may book meanwhile."""

    action_name = "action_finish_claim"

    def perform(self, turn: Turn) -> Events:
        draft = CLAIM.draft(turn)
        phone = draft[CLAIM.phone_slot]
        record = own_record(turn)
        car = {"plate": record.plate, "model": record.model} if record else {}
        update_case(turn.database, draft[CLAIM.case_slot], turn.now, phone or None, {"complete": True, **car})
        if phone:
            turn.say("utter_claim_recorded", phone=say_phone(phone))
        else:
            turn.say("utter_claim_recorded_without_phone")
        return CLAIM.cleared()


class TradeIn(DealerAction):
    action_name = "action_trade_in"

    def perform(self, turn: Turn) -> Events:
        return by_person(turn, "used.valuation")
