"""Signed events by HTTP POST for the dealer's own systems (docs/notifications.md shows how to check the signature)."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from bot.domain.errors import DeliveryFailed

SECONDS = 10.0
GONE = 410


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """``sha256=…`` over "timestamp.body": who repeats an old request cannot change its time."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


@dataclass(frozen=True)
class WebhookSender:
    """Posts events to one address; ``seconds``: how long the receiver may be silent."""

    url: str
    secret: str
    seconds: float = SECONDS

    def send(self, delivery: str, event: Mapping[str, Any], now: datetime) -> None:
        """Raises DeliveryFailed unless the answer is 2xx; ``final`` for 410. Redirects are not followed.

        ``delivery`` stays the same when the event is sent again.
        """
        body = json.dumps({"id": delivery, **event}, ensure_ascii=False).encode()
        timestamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "zhanting",
            "X-Zhanting-Delivery": delivery,
            "X-Zhanting-Timestamp": timestamp,
            "X-Zhanting-Signature": signature(self.secret, timestamp, body),
        }
        self._post(Request(self.url, body, headers, method="POST"))

    def _post(self, request: Request) -> None:
        try:
            with build_opener(_NoRedirects).open(request, timeout=self.seconds) as answer:
                status = answer.status
        except HTTPError as error:
            status = error.code
            error.close()
        except (OSError, http.client.HTTPException) as error:
            kind = type(error).__name__
            words = f"连不上接收推送的系统（{kind}）"
            raise DeliveryFailed(f"the webhook cannot be reached: {kind}", words=words) from error
        if not 200 <= status < 300:
            words = f"接收推送的系统回复了 {status}"
            raise DeliveryFailed(f"the webhook answered {status}", status == GONE, words)


class _NoRedirects(HTTPRedirectHandler):
    """The body has names and phone numbers: it goes to the configured address alone."""

    def redirect_request(self, *_: Any) -> None:
        return None
