"""The dealership out and in: stores, hours, closures, models, jobs, resources and rules, as versions of the content.

The database is the truth once somebody edited it: an imported entry counts as edited, a running server works with it
within a second, and its earlier versions stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.booking import VisitRequest, VisitStatus, check_time
from bot.domain.dealership import Dealership
from bot.domain.disruption import LONGEST
from bot.domain.errors import Conflict, ContentError, ImportRefused, InvalidInput, NotFound
from bot.domain.replies import variables_of
from bot.domain.versions import Status
from bot.services.availability import make_offers
from bot.services.content import versions
from bot.services.content.consistency import check_consistency
from bot.services.content.editing import Editor, changing, new_entry
from bot.services.content.entries import FileEntry
from bot.services.content.snapshot import Content, build_content, live_rows
from bot.services.disruptions import (
    Disruption,
    Recovery,
    affected_by_removal,
    begin_outage,
    end_outage,
    list_outages,
)
from bot.services.exchange.dealership_audit import address_of, note_changed, note_removed
from bot.services.exchange.dealership_faults import Plain, read_entry, reference_faults
from bot.services.exchange.dealership_files import OF_KIND, SECTIONS, RawDealership, RawEntry
from bot.services.exchange.dealership_listing import normal_data
from bot.services.exchange.words import REFUSALS
from bot.services.visits import BookedVisit, list_visits
from bot.services.wording import say_time
from bot.store.database import Database
from bot.store.tables import ContentEntry, Vehicle

NOTE = "导入"
REMOVED = "从资源里撤下"
"""Why a removed resource with visits is out of use, until it comes back."""
RECENT = timedelta(days=60)
"""So long after a visit its store, model and jobs are still shown: they cannot be removed."""
_PARTS = {"lifecycle": "保养计划", "faq": "问答", "template": "回复模板", "policy": "政策"}
Found = dict[str, dict[str, Plain]]


@dataclass(frozen=True)
class OutOfRules:
    """A coming visit to which the new hours or rules would say no; it stays as it is."""

    visit: BookedVisit
    reason: str


@dataclass
class DealershipReport:
    """What an import did, by "kind/id". ``kept``: in the database, but not in the file.

    ``recoveries``: what the return of resources that had been removed gave back.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    disruptions: list[Disruption] = field(default_factory=list)
    recoveries: list[Recovery] = field(default_factory=list)
    out_of_rules: list[OutOfRules] = field(default_factory=list)


def import_dealership(
    database: Database,
    content: Content,
    raw: RawDealership,
    by: Editor,
    now: datetime,
    remove: bool = False,
    disrupt: bool = False,
    dry_run: bool = False,
    note: str = NOTE,
    seen: Mapping[str, int] | None = None,
) -> DealershipReport:
    """Bring the entries to what the file says, all or none; a second time changes nothing.

    ``note`` stays with the new versions. ``seen``: the versions that the editor saw, by "kind/id"; ``Conflict`` when
    one is another now.

    What a list of the file does not name stays, unless ``remove``. A resource that visits to come have can neither be
    removed nor changed in kind, store, model or equipment, unless ``disrupt``: then these visits get another resource,
    or their customers new times, before. A removed resource that comes back gives visits their old times back. Raises
    ``ImportRefused`` with every fault and its place.
    """
    work = _Import(database, content, raw, by, now, remove, disrupt, note, seen or {})
    report, doomed = work.try_out()
    if dry_run:
        return report
    out_already = {outage.resource for outage in list_outages(database, doomed.before, now)}
    disruptions = [_disrupt(database, doomed, resource, by, now) for resource in doomed.visits]
    with changing(database) as session:
        report, _ = work.take(session)
    for done in disruptions:  # who became another resource is of use as that
        stays = any(resource.id == done.outage.resource for resource in doomed.after.resources)
        if stays and done.outage.resource not in out_already:
            end_outage(database, doomed.after, now, done.outage.id)
    report.disruptions = disruptions
    report.recoveries = _take_back(database, doomed, now)
    return report


@dataclass(frozen=True)
class _Doomed:
    """Resources that go or become others, with their visits to come. ``rest`` is ``after`` without those of them."""

    before: Dealership
    after: Dealership
    rest: Dealership
    visits: Mapping[str, tuple[BookedVisit, ...]]


class _TriedOut(Exception):
    """Ends a transaction whose work is only looked at."""


@dataclass(frozen=True)
class _Import:
    """One import; ``take`` does all of it inside a transaction."""

    database: Database
    content: Content
    raw: RawDealership
    by: Editor
    now: datetime
    remove: bool
    disrupt: bool
    note: str
    seen: Mapping[str, int]

    def try_out(self) -> tuple[DealershipReport, _Doomed]:
        """What ``take`` would do."""
        found: list[tuple[DealershipReport, _Doomed]] = []
        try:
            with self.database.transaction() as session:
                found.append(self.take(session))
                raise _TriedOut
        except _TriedOut:
            return found[0]

    def take(self, session: Session) -> tuple[DealershipReport, _Doomed]:
        rows = {(row.kind, row.id): row for row in session.scalars(_all_locked())}
        self._check_seen(rows)
        after, faults = self._read(rows)
        places = {(entry.kind, entry.id): entry.place for entry in self.raw.entries}
        for kind, id_, words in reference_faults(after):
            place = places.get((kind, id_)) or f"{OF_KIND[kind].key} {id_}".strip()
            faults.append(f"{place}：{words}")
        self._refuse(faults)
        report = self._write(session, rows, after)
        session.flush()
        new = _checked(session, self.content, self.raw, self.now)
        before, now = self.content.dealership, self.now
        doomed = _doomed(self.database, before, new.dealership, now)
        faults = _removal_faults(self.database, session, before, new.dealership, now)
        self._refuse(faults if self.disrupt else [*faults, *_visit_faults(doomed)])
        report.out_of_rules = _out_of_rules(self.database, before, new.dealership, doomed, now)
        return report, doomed

    def _check_seen(self, rows: Mapping[tuple[str, str], ContentEntry]) -> None:
        for (kind, id_), row in rows.items():
            seen = self.seen.get(f"{kind}/{id_}", row.version)
            if seen != row.version:
                raise Conflict(f"{kind} {id_} is at version {row.version} now, not {seen}: look at it again")

    def _refuse(self, faults: list[str]) -> None:
        if faults:
            raise ImportRefused(self.raw.name, tuple(faults))

    def _read(self, rows: Mapping[tuple[str, str], ContentEntry]) -> tuple[Found, list[str]]:
        """The dealership as it would be, and faults of form."""
        faults, named = list(self.raw.faults), {(entry.kind, entry.id) for entry in self.raw.entries}
        after: Found = {section.kind: {} for section in SECTIONS}
        for (kind, id_), row in rows.items():
            goes = self.remove and kind in self.raw.kinds and (kind, id_) not in named
            if row.status == Status.APPROVED.value and not goes:
                after[kind][id_] = normal_data(kind, id_, row.data)
        for entry in self.raw.entries:
            data, wrong = read_entry(entry)
            faults += [f"{entry.place}：{words}" for words in wrong]
            if data is not None:
                after[entry.kind][entry.id] = data
        return after, faults

    def _write(
        self, session: Session, rows: Mapping[tuple[str, str], ContentEntry], after: Found
    ) -> DealershipReport:
        report = DealershipReport()
        named = {(entry.kind, entry.id) for entry in self.raw.entries}
        for position, entry in enumerate(self.raw.entries):
            self._write_entry(session, rows.get((entry.kind, entry.id)), after, entry, position, report)
        for (kind, id_), row in rows.items():
            is_live = row.status == Status.APPROVED.value
            if not is_live or kind not in self.raw.kinds or (kind, id_) in named:
                continue
            if id_ in after[kind]:
                report.kept.append(f"{kind}/{id_}")
                continue
            row.edited_by = self.by.name
            versions.retire(session, row, self.by.name, self.now, note=self.note)
            note_removed(session, self.by, address_of(kind, id_), self.now)
            report.removed.append(f"{kind}/{id_}")
        return report

    def _write_entry(
        self,
        session: Session,
        row: ContentEntry | None,
        after: Found,
        entry: RawEntry,
        position: int,
        report: DealershipReport,
    ) -> None:
        data, name = after[entry.kind][entry.id], f"{entry.kind}/{entry.id}"
        is_live = row is not None and row.status == Status.APPROVED.value
        before = {} if row is None else normal_data(row.kind, row.id, row.data)
        if row is None:
            row = new_entry(entry.kind, entry.id, self.now)
            row.position = position
            session.add(row)
            session.flush()
        elif is_live and before == data:
            report.unchanged.append(name)
            return
        row.edited_by = self.by.name
        versions.publish(session, row, data, self.by.name, self.by.name, self.now, note=self.note)
        address = address_of(entry.kind, entry.id)
        note_changed(session, self.by, address, row.version, before, data, self.now)
        (report.changed if is_live else report.added).append(name)


def _checked(session: Session, content: Content, raw: RawDealership, now: datetime) -> Content:
    """The content as it would be; what the start would refuse is refused here."""
    rows = list(live_rows(session, versions.temporary_versions(session), now))
    files = [FileEntry(kind, id_, 0, kind, data) for kind, id_, data, _ in rows if kind != "customer"]
    try:
        new = build_content(rows, content.revision)
        check_consistency(files)
    except ContentError as error:
        raise ImportRefused(raw.name, (_in_words(error),)) from error
    faults = []
    gone = content.variables.keys() - new.variables.keys()
    for file in files if gone else ():
        used = sorted(variables_of(repr(file.data)) & gone)
        faults += [f"{file.kind} {file.id} 还在用变量 {{{name}}}：先改那里的文字" for name in used]
    if faults:
        raise ImportRefused(raw.name, tuple(faults))
    return new


def _in_words(error: ContentError) -> str:
    """What the rest of the content has against the import such as a job that the lifecycle schedule names."""
    part = _PARTS.get(error.file, error.file)
    gone = re.fullmatch(r"'(.+)' does not exist", error.problem)
    if gone:
        return f"{part}（{error.field}）还在用“{gone[1]}”：先改那里，或者保留它"
    return " ".join(filter(None, (part, error.entry, error.field))) + f"：{error.problem}"


def _doomed(database: Database, before: Dealership, after: Dealership, now: datetime) -> _Doomed:
    old = {resource.id: resource for resource in before.resources}
    same = tuple(r for r in after.resources if r.id not in old or _serves_as(r) == _serves_as(old[r.id]))
    rest = replace(after, resources=same)
    return _Doomed(before, after, rest, affected_by_removal(database, rest, now))


def _serves_as(resource: Any) -> tuple[Any, ...]:
    """What a visit relies on; equipment may be added, and names may change."""
    return resource.store, resource.kind, resource.model, resource.electric


def _visit_faults(doomed: _Doomed) -> list[str]:
    names = {resource.id: resource.name for resource in doomed.before.resources}
    return [
        f"资源 {resource}（{names.get(resource, resource)}）还有 {len(visits)} 个预约：{_codes(visits)}。"
        "加上 --disrupt，会为这些预约换资源，换不了的请客户改时间"
        for resource, visits in doomed.visits.items()
        if resource in names
    ]


def _removal_faults(
    database: Database, session: Session, before: Dealership, after: Dealership, now: datetime
) -> list[str]:
    """Stores, models and jobs that go although visits or customers' cars name them."""
    visits = list_visits(database, before, from_=now - RECENT)
    cars: dict[str, tuple[str, ...]] = {}
    for plate, model in session.execute(sa.select(Vehicle.plate, Vehicle.model).order_by(Vehicle.plate)):
        cars[model] = (*cars.get(model, ()), plate)
    faults = []
    for name, kept, all_, uses in (
        ("门店", after.stores, before.stores, lambda visit: (visit.store,)),
        ("车型", after.models, before.models, lambda visit: (visit.model,)),
        ("项目", after.services, before.services, lambda visit: visit.items),
    ):
        for gone in {item.id: item for item in all_}.keys() - {item.id for item in kept}:
            used = [visit for visit in visits if gone in uses(visit)]
            if used:
                faults.append(f"{name} {gone} 不能删除：最近和以后的预约还在用（{_codes(used)}）")
            elif name == "车型" and gone in cars:
                faults.append(f"车型 {gone} 不能删除：客户的车还在用（{len(cars[gone])} 辆）")
    return sorted(faults)


def _out_of_rules(
    database: Database, before: Dealership, dealership: Dealership, doomed: _Doomed, now: datetime
) -> list[OutOfRules]:
    """Those that were within the rules ``before``."""
    moving = {visit.id for visits in doomed.visits.values() for visit in visits}
    found = []
    for visit in list_visits(database, dealership, from_=now):
        if visit.status is not VisitStatus.CONFIRMED or visit.needs_new_time or visit.id in moving:
            continue
        reason = _reason_against(dealership, visit, now)
        if reason is not None and _reason_against(before, visit, now) is None:
            found.append(OutOfRules(visit, reason))
    return found


def _reason_against(dealership: Dealership, visit: BookedVisit, now: datetime) -> str | None:
    request = VisitRequest(visit.kind, visit.store, visit.model, visit.items)
    try:
        offer = make_offers(dealership, now, request)[0]
    except InvalidInput:
        return "它的门店、车型或项目已经没有了"
    refusal = check_time(dealership.rules, offer, visit.start, visit.start, by_staff=True)
    return None if refusal is None else REFUSALS[refusal]


def _disrupt(database: Database, doomed: _Doomed, resource: str, by: Editor, now: datetime) -> Disruption:
    """Take the resource out of use until after its last visit, while the dealership still knows it."""
    own = tuple(known for known in doomed.before.resources if known.id == resource)
    if not own:
        raise NotFound(f"no resource {resource}")
    dealership = replace(doomed.rest, resources=(*doomed.rest.resources, *own))
    end = max(visit.end for visit in doomed.visits[resource]) + timedelta(days=1)
    last = min(end, now + LONGEST)
    return begin_outage(database, dealership, now, resource, now, last, REMOVED, by.name, after=doomed.rest)


def _take_back(database: Database, doomed: _Doomed, now: datetime) -> list[Recovery]:
    """End the outages that the removal of resources had begun, where they are back; what staff began stays."""
    back = {known.id for known in doomed.after.resources} - {known.id for known in doomed.before.resources}
    over = [
        outage
        for outage in list_outages(database, doomed.after, now)
        if outage.resource in back and outage.reason == REMOVED
    ]
    return [end_outage(database, doomed.after, now, outage.id) for outage in over]


def _codes(visits: Iterable[BookedVisit]) -> str:
    visits = tuple(visits)
    shown = "、".join(f"{visit.code} {say_time(visit.start)}" for visit in visits[:5])
    return shown + (f" 等 {len(visits)} 个" if len(visits) > 5 else "")


def _all_locked() -> Any:
    """Always in the same order, so that two who lock many never wait for each other."""
    query = sa.select(ContentEntry).where(ContentEntry.kind.in_(list(OF_KIND)))
    return query.order_by(ContentEntry.kind, ContentEntry.id).with_for_update()
