"""A pattern is not searched for only where it would not have been found."""

from __future__ import annotations

import re

import pytest

from bot.understanding.needed import Screen, needed_by, signs_of
from bot.understanding.times.prepare import fold
from bot.understanding.times.scan import RULES
from bot.understanding.times.slips import _SLIPS
from tests.understanding.evaluation.rows import time_rows, validation_rows

SCREENED = [(rule.pattern, rule.screen) for rule in RULES] + [(slip[0], slip[1]) for slip in _SLIPS]
TEXTS = [row["text"] for rows in time_rows().values() for row in rows] + [
    row.text for row in validation_rows()
]


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("明天", "明"),
        ("(?:今|明)天?", "今明"),
        ("周[一二三日]", "周"),
        ("[上下]午|晚", "午晚"),
        (r"\d{1,2}", "0123456789"),
        (r"x?\d*(?=点)", "点"),
        ("(?<=下)周", "下"),
        ("[一-三]+", "一丁丂七丄丅丆万丈三"),
    ],
)
def test_what_a_pattern_needs(pattern: str, needed: str) -> None:
    assert needed_by(re.compile(pattern)) == frozenset(needed)


@pytest.mark.parametrize(
    "pattern", ["天?", "[^天]", ".", r"\w+", "天|[^地]", "天(?!气)?|$", "(?i)a", "(?i:a)", "[一-鿿]"]
)
def test_patterns_of_which_nothing_can_be_told(pattern: str) -> None:
    compiled = re.compile(pattern)
    assert needed_by(compiled) is None
    assert Screen(compiled).passes(signs_of(""))


@pytest.mark.parametrize("text", ["٣点", "３点", "3点"])
def test_digits_of_any_script(text: str) -> None:
    pattern = re.compile(r"\d(?:点)?")
    assert pattern.search(text)
    assert Screen(pattern).passes(signs_of(text))


def test_nothing_is_overlooked() -> None:
    for text in map(fold, TEXTS):
        signs = signs_of(text)
        overlooked = [p.pattern for p, screen in SCREENED if not screen.passes(signs) and p.search(text)]
        assert overlooked == [], text


def test_most_patterns_are_left_out_of_a_question() -> None:
    signs = signs_of("续航多少公里")
    searched = [pattern.pattern for pattern, screen in SCREENED if screen.passes(signs)]
    assert len(searched) <= 2, searched
