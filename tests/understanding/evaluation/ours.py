"""Our pipeline: trained as `python -m bot train` does, and on samples of the data for the learning curve.

`python -m tests.understanding.evaluation.ours FOLDER` is the process that trains on the rows in a folder.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bot.runtime.model_inputs import Part, part_fingerprint
from bot.runtime.no_tensorflow import keep_tensorflow_out
from bot.runtime.training import model_path
from tests.understanding.evaluation.cache import cache_folder
from tests.understanding.evaluation.predictions import run_quietly
from tests.understanding.evaluation.rows import ROOT, Row, as_rasa
from tests.understanding.evaluation.rows import fingerprint as hash_of


def train_from_nothing() -> tuple[Path, float]:
    """The model of the present data, and the seconds of the whole process: imports, language and dialogue."""
    models = cache_folder() / "ours"
    started = time.perf_counter()
    run_quietly([sys.executable, "-m", "bot", "train"], {"ZHANTING_MODELS": str(models)})
    return model_path(models), time.perf_counter() - started


def train_on(training: Sequence[Row], validation: Sequence[Row]) -> Path:
    """A model of the pipeline alone. Kept as long as what the pipeline is made of stays the same."""
    inputs = part_fingerprint(Part.UNDERSTANDING)
    folder = cache_folder() / f"ours-{hash_of([*training, *validation], hash_of(validation), inputs)}"
    if not (folder / "ours.tar.gz").exists():
        _forget_other(inputs)
        (folder / "data").mkdir(parents=True, exist_ok=True)
        (folder / "inputs").write_text(inputs, "utf-8")
        (folder / "data" / "training.yml").write_text(as_rasa(training), "utf-8")
        (folder / "data" / "validation.yml").write_text(as_rasa(validation, validation=True), "utf-8")
        run_quietly([sys.executable, "-m", __name__, str(folder)])
    return folder / "ours.tar.gz"


def _forget_other(inputs: str) -> None:
    for noted in cache_folder().glob("ours-*/inputs"):
        if noted.read_text("utf-8") != inputs:
            shutil.rmtree(noted.parent, ignore_errors=True)


def _train_here(folder: Path) -> None:
    keep_tensorflow_out()
    from bot.runtime.model_parts import TrainingType, configuration_of, run_training, write_model

    config, components, partial = ROOT / "config.yml", folder / "components", folder / "ours.part"
    components.mkdir(exist_ok=True)
    domain = run_training(config, None, sorted((folder / "data").iterdir()), TrainingType.NLU, components)
    write_model(partial, components, configuration_of(config, TrainingType.NLU), domain)
    shutil.rmtree(components)
    partial.replace(folder / "ours.tar.gz")


if __name__ == "__main__":
    _train_here(Path(sys.argv[1]))
