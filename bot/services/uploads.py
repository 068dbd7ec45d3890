"""Files that customers and staff send: what they are is read from their content, and nobody guesses their address.

A file is stored first and belongs to a conversation once a message brings it there (``attach``); one that no message
brought is deleted after ``KEPT_UNSENT``.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import InvalidInput, NotFound, TooLarge, WrongKind
from bot.services.texts import clean, is_storable
from bot.store.database import Database
from bot.store.staff_tables import Upload
from bot.store.tables import new_token

LARGEST = 8 * 1024 * 1024
LONGEST_NAME = 80
KEPT_UNSENT = timedelta(days=1)
AT_ONCE = 100
ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
}
"""What is taken, and how its name ends whatever it was called before."""
_SIGNS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\xff\xd8\xff[\xc0-\xfe]"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n....IHDR", re.DOTALL), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBPVP8[ LX]", re.DOTALL), "image/webp"),
    (re.compile(rb"%PDF-[12]\.\d"), "application/pdf"),
)
_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
_UNFIT = re.compile(r"[^\w ()（）·.-]+")


@dataclass(frozen=True)
class StoredFile:
    """A file as it is served. ``size`` in bytes."""

    token: str
    name: str
    content_type: str
    size: int

    @property
    def is_picture(self) -> bool:
        return self.content_type.startswith("image/")

    def as_json(self) -> dict[str, Any]:
        """What ``custom.attachment`` of a message says. A name may hold a telephone number: no address repeats it."""
        url = f"/files/{self.token}/file{ENDINGS[self.content_type]}"
        return {"url": url, "name": self.name, "type": self.content_type, "size": self.size}


async def read_file(read: Callable[[], Awaitable[bytes | None]]) -> bytes:
    """The whole of a body that comes in pieces; raises ``TooLarge`` as soon as it is."""
    content = bytearray()
    while piece := await read():
        content += piece
        if len(content) > LARGEST:
            raise TooLarge(f"a file may have {LARGEST} bytes")
    return bytes(content)


def type_of(content: bytes) -> str:
    """What a file is by its first bytes; raises ``WrongKind`` for what is not taken."""
    for sign, kind in _SIGNS:
        if sign.match(content):
            return kind
    raise WrongKind("only pictures (jpeg, png, webp, gif) and pdf can be sent")


def keep_file(
    database: Database,
    folder: Path,
    content: bytes,
    name: str | None,
    now: datetime,
    username: str | None = None,
) -> StoredFile:
    """Store a file under a new token; raises ``InvalidInput`` (empty), ``WrongKind`` and ``TooLarge``."""
    if not content:
        raise InvalidInput("the file is empty")
    if len(content) > LARGEST:
        raise TooLarge(f"a file may have {LARGEST} bytes")
    kind = type_of(content)
    kept = StoredFile(new_token(), clean_name(name, kind), kind, len(content))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / kept.token).write_bytes(content)
    with database.transaction() as session:
        session.add(
            Upload(
                token=kept.token,
                name=kept.name,
                content_type=kept.content_type,
                size=kept.size,
                username=username,
                created_at=now,
            )
        )
    return kept


def attach(session: Session, token: str, conversation_id: str, username: str | None = None) -> dict[str, Any]:
    """Bring a file of a customer (no ``username``) or of a member of the staff into a conversation; gives what the
    message's ``custom`` says. Raises ``NotFound`` where there is no such file of theirs that is still to be sent."""
    row = session.get(Upload, token, with_for_update=True) if _TOKEN.fullmatch(token) else None
    if row is None or row.username != username or row.conversation_id is not None:
        raise NotFound("no such file")
    row.conversation_id = conversation_id
    return {"attachment": _stored(row).as_json()}


def find_file(database: Database, folder: Path, token: str) -> tuple[StoredFile, Path]:
    """A file and where it lies; raises ``NotFound``."""
    with database.reading() as session:
        row = session.get(Upload, token) if _TOKEN.fullmatch(token) else None
    path = folder / token
    if row is None or not path.is_file():
        raise NotFound("no such file")
    return _stored(row), path


def delete_unsent(database: Database, folder: Path, now: datetime) -> int:
    """Delete files that no message brought anywhere within a day; gives their number."""
    query = (
        sa.select(Upload.token)
        .where(Upload.conversation_id.is_(None), Upload.created_at < now - KEPT_UNSENT)
        .limit(AT_ONCE)
    )
    with database.reading() as session:
        tokens = list(session.scalars(query))
    for token in tokens:
        with database.transaction() as session:
            unsent = sa.delete(Upload).where(Upload.token == token, Upload.conversation_id.is_(None))
            if session.execute(unsent).rowcount:
                (folder / token).unlink(missing_ok=True)
    return len(tokens)


def clean_name(name: str | None, kind: str) -> str:
    """A name that is harmless in an address, a header and a folder; its ending says what the file is."""
    ending = ENDINGS[kind]
    given = name if name and is_storable(name) else ""
    stem = clean(re.split(r"[/\\]", given)[-1])
    stem = re.sub(r"\.\w{1,5}$", "", stem)
    stem = _UNFIT.sub("_", stem).strip(" ._")[:LONGEST_NAME].strip(" ._")
    return f"{stem or ('文件' if ending == '.pdf' else '图片')}{ending}"


def _stored(row: Any) -> StoredFile:
    return StoredFile(row.token, row.name, row.content_type, row.size)
