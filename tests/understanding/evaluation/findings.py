"""All that `make eval` finds out, in the order in which it is measured."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.understanding.text import normalise
from tests.understanding.evaluation.cache import cache_folder, cached
from tests.understanding.evaluation.designs import Comparison
from tests.understanding.evaluation.measures import Pair, Rate
from tests.understanding.evaluation.ours import train_from_nothing, train_on
from tests.understanding.evaluation.predictions import Prediction, Run, predict
from tests.understanding.evaluation.retrieval import Bm25, Nearest, characters, nearness
from tests.understanding.evaluation.rows import (
    ROOT,
    Row,
    fifth_apart,
    fingerprint,
    halves,
    sample,
    time_rows,
    training_rows,
    unseen_rows,
    validation_rows,
)
from tests.understanding.evaluation.stock import StockModels
from tests.understanding.evaluation.times import false_times, times_right

SAMPLE = 15
"""Questions per topic that ours and stock both learn from."""
CURVE = (SAMPLE, 30)
"""Questions per topic for the learning curve, before all of them."""
NEAR = 0.9
UNSEEN, VALIDATION = "unseen", "validation"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Data:
    training: Sequence[Row]
    measured: Mapping[str, Sequence[Row]]
    """The validation and the unseen rows."""

    @staticmethod
    def read() -> Data:
        return Data(training_rows(), {VALIDATION: validation_rows(), UNSEEN: unseen_rows()})

    @property
    def known(self) -> list[Row]:
        """What ours learns from in the end, once the validation rows have shown the weights and thresholds."""
        return [*self.training, *self.measured[VALIDATION]]

    @property
    def unseen_texts(self) -> list[str]:
        return [row.text for row in self.measured[UNSEEN]]

    def unseen_pairs(self, predictions: Sequence[Prediction]) -> dict[str, list[Pair]]:
        return {UNSEEN: list(zip(self.measured[UNSEEN], predictions, strict=True))}


@dataclass(frozen=True)
class System:
    """Something that was measured; `run` and `training_seconds` are None where only topics were ranked."""

    name: str
    pairs: Mapping[str, Sequence[Pair]]
    run: Run | None = None
    training_seconds: float | None = None


@dataclass(frozen=True)
class Apart:
    """How near some rows are to others: the same after normalising, and a cosine above `NEAR`."""

    same: Rate
    near: Rate


@dataclass(frozen=True)
class Findings:
    data: Data
    ours: System
    curve: Mapping[int, System]
    """Ours, by questions per topic."""
    plain: Sequence[System]
    stock: Mapping[int, System]
    """By epochs; empty when there is no result."""
    differing: int
    """Sentences that the stock configuration was trained with and that have changed since, or are new."""
    stock_of_sample: Mapping[int, System]
    times: Mapping[str, tuple[Rate, Rate]]
    """Rows right, and rows without a time in which one was found, by who wrote them."""
    tried: Mapping[str, Sequence[dict[str, Any]]]
    """Designs for intents and for topics."""
    apart: Mapping[str, Apart]
    far_pairs: Sequence[Pair]
    """The unseen rows that are near no training or validation row, as ours saw them."""


def find(data: Data, tell: Tell, with_stock: str = "train") -> Findings:
    """Measure everything. `with_stock`: train (where there is no result yet) or cached."""
    tell("ours: training from nothing …")
    ours = measure_ours(data)
    tell("ours: learning curve …")
    curve = {count: measure_sample(data, count) for count in CURVE}
    stock, stock_of_sample = StockModels(data.known), StockModels(sample(data.training, SAMPLE))
    training = threading.Thread(target=_train_stock, args=([stock, stock_of_sample], tell), daemon=True)
    if with_stock == "train":
        training.start()
    tell("plain retrieval …")
    plain = rank_plainly(data)
    tell("designs …")
    tried = try_designs(data, tell)
    times = {who: (times_right(rows), false_times(rows)) for who, rows in time_rows().items()}
    if with_stock == "train":
        training.join()
    return Findings(
        data=data,
        ours=ours,
        curve=curve,
        plain=plain,
        stock=measure_stock(data, stock, tell),
        differing=stock.differing,
        stock_of_sample=measure_stock(data, stock_of_sample, tell),
        times=times,
        tried=tried,
        apart=how_far_apart(data),
        far_pairs=_far_pairs(data, ours),
    )


def measure_ours(data: Data) -> System:
    """The model in use on the unseen rows; on the validation rows, models that do not know them."""
    model, seconds = train_from_nothing()
    run = predict("ours", model, data.unseen_texts)
    pairs = {**data.unseen_pairs(run.predictions), VALIDATION: crossed_pairs(data)}
    return System("ours", pairs, run, seconds)


def crossed_pairs(data: Data) -> list[Pair]:
    """Each half of the validation rows, as seen by a model that was trained with the other half."""
    pairs: list[Pair] = []
    one, other = halves(data.measured[VALIDATION])
    for known, left in ((one, other), (other, one)):
        run = predict("ours", train_on(data.training, known), [row.text for row in left])
        pairs += zip(left, run.predictions, strict=True)
    return pairs


def measure_sample(data: Data, questions_per_topic: int) -> System:
    """A fifth of the sample takes the place of the validation rows, so that nothing else is learned from."""
    model = train_on(*fifth_apart(sample(data.training, questions_per_topic)))
    run = predict("ours", model, data.unseen_texts)
    return System(f"ours, {questions_per_topic} questions", data.unseen_pairs(run.predictions), run)


def rank_plainly(data: Data) -> list[System]:
    """Topics by plain retrieval; a prediction holds nothing but their order."""
    learned = {VALIDATION: data.training, UNSEEN: data.known}
    systems = []
    for name, make in (
        ("BM25", lambda: Bm25(characters, total=True)),
        ("TF-IDF", lambda: Nearest(characters)),
    ):
        pairs = {kind: _ranked(make(), rows, data.measured[kind]) for kind, rows in learned.items()}
        systems.append(System(name, pairs))
    return systems


def _ranked(design: Any, learned: Sequence[Row], rows: Sequence[Row]) -> list[Pair]:
    questions = [row for row in learned if row.topic]
    design.fit([row.text for row in questions], [row.label for row in questions])
    orders = (-design.scores([row.text for row in rows])).argsort(axis=1)[:, :3]
    ranked = (tuple(design.labels[at] for at in order) for order in orders)
    return [(row, Prediction("", 0.0, "", topics)) for row, topics in zip(rows, ranked, strict=True)]


def measure_stock(data: Data, models: StockModels, tell: Tell) -> dict[int, System]:
    if not models.is_trained:
        tell("stock: no cached result")
        return {}
    tell(f"stock: trained with {models.differing} sentences more or less than now; predicting …")
    known = models.intents
    systems = {}
    for epochs, run in models.runs(data.unseen_texts).items():
        pairs = data.unseen_pairs(run.predictions)[UNSEEN]
        learned = {UNSEEN: [pair for pair in pairs if pair[0].intent in known]}
        systems[epochs] = System(f"stock, {epochs} epochs", learned, run, models.training_seconds)
    return systems


def try_designs(data: Data, tell: Tell) -> dict[str, list[dict[str, Any]]]:
    """Kept by a hash of the rows and of the code that they depend on."""

    def compare() -> dict[str, list[dict[str, Any]]]:
        comparison = Comparison(data.training, data.measured, tell)
        return {"topics": comparison.topics(), "intents": comparison.intents()}

    here = Path(__file__).parent
    files = [here / "designs.py", here / "retrieval.py", here / "measures.py", ROOT / "faq" / "synonyms.yml"]
    files += [ROOT / "bot" / "understanding" / name for name in ("text.py", "spelling.py")]
    code = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    everything = [row for rows in (data.training, *data.measured.values()) for row in rows]
    found: dict[str, list[dict[str, Any]]] = cached(
        cache_folder() / f"designs-{fingerprint(everything, code)}.json", compare
    )
    return found


def how_far_apart(data: Data) -> dict[str, Apart]:
    validation, unseen = data.measured[VALIDATION], data.measured[UNSEEN]
    return {
        "validation, from the training rows": _apart(validation, data.training),
        "unseen, from the training rows": _apart(unseen, data.training),
        "unseen, from the validation rows": _apart(unseen, validation),
    }


def _apart(rows: Sequence[Row], known: Sequence[Row]) -> Apart:
    known_texts = {normalise(row.text) for row in known}
    near = nearness([row.text for row in rows], [row.text for row in known])
    return Apart(Rate.count(normalise(row.text) in known_texts for row in rows), Rate.count(near > NEAR))


def _far_pairs(data: Data, ours: System) -> list[Pair]:
    pairs = ours.pairs[UNSEEN]
    near = nearness([row.text for row, _ in pairs], [row.text for row in data.known])
    return [pair for pair, cosine in zip(pairs, near, strict=True) if cosine <= NEAR]


def _train_stock(models: Sequence[StockModels], tell: Tell) -> None:
    for model in models:
        model.train(tell)
