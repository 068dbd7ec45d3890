"""What the bot may say: FAQ entries and reply templates, each approved by somebody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

VARIABLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True)
class Button:
    """A choice that leads to exactly one of ``intent`` (a dialogue), ``topic`` (an FAQ entry) and ``payload``."""

    title: str
    intent: str | None = None
    topic: str | None = None
    payload: str | None = None


@dataclass(frozen=True)
class FaqEntry:
    """One reviewed answer. ``title`` is short: it stands on a button when the bot asks what was meant."""

    id: str
    title: str
    answer: str
    category: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Template:
    """One reviewed utterance of the dialogues; ``{name}`` marks a variable."""

    id: str
    text: str
    buttons: tuple[Button, ...] = ()


def variables_of(text: str) -> frozenset[str]:
    """The names of the variables in a text."""
    return frozenset(VARIABLE.findall(text))


def render(text: str, values: Mapping[str, object]) -> str:
    """The text with its variables filled in; raises KeyError for a variable without a value."""
    return VARIABLE.sub(lambda match: str(values[match.group(1)]), text).strip()
