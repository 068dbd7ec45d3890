"""An Official Account (公众号) as the dealer set it up on the platform."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Mode(str, Enum):
    """消息加解密方式 of the platform's page *基本配置*: 明文, 兼容, 安全."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SAFE = "safe"


class Kind(str, Enum):
    """服务号 may send template messages; 订阅号 may not."""

    SERVICE = "service"
    SUBSCRIPTION = "subscription"


class Desk(str, Enum):
    """Where people answer: in our console, or in the platform's own customer service (transfer_customer_service)."""

    CONSOLE = "console"
    PLATFORM = "platform"


@dataclass(frozen=True)
class Account:
    """One account; ``name`` is what this installation calls it, in its address ``/wechat/<name>`` and in sender ids.

    ``may_send``: it may send customer-service messages; without it answers go out as passive replies alone.
    ``store``: the store that it belongs to. ``aes_keys``: the present EncodingAESKey, then those that still count.
    """

    name: str
    app_id: str
    token: str = field(repr=False)
    mode: Mode = Mode.SAFE
    aes_keys: tuple[str, ...] = field(default=(), repr=False)
    secret: str | None = field(default=None, repr=False)
    kind: Kind = Kind.SERVICE
    may_send: bool = True
    store: str | None = None
    desk: Desk = Desk.CONSOLE

    def sender_of(self, openid: str) -> str:
        """The sender of a conversation on the channel "wechat": an openid means nothing without its account."""
        return f"{self.name}/{openid}"
