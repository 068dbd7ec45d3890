"""The arguments of ``wechat``."""

from __future__ import annotations

from typing import Any


def add_wechat_command(commands: Any) -> None:
    """``wechat``, to argparse's sub-commands."""
    actions = commands.add_parser(
        "wechat", help="the WeChat accounts: check the settings, the menu, codes to scan"
    ).add_subparsers(dest="action", required=True, metavar="action")
    _one(actions, "check", "ask the platform whether the settings are right, and say what is wrong")
    menu = _one(actions, "menu", "the menu at the bottom of the chat, from dealership/wechat.yml")
    what = menu.add_mutually_exclusive_group(required=True)
    what.add_argument("--show", action="store_true", help="the file's menu, and whether the account has it")
    what.add_argument("--push", action="store_true", help="give it to the account")
    what.add_argument("--delete", action="store_true", help="take the account's menu away")
    code = _one(actions, "code", "the address of a QR code that tells which store, model or campaign")
    code.add_argument("--scene", required=True, help="such as store=east;model=s6 or campaign=autumn")


def _one(actions: Any, name: str, help_text: str) -> Any:
    parser = actions.add_parser(name, help=help_text)
    parser.add_argument("--account", metavar="NAME", help="one of ZHANTING_WECHAT_ACCOUNTS; otherwise all")
    return parser
