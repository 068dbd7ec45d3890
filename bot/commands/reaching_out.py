"""``outreach``: the daily run by hand (docs/lifecycle.md)."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime

from bot import clock
from bot.commands.preparing import prepare, tell
from bot.domain.errors import InvalidInput
from bot.domain.outreach import STANDARD_SERVICE
from bot.services.content.snapshot import Content
from bot.services.installation import open_content
from bot.services.outreach.event_invitations import invite_to_events
from bot.services.outreach.opening import Report
from bot.services.outreach.run import run_outreach
from bot.services.outreach.words import TITLES
from bot.settings import read_settings

WAYS = {"wechat": "微信", "web": "网站消息", "email": "邮件", "call": "电话任务"}
HELD = {
    "no_consent": "没有同意",
    "quiet": "免打扰期内",
    "complaint": "投诉未办结",
    "visit_booked": "已有预约",
    "cap": "本月次数已满",
    "with_a_person": "正在和顾问沟通",
    "unknown_model": "车型不在目录里",
    "unreachable": "没有能送达的渠道",
}


def outreach(arguments: Namespace) -> int:
    """``python -m bot outreach [--date …] [--store …] [--dry-run]``"""
    settings = read_settings()
    prepare(settings, log_level="ERROR")
    installation = open_content(settings)
    try:
        content = installation.content.current()
        if arguments.store and arguments.store not in {store.id for store in content.dealership.stores}:
            raise InvalidInput(f"no store {arguments.store!a}")
        now, store = clock.now(), arguments.store
        report = run_outreach(installation.database, content, now, arguments.date, store, arguments.dry_run)
        at = now if arguments.date is None else datetime.combine(arguments.date, now.timetz())
        invited = invite_to_events(installation.database, content, at, store, arguments.dry_run)
        report.opened.update(invited.opened)
        report.held.update(invited.held)
    finally:
        installation.database.close()
    _tell(content, report, arguments.dry_run)
    return 0


def _tell(content: Content, report: Report, dry_run: bool) -> None:
    names = {moment.id: moment.name for moment in content.schedule.moments}
    names |= {STANDARD_SERVICE: TITLES[STANDARD_SERVICE]}
    for (moment, way), count in sorted(report.opened.items()):
        tell(f"{names[moment]}\t{WAYS[way]}\t{count}")
    verb = "将联系" if dry_run else "已安排"
    tell(f"看了 {report.cars} 辆车，{verb} {report.total} 次")
    if report.held:
        tell(
            "暂不联系："
            + "、".join(f"{HELD[reason]} {count}" for reason, count in sorted(report.held.items()))
        )
