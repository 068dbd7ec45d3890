"""How far a car has been driven, as customers say it: 三万二, 3.2万公里, 开了5000."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.understanding.numbers import to_number

MOST_KM = 2_000_000
FEWEST_KM = 100
"""Below this a distance is a way to drive (往南两公里), unless the car is said to have run it."""

FEWEST_BARE_KM = 500
"""A smaller bare number beside other facts may be anything."""

_CLAUSE = re.compile(r"[^\s,.。;!、□]+(?:\.\d[^\s,.。;!、□]*)?")
_NUMBER = (
    r"(?:\d[\d,]*(?:\.\d+)?|[零〇一二两三四五六七八九十百千万])(?:[万千百十wk零〇一二两三四五六七八九\d]"
    r"|\.\d)*"
)
_ABOUT = r"(?:多|来|几|出头|\+)?"
_KM = r"(?:公里|千米|km|kms)(?!/|每|小时|加速|续航)"
_MEASURED = re.compile(rf"(?<![\d.a-z一二三四五六七八九十万千百零])(?P<number>{_NUMBER}){_ABOUT} ?{_KM}")
_DRIVEN = re.compile(
    r"(?P<lead>里程(?:数|表)?|公里数|(?:已经?|一共|才|总共|大概)?(?:开|跑|行驶)(?:了|到|过)|表显|码表|表上)"
    r"[:是有显示大小概约差不多快将近才都已经到应该写的填成为改错说搞了对, ]{0,8}"
    rf"(?P<number>{_NUMBER}){_ABOUT}(?P<unit> ?{_KM})?(?![年天月次个周小分点%趟位辆元块台人圈])"
)
_SAID = re.compile(
    rf"(?:(?<=[□,\s我了在年车快才都是刚跑])|(?<=刚过))(?P<number>(?=[\d.一二三四五六七八九十两]+[万千]){_NUMBER})"
    rf"{_ABOUT}(?=了|,|$| )"
)
_CAR = re.compile(r"保养|质保|保修|出保|过保|在保|保不保|我的?车|这车|检查")
_OF_ME = re.compile(
    r"里程|公里数|你们?(?:估|记|算)|(?:我|俺|我的|这)(?:这|的)?车?(?:这|现在|目前|才|都|已经|刚|也?就|应该|是)+(?:跑|开|到|过|是)?了?[\d.一二三四五六七八九十两]+[万千]"
)
_WISH_TO_BUY = re.compile(r"买|选|推荐|手[里头上]|攒|凑|款|台|拿下|预算")
_MONEY = re.compile(r"[元块钱价贷]|首付|预算|优惠|便宜|落地|定金|订金")
_SINCE = re.compile(r"上次|上回|又|距")
_WHOLE = re.compile(
    r"[\s,.。:!]*(?:大概|大约|差不多|小|快|将近|接近|不到|(?:还)?没到|刚|刚过|有|已经|现在|目前|应该|是|约|才|一共|对|嗯"
    r"|不对|说错了|我|这车|都|,|\s)*"
    rf"(?P<number>{_NUMBER}){_ABOUT} ?(?:公里|千米|km)?(?:左右|上下|吧|了|的样子|出头|一点|的|公里|,"
    rf"|\s)*[\s,.。!]*"
)
_NOT_DRIVEN_BEFORE = re.compile(
    r"(?:每|每隔|间隔|隔|保修|质保|包|续航|百|年或?者?|年/|年、|月或?者?|超过?|满|(?<!没)到|到达|首保|里|还有|还差|还剩|差)$"
)
_NOT_DRIVEN_AFTER = re.compile(
    r"(?:一次|的?[大小]?保养|(?:左右)?(?:做|换|一)?(?:一次)?保养一次|续航|质保|保修|以内|之内|就要|换一次|该换)"
)


@dataclass(frozen=True)
class Mileage:
    """A distance in km at [start, end) of the folded text."""

    km: int
    start: int
    end: int


def find_mileages(folded: str, is_form_data: bool = False) -> list[Mileage]:
    """The distances that the customer's car has run, in order.

    A bare number counts when it is the whole message, or, in a message of nothing but facts (`is_form_data`), a clause.
    """
    if is_bare_number(folded):
        return _bare(folded, 0, FEWEST_KM)
    driven = list(_driven(folded))
    taken = {position for item in driven for position in range(item.start, item.end)}
    measured = [item for item in _measured(folded) if not taken.intersection(range(item.start, item.end))]
    if not (driven or measured) and is_form_data:
        clauses = (_bare(clause[0], clause.start(), FEWEST_BARE_KM) for clause in _CLAUSE.finditer(folded))
        return [item for clause in clauses for item in clause][:1]
    return sorted(driven + measured, key=lambda item: item.start)


def is_bare_number(text: str) -> bool:
    """Whether a text is a number and nothing else but words like 大概 and 公里."""
    return _WHOLE.fullmatch(text) is not None


def _bare(text: str, offset: int, fewest: int) -> list[Mileage]:
    match = _WHOLE.fullmatch(text)
    found = _mileage(match, fewest) if match else None
    return [Mileage(found.km, found.start + offset, found.end + offset)] if found else []


def _driven(folded: str) -> Iterator[Mileage]:
    for match in _DRIVEN.finditer(folded):
        if not _SINCE.search(folded[max(0, match.start() - 8) : match.start()]):
            found = _mileage(match, 1 if match["unit"] else FEWEST_KM)
            if found is not None:
                yield found
    if _speaks_of_the_car(folded) and not _MONEY.search(folded):
        for match in _SAID.finditer(folded):
            if folded[: match.start()].endswith("不是"):
                continue
            found = _mileage(match, FEWEST_BARE_KM)
            if found is not None:
                yield found
            return


def _speaks_of_the_car(folded: str) -> bool:
    return bool(_CAR.search(folded) or (_OF_ME.search(folded) and not _WISH_TO_BUY.search(folded)))


def _measured(folded: str) -> Iterator[Mileage]:
    for match in _MEASURED.finditer(folded):
        before, after = (
            folded[max(0, match.start() - 4) : match.start()],
            folded[match.end() : match.end() + 8],
        )
        if _NOT_DRIVEN_BEFORE.search(before) or _NOT_DRIVEN_AFTER.match(after):
            continue
        found = _mileage(match, FEWEST_KM)
        if found is not None:
            yield found


def _mileage(match: re.Match[str], fewest: int) -> Mileage | None:
    number = match["number"]
    value = to_number(number)
    if value is None or not fewest <= round(value) <= MOST_KM or number in ("百", "千", "万"):
        return None
    return Mileage(round(value), match.start("number"), _end(match))


def _end(match: re.Match[str]) -> int:
    """The end of the number and what belongs to it (多公里), without particles."""
    tail = re.match(rf"{_ABOUT} ?(?:公里|千米|kms?)?", match.string[match.end("number") : match.end()])
    return match.end("number") + (len(tail[0].rstrip()) if tail else 0)
