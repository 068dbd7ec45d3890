"""When staff may record that a customer came or did not, confirm or cancel, and what several no-shows mean."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain.booking import VisitStatus
from bot.domain.errors import WrongState

CHECK_IN_OPENS = timedelta(hours=2)
_WORDS = {
    VisitStatus.CONFIRMED: "还没有到店登记",
    VisitStatus.CANCELLED: "已经取消",
    VisitStatus.CHECKED_IN: "已经到店",
    VisitStatus.COMPLETED: "已经完成",
    VisitStatus.NO_SHOW: "登记为未到店",
}


def may_check_in(status: VisitStatus, now: datetime, start: datetime, needs_new_time: bool) -> None:
    """Raises WrongState unless the visit is near and still expected, or was taken for a no-show."""
    _require(status, {VisitStatus.CONFIRMED, VisitStatus.NO_SHOW}, "登记到店", needs_new_time)
    if now < start - CHECK_IN_OPENS:
        raise WrongState("too early to check in", "离预约时间还早，最早提前 2 小时登记到店。")
    if _is_day_over(now, start):
        rest = "完成" if status is VisitStatus.NO_SHOW else "完成或未到店"
        raise WrongState(
            "the day of the visit is over", f"预约那天已经过去了，不能再登记到店，请直接登记{rest}。"
        )


def may_complete(status: VisitStatus, now: datetime, start: datetime, needs_new_time: bool) -> None:
    """Raises WrongState unless the customer came, or the visit has begun and its customer was not seen to arrive.

    What was taken for a no-show can be completed on any later day.
    """
    allowed = {VisitStatus.CONFIRMED, VisitStatus.CHECKED_IN, VisitStatus.NO_SHOW}
    _require(status, allowed, "登记完成", needs_new_time)
    if status is VisitStatus.CONFIRMED and now < start:
        raise WrongState("the visit has not begun", "预约还没开始，客户提前到了请先登记到店。")


def may_miss(status: VisitStatus, now: datetime, start: datetime, needs_new_time: bool) -> None:
    """Raises WrongState unless the visit has begun and the customer was not seen."""
    _require(status, {VisitStatus.CONFIRMED}, "登记未到店", needs_new_time)
    if now < start:
        raise WrongState("the visit has not begun", "预约还没开始，不能登记未到店。")


def may_approve(status: VisitStatus, waits: bool) -> None:
    """Raises WrongState unless the visit is to come and ``waits`` for an adviser to confirm it."""
    _require(status, {VisitStatus.CONFIRMED}, "确认")
    if not waits:
        raise WrongState("the visit waits for no approval", "这个预约不需要确认，或者已经确认过了。")


def must_be_confirmed(status: VisitStatus) -> None:
    """Raises WrongState for a visit that is over, going on or cancelled: it stays as it is."""
    _require(status, {VisitStatus.CONFIRMED}, "再改期或取消")


def may_cancel(now: datetime, start: datetime, needs_new_time: bool) -> None:
    """Raises WrongState for a visit whose day is over: who came is to be recorded. One that lost its time may go."""
    if _is_day_over(now, start) and not needs_new_time:
        raise WrongState(
            "the day of the visit is over", "预约那天已经过去了，不能再取消，请登记完成或未到店。"
        )


def misses_in_a_row(statuses: Iterable[VisitStatus]) -> int:
    """How many no-shows there were since the last completed visit; ``statuses`` of past visits, the latest first."""
    misses = 0
    for status in statuses:
        if status is VisitStatus.COMPLETED:
            break
        misses += status is VisitStatus.NO_SHOW
    return misses


def _is_day_over(now: datetime, start: datetime) -> bool:
    """In the zone of the visit."""
    return now.astimezone(start.tzinfo).date() > start.date()


def _require(status: VisitStatus, allowed: set[VisitStatus], wish: str, needs_new_time: bool = False) -> None:
    if status not in allowed:
        raise WrongState(f"the visit is {status.value}", f"这个预约{_WORDS[status]}，不能{wish}。")
    if needs_new_time:
        raise WrongState("the visit needs a new time", "这个预约在等新的时间，请先改期。")
