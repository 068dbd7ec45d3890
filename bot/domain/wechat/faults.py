"""What the platform's error codes ask of us (``reference/wechat.md``, *Errors*; the platform's page 全局返回码)."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum


class Fault(str, Enum):
    """What to do about a refused call.

    ``TOKEN``: a new access token, once. ``NEVER``: not until the customer writes or follows again: the quota is used up
    or they left. ``PAYLOAD``: this message can never be taken. ``BACK_OFF``: later. ``NO_PERMISSION``: somebody has to
    change the account's settings. ``IGNORE``: nothing is wrong.
    """

    TOKEN = "token"
    NEVER = "never"
    PAYLOAD = "payload"
    BACK_OFF = "back_off"
    NO_PERMISSION = "no_permission"
    IGNORE = "ignore"


QUOTA = frozenset({45015, 45047})
"""The window is closed; too many messages in it."""
BUSY, TOO_OFTEN_A_MINUTE, TOO_OFTEN_A_DAY = -1, 45011, 45009
WRONG_ADDRESS = 40164
"""Our IP address is not in the account's list."""
_CODES = {
    Fault.TOKEN: (40001, 40014, 42001),
    Fault.NEVER: (*QUOTA, 40003, 43004, 43019),
    Fault.BACK_OFF: (BUSY, TOO_OFTEN_A_DAY, TOO_OFTEN_A_MINUTE),
    Fault.NO_PERMISSION: (40013, 40125, WRONG_ADDRESS, 41002, 41004, 89503, 89506, 89507, 89501),
    Fault.IGNORE: (0, 45080, 45081),
}
_FAULTS = {code: fault for fault, codes in _CODES.items() for code in codes}
_THOUSANDS = {
    **dict.fromkeys((40, 41, 43, 44, 45, 46, 47), Fault.PAYLOAD),
    **dict.fromkeys((48, 50, 61), Fault.NO_PERMISSION),
}
"""What a code is that the list above does not have, by its first two digits."""
_FIRST, _LONGEST = timedelta(seconds=1), timedelta(minutes=2)
_LONGER = {
    TOO_OFTEN_A_MINUTE: (timedelta(seconds=20), timedelta(minutes=2)),
    TOO_OFTEN_A_DAY: (timedelta(minutes=10), timedelta(hours=2)),
}


def fault_of(code: int) -> Fault:
    """The fault of a code; an unknown one is tried again later, for a person sees what is never sent."""
    return _FAULTS.get(code) or _THOUSANDS.get(code // 1000, Fault.BACK_OFF)


def retry_after(code: int, attempts: int, share: float) -> timedelta:
    """How long to wait after ``attempts`` failures in a row: doubled each time up to a limit, half of it by chance.

    ``share``: a random number from 0 to 1, so that many who failed at once do not come back at once.
    """
    first, longest = _LONGER.get(code, (_FIRST, _LONGEST))
    wait = min(longest, first * 2 ** min(max(attempts - 1, 0), 20))
    return wait * (0.5 + 0.5 * share)
