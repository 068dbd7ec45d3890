"""The dealership as files: one YAML file, a folder like ``dealership/``, or ``resources.csv`` for Excel."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.domain.dealership import ResourceKind
from bot.domain.errors import ContentError, ImportRefused, InvalidInput
from bot.services.content.entries import KINDS, parse
from bot.services.content.yaml import parse_upload
from bot.services.exchange.csv_files import LARGEST_FILE, csv_bytes, read_csv
from bot.services.exchange.words import RESOURCE_KINDS, Names, choices, resource_kind

RESOURCE_COLUMNS = ("id", "store", "kind", "name", "model", "electric")
_RESOURCE_HEADERS = {
    **{column: column for column in RESOURCE_COLUMNS},
    **{"编号": "id", "门店": "store", "类型": "kind", "名称": "name", "姓名": "name", "车型": "model"},
    **{"纯电": "electric", "新能源": "electric", "电动": "electric"},
}
_YES = {"true": True, "1": True, "yes": True, "是": True, "有": True}
_NO = {"": False, "false": False, "0": False, "no": False, "否": False, "无": False}
_TIME = re.compile(r"(\d\d:\d\d):00")


@dataclass(frozen=True)
class Section:
    """A part of the dealership: its key in a single file, the kind of its entries, and its own file in a folder.

    ``id_field`` is empty where the section is one whole and not a list.
    """

    key: str
    kind: str
    file: str
    id_field: str = "id"


SECTIONS = (
    Section("profile", "profile", "profile.yml", ""),
    Section("rules", "rules", "booking.yml", ""),
    Section("handoff", "handoff", "handoff.yml", ""),
    Section("stores", "store", "stores.yml"),
    Section("models", "model", "models.yml"),
    Section("services", "service", "services.yml"),
    Section("resources", "resource", "resources.yml"),
    Section("closures", "closure", "calendar.yml", "name"),
    Section("holidays", "holiday", "calendar.yml", "date"),
)
OF_KIND = {section.kind: section for section in SECTIONS}
_OF_KEY = {section.key: section for section in SECTIONS}
_FILES = tuple(dict.fromkeys(section.file for section in SECTIONS))
_WHOLE_FILES = {section.file: section for section in SECTIONS if not section.id_field}


@dataclass(frozen=True)
class RawEntry:
    """An entry as a file has it; ``place`` says where, in Chinese."""

    kind: str
    id: str
    place: str
    data: Mapping[str, Any]


@dataclass
class RawDealership:
    """What a file or folder says; ``kinds`` are those that it lists, even if the list is empty."""

    name: str
    entries: list[RawEntry] = dataclasses.field(default_factory=list)
    kinds: set[str] = dataclasses.field(default_factory=set)
    faults: list[str] = dataclasses.field(default_factory=list)


def read_dealership_file(path: Path, names: Names) -> RawDealership:
    """What ``path`` says, a file or folder. ``names``: the stores and models as they are, for words in a CSV file.

    Raises ``ImportRefused`` for what is no such file, ``InvalidInput`` for one that cannot be read.
    """
    raw = RawDealership(path.name)
    if path.is_dir():
        for name in _FILES:
            if (path / name).is_file():
                data = parse_upload(name, _bytes(path / name), LARGEST_FILE)
                _read_parts(raw, f"{name} ", data, _WHOLE_FILES.get(name))
        if not raw.kinds:
            raise ImportRefused(path.name, (f"文件夹里没有 {'、'.join(_FILES)} 中的任何一个",))
    elif path.suffix.lower() == ".csv":
        _read_resources(raw, path.name, _bytes(path), names)
    elif path.suffix.lower() in (".yml", ".yaml"):
        data = parse_upload(path.name, _bytes(path), LARGEST_FILE)
        is_part = isinstance(data, dict) and data.keys().isdisjoint(_OF_KEY)
        _read_parts(raw, "", data, _WHOLE_FILES.get(path.name) if is_part else None)
    else:
        raise InvalidInput(f"{path.name} must be a folder or end with .yml or .csv")
    return raw


def dealership_yaml(entries: Mapping[str, Iterable[Mapping[str, Any]]]) -> bytes:
    """One file with all sections; ``entries`` are the plain data by kind."""
    data = {section.key: _said(section, entries) for section in SECTIONS if section.kind in entries}
    return _dump(data)


def dealership_folder(entries: Mapping[str, Iterable[Mapping[str, Any]]]) -> Iterator[tuple[str, bytes]]:
    """The files of a folder that can stand in the place of ``dealership/``, by name."""
    for name in _FILES:
        sections = [s for s in SECTIONS if s.file == name and s.kind in entries]
        if name in _WHOLE_FILES and sections:
            yield name, _dump(_said(sections[0], entries))
        elif sections:
            yield name, _dump({section.key: _said(section, entries) for section in sections})


def resources_csv(entries: Iterable[Mapping[str, Any]]) -> bytes:
    """The resources for Excel."""
    rows = [
        {name: "是" if entry[name] is True else str(entry[name] or "") for name in RESOURCE_COLUMNS}
        for entry in entries
    ]
    return csv_bytes(RESOURCE_COLUMNS, rows)


def _said(section: Section, entries: Mapping[str, Iterable[Mapping[str, Any]]]) -> Any:
    rows = [_brief(section.kind, data) for data in entries[section.kind]]
    return rows if section.id_field else rows[0]


def _brief(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is the default anyway, and times of day without seconds."""
    try:
        value: Any = parse(KINDS[kind], dict(data))
    except ContentError:
        return dict(data)
    defaults = {field.name: _default(field) for field in dataclasses.fields(value)}
    return {
        name: _short(item)
        for name, item in data.items()
        if name not in defaults or getattr(value, name) != defaults[name]
    }


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _short(item: Any) -> Any:
    if isinstance(item, dict):
        return {name: _short(value) for name, value in item.items()}
    if isinstance(item, list):
        return [_short(value) for value in item]
    found = _TIME.fullmatch(item) if isinstance(item, str) else None
    return found[1] if found else item


def _read_parts(raw: RawDealership, where: str, data: Any, whole: Section | None) -> None:
    """The sections of one file; ``whole``: the file is this section and nothing else."""
    if whole is not None:
        data = {whole.key: data}
    if not isinstance(data, dict) or data.keys().isdisjoint(_OF_KEY):
        raise ImportRefused(raw.name, (f"{where}要有 {'、'.join(_OF_KEY)} 中的一项",))
    for key, part in data.items():
        section = _OF_KEY.get(key)
        if section is None:
            raw.faults.append(f"{where}不认识“{key}”，只能是 {'、'.join(_OF_KEY)}")
        elif section.id_field:
            _read_list(raw, f"{where}{key} ", section, part)
        elif isinstance(part, dict):
            raw.kinds.add(section.kind)
            raw.entries.append(RawEntry(section.kind, section.kind, f"{where}{key}", part))
        else:
            raw.faults.append(f"{where}{key}：下面要是一组“名称: 值”")


def _read_list(raw: RawDealership, where: str, section: Section, rows: Any) -> None:
    if not isinstance(rows, list):
        raw.faults.append(f"{where.strip()}：下面要是一组条目（每条以“-”开头）")
        return
    raw.kinds.add(section.kind)
    for number, row in enumerate(rows, start=1):
        _add(raw, section, f"{where}第 {number} 条", row)


def _add(raw: RawDealership, section: Section, place: str, row: Any) -> None:
    value = row.get(section.id_field) if isinstance(row, dict) else None
    id_ = value.isoformat() if isinstance(value, date) else value
    if not isinstance(id_, str) or not id_.strip():
        raw.faults.append(f"{place}：缺少 {section.id_field}")
        return
    place = f"{place}（{id_}）"
    first = next((e for e in raw.entries if (e.kind, e.id) == (section.kind, id_)), None)
    if first is not None:
        raw.faults.append(f"{place}：与{first.place}重复")
        return
    raw.entries.append(RawEntry(section.kind, id_, place, row))


def _read_resources(raw: RawDealership, name: str, data: bytes, names: Names) -> None:
    raw.kinds.add("resource")
    for line in read_csv(name, data, _RESOURCE_HEADERS, ("id", "store", "kind", "name")):
        place, cells = f"第 {line.number} 行", line.cells
        if line.is_too_long:
            raw.faults.append(f"{place}：单元格比表头多")
        kind = resource_kind(cells["kind"])
        electric = {**_YES, **_NO}.get(cells.get("electric", "").lower())
        if kind is None:
            raw.faults.append(
                f"{place}（{cells['id']}）：类型“{cells['kind']}”不认识，只能是 {choices(RESOURCE_KINDS)}"
            )
        if electric is None:
            raw.faults.append(
                f"{place}（{cells['id']}）：electric 只能写 是 或 否，不能是“{cells['electric']}”"
            )
        row = {
            "id": cells["id"],
            "store": names.store(cells["store"]) or cells["store"],
            "kind": (kind or ResourceKind.BAY).value,
            "name": cells["name"],
            "electric": bool(electric),
        }
        model = cells.get("model", "")
        if model:
            row["model"] = names.model(model) or model
        _add(raw, OF_KIND["resource"], place, row)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error


def _dump(data: Any) -> bytes:
    text = yaml.dump(
        data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120, default_flow_style=None
    )
    return str(text).encode()


class _Dumper(yaml.SafeDumper):
    """No anchors: people edit the file."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
