"""A POST request to one configured address, with a time-out and without following redirects."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from bot.domain.errors import DeliveryFailed

LONGEST_ANSWER = 64 * 1024


def post(request: Request, seconds: float, receiver: str, words: str) -> tuple[int, bytes]:
    """Status and body of the answer. ``seconds``: how long the receiver may be silent.

    Raises DeliveryFailed where there is no answer: ``receiver`` names it for the log, ``words`` in Chinese.
    """
    try:
        with build_opener(_NoRedirects).open(request, timeout=seconds) as answer:
            return int(answer.status), bytes(answer.read(LONGEST_ANSWER))
    except HTTPError as error:
        status = error.code
        error.close()
        return status, b""
    except (OSError, http.client.HTTPException) as error:
        kind = type(error).__name__
        raise DeliveryFailed(
            f"{receiver} cannot be reached: {kind}", words=f"连不上{words}（{kind}）"
        ) from error


class _NoRedirects(HTTPRedirectHandler):
    """The body has names and phone numbers: it goes to the configured address alone."""

    def redirect_request(self, *_: Any) -> None:
        return None
