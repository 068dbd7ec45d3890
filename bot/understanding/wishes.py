"""Wishes that stand beside a topic of the FAQ: who asks how it goes wants the answer, not the thing itself."""

from __future__ import annotations

import re
from typing import Any

from bot.understanding.intents import FAQ_INTENT

BESIDE_A_TOPIC = frozenset(
    {
        "done_elsewhere",
        "sign_up_event",
        "cancel_event",
        "export_my_data",
        "delete_my_data",
        "withdraw_consent",
        "claim_warranty",
        "trade_in",
    }
)
_ASKS = re.compile(
    r"怎[么麼样樣]|如何|咋|为什么|多少|什么|什麼|啥|哪|[几幾][天次个個]|是不是|会不会|會不會|有没有|要不要|[吗嗎么嘛]\W*$|[?？]\s*$"
)
_DELETES = re.compile(r"删|刪|抹|清[除空掉]|注销|註銷|销[户毁]")
_COPIES = re.compile(r"导|導|份|副本|下载|下載|复制|拷|打包|备份|備份")
_ASKS_US_TO = re.compile(r"[帮幫给給替]我|[帮幫]忙|麻烦|麻煩|^请|^請")


def is_asked_about(text: str) -> bool:
    """Whether a message asks about something rather than for it (质保索赔怎么办理; but not 可以帮我登记吗)."""
    return bool(_ASKS.search(text)) and not _ASKS_US_TO.search(text)


def with_questions(ranking: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """The ranking of intents; a wish that is only asked about is a question, with the confidence of both."""
    best = ranking[0]
    if best["name"] not in BESIDE_A_TOPIC or not (is_asked_about(text) or _is_no_copy(best["name"], text)):
        return ranking
    question = next((entry["confidence"] for entry in ranking if entry["name"] == FAQ_INTENT), 0.0)
    others = [entry for entry in ranking[1:] if entry["name"] != FAQ_INTENT]
    return [{"name": FAQ_INTENT, "confidence": min(1.0, best["confidence"] + question)}, *others]


def _is_no_copy(intent: str, text: str) -> bool:
    """Who wants their data deleted wants no copy of it, however alike the words are."""
    return intent == "export_my_data" and bool(_DELETES.search(text)) and not _COPIES.search(text)
