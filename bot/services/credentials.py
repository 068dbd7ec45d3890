"""Tokens: read from a header, compared and hashed. Only the hash of one is ever stored."""

from __future__ import annotations

import hashlib
import secrets


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


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")
