"""What a complaint is about, by the words in which it was made: the first kind that fits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

OTHER = "other"
_WORDS = {
    "attitude": r"态度|不耐烦|没礼貌|骂|爱理不理|敷衍|没人理|不理",
    "waiting": r"等了|排队|太久|太慢|拖了|迟迟|一直没|还没(?:修|好|到)|超时",
    "money": r"收费|多收|乱收|价格|太贵|退款|定金|押金|发票|费用|退钱",
    "repair": r"没修好|修不好|又坏|返修|维修|保养|修了|配件",
    "car": r"异响|漏油|故障|质量|抖动|刹车|发动机|变速箱|电池|掉漆|划痕|新车",
    "promise": r"承诺|答应|说好|骗|虚假|不兑现|赠品",
}
TYPES = (*_WORDS, OTHER)


def type_of_complaint(details: Mapping[str, Any]) -> str:
    """One of ``TYPES``. ``details`` are those of the case."""
    said = " ".join(str(details.get(name) or "") for name in ("first_message", "text"))
    return next((kind for kind, words in _WORDS.items() if re.search(words, said)), OTHER)
