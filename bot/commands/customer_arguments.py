"""The arguments of ``customers``."""

from __future__ import annotations

from typing import Any

from bot.commands.booking_arguments import add_author


def add_customers_command(commands: Any) -> None:
    """``customers``, to argparse's sub-commands."""
    parser = commands.add_parser("customers", help="customers and their cars from and to files (CSV, Excel)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    taken = actions.add_parser(
        "import", help="take a .csv or .xlsx of the dealer's system, all of it or nothing"
    )
    taken.add_argument("file")
    taken.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    written = actions.add_parser("export", help="write all customers with their cars, with whole numbers")
    written.add_argument("file")
    for action in (taken, written):
        add_author(action)
