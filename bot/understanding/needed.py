"""Which characters a pattern cannot do without: most messages lack them, and need not be searched for it at all."""

from __future__ import annotations

import re
import sre_parse
from collections.abc import Iterable
from typing import Any

DIGITS = frozenset("0123456789")
_WIDEST_RANGE = 64


class Screen:
    """Keeps a pattern from being searched for where it cannot match."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._needed = needed_by(pattern)

    def passes(self, signs: frozenset[str]) -> bool:
        """False where the pattern surely matches nowhere in the text with these signs."""
        return self._needed is None or not signs.isdisjoint(self._needed)


def signs_of(text: str) -> frozenset[str]:
    """The different characters of a text; a decimal digit of any script counts as the digit 0 too."""
    signs = frozenset(text)
    return signs if text.isascii() or not any(map(str.isdecimal, signs)) else signs | {"0"}


def needed_by(pattern: re.Pattern[str]) -> frozenset[str] | None:
    """Every match has at least one of these characters in it or, asked for by a look-around, beside it.

    None where nothing can be told: a pattern that ignores case, or one that matches what it does not name.
    """
    if pattern.flags & re.IGNORECASE:
        return None
    parsed: Any = sre_parse.parse(pattern.pattern, pattern.flags)
    return _of_sequence(parsed)


def _of_sequence(items: Iterable[Any]) -> frozenset[str] | None:
    """Of what follows each other, the rarest will do."""
    known = [found for found in map(_of_item, items) if found is not None]
    return min(known, key=len, default=None)


def _of_item(item: Any) -> frozenset[str] | None:
    name, value = str(item[0]), item[1]
    if name == "LITERAL":
        return frozenset({chr(value)})
    if name == "IN":
        return _of_any(map(_of_set_member, value))
    if name == "BRANCH":
        return _of_any(map(_of_sequence, value[1]))
    if name == "SUBPATTERN":
        return None if value[1] & re.IGNORECASE else _of_sequence(value[3])
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        return _of_sequence(value[2]) if value[0] > 0 else None
    return _of_sequence(value[1]) if name == "ASSERT" else None


def _of_set_member(item: Any) -> frozenset[str] | None:
    name, value = str(item[0]), item[1]
    if name == "RANGE" and value[1] - value[0] < _WIDEST_RANGE:
        return frozenset(map(chr, range(value[0], value[1] + 1)))
    if name == "CATEGORY" and str(value) == "CATEGORY_DIGIT":
        return DIGITS
    return frozenset({chr(value)}) if name == "LITERAL" else None


def _of_any(found: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """One of them will match, nobody knows which."""
    together: set[str] = set()
    for each in found:
        if each is None:
            return None
        together |= each
    return frozenset(together)
