"""Which times of a text are wished for: not those refused (周六去不了) or told as a reason (周三出差,就周六吧)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.understanding.times.model import Atom, Clock, Days, Instant, Part
from bot.understanding.times.rules import TO

NOT_BEFORE = re.compile(
    r"(?:(?<!是)不是|不要|不约|(?<![特分区告级])别|别约|并非|而非|不在|除了|不想|不用)(?:约|在|说|要|选)?$"
)
REFUSED = re.compile(
    r"(?:我|们|都|是|有点|可能|那天|那会儿|的话|已经|也|就|应该|恐怕|临时|又|上午|下午|,|了|试驾|保养|的"
    r"|家里|之前|以前|之后|以后|全天|一?整天|一直|基本上?|肯定|正好|刚好|估计|怕是|还|要|得|忙着?)*"
    r"(?:不行|不可以|不方便|不成|没空(?!位)|没时间|没有时间|没有空|有事|有安排|去不了|来不了|去不成|过不去|过不来"
    r"|走不开|来不及|赶不上|不能|不在|抽不出|脱不开|休息不了|排满|忙(?![完过好])"
    r"|除外|得上班|要上班|要开会|得开会|开会|出差|加班|值班|约满|满了|不去|不来|不太行|不太方便|太早|太晚|太赶"
    r"|太远|人多|在(?:外地|外面|国外|老家|医院|出差))(?![吗么嘛?]|的话|我?(?:就|会)?再)"
)
"""What says no to the time right before it, whatever else is said."""
REASON = re.compile(
    r"[^,。!?;]{0,8}?(?:在外地|在外面|在国外|在老家|出差|出门|出国|旅游|上班(?!前|后)|上夜班|加班|值班|开会|有个?会|有个?课"
    r"|上课|考试|要考|体检|看病|疫苗|住院|感冒|生病|发烧|(?:要|得|在家)带(?:孩子|娃)|[送接](?:孩子|娃|小孩|人|机|站)(?!之?后|完|以后)|[陪照]"
    r"|搬家|出庭|婚礼|喜酒|聚会|聚餐|相亲|应酬|忙(?!完|过|好)|排满|要?用车|限行|限号|才(?:能)?(?:到家|下班|有车|从|回)|(?:的|赶)(?:飞机|高铁|火车|动车)"
    r"|回老家|下班|下课|放学|补习|[导趣]班|去(?!你|还|店|试|看|保|取|提|做|找|一趟|那|吗|行|可|吧|的|$|[,。]|城)[^,。!?]{2,4}(?=[,。])|[不没](?:上班|休息|在家|放假).{0,2}来不)"
)
"""What tells why a time will not do, where another one follows."""
TOLD = re.compile(
    r"(?:份|那会儿|的时候)?(?:刚|才|就)?(?:提|买|交|接|落地|上牌?|入手|拿)(?:的|了|过|车的|牌的)"
)
CUE = re.compile(r"(?:就|所以|只能|只有|干脆)(?:想|约|定|改|选|在)?$")
"""What introduces the wish after everything else: 就周六上午十点吧."""
JOINT = re.compile(rf"(?:{TO}|和|跟|、|与| |的)*")


@dataclass(frozen=True)
class Wish:
    """The atoms that are wished for, and the one day of a reason, which a wish without a day shares."""

    atoms: list[Atom]
    told_day: Days | None = None


def wished(atoms: list[Atom], text: str) -> Wish:
    """Without what is refused, told as past or as a reason; the last wish counts."""
    runs = [run for run in _runs(atoms, text) if not _is_told(run, text)]
    ends = [run[0].start for run in runs[1:]] + [len(text)]
    left = [run for run, end in zip(runs, ends, strict=True) if not _is_refused(run, end, text)]
    last_start = left[-1][0].start if left else 0
    reasons = [
        run
        for run, end in zip(runs, ends, strict=True)
        if run in left and run[0].start < last_start and _is_reason(run, end, text)
    ]
    kept = _from_cue([run for run in left if run not in reasons], text)
    return Wish([atom for run in kept for atom in run], _shared_day(reasons, kept))


def _runs(atoms: list[Atom], text: str) -> list[list[Atom]]:
    """The atoms in groups that stand together: 下周三到周五."""
    runs: list[list[Atom]] = []
    for atom in atoms:
        if runs and JOINT.fullmatch(text[runs[-1][-1].end : atom.start]):
            runs[-1].append(atom)
        else:
            runs.append([atom])
    return runs


def _is_refused(run: list[Atom], end: int, text: str) -> bool:
    start = run[0].start
    if NOT_BEFORE.search(text[max(0, start - 6) : start]):
        return True
    return REFUSED.match(text[run[-1].end : min(end, run[-1].end + 16)]) is not None


def _is_told(run: list[Atom], text: str) -> bool:
    """八月提的车: a day left open, told as the one on which something happened."""
    is_open = all(isinstance(atom.value, Days) and atom.value.is_open for atom in run)
    return is_open and TOLD.match(text, run[-1].end) is not None


def _is_reason(run: list[Atom], end: int, text: str) -> bool:
    rest = text[run[-1].end : min(end, run[-1].end + 24)]
    return REASON.match(rest) is not None


def _from_cue(runs: list[list[Atom]], text: str) -> list[list[Atom]]:
    """From the wish on that 就 or 只能 introduces, where it tells as much as what was said before it."""
    for index in range(len(runs) - 1, 0, -1):
        start = runs[index][0].start
        is_day = any(isinstance(atom.value, Days) for atom in runs[index])
        if is_day and CUE.search(text[max(0, start - 6) : start]):
            is_less = _precision(runs[index]) < max(map(_precision, runs[:index]))
            return runs if is_less else runs[index:]
    return runs


def _precision(run: list[Atom]) -> int:
    if any(isinstance(atom.value, Clock | Instant) for atom in run):
        return 2
    return int(any(isinstance(atom.value, Part) for atom in run))


def _shared_day(reasons: list[list[Atom]], kept: list[list[Atom]]) -> Days | None:
    """The day of 周六上午要上课,下午两点来; none where the reason names a run of days."""
    if not reasons or not kept:
        return None
    named = [[atom.value for atom in run if isinstance(atom.value, Days)] for run in reasons]
    days = next((run for run in reversed(named) if run), [])
    return days[0] if len(days) == 1 and not days[0].is_span and not days[0].is_week else None
