"""Rasa's stock configuration on the same data: trained once per data hash, in the background, kept outside git.

`python -m tests.understanding.evaluation.stock train FOLDER` is the process that trains. It keeps the weights after 5,
10 and 20 epochs of one training by a callback of Keras, and makes of each an ordinary model of Rasa. Of a training that was
interrupted, the component that was finished need not be trained again.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.understanding.evaluation.cache import cache_folder, cached
from tests.understanding.evaluation.predictions import (
    ONE_THREAD,
    QUIET,
    Run,
    predict,
    run_as_json,
    run_from_json,
)
from tests.understanding.evaluation.rows import ROOT, Row, as_rasa, fingerprint

EPOCHS = (5, 10, 20)
CONFIG = """\
# What `rasa init` writes (Rasa 3.6.21), with Chinese and its tokenizer in place of English and white space.
recipe: default.v1
assistant_id: stock
language: zh
pipeline:
  - name: JiebaTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: {DIETClassifier}
    constrain_similarities: true
  - name: EntitySynonymMapper
  - name: ResponseSelector
    epochs: {ResponseSelector}
    constrain_similarities: true
  - name: FallbackClassifier
    threshold: 0.3
    ambiguity_threshold: 0.1
policies: []
"""
MODEL_OF_COMPONENT = {"DIETClassifier": "DIET", "ResponseSelector": "DIET2BOW"}
NEARLY_ALL = 0.965
"""A result of so many of the same sentences is kept: an hour is too long to wait for every corrected sentence."""
MINUTES_PER_SENTENCE = 20 / 8000
"""For the estimate that is printed before a training: 20 epochs on two cores."""


class StockModels:
    """The stock configuration trained on some rows, after each number of `epochs`."""

    def __init__(self, rows: Sequence[Row], epochs: Sequence[int] = EPOCHS) -> None:
        self._rows = rows
        self.epochs = tuple(epochs)
        self.key = fingerprint(rows, CONFIG, repr(self.epochs))
        self.folder, self.differing = _folder_for(self.key, rows, _config(self.epochs[-1]))

    @property
    def is_trained(self) -> bool:
        return (self.folder / "done.json").exists()

    @property
    def training_seconds(self) -> float:
        """Of all epochs, without the features."""
        return float(json.loads((self.folder / "done.json").read_text("utf-8"))["seconds"])

    @property
    def intents(self) -> frozenset[str]:
        """Those that it learned; a model that is kept for nearly the same sentences may lack a new one."""
        domain = yaml.safe_load((self.folder / "domain.yml").read_text("utf-8"))
        return frozenset(domain["intents"])

    def train(self, tell: Callable[[str], None]) -> None:
        """Wait until it is trained; begins the training unless another process is at it."""
        if self.is_trained:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        minutes = max(1, round(MINUTES_PER_SENTENCE * len(self._rows) * self.epochs[-1] / EPOCHS[-1]))
        tell(
            f"stock: training on {len(self._rows)} sentences, {self.epochs[-1]} epochs, about {minutes} min …"
        )
        tell(f"stock: log in {_from_root(self.folder / 'log.txt')}")
        with _alone(self.folder):
            if not self.is_trained:
                self._train()

    def runs(self, texts: Sequence[str]) -> dict[int, Run]:
        """By epochs."""
        key = fingerprint([Row(text, "") for text in texts])
        return {
            epochs: run_from_json(
                cached(
                    self.folder / f"predictions-{key}-{epochs}.json",
                    lambda epochs=epochs: run_as_json(predict("stock", self._model(epochs), texts)),
                )
            )
            for epochs in self.epochs
        }

    def _model(self, epochs: int) -> Path:
        return self.folder / f"stock-{epochs}.tar.gz"

    def _train(self) -> None:
        if not (self.folder / "config.yml").exists():
            (self.folder / "nlu.yml").write_text(as_rasa(self._rows, retrieval=True), "utf-8")
            (self.folder / "domain.yml").write_text(_domain(self._rows), "utf-8")
            (self.folder / "config.yml").write_text(_config(self.epochs[-1]), "utf-8")
        command = [sys.executable, "-m", __name__, "train", str(self.folder), *map(str, self.epochs)]
        environment = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
        with (self.folder / "log.txt").open("a") as log:
            subprocess.run(
                command,
                cwd=ROOT,
                env={**environment, **QUIET},
                check=True,
                stdout=log,
                stderr=log,
            )


def _config(epochs: int, finished: Container[str] = ()) -> str:
    """A finished component is trained for one epoch, which makes a place for its weights."""
    return CONFIG.format(**{name: 1 if name in finished else epochs for name in MODEL_OF_COMPONENT})


def _domain(rows: Sequence[Row]) -> str:
    """Intents, and the answers as responses. Training looks at their names only, so they are not in the hash."""
    answers = {
        entry["id"]: entry["answer"] for path in (ROOT / "faq").glob("*.yml") for entry in _entries(path)
    }
    topics = sorted({row.topic for row in rows if row.topic})
    domain = {
        "version": "3.1",
        "intents": sorted({row.intent for row in rows}),
        "responses": {f"utter_faq/{topic}": [{"text": answers.get(topic, topic)}] for topic in topics},
    }
    return yaml.safe_dump(domain, allow_unicode=True)


def _entries(path: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8")).get("entries") or []
    return [entry for entry in entries if "answer" in entry]


def _folder_for(key: str, rows: Sequence[Row], config: str) -> tuple[Path, int]:
    """Where a training of these rows is kept, or of nearly the same ones; and how many sentences differ."""
    own = cache_folder() / f"stock-{key}"
    if own.exists():
        return own, 0
    wanted = {(row.label, row.text) for row in rows}
    for folder in sorted(cache_folder().glob("stock-*")):
        if (folder / "config.yml").exists() and (folder / "config.yml").read_text("utf-8") == config:
            known = _sentences_in(folder / "nlu.yml")
            if len(wanted & known) >= NEARLY_ALL * len(wanted | known):
                return folder, len(wanted ^ known)
    return own, 0


def _sentences_in(path: Path) -> set[tuple[str, str]]:
    """Label and text of each sentence that a training was given."""
    return {
        (block["intent"].rpartition("/")[2], line.removeprefix("- "))
        for block in yaml.load(path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))["nlu"]
        for line in block["examples"].splitlines()
    }


def _from_root(path: Path) -> str:
    """Short, and without the names of this machine where it can be."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One training at a time; the lock goes with its process."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- In the process that trains ---


def _train_here(folder: Path, epochs: Sequence[int]) -> None:
    os.nice(10)
    weights = folder / "weights"
    finished = [name for name in MODEL_OF_COMPONENT if _seconds(weights, name).exists()]
    (folder / "now.yml").write_text(_config(epochs[-1], finished), "utf-8")
    _keep_weights(weights, epochs)
    from rasa.model_training import train_nlu

    archive = train_nlu(
        str(folder / "now.yml"),
        str(folder / "nlu.yml"),
        str(folder),
        fixed_model_name="stock",
        domain=str(folder / "domain.yml"),
    )
    if archive is None:
        sys.exit("Rasa did not train; see above")
    for count in epochs:
        _with_weights(Path(archive), weights / str(count), folder / f"stock-{count}.tar.gz")
    seconds = sum(float(_seconds(weights, name).read_text()) for name in MODEL_OF_COMPONENT)
    (folder / "done.json").write_text(json.dumps({"seconds": seconds}), "utf-8")
    Path(archive).unlink()
    shutil.rmtree(weights)


def _seconds(weights: Path, component: str) -> Path:
    """What the training of a component took; there when it is finished."""
    return weights / f"{MODEL_OF_COMPONENT[component]}.seconds"


def _keep_weights(folder: Path, epochs: Sequence[int]) -> None:
    """Let both trainable components save their weights after these epochs, in Rasa's form."""
    import tensorflow as tf
    from rasa.utils import train_utils

    usual = train_utils.create_common_callbacks

    class KeepWeights(tf.keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: Any = None) -> None:
            self.began = self.last = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            name, now = type(self.model).__name__, time.perf_counter()
            print(f"{name} epoch {epoch + 1}: {now - self.last:.1f} s", flush=True)
            self.last = now
            if (folder / f"{name}.seconds").exists():
                return
            if epoch + 1 in epochs:
                self.model.save(str(folder / str(epoch + 1) / name / "weights"))
            if epoch + 1 == epochs[-1]:
                (folder / f"{name}.seconds").write_text(f"{now - self.began:.1f}")

    train_utils.create_common_callbacks = lambda *args, **kwargs: [*usual(*args, **kwargs), KeepWeights()]


def _with_weights(archive: Path, weights: Path, made: Path) -> None:
    """A copy of a model of Rasa with other weights."""
    with tempfile.TemporaryDirectory() as directory:
        with tarfile.open(archive) as packed:
            packed.extractall(directory)
        for component, model in MODEL_OF_COMPONENT.items():
            indexes = list(Path(directory).rglob(f"{component}.tf_model.index"))
            if len(indexes) != 1 or not (weights / model).is_dir():
                raise FileNotFoundError(f"the weights of {component} in the model, or those kept")
            for kept in (weights / model).glob("weights.*"):
                shutil.copy(
                    kept, indexes[0].with_name(kept.name.replace("weights", f"{component}.tf_model", 1))
                )
        with tarfile.open(made, "w:gz", compresslevel=1) as packed:
            packed.add(directory, arcname=".")


if __name__ == "__main__":
    _train_here(Path(sys.argv[2]), [int(count) for count in sys.argv[3:]])
