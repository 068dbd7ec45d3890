"""The arguments of ``faq``, ``replies`` and ``unanswered``."""

from __future__ import annotations

import argparse
from typing import Any

_STATES = ("approved", "draft", "retired", "planned", "waiting")


def add_content_commands(commands: Any) -> None:
    """``faq`` for the answers and ``replies`` for the templates, to argparse's sub-commands."""
    for name, help_text in (
        ("faq", "list, edit, approve, import and export the FAQ"),
        ("replies", "the same for the reply templates"),
    ):
        actions = commands.add_parser(name, help=help_text).add_subparsers(
            dest="action", required=True, metavar="action"
        )
        _add_looking(actions, name)
        _add_editing(actions, name)
        _add_deciding(actions)
        _add_exchange(actions, name)


def add_unanswered_command(commands: Any) -> None:
    """``unanswered``, to argparse's sub-commands."""
    actions = commands.add_parser(
        "unanswered", help="what was not understood, and teaching it"
    ).add_subparsers(dest="action", required=True, metavar="action")
    listing = actions.add_parser("list", help="a table, the most frequent first")
    listing.add_argument("--state", choices=("open", "resolved", "ignored", "all"), default="open")
    listing.add_argument("--since", metavar="TIME", help="'2026-11-01' or '2026-11-01 09:00'")
    listing.add_argument("--limit", type=int, default=50)
    for action, target, help_text in (
        ("show", None, "the message and what it was taken for"),
        ("to-faq", "topic", "a question of this FAQ topic, live at once"),
        ("to-example", "target", "an example of this intent or FAQ topic for the next training"),
        ("ignore", None, "never list these words again"),
    ):
        parser = actions.add_parser(action, help=help_text)
        parser.add_argument("id", type=int)
        if target:
            parser.add_argument(target)
            words = "--question" if target == "topic" else "--text"
            parser.add_argument(
                words, dest="words", metavar="TEXT", help="in other words than the customer's"
            )
        if action != "show":
            _add_author(parser)


def _add_looking(actions: Any, name: str) -> None:
    listing = actions.add_parser("list", help="a table of the entries")
    listing.add_argument("--status", choices=_STATES, help="waiting: has a draft")
    if name == "faq":
        listing.add_argument("--category")
    listing.add_argument("--search", default="", metavar="WORDS", help="entries that have all these words")
    actions.add_parser("show", help="everything about an entry").add_argument("id")
    actions.add_parser("history", help="all its versions").add_argument("id")
    diff = actions.add_parser("diff", help="what a draft or version would change")
    diff.add_argument("id")
    diff.add_argument("versions", nargs="*", type=int, metavar="VERSION", help="one or two; else the draft")


def _add_editing(actions: Any, name: str) -> None:
    edit = actions.add_parser("edit", help="new words, live at once unless --draft")
    edit.add_argument("id")
    text = edit.add_mutually_exclusive_group()
    if name == "faq":
        text.add_argument("--answer", dest="text", metavar="TEXT")
        edit.add_argument("--title")
        edit.add_argument("--category")
        edit.add_argument(
            "--question", action="append", default=[], metavar="TEXT", help="a way to ask, added"
        )
        edit.add_argument("--remove-question", action="append", default=[], metavar="TEXT")
    else:
        text.add_argument("--text", "--answer", dest="text", metavar="TEXT")
        edit.add_argument(
            "--channel",
            action="append",
            default=[],
            metavar="NAME=TEXT",
            help="words for one channel; empty: none",
        )
    text.add_argument("--file", metavar="FILE", help="the text is in a file; - for standard input")
    edit.add_argument(
        "--button", action="append", metavar="'TITLE -> TARGET'", help="all buttons; 'none' for none"
    )
    edit.add_argument("--valid-from", metavar="TIME", help="'2026-12-01 09:00'; 'none' for none")
    edit.add_argument("--valid-until", metavar="TIME", help="after it the former words come back")
    edit.add_argument("--seen", type=int, metavar="VERSION", help="refuse when another version is live")
    edit.add_argument("--note")
    edit.add_argument("--draft", action="store_true", help="wait for somebody's approval")
    _add_author(edit)


def _add_deciding(actions: Any) -> None:
    for action, help_text in (
        ("approve", "the draft counts from now on"),
        ("rollback", "the words of an earlier version again"),
        ("retire", "neither said nor suggested; with a version: drop that draft or planned version"),
        ("restore", "say a retired entry again"),
    ):
        parser = actions.add_parser(action, help=help_text)
        parser.add_argument("id")
        if action != "restore":
            optional = {} if action == "rollback" else {"nargs": "?"}
            parser.add_argument("version", type=int, **optional)
        if action == "approve":
            parser.add_argument("--force", action="store_true", help="though a newer version is live")
        _add_author(parser)


def _add_exchange(actions: Any, name: str) -> None:
    kinds = "YAML (.yml) or an Excel workbook (.xlsx)" if name == "faq" else "YAML (.yml)"
    taken = actions.add_parser("import", help=f"take many entries from {kinds}, all or none")
    taken.add_argument("file")
    taken.add_argument("--draft", action="store_true", help="as drafts")
    _add_author(taken)
    actions.add_parser("export", help=f"write all entries as {kinds}").add_argument("file")


def _add_author(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--author", metavar="NAME", help="who does it; your login by default")
