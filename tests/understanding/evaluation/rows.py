"""The sentences: which train, which choose thresholds, which only measure. See docs/understanding.md."""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
TRAINING = ROOT / "data" / "nlu"
VALIDATION = ROOT / "data" / "validation"
UNSEEN = ROOT / "tests" / "understanding" / "unseen"
OUR_TIMES = ROOT / "tests" / "understanding" / "data" / "time_expressions.jsonl"
GIVEN_TIMES = 60
"""Our file of time expressions begins with the rows that the project was given."""

FAQ = "faq"
OUT_OF_SCOPE = "out_of_scope"
NO_TOPIC = "none"
"""Questions about cars that no topic answers: ours learns to admit that; the comparison is about the topics."""
ONLY_IN_A_DIALOGUE = frozenset({"affirm", "back_to_bot", "deny", "inform", "request_change", "stop"})
"""They answer something that the bot said: as a first message they are a fallback (DESIGN.md, *Contracts*)."""


@dataclass(frozen=True)
class Row:
    """A sentence and what it means; the topic of a question of the FAQ."""

    text: str
    intent: str
    topic: str | None = None

    @property
    def label(self) -> str:
        return self.topic or self.intent


def training_rows() -> list[Row]:
    return _examples(TRAINING)


def validation_rows() -> list[Row]:
    return _examples(VALIDATION)


def unseen_rows() -> list[Row]:
    """What the examiner wrote. Nothing is tuned on them."""
    intents = _yaml(UNSEEN / "intents.yml")
    topics = _yaml(UNSEEN / "faq.yml")
    rows = [Row(text, FAQ, entry["topic"]) for entry in topics for text in entry["questions"]]
    rows += [Row(text, entry["intent"]) for entry in intents for text in entry["sentences"]]
    return rows + [Row(text, OUT_OF_SCOPE) for text in _yaml(UNSEEN / "out_of_scope.yml")]


def time_rows() -> dict[str, list[dict[str, Any]]]:
    """Rows of time expressions by who wrote them."""
    ours = _json_lines(OUR_TIMES)
    return {
        "given": ours[:GIVEN_TIMES],
        "ours": ours[GIVEN_TIMES:],
        "unseen, mended since": _json_lines(UNSEEN / "time_expressions.jsonl"),
        "unseen": _json_lines(UNSEEN / "time_expressions_second.jsonl"),
    }


def sample(rows: Sequence[Row], questions_per_topic: int) -> list[Row]:
    """So many questions of each topic and the same share of every other intent; a larger sample holds the smaller."""
    groups = _mixed_groups(rows)
    topics = [group for group in groups if group[0].topic]
    share = min(1.0, questions_per_topic * len(topics) / max(1, sum(map(len, topics))))
    found: list[Row] = []
    for group in groups:
        found += group[: questions_per_topic if group[0].topic else max(2, round(share * len(group)))]
    return found


def fingerprint(rows: Iterable[Row], *others: str) -> str:
    """A hash of sentences with their labels, in any order, and of other texts."""
    digest = hashlib.sha256()
    for line in sorted(f"{row.label}\t{row.text}" for row in rows):
        digest.update(f"{line}\n".encode())
    for other in others:
        digest.update(other.encode())
    return digest.hexdigest()[:12]


def halves(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Two halves of each intent and topic, one or the other larger by one."""
    groups = _mixed_groups(rows)
    return (
        [row for group in groups for row in group[::2]],
        [row for group in groups for row in group[1::2]],
    )


def fifth_apart(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Four fifths of each intent and topic, and one fifth."""
    groups = _mixed_groups(rows)
    return (
        [row for group in groups for at, row in enumerate(group) if at % 5 != 4],
        [row for group in groups for at, row in enumerate(group) if at % 5 == 4],
    )


def as_rasa(rows: Iterable[Row], retrieval: bool = False, validation: bool = False) -> str:
    """The rows as Rasa's training data; with `retrieval`, topics become retrieval intents (faq/store.hours)."""
    groups: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for row in rows:
        groups[row.intent, row.topic].append(row.text)
    nlu = []
    for (intent, topic), texts in groups.items():
        name = f"{intent}/{topic}" if topic and retrieval else intent
        metadata = {"topic": topic} if topic and not retrieval else {}
        if validation:
            metadata["use"] = "validation"
        examples = "".join(f"- {text}\n" for text in texts)
        nlu.append({"intent": name, "metadata": metadata, "examples": examples})
    return "version: '3.1'\n" + yaml.dump({"nlu": nlu}, allow_unicode=True, width=1000, Dumper=DUMPER)


def _mixed_groups(rows: Iterable[Row]) -> list[list[Row]]:
    """By intent and topic, each in an order that depends on its sentences alone."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.label].append(row)
    for label, group in groups.items():
        group.sort(key=lambda row: row.text)
        random.Random(label).shuffle(group)
    return [group for _, group in sorted(groups.items())]


def _examples(folder: Path) -> list[Row]:
    rows = []
    for path in sorted(folder.rglob("*.yml")):
        for block in _yaml(path)["nlu"]:
            topic = (block.get("metadata") or {}).get("topic")
            if topic == NO_TOPIC:
                continue
            lines = (line.strip() for line in block["examples"].splitlines())
            rows += [Row(line[1:].strip(), block["intent"], topic) for line in lines if line.startswith("-")]
    return rows


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Loader=LOADER)


def _json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
