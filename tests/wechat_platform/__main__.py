"""``make wechat-sim``: the simulator at http://localhost:5055, for trying the assistant without an Official Account.

``--serve`` starts the assistant as well; without it the settings are printed with which to start it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.wechat_platform.accounts import COMPATIBLE, PLAIN, SAFE, PlatformAccount
from tests.wechat_platform.page import Page
from tests.wechat_platform.platform import Platform

PORT, ASSISTANT_PORT = 5055, 5005
ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    options = _options()
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.wechat_platform", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--assistant", default=f"http://127.0.0.1:{ASSISTANT_PORT}", help="its address")
    parser.add_argument("--mode", choices=(PLAIN, COMPATIBLE, SAFE), default=SAFE)
    parser.add_argument("--serve", action="store_true", help="start the assistant too")
    return parser.parse_args()


async def _run(options: argparse.Namespace) -> None:
    accounts = [
        PlatformAccount("main", mode=options.mode),
        PlatformAccount("bare", kind="subscription", mode=options.mode, may_send=False, tells_may_send="off"),
    ]
    platform = Platform(accounts, port=options.port)
    platform.point_at(options.assistant)
    Page(platform)
    async with platform:
        print(f"公众号模拟器：http://localhost:{options.port}（Ctrl+C 结束）", flush=True)
        if not options.serve:
            print("用下面的设置启动助手（make run）：\n")
            settings = platform.settings().items()
            print("\n".join(f"export {name}='{value}'" for name, value in settings), flush=True)
            await _until_stopped(None)
            return
        environment = {**os.environ, **platform.settings(), "PORT": str(urlsplit(options.assistant).port)}
        assistant = subprocess.Popen([sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=environment)
        pushing = asyncio.ensure_future(_push_menu(options.assistant, environment))
        try:
            await _until_stopped(assistant)
        finally:
            pushing.cancel()
            if assistant.poll() is None:
                assistant.terminate()
                assistant.wait(20)


async def _push_menu(assistant: str, environment: dict[str, str]) -> None:
    """Once the assistant is up, its menu goes to the account that may have one."""
    async with httpx.AsyncClient() as client:
        while True:
            with suppress(httpx.TransportError):
                if (await client.get(f"{assistant}/health")).status_code == 200:
                    break
            await asyncio.sleep(0.5)
    command = (sys.executable, "-m", "bot", "wechat", "menu", "--push", "--account", "main")
    pushed = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment)
    await pushed.wait()


async def _until_stopped(assistant: subprocess.Popen[bytes] | None) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    while not stopped.is_set() and (assistant is None or assistant.poll() is None):
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stopped.wait(), 0.5)


if __name__ == "__main__":
    main()
