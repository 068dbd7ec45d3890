"""Signatures and encryption of an Official Account (``reference/wechat.md``, *Known-answer vectors*).

Source: the platform's documents 消息加解密说明: AES-256-CBC with the key's first 16 bytes as the vector, PKCS#7 with a
block of 32 bytes; what is encrypted is 16 random bytes, the length in 4, the message and the app id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher as Aes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK = 32
_RANDOM, _LENGTH, _AES_BLOCK = 16, 4, 16


class BadCipher(Exception):
    """What came cannot be decrypted with any of the account's keys, or is for another account."""


@dataclass(frozen=True)
class Opened:
    """A decrypted message and the key that opened it: the answer goes out under the same one."""

    content: bytes
    key: int


def signature(token: str, *parts: str) -> str:
    """The platform's signature: SHA-1 of the sorted texts, one after the other."""
    texts = sorted(text.encode("utf-8", "replace") for text in (token, *parts))
    return hashlib.sha1(b"".join(texts)).hexdigest()


def is_signed(token: str, given: str, *parts: str) -> bool:
    """Whether ``given`` is the signature, in a time that does not depend on where it differs."""
    return hmac.compare_digest(signature(token, *parts).encode(), given.encode("utf-8", "replace"))


class Cipher:
    """Encrypts for an account and decrypts for it with each of its keys: the present one, then those before."""

    def __init__(self, app_id: str, keys: tuple[str, ...]) -> None:
        self._app_id = app_id.encode()
        self._keys = tuple(base64.b64decode(f"{key}=") for key in keys)

    def encrypt(self, text: bytes, key: int = 0, random: bytes | None = None) -> str:
        """The encrypted text in base64; ``key``: which one (``Opened.key``), ``random``: 16 bytes, for tests."""
        filler = random if random is not None else secrets.token_hex(_RANDOM // 2).encode()
        content = filler + len(text).to_bytes(_LENGTH, "big") + text + self._app_id
        padding = BLOCK - len(content) % BLOCK
        encryptor = self._aes(key).encryptor()
        sealed = encryptor.update(content + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode("ascii")

    def decrypt(self, sealed: str) -> bytes:
        """The message; raises ``BadCipher``."""
        return self.open(sealed).content

    def open(self, sealed: str) -> Opened:
        """The message and which key it needed; raises ``BadCipher``."""
        try:
            content = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadCipher("not base64") from error
        if not content or len(content) % _AES_BLOCK:
            raise BadCipher("not a number of whole blocks")
        for key in range(len(self._keys)):
            message = self._message(self._decrypted(content, key))
            if message is not None:
                return Opened(message, key)
        raise BadCipher("no key of this account opens it")

    def _decrypted(self, content: bytes, key: int) -> bytes:
        decryptor = self._aes(key).decryptor()
        return decryptor.update(content) + decryptor.finalize()

    def _message(self, content: bytes) -> bytes | None:
        """What is between the filler and the app id; None where anything of it is not as it must be."""
        padding = content[-1]
        if not 1 <= padding <= BLOCK or content[-padding:] != bytes([padding]) * padding:
            return None
        content = content[_RANDOM:-padding]
        length = int.from_bytes(content[:_LENGTH], "big")
        message, app_id = content[_LENGTH : _LENGTH + length], content[_LENGTH + length :]
        is_ours = len(content) >= _LENGTH and hmac.compare_digest(app_id, self._app_id)
        return message if is_ours else None

    def _aes(self, key: int) -> Aes[CBC]:
        secret = self._keys[key]
        return Aes(AES(secret), CBC(secret[:_AES_BLOCK]))
