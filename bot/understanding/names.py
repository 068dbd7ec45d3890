"""The customer's name: said as such, beside a phone number, or as a message of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.understanding.name_words import COMMON, COMPOUND, RARE, is_everyday_word

_COMPOUND = "|".join(COMPOUND)
_SINGLE = "".join(sorted(COMMON | RARE))
_GIVEN_NEVER = (
    "的了吗呢吧啊呀哦嘛么不没是我你您他她它们这哪什怎很还就要想能给把被吃喝问买卖修约"
    "有几个台辆位点号店元块多少说跟最太再又请让找谁些里下去过到错"
)
_SURNAME = rf"(?:{_COMPOUND}|[{_SINGLE}])"
_GIVEN = rf"[^\W\d_a-z{_GIVEN_NEVER}]"
_STOP = (
    r"(?!电话|手机|号码|联系|预约|试驾|今天|明天|后天|周[一二三四五六日末]|星期|下周|先生|女士|小姐|太太"
    r"|车牌|车主|开的|咨询|下午|上午|打算|准备|需要|来看|来做|来试|也可|男|女(?![一-鿿])|帮|和|,|青岚)"
)
_FULL = (
    rf"(?:(?:{_COMPOUND}){_STOP}{_GIVEN}(?:{_STOP}{_GIVEN})?|[{_SINGLE}]{_STOP}{_GIVEN}(?:{_STOP}{_GIVEN})?)"
)
_TITLE = r"(?:先生|女士|小姐(?!姐)|太太|同学|老师)"
_INTRODUCED = re.compile(
    rf"(?:我(?:的)?(?:名字|姓名|全名|大名)?(?:叫做?|是叫)|(?:名字|姓名|联系人|预约人|车主|称呼|收件人"
    rf"|姓名填)(?:是|叫|为|写|改成|改为|填)?[:,]? ?|(?:名字|姓名)[^。]{{0,6}}(?:是|叫|改成|改为|换成)"
    rf"|(?<![一-鿿])叫|(?<![一-鿿])[她他](?:叫|名叫))"
    rf"(?P<name>{_FULL}{_TITLE}?)"
)
_CALLED = re.compile(
    rf"(?:叫|称呼|喊)我(?P<name>(?:小|老|阿)?{_SURNAME}(?:{_TITLE}|总|哥|姐|师傅|工)|{_FULL}{_TITLE}?"
    rf"|[小老阿][{_SINGLE}])"
)
_IM = re.compile(rf"(?<![一-鿿])我是(?P<name>{_FULL})(?=$|[,.。!;、 \d]|电话|手机|号码|,)")
_SURNAMED = re.compile(rf"(?:免贵|敝|我|本人|鄙人|^|[,.。 ])姓(?P<name>{_COMPOUND}|[{_SINGLE}])(?!名)")
_TITLED = re.compile(
    rf"(?<![一-鿿找])(?:我是|我叫|这里是|是|姓名|预约人|联系人|车主|叫|登记)?[: ]?(?P<name>(?:{_COMPOUND}"
    rf"|[{_SINGLE}])(?:{_GIVEN}{{1,2}}?)?{_TITLE})"
)
_RELATIVE = re.compile(
    r"(?:我|俺)(?:的)?(?:老公|老婆|爱人|媳妇|先生|太太|爸爸?|妈妈?|父亲|母亲|爷爷|奶奶|哥哥?|弟弟?|姐姐?|妹妹?|儿子|女儿|朋友|同事"
    rf"|对象|男朋友|女朋友|家人)(?:叫|是|名叫)?[:, ]?(?!来[试看做开提取拿接坐去过吧])(?P<name>{_FULL}{_TITLE}?)"
    r"(?=$|[,。;、 \d□]|电话|手机|约|预约|去|来|过|的|做|联系|接|开车|本人)"
)
_WRITTEN_DOWN = re.compile(
    rf"(?:登记|写|留|用|填)(?P<name>{_FULL})(?=$|[,。;、 \d]|的(?:名字|姓名|电话|手机)|吧|就行)"
)
_LONG_NAME = r"[一-鿿]{2,8}(?:[·・•‧.][一-鿿]{2,8}){1,3}"
_LONG = re.compile(
    rf"(?:我叫|我是|名字是?|姓名:?|联系人:?是?|^|[,。; □])(?P<name>{_LONG_NAME})(?=$|[,。; \d□]|电话|手机)"
)
_WITHOUT_SURNAME = re.compile(
    rf"(?:我叫|名字叫|名字是|姓名是|姓名:) ?(?P<name>{_GIVEN}{{3,6}})(?=$|[,。; \d□]|电话|手机)"
)
_LATIN = re.compile(
    r"(?:我的?(?:英文)?(?:名字)?叫|名字[叫是]|叫我|姓名[是:]|my name is|call me|this is) ?"
    r"(?P<name>[a-z]{2,15}(?:[ .]{1,2}[a-z]{2,15})?)(?=$|[^a-z])"
)
_SURNAMES_OF_ONE = "".join(sorted(COMMON - set("车时成常平连油柴路简单明和")))
_SHORT = re.compile(rf"[小老阿]?[{_SURNAMES_OF_ONE}]|[{_SURNAMES_OF_ONE}][一二三四五六七八][多少]")
"""What is a name beside a phone number alone: 金, 小张, 许三多."""
_ALONE = re.compile(rf"(?:{_COMPOUND}){_GIVEN}{{1,2}}|[{_SINGLE}]{_GIVEN}{{1,2}}")


@dataclass(frozen=True)
class Name:
    """A name at [start, end) of the folded text; a title (张先生) is kept."""

    name: str
    start: int
    end: int


def find_names(folded: str, taken: list[tuple[int, int]], is_form_data: bool) -> list[Name]:
    """The customer's name, at most one.

    `taken` are the spans of other entities; what stands between them may be a name of its own when the message carries
    a phone number or a plate (`is_form_data`) or is nothing but that name.
    """
    for match in _introductions(folded):
        start, end = match.span("name")
        if not any(start < other_end and end > other_start for other_start, other_end in taken):
            return [Name(match["name"], start, end)]
    return list(_alone(folded, taken, is_form_data))[:1]


def _introductions(folded: str) -> Iterator[re.Match[str]]:
    patterns = (
        _LONG,
        _INTRODUCED,
        _CALLED,
        _SURNAMED,
        _RELATIVE,
        _WRITTEN_DOWN,
        _TITLED,
        _IM,
        _WITHOUT_SURNAME,
        _LATIN,
    )
    for pattern in patterns:
        for match in pattern.finditer(folded):
            if not is_everyday_word(match["name"]):
                yield match


def _alone(folded: str, taken: list[tuple[int, int]], is_form_data: bool) -> Iterator[Name]:
    pieces = list(_pieces(folded, taken))
    if not is_form_data and (len(pieces) != 1 or taken):
        return
    for start, end in pieces:
        word = folded[start:end]
        if is_name(word) or (is_form_data and _SHORT.fullmatch(word) and not is_everyday_word(word)):
            yield Name(word, start, end)


def _pieces(folded: str, taken: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    blanked = folded
    for start, end in taken:
        blanked = blanked[:start] + " " * (end - start) + blanked[end:]
    for match in re.finditer(r"[^\s,.。!?;:、/|+()\-·~]+", blanked):
        piece = re.sub(r"(?:电话|手机号?|号码|吧|的|,)+$", "", match[0])
        if piece:
            yield match.start(), match.start() + len(piece)


def is_name(word: str) -> bool:
    """Whether a word by itself is a person's name: a known surname, one or two more characters, and no common word."""
    if _ALONE.fullmatch(word) is None or is_everyday_word(word):
        return False
    return word[0] in COMMON or word.startswith(tuple(COMPOUND))
