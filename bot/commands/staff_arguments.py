"""The arguments of ``staff``."""

from __future__ import annotations

from typing import Any

from bot.domain.staff import Role, Skill


def add_staff_command(commands: Any) -> None:
    """``staff``, to argparse's sub-commands."""
    actions = commands.add_parser(
        "staff", help="the accounts of the staff: list, add, new password, switch off and on"
    ).add_subparsers(dest="action", required=True, metavar="action")
    actions.add_parser("list", help="a table: who there is, with role and skills")
    add = _one(actions, "add", "a new account; prints its password once")
    add.add_argument("--name", required=True, help="as customers see it, such as 林晓")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--skill", action="append", choices=[skill.value for skill in Skill])
    add.add_argument("--store", action="append", metavar="STORE", help="an id; none for all")
    add.add_argument("--resource", help="the sales adviser or technician that this person is")
    add.add_argument("--email")
    add.add_argument(
        "--limit", type=int, metavar="N", help="how many conversations are given to them at a time"
    )
    _one(actions, "password", "a new random password, printed once; ends the sessions of its owner")
    _one(actions, "off", "no sign-in any more; what the person did stays on record")
    _one(actions, "on", "sign-in again")


def _one(actions: Any, name: str, help_text: str) -> Any:
    parser = actions.add_parser(name, help=help_text)
    parser.add_argument("username")
    parser.add_argument("--author", help="who stands in the audit log; otherwise the login on this machine")
    return parser
