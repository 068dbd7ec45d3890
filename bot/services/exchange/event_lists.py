"""The list of an event's sign-ups as a file, for the day itself."""

from __future__ import annotations

from datetime import datetime

from bot.domain.events import DealerEvent, SignupStatus
from bot.services import audit
from bot.services.audit import Actor
from bot.services.availability import local
from bot.services.events import SignupView, signups
from bot.services.exchange.csv_files import csv_bytes
from bot.store.database import Database

COLUMNS = ("活动", "时间", "称呼", "手机号", "人数", "状态", "报名时间")
STATUS_WORDS = {
    SignupStatus.SIGNED_UP: "已报名",
    SignupStatus.WAITING: "候补",
    SignupStatus.CANCELLED: "已取消",
    SignupStatus.ATTENDED: "已到场",
    SignupStatus.ABSENT: "没有来",
}


def signups_csv(database: Database, event: DealerEvent, actor: Actor, now: datetime) -> bytes:
    """Who comes and who waits, in their order, with whole numbers; the audit log says who asked."""
    rows = signups(database, event.id)
    audit.note_now(database, actor, "events.exported", now, subject=event.id, details={"found": len(rows)})
    return csv_bytes(COLUMNS, (_cells(event, row) for row in rows), text=("手机号",))


def _cells(event: DealerEvent, row: SignupView) -> dict[str, str]:
    return {
        "活动": event.name,
        "时间": f"{local(event.start):%Y-%m-%d %H:%M}",
        "称呼": row.name or "",
        "手机号": row.phone,
        "人数": str(row.people),
        "状态": STATUS_WORDS[row.status],
        "报名时间": f"{local(row.created_at):%Y-%m-%d %H:%M}",
    }
