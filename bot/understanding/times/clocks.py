"""Times within a day: 下午, 三点半, 14:30, 差十分三点, 两个小时后."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.understanding.numbers import small_int, to_number
from bot.understanding.times.digits import is_dotted_clock
from bot.understanding.times.model import Atom, Clock, Instant, Part
from bot.understanding.times.rules import HOUR, SMALL, TO, Context, atom, rule

MORNING, NOON, AFTERNOON = Part(6, 12, "morning"), Part(11, 14, "noon"), Part(12, 18, "afternoon")
DUSK, EVENING, NIGHT, AFTER_WORK = (
    Part(17, 19, "evening"),
    Part(18, 22, "evening"),
    Part(0, 6, "night"),
    Part(17, 22, "evening"),
)
DAYTIME = Part(6, 18, "day")
PARTS = {
    "凌晨": NIGHT, "半夜": NIGHT, "清晨": MORNING, "清早": MORNING, "早晨": MORNING, "早上": MORNING, "早间": MORNING,
    "一早": MORNING, "一大早": MORNING, "大清早": MORNING, "大早上": MORNING, "上午": MORNING, "午前": MORNING,
    "中午": NOON, "午休": NOON, "正午": NOON, "晌午": NOON, "午间": NOON, "大中午": NOON,
    "下午": AFTERNOON, "午后": AFTERNOON, "傍晚": DUSK, "黄昏": DUSK,
    "晚上": EVENING, "晚间": EVENING, "夜里": EVENING, "夜间": EVENING,
    "夜晚": EVENING, "大晚上": EVENING, "深夜": EVENING,
    "早": MORNING, "晨": MORNING, "晚": EVENING, "夜": EVENING, "am": MORNING, "pm": AFTERNOON,
}  # fmt: skip
PART_WORDS = "|".join(
    sorted((word for word in PARTS if len(word) > 1 and not word.isascii()), key=len, reverse=True)
).replace("夜晚", "夜晚(?!上)")
NO_CLOCK_BEFORE = (
    r"(?:(?<![\d.:/第几这提谈列讲以分百千万亿a-z零〇一二三四五六七八九十两周期拜])"
    r"|(?<=[周期拜][一二三四五六日天\d])(?<![\d]{2}))"
)
NOUNS = (
    r"式|要求|建议|意见|原因|理由|问题|不满|注意|疑问|想法|好处|区别|不同|优点|缺点|希望|说明|内容|补充"
    r"|请求|感受|体会|共识|一线|心得|声明|收获|经验|折|共"
)
DATE_AFTER = r"[\d一二三四五六七八九十]{1,3}[号日月]|\d{1,2}[-/.]\d"
LISTED = r"(?:有|提|谈|列|讲|说|写|总结|归纳)(?:了|出|过|几)?$"


@rule(
    rf"(?:中午|午饭|午休|午餐)(?:过|之|以|吃完)?后(?!天)|吃[完过](?:早饭|午饭|中饭|晚饭)"
    rf"|(?:[早晚中]饭|早餐|晚餐)[之以]?后|午饭之?前|上午(?:和"
    rf"|、)?下午(?=都|均)|(?<![^周期拜十初]一)(?<!^一)(?:{PART_WORDS})(?![好茶饭餐安])|下了?班(?:了?以后"
    rf"|之后|后)?(?!高峰|前|时间是)"
    r"|(?<=[天日儿号末一二三四五六七今明昨\d])(?:早(?![点一些就日期已餐饭上])|晚(?![点一些会到了班餐饭上])|晨"
    r"(?!会|练|跑)|夜(?!班))"
    r"|(?<![a-z最])[早晚](?=(?:[5-9]|1[0-2]|[五六七八九十]|十[一二])[点:])"
)
def part_of_day(match: re.Match[str], context: Context) -> Atom | None:
    """上午, 傍晚, 下班后, and 早 or 晚 beside a day or an hour. Greetings (早上好) are no time."""
    word = match[0]
    before, after = context.near(match)
    if word.startswith("下"):
        if word in ("下班", "下了班") and not re.match(r"了?(?:就|再)?(?:过[来去]|[来去](?!得))", after):
            if re.search(r"[点半刻分]钟?$", before):
                return None  # 我五点半下班 tells when, and names no part of the day
            return atom(match, AFTER_WORK, is_weak=not context.expects_time)
        return atom(match, AFTERNOON if word == "下午" else AFTER_WORK)
    if re.fullmatch(r"(?:中午|午饭|午休|午餐).*后", word):
        return atom(match, AFTERNOON)
    if word.startswith("午饭") and word.endswith("前"):
        return atom(match, MORNING)
    if "饭" in word or "餐" in word:
        return atom(match, EVENING if "晚" in word else MORNING if "早" in word else AFTERNOON)
    if word.startswith("上午") and len(word) > 2:
        if re.match(r"都?(?:营业|开门|上班|有人)", after):
            return None
        return atom(match, DAYTIME)
    return atom(match, PARTS[word])


@rule(
    r"(?<![\d./a-z])(?<!\d:)(?P<hour>2[0-4]|[01]?\d)(?P<separator>[:.])(?P<minute>[0-5]\d)(?::[0-5]\d)?(?!\d"
    r"|[.:/]\d)(?:\s?(?P<half>am|pm|a\.m\.?|p\.m\.?))?(?P<unit>分|点)?(?!\s?[万亿tl%折元块公kmw升级寸米吨])"
)
def digital_clock(match: re.Match[str], context: Context) -> Atom | None:
    """14:30, 2:30pm; 10.30 only beside a day or a part of the day."""
    if match["separator"] == "." and not is_dotted_clock(match, context):
        return None
    hour = int(match["hour"])
    is_exact = hour >= 13 or (len(match["hour"]) == 2 and hour < 10) or hour == 0
    if match["half"]:
        hour, is_exact = _halved(hour, match["half"]), True
    is_weak = match["separator"] == "." and not (context.expects_time and int(match["minute"]) % 15 == 0)
    return atom(match, Clock(hour, int(match["minute"]), is_exact), is_weak)


@rule(
    r"(?<![\d.:a-z])(?P<hour>1[0-2]|0?[1-9])\s?(?P<half>am|pm|a\.m\.?|p\.m\.?)(?![a-z])|(?<![\da-z])"
    r"(?P<sign>am|pm)\s?(?P<late>1[0-2]|[1-9])(?![\d:.])"
)
def english_clock(match: re.Match[str], context: Context) -> Atom | None:
    """3pm, 10 am, pm3."""
    return atom(
        match, Clock(_halved(int(match["hour"] or match["late"]), match["half"] or match["sign"]), 0, True)
    )


def _halved(hour: int, half: str) -> int:
    return hour % 12 + (12 if half.startswith("p") else 0) if hour <= 12 else hour


@rule(
    rf"{NO_CLOCK_BEFORE}差(?:不多)?(?P<minutes>一刻|{SMALL}分钟?|{SMALL})(?:钟)?(?:到|就)?"
    rf"(?P<hour>{HOUR})点钟?(?!\d)"
)
def minutes_to(match: re.Match[str], context: Context) -> Atom | None:
    """差十分三点."""
    return _before_hour(match, match["hour"], match["minutes"])


@rule(rf"{NO_CLOCK_BEFORE}(?P<hour>{HOUR})点钟?(?:还?差|欠)(?P<minutes>一刻|{SMALL}分)钟?")
def hour_less(match: re.Match[str], context: Context) -> Atom | None:
    """三点差十分."""
    return _before_hour(match, match["hour"], match["minutes"])


def _before_hour(match: re.Match[str], hour_word: str, minutes_word: str) -> Atom | None:
    minutes = 15 if minutes_word == "一刻" else small_int(minutes_word.rstrip("分钟"))
    hour = small_int(hour_word)
    if not 0 < minutes < 60 or not 0 < hour <= 24:
        return None
    return atom(match, Clock(hour - 1 if hour > 1 else 12, 60 - minutes, hour >= 14))


MINUTE = (
    r"[零〇过]?(?:[0-5]\d|[二三四五]?十[一二三四五六七八九]?|[零〇][一二三四五六七八九]"
    r"|[一二三四五六七八九\d](?=分))"
)


@rule(
    rf"{NO_CLOCK_BEFORE}(?P<hour>{HOUR})(?P<unit>点(?!\d{{1,2}}(?:寸|吋|英寸|升|折|度|米|万|元|块)|几(?!分)|多[升万块])|时(?![代间候尚常不]))(?!(?:[一二三四五六七八九\d])"
    rf"(?:[万千百折%tl升个元级成]))"
    rf"(?:(?P<strong>钟|整)?(?P<half>半)(?!天|个|小时|年|会|刻|晌)(?P<bell>钟)?|(?P<quarter>过?[一三13]刻)钟?"
    rf"|(?P<minute>{MINUTE})(?P<sign>分)?(?![点号日一二三四五六七八九]|[-/.]\d|感谢|钟后|抱歉|不|满意|公里"
    rf"|[万千百元块里])|(?P<plain>钟|整|左右|前后|多(?!少)|来钟|的时候|不到|许))?"
)
def spoken_clock(match: re.Match[str], context: Context) -> Atom | None:
    """三点, 三点半, 3点一刻, 三点二十, 十点多. A bare 一点 and 三点 before a noun are no time."""
    hour = small_int(match["hour"])
    if hour > 24:
        return None
    minute = _minute(match)
    if minute is None:
        return None
    is_strong = match[0] != match["hour"] + match["unit"]
    if not is_strong and not _is_bare_clock(match, context):
        return None
    is_weak = not is_strong and _is_doubtful(match, context)
    is_exact = hour >= 13 or hour == 0 or (match["hour"].startswith("0") and len(match["hour"]) == 2)
    return atom(match, Clock(hour, minute, is_exact), is_weak)


def _is_doubtful(match: re.Match[str], context: Context) -> bool:
    """一点 (a bit) and 三点五 (3.5) are hours only right after a day or a part of the day."""
    after = context.near(match)[1]
    if re.match(r"[一二两三四五六七八九零\d](?![月直起定])", after) and not re.match(DATE_AFTER, after):
        return True
    if match["hour"] not in ("一", "1") or re.search(r"[到成在至]$", context.near(match)[0]):
        return False
    return not (context.expects_time and context.is_whole(match))


def _minute(match: re.Match[str]) -> int | None:
    if match["half"]:
        return 30
    if match["quarter"]:
        return 15 if match["quarter"][-2] in "一1" else 45
    if match["minute"]:
        minute = small_int(match["minute"].lstrip("过"))
        return minute if minute < 60 else None
    return 0


def _is_bare_clock(match: re.Match[str], context: Context) -> bool:
    before, after = context.near(match)
    if re.match(NOUNS, after):
        return False
    if match["unit"] == "时" and re.search(r"[平随及届同临顿按准当]$", before):
        return False
    if match["hour"] in ("一", "1") and (
        re.match(r"[都也儿点不]", after) or re.search(r"[早晚快慢好差有宜高低大小多少近远]$", before)
    ):
        return False
    return (
        re.search(LISTED, before) is None
        or re.match(r"的|吗|吧|可|能|行|过|来|去|到|以|之", after) is not None
    )


@rule(
    rf"{NO_CLOCK_BEFORE}(?P<first>{HOUR})(?:点钟?)?(?P<half>半)?(?:左右)?{TO}(?P<part>上午|中午|下午|晚上)?"
    rf"(?P<last>{HOUR})(?P<unit>点|时)钟?(?P<last_half>半)?"
)
def clock_range(match: re.Match[str], context: Context) -> Atom | None:
    """2到4点, 九点到十点半: the first hour need not say 点."""
    first, last = small_int(match["first"]), small_int(match["last"])
    if (
        first > 24
        or last > 24
        or match["part"]
        or re.match(r"[\d一二三四五六七八九十]|[零〇一]?刻", context.near(match)[1])
    ):
        return None
    until = (last, 30 if match["last_half"] else 0)
    return atom(match, Clock(first, 30 if match["half"] else 0, first >= 13, until))


@rule(
    rf"(?:(?<=上午)|(?<=下午)|(?<=晚上)|(?<=早上))(?P<first>{HOUR}){TO}(?P<last>{HOUR})"
    rf"(?![\d点时:.一二三四五六七八九十号日月])|^(?P<lone>{HOUR})-+(?P<lone_last>{HOUR})$"
)
def bare_clock_range(match: re.Match[str], context: Context) -> Atom | None:
    """下午2-4; a lone 2-4 when a time is asked for."""
    if match["lone"] and not context.expects_time:
        return None
    first, last = small_int(match["first"] or match["lone"]), small_int(match["last"] or match["lone_last"])
    return atom(match, Clock(first, 0, first >= 13, (last, 0))) if first <= 24 and last <= 24 else None


@rule(
    r"(?:(?<=[周期拜][一二三四五六日天])|(?<=[今明后]天)|(?<=[上下]午)|(?<=晚上)) ?(?P<hour>1\d|2[0-3]|[1-9])"
    r"(?=$|[,。吧])"
)
def bare_hour(match: re.Match[str], context: Context) -> Atom | None:
    """周六 10, when a time is asked for."""
    hour = int(match["hour"])
    return atom(match, Clock(hour, 0, hour >= 13)) if context.expects_time else None


@rule(
    rf"{NO_CLOCK_BEFORE}(?P<first>[一二两三四五六七八九]|十(?=十一))(?P<last>[二三四五六七八九十]|十一)点"
    rf"(?P<half>半)?钟?(?![一二三四五六七八九\d])"
)
def about_two_hours(match: re.Match[str], context: Context) -> Atom | None:
    """两三点, 三四点: from the first hour to the second."""
    first, last = small_int(match["first"]), small_int(match["last"])
    return atom(match, Clock(first, 0, False, (last, 0))) if last == first + 1 else None


@rule(
    rf"(?P<pass>再?过)?(?P<number>\d{{1,2}}\.\d|{SMALL}|半)(?P<half>个半)?个?多?(?P<unit>小时|钟头|分钟|刻钟|h(?![a-z]))"
    rf"(?P<more>半|[零又]?(?P<minutes>{SMALL})分钟?)?(?:左右|的样子)?(?:的?时间)?"
    r"(?P<after>之后|以后|过后|后(?!备)|之内|以内|内(?!饰)|(?:左右)?(?:就|能|可以|应该|差不多)*(?:到店|到你"
    r"|到(?!期|底|家)|赶到|过来|过去))?"
)
def counted_time(match: re.Match[str], context: Context) -> Atom | None:
    """两个小时后, 半小时以后, 过一刻钟, 20分钟到店."""
    after = match["after"] or ""
    if not (after or match["pass"]) or re.search(
        r"[\d.第]$|推迟$|延后$|提前$|晚$|早$", context.near(match)[0]
    ):
        return None
    minutes = _minutes(match)
    if minutes > 7 * 24 * 60:
        return None
    now = context.now.replace(second=0, microsecond=0)
    at = now + timedelta(minutes=minutes)
    return atom(match, Instant(now, at) if "内" in after else Instant(at))


def _minutes(match: re.Match[str]) -> int:
    unit = {"小": 60, "钟": 60, "h": 60, "分": 1, "刻": 15}[match["unit"][0]]
    amount = 0.5 if match["number"] == "半" else to_number(match["number"]) or 0.0
    amount += 0.5 if match["half"] or match["more"] == "半" else 0.0
    return round(amount * unit) + (small_int(match["minutes"]) if match["minutes"] else 0)


@rule(r"这(?:会儿|个?(?:时候|点儿?|时间|钟点))(?![上])|此时")
def this_hour(match: re.Match[str], context: Context) -> Atom | None:
    """明天这个时候: a day with the hour of now."""
    return atom(match, Clock(context.now.hour, context.now.minute, True), is_weak=True)


@rule(
    r"(?:现在|马上|立刻|这就|立马)(?=(?:就|能|可以|想|要|我)*(?:过去|过来|到店|来店|去店|出发|去你|来你"
    r"|去吧|就去|就来|[去来](?:可以|行|方便|来得及)|来得及|到$|到了|到店))|(?:现在|马上|立刻)$"
)
def right_now(match: re.Match[str], context: Context) -> Atom | None:
    """现在过去: only where somebody is about to come."""
    if match.end() == len(context.text) and not context.expects_time:
        return None
    return atom(match, Instant(context.now.replace(second=0, microsecond=0)))


RULES = (
    part_of_day, digital_clock, english_clock, minutes_to, hour_less, clock_range, bare_clock_range, spoken_clock,
    bare_hour, about_two_hours, counted_time, this_hour, right_now,
)  # fmt: skip
