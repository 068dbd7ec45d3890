"""Telephone and identity card numbers as staff see them before they reveal one: 138****5678."""

from __future__ import annotations

import re
from typing import Any

_NUMERAL = dict(
    zip(
        "零〇一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖０１２３４５６７８９",
        "00112234567891234567890123456789",
        strict=True,
    )
)
_ANY = f"[0-9{''.join(_NUMERAL)}]"
_FIRST = "[1１一幺壹]"
_SECOND = f"[{''.join(sign for sign in (*_NUMERAL, *'3456789') if _NUMERAL.get(sign, sign) in '3456789')}]"
_GAP = r"[ \t\u00a0\u3000\-‐-―－,，、.．·]{0,2}"
_PHONE = re.compile(
    rf"(?<!{_ANY})(?P<country>(?:[+＋]|00)?[8８][6６][)）]?{_GAP})?"
    rf"(?P<number>{_FIRST}{_GAP}{_SECOND}(?:{_GAP}{_ANY}){{9}})(?!{_ANY})"
)

_IDENTITY = re.compile(
    r"(?<![0-9])([1-9][0-9]{5})[ -]?(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[ -]?"
    r"([0-9]{3}[0-9Xx])(?![0-9])"
)
"""18 signs as in GB 11643: the place, the date of birth, an order number and a check digit."""


def mask_phone(phone: str) -> str:
    """The first three and the last four digits of a number that stands alone; of a short one only the last two."""
    if len(phone) < len("1381234"):
        return "*" * max(len(phone) - 2, 0) + phone[-2:]
    return f"{phone[:3]}****{phone[-4:]}"


def mask_plate(plate: str) -> str:
    """ "浙A***01": enough for whoever knows it."""
    return f"{plate[:2]}***{plate[-2:]}"


def mask_phones(text: str) -> str:
    """The text with every mobile and identity card number masked, however the digits of a mobile are written."""
    hidden = _IDENTITY.sub(lambda match: f"{match[1]}********{match[2]}", text)
    return _PHONE.sub(lambda match: (match["country"] or "") + mask_phone(_digits(match["number"])), hidden)


def phones_in(text: str) -> list[str]:
    """The mobile numbers of a text, 11 digits each, in their order."""
    return [_digits(match["number"]) for match in _PHONE.finditer(_IDENTITY.sub("", text))]


def mask_values(value: Any) -> Any:
    """A JSON value with the mobile and identity card numbers in all its texts masked; names of fields stay."""
    if isinstance(value, str):
        return mask_phones(value)
    if isinstance(value, dict):
        return {key: mask_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_values(item) for item in value]
    return value


def _digits(written: str) -> str:
    return "".join(_NUMERAL.get(sign, sign) for sign in written if sign in _NUMERAL or sign.isdigit())
