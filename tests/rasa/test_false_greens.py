"""Rasa's tools say "all is well" too easily. Each test shows a mistake that they let pass, and that our way catches it.

Story tests run without TensorFlow in this process: by the same functions of Rasa that its command line calls.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.runtime.no_tensorflow import keep_tensorflow_out
from scripts import rasa_test
from scripts.rasa_test import STORIES, Refused, count_stories, judge, run

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow

RIGHT = """
    - user: '我想试驾[青岚X5]{"entity": "model", "value": "x5"}'
      intent: book_test_drive
    - action: action_start_test_drive
    - action: test_drive_form
    - active_loop: test_drive_form
"""
WRONG = {
    "another action": RIGHT.replace("action_start_test_drive", "action_answer_faq"),
    "another intent": RIGHT.replace("book_test_drive", "book_service"),
    "an entity that is not annotated": RIGHT.replace('[青岚X5]{"entity": "model", "value": "x5"}', "青岚X5"),
    "an entity with another value": RIGHT.replace('"x5"', '"x7"'),
}


def _test_file(folder: Path, steps: str, name: str = "test_one.yml") -> Path:
    file = folder / name
    lines = ["stories:", "- story: one", "  steps:", *steps.strip("\n").splitlines()]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


# --- Stories ---


@pytest.fixture(scope="module", autouse=True)
def without_tensorflow() -> None:
    """The other tests of this process do without as well, and it is gone before Rasa is imported."""
    keep_tensorflow_out()


@pytest.fixture(scope="module")
def agent(model: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from rasa.core.agent import Agent

        return Agent.load(model)


async def _rasas_verdict(file: Path, agent: Any, fail: bool = True, e2e: bool = True) -> float:
    """The share of right stories; raises as ``rasa test core`` does with ``fail`` and ``e2e`` as its flags."""
    from rasa.core.test import test as test_stories

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = await test_stories(str(file), agent, fail_on_prediction_errors=fail, e2e=e2e)
    return float(result["report"]["accuracy"])


async def test_the_right_story_is_right(tmp_path: Path, agent: Any) -> None:
    assert await _rasas_verdict(_test_file(tmp_path, RIGHT), agent) == 1


@pytest.mark.parametrize("mistake", WRONG)
async def test_a_wrong_story_fails_only_with_our_flag(tmp_path: Path, agent: Any, mistake: str) -> None:
    from rasa.core.test import WrongPredictionException

    file = _test_file(tmp_path, WRONG[mistake])

    assert (
        await _rasas_verdict(file, agent, fail=False) < 1
    )  # told in a report that nobody reads, exit code 0
    with pytest.raises(WrongPredictionException):
        await _rasas_verdict(file, agent)


@pytest.mark.parametrize("mistake", [name for name in WRONG if "action" not in name])
async def test_without_e2e_nothing_is_understood(tmp_path: Path, agent: Any, mistake: str) -> None:
    """``rasa test core`` without ``--e2e`` takes the story's word for what the customer means."""
    file = _test_file(tmp_path, WRONG[mistake].replace("book_service", "book_test_drive"))

    assert await _rasas_verdict(file, agent, e2e=False) == 1
    assert "--e2e" in rasa_test.FLAGS
    assert "--fail-on-prediction-errors" in rasa_test.FLAGS


def test_our_command_fails_for_a_failing_story(tmp_path: Path, model: Path) -> None:
    _test_file(tmp_path, RIGHT, "test_a.yml")
    _test_file(tmp_path, WRONG["another action"], "test_b.yml")

    assert run(tmp_path, model) == 1


def test_our_command_passes_our_stories(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(STORIES, model) == 0
    assert f"{count_stories(STORIES)} test stories, all right" in capfd.readouterr().out


def test_rasa_takes_another_path_for_one_that_does_not_exist() -> None:
    """The control for the next tests: a mistyped path becomes ``data`` or ``models`` with a mere warning."""
    from rasa.cli.utils import get_validated_path

    with pytest.warns(UserWarning, match="does not seem to exist"):
        assert get_validated_path("tests/storeis", "stories", str(ROOT / "data")) == str(ROOT / "data")


def test_a_model_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no model at"):
        run(STORIES, tmp_path / "zhanting.tar.gz")


def test_stories_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no stories at"):
        count_stories(tmp_path / "stories")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("test_empty.yml", ""),
        ("test_unreadable.yml", "stories: [\n"),
        ("test_comment.yml", "# nothing yet\n"),
        ("test_none.yml", 'version: "3.1"\nstories: []\n'),
        ("test_misspelt.yml", "storys:\n- story: one\n  steps:\n  - intent: greet\n    user: 你好\n"),
        ("greeting.yml", "stories:\n- story: one\n  steps:\n  - intent: greet\n    user: 你好\n"),
        ("test_steps.yml", "stories:\n- story: one\n  steps: []\n"),
        ("test_silent.yml", "stories:\n- story: one\n  steps:\n  - action: action_small_talk\n"),
        (
            "test_untold.yml",
            "stories:\n- story: one\n  steps:\n  - intent: greet\n  - intent: thank\n    user: 谢谢\n",
        ),
    ],
)
def test_a_file_that_rasa_would_pass_over_is_refused(tmp_path: Path, name: str, text: str) -> None:
    _test_file(tmp_path, RIGHT)
    (tmp_path / name).write_text(text, "utf-8")

    with pytest.raises(Refused, match=name):
        count_stories(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rasa_test.main(["--model", str(tmp_path / "m.tar.gz"), str(tmp_path)]) == 2
    assert "no stories in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({"total": 3, "correct": 3}, 0),
        ({"total": 2, "correct": 2}, 1),  # two stories alike are run once
        ({"total": 3, "correct": 2}, 1),
        (None, 1),
    ],
)
def test_the_report_must_count_every_story(tmp_path: Path, counts: dict[str, int] | None, code: int) -> None:
    report = tmp_path / "story_report.json"
    report.write_text(json.dumps({"conversation_accuracy": counts} if counts else {}), "utf-8")

    assert judge(report, 3) == code


def test_a_missing_report_is_a_failure(tmp_path: Path) -> None:
    assert judge(tmp_path / "story_report.json", 3) == 1


# --- Validation ---


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project without a fault."""
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "config.yml", tmp_path)
    (tmp_path / "domain.yml").write_text(
        "intents: [greet, thank]\nresponses:\n  utter_hello: [{text: 您好}]\n", "utf-8"
    )
    (tmp_path / "data" / "nlu.yml").write_text(
        "nlu:\n- intent: greet\n  examples: |\n    - 你好\n    - 您好\n"
        "- intent: thank\n  examples: |\n    - 谢谢\n    - 多谢\n",
        "utf-8",
    )
    (tmp_path / "data" / "rules.yml").write_text("".join(_rules("utter_hello")), "utf-8")
    return tmp_path


def _rules(utterance: str) -> Iterator[str]:
    yield "rules:\n"
    for intent in ("greet", "thank"):
        yield f"- rule: {intent}\n  steps:\n  - intent: {intent}\n  - action: {utterance}\n"


def _validate(folder: Path, fail_on_warnings: bool) -> int:
    """The exit code of ``rasa data validate``, without its start."""
    from rasa.cli.utils import validate_files
    from rasa.shared.importers.importer import TrainingDataImporter

    importer = TrainingDataImporter.load_from_config(
        str(folder / "config.yml"), str(folder / "domain.yml"), [str(folder / "data")]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            validate_files(fail_on_warnings, None, importer)
        except SystemExit as stopped:
            return int(stopped.code or 0)
    return 0


def test_a_project_without_fault_is_valid(project: Path) -> None:
    assert _validate(project, fail_on_warnings=True) == 0


def test_an_example_of_two_intents_fails_only_with_our_flag(project: Path) -> None:
    nlu = project / "data" / "nlu.yml"
    nlu.write_text(nlu.read_text("utf-8").replace("- 多谢", "- 你好"), "utf-8")

    assert _validate(project, fail_on_warnings=False) == 0
    assert _validate(project, fail_on_warnings=True) == 1


def test_an_unknown_utterance_fails_only_with_our_flag(project: Path) -> None:
    (project / "data" / "rules.yml").write_text("".join(_rules("utter_helo")), "utf-8")

    assert _validate(project, fail_on_warnings=False) == 0
    assert _validate(project, fail_on_warnings=True) == 1


def test_our_files_are_valid() -> None:
    """The command as a developer types it. It warns of our templates, since actions utter them and no story does."""
    done = subprocess.run(
        [sys.executable, "-m", "rasa", "data", "validate", "--fail-on-warnings"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    told = [
        line.partition("UserWarning: ")[2] for line in done.stderr.splitlines() if "UserWarning: " in line
    ]
    told = [
        line
        for line in told
        if not (line.startswith("The utterance") and line.endswith("in any story or rule."))
    ]

    assert done.returncode == 0, done.stderr[-2000:]
    assert "No story structure conflicts found" in done.stderr
    assert told == []
