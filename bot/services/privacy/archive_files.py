"""Archived conversations of one person: finding them, and taking them out of the files."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.services.archive import FOLDER
from bot.services.privacy.person import Person
from bot.store import archives

GONE = "〔已删除〕"
"""What stands where a number was, in what belongs to somebody else."""


def archived_of(home: Path, person: Person) -> Iterator[dict[str, Any]]:
    """The person's conversations in the archive."""
    for path in _files(home):
        yield from (entry for entry in archives.lines(path) if _is_theirs(entry, person))


def erase_archived(home: Path, person: Person) -> int:
    """Take them out of the files, with what was sent in them; gives how many.

    A file is written anew beside the old one and put in its place: whatever happens, one of them is whole.
    """
    gone = 0
    for path in _files(home):
        entries = list(archives.lines(path))
        theirs = [entry for entry in entries if _is_theirs(entry, person)]
        if not theirs and not any(person.phone in json.dumps(entry, ensure_ascii=False) for entry in entries):
            continue
        for token in (each["token"] for entry in theirs for each in entry["files"]):
            (home / FOLDER / "files" / token).unlink(missing_ok=True)
        _rewrite(path, [_without(entry, person.phone) for entry in entries if entry not in theirs])
        gone += len(theirs)
    return gone


def _files(home: Path) -> list[Path]:
    folder = home / FOLDER
    return sorted(folder.glob(f"*{archives.ENDING}")) if folder.is_dir() else []


def _is_theirs(entry: dict[str, Any], person: Person) -> bool:
    owner = entry["conversation"].get("customer_id")
    if owner is not None:
        return owner in person.customers
    if entry["conversation"]["id"] in person.conversations:
        return True
    said = (line["text"] for line in entry["messages"] if line["author"] == "customer")
    return any(person.phone in text for text in said)


def _without(entry: dict[str, Any], phone: str) -> dict[str, Any]:
    text = json.dumps(entry, ensure_ascii=False)
    replaced: dict[str, Any] = json.loads(text.replace(phone, GONE)) if phone in text else entry
    return replaced


def _rewrite(path: Path, entries: list[dict[str, Any]]) -> None:
    if not entries:
        path.unlink()
        return
    new = path.with_suffix(".new")
    text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in entries)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(gzip.compress(text.encode()))
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
