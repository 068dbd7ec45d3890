"""What somebody says of the car they look for: read out of a message, and recognised whatever it was taken for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from actions.budget_words import budget_in, small_number
from actions.topic_wishes import ADVICE
from bot.domain.advice import Needs
from bot.services.advice_words import needs_json, needs_of
from bot.services.replies import FAQ_PREFIX

if TYPE_CHECKING:
    from actions.base import Turn

Draft = dict[str, Any]
RECOMMEND, COMPARE, KEEP = "action_recommend", "action_compare", "action_keep_needs"
TEST_DRIVE = "action_start_test_drive"
BUDGET, USE, NEEDS = "advice_budget", "advice_use", "advice_needs"
ASK_KEEP = "keep_needs"
"""What is offered by the question whether needs may be kept."""
ANY = "any"
"""A question that was passed over."""
ENTITIES = frozenset({"budget", "seats", "people", "use", "energy", "body"})
SAID = frozenset(
    {
        "utter_advice_found",
        "utter_advice_one",
        "utter_advice_open",
        "utter_advice_below",
        "utter_advice_nearest",
        "utter_compare_table",
        "utter_advice_ask_keep",
        "utter_advice_kept",
        "utter_advice_not_kept",
    }
)
"""What is said when models were recommended or compared."""
_ANY = re.compile(
    r"^\W*(?:这个|预算|用途|价格|都)*(?:都行|都可以|都成|随便|无所谓|不限|没想好|还没想|没要求|没所谓|不清楚|不知道|不确定|不好说|说不准|没(?:什么)?(?:特别)?(?:要求|预算)|随便看看|先看看|看看再说|都看看|就看看|都有|综合|啥都干|都用"
    r"|还没定|没定|什么都行|怎么都行|跳过|不重要|你(?:们)?(?:定|看着办)|差不多就行|先不管|不方便说|看情况|一般)[的吧啊呀了啦哈]*\W*$"
)
_NOT = re.compile(r"(?:不要|不想要?|别|不考虑|不喜欢|除了|不看|不是|非)[^,，。;；]{0,3}$")
_OLD = re.compile(
    r"现在(?:开|有)(?:的是|着|了)?(?:一?[辆台部])?"
    r"(?P<car>[^,，。;；!！?？ 的]{2,12}?)(?=[,，。;；!！?？ ]|$|想|准备|打算|要换)"
)
_BUY = (
    (
        re.compile(
            r"(?:这|本)周|马上|尽快|立刻|近期|最近(?:就)?(?:想|要|准备|打算)?(?:买|换|提)|月底前|这个月|本月|(?:一|1)个?月内"
        ),
        1,
    ),
    (re.compile(r"下个?月"), 2),
    (re.compile(r"(?:三|3)个?月(?:之?内|以内)|年前|过年前|春节前|年底"), 3),
    (re.compile(r"半年(?:之?内|以内|左右)?(?:买|换|提|再|考虑|后)?|上半年"), 6),
    (re.compile(r"明年|一年(?:之?内|以内)"), 12),
)
_KINDS = {
    "energy": (
        ("electric", re.compile(r"纯电|电动|新能源|(?<![充家])电车")),
        ("hybrid", re.compile(r"混动|插混|增程")),
    ),
    "body": (("suv", re.compile(r"suv", re.IGNORECASE)), ("sedan", re.compile(r"轿车|三厢"))),
}
"""Words that may have been taken for the name of a model (电车, 小SUV)."""
_SEATS = re.compile(r"(?P<n>[五六七5-7])个?座(?![位城])")
_PEOPLE = re.compile(
    r"^\W*(?:就|一共|总共|我们|家里|平时|常|坐|有)*(?P<n>[一二两三四五六七八1-8])(?:个|口)人[吧啊呀坐用]*\W*$"
)
_FAMILY = 3
"""So many people in one household want a car for the family, unless they say otherwise."""
_BUYS = re.compile(r"买|换车|提车|入手|订车|购车|定下来|换")
_WISH = re.compile(
    r"买|选车?|推荐|想要|看看|看车|换|哪[款个台辆]|什么车|适合|有没有|有啥|介绍|挑|入手|考虑|求推|打算|预算"
)
_ASKS_ADVICE = re.compile(
    r"推荐|帮(?:我|忙)?[^,，。]{0,4}(?:选|挑)"
    r"|看看(?:你们)?(?:家|的)*(?:suv|轿车|电车|新能源|纯电)",
    re.IGNORECASE,
)
_ASKS_ABOUT = re.compile(r"^\W*(?:那|那么)?.{1,6}(?:呢|怎么样|咋样)\W*$")
_SHORT = 10
_SEEKS = re.compile(r"买|选|推荐|换车|换辆|换台|入手|挑|预算")
_AFTER = re.compile(
    r"换成|改|如果|要是|那|呢|也可以|不要|别|预算|加到|提高|降|高一?点|低一?点|再|其实|还是|要|只|主要"
)
_COMPARES = re.compile(
    r"对比|比较|选哪|买哪|选谁|区别|差别|差异|不同|哪[个款台]更?[好强]|怎么选|比一?比|比一下|\bvs\b|[Vv][Ss]|PK|pk|对照|差在|比起来|和.{1,8}比"
)
_THESE = re.compile(
    r"这[两三几]|那[两三几]|它们|它俩|这俩|他们|两款|三款|两个|两台|刚才|前两|^\W*(?:对比|比较|区别|差别|比一?比|比一下|怎么选|哪[个款]更?好)[一下呢吧吗啊看]*\W*$|有(?:什么|啥|何)(?:区别|差别|不同)"
)
_PLACE = re.compile(r"第(?P<n>[一二三1-3])[个款辆台种]?(?!次|家|天|周|年|保)")
_FIRST_OR_LAST_TWO = re.compile(r"(?P<first>前面?)[两2二]|(?P<last>后面?|最后)[两2二]")
_DRIVES = re.compile(r"试驾|试开|试一?[试下]|开开|约")
_ELSEWHERE = re.compile(
    r"别的品牌|其他品牌|比亚迪|特斯拉|丰田|本田|大众|吉利|长安|哈弗|理想|问界|小米|奔驰|宝马|奥迪"
)
_AGAIN = re.compile(r"重新|从头|再来一次|重来|换个人|给别人|帮(?:我)?(?:爸|妈|朋友|老婆|老公)")
_NOT_ADVICE = re.compile(
    r"贷|首付|月供|分期|利息|置换|旧车|二手|保险|购置税|落地价?多少|优惠|便宜|打折|现车|提车要|质保|拿下|最低|砍价|卖不卖|保养|维修|投诉|人工|顾问(?:电话|是谁)|多少钱|什么价|怎么卖|租"
)
_KEEPS = re.compile(
    r"^\W*(?:可以|好的?|行|嗯|那|就|同意|你|帮我)*记(?:吧|下|一下|着|下来|下吧|录|一记)*[吧啊呀的了]*\W*$"
)
_FORGETS = re.compile(r"^\W*(?:算了|还是)?(?:不用|别|不要|不必|甭|先不|不)记(?:了|吧|下|录)*\W*$")
_FORGETS_NEEDS = re.compile(
    r"需求.{0,6}(?:别|不要|不用|甭|不想)(?:再|你们|给)*(?:记|保存|留)|(?:删|清|去|抹)(?:掉|除|了)?.{0,6}需求|需求.{0,4}(?:删|清)"
    r"|(?:别|不要|不用)(?:再)?(?:记|保存|留)(?:着|下)?.{0,4}需求"
)
_ANSWERS = frozenset({"action_accept_offer", "action_decline_offer"})
_MAY_MEAN_NEEDS = frozenset(
    {
        "action_accept_offer",
        "action_answer_faq",
        "action_change_afterwards",
        "action_decline_offer",
        "action_not_understood",
        "action_small_talk",
        TEST_DRIVE,
        "action_take_up_facts",
        "action_leave_dialogue",
        "action_haggle",
        "action_list_events",
    }
)
_LEAVES = frozenset({TEST_DRIVE, "action_leave_dialogue"})
_MAY_MEAN_COMPARISON = _MAY_MEAN_NEEDS | {"action_recommend", "action_start_own_car"}


def redirected(action: str, turn: Turn) -> str | None:
    """The action that recommends or compares, for a message that means it although it was taken for something else."""
    if action != KEEP and _answers_keeping(action, turn):
        return KEEP
    if turn.is_payload:
        return None
    if turn.requested == "drive_model" and action in _MAY_MEAN_NEEDS - _LEAVES:
        return RECOMMEND if _means_needs(action, turn) else None
    if turn.active_form not in (None, "advice_form"):
        return None
    if action in _MAY_MEAN_COMPARISON and _means_comparison(turn):
        return COMPARE
    if turn.active_form:
        return None
    if action in _MAY_MEAN_NEEDS - {TEST_DRIVE} and _DRIVES.search(turn.text) and len(shown_at(turn)) == 1:
        return TEST_DRIVE
    if action in _ANSWERS and turn.values("model") and _ASKS_ABOUT.search(turn.text):
        return COMPARE if turn.said_lately & SAID and turn.slot("advice_models") else None
    if action in _MAY_MEAN_NEEDS and _means_needs(action, turn):
        return RECOMMEND
    return None


def shown_at(turn: Turn) -> list[str]:
    """The models that are meant by "第二个" or "前两款" of those that were just recommended or compared."""
    shown = list(turn.slot("advice_models") or ()) if turn.said_lately & SAID else []
    two = _FIRST_OR_LAST_TWO.search(turn.text)
    if two:
        return shown[:2] if two["first"] else shown[-2:]
    places = ["一二三".find(found["n"]) for found in _PLACE.finditer(turn.text) if found["n"] in "一二三"]
    places += [int(found["n"]) - 1 for found in _PLACE.finditer(turn.text) if found["n"].isascii()]
    return [shown[place] for place in dict.fromkeys(places) if place < len(shown)]


def needs_in(turn: Turn, draft: Draft | None = None) -> Needs:
    """What was told in this conversation of the car that is looked for."""
    said = {slot: turn.slot(slot) for slot in (BUDGET, USE, NEEDS)} if draft is None else draft
    budget = said[BUDGET] if isinstance(said[BUDGET], dict) else {}
    limits = {"budget_min": budget.get("min"), "budget_max": budget.get("max")}
    uses = said[USE] if isinstance(said[USE], list) else []
    return needs_of({**(said[NEEDS] or {}), **limits, "uses": uses})


def slots_of(needs: Needs) -> Draft:
    """The slots for needs that were kept."""
    stored = needs_json(needs)
    limits = {"min": needs.budget_min, "max": needs.budget_max}
    others = {
        name: value for name, value in stored.items() if name not in ("budget_min", "budget_max", "uses")
    }
    has_budget = any(value is not None for value in limits.values())
    return {BUDGET: limits if has_budget else None, USE: list(needs.uses) or None, NEEDS: others or None}


def says_keep(turn: Turn) -> bool:
    """Whether the answer about keeping the needs is a yes."""
    if turn.is_payload:
        return turn.intent == "affirm"
    return not _FORGETS.search(turn.text) and (turn.intent == "affirm" or bool(_KEEPS.search(turn.text)))


def _answers_keeping(action: str, turn: Turn) -> bool:
    """Whether a yes or no is about keeping the needs: its buttons at any time, words while nothing else was asked."""
    if turn.is_payload:
        return action in _ANSWERS and turn.last("do") == ASK_KEEP
    if _FORGETS_NEEDS.search(turn.text):
        return True
    if turn.active_form or turn.slot("pending_offer") != ASK_KEEP:
        return False
    if _KEEPS.search(turn.text) or _FORGETS.search(turn.text):
        return True
    is_short = not turn.values_of(ENTITIES | {"model", "time"}) and not turn.speaks_of_booking
    return action in _ANSWERS and "utter_advice_ask_keep" in turn.said_before and is_short


def begins_anew(turn: Turn) -> bool:
    """Whether what was said before of the car that is looked for no longer counts."""
    return not turn.is_payload and bool(_AGAIN.search(turn.text))


def take(turn: Turn, draft: Draft, asked: str | None = None) -> bool:
    """Put the needs that were said into the slots; False where there were none. ``asked``: the slot asked for."""
    before = dict(draft)
    heard = _take_budget(turn, draft, asked)
    uses = _values(turn, "use")
    told = dict(_told(turn))
    people = told.get("people")
    if not uses and draft[USE] is None and isinstance(people, int) and people >= _FAMILY:
        uses = ["family"]
    if uses:
        known = draft[USE] if isinstance(draft[USE], list) and not _AFTER.search(turn.text) else []
        draft[USE] = list(dict.fromkeys([*known, *uses]))
    if told:
        unwanted = {*((draft[NEEDS] or {}).get("unwanted") or ()), *_unwanted(turn)}
        told["unwanted"] = sorted(unwanted - {told.get("energy"), told.get("body")})
        draft[NEEDS] = {**(draft[NEEDS] or {}), **told}
    passed = asked in (BUDGET, USE) and draft[asked] is None and _passes(turn)
    if passed and asked:
        draft[asked] = ANY
    return bool(heard or uses or told or passed) or draft != before


def _take_budget(turn: Turn, draft: Draft, asked: str | None) -> bool:
    limits = budget_in(turn.text, asked == BUDGET, turn.last("budget"))
    if limits is not None:
        draft[BUDGET] = limits
    return limits is not None


def _told(turn: Turn) -> Iterator[tuple[str, Any]]:
    """What is no question of ours: people, seats, energy, body, the present car, when they buy."""
    for name in ("people", "seats"):
        if turn.values(name):
            yield name, turn.last(name)
    for name in ("energy", "body"):
        wanted = _values(turn, name)
        if wanted:
            yield name, wanted[-1]
        elif turn.values(name) or (_unwanted(turn) & {value for value, _ in _KINDS[name]}):
            yield name, None  # 不要SUV
        elif not turn.is_payload:
            yield from ((name, value) for value, words in _KINDS[name] if _wants(words, turn.text))
    if not turn.is_payload:
        yield from _told_in_words(turn)


def _told_in_words(turn: Turn) -> Iterator[tuple[str, Any]]:
    seats = _SEATS.search(turn.text)
    if seats and not turn.values("seats"):  # 七座的 was taken for the name of a model
        yield "seats", small_number(seats["n"])
    people = _PEOPLE.search(turn.text)
    if people and not turn.values("people"):
        yield "people", small_number(people["n"])
    old = _OLD.search(turn.text)
    if old:
        yield "current_car", old["car"]
    months = next((months for words, months in _BUY if words.search(turn.text)), None)
    if months and _BUYS.search(turn.text):
        yield "buy_within", months


def _values(turn: Turn, entity: str) -> list[Any]:
    """The values of an entity, without those that are not wanted (不要轿车)."""
    return [
        found.get("value")
        for found in turn.entities
        if found.get("entity") == entity
        and (turn.is_payload or not _NOT.search(turn.text[: found.get("start") or 0]))
    ]


def _unwanted(turn: Turn) -> set[str]:
    """The kinds of energy and body that the message rules out."""
    if turn.is_payload:
        return set()
    every = ((value, words.search(turn.text)) for kinds in _KINDS.values() for value, words in kinds)
    return {value for value, found in every if found and _NOT.search(turn.text[: found.start()])}


def _wants(words: re.Pattern[str], text: str) -> bool:
    found = words.search(text)
    return found is not None and not _NOT.search(text[: found.start()])


def _passes(turn: Turn) -> bool:
    return turn.last("do") == ANY if turn.is_payload else bool(_ANY.search(turn.text))


def _means_needs(action: str, turn: Turn) -> bool:
    """Whether somebody tells what they look for: a sum and a wish, two needs, or a change just after advice."""
    if _NOT_ADVICE.search(turn.text) or turn.values_of({"plate", "mileage", "booking_code", "phone"}):
        return False
    if action == "action_start_test_drive" and ("试" in turn.text or turn.values_of({"time", "model"})):
        return False
    kinds = _kinds(turn)
    if not kinds or (action == "action_haggle" and not _was_led_here(turn)):
        return False
    if "budget" in kinds and len(turn.text) <= _SHORT and _was_led_here(turn):
        return True
    if turn.said_lately & SAID and (turn.is_mostly(ENTITIES) or _AFTER.search(turn.text)):
        return not turn.values("model") or "budget" in kinds or "energy" in kinds
    if turn.decision.get("kind") == "answer":  # what the answer is wanted for mostly
        topic = str(turn.faq.get("id"))
        buys = "budget" in kinds and _SEEKS.search(turn.text)
        return bool(buys and (topic.startswith("product.") or len(kinds) > 1))
    if _ASKS_ADVICE.search(turn.text):
        return True
    return len(kinds) > 1 or ("budget" in kinds and bool(_WISH.search(turn.text)))


def _was_led_here(turn: Turn) -> bool:
    """Whether the message before was answered, or nearly, with what the FAQ says on choosing a car."""
    if turn.said_before & {f"{FAQ_PREFIX}{topic}" for topic in ADVICE}:
        return True
    return any(topic in choice["payload"] for choice in turn.offered_topics for topic in ADVICE)


def _kinds(turn: Turn) -> set[str]:
    """The needs that a message tells, whatever its words were taken for."""
    kinds = {found["entity"] for found in turn.values_of(ENTITIES)}
    if budget_in(turn.text, False, turn.last("budget")) is not None:
        kinds.add("budget")
    if _SEATS.search(turn.text):
        kinds.add("seats")
    kinds |= {kind for kind, words in _KINDS.items() if any(each.search(turn.text) for _, each in words)}
    return kinds


def _means_comparison(turn: Turn) -> bool:
    models = set(turn.values("model"))
    if _ELSEWHERE.search(turn.text):
        return False
    if "utter_compare_which" in turn.said_before and models and turn.is_mostly({"model"}):
        return True
    if not _COMPARES.search(turn.text):
        return False
    if len(models) > 1:
        return turn.decision.get("kind") != "answer" or turn.faq.get("id") == "product.compare"
    follows = bool(turn.said_lately & SAID) or turn.active_form == "advice_form"
    means_them = bool(_THESE.search(turn.text) or models or shown_at(turn))
    return follows and means_them and not turn.values_of({"time", "plate"})
