"""`python -m tests.load` (`make load`): how fast we are, each subject with a page in docs/."""

from __future__ import annotations

import argparse
from dataclasses import replace

from tests.load import booking
from tests.load.speed.comparison import compare
from tests.load.speed.figures import QUICK, WHOLE

SUBJECTS = ("speed", "booking")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="subject", help=f"of {', '.join(SUBJECTS)}; else all")
    parser.add_argument(
        "--stock", choices=("train", "cached"), default="train", help="cached: measure ours alone"
    )
    parser.add_argument(
        "--size", choices=("whole", "quick"), default="whole", help="quick: small, writes no page"
    )
    parser.add_argument("--minutes", type=float, help="of mixed load on each side")
    wanted = parser.parse_args()
    if not set(wanted.subjects) <= set(SUBJECTS):
        parser.error(f"a subject is one of {', '.join(SUBJECTS)}")
    size = QUICK if wanted.size == "quick" else WHOLE
    if wanted.minutes is not None:
        size = replace(size, mixed_seconds=wanted.minutes * 60)
    for subject in wanted.subjects or SUBJECTS:
        if subject == "speed":
            compare(wanted.stock == "cached", size)
        else:
            booking.main()


if __name__ == "__main__":
    main()
