"""Python loads this first when its folder is in PYTHONPATH: notes what a process of ours must never do.

Into the file ``WATCH_FILE``: every connection or look-up that leaves the machine, every file of TensorFlow or Keras.
With ``SLOW_TURNS`` it makes turns of the dialogue slow as well.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any

LOCAL = re.compile(r"^(localhost|127\.|::1$|0\.0\.0\.0$|::$|$)")
HEAVY = re.compile(r"site-packages/(tensorflow|keras)/")


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not LOCAL.match(str(address[0])):
            note(f"{event} {address[0]}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        if not LOCAL.match(str(arguments[0] or "")):
            note(f"{event} {arguments[0]}")
    elif event == "open" and HEAVY.search(str(arguments[0])):
        note(f"open {arguments[0]}")


def note(line: str) -> None:
    descriptor = os.open(os.environ["WATCH_FILE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, f"{line}\n".encode(errors="replace"))
    os.close(descriptor)


if "WATCH_FILE" in os.environ:
    sys.addaudithook(watch)

if "SLOW_TURNS" in os.environ:
    import slow_turns

    slow_turns.install()
