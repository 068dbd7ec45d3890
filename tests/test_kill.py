"""Kill -9 while customers book: what they were told is there, and what was cut off can be sent again.

``make proof`` does it with 200 bookings, every test run with a tenth of them.
"""

from __future__ import annotations

import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.services.visits import list_visits
from bot.store.database import Database
from tests.proof import size
from tests.server import RunningServer, start_server
from tests.services.bookings import DEMO
from tests.services.ledger import claims_made, claims_needed
from tests.services.racing import double_bookings

pytestmark = pytest.mark.slow

BOOKINGS = size(20, 200)
AT_ONCE = 8
MOST_MESSAGES = 8
MODELS = ("S3", "X5", "E5")
CODE = re.compile(r"[A-HJ-NP-Z]{3}[2-9]{3}")


@dataclass
class Customer:
    """Somebody who wants a test drive at a time of their own, and sends what got no answer once more."""

    number: int
    server: RunningServer
    text: str = ""
    step: int = 0
    code: str | None = None
    answers: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        hours, model = divmod(self.number, len(MODELS))
        day, hour = divmod(hours, 9)
        self.text = f"我想11月{day + 23}日{hour + 9}点去城东店试驾{MODELS[model]}，我叫李雷，电话{self.phone}，有驾照满一年了"

    @property
    def phone(self) -> str:
        return f"139{self.number:08}"

    def books(self) -> None:
        """Go on from where the conversation is; a server that is gone ends it."""
        with httpx.Client(base_url=self.server.url, timeout=60) as client:
            while self.code is None and self.step < MOST_MESSAGES:
                try:
                    self.reads(self.sends(client, self.step, self.text))
                except httpx.TransportError:
                    return

    def sends(self, client: httpx.Client, step: int, text: str) -> list[dict[str, Any]]:
        body = {"sender": f"kill-{self.number}", "message": text, "message_id": f"{self.number}-{step}"}
        answer = client.post("/webhooks/rest/webhook", json=body)
        if answer.status_code >= 500:
            raise httpx.TransportError(answer.text)
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    def reads(self, replies: list[dict[str, Any]]) -> None:
        assert replies, f"no answer to {self.text}"
        self.answers[self.step] = replies
        said = "".join(reply["text"] for reply in replies)
        found = CODE.search(said) if "预约码" in said else None
        buttons = [button for reply in replies for button in reply.get("buttons", [])]
        assert found or buttons, said
        if found:
            self.code = found[0]
        else:
            confirm = [button for button in buttons if "确认" in button["title"]]
            self.text, self.step = (confirm or buttons)[0]["payload"], self.step + 1


def test_killed_while_customers_book(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = start_server(home)
    customers = [Customer(number, first) for number in range(BOOKINGS)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        killer = threading.Thread(target=_kill_halfway, args=(first, customers))
        killer.start()
        list(pool.map(Customer.books, customers))
        killer.join()
    told = {customer.phone: customer.code for customer in customers if customer.code}
    assert BOOKINGS // 2 <= len(told) < BOOKINGS, "the server was not killed in the middle"

    second = start_server(home)
    database = Database(f"sqlite:///{home / 'zhanting.db'}")
    assert told.items() <= _booked(database).items()
    assert claims_made(database) == claims_needed(database)
    for customer in customers:
        customer.server = second
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(Customer.books, customers))
    assert _booked(database) == {customer.phone: customer.code for customer in customers}
    assert len(list_visits(database, DEMO)) == BOOKINGS
    for customer in customers:
        assert customer.sends(second.client, customer.step, customer.text) == customer.answers[customer.step]
    assert len(list_visits(database, DEMO)) == BOOKINGS
    assert double_bookings(database) == 0
    assert claims_made(database) == claims_needed(database)
    database.close()
    assert second.stop() == 0


def _kill_halfway(server: RunningServer, customers: list[Customer]) -> None:
    while sum(customer.code is not None for customer in customers) < BOOKINGS // 2:
        time.sleep(0.002)
    server.stop(signal.SIGKILL)


def _booked(database: Database) -> dict[str, str | None]:
    return {visit.phone: visit.code for visit in list_visits(database, DEMO)}
