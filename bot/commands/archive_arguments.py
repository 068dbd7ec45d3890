"""The arguments of ``archive``."""

from __future__ import annotations

import argparse
from typing import Any


def add_archive_command(commands: Any) -> None:
    """``archive``, to argparse's sub-commands."""
    parser = commands.add_parser(
        "archive", help="move old conversations from the database to files in ZHANTING_HOME/archive"
    )
    parser.add_argument(
        "--older-than", type=_months, required=True, metavar="MONTHS", help="without a message for so long"
    )
    parser.add_argument("--dry-run", action="store_true", help="only tell how many there are")


def _months(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= 1200:
        raise argparse.ArgumentTypeError("must be a number of months, from 1 on")
    return number
