"""The measures, the same for both sides: each asks a running server something and gives seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from statistics import median

from tests.load.speed.crowd import Crowd
from tests.load.speed.customers import BOOKED, TALK, TOO_LONG, Line
from tests.load.speed.figures import EARLY, Mixed, Second, Size, TooLong
from tests.load.speed.servers import Running

MOST_QUESTIONS = 20
FEWEST_TOO_LONG, MOST_TOO_LONG = 3, 9
"""Stock's first one takes several times as long as its next: the median must not be that of the first alone."""
HEAD_START_SECONDS = 0.005
"""So much later a second message is sent: the server has the first."""


async def understood(line: Line, candidates: Mapping[str, str]) -> list[str]:
    """The first questions, by the answer that they want, that get it as the first message of a conversation."""
    found: list[str] = []
    for number, (question, wanted) in enumerate(candidates.items()):
        answer = await line.say(f"knows-{number}", question)
        if wanted[:20] in answer.text:
            found.append(question)
        if len(found) == MOST_QUESTIONS:
            break
    return found


async def early_turns(line: Line, questions: Sequence[str], size: Size) -> list[float]:
    """Turns 8 to 12 of several conversations."""
    last = min(EARLY + 2, size.turns)
    found: list[float] = []
    for conversation in range(size.short_conversations):
        turns = [await _ask(line, f"early-{conversation}", questions, turn) for turn in range(last)]
        found += turns[-5:]
    return found


async def long_conversation(line: Line, questions: Sequence[str], size: Size) -> list[float]:
    """Every turn of one conversation; it ends early where time is up."""
    end = time.perf_counter() + size.longest_seconds
    turns: list[float] = []
    while len(turns) < size.turns and time.perf_counter() < end:
        turns.append(await _ask(line, "long", questions, len(turns)))
    return turns


async def booking_turns(line: Line, size: Size) -> tuple[list[float], int]:
    """Every turn of whole test drives, and how many of these were booked."""
    turns: list[float] = []
    booked = 0
    for number in range(size.bookings):
        async for answer in line.books(f"books-{number}"):
            turns.append(answer.seconds)
            booked += BOOKED in answer.text
    return turns, booked


async def warm_up(line: Line, questions: Sequence[str]) -> None:
    """Some questions and one whole test drive; raises RuntimeError where nothing is booked, for then nothing is measured either."""
    for number in range(4):
        await line.say(f"warm-{number}-{time.time_ns()}", questions[0])
    said = [answer.text async for answer in line.books(f"warm-{time.time_ns()}")]
    if BOOKED not in said[-1]:
        raise RuntimeError(f"no test drive can be booked: {said}")


async def second_message(line: Line, questions: Sequence[str], rounds: int = 9) -> Second:
    """Two messages of one sender, the second while the first runs, which calls an action on both sides; medians."""
    alone, after = [], []
    for number in range(rounds):
        sender = f"second-{number}"
        await line.say(sender, questions[0])
        alone.append((await line.say(sender, questions[1])).seconds)
        first = asyncio.create_task(_ended(line, sender, TALK[0]))
        await asyncio.sleep(HEAD_START_SECONDS)
        second = asyncio.create_task(_ended(line, sender, questions[1]))
        ended = await asyncio.gather(first, second)
        after.append(max(ended) - min(ended))
    return Second(median(alone), median(after))


async def too_long_message(line: Line, questions: Sequence[str], size: Size, others: int = 4) -> TooLong:
    """10,000 characters by themselves, several times; and once more while four customers ask."""
    answered, end = [], time.perf_counter() + size.seconds_of_others
    while len(answered) < MOST_TOO_LONG and (len(answered) < FEWEST_TOO_LONG or time.perf_counter() < end):
        answered.append((await line.say(f"too-long-{len(answered)}", TOO_LONG)).seconds)
    usual = await _worst_turn(line, "usual", questions, size.seconds_of_others, others)
    asking = asyncio.create_task(_worst_turn(line, "beside", questions, size.seconds_of_others, others))
    await asyncio.sleep(size.seconds_of_others / 4)
    await line.say("too-long-beside", TOO_LONG)
    return TooLong(median(answered), await asking, usual)


async def mixed(line: Line, running: Running, questions: Sequence[str], size: Size) -> Mixed:
    """The same customers for as long as `size` says, with the memory."""
    sent, failed, begun = line.sent, line.failed, time.perf_counter()
    crowd = Crowd(line, questions, size.customers)
    crowd.write()
    points: list[tuple[float, float]] = []
    while time.perf_counter() - begun < size.mixed_seconds:
        await asyncio.sleep(1)
        points.append((line.sent - sent, sum(running.rss())))
    taken = time.perf_counter() - begun
    await crowd.leave()
    return Mixed(taken, line.failed - failed, points)


async def _ask(line: Line, sender: str, questions: Sequence[str], turn: int) -> float:
    return (await line.say(sender, questions[turn % len(questions)])).seconds


async def _ended(line: Line, sender: str, words: str) -> float:
    await line.say(sender, words)
    return time.perf_counter()


async def _worst_turn(
    line: Line, name: str, questions: Sequence[str], seconds: float, customers: int
) -> float:
    end = time.perf_counter() + seconds

    async def ask(customer: int) -> float:
        worst, turn = 0.0, 0
        while time.perf_counter() < end:
            sender = f"{name}-{customer}-{turn // EARLY}"
            worst, turn = max(worst, await _ask(line, sender, questions, turn)), turn + 1
        return worst

    return max(await asyncio.gather(*(ask(customer) for customer in range(customers))))
