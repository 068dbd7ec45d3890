"""``serve``, ``train`` and ``chat``. Rasa is imported only here, after TensorFlow has been kept out."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import uuid
from collections.abc import Callable
from pathlib import Path

from bot import clock
from bot.commands.preparing import load_encoder, prepare, tell
from bot.commands.workers import hold_line, keep_workers, require_shared_stores, shared_socket
from bot.domain.errors import SetupError
from bot.runtime.training import ensure_model
from bot.runtime.training import train as train_model
from bot.services.installation import Installation, open_content, open_installation
from bot.services.staff import ADMIN, ensure_admin
from bot.settings import Settings, read_settings


def serve(chosen: argparse.Namespace) -> int:
    """Everything at one port, until Ctrl-C."""
    settings = read_settings()
    if chosen.workers > 1:
        require_shared_stores(settings, chosen.workers)
    prepare(settings)
    load_encoder(settings)
    if chosen.worker_line is not None:
        return _work(settings, chosen.worker_line)
    _require_free_port(settings)
    tell("正在准备数据库 … preparing the database")
    installation = open_installation(settings)
    password = ensure_admin(installation.database, settings.admin_password, clock.now())
    model = ensure_model(settings.models, tell)
    tell("正在启动助手 … starting the assistant")

    def ready() -> None:
        _tell_addresses(settings, password)

    if chosen.workers > 1:
        installation.database.close()
        keep_workers(chosen.workers, settings, ready)
    else:
        _answer(installation, model, ready)
    tell("已停止 … stopped")
    return 0


def _work(settings: Settings, line: int) -> int:
    """One of several: its parent has prepared everything, and tells the addresses."""
    ready = hold_line(line)
    with shared_socket(settings) as at:
        _answer(open_content(settings), ensure_model(settings.models, tell), ready, at)
    return 0


def _answer(
    installation: Installation, model: Path, ready: Callable[[], None], at: socket.socket | None = None
) -> None:
    """Answer at the address of the settings, or at a socket of it, until a signal."""
    signal.signal(signal.SIGINT, _leave)
    from bot.api.protocol import CheckedProtocol
    from bot.server import build_server

    settings = installation.settings
    server = build_server(installation, model, ready)
    server.app.run(
        **({"sock": at} if at else {"host": settings.host, "port": settings.port}),
        protocol=CheckedProtocol,
        access_log=False,
        motd=False,
        debug=False,
        workers=1,
        register_sys_signals=False,
    )
    if not server.app.ctx.ready:
        raise SetupError("the server could not start; the lines above say why")


def _leave(*_: object) -> None:
    """Ctrl-C before the server answers: at once, as SIGTERM does; the next start mends what had begun.

    An exception would be swallowed, or written with its stack, by whoever is imported or started just then.
    """
    os._exit(130)


def train(chosen: argparse.Namespace) -> int:
    """Train from nothing, or what changed."""
    settings = read_settings()
    prepare(settings)
    load_encoder(settings)
    path = train_model(settings.models, changed_only=chosen.changed)
    tell(f"模型已保存 … model saved: {path.name}")
    return 0


def chat() -> int:
    """A conversation in the terminal: the same turns as in the server."""
    settings = read_settings()
    prepare(settings, log_level="ERROR")
    load_encoder(settings)
    installation = open_installation(settings)
    model = ensure_model(settings.models, tell)
    asyncio.run(_chat(installation, model))
    return 0


async def _chat(installation: Installation, model: Path) -> None:
    from bot.server import build_server
    from bot.services.messages import Inbound

    turns = build_server(installation, model).turns
    sender = uuid.uuid4().hex
    buttons: list[dict[str, str]] = []
    tell("输入消息，空行结束。选按钮可以直接输入文字或序号。")
    while text := _read_line():
        if text.isascii() and text.isdigit() and 1 <= int(text) <= len(buttons):
            text = buttons[int(text) - 1]["title"]
        outcome = await turns.handle(Inbound("terminal", sender, text))
        buttons = [button for message in outcome.replies for button in message.buttons]
        for message in outcome.replies:
            tell(message.text)
        for number, button in enumerate(buttons, start=1):
            tell(f"  {number}. {button['title']}")


def _read_line() -> str:
    """What was typed, without spaces around it; empty at the end. Ctrl-C ends the conversation too."""
    try:
        return input("> ").strip()
    except (EOFError, KeyboardInterrupt):
        print()
        return ""


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
    tell("")
    tell("展厅已就绪 … ready")
    tell(f"  演示网站 website    {base}/")
    tell(f"  REST 接口           {base}/webhooks/rest/webhook")
    tell(f"  员工接口 staff API  {base}/api/openapi.json")
    known = (
        "ZHANTING_ADMIN_PASSWORD"
        if settings.admin_password
        else "首次启动时显示过 printed at the first start"
    )
    tell(f"  员工登录 login      {ADMIN} / {password or known}")
    tell("  按 Ctrl-C 停止 … Ctrl-C stops")
