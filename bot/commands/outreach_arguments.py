"""The arguments of ``outreach``."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any


def add_outreach_command(commands: Any) -> None:
    """``outreach``, to argparse's sub-commands."""
    parser = commands.add_parser(
        "outreach", help="tell owners of what their cars have due: messages, e-mails, and calls as tasks"
    )
    parser.add_argument(
        "--date", type=_day, metavar="YYYY-MM-DD", help="as if it were this day; today otherwise"
    )
    parser.add_argument("--store", metavar="ID", help="the cars of one store alone")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be opened")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be a day such as 2026-11-28") from error
