"""What a trained model makes of sentences, found in a fresh process that is held to one core.

`python -m tests.understanding.evaluation.predictions ours|stock MODEL IN OUT` reads a JSON list of texts. A process of
its own, because TensorFlow is kept out of ours and is needed by stock, and because load time and memory are measured.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.understanding.evaluation.rows import FAQ, ROOT

FALLBACK = "nlu_fallback"
WARM_UP = 20
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "TF_INTRA_OP_PARALLELISM_THREADS",
        "TF_INTER_OP_PARALLELISM_THREADS",
    ),
    "1",
)
QUIET = {
    "LOG_LEVEL": "ERROR",
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


@dataclass(frozen=True)
class Prediction:
    """What would be done with a first message, and what was thought of it."""

    intent: str
    """What is acted upon; `FALLBACK` when nothing is."""
    confidence: float
    """0 to 1, that `label` is right."""
    decision: str
    """answer, clarify, dialogue or fallback"""
    topics: tuple[str, ...]
    """Best first, whatever was decided."""
    suggestions: tuple[str, ...] = ()
    """The topics that are offered with `clarify`."""

    @property
    def label(self) -> str:
        """Comparable with that of a row."""
        return self.topics[0] if self.intent == FAQ and self.topics else self.intent


@dataclass(frozen=True)
class Run:
    """Predictions in the order of the texts, and what they cost on one core."""

    predictions: tuple[Prediction, ...]
    milliseconds: tuple[float, ...]
    load_seconds: float
    start_seconds: float
    """From the start of the process to the first message that can be answered: imports and loading."""
    memory_mb: float


def predict(kind: str, model: Path, texts: Sequence[str]) -> Run:
    """Run a model on texts; `kind` is ours or stock. Raises CalledProcessError when the process fails."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "in.json", Path(folder) / "out.json"
        given.write_text(json.dumps(list(texts)), "utf-8")
        command = [sys.executable, "-m", __name__, kind, str(model), str(given), str(found)]
        started = time.time()
        run_quietly(command, ONE_THREAD)
        told = json.loads(found.read_text("utf-8"))
    told["start_seconds"] = told.pop("ready") - started
    return run_from_json(told)


def run_quietly(command: Sequence[str], environment: Mapping[str, str] = MappingProxyType({})) -> None:
    """Run a process whose output matters only when it fails; raises CalledProcessError then."""
    result = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **QUIET, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if result.returncode != 0:
        print(result.stdout, file=sys.stderr)
    result.check_returncode()


def run_as_json(run: Run) -> dict[str, Any]:
    return asdict(run)


def run_from_json(told: Mapping[str, Any]) -> Run:
    predictions = tuple(
        Prediction(**{**p, "topics": tuple(p["topics"]), "suggestions": tuple(p["suggestions"])})
        for p in told["predictions"]
    )
    return Run(**{**told, "predictions": predictions, "milliseconds": tuple(told["milliseconds"])})


def of_ours(parse: Mapping[str, Any]) -> Prediction:
    """By the contract of `understand`."""
    from bot.understanding.decision import contract_decision

    told = contract_decision(parse)
    topics = tuple(entry["id"] for entry in (parse.get("faq") or {}).get("ranking", ()))
    return Prediction(
        told["intent"], told["confidence"], told["decision"], topics, tuple(told["suggestions"])
    )


def of_stock(parse: Mapping[str, Any]) -> Prediction:
    """Rasa answers every question with the selector's first response; it never asks which one was meant."""
    intent, confidence = parse["intent"]["name"] or FALLBACK, float(parse["intent"]["confidence"])
    selected = next(
        (found for name, found in parse.get("response_selector", {}).items() if "ranking" in found), {}
    )
    ranking = selected.get("ranking", ())
    topics = tuple(entry["intent_response_key"].partition("/")[2] for entry in ranking)
    if intent == FAQ and topics:
        return Prediction(intent, confidence * float(ranking[0]["confidence"]), "answer", topics)
    return Prediction(intent, confidence, "fallback" if intent == FALLBACK else "dialogue", topics)


def _main(kind: str, model: str, given: str, found: str) -> None:
    _stay_on_one_core()
    if kind == "ours":
        from bot.runtime.no_tensorflow import keep_tensorflow_out

        keep_tensorflow_out()
    warnings.simplefilter("ignore")
    _hide_log()
    from rasa.core.agent import Agent

    if kind == "ours":
        _use_live_content()
    started = time.perf_counter()
    agent = Agent.load(model)
    load_seconds, ready = time.perf_counter() - started, time.time()
    texts = json.loads(Path(given).read_text("utf-8"))
    predictions, milliseconds = asyncio.run(_parse_all(agent, kind, texts))
    told = {
        "predictions": [asdict(prediction) for prediction in predictions],
        "milliseconds": milliseconds,
        "load_seconds": load_seconds,
        "ready": ready,
        "memory_mb": _memory(),
    }
    Path(found).write_text(json.dumps(told), "utf-8")


def _use_live_content() -> None:
    """As in the running assistant: the content of a new database."""
    from bot.understanding.live import use_content
    from tests.installations import filled_database

    _, content = filled_database(Path(tempfile.mkdtemp(prefix="zhanting-eval-")))
    use_content(content.current)


async def _parse_all(agent: Any, kind: str, texts: list[str]) -> tuple[list[Prediction], list[float]]:
    from bot.services.texts import clean

    read = of_ours if kind == "ours" else of_stock
    texts = [clean(text).lstrip("/") for text in texts]
    for text in texts[:WARM_UP]:
        await agent.parse_message(text)
    predictions, milliseconds = [], []
    for text in texts:
        started = time.perf_counter()
        parse = await agent.parse_message(text)
        milliseconds.append(1000 * (time.perf_counter() - started))
        predictions.append(read(parse))
    return predictions, milliseconds


def _stay_on_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):  # Linux only
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _hide_log() -> None:
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.disable(logging.WARNING)


def _memory() -> float:
    """Resident memory in MB; where the system does not tell, the highest it has been."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    _main(*sys.argv[1:])
