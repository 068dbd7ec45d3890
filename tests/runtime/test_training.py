"""When a model is trained, and what is said when it cannot be."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import SetupError
from bot.runtime import training
from bot.runtime.training import ensure_model, fingerprint, model_path, train
from bot.settings import ROOT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What a model is made of, in small."""
    for name in ("config.yml", "domain.yml", "requirements.lock"):
        (tmp_path / name).write_text("a: 1\n")
    for folder in ("data/nlu", "bot/understanding"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data/nlu/faq.yml").write_text("nlu: []\n")
    (tmp_path / "bot/understanding/text.py").write_text("x = 1\n")
    return tmp_path


@pytest.mark.parametrize(
    "file", ["config.yml", "domain.yml", "requirements.lock", "data/nlu/faq.yml", "bot/understanding/text.py"]
)
def test_a_change_of_any_input_asks_for_a_new_model(root: Path, file: str) -> None:
    before = fingerprint(root)
    (root / file).write_text("b: 2\n")

    assert fingerprint(root) != before


def test_new_renamed_and_removed_files_count_too(root: Path) -> None:
    seen = {fingerprint(root)}
    (root / "data/nlu/new.yml").write_text("nlu: []\n")
    seen.add(fingerprint(root))
    (root / "data/nlu/new.yml").rename(root / "data/nlu/other.yml")
    seen.add(fingerprint(root))
    (root / "data/nlu/faq.yml").unlink()
    seen.add(fingerprint(root))

    assert len(seen) == 4


def test_what_is_not_an_input_does_not(root: Path) -> None:
    before = fingerprint(root)
    (root / "bot/understanding/__pycache__").mkdir()
    (root / "bot/understanding/__pycache__/text.pyc").write_bytes(b"1")
    (root / "README.md").write_text("words")

    assert fingerprint(root) == before


def test_a_model_that_is_there_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", _never)
    model_path(tmp_path).write_bytes(b"model")
    told: list[str] = []

    assert ensure_model(tmp_path, told.append) == model_path(tmp_path)
    assert told == []


def test_a_training_that_fails_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed: Any = subprocess.CompletedProcess([], 1, stdout="the reason\n")
    monkeypatch.setattr(training.subprocess, "run", lambda *_, **__: failed)
    told: list[str] = []

    with pytest.raises(SetupError, match="could not be trained"):
        ensure_model(tmp_path, told.append)
    assert capsys.readouterr().err == "the reason\n\n"
    assert len(told) == 1


def test_a_folder_for_models_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SetupError, match=r"^ZHANTING_MODELS .* cannot be created: Not a directory$"):
        train(tmp_path / "file" / "models", ROOT)


def _never(*_: object, **__: object) -> None:
    raise AssertionError("nothing may be trained here")
