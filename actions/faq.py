"""Answers from the reviewed FAQ, suggestions where it is not clear which is meant, and what is not understood."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import DealerAction, Events, Turn, set_slots
from actions.booked_jobs import wants_other_jobs
from actions.facts import wants_other_adviser
from actions.own_visits import shift_of
from actions.several import TITLES, dialogue_button
from actions.topic_wishes import dialogue_behind
from actions.visit_begun import visit_begun
from actions.visit_words import DRIVE, SERVICE
from bot.domain.conversation import HandoffReason
from bot.services.replies import FAQ_PREFIX, topic_payload
from bot.services.unanswered import Heard, Kind, record, wait_again

_DEPOSIT = re.compile(r"[定订訂]金")
_REFUND = re.compile(r"退.{0,4}([定订訂]金?|钱|款)|([定订訂]金|钱).{0,4}退|退(车|订单)")
_MEND = re.compile(r"(扎|钉|漏气).{0,8}补(一?下|个|好)")
_SYMBOLS_ONLY = re.compile(r"^[\W_]*$")
_MARKS_ONLY = re.compile(r"^[\s?？!！.。…,，]*[?？][\s?？!！.。…,，]*$")
PRICE = "price.discount"
_HAGGLES = re.compile(
    r"最低.{0,4}(?:多少|几|价)|多少.{0,3}拿下|优惠多少|(?:打|有)?折(?:扣)?(?:不|吗|么|多少)|能不能(?:再)?(?:便宜|少)|能便宜|便宜点|少点"
)
MOST_SUGGESTIONS = 3
PLAUSIBLE = 0.03
"""A topic with a smaller share of all topics is not offered: a button that nobody meant looks foolish."""
PLAUSIBLE_DIALOGUE = 0.15
"""A dialogue is offered beside the topics from this confidence on."""
NEAR = 0.5
"""A topic with this share of all topics is offered although the message as a whole was not understood."""
UNDERSTOOD = frozenset({"affirm", "deny"})
"""A yes or no that answers no question is no gap in what the assistant knows."""


class AnswerFaq(DealerAction):
    """One topic answered (and what else was asked in the same message), or two to three topics offered."""

    action_name = "action_answer_faq"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        elsewhere = _elsewhere(turn)
        if elsewhere:
            return [FollowupAction(elsewhere)]
        topic = _topic(turn)
        if topic == PRICE and _haggles(turn):
            turn.say(f"{FAQ_PREFIX}{topic}")
            turn.say("utter_offer_adviser")
            offer = {"pending_offer": "human", "handoff_reason": HandoffReason.HAGGLING.value}
            return [SlotSet("misunderstandings", None), *set_slots(offer)]
        if self._is_clear(turn) and topic in turn.content.faq:
            turn.say(f"{FAQ_PREFIX}{topic}")
            for other in turn.also_asked:
                turn.say(f"{FAQ_PREFIX}{other}")
            return [SlotSet("misunderstandings", None)]
        dialogues = _plausible_dialogues(turn)
        suggestions = _plausible_topics(turn, beside=len(dialogues))
        buttons = [*topic_buttons(turn, suggestions), *map(dialogue_button, dialogues)]
        if not suggestions or buttons == turn.offered_topics:  # the same choice again helps nobody
            return misunderstood(turn)
        turn.say("utter_clarify", buttons=buttons)
        _store(turn, Kind.CLARIFICATION, [*suggestions, *dialogues])
        return []

    def _is_clear(self, turn: Turn) -> bool:
        return turn.is_payload or turn.decision.get("kind") == "answer"


def _haggles(turn: Turn) -> bool:
    """ "x5最低多少能拿下": what the FAQ says, and a person to talk about it with."""
    return not turn.is_payload and PRICE in turn.content.faq and bool(_HAGGLES.search(turn.text))


def _topic(turn: Turn) -> str | None:
    """The topic; whether one can test-drive on a Monday is no question about the workshop's weekend."""
    topic = turn.last("topic") or turn.faq.get("id")
    is_of_drive = DRIVE.search(turn.text) and not SERVICE.search(turn.text)
    return "store.hours" if topic == "service.weekend" and is_of_drive else topic


def _elsewhere(turn: Turn) -> str | None:
    """The action that does what was put as a question: 查预约 KHM374, 能提前半小时吗, 车胎扎了 浙A·D1001 补一下."""
    topic = str(turn.faq.get("id"))
    if turn.values("booking_code") and topic.startswith("booking."):
        return "action_start_existing_booking"
    if turn.is_payload or turn.active_form:
        return None
    shifts = turn.slot("known_booking") and shift_of(turn.text)
    if shifts or wants_other_adviser(turn) or wants_other_jobs(turn):
        return "action_change_afterwards"
    wants_mending = turn.values("plate") or _MEND.search(turn.text)
    if topic == "repair.flat_tire" and wants_mending:
        return "action_start_service_visit"
    return dialogue_behind(turn, topic) if turn.decision.get("kind") == "answer" else None


def answer_refund(turn: Turn) -> bool:
    """Money that is to be given back is no visit to be cancelled: what the contract says about it."""
    if turn.is_payload or not _REFUND.search(turn.text):
        return False
    turn.say(f"{FAQ_PREFIX}{'price.deposit' if _DEPOSIT.search(turn.text) else 'buy.cancel_order'}")
    return True


def _plausible_topics(turn: Turn, beside: int) -> list[str]:
    """Those worth offering, best first; two at least where there is nothing else to choose."""
    scores = {found["id"]: found["score"] for found in turn.faq.get("ranking") or ()}
    known = [id_ for id_ in turn.decision.get("suggestions") or () if id_ in turn.content.faq]
    likely = [id_ for id_ in known if scores.get(id_, 0.0) >= PLAUSIBLE]
    least = max(1, 2 - beside)
    return (likely if len(likely) >= least else known[:least])[: MOST_SUGGESTIONS - beside]


def _plausible_dialogues(turn: Turn) -> list[str]:
    """At most one: the dialogue that the message may ask for instead (首保?)."""
    wanted = [found["name"] for found in turn.intents if found["confidence"] >= PLAUSIBLE_DIALOGUE]
    return [name for name in wanted if name in TITLES][:1]


class NotUnderstood(DealerAction):
    """Says what the assistant can do; the second time in a row it offers a person."""

    action_name = "action_not_understood"
    keeps_misunderstandings = True

    def perform(self, turn: Turn) -> Events:
        if _SYMBOLS_ONLY.match(turn.text):
            turn.say("utter_marks_only" if _MARKS_ONLY.match(turn.text) else "utter_symbols_only")
            return []
        begun = None if turn.active_form else visit_begun(turn)
        begun = "action_change_afterwards" if wants_other_adviser(turn) else begun
        return [FollowupAction(begun)] if begun else misunderstood(turn)


def misunderstood(turn: Turn) -> Events:
    """Count a misunderstanding, answer it, and put it on the unanswered list."""
    near = [found["id"] for found in turn.faq.get("ranking") or () if found["score"] >= NEAR]
    near = [topic for topic in near if topic in turn.content.faq][:MOST_SUGGESTIONS]
    if turn.intent not in UNDERSTOOD:
        _store(
            turn, Kind.FALLBACK, [found["id"] for found in turn.faq.get("ranking") or ()][:MOST_SUGGESTIONS]
        )
    if _has_no_answer(turn):
        turn.say("utter_no_answer")
        return [SlotSet("pending_offer", "human"), SlotSet("handoff_reason", "question_without_answer")]
    count = int(turn.slot("misunderstandings") or 0) + 1
    if count >= 2:
        turn.say("utter_offer_person")
        return [
            SlotSet("misunderstandings", None),
            SlotSet("pending_offer", "human"),
            SlotSet("handoff_reason", "two_misunderstandings"),
        ]
    if turn.active_form:
        turn.say("utter_not_understood_in_form")
    elif near and turn.intent not in UNDERSTOOD:
        turn.say("utter_not_understood_near", buttons=topic_buttons(turn, near))
    else:
        turn.say("utter_not_understood")
    return [SlotSet("misunderstandings", count)]


def _has_no_answer(turn: Turn) -> bool:
    """A question about cars that was understood, and that no topic answers."""
    asked = any(found["name"] == "faq" and found["confidence"] >= NEAR for found in turn.intents)
    return asked and turn.active_form is None and turn.faq.get("none", 0.0) >= NEAR


def ask_again(turn: Turn) -> Events:
    """A yes to a choice of topics does not say to which of them."""
    turn.say("utter_clarify", buttons=turn.offered_topics)
    wait_again(turn.database, turn.conversation_id, turn.now)
    return []


def topic_buttons(turn: Turn, topics: Sequence[str]) -> list[dict[str, str]]:
    return [{"title": turn.content.faq[id_].title, "payload": topic_payload(id_)} for id_ in topics]


def _store(turn: Turn, kind: Kind, offered: Sequence[str]) -> None:
    """Put the message on the unanswered list, with the topics and dialogues that were offered."""
    scores = {found["name"]: found["confidence"] for found in turn.intents}
    scores.update({found["id"]: found["score"] for found in turn.faq.get("ranking") or ()})
    candidates = [{"id": id_, "score": round(scores.get(id_, 0.0), 4)} for id_ in offered]
    record(
        turn.database,
        Heard(turn.conversation_id, turn.seq, kind, turn.text, candidates, turn.intents[:3]),
        turn.now,
    )
