"""The arguments of ``serve`` and ``train``."""

from __future__ import annotations

import argparse
from typing import Any


def add_serve_command(commands: Any) -> None:
    """``serve``, to argparse's sub-commands."""
    parser = commands.add_parser("serve", help="migrate, fill and, where needed, train; then answer on PORT")
    parser.add_argument(
        "--workers",
        type=_number,
        default=1,
        metavar="N",
        help="so many processes at the same port; above 1 with PostgreSQL and Redis (docs/workers.md)",
    )
    parser.add_argument("--worker-line", type=int, help=argparse.SUPPRESS)


def add_train_command(commands: Any) -> None:
    """``train``, to argparse's sub-commands."""
    parser = commands.add_parser("train", help="train the model from nothing")
    parser.add_argument(
        "--changed",
        action="store_true",
        help="take the understanding or the dialogue from an earlier model where nothing of it changed",
    )


def _number(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError("must be a number from 1 on")
    return number
