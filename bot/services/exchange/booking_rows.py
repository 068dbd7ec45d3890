"""What a file of bookings says, row by row: CSV for Excel, or YAML. Every fault names its row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

import yaml

from bot.clock import TIME_ZONE
from bot.domain.booking import VisitKind, VisitRequest, VisitStatus
from bot.domain.dealership import Dealership
from bot.domain.errors import ImportRefused, InvalidInput
from bot.services.content.fields import moment_of
from bot.services.content.yaml import read_yaml
from bot.services.exchange.csv_files import LARGEST_FILE, SURPLUS, read_csv
from bot.services.exchange.words import KINDS, STATUSES, Names, choices, visit_kind, visit_status
from bot.services.texts import is_storable
from bot.services.vehicles import canonical_plate
from bot.services.visits import Contact

COLUMNS = (
    "code",
    "kind",
    "status",
    "store",
    "model",
    "jobs",
    "start",
    "end",
    "name",
    "phone",
    "plate",
    "mileage",
    "resources",
)
OPEN = (VisitStatus.CONFIRMED, VisitStatus.CHECKED_IN)
TEXT_COLUMNS = ("phone", "plate")
REQUIRED = ("kind", "store", "start", "name", "phone")
YAML_KEY = "bookings"
_CHINESE = {
    "code": ("预约码", "预约号", "编号"),
    "kind": ("类型", "业务", "业务类型", "预约类型"),
    "status": ("状态",),
    "store": ("门店", "店"),
    "model": ("车型",),
    "jobs": ("项目", "服务项目", "保养项目", "items"),
    "start": ("开始", "时间", "开始时间", "预约时间"),
    "end": ("结束", "结束时间"),
    "name": ("姓名", "客户", "客户姓名"),
    "phone": ("手机", "手机号", "电话", "联系电话"),
    "plate": ("车牌", "车牌号"),
    "mileage": ("里程", "公里数", "行驶里程"),
    "resources": ("资源", "安排", "resource_names"),
}
HEADERS = {word: column for column, words in _CHINESE.items() for word in (column, *words)}
_LIST = re.compile(r"[;；、,，+＋|\n]")
_PHONE = re.compile(r"1[3-9]\d{9}")
PLATE = re.compile(r"[\u4e00-\u9fff][A-Z][A-Z0-9\u4e00-\u9fff]{4,7}")
_CODE = re.compile(r"[A-Z0-9]{4,12}")
_DAY_AND_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]*(上午|早上|中午|下午|傍晚|晚上)?[ ]*"
    r"(\d{1,2})[:点时](\d{2}|半)?分?(?::\d{2})?"
)
_LARGEST_MILEAGE = 9_999_999
_AFTERNOON = ("下午", "晚上", "傍晚")
_Raw = tuple[str, Mapping[str, Any] | None]
"""A place in the file and what stands there; None for what is no row at all."""


@dataclass(frozen=True)
class BookingRow:
    """A booking as a file has it. ``code``, ``end`` and ``resources`` may be open; the rest was checked."""

    place: str
    code: str | None
    request: VisitRequest
    status: VisitStatus
    start: datetime
    end: datetime | None
    contact: Contact
    plate: str | None
    mileage: int | None
    resources: tuple[str, ...]


def read_booking_rows(
    name: str, data: bytes, dealership: Dealership, now: datetime
) -> tuple[list[BookingRow], list[str]]:
    """The rows without fault, and the faults of the others in Chinese.

    A visit of the past may name a resource that is gone; it stays as it is written.

    Raises ``ImportRefused`` for a file without such rows, ``InvalidInput`` for one that ends otherwise.
    """
    rows: list[BookingRow] = []
    faults: list[str] = []
    names = Names(dealership)
    for place, raw in _raw_rows(name, data):
        if raw is None:
            faults.append(f"{place}：要是一组“名称: 值”")
            continue
        reader = _RowReader(place, raw, names, now)
        row = reader.read()
        faults += [f"{place}：{fault}" for fault in reader.faults]
        if row is not None:
            rows.append(row)
    if not rows and not faults:
        raise ImportRefused(name, ("文件里没有预约",))
    return rows, faults


def moment_from(text: Any) -> datetime:
    """A time as people and Excel write it: "2026-11-28 14:00", "2026/11/28 14:00", "2026年11月28日 下午2点", ISO 8601.

    Local without an offset. Raises ``ValueError``, for a day without a time too.
    """
    if isinstance(text, str):
        text = unicodedata.normalize("NFKC", text)
        found = _DAY_AND_TIME.fullmatch(text.strip())
        if found:
            year, month, day, part, written, minute = found.groups()
            hour = int(written)
            if (part in _AFTERNOON and 0 < hour < 12) or (part == "中午" and 0 < hour < 4):
                hour += 12
            minutes = 30 if minute == "半" else int(minute or 0)
            return datetime(int(year), int(month), int(day), hour, minutes, tzinfo=TIME_ZONE)
        if re.fullmatch(r"[\d\-/.年月日]+", text.strip()):
            raise ValueError("a day without a time")
    elif not isinstance(text, datetime):
        raise ValueError(f"{text!r} is no time")
    return moment_of(text)


def is_history(status: VisitStatus, start: datetime, now: datetime) -> bool:
    """Whether a visit claims nothing: it is settled or cancelled, or its day is over and nobody settled it."""
    today = now.astimezone(TIME_ZONE).date()
    return status not in OPEN or start.astimezone(TIME_ZONE).date() < today


def mobile_number(text: str) -> str | None:
    """11 digits without +86, blanks and dashes; None for what is no mobile number."""
    digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text))
    digits = re.sub(r"^(?:\+|00)?86(?=1\d{10}$)", "", digits)
    digits = re.sub(r"\.0+$", "", digits)
    return digits if _PHONE.fullmatch(digits) else None


def _raw_rows(name: str, data: bytes) -> Iterator[_Raw]:
    suffix = PurePath(name).suffix.lower()
    if suffix == ".csv":
        for line in read_csv(name, data, HEADERS, REQUIRED):
            place = f"第 {line.number} 行"
            yield place, {**line.cells, SURPLUS: "x"} if line.is_too_long else line.cells
    elif suffix in (".yml", ".yaml"):
        yield from _yaml_rows(name, data)
    else:
        raise InvalidInput(f"{name} must end with .csv or .yml")


def _yaml_rows(name: str, data: bytes) -> Iterator[_Raw]:
    if len(data) > LARGEST_FILE:
        raise ImportRefused(name, (f"文件超过 {LARGEST_FILE // 1024 // 1024} MB，太大了",))
    try:
        raw = read_yaml(data.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f"第 {line + 1} 行" if line is not None else "文件"
        raise ImportRefused(name, (f"{where}不是有效的 YAML（UTF-8）",)) from error
    rows = raw.get(YAML_KEY) if isinstance(raw, dict) else None
    if not isinstance(rows, list):
        raise ImportRefused(name, (f"要有“{YAML_KEY}:”，下面是一组预约",))
    for number, row in enumerate(rows, start=1):
        place = f"第 {number} 条"
        yield place, {str(key): value for key, value in row.items()} if isinstance(row, dict) else None


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list | bool) and is_storable(str(value))


class _RowReader:
    """Reads one row and collects what is wrong with it."""

    def __init__(self, place: str, raw: Mapping[str, Any], names: Names, now: datetime) -> None:
        self.place, self.raw, self.names, self.now = place, raw, names, now
        self.faults: list[str] = []

    def read(self) -> BookingRow | None:
        """The row, or None with at least one fault."""
        self._check_columns()
        kind = self._kind()
        row = BookingRow(
            place=self.place,
            code=self._code(),
            request=VisitRequest(
                kind or VisitKind.SERVICE, self._store(), self._model(kind), self._jobs(kind)
            ),
            status=(status := self._status()),
            start=(start := self._moment("start", "开始时间")),
            end=self._end(),
            contact=self._contact(),
            plate=self._plate(),
            mileage=self._mileage(),
            resources=self._resources(is_history(status, start, self.now)),
        )
        return None if self.faults else row

    def _check_columns(self) -> None:
        for column, value in self.raw.items():
            if column == SURPLUS:
                self.faults.append("单元格比表头多")
            elif column not in COLUMNS:
                self.faults.append(f"不认识“{column}”这一项")
            elif not all(map(_is_plain, value if isinstance(value, list) else [value])):
                self.faults.append(f"{column} 的值不能用")

    def _text(self, column: str) -> str:
        value = self.raw.get(column)
        return "" if value is None or isinstance(value, list) else " ".join(str(value).split())

    def _list(self, column: str) -> list[str]:
        value = self.raw.get(column)
        parts = value if isinstance(value, list) else _LIST.split(str(value or ""))
        return [text for text in (" ".join(str(part).split()) for part in parts) if text]

    def _kind(self) -> VisitKind | None:
        kind = visit_kind(self._text("kind"))
        if kind is None:
            self.faults.append(f"类型“{self._text('kind')}”不认识，只能是 {choices(KINDS)}")
        return kind

    def _status(self) -> VisitStatus:
        status = visit_status(self._text("status"))
        if status is None:
            self.faults.append(f"状态“{self._text('status')}”不认识，只能是 {choices(STATUSES)}")
        return status or VisitStatus.CONFIRMED

    def _code(self) -> str | None:
        text = re.sub(r"[\s\-]", "", self._text("code")).upper()
        if text and not _CODE.fullmatch(text):
            self.faults.append(f"预约码“{self._text('code')}”要由 4 到 12 个字母和数字组成")
        return text or None

    def _store(self) -> str | None:
        store = self.names.store(self._text("store"))
        if store is None:
            self.faults.append(f"没有“{self._text('store')}”这家门店")
        return store

    def _model(self, kind: VisitKind | None) -> str | None:
        text = self._text("model")
        model = self.names.model(text)
        if text and model is None:
            self.faults.append(f"没有“{text}”这个车型")
        if not text and kind is VisitKind.TEST_DRIVE:
            self.faults.append("试驾要写车型")
        return model

    def _jobs(self, kind: VisitKind | None) -> tuple[str, ...]:
        found = {text: self.names.job(text) for text in self._list("jobs")}
        self.faults += [f"没有“{text}”这个项目" for text, job in found.items() if job is None]
        if kind is VisitKind.SERVICE and not found:
            self.faults.append("保养维修要写项目")
        if kind is VisitKind.TEST_DRIVE and found:
            self.faults.append("试驾没有服务项目")
        return tuple(dict.fromkeys(job for job in found.values() if job))

    def _moment(self, column: str, name: str) -> datetime:
        value = self.raw.get(column)
        try:
            return moment_from(value)
        except (ValueError, OverflowError):
            self.faults.append(f"{name}“{self._text(column)}”要写成 2026-11-28 14:00 这样")
            return datetime(9998, 1, 1, tzinfo=TIME_ZONE)

    def _end(self) -> datetime | None:
        if not self._text("end"):
            return None
        before = len(self.faults)
        end = self._moment("end", "结束时间")
        start_is_readable = not any(fault.startswith("开始时间") for fault in self.faults)
        if len(self.faults) == before and start_is_readable and end <= moment_from(self.raw.get("start")):
            self.faults.append("结束时间要晚于开始时间")
        return end

    def _contact(self) -> Contact:
        name, written = self._text("name"), self._text("phone")
        phone = mobile_number(written)
        if not 0 < len(name) <= 80:
            self.faults.append("姓名要有 1 到 80 个字" if name else "缺少姓名")
        if phone is None and re.fullmatch(r"[\d.]+[eE]\+?\d+", written):
            self.faults.append(f"手机号“{written}”被 Excel 改成了科学计数法：请把这一列设为“文本”再填")
        elif phone is None:
            self.faults.append(f"手机号“{written}”不是 11 位手机号")
        return Contact(name, phone or "")

    def _plate(self) -> str | None:
        text = self._text("plate")
        plate = canonical_plate(text)
        if text and not PLATE.fullmatch(plate):
            self.faults.append(f"车牌“{text}”不对，要写成 浙A·D1001 这样")
        return plate or None

    def _mileage(self) -> int | None:
        written = unicodedata.normalize("NFKC", self._text("mileage"))
        text = re.sub(r"[,\s]|公里|km$", "", written.lower())
        if not text:
            return None
        if not re.fullmatch(r"\d+(\.0+)?", text) or int(float(text)) > _LARGEST_MILEAGE:
            self.faults.append(f"里程“{self._text('mileage')}”要是公里数（整数）")
            return None
        return int(float(text))

    def _resources(self, is_past: bool) -> tuple[str, ...]:
        found = {
            text: self.names.resource(text) or (text if is_past else None) for text in self._list("resources")
        }
        self.faults += [f"没有“{text}”这个资源" for text, resource in found.items() if resource is None]
        return tuple(resource for resource in found.values() if resource)
