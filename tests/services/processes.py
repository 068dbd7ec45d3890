"""Processes that book at the same moment, each with an engine of its own. Importable by a spawned process."""

from __future__ import annotations

import multiprocessing
import random
from datetime import datetime, timedelta

from bot.domain.errors import SlotTaken
from bot.services import booking
from bot.services.visits import Contact
from bot.store.database import Database
from tests.services.bookings import DEMO, DRIVE, NOW, at


def starts(count: int) -> list[datetime]:
    """So many starts of test drives, of which each neighbour overlaps the next by its preparation."""
    days = range(count // 17 + 1)
    found = [
        at("11-23 09:00") + timedelta(days=day, minutes=30 * number) for day in days for number in range(17)
    ]
    return found[:count]


def book_all(job: tuple[str, int, int]) -> list[str]:
    """Try every start in an order of its own: held first, then booked. Gives the codes that were won."""
    url, number, count = job
    database, order = Database(url), starts(count)
    random.Random(number).shuffle(order)
    won = []
    for turn, start in enumerate(order):
        conversation = f"p{number}-{turn}"
        try:
            if turn % 2:
                booking.hold_slot(database, DEMO, NOW, conversation, DRIVE, start)
            contact = Contact(f"客户{number}", f"139{number:04}{turn:04}")
            won.append(booking.book(database, DEMO, NOW, conversation, DRIVE, start, contact).code)
        except SlotTaken:
            continue
    database.close()
    return won


def book_in_processes(url: str, processes: int, count: int) -> list[str]:
    """The codes of all that was booked; raises what a process raised."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return [
            code for won in pool.map(book_all, [(url, n, count) for n in range(processes)]) for code in won
        ]
