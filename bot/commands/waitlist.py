"""``booking waitlist``: who waits for a place, and what is offered."""

from __future__ import annotations

import re
from argparse import Namespace
from datetime import datetime, timedelta

from bot.commands.booking_views import WIDEST, content_of, period, slot_words, store_name, visit_lines
from bot.commands.preparing import tell
from bot.commands.reaching import tell_whom_to_call
from bot.commands.requests import contact_of, request_of, vehicle_of
from bot.commands.tables import table
from bot.domain.dealership import Dealership
from bot.domain.errors import InvalidInput, NotFound
from bot.domain.waitlist import MINUTES_OF_DAY, Preference, WaitState
from bot.services import waitlist as service
from bot.services.content.fields import moment_text
from bot.services.content.variables import WEEKDAYS
from bot.services.exchange.words import KINDS, Names
from bot.services.waitlist import WaitEntry
from bot.services.wording import say_time
from bot.store.database import Database

STATES = {
    WaitState.WAITING: "等待中",
    WaitState.OFFERED: "等客户回复",
    WaitState.BOOKED: "已约上",
    WaitState.LEFT: "已退出",
    WaitState.LAPSED: "没有回复",
    WaitState.OVER: "时间已过",
}
MOST_SHOWN = 3
"""Places that are free at once, told to whoever puts somebody on the waitlist."""


class WaitlistCommands:
    """``list``, ``add``, ``leave``, ``accept`` and ``offer``."""

    def __init__(
        self, database: Database, dealership: Dealership, names: Names, now: datetime, arguments: Namespace
    ) -> None:
        self.database, self.dealership, self.names, self.now = database, dealership, names, now
        self.arguments = arguments

    def run(self) -> None:
        parts = {"add": self._add, "leave": self._leave, "accept": self._accept, "offer": self._offer}
        parts.get(self.arguments.part, self._list)()

    def _list(self) -> None:
        everything = getattr(self.arguments, "all", False)
        entries = service.list_entries(self.database, **({"states": None} if everything else {}))
        tell(
            table(
                ("编号", "状态", "类型", "门店", "内容", "想要的时间", "客户", "手机", "提供的时间", "加入"),
                map(self._row, entries),
                WIDEST,
            )
        )
        tell(f"共 {len(entries)} 位")

    def _add(self) -> None:
        given = self.arguments
        entry = service.join(
            self.database,
            self.dealership,
            self.now,
            request_of(self.names, given),
            self._preference(),
            contact_of(given),
            **vehicle_of(given),
        )
        before = service.people_before(self.database, self.dealership, self.now, entry.id)
        tell(f"已加入候补（编号 {entry.id[:8]}），前面还有 {before} 位：{_wish(entry.preference)}")
        tell_whom_to_call(self.database, [entry], "有空位的通知")
        self._tell_free_places(entry)

    def _tell_free_places(self, entry: WaitEntry) -> None:
        """Nobody need wait for what can be had at once."""
        free = service.free_now(self.database, self.dealership, self.now, entry.request, entry.preference)
        if free:
            tell("现在就有空位，可以直接预约（booking book）：")
        for slot in free[:MOST_SHOWN]:
            tell(f"  {slot_words(self.dealership, slot)}")

    def _leave(self) -> None:
        entry = service.leave(self.database, self.dealership, self.now, self._found().id)
        tell(f"{entry.id[:8]}  {entry.phone}  {STATES[entry.state]}")

    def _accept(self) -> None:
        visit = service.accept(self.database, self.dealership, self.now, self._found().id, by_staff=True)
        tell("已预约")
        tell(visit_lines(self.dealership, visit))
        tell_whom_to_call(self.database, [visit])

    def _offer(self) -> None:
        before = {(entry.id, entry.offered) for entry in self._offered()}
        service.serve_waitlist(self.database, self.dealership, self.now)
        new = [entry for entry in self._offered() if (entry.id, entry.offered) not in before]
        tell(f"新提供了 {len(new)} 个时间" if new else "现在没有可以提供的时间")
        tell_whom_to_call(self.database, new)

    def _offered(self) -> tuple[WaitEntry, ...]:
        return service.list_entries(self.database, states=[WaitState.OFFERED])

    def _preference(self) -> Preference:
        given = self.arguments
        from_, to = period(given, self.now)
        until = to or self.now + timedelta(days=self.dealership.rules.horizon_days + 1)
        return Preference(from_ or self.now, until, _weekdays(given.weekdays), *_hours(given.hours))

    def _found(self) -> WaitEntry:
        text = self.arguments.id
        found = [e for e in service.list_entries(self.database, states=None) if e.id.startswith(text)]
        if not found:
            raise NotFound(f"no entry {text} on the waitlist")
        if len(found) > 1:
            raise InvalidInput(f"{text!r} means several entries: {'、'.join(e.id[:8] for e in found)}")
        return found[0]

    def _row(self, entry: WaitEntry) -> tuple[str, ...]:
        offered = ""
        if entry.offered:
            store, start = entry.offered
            until = f"，{entry.reply_by:%H:%M} 前回复" if entry.reply_by else ""
            offered = f"{say_time(start)} {store_name(self.dealership, store)}{until}"
        return (
            entry.id[:8],
            STATES[entry.state],
            KINDS[entry.request.kind],
            store_name(self.dealership, entry.request.store),
            content_of(self.dealership, entry.request.model, entry.request.jobs),
            _wish(entry.preference),
            entry.name or "",
            entry.phone,
            offered,
            moment_text(entry.created_at.replace(second=0, microsecond=0)),
        )


def _wish(preference: Preference) -> str:
    """ "11-22 10:00 到 12-23 00:00 周六、周日 09:00–12:00" """
    words = f"{preference.from_:%m-%d %H:%M} 到 {preference.until:%m-%d %H:%M}"
    if preference.weekdays:
        words += " " + "、".join(f"周{WEEKDAYS[day - 1]}" for day in preference.weekdays)
    if (preference.from_minute, preference.until_minute) != (0, MINUTES_OF_DAY):
        words += f" {_clock(preference.from_minute)}–{_clock(preference.until_minute)}"
    return words


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _weekdays(text: str | None) -> tuple[int, ...]:
    days = re.findall(r"\d+", text or "")
    if text and (not days or any(not 1 <= int(day) <= 7 for day in days)):
        raise InvalidInput(f"--weekdays must be numbers from 1 (Monday) to 7, not {text!r}")
    return tuple(sorted({int(day) for day in days}))


def _hours(text: str | None) -> tuple[int, int]:
    if text is None:
        return 0, MINUTES_OF_DAY
    found = re.fullmatch(r"(\d{1,2}):(\d{2})\s*[-–~]\s*(\d{1,2}):(\d{2})", text.strip())
    if found:
        opens, opens_minute, closes, closes_minute = (int(part) for part in found.groups())
        from_, until = opens * 60 + opens_minute, closes * 60 + closes_minute
        if from_ < until <= MINUTES_OF_DAY and max(opens_minute, closes_minute) < 60:
            return from_, until
    raise InvalidInput(f"--hours must be like 09:00-12:00, not {text!r}")
