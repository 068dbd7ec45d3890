"""Number plates of mainland China: ordinary ones and those of new-energy cars (GA 36-2018)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
NAMES = {
    "北京": "京", "天津": "津", "上海": "沪", "重庆": "渝", "河北": "冀", "河南": "豫", "云南": "云", "辽宁": "辽",
    "黑龙江": "黑", "湖南": "湘", "安徽": "皖", "山东": "鲁", "新疆": "新", "江苏": "苏", "浙江": "浙", "江西": "赣",
    "湖北": "鄂", "广西": "桂", "甘肃": "甘", "山西": "晋", "内蒙古": "蒙", "内蒙": "蒙", "陕西": "陕", "吉林": "吉",
    "福建": "闽", "贵州": "贵", "广东": "粤", "青海": "青", "西藏": "藏", "四川": "川", "宁夏": "宁", "海南": "琼",
}  # fmt: skip
_PROVINCE = rf"(?:{'|'.join(NAMES)}|[{PROVINCES}])牌?"
_DOT = r"[ ·・•.。\-_:]{0,2}"
_SPACED = re.compile(
    rf"{_PROVINCE} ?[a-hj-np-z]{_DOT}(?P<tail>[a-hj-np-z0-9](?: ?[a-hj-np-z0-9]){{4,5}}"
    rf"|[a-hj-np-z0-9]{{4}}[学警港澳挂领使])(?![a-z0-9])"
)
_NO_PROVINCE = re.compile(
    rf"(?:(?P<said>车牌号?|牌照号?|牌号|车号)[是为:,]?|^)[ ]*"
    rf"(?P<number>[a-hj-np-z]{_DOT}[a-hj-np-z0-9]{{5,6}})(?![a-z0-9])"
)
_SOLID = re.compile(rf"{_PROVINCE} ?[a-z]{_DOT}(?P<tail>[a-z0-9]{{3,8}})(?![a-z0-9])")
_NEW_ENERGY = re.compile(r"[a-hjk][a-hj-np-z0-9]\d{4}|\d{5}[a-hjk]")
_ORDINARY = re.compile(r"(?=.*\d)[a-hj-np-z0-9]{5}|[a-hj-np-z0-9]{4}[学警港澳挂领使]")


@dataclass(frozen=True)
class Plate:
    """A plate at [start, end), in capitals and without the dot.

    Not `is_valid`: wrong in length or letters, or without the character of the province (AD1001).
    """

    number: str
    start: int
    end: int
    is_valid: bool


def find_plates(folded: str) -> list[Plate]:
    """The plates in a folded text, in order, the misspelt ones among them."""
    valid = list(_valid(folded))
    taken = {position for plate in valid for position in range(plate.start, plate.end)}
    misspelt = [*_wrong(folded), *_without_province(folded)]
    wrong = [plate for plate in misspelt if not taken.intersection(range(plate.start, plate.end))]
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
    return re.match(r"[3567] \d{3,}", tail) is not None


def _wrong(folded: str) -> Iterator[Plate]:
    for match in _SOLID.finditer(folded):
        tail = match["tail"]
        number = _canonical(match[0])
        if sum(char.isdigit() for char in tail) >= 3 and not is_plate(number):
            yield Plate(number, match.start(), match.end(), False)


def _without_province(folded: str) -> Iterator[Plate]:
    """AD1001 after 车牌, or as the whole message; a booking code (KHM374) is none."""
    for match in _NO_PROVINCE.finditer(folded):
        number = _canonical(match["number"])
        is_whole = match.start() == 0 and not folded[match.end() :].strip(" .。!,")
        is_code = re.fullmatch(r"[A-Z]{3}[2-9]{3}", number) is not None
        if (
            (match["said"] or (is_whole and not is_code))
            and is_plate("?" + number)
            and sum(map(str.isdigit, number)) > 2
        ):
            yield Plate(number, match.start("number"), match.end("number"), False)


def is_plate(number: str) -> bool:
    """Whether a plate in canonical form (浙AD1001) has a valid length and valid letters."""
    tail = number[2:].lower()
    return _ORDINARY.fullmatch(tail) is not None or _NEW_ENERGY.fullmatch(tail) is not None


def _canonical(text: str) -> str:
    number = re.sub(r"[^0-9A-Z一-鿿]|牌", "", text.upper())
    name = next((name for name in NAMES if number.startswith(name)), None)
    return NAMES[name] + number[len(name) :] if name else number
