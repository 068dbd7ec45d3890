"""Every setting stands in both READMEs."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from bot.settings import NAMES, Settings

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_every_setting_is_documented(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")

    assert [name for name in NAMES.values() if f"`{name}`" not in text] == []


def test_every_setting_has_a_name() -> None:
    assert {field.name for field in fields(Settings)} == set(NAMES)
