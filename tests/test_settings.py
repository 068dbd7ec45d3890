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
