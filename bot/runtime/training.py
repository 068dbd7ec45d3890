"""Trains the model when what it is made of changed."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from bot.domain.errors import SetupError
from bot.runtime.model_inputs import Part, fingerprint
from bot.settings import ROOT

MODELS_KEPT = 3
TRIES = 3


def model_path(models: Path, root: Path = ROOT) -> Path:
    """Where the model of the present inputs is, or will be."""
    return models / f"zhanting-{fingerprint(root)}.tar.gz"


def ensure_model(models: Path, tell: Callable[[str], None]) -> Path:
    """The model of the present inputs, trained in a process of its own where it is missing.

    Several processes that need the same one wait for the first of them.
    """
    for _ in range(TRIES):
        path = model_path(models)
        if path.is_file():
            return path
        with _one_at_a_time(models):
            if not path.is_file():
                _train_apart(models, tell)
    raise SetupError("the training data was changed again and again while the model was trained")


def _train_apart(models: Path, tell: Callable[[str], None]) -> None:
    tell("正在训练模型（训练数据有变化，约一分钟）… training the model, about a minute")
    result = subprocess.run(
        [sys.executable, "-m", "bot", "train", "--changed"],
        cwd=ROOT,
        env={**os.environ, "ZHANTING_MODELS": str(models)},
        stdin=subprocess.DEVNULL,  # `understand` reads its own
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if result.returncode != 0:
        print(result.stdout, file=sys.stderr)
        raise SetupError("the model could not be trained; the lines above say why")


@contextmanager
def _one_at_a_time(models: Path) -> Iterator[None]:
    """The lock goes with its process, whatever ends it."""
    _make_folder(models)
    with (models / ".training").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_folder(models: Path) -> None:
    try:
        models.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"ZHANTING_MODELS {models} cannot be created: {error.strerror}") from error


def train(models: Path, root: Path = ROOT, changed_only: bool = False) -> Path:
    """Train in this process; raises ``SetupError`` when Rasa reports an error.

    From nothing, or with ``changed_only`` what changed: the part of the model (``Part``) whose inputs are those of a
    model that is there is taken from it.
    """
    _make_folder(models)
    os.environ["LOG_LEVEL"] = "ERROR"  # what Rasa's progress bars obey
    from bot.runtime.model_parts import build_model

    unfinished = models / f"zhanting-unfinished.{os.getpid()}.tar.gz"
    try:
        made_of = build_model(unfinished, root, partial(_with_part, models) if changed_only else _nothing)
        path = models / f"zhanting-{made_of}.tar.gz"
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    _forget_older(models)
    return path


def _with_part(models: Path, part: Part, made_of: str) -> list[Path]:
    """The models whose part was made of the same, newest first."""
    place = list(Part).index(part)
    found = [(path, path.name.removeprefix("zhanting-").split(".")[0]) for path in _newest_first(models)]
    return [path for path, name in found if name.split("-")[place : place + 1] == [made_of]]


def _nothing(*_: object) -> list[Path]:
    return []


def _forget_older(models: Path) -> None:
    """Keep the newest few: another process may be loading one of them."""
    for path in _newest_first(models)[MODELS_KEPT:]:
        path.unlink(missing_ok=True)


def _newest_first(models: Path) -> list[Path]:
    """Another training may take one away at any moment."""
    found = []
    for path in models.glob("zhanting-*.tar.gz"):
        with suppress(FileNotFoundError):
            found.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(found, reverse=True)]
