"""Answers in the request itself: the bodies that the platform takes, and their encryption."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.channels.wechat.crypto import Cipher, signature
from bot.channels.wechat.inbound import PlatformMessage
from bot.channels.wechat.xml import write

SUCCESS = b"success"
"""Acknowledges and says nothing."""


@dataclass(frozen=True)
class Sealing:
    """How the request came, where it was encrypted: the answer goes the same way."""

    cipher: Cipher
    token: str
    key: int
    timestamp: str
    nonce: str


def text(to: PlatformMessage, words: str, now: datetime) -> bytes:
    """A text for the customer who wrote."""
    return write({**_head(to, "text", now), "Content": words})


def image(to: PlatformMessage, media_id: str, now: datetime) -> bytes:
    """A picture that was uploaded before."""
    return write({**_head(to, "image", now), "Image": {"MediaId": media_id}})


def transfer_customer_service(to: PlatformMessage, now: datetime) -> bytes:
    """Gives the customer's message to the platform's own customer service."""
    return write(_head(to, "transfer_customer_service", now))


def sealed(body: bytes, sealing: Sealing | None) -> bytes:
    """The body as the platform expects it: encrypted where the request was; ``SUCCESS`` is never encrypted."""
    if sealing is None or body == SUCCESS:
        return body
    encrypted = sealing.cipher.encrypt(body, sealing.key)
    return write(
        {
            "Encrypt": encrypted,
            "MsgSignature": signature(sealing.token, sealing.timestamp, sealing.nonce, encrypted),
            "TimeStamp": int(sealing.timestamp),
            "Nonce": sealing.nonce,
        }
    )


def _head(to: PlatformMessage, kind: str, now: datetime) -> dict[str, str | int]:
    return {
        "ToUserName": to.openid,
        "FromUserName": to.original,
        "CreateTime": int(now.timestamp()),
        "MsgType": kind,
    }
