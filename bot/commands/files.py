"""Files that commands read and write; a mistake is one clear line."""

from __future__ import annotations

from pathlib import Path

from bot.domain.errors import InvalidInput


def read_file(path: Path) -> bytes:
    """Raises ``InvalidInput``."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error


def write_file(path: Path, data: bytes) -> None:
    """Raises ``InvalidInput``."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from error
