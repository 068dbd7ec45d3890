"""``booking outage``: what cannot be used, and what that did to the visits."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime

from bot.commands.authors import author_of
from bot.commands.booking_views import WIDEST, moment, slot_words, visit_table
from bot.commands.preparing import tell
from bot.commands.reaching import tell_whom_to_call
from bot.commands.requests import known
from bot.commands.tables import table
from bot.domain.dealership import Dealership
from bot.domain.errors import InvalidInput, NotFound
from bot.services.content.fields import moment_text
from bot.services.disruptions import (
    Disruption,
    OutageView,
    Recovery,
    begin_outage,
    end_outage,
    list_outages,
)
from bot.services.exchange.words import Names
from bot.store.database import Database


class OutageCommands:
    """``begin``, ``end`` and ``list``."""

    def __init__(
        self, database: Database, dealership: Dealership, names: Names, now: datetime, arguments: Namespace
    ) -> None:
        self.database, self.dealership, self.names, self.now = database, dealership, names, now
        self.arguments = arguments

    def run(self) -> None:
        {"begin": self._begin, "end": self._end}.get(self.arguments.part, self._list)()

    def _begin(self) -> None:
        given = self.arguments
        start = moment("--from", given.from_) if given.from_ else self.now
        done = begin_outage(
            self.database,
            self.dealership,
            self.now,
            known("resource", given.resource, self.names.resource),
            start,
            moment("--to", given.to),
            given.reason.strip(),
            author_of(given),
        )
        outage, period = done.outage, f"{_time(done.outage.start)} 到 {_time(done.outage.end)}"
        if done.already_out:
            tell(f"{outage.resource_name} 本来就停用：{period}（编号 {outage.id[:8]}），没有变化。")
            tell(f"要提前恢复，请用 booking outage end {outage.id[:8]} --at 时间")
            return
        tell(f"已停用 {outage.resource_name}：{period}（编号 {outage.id[:8]}）")
        tell_disruption(self.database, self.dealership, done)

    def _end(self) -> None:
        at = moment("--at", self.arguments.at) if self.arguments.at else None
        done = end_outage(self.database, self.dealership, self.now, self._found(self.arguments.id).id, at)
        tell_recovery(self.database, self.dealership, done)

    def _list(self) -> None:
        rows = [
            (
                outage.id[:8],
                outage.resource,
                outage.resource_name,
                _time(outage.start),
                _time(_until(outage)),
                "已撤销" if _was_called_off(outage) else "已结束" if _until(outage) <= self.now else "",
                outage.reason,
                outage.created_by,
            )
            for outage in self._outages(getattr(self.arguments, "all", False))
        ]
        tell(table(("编号", "资源", "名称", "从", "到", "状态", "原因", "登记人"), rows, WIDEST))
        tell(f"共 {len(rows)} 个")

    def _outages(self, everything: bool) -> tuple[OutageView, ...]:
        return list_outages(self.database, self.dealership, self.now, everything)

    def _found(self, text: str) -> OutageView:
        resource = self.names.resource(text)
        matching = [o for o in self._outages(True) if o.id.startswith(text) or o.resource in (text, resource)]
        going_on = [outage for outage in matching if outage.ended_at is None and outage.end > self.now]
        found = going_on or [outage for outage in matching if outage.id.startswith(text)]
        if not found:
            raise NotFound(f"no outage {text}")
        if len(found) > 1:
            raise InvalidInput(f"{text!r} means several outages: {'、'.join(o.id[:8] for o in found)}")
        return found[0]


def tell_disruption(database: Database, dealership: Dealership, done: Disruption) -> None:
    """Which visits have other resources now, and which customers need a new time."""
    if done.moved:
        tell(f"换了资源、时间不变的预约 {len(done.moved)} 个：")
        tell(visit_table(dealership, done.moved))
    if done.to_rebook:
        tell(f"需要客户改时间的预约 {len(done.to_rebook)} 个，已给顾问建了回访：")
        tell(visit_table(dealership, done.to_rebook))
        for visit in done.to_rebook:
            slots = "；".join(slot_words(dealership, slot) for slot in done.new_times.get(visit.id, ()))
            tell(f"  {visit.code} 可以改到：{slots or '近期没有空位'}")
        tell_whom_to_call(database, done.to_rebook)
    if done.on_site:
        tell(f"客户已经到店、请当面安排的预约 {len(done.on_site)} 个：")
        tell(visit_table(dealership, done.on_site))
    if not (done.moved or done.to_rebook or done.on_site):
        tell("没有受影响的预约")


def tell_recovery(database: Database, dealership: Dealership, done: Recovery) -> None:
    """Until when a resource was out of use, and which visits have their old time again."""
    outage = done.outage
    over = "已撤销" if _was_called_off(outage) else f"到 {_time(_until(outage))} 结束"
    tell(f"{outage.resource_name} 的停用{over}")
    if done.restored:
        tell(f"恢复了原来时间的预约 {len(done.restored)} 个：")
        tell(visit_table(dealership, done.restored))
        tell_whom_to_call(database, done.restored)


def _was_called_off(outage: OutageView) -> bool:
    """Whether it was lifted before it began; it then keeps the times that it was to have."""
    return outage.ended_at is not None and outage.ended_at <= outage.start


def _until(outage: OutageView) -> datetime:
    return outage.end if outage.ended_at is None or _was_called_off(outage) else outage.ended_at


def _time(when: datetime) -> str:
    return moment_text(when.replace(second=0, microsecond=0))
