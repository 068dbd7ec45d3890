"""Answers to the question for a time that leave it open: 都行, 你们安排, 等我忙完这阵子, 哪天人少我哪天来."""

from __future__ import annotations

import re

from bot.understanding.times.model import Atom, Doubt, Vague
from bot.understanding.times.rules import Context, atom, rule
from bot.understanding.times.vague import from_today

_WHICH = r"(?:哪一?天|什么时候|啥时候?|几时|何时|哪个?时间|哪个周末|哪个点)"
_COME = r"(?:再?(?:过?来|过?去|约|到店|保养|试驾|弄|做|修|说|定|联系|决定|看|跟你们?说|告诉你们?|给你们?打))"
_QUESTION = r"(?!.{0,6}(?:[吗么嘛?]|多少|怎么))"


@rule(
    r"尽快|尽早|抓紧|最近的?|近期|这阵子|最快|最早(?!的?时间是)|第一时间|早点(?!儿?[说讲])|快点|赶紧|马上能"
)
def soon_answer(match: re.Match[str], context: Context) -> Atom | None:
    """尽快, 最近, 最早的: the earliest, as an answer to the question for a time."""
    return atom(match, Vague(Doubt.SOON)) if context.expects_time else None


@rule(r"(?:最近|近|这)(?P<count>两|几|三|两三)天")
def these_days(match: re.Match[str], context: Context) -> Atom | None:
    """这两天, 这几天: today and the next ones, as an answer."""
    last = {"两": 2, "三": 3, "两三": 3}.get(match["count"], 5)
    return atom(match, from_today(0, last, context.today)) if context.expects_time else None


@rule(
    r"(?:什么时候|啥时候|何时|几点|哪天|时间)?(?:都|随便|均)(?:行|可以|成|好|方便|有空|没问题|ok)|随便|随意"
    r"|看[你您]们?|[你您]们?(?:来)?(?:安排|定|看着办|看吧)|听你们?的"
    r"|有空(?![调间位气])(?:再说)?|有时间再|得空|到时候|回头|以后再说"
    r"|下次|再说|再看|晚点|晚些|过(?:一)?会儿?|待会儿?|等会儿?|等一会儿?|一会儿?|稍后|看情况|不确定"
    r"|没想好|还?没定|任意|任何时间"
)
def vague_answer(match: re.Match[str], context: Context) -> Atom | None:
    """都行, 随便, 你们安排: vague only as an answer to the question for a time."""
    return atom(match, Vague()) if context.expects_time else None

@rule(
    rf"{_WHICH}(?:[^,。?哪啥什几]{{1,10}}),?(?:我|就|咱)*(?:再|就)*{_WHICH}(?:{_COME}|算|$|[吧啊呗都])"
    rf"|等(?:到)?(?:我们?|咱|俺|你们?)?[^,。?]{{0,10}}?(?:发(?:工资|薪水?|奖金|年终奖)|忙完|忙过|放假|放寒假|放暑假|休假|出院|考完|出月子"
    rf"|有[空时]间?|得空|回来|到家|闲下来|不忙|雨停|雪停|天晴|天气好|暖和|凉快|到货|到账|下来|结束|弄完|过去).{{0,8}}?(?=$|[,。!吧]|{_COME})"
    rf"|(?:忙[完过]这?一?(?:阵子?|段|段时间|几天|两天|周|个月)|发(?:了|完)?(?:工资|薪水?|年终奖)(?:那天|以后|之后|后|了|再))"
)
def when_it_suits(match: re.Match[str], context: Context) -> Atom | None:
    """等发工资那天, 哪天人少我哪天来: the day depends on something that nobody knows yet."""
    if context.expects_time:
        return None if re.match(r".{0,4}[吗么嘛?]", context.text[match.end() :]) else atom(match, Vague())
    is_wish = re.search(r"来|去|约|到店|保养|试驾", context.text[match.start() :]) is not None
    return atom(match, Vague()) if is_wish and not re.search(r"[吗么嘛?]", context.text) else None


@rule(
    r"^(?:[那就我嗯啊,]*)(?:等(?!多久|多长|几|了|着|一?下|不|很)[^?吗]{1,12}|(?:先)?看(?:看)?(?:我|你|你们|师傅|店里|天气|老婆|老公|媳妇|家里|孩子|单位|公司|情况"
    r"|哪天|啥时候|什么时候|时间|日程|排班)[^?吗]{0,10}|天气好(?:的话|了|就|再)[^?吗]{0,8}|下雨[^?吗]{0,10}|赶上哪天[^?吗]{0,6}"
    r"|(?:师傅|你们?|店里|顾问)(?:们)?(?:方便|有空|不忙|空)(?:就行|就好|就可以|的时候|时)[^?吗]{0,6}|我(?:先)?(?:看看|问问|想想|查查|确认|商量)[^?吗]{0,14}"
    r"|(?:时间)?(?:你|你们)(?:来)?(?:说了算|决定|选|挑|定)[^?吗]{0,6})$"
)
def undecided(match: re.Match[str], context: Context) -> Atom | None:
    """看我排班吧, 等雨停了, 我问问老婆: the whole answer leaves the time open."""
    return atom(match, Vague()) if context.expects_time else None


RULES = (soon_answer, these_days, vague_answer, when_it_suits, undecided)
