"""What the dialogue collected before a person was asked for, in words that an adviser reads at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.clock import TIME_ZONE
from bot.domain.dealership import Dealership
from bot.services.masking import mask_phones
from bot.services.wording import say_time

WORDS = {
    "reason": "原因",
    "late_wish": "临近改约",
    "drive_model": "试驾车型",
    "drive_store": "试驾门店",
    "drive_adviser": "想约的顾问",
    "drive_time": "试驾时间",
    "drive_name": "姓名",
    "drive_phone": "电话",
    "visit_model": "车型",
    "visit_plate": "车牌",
    "visit_mileage": "里程（公里）",
    "visit_jobs": "项目",
    "visit_store": "到店门店",
    "visit_time": "到店时间",
    "visit_name": "姓名",
    "visit_phone": "电话",
    "known_name": "姓名",
    "known_phone": "电话",
    "car_model": "车型",
    "car_plate": "车牌",
    "car_phone": "电话",
    "rescue_place": "救援地点",
    "rescue_phone": "电话",
    "complaint_text": "投诉内容",
    "complaint_phone": "电话",
    "message": "最后一句",
    "topic": "话题",
    "needs": "购车需求",
    "budget": "预算",
    "model": "说到的车型",
    "bookings": "已有预约",
    "stage": "车辆阶段",
    "note": "说明",
}


def say_facts(dealership: Dealership, summary: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(label, value) of a handoff's summary, each once, numbers masked; what has no label is left out."""
    names = _names(dealership)
    said: dict[tuple[str, str], None] = {}
    for name, value in {**summary, **(summary.get("facts") or {})}.items():
        if name in WORDS and value not in (None, "", [], {}):
            said[WORDS[name], mask_phones(_say(names, value))] = None
    return tuple(said)


def last_words(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """The customer's last messages before, numbers masked."""
    said = summary.get("last_messages") or ()
    return tuple(mask_phones(str(text)) for text in said) if isinstance(said, list | tuple) else ()


def _say(names: Mapping[str, str], value: Any) -> str:
    if isinstance(value, list | tuple):
        return "、".join(_say(names, item) for item in value)
    text = str(value)
    if text in names:
        return names[text]
    try:
        moment = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        moment = None
    return say_time(moment.astimezone(TIME_ZONE)) if moment is not None and moment.tzinfo else text


def _names(dealership: Dealership) -> dict[str, str]:
    every: tuple[tuple[Any, ...], ...] = (
        dealership.stores,
        dealership.models,
        dealership.services,
        dealership.resources,
    )
    return {item.id: item.name for items in every for item in items}
