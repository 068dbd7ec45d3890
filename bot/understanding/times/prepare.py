"""Bring a customer's text into the one form that the grammar is written for, keeping positions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from opencc import OpenCC

MAX_LENGTH = 500
"""Characters looked at; a booking message is far shorter, and the work stays bounded."""

# Each rule keeps the length of the text. Homophones of voice input and look-alikes of typing (未/末, 夭/天, 曰/日).
_SLIPS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
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
        (r"(?<=[今明后昨])[夭添]|(?<=大后)填", "天"),
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
        (r"(?<=\d);(?=[0-5]\d(?!\d))", ":"),
    )
)
_OVERRIDES = {
    "鍾": "钟",
    "曆": "历",
    "。": "。",
    "〜": "~",
    "∶": ":",
    "﹕": ":",
    "．": ".",
    "–": "-",
    "—": "-",
    "−": "-",
}


@dataclass(frozen=True)
class Prepared:
    """The normal form of a text, and where each of its characters stood in the original."""

    text: str
    positions: tuple[int, ...]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span in the original text that the half-open span here came from."""
        return self.positions[start], self.positions[end - 1] + 1


def prepare(text: str) -> Prepared:
    """Half-width, lower-case, simplified characters without the white space that touches a Chinese character."""
    chars: list[str] = []
    positions: list[int] = []
    folded = fold(text[:MAX_LENGTH])
    for position, char in enumerate(folded):
        if char.isspace() and _is_beside_chinese(folded, position, chars):
            continue
        chars.append(" " if char.isspace() else char)
        positions.append(position)
    return Prepared(_mend("".join(chars)), tuple(positions))


def fold(text: str) -> str:
    """The same text, character by character half-width, lower-case and simplified; the length is kept."""
    return "".join(map(_fold_char, text))


def _is_beside_chinese(folded: str, position: int, before: list[str]) -> bool:
    if not before or before[-1] == " " or is_chinese(before[-1]):
        return True
    following = folded[position + 1 : position + 2]
    return not following or is_chinese(following)


def is_chinese(char: str) -> bool:
    """Whether the character is an ideograph (the numeral 〇 among them)."""
    return "㐀" <= char <= "鿿" or char == "〇" or "豈" <= char <= "﫿"


def _mend(text: str) -> str:
    for pattern, replacement in _SLIPS:
        text = pattern.sub(replacement, text)
    return text


@lru_cache(maxsize=8192)
def _fold_char(char: str) -> str:
    wide = _OVERRIDES.get(char) or unicodedata.normalize("NFKC", char)
    narrow = wide.lower() if len(wide) == 1 else char
    if len(narrow) != 1:
        return char
    simple = _OVERRIDES.get(narrow) or (_simplifier()(narrow) if is_chinese(narrow) else narrow)
    return simple if len(simple) == 1 else narrow


@cache
def _simplifier() -> Callable[[str], str]:
    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert
