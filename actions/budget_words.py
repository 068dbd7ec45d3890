"""Sums as people say them when they look for a car: 十五六万, 十来万, 15w, a bare 15 where the budget was asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Limits = dict[str, int | None]
_DIGITS = "一二三四五六七八九"
_TWO = re.compile(
    rf"(?P<ten>[二两三四五]?十)?(?P<a>[{_DIGITS}])(?P<b>[{_DIGITS}])(?=十?[万w](?!公里|多公里|里))"
)
_BARE = re.compile(
    r"^\W*(?:预算|大概|大约|差不多|就|也就|那么?|如果|要是|假如|只有|只能|最多|不超过|顶多|控制在|在|有|改成?|换成?|到|那就?|提高到|加到|降到|是|约)*"
    r"(?P<low>\d{1,3}(?:\.\d+)?|[一二两三四五六七八九十]+)(?:(?:万|w)?(?:-|~|—|到|至)(?P<high>\d{1,3}(?:\.\d+)?|[一二两三四五六七八九十]+))?"
    r"(?:万|w|个|达不溜)?(?P<tail>左右|上下|以内|之内|以下|以上|起|多|来万|块|元|吧|的样子|出头|内|呢|行吗|可以吗|的话|吗|啊)*\W*$",
    re.IGNORECASE,
)
_TENS = re.compile(r"(?<![\d一二三四五六七八九])(?P<n>[二三四五]?十|[1-9]0)(?:来|几|多)[万w](?!公里|里)")
_LOOSE = re.compile(
    r"(?<![\d.一二三四五六七八九十])(?P<low>\d{1,3}(?:\.\d+)?|[一二两三四五六七八九十]+)(?:万|w)(?![a-z\d一二三四五六七八九])(?!多?公里|多?里|km)",
    re.IGNORECASE,
)
_OTHER_SUMS = re.compile(
    r"跑了|开了|里程|公里|保养|首付|工资|月薪|年薪|收入|优惠|卖了|能卖|赔|[定订]金|押金|补贴|抵"
)
_SMALL = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
WAN = 10_000
LEAST, MOST = 3, 200
"""万元 that a bare number may mean as a budget."""
ABOUT = 0.1
_NEAR = 12
"""Characters that may belong to a sum."""


def budget_in(text: str, asked: bool, found: Mapping[str, Any] | None) -> Limits | None:
    """The budget in 元: what was ``found``, 十五六万 as both limits; a bare 15 where it was ``asked`` for."""
    both = _TWO.search(text)
    if both and _SMALL[both["b"]] == _SMALL[both["a"]] + 1:
        tens = round(_number(both["ten"])) if both["ten"] else 0
        unit = 10 if text[both.end() : both.end() + 1] == "十" else 1
        low, high = (tens + _SMALL[both[part]] * unit for part in "ab")
        if low >= LEAST:
            return {"min": low * WAN, "max": high * WAN}
    about = _TENS.search(text)
    if about:
        tens = round(_number(about["n"]))
        return {"min": round(tens * (1 - ABOUT) * WAN), "max": (tens + 5) * WAN}
    if found is not None:
        return dict(found)
    return (_bare_budget(text) if asked else None) or _loose_budget(text)


def _loose_budget(text: str) -> Limits | None:
    """The last sum with 万 in a text that speaks of no other money."""
    sums = [] if _OTHER_SUMS.search(text) else [*_LOOSE.finditer(text)]
    return _bare_budget(text[sums[-1].start() :][:_NEAR]) or _limits(sums[-1]["low"], text) if sums else None


def _bare_budget(text: str) -> Limits | None:
    match = _BARE.match(text.strip())
    if match is None:
        return None
    low, high = _number(match["low"]), _number(match["high"]) if match["high"] else None
    if not LEAST <= low <= MOST or (high is not None and not low <= high <= MOST):
        return None
    if high is not None:
        return {"min": round(low * WAN), "max": round(high * WAN)}
    return _limits(match["low"], text)


def _limits(number: str, text: str) -> Limits | None:
    low, tail = _number(number), text[text.index(number) :]
    if not LEAST <= low <= MOST:
        return None
    yuan = round(low * WAN)
    if re.search(r"以上|起", tail):
        return {"min": yuan, "max": None}
    if re.search(r"左右|上下|的样子|出头|多", tail) or re.search(r"大概|大约|差不多|约", text):
        return {"min": round(yuan * (1 - ABOUT)), "max": round(yuan * (1 + ABOUT))}
    return {"min": None, "max": yuan}


def small_number(text: str) -> int:
    """A number that stands for seats or people (七, 7)."""
    return round(_number(text))


def _number(text: str) -> float:
    """3 to 200, in digits or Chinese (十五, 二十)."""
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return float(_SMALL.get(text, 0))
    return float(_SMALL.get(tens, 1 if not tens else 0) * 10 + _SMALL.get(ones, 0))
