"""A question about something is not the wish for it: the FAQ answers the one, a dialogue the other."""

from __future__ import annotations

from typing import Any

import pytest

from bot.understanding.wishes import is_asked_about, with_questions

QUESTIONS = [
    "质保索赔怎么办理",
    "活动要不要钱",
    "导出数据安全吗",
    "怎麼刪除個人資料",
    "提醒怎么关",
    "置换补贴多少",
    "你们会不会删我的资料？",
    "沙龙几点开始，什么时候报名截止",
]
WISHES = [
    "帮我报名沙龙可以吗",
    "能不能给我导出一份",
    "我要置换",
    "已经在别处做了",
    "别再给我发消息了",
    "麻烦登记一下索赔，行吗",
    "请删除我的数据",
    "安排评估师，什么时候都行，帮我约",
]


def ranking(name: str, confidence: float, faq: float) -> list[dict[str, Any]]:
    return [
        {"name": name, "confidence": confidence},
        {"name": "deny", "confidence": 0.02},
        {"name": "faq", "confidence": faq},
    ]


@pytest.mark.parametrize("text", QUESTIONS)
def test_questions(text: str) -> None:
    assert is_asked_about(text)


@pytest.mark.parametrize("text", WISHES)
def test_wishes(text: str) -> None:
    assert not is_asked_about(text)


def test_a_wish_that_is_asked_about_is_a_question() -> None:
    [best, *others] = with_questions(ranking("claim_warranty", 0.75, 0.125), "质保索赔怎么办理")
    assert best == {"name": "faq", "confidence": 0.875}
    assert [entry["name"] for entry in others] == ["deny"]


def test_a_wish_stays_a_wish() -> None:
    known = ranking("claim_warranty", 0.7, 0.2)
    assert with_questions(known, "帮我登记质保索赔") == known


def test_other_intents_ask_as_they_like() -> None:
    known = ranking("referral", 0.7, 0.2)
    assert with_questions(known, "我的推荐码是多少") == known


@pytest.mark.parametrize(
    ("text", "name"), [("我要删除我的资料", "faq"), ("删除之前给我导出一份", "export_my_data")]
)
def test_who_wants_it_deleted_wants_no_copy(text: str, name: str) -> None:
    assert with_questions(ranking("export_my_data", 0.5, 0.4), text)[0]["name"] == name
