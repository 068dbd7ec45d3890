"""A copy of all that is stored about a customer: to be read by them and by another system, in one ZIP file."""

from __future__ import annotations

import html
import io
import json
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services.privacy.archive_files import archived_of
from bot.services.privacy.person import Person, find_person, parts_of
from bot.store.database import Database

DATA, PAGE = "data.json", "index.html"
HIDDEN = frozenset(
    {"mark", "calendar_token", "token_hash", "code_hash", "taken_by", "taken_until", "request_key"}
)
"""Columns that are keys of the house and nothing about a person."""


def copy_of(database: Database, home: Path, phone: str, now: datetime) -> bytes | None:
    """The ZIP file with ``data.json``, a page to read and the files that were sent; None where nothing is stored."""
    with database.reading() as session:
        person = find_person(session, phone)
        sections = _sections(session, person)
    archived = list(archived_of(home, person))
    if archived:
        sections["已归档的对话"] = archived
    if not any(sections.values()):
        return None
    return _packed(home, sections, phone, now)


def _sections(session: Session, person: Person) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for part in parts_of(person):
        columns = [column for column in part.table.__table__.columns if column.name not in HIDDEN]
        key = part.table.__table__.primary_key.columns
        rows = session.execute(sa.select(*columns).where(part.condition).order_by(*key)).mappings()
        lines = [{name: _plain(value) for name, value in row.items()} for row in rows]
        if lines:
            found[part.name] = lines
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _packed(home: Path, sections: dict[str, list[dict[str, Any]]], phone: str, now: datetime) -> bytes:
    about = {"phone": phone, "made_at": now.isoformat(timespec="seconds"), "data": sections}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(DATA, json.dumps(about, ensure_ascii=False, indent=1))
        archive.writestr(PAGE, _page(sections, now))
        for upload in sections.get("上传的文件", ()):
            path = home / "uploads" / upload["token"]
            if path.is_file():
                archive.write(path, f"files/{upload['token']}-{upload['name']}")
    return packed.getvalue()


def _page(sections: dict[str, list[dict[str, Any]]], now: datetime) -> str:
    body = "".join(_table(name, rows) for name, rows in sections.items())
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>个人信息副本</title><style>'
        "body{font-family:sans-serif;margin:2em}table{border-collapse:collapse;margin-bottom:2em}"
        "td,th{border:1px solid #ccc;padding:.3em .6em;vertical-align:top;text-align:left}</style></head><body>"
        f"<h1>个人信息副本</h1><p>{now:%Y年%m月%d日 %H:%M} 生成。</p>{body}</body></html>"
    )


def _table(name: str, rows: list[dict[str, Any]]) -> str:
    columns = [column for column in rows[0] if any(row.get(column) not in (None, "", [], {}) for row in rows)]
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_text(row.get(column)))}</td>" for column in columns) + "</tr>"
        for row in rows
    )
    return f"<h2>{html.escape(name)}（{len(rows)}）</h2><table><tr>{head}</tr>{lines}</table>"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
