"""The content of the demo dealer, without a database."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bot.services.content.files import read_content
from bot.services.content.snapshot import Content, build_content

ROOT = Path(__file__).resolve().parents[2]


@lru_cache(maxsize=1)
def demo_content() -> Content:
    return build_content(((entry.kind, entry.id, entry.data, 1) for entry in read_content(ROOT)), 1)
