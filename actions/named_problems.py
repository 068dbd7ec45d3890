"""What is wrong with what a customer gave, said by its name: a plate that is too short, two models in one wish."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.services.wording import say_plate

if TYPE_CHECKING:
    from actions.base import Turn

ORDINARY_TAIL, LONGEST_TAIL = 5, 6
"""Characters after province and letter; the longer one is that of new-energy cars (GA 36-2018)."""
_OTHER_MAKERS = (
    "宝马|奔驰|奥迪|大众|丰田|本田|日产|别克|雪佛兰|福特|特斯拉|比亚迪|吉利|长安|长城|哈弗|奇瑞|蔚来|理想|小鹏|问界|极氪|零跑|小米"
    "|沃尔沃|雷克萨斯|凯迪拉克|路虎|捷豹|保时捷|马自达|现代|起亚|红旗|五菱|荣威|名爵|传祺|埃安|领克|坦克|捷途|深蓝|智己|腾势|仰望"
)
_FOREIGN = re.compile(
    rf"(?:{_OTHER_MAKERS})(?:家?的)?[ ]?(?:[A-Za-z]{{1,6}}[ -]?\d{{0,3}}(?:[A-Za-z](?![A-Za-z]))?|\d{{1,3}})?"
    r"|(?<![A-Za-z0-9·])(?:[A-Za-z]{1,2}[ -]?\d{1,2}(?![\dA-Za-z·.点号:：])|[Mm]odel ?[3SXYsxy])"
)
_WISHED_BEFORE = re.compile(r"(?:试驾|试开|试乘|试|约|换成|改成|换|改)(?:一?下|个|辆|台|款|你们|的|[ ])*$")
_AROUND = 4
_TOGETHER = re.compile(r"和|跟|与|、|还有|以及|或|&|加|都|两款|两台|两辆|分别|[他她][要想]?[开试]")


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


def foreign_model(turn: Turn) -> str | None:
    """The model that is wished for and not built here (X9, 宝马X3); None without one."""
    if turn.is_payload or turn.values_of({"model", "booking_code", "plate", "plate_invalid"}):
        return None
    found = _FOREIGN.search(turn.text)
    if found is None:
        return None
    is_wished = _WISHED_BEFORE.search(turn.text[: found.start()]) is not None
    is_all = len(turn.text.strip()) - len(found[0]) <= _AROUND
    return found[0].strip() if is_wished or is_all else None


def _named_together(turn: Turn) -> bool:
    """Whether a word of listing stands between the models: not in "开的是S6，想试X5"."""
    found = turn.values_of({"model"})
    between = [turn.text[left["end"] : right["start"]] for left, right in pairwise(found)]
    return all(len(gap) <= 4 and _TOGETHER.search(gap) for gap in between)
