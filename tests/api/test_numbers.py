"""Numbers in addresses: one that no database can hold is refused, however many digits it has."""

from __future__ import annotations

import pytest

from bot.api.parameters import number_of
from bot.domain.errors import InvalidInput

LARGEST = 2**31 - 1


@pytest.mark.parametrize(
    "text", [str(LARGEST + 1), "915293033733894548837124538368", "1" * 5000, "0", "-1", "²"]
)
def test_it_is_out_of_range(text: str) -> None:
    with pytest.raises(InvalidInput):
        number_of("before", text, 1, LARGEST)


@pytest.mark.parametrize(("text", "number"), [("1", 1), (str(LARGEST), LARGEST), (None, 7), ("", 7)])
def test_it_is_taken(text: str | None, number: int) -> None:
    assert number_of("before", text, 7, LARGEST) == number
