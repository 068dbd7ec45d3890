"""Facts that several forms read alike: contact, car, mileage, and what a customer wants to change."""

from __future__ import annotations

import re
from typing import Any

from actions.base import Turn, button
from actions.forms import Draft
from bot.domain.dealership import Resource, ResourceKind, Store
from bot.services.wording import say_phone

NO_PLATE = re.compile(
    r"车牌.{0,3}(没|未)|(没|未|还没|没有).{0,3}(上牌|车牌|牌照|牌)|临牌|新车|不记得.{0,2}(车牌|牌)|忘.{0,3}牌"
)
UNKNOWN = re.compile(r"没注意|没印象|记不|不知道|不清楚|不记得|忘了|没看|没注意|不确定|说不准|不晓得")
WHATEVER = re.compile(
    r"都行|都可以|随便|无所谓|你定|您定|你们定|看你们|你安排|哪个都|哪家都"
    r"|哪[个家]?店.{0,2}(?:空|方便|快|早).{0,4}(?:去|约|就)"
)
PURCHASE_DATES = frozenset({"delivery_date", "time"})
_PURCHASED = re.compile(r"交车|提车|提的|买的|买了|刚买|新买|拿车|落地")
_ASKS = re.compile(r"[吗么嘛呢?？]\W*$|还.{0,3}(?:保|免费)|怎么|为什么|多少|什么")
_TELLS = frozenset(
    {"inform", "nlu_fallback", "out_of_scope", "chitchat", "ask_service_due", "ask_warranty_status", "affirm"}
)
_LONGEST_TOLD = 16
_NAME_ANSWER = re.compile(
    r"^(?![有好对嗯是行不没哦啊])[\u4e00-\u9fff][\u4e00-\u9fff·]{0,5}$|^[A-Za-z][A-Za-z .]{1,19}$"
)
_AROUND_A_NAME = re.compile(
    r"我?的?(手机号?码?|电话|号码)(是|[:：])?|^\s*(我?叫|我是|姓名[:：]?|名字是?)|(吧|呀|啊)\s*$"
)
_CALLED = re.compile(
    r"(?:我叫|我是|他叫|她叫|名字是|姓名是?[:：]?)\s*([\u4e00-\u9fff]{2,4}|[A-Za-z]{2,20})(?=[\s,，。;；\d]|电话|手机|$)"
)
_BEFORE_PHONE = re.compile(
    r"(?:^|[\s,，。;；])([\u4e00-\u9fff]{2,4}|[A-Za-z]{2,20})[\s,，:：]*(?:的?电话|的?手机号?)?[\s,，:：是]*$"
)
_NO_NAME = re.compile(
    r"^孙子$|还是|也是|驾|店|公里|年|时间|门店|车型|项目|第.个|符合|是的|对的|没错|改|换|不|没|吗|呢|啥|什么|怎么|可以|好的|谢谢|知道|随便|都行|确认|取消|预约|试驾|保养|电话|手机|(?i:phone|tel|mobile|number|call)|多少|为什么|明天|今天|上午|下午"
)
_NICKNAME = re.compile(
    r"^(叫我|我是|喊我|就叫)?[小老阿](?![板婆公师妈爸子铁哥姐弟妹百乡爷奶外狗贼总是样时区姨费巴路车气店伙])[\u4e00-\u9fff](吧|就行|就好)?$"
)
"""老孙: how people like to be called, whatever the word resembles."""
_AS_BEFORE = re.compile(
    r"^(?:就|还|都)*(?:用|是)(?:原来|之前|刚才|上面|这个|以前)|还用|^(?:和|跟|同).{0,3}(?:之前|刚才|上次|上).{0,2}(?:一样)?\W*$"
)
OTHER = re.compile(r"换|改")
_OF_SOMEBODY = re.compile(r"换|改|让|由")
PHONE_DIGITS = 11
LONGEST_SIGN = 4
FIELD_WORDS: tuple[tuple[str, str], ...] = (
    ("name", r"名字|姓名|称呼|姓"),
    ("phone", r"手机|电话|号码|联系方式"),
    ("mileage", r"里程|公里"),
    ("plate", r"车牌|牌号"),
    ("store", r"门店|店|地方|地点"),
    ("time", r"时间|时段|日期|日子|几点|改期|改天"),
    ("jobs", r"项目|保养内容|做的"),
    ("model", r"车型|车款|款|车"),
)


def tells_of_purchase(turn: Turn) -> bool:
    """ "交车三个月了", "去年5月买的": a short statement of how old the car is, and no wish to know what that means."""
    told = len(turn.text) <= _LONGEST_TOLD and _PURCHASED.search(turn.text) and not _ASKS.search(turn.text)
    is_answered = turn.decision.get("kind") in ("answer", "clarify")
    return bool(told) and (turn.intent in _TELLS or (turn.intent == "faq" and not is_answered))


def read_contact(turn: Turn, draft: Draft, prefix: str) -> bool:
    """Name and phone into ``<prefix>_name`` and ``<prefix>_phone``; an invalid number is named and asked again."""
    name, phones = turn.last("name"), turn.values("phone")
    asked = turn.requested in (f"{prefix}_name", f"{prefix}_phone")
    if asked and not phones and _takes_what_is_known(turn, draft, prefix):
        return True
    if not name and phones and draft.get(f"{prefix}_name") is None:
        name = _name_beside_phone(turn)
    if not name and asked and draft.get(f"{prefix}_name") is None:
        name = bare_name(turn)
    if name:
        draft[f"{prefix}_name"] = name
    if phones:
        draft[f"{prefix}_phone"] = phones[-1] if turn.intent == "request_change" else phones[0]
        return True
    if asked or turn.intent == "request_change":
        return _name_the_problem(turn) or bool(name)
    return bool(name)


def _takes_what_is_known(turn: Turn, draft: Draft, prefix: str) -> bool:
    """A yes to "还用 张伟 138****5678"."""
    known_name, known_phone = turn.slot("known_name"), turn.slot("known_phone")
    if not known_name or not known_phone or turn.values("phone_invalid") or re.search(r"\d{3}", turn.text):
        return False
    agrees = turn.intent == "affirm" and not turn.values("name")
    if not agrees and not _AS_BEFORE.search(turn.text):
        return False
    draft[f"{prefix}_name"] = draft[f"{prefix}_name"] or known_name
    draft[f"{prefix}_phone"] = draft[f"{prefix}_phone"] or known_phone
    return True


def ask_contact(turn: Turn, name: str | None, time: str, store: str, is_news: bool = True) -> None:
    """Ask for name and phone together, or for the one that is missing; ``is_news``: tell that the slot is held."""
    known_name, known_phone = turn.slot("known_name"), turn.slot("known_phone")
    offer = (
        [button(f"还用 {known_name} {say_phone(known_phone)}", "inform", name=known_name, phone=known_phone)]
        if known_name and known_phone
        else []
    )
    greeting = f"{name}您好，" if name and len(name) > 1 else ""
    if name:
        template = "utter_ask_phone_held" if is_news else "utter_ask_phone"
    else:
        template = "utter_ask_contact" if is_news else "utter_ask_contact_again"
    turn.say(template, buttons=offer, greeting=greeting, time=time, store=store)


def read_plate(turn: Turn, draft: Draft, slot: str) -> bool:
    """A plate, or that there is none yet (kept as an empty text)."""
    plate = turn.last("plate")
    if plate:
        draft[slot] = plate
        return True
    if turn.values("plate_invalid"):
        turn.say("utter_plate_invalid")
        return True
    if turn.requested in (slot, "visit_model") and NO_PLATE.search(turn.text):
        draft[slot] = ""
        return True
    return False


def read_mileage(turn: Turn, draft: Draft, slot: str) -> bool:
    """Kilometres; -1 for a customer who does not know them."""
    mileage = turn.last("mileage")
    if mileage is not None:
        draft[slot] = int(mileage)
        return True
    if turn.requested == slot and (UNKNOWN.search(turn.text) or turn.intent == "deny"):
        draft[slot] = -1
        return True
    return False


def bare_name(turn: Turn) -> str | None:
    """A message that is nothing but a name, with or without a phone number, as an answer to the question for it."""
    likely = turn.intent in ("inform", "nlu_fallback", "out_of_scope", "request_change")
    if turn.is_payload or not (likely or _is_nickname(turn)):
        return None
    if turn.values_of({"store", "model", "time", "plate", "job", "mileage", "booking_code"}):
        return None
    text = turn.text
    for found in turn.values_of({"phone", "phone_invalid"}):
        text = text.replace(turn.text[found["start"] : found["end"]], " ")
    text = _AROUND_A_NAME.sub("", re.sub(r"[\d\s+-]{5,}", " ", text)).strip(" 。.,，、:：!！~")
    return text if _NAME_ANSWER.match(text) and not _NO_NAME.search(text) else None


def _is_nickname(turn: Turn) -> bool:
    return bool(_NICKNAME.match(_AROUND_A_NAME.sub("", re.sub(r"[\d\W]+", "", turn.text)).strip()))


def _name_beside_phone(turn: Turn) -> str | None:
    """ "霍元甲 13010000002": the word before the number, or after 我叫, where no entity claims it."""
    said = _CALLED.search(turn.text)
    if said:
        return said[1]
    number = turn.values_of({"phone"})[0]
    found = _BEFORE_PHONE.search(turn.text[: number["start"]])
    if found is None or _NO_NAME.search(found[1]):
        return None
    claimed = any(e["start"] < found.end(1) and found.start(1) < e["end"] for e in turn.entities)
    return None if claimed else found[1]


def field_to_change(turn: Turn) -> str | None:
    """What "换个时间" or "电话写错了" wants changed."""
    if turn.values("field"):
        return str(turn.last("field"))
    return next((field for field, words in FIELD_WORDS if re.search(words, turn.text)), None)


def adviser_wished_for(turn: Turn, by_name: bool = False) -> Resource | None:
    """The sales adviser who is asked for by name (想找林晓试驾), or by a button; their name is not the customer's.

    ``by_name``: the name alone is enough, because it is spoken of who receives the customer.
    """
    known = [r for r in turn.dealership.resources if r.kind is ResourceKind.SALES_ADVISER]
    if turn.is_payload:
        return next((adviser for adviser in known if adviser.id == turn.last("adviser")), None)
    found = next((adviser for adviser in known if _asks_for(turn.text, adviser.name, by_name)), None)
    if found:
        turn.entities = [
            e
            for e in turn.entities
            if not (e.get("entity") == "name" and found.name in turn.text[e["start"] : e["end"]])
        ]
    return found


def wants_other_adviser(turn: Turn) -> bool:
    """Whether a booked visit is to be received by somebody else (能换成赵敏接待吗), outside of any form."""
    known = turn.slot("known_booking") and not turn.active_form and _OF_SOMEBODY.search(turn.text)
    return bool(known and adviser_wished_for(turn))


def _asks_for(text: str, name: str, by_name: bool) -> bool:
    spoken = re.escape(name)
    text = re.sub(rf"(?:不要|不用|不想要?|别[让找]?|除了)[^，,。]{{0,2}}{spoken}", "", text)
    if by_name:
        return name in text
    return bool(
        re.search(
            rf"(?:找|让|请|由|跟|约|指定|换成?|想要){spoken}|{spoken}(?:来|给我|陪|带|接待|顾问|.{{0,6}}有空)",
            text,
        )
    )


def model_buttons(models: Any) -> list[dict[str, str]]:
    return [button(model.name, "inform", model=model.id) for model in models]


def store_buttons(stores: Any) -> list[dict[str, str]]:
    return [button(store.name, "inform", store=store.id) for store in stores]


def store_of_sign(turn: Turn) -> str | None:
    """ "西" alone, where only one store's name has that character."""
    stores = turn.dealership.stores
    if len(turn.text.strip()) > LONGEST_SIGN:
        return None
    named = [s.id for s in stores if any(c in turn.text and _only_in(c, s.name, stores) for c in s.name)]
    return named[0] if len(named) == 1 else None


def _only_in(character: str, name: str, stores: tuple[Store, ...]) -> bool:
    return all(character not in store.name for store in stores if store.name != name)


def name_phone_problem(turn: Turn) -> bool:
    """Say what is wrong with a phone number ("少了 1 位"); False when there is none to speak of."""
    problem = turn.last("phone_invalid")
    if problem is None:
        return False
    digits = problem["digits"]
    surplus = len(digits) - PHONE_DIGITS
    turn.say(f"utter_phone_{problem['problem']}", missing=-surplus, surplus=surplus, digits=digits)
    return True


def _name_the_problem(turn: Turn) -> bool:
    if turn.is_payload:
        return False
    if name_phone_problem(turn):
        return True
    digits = re.sub(r"\D", "", turn.text)
    if 5 <= len(digits) <= 20 and not turn.values_of({"phone", "time", "mileage", "plate"}):
        turn.say("utter_phone_prefix", digits=digits)
        return True
    return False
