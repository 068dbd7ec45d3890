"""Where a customer says to be: a place that help can find."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

_BREAK = re.compile(r"[,，。!！?？;；\n]+")
_CLAUSES = re.compile(r"[^,，。!！?？;；\n]+[?？]?")
_LANDMARK = re.compile(
    r"高架|立交|环路|[内外二三四五]环|绕城|出口|入口|服务区|收费站|停车场|小区|广场|附近|旁边|门口|对面|大道|隧道|大桥|桥[上下头]|路口"
    r"|地库|车库|方向|医院|学校|加油站|酒店|超市|公里处|万达|国道|省道|[一-鿿]{2,}[村镇乡县]"
    r"|[一-鿿A-Za-z0-9]{2,}(?<![半公马一堵走修条么在认问老上赶])[路街](?![上边过况由线程途])"
    r"|\d\s*(?:号|栋|幢|弄|巷|楼|公里|千米|米)|(?<![A-Za-z])[A-Za-z]\d"
)
_ABOUT_THE_CAR = re.compile(
    r"^(我的?|这)?(车子?|车型|车牌号?|开的)?(是|号|叫|:|：)?(黑|白|红|蓝|灰|银)?色?的?(青岚)?$|^(我?叫|我?姓|免贵)"
)
_LEFT_OVER = re.compile(r"[\s、:：]*(车型|车牌号?|车|我开的)是?[\s、:：]*$")
_NUMBERS = re.compile(
    r"(?<!\d)(?:\+?86[ \-]?)?1[3-9]\d[ \-]?\d{4}[ \-]?\d{4}(?!\d)|[一-鿿][A-Z][·\- ]?[A-Z0-9]{5,6}(?![A-Z0-9])",
    re.IGNORECASE,
)
"""Mobile numbers and plates."""
_THEIR_PHONE = re.compile(r"(我的?)?(电话|手机号?|号码)(是|[:：])?")
_ASKS = re.compile(r"[?？吗]|多久|怎么|多少|什么|几点|哪|能不能|是不是")


def place_told(text: str, cars: Collection[str]) -> str | None:
    """The place in a message that nothing else has read, without questions, numbers, plates and ``cars`` (names)."""
    if text.startswith("/"):
        return _sent(text)
    rest = _THEIR_PHONE.sub("", _NUMBERS.sub(" ", text))
    for name in sorted(cars, key=len, reverse=True):
        rest = re.sub(re.escape(name), " ", rest, flags=re.IGNORECASE)
    told = (clause for clause in _CLAUSES.findall(rest) if not _ASKS.search(clause))
    return place_in("，".join(told))


def _sent(command: str) -> str | None:
    """The place that a channel's command brings, as a location that was sent (``/inform{"place": …}``)."""
    name, brace, values = command.partition("{")
    try:
        place = json.loads(f"{brace}{values}").get("place") if name == "/inform" else None
    except ValueError:
        return None
    return place if isinstance(place, str) and place else None


def place_in(text: str) -> str | None:
    """The clauses with a place that help can find ("G25江州出口往南两公里"), not "在高速上".

    ``text`` comes without phone, plate and model, whose letters and digits look like a house number.
    """
    found = [_LEFT_OVER.sub("", clause) for clause in clauses(text) if _LANDMARK.search(clause)]
    return "，".join(found) or None


def clauses(text: str) -> list[str]:
    """What stands between the commas, without what only tells whose car it is."""
    pieces = (piece.strip() for piece in _BREAK.split(text))
    return [piece for piece in pieces if piece and not _ABOUT_THE_CAR.match(piece)]
