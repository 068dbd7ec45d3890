"""Lines of the log: whose they are, and what must not stand in them."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from bot.services.logs import JsonLines, TextLines, about, masked, request_begins

ID = "a13812345678bc0de138123456780fed"  # 32 hexadecimal digits with what looks like a number in them
PHONES = ("13812345678", "138 1234 5678", "一三八一二三四五六七八", "+86 138-1234-5678")


def record(message: str, *arguments: object, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord(
        "bot.test", logging.WARNING, __file__, 1, message, arguments, more.pop("error", None)
    )
    made.__dict__.update(more)
    return made


def json_line(*arguments: Any, **more: Any) -> dict[str, Any]:
    line = JsonLines().format(record(*arguments, **more))
    assert "\n" not in line
    return dict(json.loads(line))


def test_a_line_says_whose_it_is() -> None:
    request_begins("abc")
    with about(ID):
        line = json_line(
            "message %d", 3, channel="web", outcome="answered", milliseconds=12, phone="13812345678"
        )
    after = json_line("no more")
    request_begins("")

    assert line.pop("time")[10] == "T"
    assert line.pop("worker") > 0
    assert line == {
        "level": "WARNING",
        "logger": "bot.test",
        "message": "message 3",
        "conversation": ID,
        "request": "abc",
        "channel": "web",
        "outcome": "answered",
        "milliseconds": 12,
    }
    assert "conversation" not in after


@pytest.mark.parametrize("phone", PHONES)
@pytest.mark.parametrize("lines", [TextLines(), JsonLines()])
def test_a_number_is_masked_wherever_it_stands(lines: logging.Formatter, phone: str) -> None:
    try:
        raise ValueError(f"cannot take {phone}")
    except ValueError as error:
        told = lines.format(record("said %s", phone, error=(type(error), error, error.__traceback__)))

    assert phone not in told
    assert told.count("138****5678") == 2
    assert "ValueError" in told


def test_an_identity_card_is_masked() -> None:
    assert masked("330106199001011234") == "330106********1234"


def test_the_id_of_a_conversation_stays_whole() -> None:
    assert masked(f"conversation {ID} of 13812345678") == f"conversation {ID} of 138****5678"
