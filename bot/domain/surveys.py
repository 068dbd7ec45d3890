"""What customers are asked after a test drive, a service and a complaint, and what an answer is worth.

Sources: lifecycle manual, *Standards that the dialogue follows* (a score sheet after a test drive, a satisfaction score
after a service, a score for the handling of a complaint) and its indicators (satisfaction of 100, NPS).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from statistics import mean


class SurveyKind(str, Enum):
    TEST_DRIVE = "test_drive"
    SERVICE = "service"
    COMPLAINT = "complaint"


class Scale(str, Enum):
    """``STARS``: 1 to 5, worth 20 to 100. ``PERCENT``: 0 to 100, or stars. ``NPS``: 0 to 10, would recommend us."""

    STARS = "stars"
    PERCENT = "percent"
    NPS = "nps"


@dataclass(frozen=True)
class Question:
    """One question of a sheet: ``text`` is what the customer reads."""

    id: str
    text: str
    scale: Scale = Scale.STARS


@dataclass(frozen=True)
class SurveyRules:
    """The sheets (``dealership/surveys.yml``), in the order in which is asked.

    A satisfaction up to ``low_satisfaction`` (of 100) or an NPS up to ``low_nps`` is looked at by a manager within
    ``task_hours``. An answer counts for ``patience_days``.
    """

    test_drive: tuple[Question, ...] = (Question("drive", "这次试驾您满意吗？"),)
    service: tuple[Question, ...] = (
        Question("satisfaction", "这次服务您给多少分？", Scale.PERCENT),
        Question("nps", "您有多愿意把我们推荐给亲友？", Scale.NPS),
    )
    complaint: tuple[Question, ...] = (Question("handling", "这次投诉的处理您满意吗？"),)
    low_satisfaction: int = 60
    low_nps: int = 6
    task_hours: int = 24
    patience_days: int = 7

    def questions(self, kind: SurveyKind) -> tuple[Question, ...]:
        sheets: dict[SurveyKind, tuple[Question, ...]] = {
            SurveyKind.TEST_DRIVE: self.test_drive,
            SurveyKind.SERVICE: self.service,
            SurveyKind.COMPLAINT: self.complaint,
        }
        return sheets[kind]

    def is_low(self, satisfaction: int | None, nps: int | None) -> bool:
        unhappy = satisfaction is not None and satisfaction <= self.low_satisfaction
        return unhappy or (nps is not None and nps <= self.low_nps)


STAR_WORDS = {1: "很不满意", 2: "不满意", 3: "一般", 4: "满意", 5: "很满意"}
"""By stars, in the order of the buttons: a typed number means the button of that number."""
STAR = 20
"""What a star is worth of 100."""


@dataclass(frozen=True)
class Choice:
    """A button of a question; ``value`` is on the question's scale."""

    title: str
    value: int


def choices(question: Question) -> tuple[Choice, ...]:
    """The buttons, so ordered that the n-th one is what somebody means who types n."""
    if question.scale is Scale.NPS:
        ends = {0: "0 完全不愿意", 10: "10 非常愿意"}
        return tuple(Choice(ends.get(value, str(value)), value) for value in (*range(1, 11), 0))
    worth = STAR if question.scale is Scale.PERCENT else 1
    return tuple(Choice(f"{stars}分 {words}", stars * worth) for stars, words in STAR_WORDS.items())


def valued(question: Question, said: int, unit_of_100: bool = False) -> int | None:
    """What a number that the customer said is worth on the question's scale; None where it is none of it.

    For a satisfaction of 100, up to 5 are stars, 6 to 9 are of ten, and 10 is, unless it is said to be of 100.
    """
    if question.scale is Scale.NPS:
        return said if 0 <= said <= 10 else None
    if question.scale is Scale.STARS:
        if 1 <= said <= 5:
            return said
        return None
    if not 0 <= said <= 100:
        return None
    if unit_of_100 or said > 10 or said == 0:
        return said
    return said * STAR if said <= 5 else said * 10


def satisfaction_of(questions: tuple[Question, ...], answers: Mapping[str, int]) -> int | None:
    """The satisfaction of 100 that the answers given so far come to; None before the first."""
    worth = []
    for question in questions:
        value = answers.get(question.id)
        if value is not None and question.scale is not Scale.NPS:
            worth.append(value if question.scale is Scale.PERCENT else value * STAR)
    return round(mean(worth)) if worth else None


def nps_of(questions: tuple[Question, ...], answers: Mapping[str, int]) -> int | None:
    """The answer to the question of recommending us."""
    return next((answers[q.id] for q in questions if q.scale is Scale.NPS and q.id in answers), None)


_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NUMBER = re.compile(
    r"^\W*(?:我|这次|服务|评价|评分|试驾|处理|满意度|是|给|打|评|你们?|您|就|必须|只能|吧|[:：,，])*\s*"
    r"(?P<number>\d{1,3}|[零一二两三四五六七八九]?[十百]?[零一二三四五六七八九]?[百]?)\s*(?P<unit>分|颗?星|%)?"
    r"(?:吧|啊|呀|了|好评|[^\w\s])*\s*(?P<word>.*)$",
    re.DOTALL,
)


@dataclass(frozen=True)
class SaidNumber:
    """A number as the customer said it, whether a unit makes it a score beyond doubt, and the words behind it."""

    value: int
    has_unit: bool
    word: str = field(default="")


def number_said(text: str) -> SaidNumber | None:
    """The number with which a message begins ("90分，挺好的", "八十五", "满分")."""
    full = re.match(
        r"^\W*(?:给|打)?\s*(?:满分|一百分?|100分?)(?:吧|啊|了|[^\w\s])*\s*(?P<word>.*)$", text, re.DOTALL
    )
    if full:
        return SaidNumber(100, True, full["word"].strip())
    found = _NUMBER.match(text)
    if not found or not found["number"]:
        return None
    value = int(found["number"]) if found["number"].isdigit() else _in_words(found["number"])
    return None if value is None else SaidNumber(value, bool(found["unit"]), found["word"].strip())


def _in_words(number: str) -> int | None:
    """Up to 百 ("八十五", "十", "九十")."""
    if number in ("百", "一百"):
        return 100
    if "百" in number:
        return None
    tens, has_ten, ones = number.partition("十")
    if not has_ten:
        return _DIGITS.get(number)
    return 10 * (_DIGITS.get(tens, 1) if tens else 1) + (_DIGITS.get(ones, 0) if ones else 0)
