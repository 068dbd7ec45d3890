"""``archive``: move old conversations from the database to files."""

from __future__ import annotations

from argparse import Namespace

from bot import clock
from bot.commands.preparing import prepare, tell
from bot.services.archive import AT_ONCE, FOLDER, Archived, archive_old, count_old
from bot.services.installation import open_content
from bot.settings import read_settings


def archive(arguments: Namespace) -> int:
    """``python -m bot archive --older-than MONTHS``"""
    settings = read_settings()
    prepare(settings, log_level="ERROR")
    installation = open_content(settings)
    database, months = installation.database, arguments.older_than
    try:
        if arguments.dry_run:
            old = count_old(database, months, clock.now())
            tell(f"将归档 {old.conversations} 个对话，共 {old.messages} 条消息")
            return 0
        gone = Archived()
        while (done := archive_old(database, settings.home, months, clock.now())).conversations:
            gone += done
            if done.conversations < AT_ONCE:
                break
    finally:
        database.close()
    tell(
        f"已归档 {gone.conversations} 个对话，共 {gone.messages} 条消息，在 {settings.home / FOLDER} 里"
        if gone.conversations
        else "没有要归档的对话"
    )
    return 0
