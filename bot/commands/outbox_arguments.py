"""The arguments of ``outbox``."""

from __future__ import annotations

from typing import Any

from bot.store.outbox import STATES


def add_outbox_command(commands: Any) -> None:
    """``outbox``, to argparse's sub-commands."""
    actions = commands.add_parser(
        "outbox", help="messages to customers and to the dealer's systems: what waits, what failed"
    ).add_subparsers(dest="action", required=True, metavar="action")
    listing = actions.add_parser("list", help="a table: what failed, then what waits, by time")
    listing.add_argument("--state", choices=(*STATES, "all"), help="otherwise what waits and what failed")
    listing.add_argument("--limit", type=int, default=100)
    retry = actions.add_parser("retry", help="send failed messages again")
    which = retry.add_mutually_exclusive_group(required=True)
    which.add_argument("id", type=int, nargs="?")
    which.add_argument("--all", action="store_true", help="all that failed")
