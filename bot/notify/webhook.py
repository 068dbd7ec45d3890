"""Signed events by HTTP POST for the dealer's own systems (docs/notifications.md shows how to check the signature)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.request import Request

from bot.domain.errors import DeliveryFailed
from bot.notify.posting import post

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
        request = Request(self.url, body, headers, method="POST")
        status, _ = post(request, self.seconds, "the webhook", "接收推送的系统")
        if not 200 <= status < 300:
            words = f"接收推送的系统回复了 {status}"
            raise DeliveryFailed(f"the webhook answered {status}", status == GONE, words)
