"""Point 4: a request counts once for one message, whichever process took it; redeliveries pass."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bot import clock
from bot.services.wechat.nonces import forget_old, is_first_or_same
from bot.store.database import Database


def test_point_04_the_same_message_passes_and_another_does_not(database: Database) -> None:
    now = clock.now()

    assert is_first_or_same(database, "main", "1-a", "wang m:1", now)
    assert is_first_or_same(database, "main", "1-a", "wang m:1", now)
    assert not is_first_or_same(database, "main", "1-a", "wang m:2", now)
    assert is_first_or_same(database, "main", "2-a", "wang m:2", now)
    assert is_first_or_same(database, "west", "1-a", "wang m:2", now)


def test_point_04_of_rivals_under_one_nonce_one_message_passes(database: Database) -> None:
    now = clock.now()
    with ThreadPoolExecutor(6) as pool:
        passed = pool.map(
            lambda n: is_first_or_same(database, "main", "1-a", f"wang m:{n % 3}", now), range(6)
        )

    assert sum(passed) == 2


def test_point_04_what_the_timestamp_refuses_is_forgotten(database: Database) -> None:
    now = clock.now()
    for minutes in (0, 24, 26, 60):
        is_first_or_same(database, "main", f"{minutes}-a", "wang m:1", now - timedelta(minutes=minutes))

    assert forget_old(database, now) == 2
    assert forget_old(database, now) == 0
