"""`make eval`: measure everything, print the tables, and write them and the plots to docs/understanding.md."""

from __future__ import annotations

import argparse
import time

from bot.runtime.no_tensorflow import keep_tensorflow_out
from tests.understanding.evaluation.findings import Data, find
from tests.understanding.evaluation.plots import draw_all
from tests.understanding.evaluation.report import PAGE, report, write_into


def main() -> None:
    parser = argparse.ArgumentParser(prog="make eval", description=__doc__)
    parser.add_argument(
        "--stock",
        choices=["train", "cached"],
        default="train",
        help="Rasa's stock configuration: train it where there is no result for the present data, or do without",
    )
    options = parser.parse_args()
    keep_tensorflow_out()  # the stock configuration runs in processes of its own
    started = time.perf_counter()
    findings = find(Data.read(), tell=lambda line: print(line, flush=True), with_stock=options.stock)
    generated = report(findings, draw_all(findings, PAGE.parent / "images"))
    write_into(PAGE, generated)
    print(f"\n{generated}\n\nwritten to docs/{PAGE.name} after {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
