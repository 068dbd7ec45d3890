"""What is wrong with a dealership that somebody wants to import in Chinese and with its place."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pydantic

from bot.domain.dealership import ResourceKind
from bot.domain.errors import ContentError
from bot.domain.ticks import TICK
from bot.services.content.checks import (
    handoff_faults,
    handoff_reference_faults,
    phone_faults,
    position_faults,
    profile_faults,
)
from bot.services.content.entries import KINDS, parse, plain
from bot.services.exchange.dealership_files import RawEntry
from bot.services.texts import is_storable

Plain = dict[str, Any]
LONGEST_ID = 40
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:00)?")
_TIMES = ("opens", "closes", "last_start", "offers_from", "offers_until")
_DAYS_30, _DAY = 30 * 24, 24 * 60
_MOST = {
    "slot_minutes": 240,
    "horizon_days": 366,
    "hold_minutes": _DAY,
    "no_show_limit": 100,
    "reminder_hours": _DAYS_30,
    "change_notice_hours": _DAYS_30,
    "test_drive.minutes": 480,
    "test_drive.preparation_minutes": 240,
    "test_drive.notice_hours": _DAYS_30,
    "test_drive.min_age": 120,
    "test_drive.max_age": 120,
    "test_drive.licence_months": 1200,
    "service.notice_hours": _DAYS_30,
    "waitlist.reply_minutes": _DAY,
}
"""The largest values of the rules; the hours, days and minutes that their names say."""
_TICK_MINUTES = int(TICK.total_seconds()) // 60
_TYPES = {
    "value_error.missing": "缺少这一项",
    "type_error.none.not_allowed": "不能是空的",
    "type_error.integer": "要是整数",
    "type_error.float": "要是数字",
    "type_error.bool": "只能是 true 或 false",
    "type_error.time": "要写成 09:00 这样的时间",
    "value_error.time": "要写成 09:00 这样的时间",
    "value_error.date": "要写成 2026-10-01 这样的日期",
    "type_error.str": "要是文字",
    "type_error.tuple": "要是一个列表",
    "type_error.list": "要是一个列表",
    "type_error.dict": "要是一组“名称: 值”",
}
_PARTS = {"hours.showroom": "展厅", "hours.service": "售后"}


def read_entry(entry: RawEntry) -> tuple[Plain | None, list[str]]:
    """The entry's validated plain data, or what is wrong with its fields."""
    fields = {field.name for field in dataclasses.fields(KINDS[entry.kind])}
    faults = [f"没有“{name}”这一项" for name in entry.data if name not in fields]
    faults += [f"缺少“{name}”" for name in _required(entry.kind) if name not in entry.data]
    if not faults and not _storable(entry.data):
        faults.append("有不能保存的字符")
    if faults:
        return None, faults
    try:
        data: Plain = plain(parse(KINDS[entry.kind], dict(entry.data)))
    except ContentError as error:
        return None, list(_problems(error))
    faults = [*_time_faults(entry.data), *_entry_faults(entry.kind, data)]
    return (None if faults else data), faults


def reference_faults(found: Mapping[str, Mapping[str, Plain]]) -> Iterator[tuple[str, str, str]]:
    """Entries (kind, id) that name what is not there, and what must not be missing altogether, with the words."""
    stores, models = found.get("store", {}), found.get("model", {})
    for id_, data in found.get("resource", {}).items():
        if data["store"] not in stores:
            yield "resource", id_, f"没有“{data['store']}”这家门店"
        if data["model"] is not None and data["model"] not in models:
            yield "resource", id_, f"没有“{data['model']}”这个车型"
    yield from _name_faults(found.get("resource", {}))
    for id_, data in found.get("service", {}).items():
        for name in ("minutes_by", "price_by"):
            for key in data.get(name, {}):
                if key not in models and key not in ("petrol", "electric"):
                    yield "service", id_, f"{name}：没有“{key}”这个车型"
    yield from _handoff_reference_faults(found)
    for kind, name in (("store", "门店"), ("model", "车型"), ("service", "项目"), ("resource", "资源")):
        if not found.get(kind):
            yield kind, "", f"至少要有一个{name}"


def _handoff_reference_faults(
    found: Mapping[str, Mapping[str, Plain]],
) -> Iterator[tuple[str, str, str]]:
    for id_, data in found.get("handoff", {}).items():
        for fault in handoff_reference_faults(data, {"models": found.get("model", {})}):
            yield "handoff", id_, fault.words


def _name_faults(resources: Mapping[str, Plain]) -> Iterator[tuple[str, str, str]]:
    """Two resources of one name: nobody could say which is meant."""
    first: dict[str, str] = {}
    for id_, data in resources.items():
        known = first.setdefault(" ".join(data["name"].split()).lower(), id_)
        if known != id_:
            yield "resource", id_, f"名称“{data['name']}”与 {known} 重复"


def _storable(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_storable, (*value, *value.values())))
    return all(map(_storable, value)) if isinstance(value, list) else is_storable(str(value))


def _required(kind: str) -> Iterator[str]:
    for field in dataclasses.fields(KINDS[kind]):
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            yield field.name


def _problems(error: ContentError) -> Iterator[str]:
    cause = error.__cause__
    if not isinstance(cause, pydantic.ValidationError):
        yield f"{error.field}：{error.problem}"
        return
    for each in cause.errors():
        field = ".".join(str(part) for part in each["loc"] if part != "__root__")
        yield f"{field}：{_words(each)}"


def _words(error: Mapping[str, Any]) -> str:
    if error["type"] == "type_error.enum":
        return f"只能是 {'、'.join(str(value.value) for value in error['ctx']['enum_values'])}"
    quoted = re.search(r"'(\w+)'", error["msg"]) if error["type"] == "type_error" else None
    if quoted:
        return f"没有“{quoted[1]}”这一项" if "unexpected" in error["msg"] else f"缺少“{quoted[1]}”"
    return _TYPES.get(error["type"], str(error["msg"]))


def _entry_faults(kind: str, data: Plain) -> Iterator[str]:
    if "id" in data and (not _ID.fullmatch(data["id"]) or len(data["id"]) > LONGEST_ID):
        yield f"id 只能用字母、数字、- 和 _，最多 {LONGEST_ID} 个字"
    if "name" in data and not 0 < len(data["name"].strip()) <= 80:
        yield "name 要有 1 到 80 个字"
    yield from _FAULTS.get(kind, lambda _: iter(()))(data)


def _store_faults(data: Plain) -> Iterator[str]:
    for name in ("sales_phone", "service_phone"):
        yield from (fault.words for fault in phone_faults(name, data[name]))
    yield from (fault.words for fault in position_faults(data))
    for department, hours in data["hours"].items():
        name = _PARTS[f"hours.{department}"]
        if hours["opens"] >= hours["closes"]:
            yield f"{name}营业时间：{hours['closes'][:5]} 打烊早于 {hours['opens'][:5]} 开门"
        wrong = [day for day in hours["closed_weekdays"] if not 1 <= day <= 7]
        if wrong:
            yield f"{name}休息日：{'、'.join(map(str, wrong))} 不是 1（周一）到 7（周日）"
        elif len(set(hours["closed_weekdays"])) == 7:
            yield f"{name}休息日：一周七天都休息"


def _service_faults(data: Plain) -> Iterator[str]:
    for minutes in (data["minutes"], *data.get("minutes_by", {}).values()):
        if not 0 < minutes <= 24 * 60:
            yield f"minutes：{minutes} 不是 1 到 1440 分钟"
    for price in (data["price"], *data.get("price_by", {}).values()):
        if price < 0:
            yield f"price：{price} 不能小于 0"


def _model_faults(data: Plain) -> Iterator[str]:
    if not 0 < data["price_from"] <= data["price_to"]:
        yield "price_from 要大于 0，并且不能高于 price_to"


def _resource_faults(data: Plain) -> Iterator[str]:
    is_car = data["kind"] == ResourceKind.TEST_CAR.value
    if is_car and data["model"] is None:
        yield "试驾车要写 model（车型）"
    if not is_car and data["model"] is not None:
        yield "只有试驾车才有 model（车型）"


def _closure_faults(data: Plain) -> Iterator[str]:
    if (data["lunar"] is None) == (data["date"] is None):
        yield "要写 date（日期）或 lunar（农历月-日），两者选一"
    elif data["lunar"] and not re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|30)", data["lunar"]):
        yield f"lunar：“{data['lunar']}”要写成 01-01 这样的农历月-日"
    if not 1 <= data["days"] <= 366:
        yield f"days：{data['days']} 不是 1 到 366 天"


def _holiday_faults(data: Plain) -> Iterator[str]:
    if not 1 <= data["days"] <= 15:
        yield f"days：{data['days']} 不是 1 到 15 天"


def _rules_faults(data: Plain) -> Iterator[str]:
    drive, waitlist = data["test_drive"], data["waitlist"]
    if data["slot_minutes"] <= 0 or data["slot_minutes"] % _TICK_MINUTES:
        yield f"slot_minutes：{data['slot_minutes']} 要是 {_TICK_MINUTES} 分钟的倍数"
    positive = {
        "horizon_days": data["horizon_days"],
        "hold_minutes": data["hold_minutes"],
        "no_show_limit": data["no_show_limit"],
        "test_drive.minutes": drive["minutes"],
        "waitlist.reply_minutes": waitlist["reply_minutes"],
        **{"reminder_hours": min(data["reminder_hours"], default=1)},
    }
    largest = {"reminder_hours": max(data["reminder_hours"], default=1)}
    not_negative = {
        "change_notice_hours": data["change_notice_hours"],
        "test_drive.preparation_minutes": drive["preparation_minutes"],
        "test_drive.notice_hours": drive["notice_hours"],
        "service.notice_hours": data["service"]["notice_hours"],
        "test_drive.min_age": drive["min_age"],
        "test_drive.max_age": drive["max_age"],
        "test_drive.licence_months": drive["licence_months"],
    }
    yield from (f"{name}：{value} 要大于 0" for name, value in positive.items() if value <= 0)
    yield from (f"{name}：{value} 不能小于 0" for name, value in not_negative.items() if value < 0)
    values = {"slot_minutes": data["slot_minutes"], **not_negative, **positive, **largest}
    for name, value in values.items():
        if value > _MOST[name]:
            yield f"{name}：{value} 太多了，最多 {_MOST[name]}"
    if drive["min_age"] > drive["max_age"]:
        yield "test_drive：min_age 不能大于 max_age"
    if waitlist["offers_from"] >= waitlist["offers_until"]:
        yield "waitlist：offers_until 要晚于 offers_from"


def _profile_faults(data: Plain) -> Iterator[str]:
    yield from (fault.words for fault in profile_faults(data))


def _handoff_faults(data: Plain) -> Iterator[str]:
    yield from (fault.words for fault in handoff_faults(data))


def _time_faults(data: Any, field: str = "") -> Iterator[str]:
    """Times of day that could mean another: 8:30 instead of 08:30, or a number."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            yield from _time_faults(value, f"{field}.{name}".lstrip("."))
    elif field.rpartition(".")[2] in _TIMES and not _TIME_OF_DAY.fullmatch(str(data)):
        yield f"{field}：要写成 09:00 这样的时间"


_FAULTS = {
    "store": _store_faults,
    "service": _service_faults,
    "model": _model_faults,
    "resource": _resource_faults,
    "closure": _closure_faults,
    "holiday": _holiday_faults,
    "rules": _rules_faults,
    "profile": _profile_faults,
    "handoff": _handoff_faults,
}
