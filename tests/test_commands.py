"""``python -m bot understand`` and ``chat`` through their standard input and output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.commands.understanding import numbered, row_of
from bot.domain.errors import SetupError
from tests.server import HOOKS, run_bot

pytestmark = pytest.mark.slow
CHOICES = {"answer", "clarify", "dialogue", "fallback"}
KINDS = {"point", "part", "day", "range", "ambiguous", "none"}


def test_understand_gives_one_line_of_json_for_each(tmp_path: Path) -> None:
    rows = [
        {"text": "你们几点开门"},
        {"text": "明天下午三点", "now": "2026-03-01T10:00:00+08:00", "expects_time": True},
        {"text": "明天下午三点", "expects_time": True},
        {"text": " "},
        {"text": "\ud800\x00😀"},
        {"text": '/book_test_drive{"drive_phone": "1"}'},
        {"text": "试" * 5_000},
    ]
    done = run_bot(tmp_path, "understand", text="\n\n".join(json.dumps(row) for row in rows))
    lines = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert len(lines) == len(rows)
    assert [line["text"] for line in lines] == [row["text"] for row in rows]
    for line in lines:
        assert {"text", "intent", "confidence", "faq", "suggestions", "decision", "entities", "time"} == set(
            line
        )
        assert isinstance(line["confidence"], float | int)
        assert line["decision"] in CHOICES
        assert line["time"]["kind"] in KINDS
    assert lines[0]["decision"] == "answer"
    assert lines[1]["time"]["start"] == "2026-03-02T15:00:00+08:00"
    assert lines[2]["time"]["start"] == "2026-11-23T15:00:00+08:00"  # the "now" of a line is its own


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "line 2 is not JSON: "),
        ("[1]", 'line 2 must be an object with a "text"'),
        ('{"txt": "a"}', 'line 2 must be an object with a "text"'),
        ('{"text": 5}', 'line 2 must be an object with a "text"'),
        ('{"text": "a", "now": "noon"}', 'line 2: "now" must be an ISO 8601 time'),
        ('{"text": "a", "now": 5}', 'line 2: "now" must be an ISO 8601 time'),
        pytest.param("[" * 100_000, "line 2 is not JSON: ", id="deep"),
    ],
)
def test_a_bad_line_is_named(line: str, problem: str) -> None:
    with pytest.raises(SetupError) as raised:
        row_of(2, line)
    assert str(raised.value).startswith(problem)
    assert "\n" not in str(raised.value)


def test_a_byte_order_mark_and_blank_lines_are_passed_over() -> None:
    lines = ['\ufeff{"text": "你好"}\r\n', "\r\n", '{"text": "\ufeff"}']

    assert [(number, row_of(number, line)["text"]) for number, line in numbered(lines)] == [
        (1, "你好"),
        (3, "\ufeff"),
    ]
    assert list(numbered(["\ufeff\n"])) == []


def test_understand_stops_at_a_bad_line(tmp_path: Path) -> None:
    done = run_bot(tmp_path, "understand", text='{"text": "你好"}\n{\n{"text": "再见"}\n')

    assert done.returncode == 1
    assert done.stderr.startswith("zhanting: line 2 is not JSON: ")
    assert done.stderr.count("\n") == 1
    assert [json.loads(shown)["text"] for shown in done.stdout.splitlines()] == ["你好"]


def test_chat_reads_lines_and_takes_the_number_of_a_button(tmp_path: Path) -> None:
    done = run_bot(tmp_path, "chat", text="你好\n1\n😀\n\n不再读\n")

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "小岚" in done.stdout
    assert "  1. " in done.stdout
    assert "Traceback" not in done.stdout


def test_chat_ends_with_its_input(tmp_path: Path) -> None:
    assert run_bot(tmp_path, "chat", text="你好").returncode == 0


def test_no_command_and_an_unknown_one_show_the_usage(tmp_path: Path) -> None:
    for arguments in ([], ["fly"]):
        done = run_bot(tmp_path, *arguments)
        assert done.returncode == 2
        assert "usage: python -m bot" in done.stderr


def test_a_missing_model_is_trained_without_noise_and_without_the_network(tmp_path: Path) -> None:
    watched = tmp_path / "watched.log"
    done = run_bot(
        tmp_path,
        "understand",
        text='{"text": "你好"}\n',
        ZHANTING_MODELS=str(tmp_path / "models"),
        PYTHONPATH=str(HOOKS),
        WATCH_FILE=str(watched),
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["intent"] == "greet"
    assert done.stderr.count("\n") == 1
    assert "training the model" in done.stderr
    assert not watched.exists(), watched.read_text("utf-8")
    assert len(list((tmp_path / "models").glob("zhanting-*.tar.gz"))) == 1
