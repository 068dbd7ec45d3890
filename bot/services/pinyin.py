"""How Chinese is read, without the tables that only whole titles need: they would take 45 MB of every process.

pypinyin 0.55 loads the readings of 47,000 phrases when it is imported, unless it is told not to. A character by itself
is read without them.
"""

from __future__ import annotations

import json
import os
import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_WITHOUT = ("PYPINYIN_NO_PHRASES", "PYPINYIN_NO_DICT_COPY")
_PAIR = re.compile(r'"([^"\\]{2})":')


def reading(character: str) -> str:
    """The syllable of one Chinese character, without its tone; anything else stays as it is."""
    return str(_pypinyin().lazy_pinyin(character)[0])


def all_readings(characters: str) -> list[str]:
    """The syllable of each of these characters, as if it stood alone."""
    return list(_pypinyin().lazy_pinyin(list(characters)))


def spelled_out(title: str) -> list[str]:
    """The syllables of a title, characters with several readings as its words want them. Loads the phrases."""
    return list(_with_phrases().lazy_pinyin(title))


@lru_cache(maxsize=1)
def words_of_two() -> frozenset[str]:
    """Common Chinese words of two characters: the names in the table of phrases, without what it says of them."""
    return frozenset(_PAIR.findall(_phrases_file().read_text("utf-8")))


@lru_cache(maxsize=1)
def _pypinyin() -> Any:
    for name in _WITHOUT:
        os.environ[name] = "true"
    try:
        import pypinyin
    finally:
        for name in _WITHOUT:
            del os.environ[name]  # what is started from here may want all of it
    return pypinyin


@lru_cache(maxsize=1)
def _with_phrases() -> Any:
    """As it is when nobody told it not to load them."""
    found = _pypinyin()
    found.load_phrases_dict(json.loads(_phrases_file().read_text("utf-8")))
    return found


def _phrases_file() -> Path:
    spec = find_spec("pypinyin")
    return Path(str(spec and spec.origin)).with_name("phrases_dict.json")
