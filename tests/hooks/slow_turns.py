"""Makes chosen turns of the dialogue slow, in a process of ours whose environment has ``SLOW_TURNS``.

That names a file of JSON: what a message says → the seconds that its turn takes longer. Read at each turn.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

DIALOGUE = "bot.runtime.dialogue"


class Finder(MetaPathFinder):
    """Waits for the module of the dialogue to be imported, once."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != DIALOGUE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec
        assert spec.loader
        load = spec.loader.exec_module

        def load_and_slow_down(module: Any) -> None:
            load(module)
            slow_down(module.RasaDialogue)

        spec.loader.exec_module = load_and_slow_down  # type: ignore[method-assign]
        return spec


def slow_down(dialogue: Any) -> None:
    """Each turn first waits as long as the file says."""
    reply = dialogue.reply

    async def slow_reply(self: Any, conversation_id: str, text: str, *more: Any, **named: Any) -> Any:
        await asyncio.sleep(seconds_for(text))
        return await reply(self, conversation_id, text, *more, **named)

    dialogue.reply = slow_reply


def seconds_for(text: str) -> float:
    file = Path(os.environ["SLOW_TURNS"])
    slow = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return float(slow.get(text, slow.get("*", 0)))


def install() -> None:
    sys.meta_path.insert(0, Finder())
