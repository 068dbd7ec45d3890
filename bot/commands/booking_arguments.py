"""The arguments of ``booking`` and ``dealership``."""

from __future__ import annotations

import argparse
from typing import Any

_TIME = "'2026-11-28 14:00' or ISO 8601"
_DAY = "2026-11-28, today, tomorrow, 今天, 明天 or 后天"
_FILE = "a .csv for Excel or a .yml"


def add_booking_command(commands: Any) -> None:
    """``booking``, to argparse's sub-commands."""
    actions = _actions(
        commands, "booking", "list, book, move and cancel visits; waitlist, outages, import and export"
    )
    _add_looking(actions)
    _add_changing(actions)
    _add_waitlist(actions)
    _add_outages(actions)
    _add_exchange(actions)


def add_dealership_command(commands: Any) -> None:
    """``dealership``, to argparse's sub-commands."""
    actions = _actions(commands, "dealership", "stores, hours, closures, models, jobs, resources and rules")
    listing = actions.add_parser("list", help="every entry with its version and author")
    listing.add_argument("--kind", metavar="KIND", help="store, resource, service, closure …")
    taken = actions.add_parser(
        "import", help="take a folder, a .yml or resources.csv, all or none; live at once"
    )
    taken.add_argument("file")
    taken.add_argument("--remove", action="store_true", help="what the file's lists do not name goes")
    taken.add_argument(
        "--disrupt",
        action="store_true",
        help="resources with visits go too; the visits get others or new times",
    )
    _add_dry_run(taken)
    add_author(taken)
    written = actions.add_parser(
        "export", help="write a .yml, a folder like dealership/, or the resources as .csv"
    )
    written.add_argument("file")


def add_author(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--author", metavar="NAME", help="who does it; your login by default")


def _actions(commands: Any, name: str, help_text: str) -> Any:
    parser = commands.add_parser(name, help=help_text)
    return parser.add_subparsers(dest="action", required=True, metavar="action")


def _add_looking(actions: Any) -> None:
    listing = actions.add_parser("list", help="a table of visits, from today on unless asked otherwise")
    _add_period(listing)
    listing.add_argument("--day", metavar="DAY", help=_DAY)
    listing.add_argument("--store")
    listing.add_argument("--kind", metavar="KIND", help="test_drive or service")
    listing.add_argument("--phone")
    listing.add_argument(
        "--status", metavar="STATUS", help="confirmed, cancelled, checked_in, completed, no_show"
    )
    listing.add_argument(
        "--unsettled", action="store_true", help="the day is over and nobody recorded who came"
    )
    listing.add_argument(
        "--to-call", action="store_true", help="somebody has to call: to confirm the visit, or for a new time"
    )
    listing.add_argument("--format", choices=("table", "json", "csv"), default="table")
    actions.add_parser("show", help="everything about a visit").add_argument("code")
    slots = actions.add_parser("slots", help="when such a visit is possible")
    _add_request(slots)
    _add_period(slots)
    slots.add_argument(
        "--limit", type=int, default=100, help="the day that reaches so many starts is the last"
    )
    day = actions.add_parser("day", help="a day's plan, store by store")
    day.add_argument("day", nargs="?", default="today", metavar="DAY", help=_DAY)
    day.add_argument("--store")
    actions.add_parser("holds", help="what is kept at the moment, for whom and until when")


def _add_changing(actions: Any) -> None:
    book = actions.add_parser("book", help="book for a customer, who is told; no notice is needed")
    _add_request(book)
    book.add_argument("--at", required=True, metavar="TIME", help=_TIME)
    book.add_argument("--name", required=True)
    _add_contact(book)
    book.add_argument("--email", help="confirmation and reminders go there too")
    move = actions.add_parser("move", help="another time, and store if given; code and customer stay")
    move.add_argument("code")
    move.add_argument("--to", required=True, metavar="TIME", help=_TIME)
    move.add_argument("--store")
    edit = actions.add_parser("edit", help="correct who comes and with which car; time and code stay")
    edit.add_argument("code")
    edit.add_argument("--name")
    edit.add_argument("--phone")
    edit.add_argument("--plate")
    edit.add_argument("--mileage", type=int, metavar="KM")
    edit.add_argument("--email", help="reminders that wait go there")
    for action, help_text in (
        ("cancel", "the customer is told, the place is free"),
        ("check-in", "the customer has come"),
        ("complete", "the visit is done"),
        ("no-show", "nobody came"),
        ("approve", "confirm a visit that waits for it after repeated no-shows"),
    ):
        actions.add_parser(action, help=help_text).add_argument("code")


def _add_waitlist(actions: Any) -> None:
    parser = actions.add_parser("waitlist", help="who waits for a place: list, add, leave, offer, accept")
    parts = parser.add_subparsers(dest="part", metavar="part")
    parts.add_parser("list", help="the line").add_argument(
        "--all", action="store_true", help="those that are over too"
    )
    add = parts.add_parser("add", help="wait for a place")
    _add_request(add)
    _add_period(add)
    add.add_argument("--weekdays", metavar="DAYS", help="1 (Monday) to 7, such as 6,7")
    add.add_argument("--hours", metavar="HOURS", help="such as 09:00-12:00")
    add.add_argument("--name")
    _add_contact(add)
    add.add_argument("--email", help="offers go there too")
    for part, help_text in (("leave", "wait no more"), ("accept", "book what is offered")):
        parts.add_parser(part, help=help_text).add_argument("id", help="the beginning of the id is enough")
    parts.add_parser("offer", help="offer what is free now; a running server does it by itself")


def _add_outages(actions: Any) -> None:
    parser = actions.add_parser(
        "outage", help="a car, adviser, bay or technician drops out: begin, end, list"
    )
    parts = parser.add_subparsers(dest="part", metavar="part")
    begin = parts.add_parser("begin", help="its visits get others, or their customers new times")
    begin.add_argument("resource", help="id or name")
    begin.add_argument("--from", dest="from_", metavar="TIME", help=f"{_TIME}; now by default")
    begin.add_argument("--to", required=True, metavar="TIME", help=_TIME)
    begin.add_argument("--reason", default="")
    add_author(begin)
    end = parts.add_parser("end", help="it is back; visits without a time get theirs again where possible")
    end.add_argument("id", help="the id of the outage or its beginning, or the resource")
    end.add_argument("--at", metavar="TIME", help=f"{_TIME}; now by default")
    parts.add_parser("list", help="outages").add_argument(
        "--all", action="store_true", help="those that are over too"
    )


def _add_exchange(actions: Any) -> None:
    written = actions.add_parser("export", help=f"write visits as {_FILE}")
    written.add_argument("file")
    _add_period(written)
    taken = actions.add_parser(
        "import", help=f"take the bookings of another system from {_FILE}, all or none"
    )
    taken.add_argument("file")
    _add_dry_run(taken)


def _add_request(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", required=True, metavar="KIND", help="test_drive or service")
    parser.add_argument("--model")
    parser.add_argument("--store")
    parser.add_argument("--jobs", default="", metavar="JOBS", help="ids or names with commas between them")
    parser.add_argument("--adviser", metavar="NAME", help="a certain adviser or technician")


def _add_contact(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--phone", required=True)
    parser.add_argument("--plate")
    parser.add_argument("--mileage", type=int, metavar="KM")


def _add_period(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="from_", metavar="TIME", help=f"{_DAY}, or {_TIME}")
    parser.add_argument("--to", metavar="TIME", help="the same; a day is included")


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
