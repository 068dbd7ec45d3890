"""Mend words of time that typing or voice input got wrong: look-alikes (周未), dialect, sounds (后填 for 后天)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from bot.services.pinyin import words_of_two
from bot.understanding.needed import Screen, signs_of
from bot.understanding.text import reading

# Each rule keeps the length of the text. Homophones of voice input and look-alikes of typing (未/末, 夭/天, 曰/日).
_SLIPS: tuple[tuple[re.Pattern[str], Screen, str], ...] = tuple(
    (re.compile(pattern), Screen(re.compile(pattern)), replacement)
    for pattern, replacement in (
        (r"听(?=[日晚])(?!日[语志本])", "明"),
        (r"听朝", "明早"),
        (r"[寻琴](?=[日晚])(?!日者)", "昨"),
        (r"今个(?=星期|礼拜|周|月)", "这个"),
        (r"朝早|朝头早", "早上"),
        (r"[晏下]昼|后晌|过晌", "下午"),
        (r"上昼|头晌|前晌", "上午"),
        (r"上半[天日](?=$|[^一-鿿]|[一二两三四五六七八九十来去过到有])", "上午的"),
        (r"下半[天日](?=$|[^一-鿿]|[一二两三四五六七八九十来去过到有])", "下午的"),
        (r"明朝(?=[上下早夜中晏]|$|[,来去过])", "明日"),
        (r"[而依]家(?=过|去|来|到|就)", "现在"),
        (r"(?<=过)嚟|嚟(?=得|试|店)", "来"),
        (r"[擦煞]黑|天擦黑", "傍晚"),
        (r"(?<=[天日号一二三四五六]上)五(?=(?:八|九|十|十一|[89]|1[01])[点:])", "午"),
        (r"(?<=[今明后昨])夭", "天"),
        (r"(?<![a-z一-鿿])名天|[鸣铭]天(?=[上下中早晚])", "明天"),
        (r"[候侯厚]天(?=[上下中早晚\d])", "后天"),
        (r"(?<=[周期拜])曰", "日"),
        (r"(?<=周)[未抹沫]|(?<=月)未(?!来)", "末"),
        (r"[下][洲粥](?=[一二三四五六日天末])", "下周"),
        (r"[本这][洲粥](?=[一二三四五六日天末])", "这周"),
        (r"星[其奇](?=[一二三四五六日天\d])|新期(?=[一二三四五六日天\d])", "星期"),
        (r"[理里]拜(?=[一二三四五六日天\d])", "礼拜"),
        (r"(?<=[上下中])[舞牛武](?=$|[\d零一二两三四五六七八九十,有去来过可行吧])", "午"),
        (r"旁晚", "傍晚"),
        (r"[零陵]晨", "凌晨"),
        (r"早[辰晟]", "早晨"),
        (r"(?<=[\d零一二两三四五六七八九十])[典奌](?![当故型])", "点"),
        (r"(?<=[\d零一二两三四五六七八九十]点)[办伴](?![理事手完好卡个一法])", "半"),
        (r"(?<=[\d零一二两三四五六七八九十]点)[种中](?=$|[,左以之前后到去来过可行有])", "钟"),
        (r"(?<=[\d一二三四五六七八九十])好(?=上午|下午|早上|晚上|中午|\d)", "号"),
        (r"元但|圆旦|园旦", "元旦"),
        (r"端五(?=节)", "端午"),
        (r"(?<![\d千百万])元(?=月(?!供))", "一"),
        (r"(?<=\d)t(?=[0-2]\d:[0-5]\d)", " "),
        (r"(?<=\d)。(?=\d)", "."),
        (r"(?<=\d);(?=[0-5]\d(?!\d))", ":"),
    )
)


def mend(text: str) -> str:
    """The folded text with its words of time written right; the length is kept."""
    signs = signs_of(text)
    for pattern, screen, replacement in _SLIPS:
        if screen.passes(signs):
            text = pattern.sub(replacement, text)
            signs = signs_of(text)
    for _ in range(2):  # a word that is mended may be what makes its neighbour certain
        mended = _mend_sounds(text)
        if mended == text:
            break
        text = mended
    return text


_SOUNDS = {
    "zhou": "周", "tian": "天", "xing": "星", "qi": "七", "li": "礼", "bai": "拜", "yi": "一", "er": "二", "san": "三",
    "si": "四", "wu": "五", "liu": "六", "ri": "日", "mo": "末", "ming": "明", "hou": "后", "jin": "今", "xia": "下",
    "shang": "上", "zhong": "中", "wan": "晚", "zao": "早", "dian": "点", "ban": "半", "ke": "刻", "ba": "八",
    "jiu": "九", "shi": "十", "liang": "两", "hao": "号", "陆": "六", "叁": "三",
}  # fmt: skip
"""The sign that stands for each syllable (and each formal numeral) in the heard form of a text."""
_TIME = r"(?:[上中下]午|[早晚]上|傍晚|凌晨|[早晚]|\d{1,2}[点:]|[一二两三四五六七八九十]{1,2}点)"
_END = r"(?:$|[,。!?、 ]|[吧去来过到我]|有空|可以|行|方便|左右)"
_DAY = r"(?:[今明后昨]天|[周期拜][一二三四五六日天\d]|[号日末])"
_PART = r"(?:[上中下]午|[早晚]上|傍晚|凌晨)"
_WEEK = r"(?:上|这|本|下个?)"
_HELPERS = frozenset("是就以已试事有要一晌摸")
"""Characters that are heard as words of time and are far more often words of their own."""
_GIVEN_NAMES = frozenset("毅怡义仪奕逸易伊武斯思司儿尔珊琪宜艺一以而午")
"""周毅 and 周武 are people."""


@dataclass(frozen=True)
class _Sound:
    """Where `heard` matches the heard form, and `before` and `after` the text around it, `written` was meant.

    `written` maps signs of the heard form that stand for two words (五: 午 in 下午).
    """

    heard: re.Pattern[str]
    before: re.Pattern[str]
    after: re.Pattern[str]
    screen: Screen
    written: Callable[[str], str] = str
    is_name: bool = False


def _sound(
    heard: str, before: str, after: str, written: Callable[[str], str] = str, is_name: bool = False
) -> _Sound:
    pattern, just_before = re.compile(heard), re.compile(rf"(?:{before})$")
    return _Sound(pattern, just_before, re.compile(after), Screen(pattern), written, is_name=is_name)


_CLOCK_END = rf"{_END}|半|整|钟|[一三]刻|\d\d(?!\d)"
_NUMERAL = r"[\d一二两三四五六七八九十]"
_RULES = (
    _sound(r"下周[一二三四五六日天末]", "", rf"{_TIME}|{_END}"),
    _sound(r"周[一二三四五六日天末]", _WEEK, rf"{_TIME}|{_END}"),
    _sound(r"周[一二三四五六日天末]", r"(?<![叫是姓名])", rf"{_TIME}"),
    _sound(r"周[一二三四五六日天末]", r"^|[,。 就约那我]", rf"{_END}", is_name=True),
    _sound(r"(?:星七|礼拜)[一二三四五六日天]", "", rf"{_TIME}|{_END}", lambda word: word.replace("七", "期")),
    _sound(r"[今明后]天", "", rf"{_TIME}|{_END}"),
    _sound(
        r"[上中下]五",
        rf"^|[,。 ]|{_DAY}|[今明后]|^[今明后].",
        rf"{_TIME}|{_END}",
        lambda word: word[0] + "午",
    ),
    _sound(r"[早晚]上", rf"^|[,。 ]|{_DAY}|[今明后]", rf"{_TIME}|{_END}"),
    _sound(r"[一二两三四五六七八九十]点", rf"{_PART}|{_DAY}", _CLOCK_END),
    _sound(r"(?<=[\d一二两三四五六七八九十])点", rf"(?:{_PART}|{_DAY}){_NUMERAL}{{1,2}}", _CLOCK_END),
    _sound(r"(?<=点)半", rf"{_NUMERAL}点", _END),
    _sound(r"(?<=点)[一三]刻", rf"{_NUMERAL}点", _END),
    _sound(r"(?<=点)中", rf"{_NUMERAL}点", _END, lambda word: "钟"),
    _sound(r"号", rf"(?<![\d一二三四五六七八九十]){_NUMERAL}{{1,3}}", _TIME),
)


def _mend_sounds(text: str) -> str:
    heard = "".join(map(_heard, text))
    signs = signs_of(heard)
    for rule in _RULES:
        if not rule.screen.passes(signs):
            continue
        for match in rule.heard.finditer(heard):
            written = rule.written(match[0])
            if text[match.start() : match.end()] != written and _is_meant(rule, match, text, written):
                text = text[: match.start()] + written + text[match.end() :]
    return text


@lru_cache(maxsize=8192)
def _heard(char: str) -> str:
    return _SOUNDS.get(char) or _SOUNDS.get(reading(char), char) if "一" <= char <= "鿿" else char


def _is_meant(rule: _Sound, match: re.Match[str], text: str, written: str) -> bool:
    """Whether the neighbours make it a word of time, of which one character at most is wrong."""
    start, end = match.span()
    wrong = [place for place in range(start, end) if text[place] != written[place - start]]
    if len(wrong) != 1 or (text[wrong[0]] in _HELPERS and written[wrong[0] - start] != "午"):
        return False
    if rule.is_name and text[wrong[0]] in _GIVEN_NAMES:
        return False
    if not (rule.before.search(text, max(0, start - 6), start) and rule.after.match(text, end)):
        return False
    return not _is_of_another_word(text, start, end, wrong[0])


def _is_of_another_word(text: str, start: int, end: int, wrong: int) -> bool:
    """然后填表: the character belongs to a word together with what stands outside."""
    first_of = text[start - 1 : start + 1] if start else ""
    if len(first_of) == 2 and (wrong == start or text[start] in "后明") and first_of in words_of_two():
        return True
    last_of = text[end - 1 : end + 1]
    is_time = re.match(_TIME, text[end:]) is not None
    return wrong == end - 1 and len(last_of) == 2 and not is_time and last_of in words_of_two()
