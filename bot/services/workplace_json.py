"""The workplace as JSON, the same in the staff API, in its stream and in a page's first state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.services.workplace import DeskView, Line, OpenConversation


def desk_json(view: DeskView) -> dict[str, Any]:
    """The lists beside the open conversation, and the own presence."""
    return {
        "waiting": [line_json(line) for line in view.waiting],
        "mine": [line_json(line) for line in view.mine],
        "presence": view.presence.value,
    }


def line_json(line: Line) -> dict[str, Any]:
    """A conversation in a list; nothing in it changes by itself, so that two can be compared."""
    return {
        "id": line.id,
        "title": line.title,
        "channel": line.channel,
        "state": line.state.value,
        "skill": line.skill,
        "reason": line.reason,
        "waiting_since": _iso(line.waiting_since),
        "updated_at": _iso(line.updated_at),
        "preview": line.preview,
        "preview_author": line.preview_author.value if line.preview_author else None,
        "unread": line.unread,
        "unanswered": line.unanswered,
        "adviser": line.adviser,
        "adviser_name": line.adviser_name,
    }


def open_json(opened: OpenConversation) -> dict[str, Any]:
    """The open conversation without its messages."""
    return {
        **line_json(opened.line),
        "epoch": opened.epoch,
        "last_seq": opened.last_seq,
        "delivered_seq": opened.delivered_seq,
        "read_seq": opened.read_seq,
        "page": opened.page,
        "actions": list(opened.actions),
        "wechat": opened.wechat.as_json() if opened.wechat else None,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
