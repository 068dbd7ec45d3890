"""What the platform tells of a customer: messages and events as values, whatever their type."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.clock import TIME_ZONE

EVENT, UNKNOWN = "event", "unknown"
KINDS = frozenset({"text", "image", "voice", "video", "shortvideo", "location", "link", "file", EVENT})
LONGEST_KEY = 120
"""What the transcript takes as a message's id."""
_OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,20}", re.ASCII)
_LAST_SECOND = 4_102_444_800  # the year 2100


class BadMessage(Exception):
    """The fields are no message of the platform; the text names none of their content."""


@dataclass(frozen=True)
class PlatformMessage:
    """A message or event. ``account``: our name of it; ``key``: the same in each delivery, for one openid another each.

    ``kind``: one of ``KINDS`` or "unknown". ``original``: the account's id on the platform (gh_…), which a passive
    reply names. ``menu_id``: which choice of a ``msgmenu`` was clicked. ``event`` as the platform spells it. Latitude
    and longitude in degrees (GCJ-02). ``msgid`` and ``status``: which template message was delivered, and how.
    """

    account: str
    openid: str
    key: str
    kind: str
    created: datetime
    original: str = ""
    text: str = ""
    menu_id: str | None = None
    media_id: str | None = None
    pic_url: str | None = None
    format: str | None = None
    recognition: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    label: str | None = None
    url: str | None = None
    title: str | None = None
    event: str | None = None
    event_key: str | None = None
    ticket: str | None = None
    msgid: str | None = None
    status: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read(account: str, fields: Mapping[str, Any]) -> PlatformMessage:
    """The message of the fields; raises ``BadMessage`` where it cannot be told from whom it is, or which."""
    openid, type_ = _text(fields, "FromUserName"), _text(fields, "MsgType") or ""
    if openid is None or not _OPENID.fullmatch(openid):
        raise BadMessage("no openid")
    kind = type_.lower() if type_.lower() in KINDS else UNKNOWN
    is_event = kind == EVENT
    prefix = "" if is_event else "Location_"
    return PlatformMessage(
        account=account,
        openid=openid,
        key=_key(fields, is_event),
        kind=kind,
        created=_created(fields),
        original=_text(fields, "ToUserName") or "",
        text=_text(fields, "Content") or "",
        menu_id=_text(fields, "bizmsgmenuid"),
        media_id=_text(fields, "MediaId"),
        pic_url=_text(fields, "PicUrl"),
        format=_text(fields, "Format"),
        recognition=_text(fields, "Recognition"),
        latitude=_degrees(fields, f"{prefix}X" if prefix else "Latitude", 90),
        longitude=_degrees(fields, f"{prefix}Y" if prefix else "Longitude", 180),
        label=_text(fields, "Label"),
        url=_text(fields, "Url"),
        title=_text(fields, "Title"),
        event=_text(fields, "Event") if is_event else None,
        event_key=_text(fields, "EventKey"),
        ticket=_text(fields, "Ticket"),
        msgid=(_text(fields, "MsgID") or _text(fields, "MsgId")) if is_event else None,
        status=_text(fields, "Status"),
        raw=fields,
    )


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    """A field's text; None where it is missing, empty, or has fields of its own."""
    value = fields.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _created(fields: Mapping[str, Any]) -> datetime:
    seconds = (_text(fields, "CreateTime") or "").strip()
    if not _NUMBER.fullmatch(seconds) or int(seconds) > _LAST_SECOND:
        raise BadMessage("no time")
    return datetime.fromtimestamp(int(seconds), TIME_ZONE)


def _key(fields: Mapping[str, Any], is_event: bool) -> str:
    if is_event:
        parts = [_text(fields, name) or "" for name in ("CreateTime", "Event", "EventKey")]
        return _fitting(":".join(("e", *parts)))
    number = (_text(fields, "MsgId") or "").strip()
    if _NUMBER.fullmatch(number):
        return f"m:{number}"
    return f"x:{_digest(json.dumps(fields, sort_keys=True, ensure_ascii=False))}"


def _fitting(key: str) -> str:
    """A long one, as of a page's address, keeps its beginning."""
    is_safe = key.isprintable() and "\0" not in key
    return key if len(key) <= LONGEST_KEY and is_safe else f"{_printable(key)[:50]}:{_digest(key)}"


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _degrees(fields: Mapping[str, Any], name: str, most: float) -> float | None:
    try:
        value = float((_text(fields, name) or "")[:40])
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= most else None
