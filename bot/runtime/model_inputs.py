"""What a model is made of, part by part. The name of a model is a hash of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path

from bot.settings import ROOT


class Part(Enum):
    """In the order in which they are trained."""

    UNDERSTANDING = "understanding"
    DIALOGUE = "dialogue"


COMMON = ("config.yml", "requirements.lock")
OWN = {Part.UNDERSTANDING: ("bot/understanding",), Part.DIALOGUE: ("domain.yml",)}
INPUTS = ("data", *COMMON, *(name for names in OWN.values() for name in names))
"""Every file and folder of these."""
TOPICS = {Part.UNDERSTANDING: ("nlu", "responses"), Part.DIALOGUE: ("stories", "rules")}
"""The keys by which Rasa tells its training files apart (rasa/shared/data.py, ``is_key_in_yaml``)."""


def fingerprint(root: Path = ROOT) -> str:
    """A hash of everything that a trained model depends on: that of each part, with a hyphen between."""
    return joined_fingerprint({part: part_fingerprint(part, root) for part in Part})


def joined_fingerprint(parts: Mapping[Part, str]) -> str:
    return "-".join(parts[part] for part in Part)


def part_fingerprint(part: Part, root: Path = ROOT) -> str:
    """A hash of everything that a part depends on."""
    digest = hashlib.sha256()
    for path in _inputs(part, root):
        digest.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def training_files(part: Part, root: Path = ROOT) -> list[Path]:
    """The files under data/ that a part is trained on; what has none of the known keys counts for both."""
    return [path for path in _files(root / "data") if _concerns(path, part)]


def _inputs(part: Part, root: Path) -> Iterator[Path]:
    for name in (*COMMON, *OWN[part]):
        yield from _files(root / name)
    yield from training_files(part, root)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".yaml", ".py") and p.is_file())


def _concerns(path: Path, part: Part) -> bool:
    text = path.read_text("utf-8")
    named = {each for each, keys in TOPICS.items() if re.search(rf"^\s*(?:{'|'.join(keys)})\s*:", text, re.M)}
    return part in named or not named
