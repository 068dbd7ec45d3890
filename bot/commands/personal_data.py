"""``privacy``: a customer's own data, copied or deleted (docs/privacy.md)."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from bot import clock
from bot.commands.authors import login
from bot.commands.preparing import prepare, tell
from bot.domain.errors import InvalidInput
from bot.services import privacy as service
from bot.services.audit import Actor
from bot.services.installation import open_content
from bot.services.masking import mask_phone
from bot.services.texts import is_mobile
from bot.settings import read_settings
from bot.store.database import Database


def privacy(arguments: Namespace) -> int:
    """``python -m bot privacy export PHONE --out FILE | delete PHONE``"""
    phone = arguments.phone.strip()
    if not is_mobile(phone):
        raise InvalidInput("a telephone number has 11 digits")
    settings = read_settings()
    prepare(settings, log_level="ERROR")
    installation = open_content(settings)
    try:
        if arguments.action == "export":
            return _export(installation.database, settings.home, phone, arguments.out)
        return _delete(installation.database, settings.home, phone, arguments.dry_run, arguments.force)
    finally:
        installation.database.close()


def _export(database: Database, home: Path, phone: str, out: Path) -> int:
    packed = service.copy_of(database, home, phone, clock.now())
    if packed is None:
        tell(f"没有 {mask_phone(phone)} 的任何资料")
        return 1
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(packed)
    tell(f"{mask_phone(phone)} 的个人信息副本已写到 {out}")
    return 0


def _delete(database: Database, home: Path, phone: str, dry_run: bool, force: bool) -> int:
    if dry_run:
        found = service.count_of(database, home, phone)
        keeping = service.what_keeps(database, phone, clock.now())
        tell(f"将处理：{_words(found)}" if not found.is_empty else f"没有 {mask_phone(phone)} 的任何资料")
        if not keeping.is_empty:
            tell(f"还有{keeping}，要先取消或办结，或者加 --force")
        return 0
    erased = service.erase(database, home, phone, Actor(login()), clock.now(), force)
    tell(
        f"已删除或去除姓名：{_words(erased)}"
        if not erased.is_empty
        else f"没有 {mask_phone(phone)} 的任何资料"
    )
    return 0


def _words(erased: service.Erased) -> str:
    rows = [f"{name} {count}" for name, count in erased.rows.items() if count]
    return "、".join([*rows, *([f"已归档的对话 {erased.archived}"] if erased.archived else [])])
