"""``dealership``: stores, hours, closures, models, jobs, resources and rules from and to files; live at once."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from bot import clock
from bot.commands.authors import author_of
from bot.commands.booking_views import WIDEST
from bot.commands.files import write_file
from bot.commands.outages import tell_disruption, tell_recovery
from bot.commands.preparing import prepare, tell, tell_warnings
from bot.commands.tables import table
from bot.domain.errors import InvalidInput
from bot.domain.versions import Status
from bot.services.content.diff import STATUS_WORDS
from bot.services.content.editing import Editor
from bot.services.content.fields import moment_text
from bot.services.exchange.dealership import DealershipReport, import_dealership
from bot.services.exchange.dealership_files import (
    OF_KIND,
    dealership_folder,
    dealership_yaml,
    read_dealership_file,
    resources_csv,
)
from bot.services.exchange.dealership_listing import DealershipEntry, dealership_entries, exported
from bot.services.exchange.words import Names
from bot.services.installation import Installation, open_content
from bot.services.wording import say_time
from bot.settings import read_settings


def dealership(arguments: Namespace) -> int:
    """``python -m bot dealership …``"""
    settings = read_settings()
    prepare(settings, log_level="ERROR")
    installation = open_content(settings)
    try:
        getattr(_Command(installation, arguments), f"do_{arguments.action}")()
    finally:
        installation.database.close()
    return 0


class _Command:
    def __init__(self, installation: Installation, arguments: Namespace) -> None:
        self.database, self.store = installation.database, installation.content
        self.arguments, self.now = arguments, clock.now()

    def do_list(self) -> None:
        kind = self.arguments.kind
        if kind is not None and kind not in OF_KIND:
            raise InvalidInput(f"--kind must be one of {', '.join(OF_KIND)}, not {kind!r}")
        entries = [e for e in dealership_entries(self.database) if kind in (None, e.kind)]
        tell(
            table(("种类", "id", "名称", "状态", "版本", "作者", "时间", "备注"), map(_row, entries), WIDEST)
        )
        tell(f"共 {len(entries)} 条")

    def do_import(self) -> None:
        given, content = self.arguments, self.store.current()
        raw = read_dealership_file(Path(given.file), Names(content.dealership))
        by = Editor(author_of(given), may_approve=True)
        report = import_dealership(
            self.database, content, raw, by, self.now, given.remove, given.disrupt, given.dry_run
        )
        if given.dry_run:
            tell("只是试运行，什么也没有写入")
        self._tell_report(report)

    def do_export(self) -> None:
        path, entries = Path(self.arguments.file), exported(self.database, self.now)
        count = sum(map(len, entries.values()))
        suffix = path.suffix.lower()
        if suffix == ".csv":
            write_file(path, resources_csv(entries["resource"]))
            count = len(entries["resource"])
        elif suffix in (".yml", ".yaml"):
            write_file(path, dealership_yaml(entries))
        elif suffix:
            raise InvalidInput(f"{path.name} must be a folder or end with .yml or .csv")
        else:
            _make_folder(path)
            for name, data in dealership_folder(entries):
                write_file(path / name, data)
            write_file(path / "resources.csv", resources_csv(entries["resource"]))
        tell(f"已导出 {count} 条到 {path}")

    def _tell_report(self, report: DealershipReport) -> None:
        for name, ids in (
            ("新增", report.added),
            ("修改", report.changed),
            ("撤下", report.removed),
            ("文件里没有、仍然保留（要撤下请加 --remove）", report.kept),
        ):
            if ids:
                tell(f"{name} {len(ids)} 条：{'、'.join(ids)}")
        tell(f"没有变化 {len(report.unchanged)} 条")
        for done in report.disruptions:
            tell(f"\n{done.outage.resource_name}（{done.outage.resource}）撤下后：")
            tell_disruption(self.database, self.store.current().dealership, done)
        for recovery in report.recoveries:
            tell_recovery(self.database, self.store.current().dealership, recovery)
        tell_warnings(
            f"预约 {each.visit.code}（{say_time(each.visit.start)} {each.visit.name}）不合新的规定：{each.reason}。"
            "预约没有变动，请和客户联系"
            for each in report.out_of_rules
        )


def _row(entry: DealershipEntry) -> tuple[str, ...]:
    drafts = "、".join(f"第 {number} 版" for number in entry.drafts)
    return (
        entry.kind,
        entry.id,
        str(entry.data.get("name") or entry.data.get("brand") or ""),
        STATUS_WORDS[Status(entry.status)],
        str(entry.version),
        entry.author,
        moment_text(entry.updated_at.replace(second=0, microsecond=0)),
        f"文件有新内容等待：{drafts}" if drafts else "",
    )


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from error
