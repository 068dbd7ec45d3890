"""Files of old conversations: one gzip file per month, a JSON line per conversation, written to the disk before the
rows go. A write that was cut off is taken out again, so that the file can always be read to its end."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ENDING = ".jsonl.gz"
BLOCK = 1024 * 1024


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether nobody else writes into the folder; it stays so for the block."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def newest(folder: Path, month: str) -> list[Path]:
    """The file of a month ("2026-11") and the last one before it: what a crash left half done is in one of them."""
    earlier = sorted(path for path in folder.glob(f"*{ENDING}") if path.name < f"{month}{ENDING}")
    return [path for path in (*earlier[-1:], file_of(folder, month)) if path.is_file()]


def file_of(folder: Path, month: str) -> Path:
    return folder / f"{month}{ENDING}"


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """What is in a file."""
    with gzip.open(path, "rt", encoding="utf-8") as text:
        for line in text:
            yield json.loads(line)


def append(path: Path, entries: Sequence[dict[str, Any]]) -> None:
    """Write entries behind those that are there; they are on the disk when this returns."""
    text = "".join(json.dumps(each, ensure_ascii=False, default=str) + "\n" for each in entries)
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        file.write(gzip.compress(text.encode()))
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        _sync(path.parent)


def mend(path: Path) -> None:
    """Cut off what a process that was killed wrote in part: behind it, nothing could be read."""
    whole = _whole_bytes(path)
    if whole < path.stat().st_size:
        with path.open("r+b") as file:
            file.truncate(whole)
            os.fsync(file.fileno())


def _whole_bytes(path: Path) -> int:
    """How many bytes from the beginning are whole members of the gzip file."""
    whole = at = 0
    with path.open("rb") as file:
        member, rest = _member(), b""
        while block := rest or file.read(BLOCK):
            try:
                member.decompress(block)
            except zlib.error:
                return whole
            rest = member.unused_data if member.eof else b""
            at += len(block) - len(rest)
            if member.eof:
                whole, member = at, _member()
    return whole


def _member() -> Any:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
