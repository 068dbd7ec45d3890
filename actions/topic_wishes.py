"""Questions of the FAQ behind which a dialogue stands: where a message says enough, the dialogue begins instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from actions.event_words import asks_for_own, asks_what_there_is, event_meant
from bot.services.events import open_events

if TYPE_CHECKING:
    from actions.base import Turn

ADVICE = frozenset({"product.recommend", "product.family", "product.business", "product.first_car"})
NEEDS = frozenset({"budget", "seats", "people", "use", "energy", "body"})
ENOUGH = 2
"""So many needs say what somebody looks for; a budget does so alone."""
_OWN_CODE = re.compile(r"(?:我的?|给我|发我|要|生成|查)[^,，。]{0,6}(?:推荐|邀请|转介绍|推薦)码")
_DELETE_NOW = re.compile(
    r"^(?:请|麻烦|帮我|给我|现在|立刻|马上)?(?:你们)?(?:把|将)?我[^,，。?？]{0,16}(?:删|抹|清|销)[^,，。?？吗么]{0,6}$"
)


def dialogue_behind(turn: Turn, topic: str) -> str | None:
    """The action that begins the dialogue which a clear question wants; None where the answer is what is wanted."""
    if topic in ADVICE and (turn.values("budget") or _needs(turn) >= ENOUGH):
        return "action_recommend"
    if topic == "product.compare" and len(set(turn.values("model"))) > 1:
        return "action_compare"
    if topic == "member.referral" and (turn.values("referral_code") or _OWN_CODE.search(turn.text)):
        return "action_referral"
    if topic == "member.events" and _asks_of_events(turn):
        return "action_list_events"
    if topic == "privacy.delete" and _DELETE_NOW.search(turn.text.strip("。！!~ ")):
        return "action_delete_data"
    return None


def _asks_of_events(turn: Turn) -> bool:
    shown = open_events(turn.content, turn.now)
    named = event_meant(turn.text, (), (), shown) if len(shown) > 1 else None
    return asks_what_there_is(turn.text) or asks_for_own(turn.text) or named is not None


def _needs(turn: Turn) -> int:
    return len({found["entity"] for found in turn.values_of(NEEDS)})
