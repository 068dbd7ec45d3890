"""Mobile numbers as customers write them, right and nearly right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LENGTH = 11
_NUMERAL = dict(zip("零〇一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖", "0011223456789123456789", strict=True))
_ANY = "".join(_NUMERAL)
_NUMERAL_RUN = re.compile(
    rf"[{_ANY}](?:[ ,、\-]?[{_ANY}\d]){{7,}}|(?<!\d)(?=[{_ANY}\d]{{11}}(?![{_ANY}\d万千百十点个]))1[3-9]\d+[{_ANY}]+"
)
_VALID = re.compile(
    r"(?<!\d)(?<!\d-)(?:\(?(?:\+ ?|00)?86\)?[ \-]{0,2})?(?P<number>1[ \-]?[3-9](?:[ \-,、]?\d){9})(?!\d)"
)
_SOLID = re.compile(r"(?<!\d)(?:(?:\+|00)?86[ \-.]{0,2})?(?P<number>1[3-9]\d[ \-.]?\d{4}[ \-.]?\d{4})(?!\d)")
_LANDLINE = re.compile(
    r"(?<![\d.])(?:\(?0\d{2,3}\)?[ \-]?\d{3,4}[ \-]?\d{4}|[48]00[ \-]?\d{3,4}[ \-]?\d{3,4})(?![\d]|\.\d)"
)
_NEAR = re.compile(
    r"(?<![\d.])(?<!\d[ \-])(?:(?:\+|00)86[ \-]?)?(?P<number>1(?:[ \-]?\d){7,13})(?!\d|[ \-]?\d|\.\d"
    r"|[万元块公千年月日号点:])"
)


@dataclass(frozen=True)
class Phone:
    """A run of digits at [start, end); `problem` is empty for a valid mobile number, else short, long or prefix."""

    digits: str
    start: int
    end: int
    problem: str = ""


def find_phones(folded: str) -> list[Phone]:
    """The mobile numbers in a folded text, in order, without +86; those with a wrong length or prefix are marked."""
    text = _NUMERAL_RUN.sub(lambda match: "".join(_NUMERAL.get(char, char) for char in match[0]), folded)
    found: list[Phone] = []
    for pattern in (_SOLID, _VALID):
        for match in pattern.finditer(text):
            found.append(Phone(_digits(match["number"]), match.start(), match.end()))
            text = _blank(text, match)
    found.extend(_invalid(text))
    return sorted(found, key=lambda phone: phone.start)


def landline_spans(folded: str) -> list[tuple[int, int]]:
    """Where landlines and service numbers (0571-88881234, 400-000-1188) stand: no mobile number, and no distance."""
    return [match.span() for match in _LANDLINE.finditer(folded)]


def _invalid(text: str) -> Iterator[Phone]:
    for match in _NEAR.finditer(text):
        digits = _digits(match["number"])
        looks_meant = digits[1] in "3456789" or (len(digits) >= 10 and digits == match["number"])
        if looks_meant:
            problem = "short" if len(digits) < LENGTH else "long" if len(digits) > LENGTH else "prefix"
            yield Phone(digits, match.start(), match.end(), problem)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _blank(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + "#" * (match.end() - match.start()) + text[match.end() :]
