"""Error codes and how long to wait after them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.wechat.faults import QUOTA, Fault, fault_of, retry_after


@pytest.mark.parametrize("code", sorted(QUOTA))
def test_a_used_up_quota_is_never_tried_again(code: int) -> None:
    assert fault_of(code) is Fault.NEVER


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_wait_doubles_up_to_a_limit(share: float) -> None:
    waits = [retry_after(-1, attempts, share) for attempts in range(1, 40)]

    assert waits == sorted(waits)
    assert timedelta(seconds=0.5) <= waits[0] <= timedelta(seconds=1)
    assert timedelta(minutes=1) <= waits[-1] <= timedelta(minutes=2)


def test_a_limit_per_day_is_waited_out_longer_than_one_per_minute() -> None:
    assert retry_after(45009, 1, 0) >= timedelta(minutes=5)
    assert timedelta(seconds=10) <= retry_after(45011, 1, 0) <= timedelta(minutes=2)
