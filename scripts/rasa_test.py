"""Runs Rasa's test stories so that green means green.

    python scripts/rasa_test.py [--model MODEL] [STORIES]

Rasa 3.6.21 exits with 0 when a story fails, when the model or the stories do not exist, when a file holds no story, and
when entities are not what the story says, unless it is told otherwise or is not asked at all. So this refuses to start
without model and stories, always passes the flags that make failures count, and afterwards counts what was run.
Exit code: 0 when every story in the files was run and was right, 1 when one was not, 2 when there was nothing to run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from bot.runtime.training import model_path  # noqa: E402
from bot.settings import read_settings  # noqa: E402

STORIES = ROOT / "tests" / "stories"
QUIET = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "TQDM_DISABLE": "1"}
FLAGS = ("--e2e", "--fail-on-prediction-errors", "--no-plot")


class Refused(Exception):
    """There is nothing to run, or Rasa would leave out a part of it without a word."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="rasa_test.py", description="Runs Rasa's test stories.")
    parser.add_argument("--model", type=Path, help="default: the model of the present training data")
    parser.add_argument("stories", type=Path, nargs="?", default=STORIES, help="a file or a folder")
    chosen = parser.parse_args(arguments)
    try:
        return run(chosen.stories, chosen.model or model_path(read_settings().models))
    except Refused as refused:
        print(f"rasa_test: {refused}", file=sys.stderr)
        return 2


def run(stories: Path, model: Path) -> int:
    """Let Rasa run the stories in a process of its own. Raises ``Refused`` before it starts."""
    expected = count_stories(stories)
    if not model.is_file():
        raise Refused(f"no model at {model}; train one: make train")
    with tempfile.TemporaryDirectory() as results:
        command = [sys.executable, "-m", "rasa", "test", "core", *FLAGS, "--out", results]
        done = subprocess.run(
            [*command, "--model", str(model.resolve()), "--stories", str(stories.resolve())],
            cwd=ROOT,
            env={**os.environ, **QUIET},
        )
        if done.returncode != 0:
            return 1
        return judge(Path(results) / "story_report.json", expected)


def judge(report: Path, expected: int) -> int:
    """0 when the report tells of ``expected`` stories, all of them right; else 1 with a line that says why."""
    counts = json.loads(report.read_text("utf-8")).get("conversation_accuracy") if report.is_file() else None
    ran, right = (counts["total"], counts["correct"]) if counts else (0, 0)
    if ran == right == expected:
        print(f"{expected} test stories, all right")
        return 0
    print(f"rasa_test: {expected} stories in the files, {ran} were run, {right} were right", file=sys.stderr)
    return 1


def count_stories(path: Path) -> int:
    """How many stories Rasa has to run. Raises ``Refused`` for a path, file or story that it would pass over."""
    if not path.exists():
        raise Refused(f"no stories at {path}")
    files = sorted(path.rglob("*.y*ml")) if path.is_dir() else [path]
    names: list[str] = []
    for file in files:
        if not file.name.startswith("test_"):
            raise Refused(f"{file}: Rasa runs only files whose names begin with test_")
        names += _names(file)
    if not names:
        raise Refused(f"no stories in {path}")
    return len(names)


def _names(file: Path) -> Iterator[str]:
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise Refused(f"{file}: {error}") from error
    stories = content.get("stories") if isinstance(content, dict) else None
    if not stories:
        raise Refused(f"{file}: no stories")
    for story in stories:
        name, steps = story.get("story"), story.get("steps")
        if not name or not steps:
            raise Refused(f"{file}: a story without a name or without steps")
        if not any(_is_said(step) for step in steps):
            raise Refused(f"{file}: nobody says anything in “{name}”")
        if any("intent" in step and not _is_said(step) for step in steps):
            raise Refused(f"{file}: “{name}” has an intent without a text, so nothing would be understood")
        yield name


def _is_said(step: dict[str, Any]) -> bool:
    return bool(step.get("user")) and bool(step.get("intent"))


if __name__ == "__main__":
    sys.exit(main())
