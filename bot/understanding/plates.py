"""Number plates of mainland China: ordinary ones and those of new-energy cars (GA 36-2018)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_DOT = r"[ ·・•.。\-_]{0,2}"
_SPACED = re.compile(
    rf"[{PROVINCES}] ?[a-hj-np-z]{_DOT}(?P<tail>[a-hj-np-z0-9](?: ?[a-hj-np-z0-9]){{4,5}}"
    rf"|[a-hj-np-z0-9]{{4}}[学警港澳挂领使])(?![a-z0-9])"
)
_SOLID = re.compile(rf"[{PROVINCES}] ?[a-z]{_DOT}(?P<tail>[a-z0-9]{{3,8}})(?![a-z0-9])")
_NEW_ENERGY = re.compile(r"[a-hjk][a-hj-np-z0-9]\d{4}|\d{5}[a-hjk]")
_ORDINARY = re.compile(r"(?=.*\d)[a-hj-np-z0-9]{5}|[a-hj-np-z0-9]{4}[学警港澳挂领使]")


@dataclass(frozen=True)
class Plate:
    """A plate at [start, end), in capitals and without the dot; wrong in length or letters when not `is_valid`."""

    number: str
    start: int
    end: int
    is_valid: bool


def find_plates(folded: str) -> list[Plate]:
    """The plates in a folded text, in order, the misspelt ones among them."""
    valid = list(_valid(folded))
    taken = {position for plate in valid for position in range(plate.start, plate.end)}
    wrong = [plate for plate in _wrong(folded) if not taken.intersection(range(plate.start, plate.end))]
    return sorted(valid + wrong, key=lambda plate: plate.start)


def _valid(folded: str) -> Iterator[Plate]:
    for match in _SPACED.finditer(folded):
        for end in _possible_ends(match):
            number = _canonical(folded[match.start() : end])
            if is_plate(number) and not _is_model_and_number(match["tail"]):
                yield Plate(number, match.start(), end, True)
                break


def _possible_ends(match: re.Match[str]) -> list[int]:
    """The whole match, and the part before the last space (浙A D1001 5 people)."""
    last_space = match["tail"].rfind(" ")
    return [match.end()] if last_space < 0 else [match.end(), match.start("tail") + last_space]


def _is_model_and_number(tail: str) -> bool:
    """新 X5 3900: a model and a mileage after a word that ends in a province's character."""
    return re.match(r"[3567] \d", tail) is not None


def _wrong(folded: str) -> Iterator[Plate]:
    for match in _SOLID.finditer(folded):
        tail = match["tail"]
        number = _canonical(match[0])
        if sum(char.isdigit() for char in tail) >= 3 and not is_plate(number):
            yield Plate(number, match.start(), match.end(), False)


def is_plate(number: str) -> bool:
    """Whether a plate in canonical form (浙AD1001) has a valid length and valid letters."""
    tail = number[2:].lower()
    return _ORDINARY.fullmatch(tail) is not None or _NEW_ENERGY.fullmatch(tail) is not None


def _canonical(text: str) -> str:
    return re.sub(r"[^0-9A-Z一-鿿]", "", text.upper())
