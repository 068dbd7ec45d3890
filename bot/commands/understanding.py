"""``understand``: what the assistant makes of messages, line by line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from bot import clock
from bot.commands.preparing import load_encoder, prepare
from bot.domain.errors import SetupError
from bot.runtime.training import ensure_model
from bot.services.installation import open_installation
from bot.services.texts import clean
from bot.settings import read_settings


def understand() -> int:
    """JSON lines in, JSON lines out; nothing else on stdout."""
    settings = read_settings()
    prepare(settings, log_level="ERROR")
    load_encoder(settings)
    model = ensure_model(settings.models, lambda line: print(line, file=sys.stderr))
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

    from bot.understanding.batch import Understanding

    understanding = Understanding(model, open_installation(settings).content.current)
    threadpool_limits(1)  # as the server does: the last digits depend on it
    for number, line in numbered(sys.stdin):
        row = row_of(number, line)
        clock.clock.set(settings.clock)  # the line before may have set another "now"
        understood = understanding.of_row({**row, "text": clean(row["text"])})
        print(json.dumps({**understood, "text": row["text"]}, ensure_ascii=False), flush=True)
    return 0


def numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, from 1, without the byte order mark that some editors begin a file with."""
    for number, line in enumerate(lines, start=1):
        plain = line.removeprefix("\ufeff") if number == 1 else line
        if plain.strip():
            yield number, plain


def row_of(number: int, line: str) -> dict[str, Any]:
    """A line of ``understand``'s input; raises ``SetupError`` that says which line is wrong and why."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SetupError(f"line {number} is not JSON: {error}") from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise SetupError(f'line {number} must be an object with a "text"')
    now = row.get("now")
    try:
        datetime.fromisoformat(now or "2000-01-01")
    except (TypeError, ValueError) as error:
        raise SetupError(f'line {number}: "now" must be an ISO 8601 time, not {now!r}') from error
    return row
