"""Texts from outside: what can be stored, and what a message may look like."""

from __future__ import annotations

import re
import unicodedata

_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def is_storable(text: str) -> bool:
    """Whether every database takes the text: no NUL (PostgreSQL), no lone surrogates (nobody)."""
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text)


def is_email(text: str) -> bool:
    """Whether this looks like an e-mail address that any server takes: ASCII, at most 254 characters (RFC 5321)."""
    return len(text) <= 254 and text.isascii() and _EMAIL.fullmatch(text) is not None


def clean(text: str) -> str:
    """The text without control characters and lone surrogates; invisible marks go without leaving a space."""
    return "".join(map(_kept, text)).strip()


def _kept(char: str) -> str:
    if char in "\n\t":
        return char
    category = unicodedata.category(char)
    if category in ("Cc", "Cs"):
        return " "
    return "" if category == "Cf" else char


def is_mobile(text: str) -> bool:
    """Whether it is a mobile number of mainland China, in 11 digits (1, then 3 to 9)."""
    return re.fullmatch(r"1[3-9]\d{9}", text, re.ASCII) is not None
