"""What is said of an event: how many people come, which event is meant, whether somebody asks what there is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from bot.domain.events import DealerEvent, EventMoment

_NUMBERS = {"一": 1, "两": 2, "俩": 2, "二": 2, "三": 3, "仨": 3, "四": 4, "五": 5, "六": 6, "七": 7}
_NUMBERS |= {"八": 8, "九": 9, "十": 10, "兩": 2, "倆": 2}
_N = r"(\d{1,2}|[一两兩俩倆二三仨四五六七八九十])"
_GROWN_AND_SMALL = re.compile(rf"{_N}个?大人?{_N}个?小")
_WITH_MORE = re.compile(rf"[带帶](?:上|着|了)?{_N}个?(?:人|位|朋友|孩子|小孩|娃|同事|亲戚|老人)")
_COUNTED = re.compile(
    rf"{_N}\s*(?:口(?!气)|位|[个個]人|人(?!工)|[个個]?(?:名额|名額|位置|位子|座位?|票))|(?:我们|我們|咱们?|我)(?:家|一共|总共|就)?([俩倆仨])"
)
_TOLD = re.compile(
    rf"(?:报|報|来|去|改成?|改为|变成|一共|总共|共)\s*{_N}[个個]?(?![\d月号號点點:：.])(?=\W*$|吧|了)"
)
_MORE = re.compile(
    r"(?:[多再]?加|多(?:带|来|去)?|再带|还?[带帶]上?)(?:一|1)[个位人]|[老爱][婆公人人]也[去来]|[多]个人"
)
_FEWER = re.compile(r"少(?:来|去)?(?:了|一|1)*[个位人]|有?(?:一个|一位|1个|1位)(?:去|来)不(?:了|成)")
_ALONE = re.compile(
    r"(?:就|只有?|仅)(?:剩)?我(?:自己|一[个個]?人?)?|我(?:自己|一[个個]人?)(?:去|来|参加)?\W*$|算我(?:一个)?\W*$"
)
_AND_SOMEBODY = re.compile(
    r"我(?:和|跟|同|与|陪)(?:我)?(?:的)?(?:老婆|老公|爱人|媳妇|先生|太太|妻子|丈夫|对象|女朋友|男朋友|朋友|同事|[爸妈哥姐弟妹]+|儿子|女儿|孩子|闺女|闺蜜)"
)
_BARE = re.compile(
    rf"^\W*(?:那就?|行|好的?|嗯)?[,，]?(?:就|改成?|一共|总共|我们|我们有)?{_N}\s*(?:个|個|位|人|吧|的|呢|啊|\W)*$"
)
_COMMON = frozenset({"活动", "服务", "车主", "新车", "用车", "主题", "客户"})
_OF_MOMENT = {
    EventMoment.CARE_SALON: re.compile(r"沙[龙龍]|讲[堂座]|講堂|养护|养车|课"),
    EventMoment.SEASONAL_CAMPAIGN: re.compile(r"[冬夏春秋四]季|季节|检测"),
    EventMoment.THEME_EVENT: re.compile(r"家庭|亲子|主题|嘉年华"),
}
_ORDINAL = re.compile(rf"第\s*{_N}\s*[个個场場]?|^\W*{_N}\W*$")
EVENT = re.compile(r"活[动動]|沙[龙龍]|讲[堂座]|講堂|家庭日|报名|報名|名额")
_LISTS = re.compile(
    r"(?:什么|哪些|啥|什麼)[^,，。]{0,6}(?:活动|活動|好玩|沙龙|讲[堂座])"
    r"|(?:最近|近期|近来|这个?月|下个?月|周末|[这本下]周|年底)[^,，。]{0,8}(?:活动|活動|沙龙|讲[堂座]|聚会|课)"
    r"|(?:活动|活動|沙龙|沙龍|讲[堂座]|聚会|家庭日|课)[^,，。]{0,6}(?:什么时候|啥时候|几号|哪天|几点|哪些|有吗|有没有|有么|安排|截止|满了|怎么报|怎麼報|如何报)"
    r"|有[^,，。]{0,8}(?:活动|活動|沙龙|沙龍|讲[堂座]|聚会|课)[^,，。]{0,3}(?:吗|么|嘛|没|不\W*$)"
    r"|huodong.{0,3}(?:有|哪|什么|shenme)|^\W*(?:看看?)?(?:车主|近期|店里的?)?(?:活动|活動)(?:有哪些|列表|安排|预告)?\W*$"
)
_OWN = re.compile(
    r"报(?:上)?(?:名)?(?:成功)?(?:了|上了?)?(?:没有?|吗|成功了?[吗没])\W*$|報名了?[嗎没沒]"
    r"|我(?:都|有没有|是不是)?(?:报|報)(?:了|过|名了?)[^,，。]{0,4}(?:什么|哪|几|啥|吗|没)|(?:查|看)[^,，。不]{0,6}(?:我的?)?(?:报名|報名)"
    r"|我的(?:活动)?报名(?:还在|情况|状态|信息)?\W*$"
)


def people_said(text: str, asked: bool = False, now: int | None = None) -> int | None:
    """How many people come with the one who writes; ``asked``: a number alone is the answer; ``now``: from which
    "多带一个" counts."""
    counted = _in_all(text)
    if counted is not None:
        return counted
    if now is not None and _FEWER.search(text):
        return now - 1
    if now is not None and _MORE.search(text):
        return now + 1
    bare = _BARE.match(text) if asked else None
    return number(bare[1]) if bare else None


def _in_all(text: str) -> int | None:
    both = _GROWN_AND_SMALL.search(text)
    if both:
        return number(both[1]) + number(both[2])
    with_more = _WITH_MORE.search(text)
    if with_more and not re.search(r"[多再]", text[: with_more.start()][-1:]):
        return number(with_more[1]) + 1
    if _ALONE.search(text):
        return 1
    if _FEWER.search(text) or _MORE.search(text):
        return None
    counted = _COUNTED.search(text) or _TOLD.search(text)
    if counted:
        return number(next(filter(None, counted.groups())))
    return 2 if _AND_SOMEBODY.search(text) else None


def number(sign: str) -> int:
    return _NUMBERS[sign] if sign in _NUMBERS else int(sign)


def event_meant(
    text: str, days: Sequence[date], stores: Sequence[str], shown: Sequence[DealerEvent], listed: bool = False
) -> DealerEvent | None:
    """The only one of ``shown`` that the words fit best; ``days`` and ``stores``: those that the message names;
    ``listed``: they were just shown, so that "第二个" counts."""
    ordinal = _ORDINAL.search(text) if listed else None
    if ordinal:
        place = number(ordinal[1] or ordinal[2])
        return shown[place - 1] if 1 <= place <= len(shown) else None
    scores = [(_score(text, days, stores, event, shown), event) for event in shown]
    best = max((score for score, _ in scores), default=0)
    found = [event for score, event in scores if score == best]
    return found[0] if best > 0 and len(found) == 1 else None


def _score(
    text: str, days: Sequence[date], stores: Sequence[str], event: DealerEvent, shown: Sequence[DealerEvent]
) -> int:
    own = _pairs(event.name) - _COMMON
    for other in shown:
        if other.id != event.id:
            own -= _pairs(other.name)
    named = sum(pair in text for pair in own)
    of_moment = 2 * bool(_OF_MOMENT[event.moment].search(text))
    return named + of_moment + 3 * (event.start.date() in days) + (event.store in stores)


def _pairs(name: str) -> set[str]:
    return {name[at : at + 2] for at in range(len(name) - 1)}


def names_event(text: str, shown: Sequence[DealerEvent]) -> bool:
    """ "我还想报名车主家庭日": a wish to take part in an event by its name."""
    wishes = re.search(r"报名|報名|报上|参加|參加|登记", text)
    return (bool(wishes) or people_said(text) is not None) and any(
        event.name in text or event.name[-3:] in text for event in shown
    )


def asks_what_there_is(text: str) -> bool:
    return bool(_LISTS.search(text))


def asks_for_own(text: str) -> bool:
    """ "我报名了吗", "查一下我的报名" """
    return bool(_OWN.search(text))
