"""How large a proof is run: a part of it in every test run, all of it by ``make proof``."""

from __future__ import annotations

import os

FULL = os.environ.get("ZHANTING_PROOF") == "full"


def size(usual: int, full: int) -> int:
    return full if FULL else usual
