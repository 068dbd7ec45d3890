"""Trains the model when what it is made of changed."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.domain.errors import SetupError
from bot.runtime.model_inputs import Part, fingerprint, part_fingerprint
from bot.settings import ROOT

MODELS_KEPT = 3


def model_path(models: Path, root: Path = ROOT) -> Path:
    """Where the model of the present inputs is, or will be."""
    return models / f"zhanting-{fingerprint(root)}.tar.gz"


def ensure_model(models: Path, tell: Callable[[str], None]) -> Path:
    """The model of the present inputs, trained in a process of its own where it is missing.

    Several processes that need the same one wait for the first of them.
    """
    path = model_path(models)
    if path.is_file():
        return path
    with _one_at_a_time(models):
        return path if path.is_file() else _trained(models, path, tell)


def _trained(models: Path, path: Path, tell: Callable[[str], None]) -> Path:
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
    if result.returncode != 0 or not path.is_file():
        print(result.stdout, file=sys.stderr)
        raise SetupError("the model could not be trained; the lines above say why")
    return path


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
    path = model_path(models, root)
    _make_folder(models)
    os.environ["LOG_LEVEL"] = "ERROR"  # what Rasa's progress bars obey
    os.environ["RASA_MAX_CACHE_SIZE"] = (
        "0"  # Rasa would fill .rasa/ with a gigabyte, and read nothing from it
    )
    from bot.runtime.model_parts import build_model

    partial = path.with_name(f"{path.name.removesuffix('.tar.gz')}.{os.getpid()}.tar.gz")
    try:
        build_model(partial, root, _with_the_same_parts(models, root) if changed_only else {})
        if model_path(models, root) != path:
            raise SetupError("the training data was changed while the model was trained; train again")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    _forget_older(models)
    return path


def _with_the_same_parts(models: Path, root: Path) -> dict[Part, list[Path]]:
    """For each part the models that were trained on what it is made of now, newest first."""
    found: dict[Part, list[Path]] = {part: [] for part in Part}
    now = [(part, part_fingerprint(part, root)) for part in Part]
    for path in _newest_first(models):
        then = path.name.removeprefix("zhanting-").removesuffix(".tar.gz").split("-")
        if len(then) == len(now):
            for (part, inputs), trained_on in zip(now, then, strict=True):
                if inputs == trained_on:
                    found[part].append(path)
    return found


def _forget_older(models: Path) -> None:
    """Keep the newest few: another process may be loading one of them."""
    for path in _newest_first(models)[MODELS_KEPT:]:
        path.unlink(missing_ok=True)


def _newest_first(models: Path) -> list[Path]:
    return sorted(models.glob("zhanting-*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
