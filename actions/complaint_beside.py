"""A complaint in the middle of changing or cancelling a visit: recorded first, and then the visit goes on."""

from __future__ import annotations

import re

from rasa_sdk.events import FollowupAction

from actions.base import Events, Turn, set_slots
from actions.existing_bookings import FORM, visit_of
from actions.several import dialogue_button
from bot.services.visits import BookedVisit

MOVE = "change_booking"
_COMPLAINT = "complaint_form"
_CLAUSE = re.compile(r"[^，,。！!？?；;\n]+")
_MOVES = re.compile(
    r"改(?:到|成|期|约|在|时间)|挪到|换[到成]|换[^，,]{1,5}接待|(?:[能想要请]|帮我?)[^，,]{0,4}(?:推迟|提前|延[后期])"
)


_TOLD = re.compile(r"上次|上回|之前|已经|答应|说好|给我改")
"""Such a move belongs to the complaint (上次答应改到周三)."""


def visit_in_hand(turn: Turn) -> BookedVisit | None:
    """The visit that is being changed or cancelled while the complaint is told; code and phone have named it."""
    beside = turn.active_form == _COMPLAINT and turn.slot("paused_form") == FORM.name
    return visit_of(turn, FORM.draft(turn)) if beside or turn.active_form == FORM.name else None


def _read_move(turn: Turn) -> Events:
    """The slots of the move that is asked for along with the complaint, whose days and stores are no wish."""
    begins = _move_begins(turn.text)
    if begins is None or turn.is_payload:
        return []
    before = FORM.draft(turn)
    draft, text, entities = dict(before), turn.text, turn.entities
    turn.text = text[begins:]
    turn.entities = [
        {**found, "start": found["start"] - begins, "end": found["end"] - begins}
        for found in entities
        if found["start"] >= begins
    ]
    FORM.read_move(turn, draft)
    turn.text, turn.entities = text, entities
    return set_slots(draft, before)


def without_move(turn: Turn, text: str) -> str:
    """What is complained of in the middle of a change, without the move that is asked for after it."""
    begins = _move_begins(text) if turn.active_form == FORM.name and visit_in_hand(turn) else None
    return text[:begins].strip(" ,，") if begins else text


def begin_beside(turn: Turn, is_told: bool) -> Events:
    """What the complaint does to the visit in hand: a move asked for with it comes next, or at a button's click."""
    if turn.active_form != FORM.name or visit_in_hand(turn) is None:
        return []
    if not is_told and _move_begins(turn.text) is not None and MOVE not in turn.also_wanted:
        waiting = dialogue_button(MOVE)
        turn.say("utter_also_wanted", buttons=[waiting], others=waiting["title"])
    return _read_move(turn)


def go_on(turn: Turn) -> Events:
    """Back to the visit that the complaint came in the way of; nothing where none is known."""
    if turn.slot("paused_form") != FORM.name or visit_of(turn, FORM.draft(turn)) is None:
        return []
    waiting = [intent for intent in turn.slot("also_wanted") or () if intent not in FORM.own_intents]
    done = {"paused_form": None, "also_wanted": waiting or None}
    return [*set_slots(done), FollowupAction(FORM.name)]


def _move_begins(text: str) -> int | None:
    """Where the clause begins that asks for a move."""
    clauses = (found for found in _CLAUSE.finditer(text) if _MOVES.search(found[0]))
    return next((found.start() for found in clauses if not _TOLD.search(found[0])), None)
