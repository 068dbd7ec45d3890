"""Tokens: read from a header, compared and hashed. Only the hash of one is ever stored. Who needs none."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Container
from functools import lru_cache
from ipaddress import ip_address

PROXY_HEADERS = ("x-forwarded-for", "forwarded", "x-real-ip")


def bearer_token(header: str | None) -> str:
    """The token of an ``Authorization`` header, empty unless it is of the scheme "Bearer"."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def token_hash(token: str) -> str:
    """SHA-256, in hexadecimal; takes whatever a header or a JSON text can hold."""
    return hashlib.sha256(_bytes(token)).hexdigest()


def same_token(given: str, expected: str) -> bool:
    """Compares in constant time."""
    return secrets.compare_digest(_bytes(given), _bytes(expected))


def is_from_here(address: str, headers: Container[str]) -> bool:
    """Whether a request comes straight from this machine, not through a proxy."""
    return not any(header in headers for header in PROXY_HEADERS) and _is_loopback(address)


@lru_cache(maxsize=256)
def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")
