"""Reads and validates the content files. A wrong one raises ``ContentError`` with file, entry and field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.domain.errors import ContentError
from bot.services.content.consistency import check_advice, check_consistency
from bot.services.content.entries import KINDS, FileEntry, parse, plain
from bot.services.content.yaml import read_yaml

_LISTS = {
    "stores.yml": ("stores", "store", "id"),
    "models.yml": ("models", "model", "id"),
    "services.yml": ("services", "service", "id"),
    "resources.yml": ("resources", "resource", "id"),
    "calendar.yml": ("closures", "closure", "name"),
    "customers.yml": ("customers", "customer", "phone"),
    "events.yml": ("events", "event", "id"),
    "indicators.yml": ("indicators", "indicator", "id"),
}
_FAQ_LISTS = {"templates": "template", "synonyms": "synonym", "standard_replies": "standard_reply"}
_NEVER_EMPTY = ("stores", "models", "services", "resources")
_WHOLE = {
    "profile.yml": "profile",
    "booking.yml": "rules",
    "lifecycle.yml": "lifecycle",
    "handoff.yml": "handoff",
    "wechat.yml": "wechat",
    "surveys.yml": "surveys",
    "outreach.yml": "outreach",
    "advice.yml": "advice",
}
_OPTIONAL = (
    "handoff.yml",
    "wechat.yml",
    "surveys.yml",
    "outreach.yml",
    "advice.yml",
    "events.yml",
    "indicators.yml",
)
"""A dealership may leave them out: the defaults are a fair beginning."""


def read_content(root: Path) -> tuple[FileEntry, ...]:
    """All entries of ``dealership/`` and ``faq/`` under ``root``, validated one by one and against each other."""
    entries = (*read_dealership_files(root / "dealership"), *read_faq_files(root / "faq"))
    check_consistency(entries)
    check_advice(entries)
    return entries


def read_dealership_files(folder: Path) -> tuple[FileEntry, ...]:
    found: list[FileEntry] = []
    for name, kind in _WHOLE.items():
        if name in _OPTIONAL and not (folder / name).is_file():
            continue
        data = _read_yaml(folder / name)
        found.append(_entry(kind, kind, 0, f"dealership/{name}", data))
    for name, (key, kind, id_field) in _LISTS.items():
        if name in _OPTIONAL and not (folder / name).is_file():
            continue
        found += _list_entries(folder / name, f"dealership/{name}", key, kind, id_field)
    calendar = _read_yaml(folder / "calendar.yml")
    if "holidays" in calendar:
        found += _list_entries(
            folder / "calendar.yml", "dealership/calendar.yml", "holidays", "holiday", "date", calendar
        )
    for path in sorted((folder / "policies").glob("*.yml")):
        found += _policies(path, f"dealership/policies/{path.name}")
    return tuple(found)


def read_faq_files(folder: Path) -> tuple[FileEntry, ...]:
    found: list[FileEntry] = []
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise ContentError("faq/", "", "", "has no files")
    for path in paths:
        name = f"faq/{path.name}"
        data = _read_yaml(path)
        if not isinstance(data, dict) or not ({"entries", *_FAQ_LISTS} & data.keys()):
            raise ContentError(name, "", "", "needs `entries:` or `templates:`")
        for key, kind in _FAQ_LISTS.items():
            if key in data:
                found += _list_entries(path, name, key, kind, "id", data)
        if "entries" not in data:
            continue
        found += _list_entries(path, name, "entries", "faq", "id", data, {"category": data.get("category")})
    return tuple(found)


def _entry(kind: str, id_: str, position: int, file: str, data: Any) -> FileEntry:
    parsed: Any = parse(KINDS[kind], data, file, "" if kind in _WHOLE.values() else str(id_))
    return FileEntry(kind, str(id_), position, file, plain(parsed))


def _list_entries(
    path: Path,
    file: str,
    key: str,
    kind: str,
    id_field: str,
    data: Any = None,
    shared: dict[str, Any] | None = None,
) -> Iterator[FileEntry]:
    """The entries below ``key``; what is ``shared`` by a file's entries goes into each."""
    data = _read_yaml(path) if data is None else data
    rows = data.get(key) if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise ContentError(file, "", key, "must be a list")
    if not rows and key in _NEVER_EMPTY:
        raise ContentError(file, "", key, "needs at least one entry")
    for position, row in enumerate(rows):
        if not isinstance(row, dict) or not row.get(id_field):
            raise ContentError(file, f"number {position + 1}", id_field, "is missing")
        yield _entry(kind, str(row[id_field]), position, file, {**row, **(shared or {})})


def _policies(path: Path, name: str) -> Iterator[FileEntry]:
    data = _read_yaml(path, name)
    if not isinstance(data, dict):
        raise ContentError(name, "", "", "must be a mapping of names to texts")
    for position, (id_, text) in enumerate(data.items()):
        yield _entry("policy", str(id_), position, name, {"id": str(id_), "text": text})


def _read_yaml(path: Path, name: str | None = None) -> Any:
    name = name or f"{path.parent.name}/{path.name}"
    try:
        return read_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        problem = "the file is missing" if missing else f"cannot be read: {error.strerror}"
        raise ContentError(name, "", "", problem) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f"line {line + 1}: " if line is not None else ""
        problem = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise ContentError(name, "", "", f"{where}{problem}") from error
