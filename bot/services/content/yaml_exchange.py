"""The FAQ or the templates as one YAML file, in the form of the content files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from bot.domain.errors import ImportRefused
from bot.domain.versions import Status
from bot.services.content.editing import FAQ
from bot.services.content.exchange import ImportRow
from bot.services.content.fields import EDITABLE, moment_of, moment_text
from bot.services.content.listing import Entry
from bot.services.content.yaml import parse_upload

LARGEST_FILE = 5 * 1024 * 1024
_KEYS = {"faq": "entries", "template": "templates"}
_VALIDITY = ("valid_from", "valid_until")


def yaml_bytes(kind: str, entries: Iterable[Entry]) -> bytes:
    """All entries with what counts now and its ``version``; ``status`` stands where it is not approved."""
    rows = [_row(entry) for entry in entries]
    text = yaml.dump({_KEYS[kind]: rows}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    return text.encode()


def read_yaml_rows(kind: str, name: str, data: bytes) -> tuple[list[ImportRow], list[str]]:
    """The rows of a file, and what is wrong with its form. A content file will do as well.

    Raises ``ImportRefused`` for one that is no such list.
    """
    raw = parse_upload(name, data, LARGEST_FILE)
    rows = raw.get(_KEYS[kind]) if isinstance(raw, dict) else None
    if not isinstance(rows, list) or not rows:
        raise ImportRefused(name, (f"要有“{_KEYS[kind]}:”，下面是一组条目",))
    shared = {"category": raw["category"]} if kind == FAQ and "category" in raw else {}
    found: dict[str, ImportRow] = {}
    faults: list[str] = []
    for number, row in enumerate(rows, start=1):
        id_ = row.get("id") if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(id_, str) or not id_:
            faults.append(f"第 {number} 条：缺少 id")
        elif id_ in found:
            faults.append(f"第 {number} 条（{id_}）：与{found[id_].place}重复")
        else:
            found[id_] = _import_row(f"第 {number} 条（{id_}）", {**shared, **row}, faults)
    return list(found.values()), faults


def _import_row(place: str, row: Mapping[str, Any], faults: list[str]) -> ImportRow:
    validity, before = {}, len(faults)
    for name in _VALIDITY:
        try:
            validity[name] = moment_of(row[name]) if row.get(name) is not None else None
        except ValueError:
            faults.append(f"{place}：{name} 要写成 2026-12-01 09:00 这样的时间")
    status = row.get("status", Status.APPROVED.value)
    if status not in [known.value for known in Status]:
        faults.append(f"{place}：status 只能是 {'、'.join(known.value for known in Status)}")
        status = Status.APPROVED.value
    version = row.get("version")
    if version is not None and (isinstance(version, bool) or not isinstance(version, int) or version < 0):
        faults.append(f"{place}：version 要是导出时的版本号（整数）")
    apart = {"id", "status", "version", "variables", *_VALIDITY}
    fields = {name: value for name, value in row.items() if name not in apart}
    if isinstance(fields.get("buttons"), list):
        fields["buttons"] = [_button(button) for button in fields["buttons"]]
    readable = len(faults) == before
    return ImportRow(place, str(row["id"]), fields, validity, Status(status), readable, version)


def _button(button: Any) -> Any:
    empty = {"title": None, "intent": None, "topic": None, "payload": None}
    return {**empty, **button} if isinstance(button, dict) else button


def _row(entry: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {"id": entry.id}
    for name in EDITABLE[entry.kind]:
        value = entry.data.get(name)
        if value:
            row[name] = [_plain_button(button) for button in value] if name == "buttons" else value
    if entry.status is not Status.APPROVED:
        row["status"] = entry.status.value
    for name in _VALIDITY:
        if getattr(entry.shown, name):
            row[name] = moment_text(getattr(entry.shown, name))
    return {**row, "version": entry.version}


def _plain_button(button: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in button.items() if value is not None}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, which people can edit; no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text.strip() else None)


_Dumper.add_representer(str, _represent_text)
