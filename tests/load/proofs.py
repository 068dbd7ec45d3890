"""The full-size proofs: ``python -m tests.load.proofs`` (``make proof``) runs them and writes their tables.

Those of booking go into ``docs/booking.md``, of people taking over into ``docs/handoff.md``, of WeChat into ``docs/wechat.md``,
of several processes into ``docs/workers.md``, of the lifecycle into ``docs/lifecycle.md``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

from tests.load.page import HANDOFF, LIFECYCLE, PAGE, WECHAT, WORKERS, write_section

ROOT = Path(__file__).parents[2]
SIDE_BY_SIDE = ("--numprocesses", "2", "--dist", "loadfile")
PROOFS = {
    "tests.services.test_booking_races": "races on book, hold, hold → book and move; four processes; controls",
    "tests.services.test_waitlist_races": "races on accepting an offer of the waitlist; control",
    "tests.services.test_disruptions": "disruptions, and races of an outage with bookings; control",
    "tests.services.test_booking_model": "random steps against the model",
    "tests.test_kill": "kill -9 in the middle of 200 bookings",
}

HANDOFF_PROOFS = {
    "tests.services.test_takeover_races": "1,000 take-overs while the bot answers; rivals for one conversation; control",
    "tests.services.test_queue": "leases, grace time, the queue, assignment; the clock moved on by 61 minutes",
    "tests.api.test_any_input": "every operation of the staff API with input that fits its description and that does not",
    "tests.test_restart_desk": "kill -9 while customers and advisers write, connections cut at random",
}

WECHAT_PROOFS = {
    "tests.channels.wechat.test_whole_talks": "a test drive with a 7-second turn, redeliveries, every mode, no permission to send",
    "tests.channels.wechat.test_whole_people": "handoff both ways, an exhausted quota, every kind of message and event",
    "tests.channels.wechat.test_whole_storm": "500 messages of 50 customers, 30 % redelivered, doubled or overtaken",
    "tests.channels.wechat.test_whole_kill": "kill -9 in the middle of 500 messages",
    "tests.channels.wechat.test_whole_workers": "the storm over two processes on PostgreSQL and Redis; one of them killed",
}

WORKERS_PROOFS = {
    "tests.test_workers": "two workers at one port; one killed; the parent stopped, and killed",
    "tests.test_two_workers": "two servers book by turns; one killed in the middle of 20 messages; Redis away",
    "tests.test_database_away": "PostgreSQL killed for 30 s, and silent for 30 s, while customers write",
    "tests.conversations.test_query_plans": "the plan of every statement of turns, desk and upkeep among 1,000,000 messages",
}

LIFECYCLE_PROOFS = {
    "tests.services.test_outreach_year": "a year day by day for 10,000 cars: each moment told once, on its day",
    "tests.services.test_outreach": "ways, consents, caps, rivals and results of contacts",
    "tests.domain.test_outreach": "a day and a km before, on and after the limits of each moment",
    "tests.services.test_customer_exchange": "files of customers: faults, repeats, the same file four times at once",
    "tests.services.test_privacy": "every table and file searched after a deletion",
}

SUBJECTS = {
    "booking": (PROOFS, PAGE),
    "handoff": (HANDOFF_PROOFS, HANDOFF),
    "wechat": (WECHAT_PROOFS, WECHAT),
    "workers": (WORKERS_PROOFS, WORKERS),
    "lifecycle": (LIFECYCLE_PROOFS, LIFECYCLE),
}


def main(subjects: list[str]) -> int:
    """Run the proofs of these subjects, of all where none is named."""
    chosen = [SUBJECTS[name] for name in subjects or SUBJECTS]
    found = [name.replace(".", "/") + ".py" for proofs, _ in chosen for name in proofs]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", *SIDE_BY_SIDE, f"--junitxml={report}", *found]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "ZHANTING_PROOF": "full"})
        if done.returncode == 0:
            for proofs, page in chosen:
                write_section("proofs", _table(report, proofs), page)
    return done.returncode


def _table(report: Path, proofs: dict[str, str]) -> str:
    tests, seconds = Counter[str](), defaultdict[str, float](float)
    for case in ElementTree.parse(report).iter("testcase"):
        module = case.get("classname", "")
        tests[module] += 1
        seconds[module] += float(case.get("time", "0"))
    rows = [
        f"| {what} | {tests[name]} | {seconds[name]:.0f} |" for name, what in proofs.items() if tests[name]
    ]
    return "\n".join(["| proof | tests passed | seconds |", "|---|---:|---:|", *rows])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
