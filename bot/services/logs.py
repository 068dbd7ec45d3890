"""Lines of the log, as text or as one JSON object each: which conversation and request they are about, nobody's number.

What is logged names conversations by their ids and never says what a customer wrote. That numbers are masked here
too is the last defence, for what a library or an unforeseen error puts into its words.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from bot.clock import TIME_ZONE
from bot.services.masking import mask_phones
from bot.services.metrics import CountErrors

TEXT, JSON = "text", "json"
MORE_FIELDS = ("channel", "outcome", "milliseconds")
"""What a line may say beyond its message (``extra=``), in JSON."""
_ID = re.compile(r"(\b[0-9a-f]{32}\b)")  # has digits in a row, and is no telephone number
_conversation: ContextVar[str | None] = ContextVar("conversation", default=None)
_request: ContextVar[str | None] = ContextVar("request", default=None)


@contextmanager
def about(conversation_id: str) -> Iterator[None]:
    """Lines of the log inside are about this conversation."""
    token = _conversation.set(conversation_id)
    try:
        yield
    finally:
        _conversation.reset(token)


def request_begins(request_id: str, conversation_id: str | None = None) -> None:
    """The lines that follow in this task belong to a request, until its next one begins."""
    _request.set(request_id)
    _conversation.set(conversation_id)


def request_is_about(conversation_id: str) -> None:
    """It is known now whose request this is."""
    _conversation.set(conversation_id)


def install_logging(level: str, form: str) -> None:
    """Send the log to stderr in this form, and count its errors. Nothing where logging is set up already."""
    lines = logging.StreamHandler()
    lines.setFormatter(JsonLines() if form == JSON else TextLines())
    logging.basicConfig(level=level, handlers=[lines, CountErrors()])
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = (
        False  # what no line of ours says
    )


class TextLines(logging.Formatter):
    """``2026-11-22 10:00:00,123 WARNING bot.services.turns: …``, for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line, for programs. ``time`` is the machine's, whatever ZHANTING_CLOCK says."""

    def format(self, record: logging.LogRecord) -> str:
        error = self.formatException(record.exc_info) if record.exc_info else None
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, TIME_ZONE).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
            "conversation": _conversation.get(),
            "request": _request.get(),
            "worker": os.getpid(),
            **{name: getattr(record, name, None) for name in MORE_FIELDS},
            "error": masked(error) if error else None,
        }
        return json.dumps(
            {name: value for name, value in line.items() if value is not None}, ensure_ascii=False
        )


def masked(text: str) -> str:
    """The text without telephone and identity card numbers; ids of conversations stay whole."""
    return "".join(part if _ID.fullmatch(part) else mask_phones(part) for part in _ID.split(text))
