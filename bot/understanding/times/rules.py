"""What a rule of the grammar is: a pattern and a function that makes an atom of its match."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from bot.understanding.needed import Screen
from bot.understanding.times.model import Atom, Value

SMALL = r"(?:\d{1,3}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[零一二两俩三仨四五六七八九])"
"""A small number, in digits or numerals."""
HOUR = r"(?:2[0-4]|[01]?\d|二十[一二三四]?|十[一二三四五六七八九]?|[零〇一二两三四五六七八九])"
MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
DAY = (
    r"(?:3[01]|[12]\d|0?[1-9]|三十一?|二十[一二三四五六七八九]?|廿[一二三四五六七八九]?"
    r"|十[一二三四五六七八九]?|[一二三四五六七八九])"
)
WEEKDAY = r"[一二三四五六日天末1-7]"
WEEK = r"(?:周|星期|礼拜)"
WEEK_PREFIX = r"(?P<prefix>上上个?|上一?个?|本|这一?个?|当|下下个?|下一?个?)"
TO = r"(?:到|至|~|-+)"


@dataclass(frozen=True)
class Context:
    """What a rule may look at besides its match."""

    now: datetime
    expects_time: bool
    text: str

    @property
    def today(self) -> date:
        """The day that `now` falls on, in its own time zone."""
        return self.now.date()

    def is_whole(self, match: re.Match[str]) -> bool:
        """Whether the match is the whole message but for particles and punctuation."""
        rest = self.text[: match.start()] + self.text[match.end() :]
        return re.fullmatch(r"[\s,.!?;:、。吧呢啊呀哦嗯的那就好]*", rest) is not None

    def near(self, match: re.Match[str], before: int = 6, after: int = 6) -> tuple[str, str]:
        """The text just before and just after the match."""
        return self.text[max(0, match.start() - before) : match.start()], self.text[
            match.end() : match.end() + after
        ]


Build = Callable[[re.Match[str], Context], Atom | None]


@dataclass(frozen=True)
class Rule:
    """Where `pattern` matches, `build` says what it means, or None when it is no time after all."""

    pattern: re.Pattern[str]
    build: Build
    screen: Screen


def rule(pattern: str) -> Callable[[Build], Rule]:
    """Make a rule of the decorated function."""

    def decorate(build: Build) -> Rule:
        compiled = re.compile(pattern)
        return Rule(compiled, build, Screen(compiled))

    return decorate


def atom(match: re.Match[str], value: Value, is_weak: bool = False) -> Atom:
    """An atom at the place of the match."""
    return Atom(match.start(), match.end(), value, is_weak)
