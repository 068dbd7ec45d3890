"""Mends characters that sound right and are wrong (试架 for 试驾), learned from the training sentences.

Where the training sentences hardly ever write a pair of characters, and often two others with the same sound, those
others are meant. A pair that is a word, or that leans on its neighbour, stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from bot.services.pinyin import words_of_two
from bot.understanding.text import reading

OFTEN = 3
"""How many times the training sentences must write a pair before it replaces another; twice that to replace both
characters."""
RARELY = 50
"""A pair that is written too, but this many times less often than the other, is somebody's slip."""
HELD = 3
"""A character stays when it and its other neighbour occur more often than this."""


@dataclass(frozen=True)
class Spelling:
    seen: dict[str, int]
    """How often each pair of Chinese characters occurs in the training sentences."""
    usual: dict[tuple[str, str], str]
    """The most frequent pair for each pair of syllables without tones."""

    @staticmethod
    def learn(texts: Iterable[str]) -> Spelling:
        """From normalised texts."""
        seen = Counter(pair for text in texts for pair in map("".join, pairwise(text)) if _chinese(pair))
        usual: dict[tuple[str, str], str] = {}
        for pair, _ in seen.most_common():
            usual.setdefault(_sound(pair), pair)
        return Spelling(dict(seen), usual)

    def mend(self, text: str) -> str:
        """A normalised text with its wrong characters replaced; most often the text itself."""
        mended = list(text)
        for at in range(len(mended) - 1):
            pair = self._meant(mended, at)
            if pair is not None:
                mended[at : at + 2] = pair
        return "".join(mended)

    def _meant(self, text: list[str], at: int) -> str | None:
        """What the pair at this place should be; None when it is right or nobody knows better."""
        pair = text[at] + text[at + 1]
        usual = self.usual.get(_sound(pair)) if _chinese(pair) and pair not in words_of_two() else None
        if usual is None or self.seen.get(pair, 0) * RARELY > self.seen[usual]:
            return None
        wrong = [place for place in (0, 1) if usual[place] != pair[place]]
        if self.seen[usual] < OFTEN * len(wrong) or any(self._is_held(text, at, place) for place in wrong):
            return None
        return usual

    def _is_held(self, text: list[str], at: int, place: int) -> bool:
        other = "".join(text[at + 1 : at + 3] if place else text[max(0, at - 1) : at + 1])
        return len(other) == 2 and (self.seen.get(other, 0) > HELD or other in words_of_two())


def _chinese(pair: str) -> bool:
    return all("\u3400" <= character <= "\u9fff" for character in pair)


def _sound(pair: str) -> tuple[str, str]:
    return reading(pair[0]), reading(pair[1])
