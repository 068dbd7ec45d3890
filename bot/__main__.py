"""``python -m bot …``: serve, train, chat, understand, faq, replies, unanswered, booking, dealership, outbox, staff,
wechat, archive, privacy, outreach, customers."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys

if __name__ == "__main__":  # until main() can say so itself, Ctrl-C ends in silence
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")

from bot.commands.archive_arguments import add_archive_command
from bot.commands.arguments import add_content_commands, add_unanswered_command
from bot.commands.booking_arguments import add_booking_command, add_dealership_command
from bot.commands.customer_arguments import add_customers_command
from bot.commands.outbox_arguments import add_outbox_command
from bot.commands.outreach_arguments import add_outreach_command
from bot.commands.privacy_arguments import add_privacy_command
from bot.commands.serving_arguments import add_serve_command, add_train_command
from bot.commands.staff_arguments import add_staff_command
from bot.commands.wechat_arguments import add_wechat_command
from bot.domain.errors import ImportRefused, ZhantingError

COMMANDS = {
    "chat": "talk to the assistant in the terminal",
    "understand": "one JSON line with the understanding for each JSON line on stdin",
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; a mistake in the set-up is one line on stderr and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m bot", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    add_serve_command(commands)
    add_train_command(commands)
    for name, help_text in COMMANDS.items():
        commands.add_parser(name, help=help_text)
    add_content_commands(commands)
    add_unanswered_command(commands)
    add_booking_command(commands)
    add_dealership_command(commands)
    add_outbox_command(commands)
    add_staff_command(commands)
    add_wechat_command(commands)
    add_archive_command(commands)
    add_privacy_command(commands)
    add_outreach_command(commands)
    add_customers_command(commands)
    chosen = parser.parse_args(arguments)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    if __name__ == "__main__":
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        from bot import commands as implementation

        command = getattr(implementation, chosen.command)
        return int(command() if chosen.command in COMMANDS else command(chosen))
    except ImportRefused as error:
        print("\n".join([f"zhanting: {error}", *error.faults]), file=sys.stderr)
        return 1
    except ZhantingError as error:
        words = getattr(error, "words", "")
        print(f"zhanting: {error}" + (f"（{words}）" if words else ""), file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        if getattr(chosen, "action", None) == "import":
            print("zhanting: 已中断，什么也没有写入", file=sys.stderr)
        return 130


if __name__ == "__main__":
    code = main()
    gc.freeze()  # else Python's last garbage collection looks at a million objects of Rasa for 3 seconds
    sys.exit(code)
