"""Put the atoms of a text together into moments, after corrections and refusals have been taken out."""

from __future__ import annotations

import re
from datetime import date

from bot.understanding.times.calendar import ONE_DAY, fixed
from bot.understanding.times.model import (
    Atom,
    Bound,
    Clock,
    Days,
    Doubt,
    Instant,
    Link,
    Moment,
    Part,
    Vague,
)
from bot.understanding.times.rules import TO, Context
from bot.understanding.times.wishes import wished

MOVED = re.compile(
    r"(?:(?<!更)[改换调挪移推延]|推迟|延迟|延后|延期|顺延|提前|调整|变更|变|更改)(?:个?时间)?(?:约|期"
    r"|一下)?(?:到|成|为|至|在|约|(?=[今明后大下周星礼\d上一二两三四五六七八九十]))"
)
MISTAKEN = re.compile(
    r"不对(?!吗)|说错了?|错了|搞错了?|记错了?|打错了?|看错了?|哦不|啊不|噢不|不不+|更正|算了|我是说|应该是"
    r"(?!有)|,还是(?=.{1,12}吧)|,不,|(?<=[吧点半号])不(?=[\d一二两三四五六七八九十周星礼明后]+)"
)
AFTER = re.compile(
    r"(?:左右|前后|多|来钟|钟|整|的?时候|那天|当天|这天)?(?:以后|之后|过后|往后|开外|后"
    r"(?![天备排视轮刹台面儿]))|(?:开始|起)(?=$|[,.。都])"
)
BEFORE = re.compile(r"(?:左右|那天|当天|这天)?(?:以前|之前|前(?![后往台面门天去来轮])|为止)")
BOUND_BEFORE = re.compile(
    r"(?:(?P<before>最晚|最迟|不晚于|不超过|早于|赶在)|(?P<after>最早|不早于|晚于|至少(?:要|得)?))(?:也?要"
    r"|也?得|是|到|在)?$"
)
RANGE_GAP = re.compile(
    rf"(?:左右|前后|开始|起|吧|的)?,?(?:一直)?(?:(?<!来)(?<!去)(?:到|至)(?!店|你|场|家)|{TO})(?:大概|大约"
    rf"|差不多)?\s?"
)
AND_GAP = re.compile(r"[,、\s]*(?:和|跟|与|及|以及|,|、|或?者?)?(?:是)?\s*")
SAME_DAY_GAP = re.compile(r"[ ,(]*(?:的|也就是|就是|是)?\(?")
OR_GAP = re.compile(r"或者?|还是|要么|要不|/|\|")


def compose(atoms: list[Atom], context: Context) -> list[Moment]:
    """The moments that the text asks for. Empty when every time in it is taken back or refused."""
    wish = wished(atoms, context.text)
    before, wanted, keeps_hour = _after_correction(wish.atoms, context.text)
    moments = _group(_without_vague(wanted), context)
    if before and moments:
        _inherit(moments[0], _group(before, context)[-1], keeps_hour)
    elif moments and wish.told_day is not None and not any(moment.days for moment in moments):
        moments[0].days = wish.told_day
    return moments


def _without_vague(atoms: list[Atom]) -> list[Atom]:
    """Without 越快越好 and its like where the text names a time as well; 月底 gives way only to a day."""
    has_day = any(isinstance(atom.value, Days | Instant) for atom in atoms)
    kept = [atom for atom in atoms if not isinstance(atom.value, Vague) or _outlasts(atom.value, has_day)]
    return kept or atoms


def _outlasts(vague: Vague, has_day: bool) -> bool:
    return vague.doubt is Doubt.IMPOSSIBLE or (bool(vague.days) and not has_day)


def _after_correction(atoms: list[Atom], text: str) -> tuple[list[Atom], list[Atom], bool]:
    """The atoms before the last correction, those after it, and whether an unchanged hour stays as it was."""
    for pattern, keeps_hour in ((MISTAKEN, True), (MOVED, False)):
        for match in reversed(list(pattern.finditer(text))):
            before = [atom for atom in atoms if atom.end <= match.start() + 1]
            after = [atom for atom in atoms if atom.start >= match.end()]
            if after and len(before) + len(after) == len(atoms):
                return before, after, keeps_hour
    return [], atoms, False


def _inherit(moment: Moment, before: Moment, keeps_hour: bool) -> None:
    if moment.instant or moment.is_vague:
        return
    if moment.days is None:
        moment.days = before.days
        if moment.clock is not None and moment.part is None:
            moment.part = before.part
    elif keeps_hour and moment.clock is None and moment.part is None:
        moment.part, moment.clock = before.part, before.clock


def _group(atoms: list[Atom], context: Context) -> list[Moment]:
    moments: list[Moment] = []
    for atom in atoms:
        gap = context.text[moments[-1].end : atom.start] if moments else ""
        link = _link(gap, moments[-1], atom) if moments else Link.NEXT
        if not (moments and link in (Link.NEXT, Link.AND) and _joins(moments[-1], atom, gap)):
            moments.append(Moment(atom.start, atom.end, link=link))
        _bound_before(moments[-1], atom, context.text)
        _add(moments[-1], atom, context.today)
        _bound_after(moments[-1], context.text)
    return moments


def _link(gap: str, moment: Moment, atom: Atom) -> Link:
    if RANGE_GAP.fullmatch(gap) and not (
        moment.clock is None and moment.part is None and isinstance(atom.value, Clock)
    ):
        return Link.RANGE
    if len(gap) <= 8 and OR_GAP.search(gap):
        return Link.OR
    return Link.AND if AND_GAP.fullmatch(gap) else Link.NEXT


def _joins(moment: Moment, atom: Atom, gap: str) -> bool:
    value = atom.value
    if moment.vague is not None:
        return isinstance(value, Part | Clock) and bool(moment.vague.days)
    if moment.instant is not None or (moment.bound is not Bound.AT and isinstance(value, Days)):
        return False
    if isinstance(value, Days):
        return _day_joins(moment, value, gap)
    if isinstance(value, Part):
        if moment.part is None:
            return moment.clock is None or gap.strip(" ,") == ""
        return (
            gap == ""
            and moment.clock is None
            and max(moment.part.start, value.start) < min(moment.part.end, value.end)
        )
    if isinstance(value, Clock):
        return moment.clock is None
    return False


def _day_joins(moment: Moment, value: Days, gap: str) -> bool:
    """Whether a second naming of the day (下周三 25号, 明天周一, 两周后的周六) belongs to the first."""
    if moment.days is None:
        return moment.clock is None or len(gap) <= 6
    if moment.clock is not None or moment.part is not None or not SAME_DAY_GAP.fullmatch(gap):
        return False
    if moment.days.is_week:
        return value.weekday is not None
    one_is_weekday = (moment.days.weekday is None) != (value.weekday is None)
    return one_is_weekday or (value.weekday is None and moment.days.is_open != value.is_open)


def _add(moment: Moment, atom: Atom, today: date) -> None:
    moment.end = atom.end
    moment.atoms.append(atom)
    value = atom.value
    if isinstance(value, Days):
        first = moment.days
        moment.days, conflicts = _merge_days(moment, value, today)
        moment.conflicts = (first, value) if first and conflicts else moment.conflicts
    elif isinstance(value, Part):
        moment.part = value
    elif isinstance(value, Clock):
        moment.clock = value
    elif isinstance(value, Instant):
        moment.instant = value
    elif isinstance(value, Vague):
        moment.vague = value


def _merge_days(moment: Moment, value: Days, today: date) -> tuple[Days, bool]:
    """A week and a weekday, or a day named twice; two names that disagree are a conflict."""
    if moment.days is None:
        return value, False
    if moment.days.is_week and value.weekday is not None:
        return _weekday_in(moment.days, value.weekday), False
    if value.weekday is not None or moment.days.weekday is not None:
        dated, other = (moment.days, value) if value.weekday is not None else (value, moment.days)
        agreed = _occurrence_on(dated, other.weekday, today)
        return agreed or dated, agreed is None
    first, second = moment.days.find(today), value.find(today)
    return moment.days, first != second


def _occurrence_on(days: Days, weekday: int | None, today: date) -> Days | None:
    """The occurrence of a date that falls on the weekday, looking at most three occurrences ahead."""
    earliest = today
    for _ in range(3 if days.is_open else 1):
        found = days.find(earliest)
        if found is None:
            return None
        if found[0].weekday() == weekday and (found[0] - today).days < 100:
            return fixed(*found)
        earliest = found[1] + ONE_DAY
    return None


def _weekday_in(week: Days, weekday: int) -> Days:
    def find(earliest: date) -> tuple[date, date] | None:
        found = week.find(earliest)
        if found is None:
            return None
        day = date.fromordinal(found[0].toordinal() - found[0].weekday() + weekday)
        return day, day

    return Days(find, weekday=weekday)


def _bound_before(moment: Moment, atom: Atom, text: str) -> None:
    """最晚四点, and 周日最晚四点 where the bound stands between the pieces."""
    match = BOUND_BEFORE.search(text[max(0, atom.start - 8) : atom.start])
    if match:
        moment.bound = Bound.BEFORE if match["before"] else Bound.AFTER


def _bound_after(moment: Moment, text: str) -> None:
    for pattern, bound in ((AFTER, Bound.AFTER), (BEFORE, Bound.BEFORE)):
        match = pattern.match(text, moment.end)
        if match and not moment.is_vague and moment.instant is None:
            moment.bound, moment.end = bound, match.end()
