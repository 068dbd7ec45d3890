"""Changing one entry of the dealership by hand: a store's hours, a price, a rule. Live at once, every version kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.errors import ImportRefused, InvalidFields, NotFound
from bot.domain.versions import Status, Version
from bot.services.audit import Actor
from bot.services.content import listing
from bot.services.content.editing import Editor
from bot.services.content.snapshot import Content
from bot.services.exchange.dealership import OutOfRules, import_dealership
from bot.services.exchange.dealership_faults import read_entry
from bot.services.exchange.dealership_files import OF_KIND, RawDealership, RawEntry
from bot.services.exchange.dealership_listing import DealershipEntry, dealership_entries, normal_data
from bot.store.database import Database

NOTE = "在工作台修改"
WHOLE = ("minutes_by", "price_by")
"""Fields that are given whole: a key that is not named in them goes."""
_SPOKEN = {"展厅": "hours.showroom", "售后": "hours.service"}


@dataclass(frozen=True)
class Edited:
    """An entry after a change; ``out_of_rules``: visits to come to which it would have said no, they stay."""

    entry: DealershipEntry
    out_of_rules: tuple[OutOfRules, ...]


def live_entries(database: Database) -> list[DealershipEntry]:
    """What counts now, in order, with all fields."""
    return [_normal(entry) for entry in dealership_entries(database) if entry.status is Status.APPROVED]


def find_live(database: Database, kind: str, id_: str) -> DealershipEntry:
    """One of them; raises ``NotFound``."""
    for entry in live_entries(database):
        if (entry.kind, entry.id) == (kind, id_):
            return entry
    raise NotFound(f"no {kind} {id_} in the dealership")


def entry_history(database: Database, kind: str, id_: str) -> list[Version]:
    """Every version, the newest first; raises ``NotFound``."""
    _section(kind)
    return listing.history(database, kind, id_)


def edit_entry(
    database: Database,
    content: Content,
    kind: str,
    id_: str,
    data: Mapping[str, Any],
    by: Actor,
    now: datetime,
    seen: int | None = None,
    note: str = NOTE,
) -> Edited:
    """Change the fields that are named; where there is no such entry, a new one.

    Raises ``InvalidFields``, ``NotFound``, and ``Conflict`` when the entry is not at the version ``seen`` any more.
    """
    section = _section(kind)
    if not section.id_field and id_ != kind:
        raise NotFound(f"there is one {kind} alone")
    try:
        before: Mapping[str, Any] = find_live(database, kind, id_).data
    except NotFound:
        if seen:
            raise
        before = {section.id_field: id_} if section.id_field else {}
    merged = _merged(before, data)
    if section.id_field and merged.get(section.id_field) != id_:
        raise InvalidFields("an id cannot be changed", {section.id_field: "编号不能修改"})
    raw = RawEntry(kind, id_, "", merged)
    checked, faults = read_entry(raw)
    if faults or checked is None:
        raise InvalidFields(f"{kind} {id_} cannot be changed so", _by_field(merged, faults))
    versions = {} if seen is None else {f"{kind}/{id_}": seen}
    dealership = RawDealership(f"{kind} {id_}", [raw])
    report = _imported(database, content, dealership, by, now, note=note, seen=versions)
    entry = find_live(database, kind, id_)
    return Edited(entry, tuple(report.out_of_rules))


def roll_back_entry(
    database: Database,
    content: Content,
    kind: str,
    id_: str,
    number: int,
    by: Actor,
    now: datetime,
    seen: int | None = None,
) -> Edited:
    """A new version that says what an earlier one said."""
    old = listing.find_version(entry_history(database, kind, id_), number)
    data = normal_data(kind, id_, old.data)
    return edit_entry(database, content, kind, id_, data, by, now, seen, f"恢复第 {number} 版")


def remove_entry(
    database: Database,
    content: Content,
    kind: str,
    id_: str,
    by: Actor,
    now: datetime,
    seen: int | None = None,
) -> None:
    """Take an entry out of its list; its versions stay. Raises ``InvalidFields`` for one that is still used."""
    section = _section(kind)
    if not section.id_field:
        raise InvalidFields(f"{kind} cannot be removed", {"": "这一项不能删除，可以修改"})
    find_live(database, kind, id_)
    rest = [entry for entry in live_entries(database) if entry.kind == kind and entry.id != id_]
    raw = RawDealership(kind, [RawEntry(kind, each.id, "", each.data) for each in rest], {kind})
    versions = {} if seen is None else {f"{kind}/{id_}": seen}
    _imported(database, content, raw, by, now, remove=True, note=NOTE, seen=versions)


def _imported(
    database: Database, content: Content, raw: RawDealership, by: Actor, now: datetime, **more: Any
) -> Any:
    """What the whole dealership has against it is no fault of one field."""
    editor = Editor(by.username, may_approve=True, actor=by)
    try:
        return import_dealership(database, content, raw, editor, now, **more)
    except ImportRefused as error:
        words = "；".join(fault.lstrip("：").strip() for fault in error.faults)
        raise InvalidFields(str(error), {"": words}) from error


def _section(kind: str) -> Any:
    section = OF_KIND.get(kind)
    if section is None:
        raise NotFound(f"nothing of the dealership is called {kind}")
    return section


def _normal(entry: DealershipEntry) -> DealershipEntry:
    return DealershipEntry(**{**vars(entry), "data": normal_data(entry.kind, entry.id, entry.data)})


def _merged(before: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(before)
    for name, value in data.items():
        old = merged.get(name)
        parts = isinstance(old, Mapping) and isinstance(value, Mapping) and name not in WHOLE
        merged[name] = _merged(old, value) if parts else value  # type: ignore[arg-type]
    return merged


def _by_field(data: Mapping[str, Any], faults: list[str]) -> dict[str, str]:
    """Faults begin with their field: "test_drive.minutes：0 要大于 0", "brand 不能是空的", "售后营业时间：…"."""
    names = sorted(_paths(data), key=len, reverse=True)
    found: dict[str, str] = {}
    for fault in faults:
        spoken = next((field for word, field in _SPOKEN.items() if fault.startswith(word)), None)
        field = spoken or next((name for name in names if _begins_with(fault, name)), "")
        words = fault if spoken else fault[len(field) :].lstrip("： .")
        found[field] = f"{found[field]}；{words}" if field in found else words
    return found


def _begins_with(fault: str, name: str) -> bool:
    return fault.startswith(name) and fault[len(name) : len(name) + 1] in ("：", " ", ".")


def _paths(data: Mapping[str, Any], above: str = "") -> list[str]:
    """Every field and every group of fields, as "hours.service.opens"."""
    found = []
    for name, value in data.items():
        path = f"{above}{name}"
        found += [path, *(_paths(value, f"{path}.") if isinstance(value, Mapping) else ())]
    return found
