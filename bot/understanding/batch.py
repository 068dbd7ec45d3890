"""Understanding without a dialogue: what ``python -m bot understand`` prints for a text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent

from bot import clock
from bot.services.texts import clean
from bot.understanding.decision import contract_decision
from bot.understanding.live import ContentProvider, use_content
from bot.understanding.time_expressions import parse_time


class Understanding:
    """The pipeline of a trained model with the live content, one text at a time."""

    def __init__(self, model: Path, content: ContentProvider) -> None:
        use_content(content)
        self._agent = Agent.load(model)

    def of_row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The contract's line for ``{"text", "now"?, "expects_time"?}`` (DESIGN.md, *Contracts*)."""
        text = str(row["text"])
        if row.get("now"):
            clock.clock.set(datetime.fromisoformat(row["now"]))
        parse = asyncio.run(self._agent.parse_message(text.lstrip("/")))
        return line_of(text, parse, bool(row.get("expects_time")))


async def understood(parse: Callable[[str], Awaitable[dict[str, Any]]], text: str) -> dict[str, Any]:
    """The contract's line for a text, by the pipeline of a running server."""
    return line_of(text, await parse(clean(text).lstrip("/")))


def line_of(text: str, parse: Mapping[str, Any], expects_time: bool = False) -> dict[str, Any]:
    """The contract's line (DESIGN.md, *Contracts*) for what Rasa's processor made of a text."""
    return {
        "text": text,
        **contract_decision(parse),
        "entities": parse["entities"],
        "time": parse_time(clean(text), clock.now(), expects_time).as_json(),
    }
