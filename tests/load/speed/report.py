"""The table of both sides: aim, ours, stock, ratio, reached or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from tests.load.speed.figures import EARLY, LATE, Figures, Load

MOST_GROWTH = 0.1
"""Memory is flat if an hour at the measured rate and slope adds less than this share of it."""
MOST_DISTURBANCE = 3.0
"""Others notice nothing of a long message if their worst turn is no longer than so many usual worst ones."""
MOST_WAIT = 2.0
"""A second message waits for the first alone if it is answered within so many turns after it."""


@dataclass(frozen=True)
class Row:
    """One line of the table; `ratio` None where there is none, `reached` None where something was not measured."""

    measure: str
    aim: str
    ours: str
    stock: str
    ratio: float | None
    reached: bool | None


def rows(ours: Figures, stock: Figures) -> list[Row]:
    """Every measure of the issue, in its order."""
    return list(_rows(ours, stock))


def _rows(ours: Figures, stock: Figures) -> Iterator[Row]:
    yield _faster(f"FAQ turn, median, turn {EARLY}", 5, median(ours.early), median(stock.early))
    yield _at_the_end(ours, stock)
    own = ours.late / median(ours.early)
    aim = f"≤ 1.2 × its own turn {EARLY}"
    grown = f"{stock.late / median(stock.early):.2f} ×"
    yield Row(
        f"ours at turn {len(ours.turns)} against turn {EARLY}", aim, f"{own:.2f} ×", grown, None, own <= 1.2
    )
    yield _faster(
        "booking turn with an action, median", 5, median(ours.booking_turns), median(stock.booking_turns)
    )
    yield from _under_load(ours, stock)
    yield from _second(ours, stock)
    yield _start(ours, stock)
    yield _memory(ours, stock)
    yield from _too_long(ours, stock)
    yield from _mixed(ours, stock)


def table(found: list[Row]) -> str:
    head = ["| measure | aim | ours | stock | ratio | reached |", "|---|---|---:|---:|---:|---|"]
    words = {True: "yes", False: "**no**", None: "–"}
    return "\n".join(
        head
        + [
            f"| {row.measure} | {row.aim} | {row.ours} | {row.stock} "
            f"| {'' if row.ratio is None else f'{row.ratio:.1f}'} | {words[row.reached]} |"
            for row in found
        ]
    )


def notes(ours: Figures, stock: Figures, stock_is_kept: bool) -> str:
    """What one has to know to read the table."""
    size = ours.size
    lines = [
        f"Measured with {size.customers} customers for {size.rounds} rounds of {size.load_seconds:.0f} s, "
        f"a mixed load of {size.mixed_seconds / 60:.0f} min, {len(ours.questions)} questions; "
        f"{ours.booked} of {size.bookings} test drives booked by ours, {stock.booked} of {stock.size.bookings} by stock. "
        f"Answers that failed under load: ours {_failed(ours)}, stock {_failed(stock)}. "
        f"Stock's actions run in a process of their own ({stock.actions_rss:.0f} MB), not counted above.",
    ]
    if len(stock.turns) < stock.size.turns:
        lines.append(f"Stock's long conversation was stopped at turn {len(stock.turns)}: time was up.")
    if stock_is_kept:
        lines.append("**Stock's figures are kept ones** of an earlier run on this machine (`STOCK=cached`).")
    loads = [
        f"| {side} | {name} | {load.per_second:.1f} | {_rounds(load)} | {_ms(load.median)} | {_ms(load.p99)} | {load.failed} | {load.booked} "
        f"| {_each(load.rss)} | {_each(load.pss)} |"
        for side, figures in (("ours", ours), ("stock", stock))
        for name, load in figures.loads.items()
    ]
    head = "| | run as | messages/s | each round | median | p99 | failed | booked | RSS, MB | PSS, MB |\n|---|---|---:|---|---:|---:|---:|---:|---:|---:|"
    return "\n\n".join([*lines, "\n".join([head, *loads])])


def _faster(measure: str, times: float, ours: float, stock: float) -> Row:
    """`times` faster than stock; seconds."""
    return Row(measure, f"≥ {times:g} × faster", _ms(ours), _ms(stock), stock / ours, stock / ours >= times)


def _at_the_end(ours: Figures, stock: Figures) -> Row:
    reached = len(stock.turns)
    measure = f"the same at turn {len(ours.turns)}" + ("" if reached >= LATE else f" (stock: {reached})")
    return _faster(measure, 30, ours.late, stock.late)


def _under_load(ours: Figures, stock: Figures) -> Iterator[Row]:
    best = stock.best_load
    for times, (name, load) in zip((5, 8), ours.loads.items(), strict=False):
        ratio = load.per_second / best.per_second
        mine, theirs = f"{load.per_second:.0f}/s", f"{best.per_second:.1f}/s"
        measure = f"messages per second, {ours.size.customers} customers, {name}"
        yield Row(measure, f"≥ {times} × stock's best", mine, theirs, ratio, ratio >= times)
    one = _one(ours)
    ratio = best.p99 / one.p99
    yield Row(
        "99th percentile under that load", "≤ 1/5 of stock's", _ms(one.p99), _ms(best.p99), ratio, ratio >= 5
    )


def _second(ours: Figures, stock: Figures) -> Iterator[Row]:
    if ours.second and stock.second:
        mine, theirs = ours.second, stock.second
        reached = mine.after_first <= MOST_WAIT * mine.alone
        aim = f"that turn only (≤ {MOST_WAIT:g} of its own turns)"
        measure = "second message of a sender, answered after the first's answer"
        ratio = theirs.after_first / mine.after_first
        yield Row(measure, aim, _ms(mine.after_first), _ms(theirs.after_first), ratio, reached)


def _start(ours: Figures, stock: Figures) -> Row:
    mine, theirs = median(ours.starts), median(stock.starts)
    reached = mine <= 5 and theirs / mine >= 5
    return Row(
        "warm start to ready", "≤ 5 s, ≤ 1/5", f"{mine:.1f} s", f"{theirs:.1f} s", theirs / mine, reached
    )


def _memory(ours: Figures, stock: Figures) -> Row:
    mine, theirs = max(_one(ours).rss), max(_one(stock).rss)
    reached = mine <= 320 and theirs / mine >= 4
    measure, aim = "resident memory of a worker under load", "≤ 320 MB, ≤ 1/4"
    return Row(measure, aim, f"{mine:.0f} MB", f"{theirs:.0f} MB", theirs / mine, reached)


def _too_long(ours: Figures, stock: Figures) -> Iterator[Row]:
    if ours.too_long and stock.too_long:
        mine, theirs = ours.too_long, stock.too_long
        ratio, reached = theirs.answered / mine.answered, mine.answered <= 0.02
        measure = "a message of 10,000 characters"
        yield Row(measure, "refused in ≤ 20 ms", _ms(mine.answered), _ms(theirs.answered), ratio, reached)
        shown = [f"{_ms(one.worst_beside)} (else {_ms(one.worst_usual)})" for one in (mine, theirs)]
        reached = mine.worst_beside <= MOST_DISTURBANCE * mine.worst_usual
        yield Row("other customers' worst turn beside it", "they notice nothing", *shown, None, reached)


def _mixed(ours: Figures, stock: Figures) -> Iterator[Row]:
    if ours.mixed and stock.mixed:
        mine, theirs = ours.mixed, stock.mixed
        reached = mine.per_hour <= MOST_GROWTH * mine.points[-1][1]
        shown = [f"{one.slope:+.2f} MB ({one.points[-1][0]:,.0f} messages)" for one in (mine, theirs)]
        aim = f"flat (an hour adds ≤ {MOST_GROWTH:.0%})"
        yield Row(
            f"memory per 1,000 messages, mixed load of {mine.seconds / 60:.0f} min",
            aim,
            *shown,
            None,
            reached,
        )


def _one(figures: Figures) -> Load:
    """One worker, as it is usually run."""
    return next(iter(figures.loads.values()))


def _failed(figures: Figures) -> int:
    return sum(load.failed for load in figures.loads.values()) + (
        figures.mixed.failed if figures.mixed else 0
    )


def _ms(seconds: float) -> str:
    thousandths = seconds * 1000
    return f"{thousandths:,.0f} ms" if thousandths >= 100 else f"{thousandths:.1f} ms"


def _rounds(load: Load) -> str:
    return ", ".join(f"{each:.0f}" if each >= 50 else f"{each:.1f}" for each in load.windows)


def _each(memory: list[float]) -> str:
    return " + ".join(f"{size:.0f}" for size in memory)
