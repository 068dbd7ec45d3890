"""The wish to have one's data deleted now, whatever its words were taken for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actions.base import Turn

_DATA = r"(?:信息|資料|资料|数据|聊天记录|账号|账户|档案|隐私)"
_WISHES = re.compile(
    rf"(?:删除|刪除|删掉|删了|清除|清空|注销|抹掉|抹去)(?:一下|掉)?(?:所有|全部)?(?:我|本人)[^,，。?？]{{0,8}}{_DATA}"
    rf"|(?:我|本人)的?[^,，。?？]{{0,8}}{_DATA}[^,，。?？]{{0,6}}(?:删|刪|抹|清空|清除|清掉|注销)"
)
_ASKS = re.compile(
    r"[?？吗嘛么]|能不能|能否|可不可以|可以|怎么|怎样|如何|多久|会不会|会|是否|什么|哪|谁|为啥|之后|以后|的话"
)
_MAY_MEAN_IT = frozenset(
    {
        "action_answer_faq",
        "action_not_understood",
        "action_small_talk",
        "action_start_existing_booking",
        "action_start_own_car",
        "action_take_up_facts",
    }
)


def redirected(action: str, turn: Turn) -> str | None:
    """The action that deletes, for a message that wants it and asks nothing."""
    wants = not turn.is_payload and action in _MAY_MEAN_IT and turn.active_form != "privacy_form"
    return (
        "action_delete_data" if wants and _WISHES.search(turn.text) and not _ASKS.search(turn.text) else None
    )
