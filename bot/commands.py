"""The commands of ``python -m bot``. Rasa is imported only here, after TensorFlow has been kept out."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
import uuid
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

from bot import clock
from bot.domain.errors import SetupError
from bot.runtime.no_tensorflow import keep_tensorflow_out
from bot.runtime.training import ensure_model
from bot.runtime.training import train as train_model
from bot.services.installation import Installation, open_installation
from bot.services.staff import ADMIN, ensure_admin
from bot.services.texts import clean
from bot.settings import Settings, read_settings


def serve() -> int:
    """Everything at one port, until Ctrl-C."""
    settings = read_settings()
    _prepare(settings)
    _require_free_port(settings)
    _tell("正在准备数据库 … preparing the database")
    installation = open_installation(settings)
    password = ensure_admin(installation.database, settings.admin_password, clock.now())
    model = ensure_model(settings.models, _tell)
    _tell("正在启动助手 … starting the assistant")
    from bot.api.protocol import CheckedProtocol
    from bot.server import build_server

    server = build_server(installation, model, lambda: _tell_addresses(settings, password))
    server.app.run(
        host=settings.host,
        port=settings.port,
        protocol=CheckedProtocol,
        access_log=False,
        motd=False,
        debug=False,
        workers=1,
    )
    if not server.app.ctx.ready:
        raise SetupError("the server could not start; the lines above say why")
    _tell("已停止 … stopped")
    return 0


def train() -> int:
    """Train from nothing."""
    settings = read_settings()
    _prepare(settings)
    path = train_model(settings.models)
    _tell(f"模型已保存 … model saved: {path.name}")
    return 0


def chat() -> int:
    """A conversation in the terminal: the same turns as in the server."""
    settings = read_settings()
    _prepare(settings, log_level="ERROR")
    installation = open_installation(settings)
    model = ensure_model(settings.models, _tell)
    asyncio.run(_chat(installation, model))
    return 0


def understand() -> int:
    """JSON lines in, JSON lines out; nothing else on stdout."""
    settings = read_settings()
    _prepare(settings, log_level="ERROR")
    model = ensure_model(settings.models, lambda line: print(line, file=sys.stderr))
    from bot.understanding.batch import Understanding

    understanding = Understanding(model)
    for number, line in enumerate(sys.stdin, start=1):
        if line.strip():
            row = _row(number, line)
            clock.clock.set(settings.clock)  # the line before may have set another "now"
            understood = understanding.of_row({**row, "text": clean(row["text"])})
            print(json.dumps({**understood, "text": row["text"]}, ensure_ascii=False), flush=True)
    return 0


def _row(number: int, line: str) -> dict[str, Any]:
    """A line of ``understand``'s input; raises ``SetupError`` that says which line is wrong and why."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SetupError(f"line {number} is not JSON: {error}") from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise SetupError(f'line {number} must be an object with a "text"')
    now = row.get("now")
    try:
        datetime.fromisoformat(now or "2000-01-01")
    except (TypeError, ValueError) as error:
        raise SetupError(f'line {number}: "now" must be an ISO 8601 time, not {now!r}') from error
    return row


async def _chat(installation: Installation, model: Path) -> None:
    from bot.server import build_server
    from bot.services.messages import Inbound

    turns = build_server(installation, model).turns
    sender = uuid.uuid4().hex
    buttons: list[dict[str, str]] = []
    _tell("输入消息，空行结束。选按钮可以直接输入文字或序号。")
    while text := _read_line():
        if text.isascii() and text.isdigit() and 1 <= int(text) <= len(buttons):
            text = buttons[int(text) - 1]["title"]
        outcome = await turns.handle(Inbound("terminal", sender, text))
        buttons = [button for message in outcome.replies for button in message.buttons]
        for message in outcome.replies:
            _tell(message.text)
        for number, button in enumerate(buttons, start=1):
            _tell(f"  {number}. {button['title']}")


def _read_line() -> str:
    """What was typed, without spaces around it; empty at the end. Ctrl-C ends the conversation too."""
    try:
        return input("> ").strip()
    except (EOFError, KeyboardInterrupt):
        print()
        return ""


def _prepare(settings: Settings, log_level: str | None = None) -> None:
    keep_tensorflow_out()
    warnings.showwarning = _hide_warning
    logging.basicConfig(
        level=log_level or settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for noisy in ("rasa", "rasa_sdk", "sanic", "alembic", "matplotlib", "apscheduler", "numexpr"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("sanic.error").addFilter(lambda record: "File not found" not in record.getMessage())
    _quiet_structlog()
    if settings.clock is not None:
        clock.clock.set(settings.clock)


def _hide_warning(*_: object, **__: object) -> None:
    """Libraries warn their own developers; a filter does not last, since Rasa's imports set theirs."""


def _quiet_structlog() -> None:
    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def _require_free_port(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SetupError(
                f"port {settings.port} on {settings.host} cannot be used ({error.strerror}); set PORT to another one"
            ) from error


def _tell_addresses(settings: Settings, password: str | None) -> None:
    base = f"http://{'localhost' if settings.host in ('127.0.0.1', '0.0.0.0') else settings.host}:{settings.port}"
    _tell("")
    _tell("展厅已就绪 … ready")
    _tell(f"  演示网站 website    {base}/")
    _tell(f"  REST 接口           {base}/webhooks/rest/webhook")
    _tell(f"  员工接口 staff API  {base}/api/openapi.json")
    known = (
        "ZHANTING_ADMIN_PASSWORD"
        if settings.admin_password
        else "首次启动时显示过 printed at the first start"
    )
    _tell(f"  员工登录 login      {ADMIN} / {password or known}")
    _tell("  按 Ctrl-C 停止 … Ctrl-C stops")


def _tell(line: str) -> None:
    print(line, flush=True)
