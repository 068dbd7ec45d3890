"""Bookings out and in: what the dealer's former system has, every row with its resources, or none of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
import yaml
from sqlalchemy.orm import Session

from bot.domain.booking import Offer, Refusal, VisitKind, VisitStatus, check_time
from bot.domain.dealership import Dealership, Powertrain, ResourceKind
from bot.domain.errors import ImportRefused, SlotTaken
from bot.services import reminders
from bot.services.availability import Wish, local, make_offers
from bot.services.booking import free_code, random_code, remember_customer
from bot.services.claiming import place, transact
from bot.services.content.fields import moment_text
from bot.services.exchange.booking_rows import (
    COLUMNS,
    OPEN,
    TEXT_COLUMNS,
    YAML_KEY,
    BookingRow,
    is_history,
    read_booking_rows,
)
from bot.services.exchange.csv_files import csv_bytes, csv_text
from bot.services.exchange.words import KINDS, REFUSALS, RESOURCE_KINDS, STATUSES
from bot.services.visits import BookedVisit
from bot.store import bookings
from bot.store.bookings import Row
from bot.store.database import Database
from bot.store.tables import Appointment

_OF_VISIT = {
    VisitKind.TEST_DRIVE: (ResourceKind.TEST_CAR, ResourceKind.SALES_ADVISER),
    VisitKind.SERVICE: (ResourceKind.BAY, ResourceKind.TECHNICIAN),
}
_FIELD_NAMES = {
    "kind": "类型",
    "store": "门店",
    "model": "车型",
    "items": "项目",
    "start": "时间",
    "status": "状态",
    "name": "姓名",
    "phone": "手机号",
    "plate": "车牌",
    "mileage": "里程",
    "resources": "资源",
}


@dataclass(frozen=True)
class ImportedVisit:
    """A row that became a visit; ``code`` is empty in a dry run where the file has none."""

    place: str
    code: str
    store: str
    start: datetime
    status: VisitStatus
    resources: tuple[str, ...]


@dataclass
class BookingReport:
    """What an import did: visits with resources, visits of the past, and codes that were there already."""

    booked: list[ImportedVisit] = field(default_factory=list)
    history: list[ImportedVisit] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)

    def without_invented(self, codes: Collection[str]) -> BookingReport:
        """Without the codes that the file does not have: they would be others the next time."""
        booked, history = (
            [visit if visit.code in codes else replace(visit, code="") for visit in visits]
            for visits in (self.booked, self.history)
        )
        return BookingReport(booked, history, self.unchanged)


def booking_cells(visit: BookedVisit) -> dict[str, str]:
    """A visit as a row of the CSV file."""
    return {name: ";".join(v) if isinstance(v, list) else str(v) for name, v in _fields(visit).items()}


def bookings_csv(visits: Iterable[BookedVisit]) -> bytes:
    """All columns, for Excel; the import takes the same file."""
    return csv_bytes(COLUMNS, map(booking_cells, visits), TEXT_COLUMNS)


def bookings_csv_text(visits: Iterable[BookedVisit]) -> str:
    """The same for a pipe."""
    return csv_text(COLUMNS, map(booking_cells, visits), TEXT_COLUMNS)


def bookings_yaml(visits: Iterable[BookedVisit]) -> bytes:
    """All that the CSV file has, as YAML."""
    rows = [
        {name: value for name, value in _fields(visit).items() if value not in ("", [])} for visit in visits
    ]
    return yaml.safe_dump({YAML_KEY: rows}, allow_unicode=True, sort_keys=False, width=120).encode()


def import_bookings(
    database: Database, dealership: Dealership, now: datetime, name: str, data: bytes, dry_run: bool = False
) -> BookingReport:
    """Take every booking of the file ``name`` in one transaction; with ``dry_run`` only look whether it could be done.

    Nobody else books meanwhile, so that the same file twice at once is taken once.

    A coming visit claims what it needs (the resources that its row names, else by the usual turn) and gets its
    reminders; the time was agreed, so that notice, horizon and full hours do not count, opening hours do. A visit of
    the past is history: it claims nothing, and keeps its state even if nobody settled it. A row that is
    here already just so is passed over.

    Raises ``ImportRefused`` with every fault by row, and then nothing was changed.
    """
    rows, faults = read_booking_rows(name, data, dealership, now)
    rows, double = _without_doubles(rows)
    faults += double
    codes = {row.code for row in rows if row.code}

    def work(session: Session) -> BookingReport:
        taking = _Import(session, dealership, now, codes)
        found = faults + [fault for row in sorted(rows, key=taking.turn) for fault in taking.take(row)]
        if found:
            raise ImportRefused(name, tuple(sorted(found, key=_number)))
        for done in (taking.report.booked, taking.report.history):
            done.sort(key=lambda visit: _number(visit.place))
        if dry_run:
            raise _OnlyLooked(taking.report.without_invented(codes))
        return taking.report

    try:
        return transact(database, work, alone=True)
    except _OnlyLooked as looked:
        return looked.report


class _OnlyLooked(Exception):
    """Ends the transaction of a dry run without its work."""

    def __init__(self, report: BookingReport) -> None:
        self.report = report


class _Import:
    """One import inside its transaction."""

    def __init__(
        self, session: Session, dealership: Dealership, now: datetime, codes: Collection[str]
    ) -> None:
        """``codes``: all that the file names; different ones are different visits."""
        self.session, self.dealership, self.now, self.codes = session, dealership, now, codes
        self.report = BookingReport()

    def turn(self, row: BookingRow) -> tuple[bool, bool]:
        """Who has the least choice claims first: named resources, then those who need EV equipment."""
        model = row.request.model
        electric = model is not None and self.dealership.model(model).powertrain is Powertrain.ELECTRIC
        return not row.resources, not electric

    def take(self, row: BookingRow) -> list[str]:
        """Write one row, or say why not."""
        known = self._known(row)
        if known is not None:
            return self._compare(row, known)
        fault = self._status_fault(row) or self._double_fault(row)
        if fault:
            return [f"{row.place}：{fault}"]
        savepoint = self.session.begin_nested()
        fault = self._write(row)
        if fault:
            savepoint.rollback()
            return [f"{row.place}：{fault}"]
        savepoint.commit()
        return []

    def _known(self, row: BookingRow) -> Row | None:
        """The visit with the same code; for a row without one the same person's at the same place and time."""
        if row.code is not None:
            return bookings.appointment_of_code(self.session, row.code, None)
        return self._same_visit(row)

    def _same_visit(self, row: BookingRow) -> Row | None:
        return (
            self.session.execute(
                sa.select(Appointment)
                .where(Appointment.phone == row.contact.phone, Appointment.start == row.start)
                .where(Appointment.store == row.request.store, Appointment.kind == row.request.kind.value)
                .where(Appointment.status != VisitStatus.CANCELLED.value)
                .order_by(Appointment.created_at, Appointment.id)
            )
            .scalars()
            .first()
        )

    def _compare(self, row: BookingRow, known: Row) -> list[str]:
        said = _columns_of(row)
        different = [
            name
            for name, value in said.items()
            if value != (set(known.resources) if name == "resources" else getattr(known, name))
        ]
        if not row.resources:
            different = [name for name in different if name != "resources"]
        if not different:
            self.report.unchanged.append(known.code)
            return []
        names = "、".join(_FIELD_NAMES[name] for name in different)
        return [f"{row.place}：预约码 {known.code} 已经有了，但是{names}不一样；改约请用 booking move"]

    def _status_fault(self, row: BookingRow) -> str | None:
        day, today = local(row.start).date(), local(self.now).date()
        too_early = {
            VisitStatus.NO_SHOW: row.start > self.now,
            VisitStatus.CHECKED_IN: day > today,
            VisitStatus.COMPLETED: day > today,  # but earlier on its day: who comes early is done early
        }
        if too_early.get(row.status):
            return f"时间还没有到，状态不能是{STATUSES[row.status]}"
        return None

    def _double_fault(self, row: BookingRow) -> str | None:
        same = self._same_visit(row) if row.code and row.status in OPEN else None
        if same is not None and same.code in self.codes:
            return None
        return f"这位客户这个时间已经有预约 {same.code}" if same is not None else None

    def _write(self, row: BookingRow) -> str | None:
        """The visit with its claims; gives the reason in Chinese where there is no place for it."""
        offer = make_offers(self.dealership, self.now, row.request)[0]
        stored = self._new_row(row, row.end or row.start + timedelta(minutes=offer.minutes))
        coming = not is_history(row.status, row.start, self.now)
        if coming:
            fault = self._claim(row, stored, offer)
            if fault:
                return fault
        remember_customer(self.session, row.contact, self.now)
        done = self.report.booked if coming else self.report.history
        done.append(
            ImportedVisit(
                row.place, stored.code, stored.store, stored.start, row.status, tuple(stored.resources)
            )
        )
        return None

    def _new_row(self, row: BookingRow, end: datetime) -> Row:
        wanted = _columns_of(row)
        wanted["resources"] = list(row.resources)
        stored: Row = Appointment(
            id=uuid4().hex,
            code=row.code or free_code(self.session, random_code),
            end=end,
            created_at=self.now,
            updated_at=self.now,
            **wanted,
        )
        self.session.add(stored)
        self.session.flush()
        return stored

    def _claim(self, row: BookingRow, stored: Row, offer: Offer) -> str | None:
        refusal = check_time(self.dealership.rules, offer, row.start, row.start, by_staff=True)
        if refusal not in (None, Refusal.NOT_ON_GRID):
            return REFUSALS[refusal]
        offer, unsuitable = _with_resources(offer, row.resources)
        if unsuitable:
            return "；".join(self._why_unsuitable(row, id_) for id_ in unsuitable)
        wish = Wish(self.dealership, self.now, row.request, row.start, by_staff=True, phone=row.contact.phone)
        try:
            placement = place(self.session, wish, (offer,), appointment_id=stored.id)
        except SlotTaken as taken:
            reason = Refusal(taken.reason)
            return f"{moment_text(row.start)} {REFUSALS[reason]}"
        stored.resources, stored.end = list(placement.resources), placement.slot.end
        reminders.remind(self.session, self.dealership, stored, self.now)
        return None

    def _why_unsuitable(self, row: BookingRow, id_: str) -> str:
        resource = next(known for known in self.dealership.resources if known.id == id_)
        reason = "不是这款车，或没有需要的新能源设备、资质"
        if resource.store != row.request.store:
            reason = f"在{self.dealership.store(resource.store).name}"
        elif resource.kind not in _OF_VISIT[row.request.kind]:
            reason = f"是{RESOURCE_KINDS[resource.kind]}，{KINDS[row.request.kind]}用不到"
        return f"{resource.name}（{id_}）不能用于这次预约：{reason}"


def _with_resources(offer: Offer, named: tuple[str, ...]) -> tuple[Offer, list[str]]:
    """The offer with the named resources alone where it needs one of their kind, and the names that do not suit."""
    requirements = []
    suitable: set[str] = set()
    for requirement in offer.requirements:
        chosen = tuple(r for r in requirement.candidates if r.id in named)
        suitable.update(r.id for r in chosen)
        requirements.append(replace(requirement, candidates=chosen or requirement.candidates))
    return replace(offer, requirements=tuple(requirements)), [id_ for id_ in named if id_ not in suitable]


def _columns_of(row: BookingRow) -> dict[str, Any]:
    """A row by the columns of the table; resources as a set."""
    return {
        "kind": row.request.kind.value,
        "store": row.request.store,
        "model": row.request.model,
        "items": list(row.request.jobs),
        "start": row.start,
        "status": row.status.value,
        "name": row.contact.name,
        "phone": row.contact.phone,
        "plate": row.plate,
        "mileage": row.mileage,
        "resources": set(row.resources),
    }


def _without_doubles(rows: Iterable[BookingRow]) -> tuple[list[BookingRow], list[str]]:
    """Each visit once, and the faults of the rows that mean one which the file had before."""
    seen: dict[Any, BookingRow] = {}
    kept, faults = [], []
    for row in rows:
        keys: dict[Any, str] = {row.code: f"预约码 {row.code}"} if row.code else {}
        if row.status in OPEN:
            keys[row.request.kind, row.request.store, row.contact.phone, row.start] = "同一位客户的同一个预约"
        double = next((key for key in keys if key in seen and not _are_two(row, seen[key])), None)
        if double is None:
            kept.append(row)
            seen.update(dict.fromkeys(keys, row))
        else:
            faults.append(f"{row.place}：与{seen[double].place}重复（{keys[double]}）")
    return kept, faults


def _are_two(row: BookingRow, other: BookingRow) -> bool:
    """Rows with codes of their own are two visits, even of the same customer at the same time."""
    return row.code is not None and other.code is not None and row.code != other.code


def _fields(visit: BookedVisit) -> dict[str, Any]:
    mileage = "" if visit.mileage is None else visit.mileage
    values = (
        visit.code,
        visit.kind.value,
        visit.status.value,
        visit.store,
        visit.model or "",
        list(visit.items),
        moment_text(visit.start),
        moment_text(visit.end),
        visit.name,
        visit.phone,
        visit.plate or "",
        mileage,
        list(visit.resources),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _number(fault: str) -> int:
    found = re.match(r"第 (\d+) ", fault)
    return int(found[1]) if found else 0
