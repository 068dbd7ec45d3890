"""``outbox``: look at what waits to be sent and at what failed, and send it again."""

from __future__ import annotations

from argparse import Namespace

from bot import clock
from bot.commands.preparing import prepare, tell
from bot.commands.tables import table
from bot.services.content.fields import moment_text
from bot.services.installation import open_content
from bot.services.outbox_lines import OutboxLine, list_outbox, retry_failed
from bot.services.outbox_words import CHANNEL_WORDS, STATE_WORDS, kind_words
from bot.settings import read_settings
from bot.store.database import Database
from bot.store.outbox import FAILED, PENDING, STATES, TAKEN


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
        kind_words(line.kind),
        CHANNEL_WORDS.get(line.channel, line.channel),
        STATE_WORDS[line.state],
        moment_text(line.due_at.replace(second=0, microsecond=0)),
        str(line.attempts),
        line.code or "",
        line.problem or "",
    )


def _retry(database: Database, arguments: Namespace) -> None:
    count = retry_failed(database, clock.now(), arguments.id)
    tell(f"{count} 条失败的消息将马上重新发送")
