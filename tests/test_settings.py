"""Settings that cannot be used are one clear line; the others come back in their plain form."""

from __future__ import annotations

import pytest

from bot.domain.errors import SetupError
from bot.settings import read_settings


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://localhost:5005"),
        ({"PORT": "8080"}, "http://localhost:8080"),
        ({"ZHANTING_PUBLIC_URL": "https://cars.example/"}, "https://cars.example"),
        ({"ZHANTING_PUBLIC_URL": "https://cars.example/chat/"}, "https://cars.example/chat"),
    ],
)
def test_the_public_address(environment: dict[str, str], address: str) -> None:
    assert read_settings(environment).public_url == address


@pytest.mark.parametrize(
    "address", ["cars.example", "ftp://cars.example", "https://", "https://a?b", "http://[a"]
)
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(SetupError, match=r"^ZHANTING_PUBLIC_URL="):
        read_settings({"ZHANTING_PUBLIC_URL": address})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZHANTING_DATABASE_POOL", "4"),
        ("ZHANTING_DATABASE_POOL", "many"),
        ("ZHANTING_KEEP_MONTHS", "0"),
        ("ZHANTING_KEEP_MONTHS", "-3"),
    ],
)
def test_a_number_that_makes_no_sense(name: str, value: str) -> None:
    with pytest.raises(SetupError, match=f"^{name}='{value}'"):
        read_settings({name: value})


def test_conversations_are_kept_for_ever_unless_somebody_says_otherwise() -> None:
    assert read_settings({}).keep_months is None
    assert read_settings({"ZHANTING_KEEP_MONTHS": "24"}).keep_months == 24
