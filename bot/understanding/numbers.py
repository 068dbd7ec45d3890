"""Numbers as customers write them: digits, Chinese numerals, and mixtures such as 3万2."""

from __future__ import annotations

import re

DIGITS = {
    "零": 0, "〇": 0, "一": 1, "幺": 1, "二": 2, "两": 2, "俩": 2, "三": 3, "仨": 3, "四": 4,
    "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "k": 1000, "w": 10_000}
TENS = {"廿": 20, "卅": 30}
_PIECE = re.compile(r"\d+(?:\.\d+)?|[零〇一幺二两俩三仨四五六七八九十百千万廿卅kw]")


def to_number(text: str) -> float | None:
    """The value of a numeral (三万二 → 32000, 3.2万 → 32000, 二十五 → 25, 二零二六 → 2026), or None.

    A digit that ends the numeral after 万, 千 or 百 counts the next smaller unit (三万二 is 32,000).
    """
    cleaned = text.lower().replace(",", "").replace(",", "")
    pieces = _PIECE.findall(cleaned)
    if not pieces or "".join(pieces) != cleaned or len(cleaned) > 20:
        return None
    if len(pieces) > 1 and all(piece in DIGITS for piece in pieces):
        return float(int("".join(str(DIGITS[piece]) for piece in pieces)))
    return _sum_units(pieces)


def to_int(text: str) -> int | None:
    """The whole number that a numeral stands for, or None when it is no numeral or has a fraction."""
    value = to_number(text)
    return int(value) if value is not None and value == int(value) else None


def small_int(text: str) -> int:
    """A numeral that a pattern has already matched; raises ValueError otherwise."""
    value = to_int(text)
    if value is None:
        raise ValueError(f"not a whole number: {text!r}")
    return value


def _is_about(pieces: list[str], index: int, pending: float) -> bool:
    """八九千, 十二三万: the smaller of two neighbouring numbers counts."""
    is_followed = index + 1 < len(pieces) and pieces[index + 1] in UNITS
    return is_followed and DIGITS.get(pieces[index]) == pending + 1


def _sum_units(pieces: list[str]) -> float | None:
    total, section = 0.0, 0.0
    pending: float | None = None
    last_unit, after_zero = 1, False
    for index, piece in enumerate(pieces):
        if piece in UNITS:
            unit = UNITS[piece]
            if unit == 10_000:
                if not (section or pending):
                    return None
                total, section = total + (section + (pending or 0.0)) * unit, 0.0
            else:
                section += (1.0 if pending is None else pending) * unit
            pending, last_unit, after_zero = None, unit, False
        elif piece in TENS:
            section += TENS[piece]
            pending, last_unit = None, 10
        elif piece in ("零", "〇"):
            after_zero, pending = True, 0.0 if len(pieces) == 1 else pending
        elif pending is not None:
            if not _is_about(pieces, index, pending):
                return None
        else:
            pending = float(DIGITS[piece]) if piece in DIGITS else float(piece)
    if pending is None:
        return total + section
    is_short = last_unit >= 100 and not after_zero and pending == int(pending) and pending < 10
    return total + section + pending * (last_unit / 10 if is_short else 1)
