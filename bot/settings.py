"""Every setting, read from the environment once and failing loudly. Documented in README.md, *Settings*."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from bot.domain.errors import SetupError

ROOT = Path(__file__).resolve().parents[1]
T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """The installation's settings; see ``NAMES`` for the environment variable of each."""

    port: int
    host: str
    home: Path
    models: Path
    database_url: str
    clock: datetime | None
    admin_password: str | None
    rest_token: str | None
    rate_limit: bool
    widget_origins: tuple[str, ...]
    max_message_length: int
    log_level: str
    encoder: Path | None


NAMES: dict[str, str] = {
    "port": "PORT",
    "host": "ZHANTING_HOST",
    "home": "ZHANTING_HOME",
    "models": "ZHANTING_MODELS",
    "database_url": "DATABASE_URL",
    "clock": "ZHANTING_CLOCK",
    "admin_password": "ZHANTING_ADMIN_PASSWORD",
    "rest_token": "ZHANTING_REST_TOKEN",
    "rate_limit": "ZHANTING_RATE_LIMIT",
    "widget_origins": "ZHANTING_WIDGET_ORIGINS",
    "max_message_length": "ZHANTING_MAX_MESSAGE_LENGTH",
    "log_level": "ZHANTING_LOG_LEVEL",
    "encoder": "ZHANTING_ENCODER",
}


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read all settings; raises ``SetupError`` that names the variable whose value cannot be taken."""
    env = os.environ if environment is None else environment
    home = _read(env, "home", Path, ROOT / "var").expanduser().resolve()
    return Settings(
        port=_read(env, "port", _port, 5005),
        host=_read(env, "host", str, "127.0.0.1"),
        home=home,
        models=_read(env, "models", Path, ROOT / "models").expanduser().resolve(),
        database_url=_read(env, "database_url", _database_url, f"sqlite:///{home / 'zhanting.db'}"),
        clock=_read(env, "clock", _time, None),
        admin_password=_read(env, "admin_password", _password, None),
        rest_token=_read(env, "rest_token", str, None),
        rate_limit=_read(env, "rate_limit", _switch, True),
        widget_origins=_read(env, "widget_origins", _words, ()),
        max_message_length=_read(env, "max_message_length", _positive, 1000),
        log_level=_read(env, "log_level", _log_level, "INFO"),
        encoder=_read(env, "encoder", _folder, None),
    )


def _read(env: Mapping[str, str], field: str, parse: Callable[[str], T], default: T) -> T:
    name = NAMES[field]
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        return parse(text)
    except ValueError as error:
        raise SetupError(f"{name}={text!r} cannot be used: {error}") from error


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise ValueError("a port is a number from 1 to 65535")
    return port


def _time(text: str) -> datetime:
    """Python 3.10 does not read the "Z" of UTC."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("must be at least 1")
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


def _database_url(text: str) -> str:
    if text.startswith("postgres://"):
        text = "postgresql://" + text.removeprefix("postgres://")
    if not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg2://")):
        raise ValueError("only sqlite:/// and postgresql:// are supported")
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
