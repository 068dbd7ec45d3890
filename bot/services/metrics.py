"""What this process counts and times, for Prometheus (``GET /metrics``, docs/operations.md).

Labels are names that we or the dealer's content chose, never anything about a person. What all processes share is not
counted here but read from the rows (``bot.services.vital_signs``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from sqlalchemy.orm import Session

from bot.store.database import after_commit

SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
LOGGER_PARTS = 3

REGISTRY = CollectorRegistry()
"""Ours alone; ``ProcessCollector`` adds resident memory, processor time, open files and the time of the start."""
ProcessCollector(registry=REGISTRY)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(f"zhanting_{name}", text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, *labels: str) -> Histogram:
    return Histogram(f"zhanting_{name}", text, labels, registry=REGISTRY, buckets=SECONDS)


TURNS = _counter("turns", "Messages of customers that were worked off.", "channel", "outcome")
TURN_SECONDS = _histogram(
    "turn_seconds", "From the conversation being free to the stored answer, in seconds.", "channel"
)
PART_SECONDS = _histogram(
    "turn_part_seconds", "What a turn spends its time with, in seconds; no part contains another.", "part"
)
MESSAGES = _counter("messages", "Lines of transcripts, by who wrote them.", "channel", "author")
HANDOFFS = _counter("handoffs", "Conversations that came to a person, or should be looked at.", "reason")
BOOKINGS = _counter("bookings", "Visits that were booked, moved or cancelled.", "kind", "change")
DELIVERIES = _counter("deliveries", "Messages of the outbox that were handed over.", "channel", "outcome")
WECHAT_SENDS = _counter("wechat_sends", "Messages sent to WeChat.", "account", "outcome")
ERRORS = _counter("errors", "Lines of the log with the level ERROR.", "logger")
STREAMS = Gauge("zhanting_open_streams", "Open server-sent events.", ("side",), registry=REGISTRY)


@dataclass
class Turn:
    """What becomes of the turn that runs; ``unfinished``: an error broke it off, and it will be tried again."""

    outcome: str = "unfinished"
    has_failed: bool = False


_turn: ContextVar[Turn | None] = ContextVar("turn", default=None)
_inner_seconds: ContextVar[list[float] | None] = ContextVar("inner_seconds", default=None)


@contextmanager
def turn(channel: str) -> Iterator[Turn]:
    """Count and time a turn; what runs inside says how it ends (``turn_ends``)."""
    running, began = Turn(), time.perf_counter()
    token = _turn.set(running)
    try:
        yield running
    finally:
        _turn.reset(token)
        TURNS.labels(channel, running.outcome).inc()
        TURN_SECONDS.labels(channel).observe(time.perf_counter() - began)


def waited(began: float) -> None:
    """The conversation is free now for a turn that has wanted it since ``began`` (``time.perf_counter``)."""
    _seconds_of_part("waiting").observe(time.perf_counter() - began)


def turn_failed() -> None:
    """The turn that runs will end with an apology."""
    if (running := _turn.get()) is not None:
        running.has_failed = True


def turn_ends(outcome: str) -> None:
    """The turn that runs has stored its answer, or has seen that nobody wants it."""
    if (running := _turn.get()) is not None:
        running.outcome = "failed" if running.has_failed else outcome


_seconds_of_part = cache(PART_SECONDS.labels)
"""Looked up at six parts a turn, with a lock and checks each time, where it is not kept."""


@contextmanager
def part(name: str) -> Iterator[None]:
    """Time a part of a turn, without the parts inside it."""
    outer, inner, began = _inner_seconds.get(), [0.0], time.perf_counter()
    token = _inner_seconds.set(inner)
    try:
        yield
    finally:
        _inner_seconds.reset(token)
        took = time.perf_counter() - began
        if outer is not None:
            outer[0] += took
        _seconds_of_part(name).observe(max(0.0, took - inner[0]))


def count_when_committed(session: Session, counter: Counter, *labels: str) -> None:
    """Nothing is counted of a transaction that is rolled back."""
    add: Callable[[], None] = partial(_count, counter, labels)
    after_commit(session, add)


def _count(counter: Counter, labels: tuple[str, ...]) -> None:
    counter.labels(*labels).inc()


class CountErrors(logging.Handler):
    """A handler of the log that counts errors by the module that reports them."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        ERRORS.labels(".".join(record.name.split(".")[:LOGGER_PARTS])).inc()
