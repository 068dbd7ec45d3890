"""Trains the model when what it is made of changed."""

from __future__ import annotations

import fcntl
import hashlib
import io
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from bot.domain.errors import SetupError
from bot.settings import ROOT

logger = logging.getLogger(__name__)
MODELS_KEPT = 3
INPUTS = ("config.yml", "domain.yml", "data", "bot/understanding", "requirements.lock")


def model_path(models: Path, root: Path = ROOT) -> Path:
    """Where the model of the present inputs is, or will be."""
    return models / f"zhanting-{fingerprint(root)}.tar.gz"


def fingerprint(root: Path = ROOT) -> str:
    """A hash of everything that a trained model depends on."""
    digest = hashlib.sha256()
    for path in _input_files(root):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


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
        [sys.executable, "-m", "bot", "train"],
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


def train(models: Path, root: Path = ROOT) -> Path:
    """Train from nothing in this process; raises ``SetupError`` when Rasa reports an error."""
    path = model_path(models, root)
    _make_folder(models)
    os.environ["LOG_LEVEL"] = "ERROR"  # what Rasa's progress bars obey
    import rasa
    from rasa.shared.exceptions import RasaException

    partial = f"{path.name.removesuffix('.tar.gz')}.{os.getpid()}"
    said = io.StringIO()
    try:
        with redirect_stdout(said):
            result = rasa.train(
                domain=str(root / "domain.yml"),
                config=str(root / "config.yml"),
                training_files=[str(root / "data")],
                output=str(models),
                fixed_model_name=partial,
                force_training=True,
            )
    except RasaException as error:
        raise SetupError(f"the model could not be trained: {error}") from error
    if not result.model:
        raise SetupError(f"the model could not be trained: {said.getvalue().strip()}")
    os.replace(result.model, path)
    _forget_older(models)
    return path


def _forget_older(models: Path) -> None:
    """Keep the newest few: another process may be loading one of them."""
    found = sorted(models.glob("zhanting-*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[MODELS_KEPT:]:
        path.unlink(missing_ok=True)


def _input_files(root: Path) -> Iterator[Path]:
    for name in INPUTS:
        path = root / name
        if path.is_file():
            yield path
        else:
            yield from sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".py") and p.is_file())
