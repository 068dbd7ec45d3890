"""Bring a customer's text into the one form that the grammar is written for, keeping positions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from opencc import OpenCC

from bot.understanding.times.slips import mend

MAX_LENGTH = 500
"""Characters looked at; a booking message is far shorter, and the work stays bounded."""

_SPACED_DIGITS = re.compile(r"(?<=\d) ?[.:/-] ?(?=\d)")
"""11 . 26 14 : 00."""
_OVERRIDES = {
    "鍾": "钟",
    "曆": "历",
    "。": "。",
    "〜": "~",
    "∶": ":",
    "﹕": ":",
    "．": ".",
    "–": "-",
    "—": "-",
    "−": "-",
}


@dataclass(frozen=True)
class Prepared:
    """The normal form of a text, and where each of its characters stood in the original."""

    text: str
    positions: tuple[int, ...]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span in the original text that the half-open span here came from."""
        return self.positions[start], self.positions[end - 1] + 1


@lru_cache(maxsize=64)
def prepare(text: str) -> Prepared:
    """Half-width, lower-case, simplified characters without the white space that touches a Chinese character."""
    chars: list[str] = []
    positions: list[int] = []
    folded = fold(text[:MAX_LENGTH])
    inside = {place for match in _SPACED_DIGITS.finditer(folded) for place in range(*match.span())}
    for position, char in enumerate(folded):
        if char.isspace() and (position in inside or _is_beside_chinese(folded, position, chars)):
            continue
        chars.append(" " if char.isspace() else char)
        positions.append(position)
    return Prepared(mend("".join(chars)), tuple(positions))


def fold(text: str) -> str:
    """The same text, character by character half-width, lower-case and simplified; the length is kept."""
    return "".join(map(_fold_char, text))


def _is_beside_chinese(folded: str, position: int, before: list[str]) -> bool:
    if not before or before[-1] == " " or is_chinese(before[-1]):
        return True
    following = folded[position + 1 : position + 2]
    return not following or is_chinese(following)


def is_chinese(char: str) -> bool:
    """Whether the character is an ideograph (the numeral 〇 among them)."""
    return "㐀" <= char <= "鿿" or char == "〇" or "豈" <= char <= "﫿"


@lru_cache(maxsize=8192)
def _fold_char(char: str) -> str:
    wide = _OVERRIDES.get(char) or unicodedata.normalize("NFKC", char)
    narrow = wide.lower() if len(wide) == 1 else char
    if len(narrow) != 1:
        return char
    simple = _OVERRIDES.get(narrow) or (_simplifier()(narrow) if is_chinese(narrow) else narrow)
    return simple if len(simple) == 1 else narrow


@cache
def _simplifier() -> Callable[[str], str]:
    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert
