"""``python -m bot …``: serve, train, chat, understand."""

from __future__ import annotations

import argparse
import gc
import os
import sys

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")

from bot.domain.errors import SetupError

COMMANDS = {
    "serve": "migrate, fill and, where needed, train; then answer on PORT",
    "train": "train the model from nothing",
    "chat": "talk to the assistant in the terminal",
    "understand": "one JSON line with the understanding for each JSON line on stdin",
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; a mistake in the set-up is one line on stderr and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m bot", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, help_text in COMMANDS.items():
        commands.add_parser(name, help=help_text)
    chosen = parser.parse_args(arguments).command
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        from bot import commands as implementation

        return int(getattr(implementation, chosen)())
    except SetupError as error:
        print(f"zhanting: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    code = main()
    gc.freeze()  # else Python's last garbage collection looks at a million objects of Rasa for 3 seconds
    sys.exit(code)
