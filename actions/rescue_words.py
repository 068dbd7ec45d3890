"""What the words of a customer on the road mean: trouble, worry, or only being late."""

from __future__ import annotations

import re

from bot.services.places import place_in

_TROUBLE = re.compile(
    r"抛锚|坏|趴窝|撞|事故|爆胎|胎|扎|打不|启动不|发动不|救|拖车|熄火|死火|烟|着火|起火|自燃|烧|故障|漏|异响|失灵|失控|刹"
    r"|没电|没油|没气|瘪|不动|走不|开不|困|陷|翻|追尾|剐|刮|蹭|碰|出事|伤|流血|帮|亮灯|灯亮|高温|开锅|沟|卡住|泡|淹|水里|抖|报警"
    r"|停在|应急车道|方向盘|锁|救命"
)
_ON_THE_WAY = re.compile(r"(在|还在)路上|路上了|快到|马上到|就到|堵[车着在路了]|(晚|迟)点?到|出发了|来的路")
_FIRE = re.compile(r"着了?火|起火|自燃|冒烟|烧起来|烧着")
_NO_RESCUE = re.compile(
    r"没有?(坏|抛锚|出事故?|故障|事故)|不是(要|叫|来)?(救援|抛锚|车坏了?|坏车|坏|故障|事故)|车(子)?(是)?好的"
    r"|(不用|不要|不需要|别|无需|不必)(叫|要|派)?(救援|拖车|来人|派人)"
    r"|^(我|是|你们?|您|刚才|不小心)*(点错|按错|搞错|弄错|误会|听错|理解错)"
)
_UNHURT = re.compile(
    r"^(车上|我们?|大家|人|都|也|还|已经|目前|暂时)*(没事|没有?受?伤|平安|安全|还好)(的|了|就是|吧)*$"
)
_ANXIOUS = re.compile(
    r"派[人车]|来人|有人来|来不来|多久(能|会)?(到|来)|等多久|要多久|什么时候(能|会)?(到|来)|几点(能|会)?到|怎么办|咋办|怎么弄"
    r"|急死|救命|快点|赶紧|赶快|催"
)
_ANXIOUS_LENGTH = 14


def speaks_of_trouble(text: str) -> bool:
    return bool(_TROUBLE.search(text))


def is_on_the_way(text: str) -> bool:
    """The customer is late or nearly here ("堵路上了", "快到店了"), and nothing is wrong with the car."""
    return bool(_ON_THE_WAY.search(text)) and not speaks_of_trouble(text)


def speaks_of_fire(text: str) -> bool:
    return bool(_FIRE.search(text))


def denies_trouble(text: str) -> bool:
    """ "没坏", "不是救援": the rescue was a misunderstanding. "没坏，是爆胎了" still wants it."""
    return bool(_NO_RESCUE.search(text)) and not speaks_of_trouble(_NO_RESCUE.sub(" ", text))


def is_unhurt(text: str) -> bool:
    """ "人没事": good to know, and no place."""
    return bool(_UNHURT.match(re.sub(r"\W", "", text)))


def is_anxious(text: str) -> bool:
    """ "你们派人来不", "多久到": asks whether help comes, and names no place."""
    return len(text) <= _ANXIOUS_LENGTH and bool(_ANXIOUS.search(text)) and place_in(text) is None
