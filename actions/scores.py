"""A score and a word: what the customer thinks of the adviser, or of the visit."""

from __future__ import annotations

import re

from rasa_sdk.events import FollowupAction

from actions.base import DealerAction, Events, Turn
from actions.faq import misunderstood
from actions.known_facts import summary
from actions.score_answers import answered_otherwise, comment_wanted, corrected, score_said
from actions.survey_answers import comment_on, keep, survey_answer
from bot.domain.cases import CaseKind
from bot.domain.conversation import HandoffReason, is_online, next_online
from bot.services import scores
from bot.services.cases import open_case, update_case
from bot.services.queue import place_in_queue
from bot.services.scores import ScoreView, score_buttons
from bot.services.wording import say_opening

OURS = "我们"
"""Whom a score is about when it is asked for again."""
_OF_SCORES = re.compile(r"[分星评]")


class GiveScore(DealerAction):
    """Keeps the score, thanks for it, and has somebody look at a low one."""

    action_name = "action_give_score"

    def perform(self, turn: Turn) -> Events:
        listen = [FollowupAction("action_listen")]
        answer = survey_answer(turn)
        if answer is not None:
            return [*keep(turn, answer), *listen]
        refused = answered_otherwise(turn)
        if refused is not None:
            return [*_answer(turn, refused), *listen]
        better = corrected(turn)
        if better is not None and (
            given := scores.correct(turn.database, turn.conversation_id, better, turn.now)
        ):
            return [*_thank(turn, given, ""), *listen]
        score, word, subject = _pressed(turn) or score_said(turn)
        if score is None:
            return [*_comment(turn), *listen]
        given = scores.give(turn.database, turn.conversation_id, score, turn.now, subject)
        if given is None:
            return [*_not_asked(turn), *(listen if not turn.active_form else [])]
        if word:
            scores.comment(turn.database, given.id, word)
        return [*_thank(turn, given, word), *listen]


def _thank(turn: Turn, given: ScoreView, word: str) -> Events:
    if given.score is None or given.score <= turn.dealership.handoff.score.low:
        return _have_it_looked_at(turn, given, word)
    turn.say("utter_score_thanks", score=given.score)
    return []


def _answer(turn: Turn, refused: bool) -> Events:
    """Nobody has to give a score; what is none of 1 to 5 is asked again, with the buttons."""
    asked = scores.waiting(turn.database, turn.conversation_id, turn.now)
    if refused:
        turn.say("utter_noted")
    elif asked is None:
        return _not_asked(turn)
    else:
        turn.say("utter_ask_score", name=OURS, buttons=list(score_buttons(asked.subject)))
    return []


def _pressed(turn: Turn) -> tuple[int, str, str | None] | None:
    """Score and subject of a button."""
    score = turn.last("score")
    valid = turn.is_payload and str(score).isdigit()
    return (int(score), "", turn.last("subject")) if valid else None


def _comment(turn: Turn) -> Events:
    if comment_wanted(turn) and comment_on(turn):
        turn.say("utter_score_word_thanks")
        return []
    given = scores.given_last(turn.database, turn.conversation_id, turn.now)
    if given is None or not comment_wanted(turn):
        return _not_asked(turn)
    scores.comment(turn.database, given.id, turn.text)
    turn.say("utter_score_word_thanks")
    return []


def _not_asked(turn: Turn) -> Events:
    """Nothing waits for a score: it was given before, or what was said is none."""
    if not turn.is_payload and not _OF_SCORES.search(turn.text):
        return misunderstood(turn)
    known = scores.given_last(turn.database, turn.conversation_id, turn.now)
    turn.say("utter_score_known" if known else "utter_score_not_asked")
    return []


def _have_it_looked_at(turn: Turn, given: ScoreView, word: str) -> Events:
    """A person is called, or has it as a case for the morning."""
    hours, reason = turn.dealership.profile.consultants_online, HandoffReason.LOW_SCORE.value
    about = {"score": given.score, "occasion": given.occasion.value, "subject": given.subject}
    about |= {"scored": given.username} if given.username else {}
    known = summary(turn, about | ({"comment": word} if word else {}))
    if is_online(hours, turn.now):
        place = place_in_queue(turn.database, turn.conversation_id, reason, known)
        turn.hand_over("utter_score_low", reason, known, place=place)
        return []
    due = next_online(hours, turn.now)
    case = open_case(
        turn.database,
        CaseKind.CALLBACK,
        turn.conversation_id,
        turn.now,
        {"reason": reason, **known},
        due,
    )
    phone = known["facts"].get("known_phone")
    update_case(turn.database, case, turn.now, phone, {"complete": True})
    turn.say("utter_score_low_later", when=say_opening(due, turn.now.date()))
    return []
