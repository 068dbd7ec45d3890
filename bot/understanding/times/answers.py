"""Answers to the question for a time that leave it open: 都行, 你们安排, 等我忙完这阵子, 哪天人少我哪天来."""

from __future__ import annotations

import re

from bot.understanding.times.model import Atom, Doubt, Vague
from bot.understanding.times.rules import Context, atom, rule
from bot.understanding.times.vague import from_today

_WHICH = r"(?:哪一?天|什么时候|啥时候?|几时|何时|哪个?时间|哪个周末|哪个点)"
_COME = r"(?:再?(?:过?来|过?去|约|到店|保养|试驾|弄|做|修|说|定|联系|决定|看|跟你们?说|告诉你们?|给你们?打))"


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
    r"|看[你您]们?|[你您]们?(?:来)?(?:(?:看着)?(?:安排|定)|看着办|看吧)|听你们?的"
    r"|有空(?![调间位气])(?:再说)?|有时间再|得空|到时候|回头|以后再说"
    r"|下次|再说|再看|晚点|晚些|过(?:一)?会儿?|待会儿?|等会儿?|等一会儿?|一会儿?|稍后|看情况|不确定"
    r"|没想好|还?没定|任意|任何时间"
)
def vague_answer(match: re.Match[str], context: Context) -> Atom | None:
    """都行, 随便, 你们安排: vague only as an answer to the question for a time."""
    is_question = re.search(r"(?:几点|几时|什么时候|啥时候?|哪天)$", context.near(match)[0]) is not None
    return atom(match, Vague()) if context.expects_time and not is_question else None


_EVENTS = (
    r"发(?:工资|薪水?|奖金|年终奖)|忙完|忙过|放假|放寒假|放暑假|休假|出院|考完|出月子|有[空时]间?|得空|回来|到家|闲下来|不忙"
    r"|雨停|雪停|天晴|天气好|暖和|凉快|到货|到账|下来|结束|弄完"
)
_ASKS = re.compile(r"[吗么嘛?]|什么(?!时)|啥(?!时)|多[少久长]|怎么|哪[里儿]|([要会是能])不\1|几[天周个]|还是")
_AGREED = re.compile(r"(?:行|可以|好|成)(?:吗|么|嘛|不)")
_WHO = (
    r"(?:我们?|咱们?|[你您]们?|他|师傅|店里|顾问|老婆|老公|媳妇|家里|家人|孩子|小孩|娃|朋友|领导|单位|公司|[爸妈]"
    r"|的)*"
)


@rule(
    rf"{_WHICH}(?:[^,。?哪啥什几]{{1,10}}),?(?:我|就|咱)*(?:再|就)*{_WHICH}(?:{_COME}|算|$|[吧啊呗都])"
    rf"|等(?!一?会)(?:到)?(?:我们?|咱|俺|[你您]们?)?[^,。?]{{0,10}}?(?:{_EVENTS}).{{0,8}}?(?=$|[,。!吧]|{_COME})"
    r"|(?:忙[完过]这?一?(?:阵子?|段|段时间|几天|两天|周|个月)|(?:发|开)(?:了|完)?(?:工资|薪水?|年终奖)(?:那天|以后|之后|后|了|再))"
)
def when_it_suits(match: re.Match[str], context: Context) -> Atom | None:
    """等发工资那天, 哪天人少我哪天来: the day depends on something that nobody knows yet."""
    is_wish = context.expects_time or re.search(r"来|去|约|到店|保养|试驾", context.text[match.start() :])
    return atom(match, Vague()) if is_wish and not _asks(context.text) else None


@rule(
    r"^(?:那|就|我|嗯|啊|先|,)*(?:"
    rf"等(?:我|咱|孩子|小孩|娃|老婆|老公|媳妇|家里|家人|[爸妈]|朋友|领导|单位|公司|年假|通知|消息|电话|[雨雪天发考忙过]|下[雨雪个周]|开了?工资|合适|方便)[^?]{{0,12}}"
    rf"|看看?{_WHO}(?:哪天|啥时候?|什么时候|时间|日程|排班|安排|情况|天气|心情|方便|行程|意见|工作)[^?]{{0,10}}"
    r"|看[你您]们?[^?]{0,6}|天气好(?:的话|了|就|再)[^?]{0,8}|下雨(?:就|的话)[^?]{0,8}|赶上哪天[^?]{0,6}"
    rf"|{_WHO}(?:方便|有空|不忙|空了?)(?:就行|就好|就可以|的时候|时)[^?]{{0,6}}"
    rf"|(?:再|先)?(?:(?:问问|问一?下)(?:我|家里|老婆|老公|媳妇|对象|领导|孩子|[爸妈])|[跟和]{_WHO}商量)[^?]{{0,10}}"
    r"|(?:时间)?[你您]们?(?:来)?(?:说了算|决定|选|挑|定)[^?]{0,6}|(?:暂时|现在|目前)?定不(?:下来|了)|不着?急[^?]{0,6}|慢慢来)$"
)
def undecided(match: re.Match[str], context: Context) -> Atom | None:
    """看我排班吧, 等雨停了, 我问问老婆: the whole answer leaves the time open."""
    return atom(match, Vague()) if context.expects_time and not _asks(context.text) else None


def _asks(text: str) -> bool:
    """Whether it is a question, other than whether that is all right (行吗)."""
    return _ASKS.search(_AGREED.sub("", text)) is not None


RULES = (soon_answer, these_days, vague_answer, when_it_suits, undecided)
