"""``outbox``: look at what waits to be sent and at what failed, and send it again."""

from __future__ import annotations

from argparse import Namespace

from bot import clock
from bot.commands.preparing import prepare, tell
from bot.commands.tables import table
from bot.services.content.fields import moment_text
from bot.services.installation import open_content
from bot.services.outbox import OutboxLine, list_outbox, retry_failed
from bot.settings import read_settings
from bot.store.database import Database
from bot.store.outbox import DROPPED, FAILED, PENDING, SENT, STATES, TAKEN

STATE_WORDS = {PENDING: "待发送", TAKEN: "发送中", SENT: "已发送", FAILED: "失败", DROPPED: "已作废"}
CHANNEL_WORDS = {"chat": "对话", "email": "邮件", "webhook": "系统推送"}
KIND_WORDS = {
    "confirmation": "预约确认",
    "moved": "改约通知",
    "cancelled": "取消通知",
    "disrupted": "需要改时间",
    "restored": "恢复原时间",
    "approved": "顾问已确认",
    "adviser_changed": "换了接待人",
    "waitlist_offer": "候补有位",
    "waitlist_passed": "候补过期",
    "waitlist_lapsed": "候补没有回复",
    "waitlist_over": "候补结束",
    "booked": "新预约",
    "checked_in": "已到店",
    "completed": "已完成",
    "no_show": "未到店",
    "promised": "客户确认会来",
}


def outbox(arguments: Namespace) -> int:
    """``python -m bot outbox …``"""
    settings = read_settings()
    prepare(settings, log_level="ERROR")
    installation = open_content(settings)
    try:
        (_list if arguments.action == "list" else _retry)(installation.database, arguments)
    finally:
        installation.database.close()
    return 0


def _list(database: Database, arguments: Namespace) -> None:
    states = {None: (PENDING, TAKEN, FAILED), "all": STATES}.get(arguments.state) or (arguments.state,)
    lines = list_outbox(database, states, arguments.limit)
    header = ("编号", "内容", "渠道", "状态", "时间", "次数", "预约", "问题")
    tell(table(header, [_row(line) for line in lines]))
    tell(f"共 {len(lines)} 条")


def _row(line: OutboxLine) -> tuple[str, ...]:
    return (
        str(line.id),
        _kind(line.kind),
        CHANNEL_WORDS.get(line.channel, line.channel),
        STATE_WORDS[line.state],
        moment_text(line.due_at.replace(second=0, microsecond=0)),
        str(line.attempts),
        line.code or "",
        line.problem or "",
    )


def _kind(kind: str) -> str:
    """In words; "reminder_24" is a reminder 24 hours before."""
    hours = kind.removeprefix("reminder_")
    return f"提前 {hours} 小时提醒" if hours != kind else KIND_WORDS.get(kind, kind)


def _retry(database: Database, arguments: Namespace) -> None:
    count = retry_failed(database, clock.now(), arguments.id)
    tell(f"{count} 条失败的消息将马上重新发送")
