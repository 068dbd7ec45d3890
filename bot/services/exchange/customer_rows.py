"""What a file of customers and their cars says, row by row. A row is a customer with at most one car; who has several
cars stands on several rows. Every fault names its row and column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.domain.dealership import Dealership, ResourceKind
from bot.domain.errors import ImportRefused
from bot.services.consents import Purpose
from bot.services.exchange.booking_rows import PLATE, mobile_number
from bot.services.exchange.csv_files import CsvRow
from bot.services.exchange.sheets import read_table
from bot.services.exchange.words import Names
from bot.services.texts import is_email
from bot.services.vehicles import canonical_plate

_CHINESE = {
    "phone": ("手机号", "手机", "电话", "联系电话", "手机号码"),
    "name": ("姓名", "客户", "客户姓名", "车主", "车主姓名"),
    "email": ("邮箱", "电子邮箱", "e-mail"),
    "birthday": ("生日", "出生日期"),
    "adviser": ("专属顾问", "顾问", "销售顾问"),
    "service_contact": ("同意保养提醒", "保养提醒"),
    "marketing": ("同意活动通知", "活动通知"),
    "plate": ("车牌", "车牌号", "车牌号码"),
    "model": ("车型",),
    "delivered": ("交车日期", "购车日期", "提车日期"),
    "vin": ("车架号", "车辆识别代号"),
    "store": ("门店", "店", "所属门店"),
    "mileage": ("里程", "公里数", "行驶里程"),
    "mileage_on": ("里程日期", "抄表日期"),
    "last_service_on": ("上次保养日期", "上次保养"),
    "last_service_km": ("上次保养里程",),
    "left_on": ("离开日期", "售出日期", "报废日期"),
}
COLUMNS = tuple(_CHINESE)
TITLES = {column: words[0] for column, words in _CHINESE.items()}
"""What the column is called in a fault, and in a file that is written."""
HEADERS = {word: column for column, words in _CHINESE.items() for word in (column, *words)}
REQUIRED = ("phone",)
OF_CUSTOMER = ("name", "email", "birthday", "adviser")
OF_CAR = ("model", "delivered", "vin", "store", "left_on")
CONSENTS = {"service_contact": Purpose.SERVICE_CONTACT, "marketing": Purpose.MARKETING}
YES_NO = {True: "是", False: "否"}
_MEANT = {
    **dict.fromkeys(("是", "同意", "有", "y", "yes", "true", "1"), True),
    **dict.fromkeys(("否", "不同意", "无", "n", "no", "false", "0"), False),
}
_DAY = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+0{1,2}:00(?::00)?)?|(\d{4})(\d{2})(\d{2})"
)
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_KM = re.compile(r"(\d{1,9})(?:\.0+)?")
LONGEST_NAME = 80
_MOST_KM = 3_000_000
_EARLIEST_BIRTH, _EARLIEST_CAR = date(1900, 1, 1), date(1985, 1, 1)


@dataclass(frozen=True)
class CustomerRow:
    """A row without fault. ``customer``, ``car`` and ``consents`` have what the row says and nothing else.

    ``adviser`` is an id of a resource, or a text that may be a colleague's name. ``mileage`` in km was read on
    ``mileage_on`` if the row says so.
    """

    place: str
    phone: str
    customer: Mapping[str, Any] = field(default_factory=dict)
    consents: Mapping[Purpose, bool] = field(default_factory=dict)
    plate: str | None = None
    car: Mapping[str, Any] = field(default_factory=dict)
    mileage: int | None = None
    mileage_on: date | None = None
    last_service_on: date | None = None
    last_service_km: int | None = None


def read_customer_rows(
    name: str, data: bytes, dealership: Dealership, today: date
) -> tuple[list[CustomerRow], list[str]]:
    """The rows without fault, and the faults of the others in Chinese.

    Raises ``ImportRefused`` for a file without such rows, ``InvalidInput`` for one that is neither .csv nor .xlsx.
    """
    lines = read_table(name, data, HEADERS, REQUIRED)
    if not lines:
        raise ImportRefused(name, ("文件里没有客户",))
    rows, faults, names = [], [], Names(dealership)
    for line in lines:
        reader = _RowReader(line, dealership, names, today)
        row = reader.read()
        faults += [f"{row.place}：{fault}" for fault in reader.faults]
        if not reader.faults:
            rows.append(row)
    return rows, faults


class _RowReader:
    """Reads one row and collects what is wrong with it."""

    def __init__(self, line: CsvRow, dealership: Dealership, names: Names, today: date) -> None:
        self.line, self.dealership, self.names, self.today = line, dealership, names, today
        self.faults: list[str] = ["单元格比表头多"] if line.is_too_long else []

    def read(self) -> CustomerRow:
        row = CustomerRow(
            place=f"第 {self.line.number} 行",
            phone=self._phone(),
            customer=_given(
                name=self._name(),
                email=self._email(),
                birthday=self._day("birthday", _EARLIEST_BIRTH),
                adviser=self._adviser(),
            ),
            consents={
                purpose: word
                for column, purpose in CONSENTS.items()
                if (word := self._yes_or_no(column)) is not None
            },
            plate=self._plate(),
            car=_given(
                model=self._known("model", self.names.model, "车型"),
                delivered=self._day("delivered", _EARLIEST_CAR, may_come=True),
                vin=self._vin(),
                store=self._known("store", self.names.store, "门店"),
                left_on=self._day("left_on", _EARLIEST_CAR),
            ),
            mileage=self._km("mileage"),
            mileage_on=self._day("mileage_on", _EARLIEST_CAR),
            last_service_on=self._day("last_service_on", _EARLIEST_CAR),
            last_service_km=self._km("last_service_km"),
        )
        if not self.faults:
            self._check(row)
        return row

    def _check(self, row: CustomerRow) -> None:
        """Whether the cells fit together."""
        told = [
            column
            for column in (*OF_CAR, "mileage", "last_service_on", "last_service_km")
            if self._text(column)
        ]
        if row.plate is None and told:
            self._fault("plate", f"有“{TITLES[told[0]]}”却没有车牌")
        if row.mileage_on and row.mileage is None:
            self._fault("mileage_on", "有日期却没有里程")
        if row.last_service_km is not None and row.last_service_on is None:
            self._fault("last_service_km", "要同时写上次保养日期")
        delivered = row.car.get("delivered")
        for column in ("mileage_on", "last_service_on", "left_on"):
            on = getattr(row, column, None) or row.car.get(column)
            if delivered and on and on < delivered:
                self._fault(column, f"{on} 早于交车日期 {delivered}")
        later = row.mileage_on or self.today
        if (
            row.mileage is not None
            and row.last_service_km is not None
            and row.last_service_on is not None
            and row.last_service_on <= later
            and row.last_service_km > row.mileage
        ):
            self._fault("last_service_km", f"{row.last_service_km} 大于里程 {row.mileage}")

    def _text(self, column: str) -> str:
        return " ".join(self.line.cells.get(column, "").split())

    def _fault(self, column: str, problem: str) -> None:
        self.faults.append(f"{TITLES[column]}：{problem}")

    def _phone(self) -> str:
        written = self._text("phone")
        phone = mobile_number(written)
        if phone is None and re.fullmatch(r"[\d.]+[eE]\+?\d+", written):
            self._fault("phone", f"“{written}”被 Excel 改成了科学计数法，请把这一列设为“文本”再填")
        elif phone is None:
            self._fault("phone", f"“{written}”不是 11 位手机号" if written else "没有填")
        return phone or ""

    def _name(self) -> str:
        name = self._text("name")
        if len(name) > LONGEST_NAME:
            self._fault("name", f"最多 {LONGEST_NAME} 个字")
        return name

    def _email(self) -> str:
        email = self._text("email")
        if email and not is_email(email):
            self._fault("email", f"“{email}”不是邮箱地址")
        return email

    def _adviser(self) -> str:
        """A sales adviser of the dealership; any other text is looked for among the accounts."""
        text = self._text("adviser")
        sales = {r.id for r in self.dealership.resources if r.kind is ResourceKind.SALES_ADVISER}
        known = self.names.resource(text)
        return known if known in sales else text

    def _yes_or_no(self, column: str) -> bool | None:
        text = self._text(column).lower()
        if text and text not in _MEANT:
            self._fault(column, f"“{text}”要写“是”或“否”")
        return _MEANT.get(text)

    def _plate(self) -> str | None:
        text = self._text("plate")
        plate = canonical_plate(text)
        if text and not PLATE.fullmatch(plate):
            self._fault("plate", f"“{text}”不对，要写成 浙A·D1001 这样")
        return plate or None

    def _vin(self) -> str:
        vin = unicodedata.normalize("NFKC", self._text("vin")).replace(" ", "").upper()
        if vin and not _VIN.fullmatch(vin):
            self._fault("vin", f"“{vin}”不对，要 17 位字母和数字，没有 I、O、Q")
        return vin

    def _known(self, column: str, find: Any, what: str) -> str | None:
        text = self._text(column)
        found: str | None = find(text) if text else None
        if text and found is None:
            self._fault(column, f"没有“{text}”这个{what}")
        return found

    def _day(self, column: str, earliest: date, may_come: bool = False) -> date | None:
        """A local day; only a delivery may be still to come."""
        text = self._text(column)
        if not text:
            return None
        day = _day_of(unicodedata.normalize("NFKC", text))
        if day is None:
            self._fault(column, f"“{text}”要写成 2026-11-28 这样")
        elif day < earliest or day.year > self.today.year + 2:
            self._fault(column, f"“{text}”不可能")
        elif day > self.today and not may_come:
            self._fault(column, f"“{text}”还没有到")
        return day

    def _km(self, column: str) -> int | None:
        written = unicodedata.normalize("NFKC", self._text(column)).lower()
        if not written:
            return None
        found = _KM.fullmatch(re.sub(r"[,\s]|公里|km$", "", written))
        if not found or int(found[1]) > _MOST_KM:
            self._fault(column, f"“{written}”要是公里数（整数）")
            return None
        return int(found[1])


def _day_of(text: str) -> date | None:
    found = _DAY.fullmatch(text)
    if not found:
        return None
    try:
        return date(*(int(part) for part in found.groups() if part is not None))
    except ValueError:
        return None


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}
