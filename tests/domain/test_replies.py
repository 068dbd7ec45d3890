"""Texts with variables: what fits a type, and that a gap is never rendered."""

from __future__ import annotations

import pytest

from bot.domain.replies import Template, UnfitValue, VariableType, check_value, render

FITTING = {
    "text": ["青岚 X5", "· 保养\n· 轮胎"],
    "optional": ["", "张伟您好，"],
    "number": [45, 1.5, "60,000", -1],
    "price": ["免费", "398 元起", "首次免费", "8.98 万元"],
    "when": ["周六 11月28日 14:00", "2026年11月28日", "14:45", "明天（周一 11月23日） 08:30"],
    "phone": ["13812345678", "138****5678", "0500-8800-1001"],
}
UNFIT = {
    "text": ["", "  ", None, 5, ["a"], True],
    "optional": [None, 5],
    "number": ["", "ten", None, True, "1-2"],
    "price": ["", "便宜", 398, None],
    "when": ["", "soon", 14, None],
    "phone": ["", "电话", None, 13812345678],
}


@pytest.mark.parametrize(("kind", "value"), [(kind, v) for kind, values in FITTING.items() for v in values])
def test_a_fitting_value(kind: str, value: object) -> None:
    check_value("x", VariableType(kind), value)


@pytest.mark.parametrize(("kind", "value"), [(kind, v) for kind, values in UNFIT.items() for v in values])
def test_an_unfit_value_is_named(kind: str, value: object) -> None:
    with pytest.raises(UnfitValue, match=r"\{x\}"):
        check_value("x", VariableType(kind), value)


def test_a_missing_value_is_never_rendered() -> None:
    assert render(" {a} 和 {b_2} ", {"a": 1, "b_2": "二"}) == "1 和 二"
    with pytest.raises(UnfitValue, match=r"\{a\} has no value"):
        render("{a}", {})
    assert render("{a}", {"a": "{b}"}) == "{b}"  # a value is not a text with variables


def test_words_of_a_channel() -> None:
    template = Template("utter_x", "您好", channels={"wechat": "微信您好"})

    assert [template.text_for(channel) for channel in ("wechat", "web", None)] == ["微信您好", "您好", "您好"]
