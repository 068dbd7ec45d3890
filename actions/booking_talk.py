"""What is said inside a booking that is no fact of it: a yes with a but, a question about another car, "later"."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from actions.base import Turn, is_question
from bot.services.replies import FAQ_PREFIX, topic_payload
from bot.services.wording import say_time

_RESERVE = re.compile(
    r"但(?!愿)|不过|只是|只不过|就是(?!了|的|这样|啦|嘛|[。，,!！\s]|$)|可是|然而|能不能|能否|可不可以|可以吗|行吗|行不行|好吗"
    r"|[?？]|吗|怎么|要是|如果|万一|除非"
)
_AFTER_RESERVE = re.compile(r"(?:但是?|不过|只是|就是|可是)(.*)$", re.DOTALL)
_CHANGE = re.compile(r"换|改|错|另")
_ASKS_ABOUT = re.compile(
    r"问|了解|咨询|介绍|资料|多少钱|价格|[啥什]么?价|报价|贵|便宜|首付|月供|落地|优惠|怎么样|咋样|区别|对比|相比|比.{0,4}[好大贵]"
    r"|配置|油耗|续航|几座|多大|性能|动力|空间"
)
_WANTS_IT = re.compile(r"换|改|还是|试|约(?!束)")
_ASKS_BACK = re.compile(
    r"(?:刚才|刚刚|刚|之前|前面|你|咱|我们?).{0,3}(?:说|约|定|订|选|留|安排)的?(?:是|到)?(?:在|的)?"
    r"(?:几点|哪天|几号|周几|星期几|什么时间|什么时候|啥时候|哪个?店|哪家|哪款|哪个车|什么车)"
)
_PUTS_OFF = re.compile(
    r"(?:等|待|过|晚)(?:一)?(?:会|下|点|阵)儿?(?:子)?再|一会儿?再|回头再|晚些再|先放着|先等等|稍后再|我再想想|再考虑|考虑一下|我想一下"
)
_GOES_ON = re.compile(r"^(?:那就?|我们)?(?:继续|接着)(?:来|办|约|说|填|吧)*\W*$")
_SHIFT = re.compile(
    r"(?:能|可以|想|改|时间|换|要|希望|最好).{0,6}?(?P<way>晚|推迟|往后|早|提前|往前)(?:一?[点些]|一下)?"
)
_ARRIVES_SO = re.compile(r"[晚早]一?[点些]?[到去来]")
_CALL = re.compile(
    r"(?:给|跟|和|让|叫|请).{0,8}(?:打|回|来)(?:个|一个|一下)?电话|回(?:个|一个)?电话?给我|回电|打(?:个|一个)?电话给我|(?:打|拨)我(?:的)?(?:电话|手机|这个号)"
)
_NO_CALL = re.compile(r"试驾|(?:别|不要|不用|不许|给你们?)[^，,。]{0,6}(?:打|回|来)|打(?:了|过|来)")
HALF_HOUR = timedelta(minutes=30)
_CONSENT = re.compile(
    r"[,，\s]*(?:这样|就这样)?(?:可不可以|行不行|好不好|(?:可以|行|好|成|对)[吗么嘛]?)[?？。！!~～\s]*$"
)
_BLAMES = re.compile(
    r"(?:你们|你家|店里|师傅|技师|顾问|销售)[^，,。！!？?]{0,12}?(?:弄[脏坏丢]|[刮划蹭碰撞][花伤坏掉到了]|没(?:拧|装好|弄好|洗干净)|乱收|多收|坑|骗"
    r"|放.{0,3}鸽子)|态度[^，,。]{0,4}(?:差|不好|恶劣|烂)|不负责任?|没人[管理]|白跑"
)
_SHORT_NO = 6
"""Characters."""
CLEAR, PLAUSIBLE, MOST_SUGGESTIONS = 0.5, 0.03, 3
"""The share of all topics from which one is answered, or offered; and how many are offered."""


def has_reserve(text: str) -> bool:
    """Whether a yes comes with a but or a question: nothing may be booked on it."""
    return _RESERVE.search(text) is not None


def is_plain_no(turn: Turn) -> bool:
    """A no; a longer one with a question is none (不是说好林晓接待吗)."""
    return turn.intent == "deny" and not (turn.is_question and len(turn.text) > _SHORT_NO)


def asks_instead(turn: Turn) -> bool:
    """Whether yes or no is answered with a question (取消要扣钱吗); one for consent is none (不取消了，可以吗)."""
    if turn.is_payload or not turn.is_question:
        return False
    rest = _CONSENT.sub("", turn.text)
    return is_question(rest) and (turn.intent != "deny" or len(rest) > _SHORT_NO)


def blames(turn: Turn) -> bool:
    """Whether something went wrong here (你们上次把我的车弄脏了), whatever else is asked for in the same breath."""
    return not turn.is_payload and _BLAMES.search(turn.text) is not None


def wants_change(text: str) -> bool:
    """Whether the part after the but asks for something else."""
    found = _AFTER_RESERVE.search(text)
    return _CHANGE.search(found[1] if found else text) is not None


def is_about_another_matter(turn: Turn) -> bool:
    """A model that is asked about (我想问一下S3多少钱), not chosen (换成S3)."""
    return not turn.is_payload and bool(_ASKS_ABOUT.search(turn.text)) and not _WANTS_IT.search(turn.text)


def asks_back(turn: Turn) -> bool:
    """ "你刚才说几点?" """
    return not turn.is_payload and _ASKS_BACK.search(turn.text) is not None


def puts_off(turn: Turn) -> bool:
    """ "等会再说" """
    return not turn.is_payload and _PUTS_OFF.search(turn.text) is not None


def goes_on(turn: Turn) -> bool:
    """ "继续": the question that is open is asked again."""
    return _GOES_ON.match(turn.text) is not None


def wants_a_call(turn: Turn) -> bool:
    """ "你们销售给我打电话 13500002222": a person, and no test drive."""
    if turn.is_payload or turn.intent == "faq":
        return False
    return _CALL.search(turn.text) is not None and not _NO_CALL.search(turn.text)


def answer_aside(turn: Turn) -> bool:
    """Answer the question in a message, or offer the topics it may mean; False when there is none to speak of."""
    ranking = [found for found in turn.faq.get("ranking") or () if found["id"] in turn.content.faq]
    best, next_ = [*(found["score"] for found in ranking[:2]), 0.0, 0.0][:2]
    if best >= CLEAR or (best >= CLEAR / 2 and best >= 2 * next_):
        turn.say(f"{FAQ_PREFIX}{ranking[0]['id']}")
        return True
    likely = [found["id"] for found in ranking if found["score"] >= PLAUSIBLE][:MOST_SUGGESTIONS]
    if likely:
        titles = {topic: turn.content.faq[topic].title for topic in likely}
        buttons = [{"title": title, "payload": topic_payload(topic)} for topic, title in titles.items()]
        turn.say("utter_clarify", buttons=buttons)
    return bool(likely)


def say_what_is_noted(turn: Turn, start: datetime | None, store: str | None, model: str | None) -> None:
    """Repeat what a booking holds so far."""
    known = [
        turn.dealership.model(model).name if model else "",
        say_time(start) if start else "",
        turn.dealership.store(store).name if store else "",
    ]
    turn.say("utter_so_far", known="，".join(part for part in known if part))


def shifted(turn: Turn, agreed: datetime | None) -> dict[str, Any] | None:
    """The wish of "时间能不能晚点": the same day after, or before, the agreed time."""
    found = _SHIFT.search(turn.text)
    if agreed is None or found is None or _ARRIVES_SO.search(turn.text) or puts_off(turn):
        return None
    if found["way"] in ("晚", "推迟", "往后"):
        return {"kind": "part", "start": (agreed + HALF_HOUR).isoformat(), "end": None}
    midnight = agreed.replace(hour=0, minute=0)
    return {"kind": "part", "start": midnight.isoformat(), "end": agreed.isoformat()}
