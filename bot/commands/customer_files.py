"""``customers``: customers and their cars from and to files (docs/lifecycle.md)."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from bot import clock
from bot.commands.authors import author_of
from bot.commands.files import read_file, write_file
from bot.commands.preparing import prepare, tell, tell_warnings
from bot.services.audit import Actor, note_now
from bot.services.exchange.customers import export_customers, import_customers
from bot.services.installation import Installation, open_content
from bot.settings import read_settings


def customers(arguments: Namespace) -> int:
    """``python -m bot customers import|export FILE``"""
    settings = read_settings()
    prepare(settings, log_level="ERROR")
    actor, path = Actor(author_of(arguments)), Path(arguments.file)
    installation = open_content(settings)
    try:
        if arguments.action == "import":
            _take(installation, path, actor, arguments.dry_run)
        else:
            _write(installation, path, actor)
    finally:
        installation.database.close()
    return 0


def _take(installation: Installation, path: Path, actor: Actor, dry_run: bool) -> None:
    dealership, data = installation.content.current().dealership, read_file(path)
    database, home = installation.database, installation.settings.home
    report = import_customers(database, home, dealership, clock.now(), path.name, data, actor, dry_run)
    for place, what in report.changed:
        tell(f"{place}：更新 {what}")
    tell_warnings(report.warnings)
    tell(report.summary + ("（只是试运行，什么也没有写入）" if dry_run else ""))


def _write(installation: Installation, path: Path, actor: Actor) -> None:
    count, data = export_customers(installation.database, path.name)
    write_file(path, data)
    note_now(installation.database, actor, "customers.exported", clock.now(), details={"rows": count})
    tell(f"已导出 {count} 行到 {path}（含完整手机号，请妥善保管）")
