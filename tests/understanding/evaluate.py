"""Measures understanding: `python -m tests.understanding.evaluate` cross-validates on the training data, `--held-out`
trains on all of it and measures the sentences kept apart.

Folds are grouped: sentences that are nearly the same never stand on both sides. Thresholds and weights are chosen from
the cross-validation alone, never from the held-out sentences.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.decision import (
    DecisionKind,
    DecisionMaker,
    Thresholds,
    contract_decision,
    decide,
)
from bot.understanding.intents import NgramIntentClassifier, topic_of
from bot.understanding.text import Vectoriser, normalise
from bot.understanding.topics import FaqTopicRetriever

ROOT = Path(__file__).parents[2]
HELD_OUT = Path(__file__).parent / "data"
SAME = 0.7
"""Cosine of n-grams from which two sentences belong to one group."""


@dataclass(frozen=True)
class Case:
    text: str
    intent: str
    topic: str | None = None


@dataclass
class Measures:
    """Each result is the case and what the pipeline made of it (as the processor would return it)."""

    results: list[tuple[Case, dict[str, Any]]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, cases: Sequence[Case], pipeline: Pipeline) -> None:
        started = time.perf_counter()
        self.results.extend((case, pipeline.parse(case.text)) for case in cases)
        self.seconds += time.perf_counter() - started

    @property
    def intent(self) -> float:
        """Share of cases whose intent the classifier ranks first."""
        return _share(parse["intent_ranking"][0]["name"] == case.intent for case, parse in self.results)

    def topic(self, first: int) -> float:
        """Share of FAQ questions whose topic is among the first so many."""
        return _share(
            case.topic in [entry["id"] for entry in parse["faq"]["ranking"][:first]]
            for case, parse in self.results
            if case.topic
        )

    @property
    def outside_answered(self) -> float:
        return _share(
            _kind(parse) == "answer" for case, parse in self.results if case.intent == "out_of_scope"
        )

    @property
    def outside_caught(self) -> float:
        """Out-of-scope sentences that are recognised as such or as not understood."""
        return _share(_declined(parse) for case, parse in self.results if case.intent == "out_of_scope")

    @property
    def falsely_rejected(self) -> float:
        return _share(_declined(parse) for case, parse in self.results if case.intent != "out_of_scope")

    @property
    def confident_wrong(self) -> float:
        """Share of all cases that get an answer which is not theirs."""
        return _share(
            _kind(parse) == "answer" and parse["faq"]["id"] != case.topic for case, parse in self.results
        )

    @property
    def answered(self) -> float:
        return _share(_kind(parse) == "answer" for case, parse in self.results if case.topic)

    @property
    def helped(self) -> float:
        """FAQ questions answered rightly, or whose topic is among the suggestions."""
        return _share(
            (_kind(parse) == "answer" and parse["faq"]["id"] == case.topic)
            or (_kind(parse) == "clarify" and case.topic in parse["decision"]["suggestions"])
            for case, parse in self.results
            if case.topic
        )

    def report(self) -> str:
        lines = {
            "intent": self.intent,
            "topic top-1": self.topic(1),
            "topic top-3": self.topic(3),
            "questions answered at once": self.answered,
            "questions answered rightly or offered": self.helped,
            "confident wrong answers": self.confident_wrong,
            "out of scope caught": self.outside_caught,
            "out of scope answered": self.outside_answered,
            "falsely rejected": self.falsely_rejected,
        }
        rows = [f"{name:40}{value:8.3f}" for name, value in lines.items()]
        milliseconds = 1000 * self.seconds / max(1, len(self.results))
        return "\n".join(
            [*rows, f"{'ms per message':40}{milliseconds:8.2f}", f"{'messages':40}{len(self.results):8}"]
        )


class Pipeline:
    """Our trainable components in the order of config.yml, trained on some examples and loaded again from storage."""

    def __init__(self, data: TrainingData, thresholds: Thresholds | None = None) -> None:
        with tempfile.TemporaryDirectory() as directory:
            storage = LocalModelStorage.create(Path(directory))
            self.components = [
                self._trained(NgramIntentClassifier, data, storage),
                self._trained(FaqTopicRetriever, data, storage),
            ]
        config = vars(thresholds) if thresholds else DecisionMaker.get_default_config()
        self.components.append(
            DecisionMaker.create(config, storage, Resource("decision"), _context("decision"))
        )

    def parse(self, text: str) -> dict[str, Any]:
        messages = [Message.build(text)]
        for component in self.components:
            messages = component.process(messages)
        return messages[0].as_dict(only_output_properties=True)

    @staticmethod
    def _trained(component: type[Any], data: TrainingData, storage: LocalModelStorage) -> Any:
        resource, context = Resource(component.__name__), _context(component.__name__)
        config = component.get_default_config()
        component.create(config, storage, resource, context).train(data)
        return component.load(config, storage, resource, context)


def training_data() -> TrainingData:
    return load_data(str(ROOT / "data" / "nlu"))


def held_out_cases() -> list[Case]:
    """The sentences kept apart. Raises FileNotFoundError when a file is missing."""
    intents = yaml.safe_load((HELD_OUT / "intents.yml").read_text("utf-8"))
    topics = yaml.safe_load((HELD_OUT / "faq.yml").read_text("utf-8"))
    outside = yaml.safe_load((HELD_OUT / "out_of_scope.yml").read_text("utf-8"))
    found = [Case(sentence, "out_of_scope") for sentence in outside]
    found += [Case(sentence, entry["intent"]) for entry in intents for sentence in entry["sentences"]]
    return found + [
        Case(question, "faq", entry["topic"]) for entry in topics for question in entry["questions"]
    ]


def cross_validate(data: TrainingData, folds: int) -> Measures:
    examples = data.intent_examples
    fold_of = _grouped_folds([normalise(example.get("text")) for example in examples], folds)
    measures = Measures()
    for fold in range(folds):
        pipeline = Pipeline(
            TrainingData([e for e, place in zip(examples, fold_of, strict=True) if place != fold])
        )
        measures.add(
            [_case(e) for e, place in zip(examples, fold_of, strict=True) if place == fold], pipeline
        )
    return measures


def sweep(measures: Measures) -> str:
    """What other thresholds for an answer would do with the same predictions; ours lets three of four be right."""
    rows = ["answer from   answered   right of them   wrong of all   out of scope answered"]
    for answer in (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8):
        changed = _decided_again(measures, Thresholds(answer=answer))
        right = _share(
            parse["faq"]["id"] == case.topic
            for case, parse in changed.results
            if case.topic and _kind(parse) == "answer"
        )
        figures = (changed.answered, right, changed.confident_wrong, changed.outside_answered)
        rows.append(f"{answer:11.2f}" + "".join(f"{figure:14.3f}" for figure in figures))
    return "\n".join(rows)


def _decided_again(measures: Measures, thresholds: Thresholds) -> Measures:
    changed = []
    for case, parse in measures.results:
        decision = decide(parse["intent_ranking"], parse["faq"], thresholds)
        written = {"kind": decision.kind.value, "suggestions": list(decision.suggestions)}
        name = {
            DecisionKind.FALLBACK: "nlu_fallback",
            DecisionKind.DIALOGUE: parse["intent_ranking"][0]["name"],
        }
        intent = {"name": name.get(decision.kind, "faq"), "confidence": decision.confidence}
        changed.append((case, {**parse, "decision": written, "intent": intent}))
    return Measures(changed, measures.seconds)


def _grouped_folds(texts: list[str], folds: int) -> list[int]:
    """A fold for each text; texts that are nearly the same share one."""
    rows = Vectoriser(min_documents=1).fit(texts)
    near = (rows @ rows.T).tocoo()
    parent = list(range(len(texts)))

    def root(at: int) -> int:
        while parent[at] != at:
            at = parent[at]
        return at

    for one, other, cosine in zip(near.row, near.col, near.data, strict=True):
        if one < other and cosine > SAME:
            parent[root(int(one))] = root(int(other))
    draw = np.random.RandomState(0).randint(0, folds, len(texts))
    return [int(draw[root(at)]) for at in range(len(texts))]


def _case(example: Message) -> Case:
    return Case(example.get("text"), example.get("intent"), topic_of(example))


def _context(name: str) -> ExecutionContext:
    return ExecutionContext(GraphSchema({}), node_name=name)


def _kind(parse: dict[str, Any]) -> str:
    return str(contract_decision(parse)["decision"])


def _declined(parse: dict[str, Any]) -> bool:
    return parse["decision"]["kind"] == "fallback" or parse["intent"]["name"] == "out_of_scope"


def _share(hits: Iterable[bool]) -> float:
    found = list(hits)
    return sum(found) / len(found) if found else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--held-out", action="store_true", help="train on all, measure the sentences kept apart"
    )
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    if not options.held_out:
        measures = cross_validate(training_data(), options.folds)
        print(measures.report())
        print(sweep(measures))
        return
    started = time.perf_counter()
    pipeline, measures = Pipeline(training_data()), Measures()
    print(f"{'seconds to train and load':40}{time.perf_counter() - started:8.1f}")
    measures.add(held_out_cases(), pipeline)
    print(measures.report())


if __name__ == "__main__":
    main()
