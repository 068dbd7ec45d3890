"""Why a call of the platform came to nothing."""

from __future__ import annotations

import random
from datetime import timedelta

from bot.domain.errors import ZhantingError
from bot.domain.wechat.faults import Fault, fault_of, retry_after

NO_ANSWER = -2
"""In the place of a code: the platform did not answer, or something else did."""


class WeChatError(ZhantingError):
    """The platform refused a call, or did not answer. Its text names neither a person nor a secret.

    ``uncertain``: it may have been done all the same (no answer after the request was sent). ``address``: where the
    platform says that we call from; ``rid``: its own number of the request, for its support.
    """

    def __init__(
        self,
        code: int,
        fault: Fault | None = None,
        uncertain: bool = False,
        problem: str = "",
        address: str | None = None,
        rid: str | None = None,
    ) -> None:
        self.code, self.fault = code, fault_of(code) if fault is None else fault
        self.uncertain, self.address, self.rid = uncertain, address, rid
        said = problem or f"WeChat refused it: {code}"
        super().__init__(f"{said} (rid {rid})" if rid else said)

    def retry_after(self, attempts: int) -> timedelta:
        """How long to wait after ``attempts`` failures in a row."""
        return retry_after(self.code, attempts, random.random())
