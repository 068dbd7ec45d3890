"""What commands do first: logging, warnings, the clock, and TensorFlow kept out."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable

from bot import clock
from bot.runtime.no_tensorflow import NEVER_CALLED, keep_tensorflow_out
from bot.services.logs import install_logging
from bot.settings import Settings


def prepare(settings: Settings, log_level: str | None = None) -> None:
    keep_tensorflow_out(NEVER_CALLED)
    warnings.showwarning = _hide_warning
    install_logging(log_level or settings.log_level, settings.log_format)
    for noisy in ("rasa", "rasa_sdk", "sanic", "alembic", "matplotlib", "apscheduler", "numexpr"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("sanic.error").addFilter(lambda record: "File not found" not in record.getMessage())
    _quiet_structlog()
    if settings.clock is not None:
        clock.clock.set(settings.clock)


def load_encoder(settings: Settings) -> None:
    """Raises ``SetupError`` where the optional sentence encoder cannot be used: before anything that takes long."""
    if settings.encoder is not None:
        from bot.understanding.encoder import encoder_or_none

        encoder_or_none()


def _hide_warning(*_: object, **__: object) -> None:
    """Libraries warn their own developers; a filter does not last, since Rasa's imports set theirs."""


def _quiet_structlog() -> None:
    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def tell(line: str) -> None:
    print(line, flush=True)


def tell_warnings(lines: Iterable[str]) -> None:
    """What was done all the same, but is hardly meant."""
    for line in lines:
        tell(f"注意：{line}")
