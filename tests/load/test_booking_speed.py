"""What the benchmark relies on, without a clock: as many statements and the same answers however much is booked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.database import KINDS, open_database
from tests.load.booking import counted, free_month, refused
from tests.load.garage import fill, garage

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", KINDS)
def test_a_search_takes_as_many_statements_however_much_is_booked(kind: str, tmp_path: Path) -> None:
    seen = []
    for to_come, past in ((0, 0), (200, 0), (2000, 500)):
        database = open_database(kind, tmp_path)
        fill(database, to_come, past)
        with counted(database) as month:
            assert free_month(database, garage()) > 900
        with counted(database) as refusal:
            refused(database, garage())
        seen.append((len(month), len(refusal)))
        database.close()
    assert seen == [(1, 2)] * 3
