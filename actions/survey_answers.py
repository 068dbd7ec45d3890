"""Answers to the questions after a test drive, a service and a complaint: numbers and words, and what follows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from actions.star_words import stars_in
from bot.domain.surveys import Question, number_said, valued
from bot.services import surveys
from bot.services.offers import latest_notice
from bot.services.surveys import ASK_COMPLAINT, ASK_VISIT, Given, SurveyView, buttons_of
from bot.services.wording import say_time

if TYPE_CHECKING:
    from actions.base import Events, Turn

ASKED_BY = frozenset({ASK_VISIT, ASK_COMPLAINT})
ASKED_IN_TURN = frozenset({"utter_survey_next", "utter_survey_again"})
COMMENTED = frozenset({"utter_survey_thanks", "utter_survey_low"})
"""What asks for a word."""
LONGEST_WORDS = 12
LONGEST = 60
"""A longer message tells something, whatever number it begins with."""


@dataclass(frozen=True)
class SurveyAnswer:
    """A value on the question's scale, None for what is none of it, and the words that came with it."""

    survey: str
    question: Question
    value: int | None
    word: str = ""


def is_survey_answer(turn: Turn) -> bool:
    """Whether a message in words answers the question that waits."""
    return not turn.is_payload and not turn.active_form and _said(turn) is not None


def survey_answer(turn: Turn) -> SurveyAnswer | None:
    """The answer of a button or in words; None for what is none."""
    return _pressed(turn) if turn.is_payload else _said(turn)


def keep(turn: Turn, answer: SurveyAnswer) -> Events:
    """Keep it, and ask what is next, thank, or say who will call."""
    if answer.value is None:
        again = list(buttons_of(answer.survey, answer.question))
        turn.say("utter_survey_again", question=answer.question.text, buttons=again)
        return []
    given = surveys.give(
        turn.database,
        turn.dealership,
        turn.conversation_id,
        answer.value,
        turn.now,
        answer.survey,
        answer.question.id,
    )
    if given is None:
        turn.say("utter_score_known")
        return []
    if answer.word:
        surveys.comment(turn.database, given.survey.id, answer.word)
    _go_on(turn, given)
    return []


def comment_on(turn: Turn) -> bool:
    """Keep a word that follows a survey; False where none was just answered."""
    if not turn.said_before & COMMENTED:
        return False
    last = surveys.answered_last(turn.database, turn.dealership, turn.conversation_id, turn.now)
    if last is None:
        return False
    surveys.comment(turn.database, last.id, turn.text)
    return True


def _go_on(turn: Turn, given: Given) -> None:
    if given.opened_task:
        hours = turn.dealership.surveys.task_hours
        turn.say("utter_survey_low", when=say_time(turn.now + timedelta(hours=hours)))
    if given.survey.next is not None:
        asked = given.survey.next
        more = list(buttons_of(given.survey.id, asked))
        turn.say("utter_survey_next", question=asked.text, buttons=more)
    elif not given.opened_task:
        turn.say("utter_survey_thanks")


def _pressed(turn: Turn) -> SurveyAnswer | None:
    about, score = surveys.split_subject(turn.last("subject")), str(turn.last("score"))
    if about is None or not score.isdigit():
        return None
    id_, question_id = about
    sheets = turn.dealership.surveys
    known = (q for sheet in (sheets.test_drive, sheets.service, sheets.complaint) for q in sheet)
    question = next((each for each in known if each.id == question_id), None)
    return None if question is None else SurveyAnswer(id_, question, int(score))


def _said(turn: Turn) -> SurveyAnswer | None:
    """A number or a word of praise or blame just after the question; "90分" at any time while a question waits."""
    if len(turn.text) > LONGEST or turn.is_question:
        return None
    number, stars = number_said(turn.text), _stars(turn.text)
    if number is None and stars is None:
        return None
    is_just_asked = _just_asked(turn)
    if not is_just_asked and not (number is not None and number.has_unit):
        return None
    waiting = surveys.waiting(turn.database, turn.dealership, turn.conversation_id, turn.now)
    if waiting is None or waiting.next is None:
        return None
    if number is None or (number.word and not number.has_unit):
        return None if stars is None else _in_stars(waiting, waiting.next, stars)
    value = valued(waiting.next, number.value, number.value == 100)
    return SurveyAnswer(waiting.id, waiting.next, value, number.word)


def _in_stars(waiting: SurveyView, question: Question, stars: int) -> SurveyAnswer | None:
    """Words are no number of ten for a recommendation."""
    if question.scale.value == "nps":
        return None
    return SurveyAnswer(waiting.id, question, valued(question, stars))


def _stars(text: str) -> int | None:
    return stars_in(text) if len(text) <= LONGEST_WORDS else None


def _just_asked(turn: Turn) -> bool:
    if turn.said_before & ASKED_IN_TURN:
        return True
    notice = latest_notice(turn.database, turn.conversation_id)
    return bool(notice is not None and notice[0] in ASKED_BY and notice[2])
