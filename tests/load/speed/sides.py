"""Measures one side by itself, as it is usually run; many customers at once belong to `rounds`."""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.load.speed import measures
from tests.load.speed.customers import line_to
from tests.load.speed.figures import Figures, Size
from tests.load.speed.project import StockProject
from tests.load.speed.servers import Running, start_ours, start_stock, stopped
from tests.understanding.evaluation.rows import training_rows

Tell = Callable[[str], None]
FEWEST_QUESTIONS = 5
QUESTIONS = ("首付要多少", "你们几点开门", "保养多久做一次", "充电要多久", "可以开发票吗")
"""Asked where stock was not measured."""


def machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.node()}"


def measure_stock(project: StockProject, home: Path, size: Size, tell: Tell) -> Figures:
    """Stock as installed."""
    figures = Figures(size, machine(), project.key)
    for number in range(size.starts - 1):
        with stopped(start_stock(project, home)) as running:
            figures.starts.append(running.ready_seconds)
            tell(f"stock: start {number + 1}, ready after {running.ready_seconds:.1f} s")
    with stopped(start_stock(project, home)) as running:
        figures.starts.append(running.ready_seconds)
        asyncio.run(_talk(figures, running, False, tell, _candidates(project.answers)))
        figures.actions_rss = running.action_server_rss()
    return figures


def measure_ours(home: Path, size: Size, tell: Tell, questions: Sequence[str]) -> Figures:
    """One worker on SQLite. The first start, which may train, does not count."""
    figures = Figures(size, machine(), questions=list(questions) or list(QUESTIONS))
    with stopped(start_ours(home)):
        pass
    for number in range(size.starts - 1):
        with stopped(start_ours(home)) as running:
            figures.starts.append(running.ready_seconds)
            tell(f"ours: start {number + 1}, ready after {running.ready_seconds:.1f} s")
    with stopped(start_ours(home)) as running:
        figures.starts.append(running.ready_seconds)
        asyncio.run(_talk(figures, running, True, tell))
    return figures


async def _talk(
    figures: Figures, running: Running, is_ours: bool, tell: Tell, candidates: Mapping[str, str] | None = None
) -> None:
    """Everything that one server is asked, one measure after the other."""
    size, side = figures.size, "ours" if is_ours else "stock"
    async with line_to(running.url, is_ours) as line:
        if candidates:
            found = await measures.understood(line, candidates)
            figures.questions = (
                found if len(found) >= FEWEST_QUESTIONS else list(candidates)[: measures.MOST_QUESTIONS]
            )
            tell(f"{side}: understands {len(found)} of the questions that were tried")
        asked = figures.questions
        figures.early = await measures.early_turns(line, asked, size)
        figures.turns = await measures.long_conversation(line, asked, size)
        tell(f"{side}: a long conversation reached turn {len(figures.turns)}")
        figures.booking_turns, figures.booked = await measures.booking_turns(line, size)
        tell(f"{side}: {figures.booked} of {size.bookings} test drives booked")
        figures.second = await measures.second_message(line, asked)
        tell(f"{side}: mixed load for {size.mixed_seconds / 60:.0f} min …")
        figures.mixed = await measures.mixed(line, running, asked, size)
        # Last: it leaves gigabytes in stock's process, which are not the memory of its load.
        figures.too_long = await measures.too_long_message(line, asked, size)


def _candidates(answers: Mapping[str, str]) -> dict[str, str]:
    """Questions of the training data, one of each topic, with the answer that each wants."""
    first = {row.topic: row.text for row in reversed(training_rows()) if row.topic in answers}
    return {text: answers[str(topic)] for topic, text in sorted(first.items(), key=lambda found: found[1])}
