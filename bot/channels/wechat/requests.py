"""Which requests come from the platform (``reference/wechat.md``, points 1 to 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from bot.channels.wechat.crypto import BadCipher, Cipher, is_signed
from bot.channels.wechat.inbound import PlatformMessage, read
from bot.channels.wechat.passive import Sealing
from bot.channels.wechat.xml import BadXml, parse
from bot.domain.wechat.account import Account, Mode

LARGEST_BODY = 256 * 1024
CLOCKS_DIFFER = timedelta(minutes=10)
"""How far the platform's time may be from ours. Its redeliveries come within 15 seconds."""
LONGEST_QUERY = 2000
_SHAPES = {
    "signature": re.compile(r"[0-9a-f]{40}", re.ASCII),
    "msg_signature": re.compile(r"[0-9a-f]{40}", re.ASCII),
    "timestamp": re.compile(r"[0-9]{1,12}", re.ASCII),
    "nonce": re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII),
    "echostr": re.compile(r"[!-~]{1,256}", re.ASCII),
    "encrypt_type": re.compile(r"aes|raw", re.ASCII),
}


class NotFromPlatform(Exception):
    """Answered with 403 and nothing else; the text is for the log and names no secret."""


@dataclass(frozen=True)
class Signed:
    """The query of a request whose signature is right."""

    timestamp: str
    nonce: str
    echo: str | None = None
    is_encrypted: bool = False
    msg_signature: str | None = None


def verified(account: Account, query: str, clocks: Iterable[datetime], echo: bool = False) -> Signed:
    """Check the signature of a request by its query alone; with ``echo`` of the one that verifies our address.

    ``clocks``: the time, and in development that of the platform too; one of them has to fit.

    Raises ``NotFromPlatform``.
    """
    given = _parameters(query)
    missing = {"signature", "timestamp", "nonce", *(("echostr",) if echo else ())} - set(given)
    if missing:
        raise NotFromPlatform("a parameter is missing")
    if not is_signed(account.token, given["signature"], given["timestamp"], given["nonce"]):
        raise NotFromPlatform("the signature is wrong")
    if all(abs(now.timestamp() - int(given["timestamp"])) > CLOCKS_DIFFER.total_seconds() for now in clocks):
        raise NotFromPlatform("the time is not ours")
    return Signed(
        given["timestamp"],
        given["nonce"],
        given.get("echostr"),
        given.get("encrypt_type") == "aes",
        given.get("msg_signature"),
    )


def opened(
    account: Account, cipher: Cipher | None, signed: Signed, body: bytes
) -> tuple[PlatformMessage, Sealing | None]:
    """The message of a body and how the answer must be encrypted.

    Safe mode takes what is encrypted alone, plain mode what is not; compatible mode takes the encrypted part wherever
    there is one. Raises ``NotFromPlatform``, and ``BadMessage`` for what the platform did send and nobody can read.
    """
    try:
        fields = parse(body)
        encrypted = fields.get("Encrypt")
        if account.mode is Mode.PLAIN or (account.mode is Mode.COMPATIBLE and encrypted is None):
            if encrypted is not None or signed.is_encrypted:
                raise NotFromPlatform("encrypted, which this account is not set to")
            return read(account.name, fields), None
        if cipher is None or not isinstance(encrypted, str) or not signed.is_encrypted:
            raise NotFromPlatform("not encrypted, which this account must be")
        return _decrypted(account, cipher, signed, encrypted)
    except (BadXml, BadCipher) as error:
        raise NotFromPlatform(f"not a message: {error}") from error


def _decrypted(
    account: Account, cipher: Cipher, signed: Signed, encrypted: str
) -> tuple[PlatformMessage, Sealing | None]:
    given = signed.msg_signature or ""
    if not is_signed(account.token, given, signed.timestamp, signed.nonce, encrypted):
        raise NotFromPlatform("the signature of the message is wrong")
    inside = cipher.open(encrypted)
    sealing = Sealing(cipher, account.token, inside.key, signed.timestamp, signed.nonce)
    return read(account.name, parse(inside.content)), sealing


def _parameters(query: str) -> dict[str, str]:
    """What we know of the query, each once and of its shape; raises ``NotFromPlatform``."""
    if len(query) > LONGEST_QUERY:
        raise NotFromPlatform("the query is too long")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError as error:
        raise NotFromPlatform("the query is not readable") from error
    known = [(name, value) for name, value in pairs if name in _SHAPES]
    if not _is_each_once(name for name, _ in known):
        raise NotFromPlatform("a parameter comes twice")
    if any(not _SHAPES[name].fullmatch(value) for name, value in known):
        raise NotFromPlatform("a parameter has not its shape")
    return dict(known)


def _is_each_once(names: Iterable[str]) -> bool:
    every = list(names)
    return len(every) == len(set(every))
