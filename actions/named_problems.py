"""What is wrong with what a customer gave, said by its name: a plate that is too short, two models in one wish."""

from __future__ import annotations

import re
from itertools import pairwise

from actions.base import Turn
from bot.services.wording import say_plate

ORDINARY_TAIL, LONGEST_TAIL = 5, 6
"""Characters after province and letter; the longer one is that of new-energy cars (GA 36-2018)."""
_TOGETHER = re.compile(r"和|跟|与|、|还有|以及|或|&|加|都|两款|两台|两辆|分别")


def name_plate_problem(turn: Turn) -> bool:
    """Say what is wrong with a plate and take it out of the turn; False when there is none to speak of."""
    number = turn.last("plate_invalid")
    if number is None or turn.values("plate"):
        return False
    turn.entities = [found for found in turn.entities if found.get("entity") != "plate_invalid"]
    surplus = len(number[2:]) - ORDINARY_TAIL
    if number[0].isascii():
        turn.say("utter_plate_no_province", plate=number)
    elif re.search("[IO]", number[2:]):
        turn.say("utter_plate_letters", plate=say_plate(number))
    elif surplus < 0:
        turn.say("utter_plate_short", plate=say_plate(number), missing=-surplus)
    else:
        turn.say("utter_plate_long", plate=say_plate(number), surplus=surplus)
    return True


def keep_first_model(turn: Turn) -> None:
    """Of several models wished for at once (S6和X5都想试) keep the first one, and say when the others' turn comes."""
    models = list(dict.fromkeys(turn.values("model")))
    if len(models) < 2 or turn.is_payload or not _named_together(turn):
        return
    first, *others = (turn.dealership.model(model).name for model in models)
    turn.say("utter_one_model_first", first=first, others="、".join(others))
    turn.entities = [
        found for found in turn.entities if found.get("entity") != "model" or found.get("value") == models[0]
    ]


def _named_together(turn: Turn) -> bool:
    """Whether a word of listing stands between the models: not in "开的是S6，想试X5"."""
    found = turn.values_of({"model"})
    between = [turn.text[left["end"] : right["start"]] for left, right in pairwise(found)]
    return all(len(gap) <= 4 and _TOGETHER.search(gap) for gap in between)
