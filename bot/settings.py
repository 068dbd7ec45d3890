"""Every setting, read from the environment once and failing loudly. Documented in README.md, *Settings*."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from bot.domain.errors import SetupError
from bot.domain.wechat.account import Account
from bot.domain.wechat.window import Limits
from bot.settings_wechat import ACCOUNTS, read_accounts

ROOT = Path(__file__).resolve().parents[1]
T = TypeVar("T")


@dataclass(frozen=True)
class MailServer:
    """Where e-mail is handed in. ``security``: "tls" from the first byte, "starttls", or "none"."""

    host: str
    port: int
    security: str
    user: str | None = None
    password: str | None = None


@dataclass(frozen=True)
class Settings:
    """The installation's settings; see ``NAMES`` for the environment variable of each."""

    port: int
    host: str
    public_url: str
    home: Path
    models: Path
    database_url: str
    clock: datetime | None
    admin_password: str | None
    rest_token: str | None
    rate_limit: bool
    visitor_limit: int
    address_limit: int
    trusted_proxies: int
    widget_origins: tuple[str, ...]
    max_message_length: int
    log_level: str
    log_format: str
    metrics_token: str | None
    encoder: Path | None
    smtp: MailServer | None
    mail_from: str | None
    webhook_url: str | None
    webhook_secret: str | None
    wecom_robot: str | None
    upkeep_seconds: int
    redis_url: str | None
    database_pool: int
    keep_months: int | None
    wechat_api: str
    wechat_accounts: tuple[Account, ...]
    wechat_messages: int
    wechat_clicks: int
    wechat_kept: int

    @property
    def wechat_limits(self) -> Limits:
        """How much may be sent in WeChat."""
        return Limits(
            message=self.wechat_messages, click=self.wechat_clicks, kept_for_person=self.wechat_kept
        )


NAMES: dict[str, str] = {
    "port": "PORT",
    "host": "ZHANTING_HOST",
    "public_url": "ZHANTING_PUBLIC_URL",
    "home": "ZHANTING_HOME",
    "models": "ZHANTING_MODELS",
    "database_url": "DATABASE_URL",
    "clock": "ZHANTING_CLOCK",
    "admin_password": "ZHANTING_ADMIN_PASSWORD",
    "rest_token": "ZHANTING_REST_TOKEN",
    "rate_limit": "ZHANTING_RATE_LIMIT",
    "visitor_limit": "ZHANTING_VISITOR_LIMIT",
    "address_limit": "ZHANTING_ADDRESS_LIMIT",
    "trusted_proxies": "ZHANTING_TRUSTED_PROXIES",
    "widget_origins": "ZHANTING_WIDGET_ORIGINS",
    "max_message_length": "ZHANTING_MAX_MESSAGE_LENGTH",
    "log_level": "ZHANTING_LOG_LEVEL",
    "log_format": "ZHANTING_LOG_FORMAT",
    "metrics_token": "ZHANTING_METRICS_TOKEN",
    "encoder": "ZHANTING_ENCODER",
    "smtp": "ZHANTING_SMTP_URL",
    "mail_from": "ZHANTING_MAIL_FROM",
    "webhook_url": "ZHANTING_WEBHOOK_URL",
    "webhook_secret": "ZHANTING_WEBHOOK_SECRET",
    "wecom_robot": "ZHANTING_WECOM_ROBOT_URL",
    "upkeep_seconds": "ZHANTING_UPKEEP_SECONDS",
    "redis_url": "REDIS_URL",
    "database_pool": "ZHANTING_DATABASE_POOL",
    "keep_months": "ZHANTING_KEEP_MONTHS",
    "wechat_accounts": ACCOUNTS,
    "wechat_api": "ZHANTING_WECHAT_API",
    "wechat_messages": "ZHANTING_WECHAT_MESSAGES",
    "wechat_clicks": "ZHANTING_WECHAT_CLICKS",
    "wechat_kept": "ZHANTING_WECHAT_KEPT_FOR_PERSON",
}
SECRET = frozenset({"smtp", "webhook_url", "webhook_secret", "wecom_robot", "redis_url", "metrics_token"})
"""Settings whose value is not repeated in an error."""
SHORTEST_SECRET = 16
POOL = 30


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read all settings; raises ``SetupError`` that names the variable whose value cannot be taken."""
    env = os.environ if environment is None else environment
    home = _read(env, "home", Path, ROOT / "var").expanduser().resolve()
    port = _read(env, "port", _port, 5005)
    settings = Settings(
        port=port,
        host=_read(env, "host", str, "127.0.0.1"),
        public_url=_read(env, "public_url", _site, f"http://localhost:{port}"),
        home=home,
        models=_read(env, "models", Path, ROOT / "models").expanduser().resolve(),
        database_url=_read(env, "database_url", _database_url, f"sqlite:///{home / 'zhanting.db'}"),
        clock=_read(env, "clock", _time, None),
        admin_password=_read(env, "admin_password", _password, None),
        rest_token=_read(env, "rest_token", str, None),
        rate_limit=_read(env, "rate_limit", _switch, True),
        visitor_limit=_read(env, "visitor_limit", _positive, 30),
        address_limit=_read(env, "address_limit", _positive, 120),
        trusted_proxies=_read(env, "trusted_proxies", _count, 0),
        widget_origins=_read(env, "widget_origins", _words, ()),
        max_message_length=_read(env, "max_message_length", _positive, 1000),
        log_level=_read(env, "log_level", _log_level, "INFO"),
        log_format=_read(env, "log_format", _log_format, "text"),
        metrics_token=_read(env, "metrics_token", _secret, None),
        encoder=_read(env, "encoder", _folder, None),
        smtp=_read(env, "smtp", _mail_server, None),
        mail_from=_read(env, "mail_from", _mail_address, None),
        webhook_url=_read(env, "webhook_url", _receiver, None),
        webhook_secret=_read(env, "webhook_secret", _secret, None),
        wecom_robot=_read(env, "wecom_robot", _receiver, None),
        upkeep_seconds=_read(env, "upkeep_seconds", _positive, 5),
        redis_url=_read(env, "redis_url", _redis_url, None),
        database_pool=_read(env, "database_pool", _pool, POOL),
        keep_months=_read(env, "keep_months", _months, None),
        wechat_api=_read(env, "wechat_api", _site, "https://api.weixin.qq.com"),
        wechat_accounts=read_accounts(env),
        wechat_messages=_read(env, "wechat_messages", _positive, Limits.message),
        wechat_clicks=_read(env, "wechat_clicks", _positive, Limits.click),
        wechat_kept=_read(env, "wechat_kept", _count, Limits.kept_for_person),
    )
    _require_together(settings, "smtp", "mail_from")
    _require_together(settings, "webhook_url", "webhook_secret")
    return settings


def _require_together(settings: Settings, field: str, other: str) -> None:
    if getattr(settings, field) and not getattr(settings, other):
        raise SetupError(f"{NAMES[field]} needs {NAMES[other]} too")


def _read(env: Mapping[str, str], field: str, parse: Callable[[str], T], default: T) -> T:
    name = NAMES[field]
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        return parse(text)
    except ValueError as error:
        shown = name if field in SECRET else f"{name}={text!r}"
        raise SetupError(f"{shown} cannot be used: {error}") from error


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise ValueError("a port is a number from 1 to 65535")
    return port


def _site(text: str) -> str:
    """The address of a site; gives it without a slash at the end."""
    address = urlsplit(text)
    if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment:
        raise ValueError("must be an address such as https://cars.example")
    return text.rstrip("/")


def _receiver(text: str) -> str:
    """The address of a program of the dealer; it may have a query, as a token of its own."""
    address = urlsplit(text)
    if address.scheme not in ("http", "https") or not address.hostname or address.fragment:
        raise ValueError("must be an address such as https://crm.example/hooks/zhanting")
    return text


def _time(text: str) -> datetime:
    """Python 3.10 does not read the "Z" of UTC."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def _pool(text: str) -> int:
    number = int(text)
    if not 5 <= number <= 1000:
        raise ValueError("must be a number of connections from 5 to 1000")
    return number


def _months(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1200:
        raise ValueError("must be a number of months from 1 on")
    return number


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 9:
        raise ValueError("must be a number from 0 to 9")
    return number


def _switch(text: str) -> bool:
    values = {"on": True, "1": True, "true": True, "off": False, "0": False, "false": False}
    if text.lower() not in values:
        raise ValueError("must be on or off")
    return values[text.lower()]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _password(text: str) -> str:
    if len(text) < 8:
        raise ValueError("needs at least 8 characters")
    return text


def _secret(text: str) -> str:
    if len(text) < SHORTEST_SECRET:
        raise ValueError(f"needs at least {SHORTEST_SECRET} characters")
    return text


def _mail_server(text: str) -> MailServer:
    """``smtps://user:password@host:465``, ``smtp://user:password@host:587?starttls`` or ``smtp://host``."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:  # its words would show a part of the password
        raise ValueError("is not an address; write / and @ in a password as %2F and %40") from None
    known = {("smtps", ""): ("tls", 465), ("smtp", "starttls"): ("starttls", 587), ("smtp", ""): ("none", 25)}
    if (parts.scheme, parts.query) not in known or not host or parts.path.strip("/") or parts.fragment:
        raise ValueError("must be smtps://user:password@host or smtp://user:password@host?starttls")
    security, usual_port = known[parts.scheme, parts.query]
    user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    if (user is None) != (password is None):
        raise ValueError("a user needs a password")
    if user and security == "none":
        raise ValueError("a password needs smtps:// or ?starttls")
    return MailServer(host, port or usual_port, security, user, password)


def _mail_address(text: str) -> str:
    name, address = parseaddr(text)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address) or re.search(r"[\r\n]", name):
        raise ValueError("must be an address such as 青岚汽车 <service@example.com>")
    return text


def _database_url(text: str) -> str:
    if text.startswith("postgres://"):
        text = "postgresql://" + text.removeprefix("postgres://")
    if not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg2://")):
        raise ValueError("only sqlite:/// and postgresql:// are supported")
    return text


def _redis_url(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must be an address such as redis://localhost:6379/0")
    try:
        _ = urlsplit(text).port
    except ValueError:  # its words would show a part of the password
        raise ValueError("is not an address; write / and @ in a password as %2F and %40") from None
    return text


def _folder(text: str) -> Path:
    folder = Path(text).expanduser().resolve()
    if not folder.is_dir():
        raise ValueError("is not a folder")
    return folder


def _log_level(text: str) -> str:
    if text.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
    return text.upper()


def _log_format(text: str) -> str:
    if text.lower() not in ("text", "json"):
        raise ValueError("must be text or json")
    return text.lower()
