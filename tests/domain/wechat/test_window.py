"""The quota of a customer (``reference/wechat.md``, *Customer-service messages*)."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.clock import TIME_ZONE
from bot.domain.wechat.window import Grant, Limits, Window

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)
LIMITS = Limits()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def written(at: datetime = NOW) -> Window:
    return Window().granted(Grant.MESSAGE, at)


def test_five_messages_for_48_hours_after_a_message() -> None:
    window = written()

    assert [window.left(NOW + 48 * HOUR - MINUTE, LIMITS), window.left(NOW + 48 * HOUR, LIMITS)] == [5, 0]
    for used in range(5):
        assert window.left(NOW, LIMITS) == 5 - used
        window = window.spent(NOW, LIMITS)
    assert window.left(NOW, LIMITS) == 0


def test_three_messages_within_a_minute_of_a_click_and_they_are_used_first() -> None:
    window = written().granted(Grant.CLICK, NOW + HOUR)
    later = NOW + HOUR

    assert window.left(later, LIMITS) == 8
    for _ in range(3):
        window = window.spent(later, LIMITS)
    assert (window.click_used, window.message_used) == (3, 0)
    assert window.spent(later, LIMITS).message_used == 1
    assert window.left(later + MINUTE, LIMITS) == 5


def test_the_bot_leaves_the_last_message_to_a_person() -> None:
    window = Window(NOW, 4)

    assert (window.left(NOW, LIMITS), window.left_for_bot(NOW, LIMITS)) == (1, 0)
    assert Window(NOW, 5).left_for_bot(NOW, LIMITS) == 0
    assert window.left_for_bot(NOW, Limits(kept_for_person=0)) == 1


def test_the_next_message_of_the_customer_fills_the_quota_and_an_older_one_does_not() -> None:
    used = Window(NOW, 5, NOW, 3)

    assert used.granted(Grant.MESSAGE, NOW + MINUTE).message_used == 0
    assert used.granted(Grant.MESSAGE, NOW - MINUTE) == used
    assert used.granted(Grant.CLICK, NOW - MINUTE) == used


def test_when_the_permission_ends() -> None:
    window = written().granted(Grant.CLICK, NOW)

    assert window.ends(NOW, LIMITS) == NOW + 48 * HOUR
    assert Window(NOW, 5, NOW, 0).ends(NOW, LIMITS) == NOW + MINUTE
    assert window.exhausted(LIMITS).ends(NOW, LIMITS) is None
    assert Window().ends(NOW, LIMITS) is None


@given(st.lists(st.tuples(st.sampled_from(["message", "click", "spend"]), st.integers(0, 90)), max_size=30))
def test_never_more_than_the_platform_grants(history: list[tuple[str, int]]) -> None:
    """Against the platform's own way of counting: spent messages since each grant."""
    window, now = Window(), NOW
    sent = 0
    for what, seconds in history:
        now += timedelta(seconds=seconds)
        if what == "spend":
            if window.left(now, LIMITS):
                window, sent = window.spent(now, LIMITS), sent + 1
        else:
            window = window.granted(Grant(what), now)
    grants = {"message": 5, "click": 3}
    assert sent <= sum(grants.get(what, 0) for what, _ in history)
    assert 0 <= window.left(now, LIMITS) <= 8
