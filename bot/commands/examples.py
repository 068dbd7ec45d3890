"""Adding a sentence to the training data: one line in a file under ``data/nlu``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bot.domain.errors import Conflict, NotFound
from bot.understanding.text import normalise, words

TRAINING, VALIDATION = "data/nlu", "data/validation"
_BLOCK = re.compile(r"^  - intent:", re.MULTILINE)
_MARKED = re.compile(r"[\[\](){}]")


def add_example(sentence: str, target: str, root: Path) -> Path:
    """Append the sentence to the examples of an intent, or of a FAQ topic (with a dot), and give the file's name.

    Rasa's marks for entities are taken out of it. Raises ``NotFound`` for a target without examples, and ``Conflict``
    for a sentence that is there already, or that the training is validated with.
    """
    plain = " ".join(_MARKED.sub(" ", sentence).lstrip("/- ").split())
    for folder in (TRAINING, VALIDATION):
        for path in _files(root / folder):
            if _plain(plain) in map(_plain, _examples(path.read_text("utf-8"))):
                raise Conflict(f"{path.relative_to(root)} has this sentence already")
    for path in _files(root / TRAINING):
        text = path.read_text("utf-8")
        place = _end_of_examples(text, target)
        if place is not None:
            path.write_text(f"{text[:place]}      - {plain}\n{text[place:]}", "utf-8")
            return path.relative_to(root)
    raise NotFound(f"no intent and no FAQ topic with training data is called {target}")


def _plain(text: str) -> list[str]:
    """What tells one sentence from another: neither punctuation nor spaces, case, traditional characters, numbers."""
    return words(normalise(text))


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.yml"))


def _examples(text: str) -> Iterator[str]:
    return (line.strip()[2:] for line in text.splitlines() if line.startswith("      - "))


def _end_of_examples(text: str, target: str) -> int | None:
    """Behind the last example of the target's block."""
    starts = [match.start() for match in _BLOCK.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        block = text[start:end]
        if _target_of(block) == target and "      - " in block:
            last = block.rindex("      - ")
            return start + block.index("\n", last) + 1 if "\n" in block[last:] else None
    return None


def _target_of(block: str) -> str:
    """The topic of a block of questions, else its intent."""
    found = re.search(r"\btopic: *([\w.]+)", block) or re.match(r" *- intent: *(\w+)", block)
    return found[1] if found else ""
