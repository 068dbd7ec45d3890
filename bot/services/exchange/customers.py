"""Customers and their cars out and in: what the dealer's former system has, all of a file or nothing.

A cell that is empty leaves what is there, so that the same file again changes nothing. What a customer said themselves
counts more than a file: a refusal stays one, and who was erased stays away until they come back themselves.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.clock import TIME_ZONE
from bot.domain.dealership import Dealership
from bot.domain.errors import ImportRefused
from bot.domain.mileage import Reading
from bot.services import audit
from bot.services.audit import Actor
from bot.services.claiming import transact
from bot.services.consents import Purpose, say
from bot.services.exchange.customer_rows import (
    COLUMNS,
    CONSENTS,
    OF_CAR,
    OF_CUSTOMER,
    TITLES,
    YES_NO,
    CustomerRow,
    read_customer_rows,
)
from bot.services.exchange.sheets import table_bytes
from bot.services.mileage import IMPORT, keep_reading, readings_of
from bot.services.privacy import erased_of, unreadable
from bot.store.database import Database
from bot.store.lifecycle_tables import Consent
from bot.store.staff_tables import User
from bot.store.tables import Customer, Vehicle

TEXT_COLUMNS = ("phone", "plate", "vin")
AT_ONCE = 500
_Row = Any


@dataclass
class CustomerReport:
    """What an import did. ``changed``: rows of customers and cars that were known, each with what is new.

    ``unchanged`` counts rows; ``warnings`` are what was left out, or taken in another way than it is written.
    """

    customers: int = 0
    cars: int = 0
    changed: list[tuple[str, str]] = field(default_factory=list)
    unchanged: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """One line in Chinese."""
        changed = len(self.changed)
        return f"新客户 {self.customers} 位，新车 {self.cars} 辆，更新 {changed} 行，没有变化 {self.unchanged} 行"


def import_customers(
    database: Database,
    home: Path,
    dealership: Dealership,
    now: datetime,
    name: str,
    data: bytes,
    actor: Actor,
    dry_run: bool = False,
) -> CustomerReport:
    """Take every row of the file ``name`` (.csv or .xlsx) in one transaction; with ``dry_run`` only look whether it
    could be done. Rows of who was erased are left out.

    Raises ``ImportRefused`` with every fault by row and column, and then nothing was changed.
    """
    today = now.astimezone(TIME_ZONE).date()
    rows, faults = read_customer_rows(name, data, dealership, today)
    faults += _contradictions(rows)

    def work(session: Session) -> CustomerReport:
        taking = _Import(session, home, dealership, now, today, rows)
        found = [*faults, *taking.faults()]
        if found:
            raise ImportRefused(name, tuple(sorted(found, key=_line_of)))
        for row in taking.rows:
            taking.take(row)
        if dry_run:
            raise _OnlyLooked(taking.report)
        about = {"customers": taking.report.customers, "cars": taking.report.cars}
        about["changed"] = len(taking.report.changed)
        audit.note(session, actor, "customers.imported", now, details=about)
        return taking.report

    try:
        return transact(database, work)
    except _OnlyLooked as looked:
        return looked.report


def export_customers(database: Database, name: str) -> tuple[int, bytes]:
    """All customers with their cars as .csv or .xlsx by the ending of ``name``, and how many rows there are."""
    query = (
        sa.select(Customer, Vehicle)
        .outerjoin(Vehicle, Vehicle.customer_id == Customer.id)
        .order_by(Customer.created_at, Customer.id, Vehicle.plate)
    )
    with database.reading() as session:
        words = _consents(session, None)
        rows = [_cells(customer, vehicle, words) for customer, vehicle in session.execute(query)]
    return len(rows), table_bytes(name, COLUMNS, rows, TEXT_COLUMNS)


class _OnlyLooked(Exception):
    """Ends the transaction of a dry run without its work."""

    def __init__(self, report: CustomerReport) -> None:
        self.report = report


class _Import:
    """One import inside its transaction."""

    def __init__(
        self,
        session: Session,
        home: Path,
        dealership: Dealership,
        now: datetime,
        today: date,
        rows: Sequence[CustomerRow],
    ) -> None:
        self.session, self.now, self.today = session, now, today
        self.report = CustomerReport()
        phones, plates = [row.phone for row in rows], [row.plate for row in rows if row.plate]
        vins = [row.car["vin"] for row in rows if "vin" in row.car]
        self.customers = {row.phone: row for row in self._of(Customer, Customer.phone, phones)}
        self.rows = self._without_erased(home, rows)
        self.cars = {row.plate: row for row in self._of(Vehicle, Vehicle.plate, plates)}
        self.plate_of_vin = {row.vin: row.plate for row in self._of(Vehicle, Vehicle.vin, vins)}
        self.owners = {row.id: row.phone for row in self.customers.values()}
        self.readings: dict[str, list[Reading]] = {}
        self.said: dict[tuple[str, str], tuple[bool, str]] = {}
        for some in _slices(plates):
            self.readings |= readings_of(session, some)
        for some in _slices(phones):
            self.said |= _consents(session, some)
        self.advisers = self._advisers(dealership)

    def _without_erased(self, home: Path, rows: Sequence[CustomerRow]) -> list[CustomerRow]:
        """Asked after the known customers are locked: a deletion is over by then, or waits for this."""
        if gone := unreadable(self.session, home):
            words = f"有 {gone} 位删除过资料的客户无法识别（erased.key 换过或丢失），请核对文件里没有他们"
            self.report.warnings.append(words)
        erased = erased_of(self.session, home, (row.phone for row in rows))
        for row in rows:
            if row.phone in erased:
                words = f"{row.place}：没有导入：这位客户的资料已按要求删除，本人再来预约或留下号码后才能导入"
                self.report.warnings.append(words)
        return [row for row in rows if row.phone not in erased]

    def faults(self) -> Iterator[str]:
        """What does not fit what is stored."""
        for row in self.rows:
            adviser = row.customer.get("adviser")
            if adviser and adviser not in self.advisers:
                yield f"{row.place}：{TITLES['adviser']}：没有“{adviser}”这位顾问，或不止一位"
            if row.plate is None:
                continue
            car = self.cars.get(row.plate)
            if car is None:
                for column in ("model", "delivered"):
                    if column not in row.car:
                        yield f"{row.place}：{TITLES[column]}：新的车要填"
            elif self.owners.get(car.customer_id) != row.phone:
                yield f"{row.place}：{TITLES['plate']}：{row.plate} 登记在另一位客户名下，过户请先在原客户页面移除"
            other = self.plate_of_vin.get(row.car.get("vin"))
            if other is not None and other != row.plate:
                yield f"{row.place}：{TITLES['vin']}：是 {other} 的"

    def take(self, row: CustomerRow) -> None:
        """Write one row."""
        customer, news = self.customers.get(row.phone), []
        if customer is None:
            customer = Customer(id=uuid.uuid4().hex, phone=row.phone, created_at=self.now)
            self.customers[row.phone] = customer
            self.session.add(customer)
            self.session.flush()
            self.report.customers += 1
            self._set(customer, row.customer, OF_CUSTOMER)
            self._consent(row)
            is_known = False
        else:
            news = [*self._set(customer, row.customer, OF_CUSTOMER), *self._consent(row)]
            is_known = True
        if row.plate is not None:
            car = self.cars.get(row.plate)
            if car is None:
                self._add_car(row, customer)
                is_known = False
            else:
                news += self._change_car(row, car)
        if news:
            self.report.changed.append((row.place, "、".join(news)))
        elif is_known:
            self.report.unchanged += 1

    def _add_car(self, row: CustomerRow, customer: _Row) -> None:
        car = Vehicle(plate=row.plate, customer_id=customer.id)
        self._set(car, row.car, OF_CAR)
        car.last_service_on, car.last_service_km = row.last_service_on, row.last_service_km
        self.session.add(car)
        self.session.flush()
        self._read(row, car)
        self.report.cars += 1

    def _change_car(self, row: CustomerRow, car: _Row) -> list[str]:
        news = [*self._set(car, row.car, OF_CAR), *self._service(row, car), *self._read(row, car)]
        if news:
            car.look_again_on = None
        return news

    def _set(self, stored: _Row, told: Mapping[str, Any], columns: Iterable[str]) -> list[str]:
        """Change what is another; gives the titles of it."""
        changed = []
        for column in columns:
            value = told.get(column)
            if column == "adviser" and value is not None:
                value = self.advisers[value]
            if value is not None and value != getattr(stored, column):
                setattr(stored, column, value)
                changed.append(TITLES[column])
        return changed

    def _service(self, row: CustomerRow, car: _Row) -> list[str]:
        """A newer service than the one that is known, or the same with its mileage."""
        on, km = row.last_service_on, row.last_service_km
        known = car.last_service_on
        if on is None or (known is not None and on < known):
            return []
        if on == known and km in (None, car.last_service_km):
            return []
        car.last_service_on, car.last_service_km = on, km
        return [TITLES["last_service_on"]]

    def _read(self, row: CustomerRow, car: _Row) -> list[str]:
        """The mileage; one without a day was read today, where it is another than the known one."""
        if row.mileage is None or (row.mileage_on is None and row.mileage == car.mileage):
            return []
        on = row.mileage_on or self.today
        known, reading = self.readings.get(car.plate, []), Reading(on, row.mileage)
        if reading in [*known, Reading(car.mileage_on, car.mileage)]:
            return []
        before = car.mileage
        if not keep_reading(self.session, car, known, reading, IMPORT, self.now):
            words = f"{row.place}：里程 {row.mileage} 和已有的 {before} 公里对不上，以日期较新的为准"
            self.report.warnings.append(words)
        return [TITLES["mileage"]]

    def _consent(self, row: CustomerRow) -> list[str]:
        """A word of the file; a refusal that the customer said themselves stays."""
        changed = []
        for column, purpose in CONSENTS.items():
            word = row.consents.get(purpose)
            last = self.said.get((row.phone, purpose.value))
            if word is None or (last is not None and last[0] == word):
                continue
            if last is not None and not last[0] and last[1] != IMPORT:
                self.report.warnings.append(
                    f"{row.place}：{TITLES[column]}：客户自己说过不同意，仍按客户说的"
                )
                continue
            say(self.session, purpose, word, IMPORT, self.now, row.phone)
            self.said[row.phone, purpose.value] = (word, IMPORT)
            changed.append(TITLES[column])
        return changed

    def _of(self, table: Any, column: Any, values: Sequence[Any]) -> Iterator[_Row]:
        for some in _slices(values):
            query = sa.select(table).where(column.in_(some)).order_by(column).with_for_update()
            yield from self.session.scalars(query)

    def _advisers(self, dealership: Dealership) -> dict[str, str]:
        """What may be written for an adviser, and what is stored: an id of a resource, or a username."""
        found: dict[str, set[str]] = defaultdict(set)
        for user in self.session.scalars(sa.select(User).where(User.is_active.is_(True))):
            for word in filter(None, (user.username, user.name)):
                found[word].add(user.resource or user.username)
        known = {word: min(ids) for word, ids in found.items() if len(ids) == 1}
        return known | {resource.id: resource.id for resource in dealership.resources}


def _contradictions(rows: Iterable[CustomerRow]) -> list[str]:
    """Cars and chassis numbers that stand twice, and rows of one customer that say different things of them."""
    faults: list[str] = []
    first: dict[tuple[str, Any], str] = {}
    told: dict[tuple[str, Any], tuple[Any, str]] = {}
    for row in rows:
        for column, value in (("plate", row.plate), ("vin", row.car.get("vin"))):
            if value and (before := first.setdefault((column, value), row.place)) != row.place:
                faults.append(f"{row.place}：{TITLES[column]}：与{before}重复")
        names = {purpose: column for column, purpose in CONSENTS.items()}
        about: dict[Any, Any] = {**row.customer, **row.consents}
        for key, value in about.items():
            said, before = told.setdefault((row.phone, key), (value, row.place))
            if said != value:
                title = TITLES[names.get(key, key) if isinstance(key, Purpose) else key]
                faults.append(f"{row.place}：{title}：与{before}同一位客户写的不一样")
    return faults


def _consents(session: Session, phones: Sequence[str] | None) -> dict[tuple[str, str], tuple[bool, str]]:
    """The newest word by number and purpose, and who wrote it down."""
    query = sa.select(Consent.phone, Consent.purpose, Consent.granted, Consent.source).where(
        Consent.phone.is_not(None), Consent.purpose.in_([purpose.value for purpose in CONSENTS.values()])
    )
    if phones is not None:
        query = query.where(Consent.phone.in_(phones))
    rows = session.execute(query.order_by(Consent.at, Consent.id))
    return {(phone, purpose): (bool(granted), source) for phone, purpose, granted, source in rows}


def _cells(
    customer: _Row, car: _Row | None, words: Mapping[tuple[str, str], tuple[bool, str]]
) -> dict[str, str]:
    values: dict[str, Any] = {"phone": customer.phone}
    values |= {column: getattr(customer, column) for column in OF_CUSTOMER}
    for column, purpose in CONSENTS.items():
        word = words.get((customer.phone, purpose.value))
        values[column] = None if word is None else YES_NO[word[0]]
    if car is not None:
        rest = ("plate", *OF_CAR, "mileage", "mileage_on", "last_service_on", "last_service_km")
        values |= {column: getattr(car, column) for column in rest}
    return {column: "" if value is None else str(value) for column, value in values.items()}


def _slices(values: Sequence[Any]) -> Iterator[list[Any]]:
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), AT_ONCE):
        yield distinct[start : start + AT_ONCE]


def _line_of(fault: str) -> int:
    return int(fault.split()[1])
