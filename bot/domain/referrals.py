"""Codes with which customers bring others. Pure functions; the form of the codes is ours.

Six signs without those that are taken for others (I, L, O, 0, 1), letters and digits mixed. The last one is a check
sign: a wrong sign, or two neighbours in the wrong order, never make another customer's code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 6


def make_code(choose: Callable[[str], str]) -> str:
    """A new code; ``choose`` picks one of the signs by chance."""
    while True:
        body = "".join(choose(SIGNS) for _ in range(LENGTH - 1))
        code = body + check_sign(body)
        if re.search("[A-Z]", code) and re.search("[0-9]", code):
            return code


def check_sign(body: str) -> str:
    """Weighted sum of the signs modulo their number, which is a prime."""
    return SIGNS[sum(weight * SIGNS.index(sign) for weight, sign in enumerate(body, 2)) % len(SIGNS)]


def as_code(said: str) -> str:
    """A code as it was typed, in the form in which codes are kept: "ｋ7m-2pq" is K7M2PQ."""
    return re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKC", said).upper())
