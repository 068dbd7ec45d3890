"""What is measured of one side, in seconds and MB; kept as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

EARLY, LATE = 10, 500
"""The turns of a conversation that are compared (the issue's)."""
AROUND = 10
"""A turn is the median of so many that end with it."""


@dataclass(frozen=True)
class Size:
    """How much is measured: the whole, or little of it to see that it runs."""

    turns: int = LATE
    short_conversations: int = 8
    bookings: int = 10
    customers: int = 50
    rounds: int = 5  # of load, each way of each side in turn
    load_seconds: float = 20  # of one round, and before them:
    warm_seconds: float = 5
    starts: int = 3
    seconds_of_others: float = 5
    mixed_seconds: float = 600
    longest_seconds: float = 300  # a long conversation stops there, at the turn that it has reached


WHOLE = Size()
QUICK = Size(24, 2, 1, 6, 2, 3, 3, 1, 1, 5, 30)


@dataclass
class Load:
    """Many customers at once, what failed and how many test drives they booked.

    `per_second` is the median of the rounds. Memory: of each process that answers, at the end.
    """

    per_second: float
    median: float
    p99: float
    failed: int
    booked: int
    rss: list[float] = field(default_factory=list)
    pss: list[float] = field(default_factory=list)
    windows: list[float] = field(default_factory=list)  # messages per second, round by round


@dataclass
class Second:
    """A second message of the same sender, sent while the first runs: how long after the first's answer its own came."""

    alone: float
    after_first: float


@dataclass
class TooLong:
    """10,000 characters: their answer by themselves, and the worst turn of other customers beside them and else."""

    answered: float
    worst_beside: float
    worst_usual: float


@dataclass
class Mixed:
    """Messages so far and memory of the worker, each second."""

    seconds: float
    failed: int
    points: list[tuple[float, float]] = field(default_factory=list)

    @property
    def slope(self) -> float:
        """MB per 1,000 messages in the second half, by least squares: start-up and caches that fill lie before."""
        later = self.points[len(self.points) // 2 :]
        middle_x = sum(x for x, _ in later) / len(later)
        middle_y = sum(y for _, y in later) / len(later)
        spread = sum((x - middle_x) ** 2 for x, _ in later)
        return 1000 * sum((x - middle_x) * (y - middle_y) for x, y in later) / spread if spread else 0.0

    @property
    def per_hour(self) -> float:
        """What that slope would add in an hour at this rate."""
        return self.slope / 1000 * self.points[-1][0] / self.seconds * 3600


@dataclass
class Figures:
    """One side. `turns` are those of one long conversation; `loads` by the way it was run, `1 worker` first."""

    size: Size
    machine: str
    data: str = ""
    questions: list[str] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    early: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    booking_turns: list[float] = field(default_factory=list)
    booked: int = 0
    loads: dict[str, Load] = field(default_factory=dict)
    second: Second | None = None
    too_long: TooLong | None = None
    mixed: Mixed | None = None
    actions_rss: float = 0

    @property
    def late(self) -> float:
        """The median of the last turns that were reached."""
        return median(self.turns[-AROUND:])

    @property
    def best_load(self) -> Load:
        return max(self.loads.values(), key=lambda load: load.per_second)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), ensure_ascii=False), "utf-8")


def read_figures(path: Path) -> Figures:
    told = json.loads(path.read_text("utf-8"))
    told["size"] = Size(**told["size"])
    told["loads"] = {name: Load(**load) for name, load in told["loads"].items()}
    told["second"] = told["second"] and Second(**told["second"])
    told["too_long"] = told["too_long"] and TooLong(**told["too_long"])
    told["mixed"] = told["mixed"] and Mixed(**told["mixed"])
    return Figures(**told)
