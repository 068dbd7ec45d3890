"""What the words of a customer who waits for a person mean, before anything else reads them."""

from __future__ import annotations

import re

CANCEL = '/back_to_bot{"do": "cancel"}'
"""What the button 取消等待 sends."""
_PHONE = re.compile(r"(?<!\d)(?:\+?86[ \-]?)?(1[3-9]\d[ \-]?\d{4}[ \-]?\d{4})(?!\d)")
_CALL = re.compile(
    r"打给我|打我|给我.{0,4}打|打(?:这个|过来|电话|这)|回电|回.{0,2}电话|电话.{0,3}联系|联系我|来电"
)
_GIVES_UP = re.compile(
    r"^(?:(?:那|我|先|好的?|谢谢你?您?|算了|还是|就)[\s,，。!！~]*)*"
    r"(?:不等了?|不想等了?|等不了了?|不用等了?|不用了|不需要了|不要了|不找了|取消排队|退出排队|算了)(?:[吧啊呀啦]|谢谢|算了)*"
)
_NOT_WAITING = re.compile(r"等|排队")
_TROUBLE = re.compile(
    r"爆胎|胎[^,，。]{0,3}(?:爆|扎|瘪)|扎胎|抛锚|着火|起火|冒烟|自燃|趴窝|熄火|打不着|翻车|追尾|撞车|(?:被|给|车)撞|出车祸"
)
_TO_THE_BOT = "机器人"
_BOT_ALONE = re.compile(r"(?:返回|回到|还是|找|叫|换|转)*机器人(?:吧|呀|啊|客服)*[\s。.,，!！~]*")
_TELL_ME = re.compile(r"^(?:你们?|您)?(?:就|直接|还是)?[跟给和]我(?:说说|讲讲|说|讲)(?:一下|下)?[\s,，]*")
_LEAST = 2


def phone_in(text: str) -> str | None:
    """The last mobile number."""
    found = [re.sub(r"\D", "", number) for number in _PHONE.findall(text)]
    return found[-1] if found else None


def wants_call(text: str) -> bool:
    """A number and the wish to be called there (13911114444 让他打这个)."""
    return phone_in(text) is not None and bool(_CALL.search(text))


def names_the_bot(text: str) -> bool:
    """机器人 alone is the wish to go back to it."""
    return _BOT_ALONE.fullmatch(text.strip()) is not None


def speaks_of_breakdown(text: str) -> bool:
    return bool(_TROUBLE.search(text))


def instead_of_waiting(text: str, is_urgent: bool = False) -> str | None:
    """What the bot may read of a message that ends the wait: the rest of it, or the button 取消等待.

    None where it does not end it. ``is_urgent``: a breakdown or a complaint waits; only clear words end that.
    """
    found = _GIVES_UP.match(text.strip())
    if found is None or _TO_THE_BOT in text or (is_urgent and not _NOT_WAITING.search(found[0])):
        return None
    rest = re.sub(r"^[\W_]+|[\s,，。!！~]+$", "", text.strip()[found.end() :])
    rest = _TELL_ME.sub("", rest) or rest
    if not rest:
        return CANCEL
    is_apart = re.match(r"[\W_]", text.strip()[found.end() :])
    return rest if is_apart and len(rest) >= _LEAST and _NOT_WAITING.search(found[0]) else None
