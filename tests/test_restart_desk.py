"""Kill -9 while customers and advisers write, connections cut at random: nothing lost, nothing twice, order kept.

Both sides send each line with an id of their own until it is acknowledged, and read by a stream that goes on from the
last number they have. ``make proof`` does it with ten times as many lines as a test run.
"""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.proof import size
from tests.server import RunningServer, start_server

pytestmark = pytest.mark.slow

CONVERSATIONS, LINES = size(3, 10), size(12, 36)
PATIENCE = 120.0
LATER = "2026-11-22T10:10:00+08:00"
Headers = dict[str, str]


@dataclass
class Line:
    """The way to the server that is up at the moment; ``acknowledged`` counts what both sides got through."""

    server: RunningServer
    acknowledged: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def insists(self, path: str, headers: Headers, body: dict[str, Any], chance: random.Random) -> Any:
        """Send until there is an answer; now and then the connection is cut before it comes."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            seconds = 0.003 if chance.random() < 0.3 else 10.0
            try:
                timeout = httpx.Timeout(10.0, read=seconds)
                answer = httpx.post(self.server.url + path, json=body, headers=headers, timeout=timeout)
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            if answer.status_code < 500:
                assert answer.status_code in (200, 202), answer.text
                with self.lock:
                    self.acknowledged += 1
                return answer.json()
        raise AssertionError(f"no answer to {path}")


@dataclass
class Reader:
    """One end's stream: what it got, in the order in which it came."""

    line: Line
    path: str
    headers: Headers
    chance: random.Random
    until: Callable[[list[dict[str, Any]]], bool]
    got: list[dict[str, Any]] = field(default_factory=list)

    def reads(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.until(self.got):
            assert time.monotonic() < deadline, [row["text"] for row in self.got]
            with suppress(httpx.TransportError):
                self._reads_until_cut()

    def _reads_until_cut(self) -> None:
        last = str(self.got[-1]["seq"]) if self.got else "0"
        left = self.chance.randint(1, 12)
        url = self.line.server.url + self.path
        headers = {**self.headers, "Last-Event-ID": last}
        with httpx.stream("GET", url, headers=headers, timeout=httpx.Timeout(10.0, read=2.0)) as answer:
            for row in rows_of(answer.iter_lines()):
                self.got.append(row)
                left -= 1
                if left == 0 or self.until(self.got):
                    return


def rows_of(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    name = ""
    for text in lines:
        key, _, value = text.partition(": ")
        if key == "event":
            name = value
        elif key == "data" and name == "message":
            yield json.loads(value)


def lines_of(got: list[dict[str, Any]], author: str) -> list[str]:
    found = (row for row in got if row["author"] == author and not row.get("internal"))
    return [row["text"] for row in found if " " in row["text"]]


def expected(who: str) -> list[str]:
    return [f"{who} {number}" for number in range(LINES)]


@dataclass
class Talk:
    """One conversation: the customer, the adviser, and what each reads."""

    line: Line
    number: int
    staff: Headers
    visitor: Headers = field(default_factory=dict)
    id: str = ""
    read: list[Reader] = field(default_factory=list)

    def begins(self) -> None:
        client = self.line.server.client
        opened = client.post("/web/session", json={}).json()
        self.id, self.visitor = opened["conversation"], {"Authorization": f"Bearer {opened['token']}"}
        chance = random.Random(self.number)
        self.line.insists("/web/messages", self.visitor, {"text": "转人工", "client_id": "h"}, chance)
        self.line.insists(f"/api/staff/conversations/{self.id}/take", self.staff, {}, chance)
        everything = 2 * LINES

        def all_there(got: list[dict[str, Any]]) -> bool:
            return len(lines_of(got, "customer")) + len(lines_of(got, "staff")) >= everything

        staff_path = f"/api/staff/stream?conversation={self.id}"
        ends = (("/web/stream", self.visitor), (staff_path, self.staff))
        self.read = [
            Reader(self.line, path, headers, random.Random(self.number * 7 + end), all_there)
            for end, (path, headers) in enumerate(ends)
        ]

    def customer_writes(self) -> None:
        chance = random.Random(self.number * 3)
        for number in range(LINES):
            body = {"text": f"客户 {number}", "client_id": f"c{number}"}
            self.line.insists("/web/messages", self.visitor, body, chance)

    def adviser_writes(self) -> None:
        chance = random.Random(self.number * 5)
        path = f"/api/staff/conversations/{self.id}/reply"
        for number in range(LINES):
            body = {"text": f"顾问 {number}", "client_id": f"s{number}"}
            self.line.insists(path, self.staff, body, chance)


def test_nothing_is_lost_and_nothing_comes_twice(tmp_path: Path) -> None:
    home = tmp_path / "home"
    line = Line(start_server(home, ZHANTING_RATE_LIMIT="off"))
    staff = line.server.staff()
    talks = [Talk(line, number, staff) for number in range(CONVERSATIONS)]
    for talk in talks:
        talk.begins()
    halfway = line.acknowledged + CONVERSATIONS * LINES

    with ThreadPoolExecutor(4 * CONVERSATIONS + 1) as pool:
        work = [pool.submit(act) for talk in talks for act in (talk.customer_writes, talk.adviser_writes)]
        work += [pool.submit(reader.reads) for talk in talks for reader in talk.read]
        while line.acknowledged < halfway and not any(each.done() and each.exception() for each in work):
            time.sleep(0.005)
        line.server.stop(signal.SIGKILL)
        line.server = start_server(home, ZHANTING_CLOCK=LATER, ZHANTING_RATE_LIMIT="off")
        for each in work:
            each.result()

    for talk in talks:
        owner = line.server.client.get(f"/api/staff/conversations/{talk.id}", headers=staff).json()
        assert (owner["state"], owner["adviser"]) == ("adviser", "admin")
        for reader in talk.read:
            numbers = [row["seq"] for row in reader.got]
            assert numbers == sorted(set(numbers))
            assert lines_of(reader.got, "customer") == expected("客户")
            assert lines_of(reader.got, "staff") == expected("顾问")
    assert line.server.stop() == 0
