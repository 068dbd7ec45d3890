"""The arguments of ``privacy``."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def add_privacy_command(commands: Any) -> None:
    """``privacy``, to argparse's sub-commands."""
    parser = commands.add_parser(
        "privacy", help="a copy of what is stored about a customer, or delete it everywhere"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    export = actions.add_parser("export", help="write everything about a telephone number into a ZIP file")
    export.add_argument("phone")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="the ZIP file to write")
    delete = actions.add_parser(
        "delete", help="delete everything about a telephone number, in tables and files"
    )
    delete.add_argument("phone")
    delete.add_argument("--dry-run", action="store_true", help="only tell what would go")
    delete.add_argument("--force", action="store_true", help="visits to come and open cases too")
