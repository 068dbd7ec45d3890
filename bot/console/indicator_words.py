"""Words for what the pages of indicators name."""

from __future__ import annotations

from bot.console.content_words import ACTIONS, CATEGORIES, INTENTS
from bot.domain.indicators import Grain, Unit
from bot.services.indicators.overviews import NO_TOPIC

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
GRAINS = {Grain.MONTH: "月", Grain.QUARTER: "季度", Grain.YEAR: "年"}
COMPLAINT_TYPES = {
    "attitude": "服务态度",
    "waiting": "等待时间",
    "money": "价格费用",
    "repair": "维修质量",
    "car": "车辆质量",
    "promise": "承诺未兑现",
    "other": "其他",
}


def topic_words(topic: str) -> str:
    """An intent, or "faq.price" for questions answered from the FAQ."""
    if topic == NO_TOPIC:
        return "其他"
    kind, _, category = topic.partition(".")
    return (
        f"问答：{CATEGORIES.get(category, category)}"
        if kind == "faq"
        else {**ACTIONS, **INTENTS}.get(topic, topic)
    )


def hit_words(unit: Unit, hit: float) -> str:
    """What a case adds to the figure."""
    if unit is Unit.POINTS:
        return f"{hit:g} 分"
    if unit is Unit.NPS:
        return {1: "推荐者", -1: "贬损者"}.get(int(hit), "中立者")
    if unit is Unit.TIMES:
        return "计 1 次"
    return "计入" if hit else "未计入"
