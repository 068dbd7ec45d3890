"""What somebody wants a car for, as they say it: 预算15到20万, 三口之家, 上下班, 七座, 推荐码 K7M2PQ."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.understanding.numbers import to_number

Found = tuple[str, object, int, int]
"""Name, value, start and end in the folded text."""

LEAST, MOST = 30_000, 2_000_000
"""元: what a new car may cost; other sums are instalments, wages or distances."""
ABOUT = 0.1
"""左右 leaves a tenth to either side."""

_NUMBER = r"\d+(?:\.\d+)?|[一二两三四五六七八九十百]+"
_SUM = rf"(?P<low>{_NUMBER})(?:万|w)?(?:(?:块钱?|元)?(?:-|~|—|到|至)(?P<high>{_NUMBER}))?"
_UNIT = r"(?:万[一二三四五六七八九\d]?(?!\d)|w(?![a-z])|个(?![人座月位])|达不溜)"
_LEAD = (
    r"预算|价位|价格|手[里头上]|兜里|拢共|总共|控制在|不超过?|不要?超|最[高多]|顶多|至少|最低|起码|封顶|卡[在死]"
    r"|落地|落到|拿得出|凑了|攒了|准备花|打算花|想花"
)
_BETWEEN = r"(?:[是有就在大概约差不多为到了只能得给死个:, ]|不超过?|最[高多])*"
_TAIL = (
    r"左右|上下|以内|之内|以下|内|以上|起步|往上|出头|封顶|多|来万|的?预算|块|元|能买|买|落地"
    r"|的(?:车|suv|轿车)|档"
)
_LED = re.compile(rf"(?P<lead>{_LEAD}){_BETWEEN}{_SUM}(?P<unit>{_UNIT})(?P<tail>{_TAIL})?")
_TAILED = re.compile(rf"(?P<lead>){_SUM}(?P<unit>万|w|达不溜)(?P<tail>{_TAIL})")
_NOT_BEFORE = re.compile(
    r"(?:工资|月薪|收入|月供|首付|定金|订金|优惠|便宜|少|补贴|跑了?|开了?|里程|贷款?|押金|赔|卖了?|抵|值|一次|每次)[^,。]{0,4}$"
)
_NOT_AFTER = re.compile(r" ?(?:多)?(?:公里|千米|km|里(?!面)|次|年|人|字)")
_AT_MOST = re.compile(r"不超|不要?超|最[高多]|顶多|封顶|控制|卡|以内|之内|以下|^内")
_AT_LEAST = re.compile(r"至少|最低|起码|以上|起步|往上")
_ROUGHLY = re.compile(r"左右|出头|上下|来万|多|差不多|大概|约|档")

_SIGNS = {"一": 1, "两": 2, "俩": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8}
_COUNT = "[一二两俩三四五六七八1-8]"
_SEATS = re.compile(rf"(?P<n>{_COUNT})(?:个)?座(?![位城谈桥山])|坐(?:得下|下)?(?P<m>{_COUNT})(?:个|口)?人")
_PEOPLE = (
    (re.compile(rf"(?P<n>{_COUNT})口(?:之家|子?人)|(?:一家|家里?)(?P<m>{_COUNT})(?:口|个?人)"), None),
    (re.compile(r"三胎|三个(?:孩子|娃|小孩|宝宝)"), 5),
    (re.compile(r"二[胎孩宝]|两个?(?:孩子|娃|小孩|宝宝)|俩(?:孩子|娃)|双胞胎"), 4),
    (re.compile(r"带娃|奶爸|宝妈|有(?:了)?(?:孩子|娃|小孩|宝宝)|接送?(?:孩子|娃)"), 3),
    (re.compile(r"两口子|夫妻俩|小两口|夫妻两"), 2),
    (re.compile(r"就?我?(?<![两三四五六七八])一个人开|单身"), 1),
)
_USES = (
    ("commute", re.compile(r"上下班|通勤|代步|上班开|上班用|市区[里内]?开")),
    ("long_trip", re.compile(r"(?:跑|开)?长途|跑高速|自驾|常?出差|跑外地|回老家")),
    ("family", re.compile(r"家用|家庭|居家|接送?(?:孩子|娃|小孩)|带娃|奶爸|宝妈|买菜|全家|一家老小|给家里")),
    ("business", re.compile(r"商务|接待|接客户|见客户|谈生意|跑业务|公司用|撑[场门]面")),
    ("outdoors", re.compile(r"露营|越野|山路|烂路|土路|泥路|农村|下乡|钓鱼")),
    ("ride_hailing", re.compile(r"滴滴|网约车|跑出租|拉活|跑车拉人")),
    ("first_car", re.compile(r"新手|第一[辆台部]车|人生首车|刚拿(?:本|驾照)|练手")),
)
_ENERGY = (
    ("electric", re.compile(r"纯电|电动|新能源|(?<!充)(?<!家)电车|绿牌")),
    ("petrol", re.compile(r"油车|燃油|汽油车|烧油|加油的")),
    ("hybrid", re.compile(r"混动|插混|增程")),
)
_BODY = (("suv", re.compile(r"suv|越野车")), ("sedan", re.compile(r"轿车|三厢")))
_CODE = re.compile(
    r"(?:(?:推荐|邀请|介绍|转介绍)人?的?码|(?:他|她|给|发)(?:了|我|的|个|一个)*码)[^a-z0-9,。?？]{0,6}[,:， ]?\s*"
    r"(?P<code>(?=[0-9]*[a-z])[a-z0-9]{5,12})(?![a-z0-9])"
)


def find_referral_codes(folded: str) -> Iterator[Found]:
    """``referral_code``: capitals and digits after 推荐码 or 邀请码."""
    for match in _CODE.finditer(folded):
        yield "referral_code", match["code"].upper(), match.start("code"), match.end("code")


def find_needs(folded: str) -> Iterator[Found]:
    """``budget`` {"min", "max"} in 元, either may be None; ``seats`` and ``people`` as numbers; ``use``, ``energy``
    and ``body`` as words of ours. At most one budget, the last one said.
    """
    budgets = [*_budgets(folded)]
    yield from budgets[-1:]
    yield from _seats(folded)
    yield from _people(folded)
    for name, kinds in (("use", _USES), ("energy", _ENERGY), ("body", _BODY)):
        for value, pattern in kinds:
            match = pattern.search(folded)
            if match:
                yield name, value, match.start(), match.end()


def _budgets(folded: str) -> Iterator[Found]:
    taken = 0
    for match in sorted([*_LED.finditer(folded), *_TAILED.finditer(folded)], key=lambda found: found.start()):
        if match.start() < taken or _NOT_BEFORE.search(folded[: match.start()]):
            continue
        value = None if _NOT_AFTER.match(folded, match.end()) else _limits(match)
        if value is not None:
            taken = match.end()
            yield "budget", value, match.start(), match.end()


def _limits(match: re.Match[str]) -> dict[str, int | None] | None:
    """What the words leave: 以内 at most, 以上 at least, 左右 about, a sum alone at most."""
    digit = re.search(r"[一二三四五六七八九\d]$", match["unit"])
    low, high = _yuan(match["low"] + ("万" + digit[0] if digit else "")), _yuan(match["high"])
    if low is None or (match["high"] and high is None):
        return None
    if high is not None:
        return {"min": min(low, high), "max": max(low, high)}
    words = match[0].replace(match["low"], " ", 1)
    if _AT_MOST.search(match["lead"]) or _AT_MOST.search(match["tail"] or ""):
        return {"min": None, "max": low}
    if _AT_LEAST.search(words):
        return {"min": low, "max": None}
    if _ROUGHLY.search(words):
        return {"min": round(low * (1 - ABOUT)), "max": round(low * (1 + ABOUT))}
    return {"min": None, "max": low}


def _yuan(number: str | None) -> int | None:
    if not number:
        return None
    value = to_number(number) or to_number(number + "万")  # 十二三 is a number only before its unit
    if value is None:
        return None
    yuan = round(value if value >= 10_000 else value * 10_000)
    return yuan if LEAST <= yuan <= MOST else None


def _seats(folded: str) -> Iterator[Found]:
    for match in _SEATS.finditer(folded):
        yield "seats", _small(match["n"] or match["m"]), match.start(), match.end()


def _people(folded: str) -> Iterator[Found]:
    for pattern, number in _PEOPLE:
        match = pattern.search(folded)
        if match:
            counted = number if number is not None else _small(match["n"] or match["m"])
            yield "people", counted, match.start(), match.end()
            return


def _small(sign: str) -> int:
    return _SIGNS[sign] if sign in _SIGNS else int(sign)
