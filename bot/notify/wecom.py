"""Messages by a WeCom group robot (https://developer.work.weixin.qq.com/document/path/91770).

The address has the robot's key: it is a secret, and neither logged nor told. A robot takes 20 messages a minute.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.request import Request

from bot.domain.errors import DeliveryFailed
from bot.notify.posting import post

SECONDS = 10.0
INVALID_ADDRESS = 93000
TOO_MANY = 45009


@dataclass(frozen=True)
class RobotSender:
    """Posts to one robot; ``seconds``: how long WeCom may be silent."""

    url: str
    seconds: float = SECONDS

    def send(self, markdown: str) -> None:
        """Raises DeliveryFailed unless WeCom took it (errcode 0); ``final`` where the robot does not exist."""
        body = {"msgtype": "markdown", "markdown": {"content": markdown}}
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "zhanting"}
        request = Request(self.url, json.dumps(body, ensure_ascii=False).encode(), headers, method="POST")
        status, answer = post(request, self.seconds, "the WeCom robot", "企业微信机器人")
        if not 200 <= status < 300:
            raise DeliveryFailed(f"WeCom answered {status}", words=f"企业微信回复了 {status}")
        code = _code(answer)
        if code != 0:
            words = {INVALID_ADDRESS: "企业微信机器人不存在", TOO_MANY: "企业微信机器人发送太频繁"}
            said = words.get(code or 0, f"企业微信拒收（{code}）")
            raise DeliveryFailed(f"WeCom refused it: {code}", code == INVALID_ADDRESS, said)


def _code(answer: bytes) -> int | None:
    """The errcode; None for an answer that has none, which is no WeCom."""
    try:
        code = json.loads(answer)["errcode"]
    except (ValueError, TypeError, KeyError):
        return None
    return code if isinstance(code, int) else None
