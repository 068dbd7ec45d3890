"""The settings of the WeChat accounts. ``ZHANTING_WECHAT_ACCOUNTS`` names them; each has variables of its own, such as
``ZHANTING_WECHAT_MAIN_APP_ID`` for the account ``main``. Documented in docs/wechat.md."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TypeVar

from bot.domain.errors import SetupError
from bot.domain.wechat.account import Account, Desk, Kind, Mode

ACCOUNTS = "ZHANTING_WECHAT_ACCOUNTS"
FIELDS = (
    "APP_ID",
    "TOKEN",
    "MODE",
    "AES_KEY",
    "AES_KEY_PREVIOUS",
    "SECRET",
    "KIND",
    "MAY_SEND",
    "STORE",
    "DESK",
)
"""What an account's variables end with."""
T = TypeVar("T")
E = TypeVar("E", bound=Enum)


def read_accounts(environment: Mapping[str, str]) -> tuple[Account, ...]:
    """The accounts; raises ``SetupError`` that names the variable, and repeats no secret."""
    names = [name.strip() for name in environment.get(ACCOUNTS, "").split(",") if name.strip()]
    for name in names:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
            raise SetupError(f"{ACCOUNTS}: {name!r} must be small letters, digits and hyphens")
    accounts = tuple(_Variables(environment, name).account() for name in names)
    ids = [account.app_id for account in accounts]
    if len(set(ids)) != len(ids) or len(set(names)) != len(names):
        raise SetupError(f"{ACCOUNTS}: two accounts have the same name or app id")
    return accounts


class _Variables:
    """The variables of one account."""

    def __init__(self, environment: Mapping[str, str], name: str) -> None:
        self._environment, self._account = environment, name

    def account(self) -> Account:
        mode = self._read("MODE", _one_of(Mode), Mode.SAFE)
        keys = [self._read(field, _aes_key, None) for field in ("AES_KEY", "AES_KEY_PREVIOUS")]
        if mode is not Mode.PLAIN and keys[0] is None:
            raise SetupError(f"{self._name('AES_KEY')} is missing: {mode.value} mode encrypts")
        secret = self._read("SECRET", _secret, None)
        may_send = self._read("MAY_SEND", _switch, secret is not None)
        if may_send and secret is None:
            raise SetupError(f"{self._name('SECRET')} is missing: without it nothing can be sent")
        return Account(
            name=self._account,
            app_id=self._required("APP_ID", _app_id),
            token=self._required("TOKEN", _token),
            mode=mode,
            aes_keys=tuple(key for key in keys if key),
            secret=secret,
            kind=self._read("KIND", _one_of(Kind), Kind.SERVICE),
            may_send=may_send,
            store=self._read("STORE", str, None),
            desk=self._read("DESK", _one_of(Desk), Desk.CONSOLE),
        )

    def _name(self, field: str) -> str:
        return f"ZHANTING_WECHAT_{self._account.upper().replace('-', '_')}_{field}"

    def _required(self, field: str, parse: Callable[[str], T]) -> T:
        value = self._read(field, parse, None)
        if value is None:
            raise SetupError(f"{self._name(field)} is missing")
        return value

    def _read(self, field: str, parse: Callable[[str], T], default: T) -> T:
        text = self._environment.get(self._name(field), "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            raise SetupError(f"{self._name(field)} cannot be used: {error}") from error


def _one_of(kind: type[E]) -> Callable[[str], E]:
    def parse(text: str) -> E:
        try:
            return kind(text.lower())
        except ValueError:
            raise ValueError(f"must be one of {', '.join(each.value for each in kind)}") from None

    return parse


def _app_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{6,40}", text):
        raise ValueError("is no app id such as wx0123456789abcdef")
    return text


def _token(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{3,32}", text):
        raise ValueError("the platform takes 3 to 32 letters and digits")
    return text


def _aes_key(text: str) -> str:
    try:
        is_whole = len(text) == 43 and len(base64.b64decode(f"{text}=", validate=True)) == 32
    except binascii.Error:
        is_whole = False
    if not is_whole:
        raise ValueError("an EncodingAESKey has 43 letters and digits")
    return text


def _secret(text: str) -> str:
    if len(text) < 8:
        raise ValueError("is too short for an AppSecret")
    return text


def _switch(text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise ValueError("must be on or off")
    return text.lower() == "on"
