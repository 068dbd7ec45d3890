"""Bring what people type into one form, and cut it into the features that the linear models count.

Everything here is a pure function of the text. Conversions are cached per character, because a dialogue uses a few
hundred different ones; the tables behind them are loaded on first use, not on import.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bot.services.pinyin import all_readings
from bot.services.pinyin import reading as read_alone

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]
Vector = tuple[IntArray, FloatArray]
"""Columns and weights of what is not zero."""

MAX_LENGTH = 500
"""Characters of a message that are looked at; a longer one says what it wants before that (cost grows linearly)."""

PHONE, PLATE, NUMBER, CLOCK = "P", "L", "N", "T"
"""Placeholders in normalised text. Upper case, which lower-cased text cannot contain."""

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_MASKS = (
    (re.compile(r"(?<!\d)(?:\+?0{0,2}86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"), PHONE),
    (re.compile(rf"[{_PROVINCES}] ?[a-z] ?[·.]? ?[a-z0-9]{{5,6}}(?![a-z0-9])"), PLATE),
    (re.compile(r"(?<!\d)\d{1,2}:\d{2}(?!\d)"), CLOCK),
    (re.compile(r"(?<![a-z\d])(?:\d+\.\d+|\d{3,})"), NUMBER),
)
_STICKER = re.compile(r"\[[\u4e00-\u9fff]{1,4}\]")
_SPACE = re.compile(r"\s+")
_SPACE_AT_HAN = re.compile(r"(?<=[\u3400-\u9fff]) (?=\S)|(?<=\S) (?=[\u3400-\u9fff])")
_MODEL_APART = re.compile(r"(?<![a-z])([a-z]) (\d)(?!\d{2})")
_REPEATED = re.compile(r"([^\w\s])\1+")
_WORD = re.compile(r"[a-z]+(?:[\d.]*\d)?|\d+[a-z]*|[^\W_]")
_LATIN = re.compile(r"[a-z]{2,}$")


@lru_cache(maxsize=64)
def normalise(text: str) -> str:
    """One form for one meaning: NFKC, lower case, simplified characters, single spaces and marks, no emoji.

    Mobile numbers, number plates, clock times and numbers of three digits or with decimals become placeholders.
    Empty when nothing but symbols was said.
    """
    text = unicodedata.normalize("NFKC", text[:MAX_LENGTH]).lower()
    text = _STICKER.sub(" ", text)
    text = "".join(map(_plain_character, text))
    text = _SPACE.sub(" ", text).strip()
    for pattern, placeholder in _MASKS:
        text = pattern.sub(placeholder, text)
    text = _SPACE_AT_HAN.sub("", _MODEL_APART.sub(r"\1\2", text))
    text = _REPEATED.sub(r"\1", text).strip()
    return text if any(character.isalnum() for character in text) else ""


def words(normalised: str) -> list[str]:
    """Each Chinese character, placeholder, or run of letters and digits; punctuation is dropped."""
    return _WORD_OR_MASK.findall(normalised)


_WORD_OR_MASK = re.compile(rf"[{PHONE}{PLATE}{NUMBER}{CLOCK}]|{_WORD.pattern}")


def pinyin(normalised: str) -> list[str]:
    """Syllables without tones, one per word of `words`; what has no reading stays as it is.

    A run of Latin letters that is pinyin itself ("baoyang") is cut into its syllables.
    """
    syllables: list[str] = []
    for word in words(normalised):
        if _LATIN.match(word):
            syllables.extend(_cut_pinyin(word))
        else:
            syllables.append(reading(word))
    return syllables


@lru_cache(maxsize=64)
def features(normalised: str) -> tuple[str, ...]:
    """The n-grams of a message, each behind the letter of its kind in `WEIGHTS`; repeated when they repeat.

    Characters 1–3 (from 2 on with the edges of the message), pairs of characters with a gap, and pinyin 1–2.
    Longer ones made cross-validation no better.
    """
    characters = words(normalised)
    edged = ["^", *characters, "$"]
    sounds = [_fold(syllable) for syllable in pinyin(normalised)]
    found = [f"1{character}" for character in characters]
    for size in (2, 3):
        found.extend(f"{size}{gram}" for gram in _grams(edged, size))
    for gap in (2, 3):
        found.extend(
            f"g{first}_{second}" for first, second in zip(characters, characters[gap:], strict=False)
        )
    for size, kind in ((1, "p"), (2, "q")):
        found.extend(f"{kind}{gram}" for gram in _grams(sounds, size, " "))
    return tuple(found)


WEIGHTS = {"1": 1.3, "2": 1.1, "3": 0.5, "g": 0.3, "p": 0.6, "q": 0.7}
"""How much each kind counts: by cross-validation, short ones carry most. g: with a gap; p, q: pinyin 1 and 2."""


def _grams(items: list[str], size: int, joint: str = "") -> list[str]:
    return [joint.join(items[at : at + size]) for at in range(len(items) - size + 1)]


@lru_cache(maxsize=20_000)
def _plain_character(character: str) -> str:
    """Simplified, or a space for emoji and other symbols that carry no words."""
    if unicodedata.category(character) in ("So", "Sk", "Cs", "Cf", "Cc", "Mn", "Me", "Co", "Cn"):
        return " "
    if "\u3400" <= character <= "\u9fff":
        return str(_simplifier().convert(character))
    return character


@lru_cache(maxsize=1)
def _simplifier() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


@lru_cache(maxsize=20_000)
def reading(word: str) -> str:
    """The syllable of a Chinese character without its tone; anything else stays as it is."""
    if not "\u3400" <= word <= "\u9fff":
        return word
    return read_alone(word)


@lru_cache(maxsize=20_000)
def _fold(syllable: str) -> str:
    """Merge what many dialects do not tell apart: zh/z, ch/c, sh/s, and the nasal endings."""
    syllable = re.sub(r"^([zcs])h", r"\1", syllable)
    return re.sub(r"([aei]n)g$", r"\1", syllable)


@lru_cache(maxsize=2_000)
def _cut_pinyin(letters: str) -> tuple[str, ...]:
    """Fewest valid syllables that make up the letters; the letters themselves when none do ("carplay")."""
    best: list[tuple[str, ...] | None] = [()] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 6), end):
            before = best[start]
            if before is None or letters[start:end] not in _syllables():
                continue
            known = best[end]
            if known is None or len(before) + 1 < len(known):
                best[end] = (*before, letters[start:end])
    return best[-1] or (letters,)


@lru_cache(maxsize=1)
def _syllables() -> frozenset[str]:
    """Every toneless syllable of the common characters, of two letters or more (a lone "a" would cut any word)."""
    common = "".join(map(chr, range(0x4E00, 0x9FA6)))
    return frozenset(syllable for syllable in all_readings(common) if len(syllable) > 1)


class Vectoriser:
    """TF-IDF over `features`, with one vocabulary fixed at training.

    A feature must occur in `min_documents` training texts, which drops most long n-grams and keeps the model small.
    A row has length one. With `count_strange` it has so together with the features that the vocabulary lacks, so that
    a text of strange words resembles nothing.
    """

    def __init__(self, min_documents: int = 2, count_strange: bool = False) -> None:
        self.min_documents = min_documents
        self.count_strange = count_strange
        self.vocabulary: dict[str, int] = {}
        self.scale: FloatArray = np.zeros(0, dtype=np.float32)
        self.rarity = 0.0

    def fit(self, texts: Sequence[str]) -> csr_matrix:
        """Learn the vocabulary from normalised texts and return their matrix (texts × features, float32)."""
        seen = Counter(feature for text in texts for feature in set(features(text)))
        kept = sorted(feature for feature, count in seen.items() if count >= self.min_documents)
        self.vocabulary = {feature: at for at, feature in enumerate(kept)}
        counts = np.array([seen[feature] for feature in kept], dtype=np.float32)
        kinds = np.array([WEIGHTS[feature[0]] for feature in kept], dtype=np.float32)
        self.scale = kinds * (np.log((1 + len(texts)) / (1 + counts)) + 1).astype(np.float32)
        self.rarity = float(np.log((1 + len(texts)) / 2) + 1)
        return self.matrix(texts)

    def with_words(self, texts: Sequence[str]) -> Vectoriser:
        """Another one that knows the features of these normalised texts too, as if each were in one text."""
        new = sorted({feature for text in texts for feature in features(text)} - self.vocabulary.keys())
        wide = Vectoriser(self.min_documents, self.count_strange)
        wide.vocabulary = {
            **self.vocabulary,
            **{feature: at for at, feature in enumerate(new, len(self.vocabulary))},
        }
        kinds = np.array([WEIGHTS[feature[0]] for feature in new], dtype=np.float32)
        wide.scale = np.concatenate([self.scale, kinds * np.float32(self.rarity)])
        wide.rarity = self.rarity
        return wide

    def matrix(self, texts: Sequence[str]) -> csr_matrix:
        rows = [self.vector(text) for text in texts]
        ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([columns for columns, _ in rows]) if rows else np.zeros(0, dtype=np.int32)
        weights = np.concatenate([weights for _, weights in rows]) if rows else np.zeros(0, dtype=np.float32)
        return csr_matrix((weights, columns, ends), shape=(len(rows), len(self.vocabulary)))

    def row(self, vector: Vector) -> csr_matrix:
        columns, weights = vector
        return csr_matrix((weights, columns, [0, len(columns)]), shape=(1, len(self.vocabulary)))

    def vector(self, text: str) -> Vector:
        """Columns and weights of one normalised text; empty when it has nothing in common with the training data."""
        places = map(self.vocabulary.get, features(text))
        found = sorted(Counter(place for place in places if place is not None).items())
        columns = np.array([column for column, _ in found], dtype=np.int32)
        counts = np.array([count for _, count in found], dtype=np.int64)
        weights = (1 + np.log(counts)) * self.scale[columns]
        length = np.sqrt(weights @ weights + (self._strange(text) if self.count_strange else 0))
        return columns, (weights / length if length else weights).astype(np.float32)

    def _strange(self, text: str) -> float:
        """The squared length of the features that the vocabulary lacks, as if each were in one text."""
        kinds = (WEIGHTS[feature[0]] for feature in features(text) if feature not in self.vocabulary)
        return self.rarity**2 * sum(kind**2 for kind in kinds)

    def __getstate__(self) -> dict[str, Any]:
        """One string instead of tens of thousands, which makes storing and loading ten times as fast."""
        return {**vars(self), "vocabulary": "\n".join(self.vocabulary)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.vocabulary = {feature: at for at, feature in enumerate(state["vocabulary"].split("\n"))}
