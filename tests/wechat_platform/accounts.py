"""Official Accounts as the platform knows them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

PLAIN, COMPATIBLE, SAFE = "plain", "compatible", "safe"
NOT_EMPTY = ("APP_ID", "TOKEN", "MODE", "AES_KEY", "SECRET", "KIND", "MAY_SEND", "DESK", "STORE")


@dataclass
class PlatformAccount:
    """``may_send`` is what the platform allows; ``tells_may_send`` what the assistant's setting says ("on", "off").

    ``address``: where the assistant takes this account's messages; set when the assistant runs. ``more_addresses``: of
    its other processes; each delivery goes to the next one.
    """

    name: str
    mode: str = SAFE
    kind: str = "service"
    may_send: bool = True
    tells_may_send: str = "on"
    desk: str = "console"
    store: str = ""
    address: str = ""
    more_addresses: list[str] = field(default_factory=list)
    menu: dict[str, object] | None = None
    templates: set[str] = field(default_factory=set)

    @property
    def app_id(self) -> str:
        return f"wx{self._digest('app')[:16]}"

    @property
    def original_id(self) -> str:
        return f"gh_{self._digest('original')[:12]}"

    @property
    def token(self) -> str:
        return self._digest("token")[:24]

    @property
    def secret(self) -> str:
        return self._digest("secret")[:32]

    @property
    def aes_key(self) -> str:
        """43 letters and digits; the last one leaves no bits over."""
        return (self._digest("key") + self._digest("key more"))[:42] + "A"

    def next_address(self) -> str:
        """A load balancer in front of all processes: a redelivery meets another one."""
        addresses = [self.address, *self.more_addresses]
        self._turn = (getattr(self, "_turn", -1) + 1) % len(addresses)
        return addresses[self._turn]

    def settings(self) -> dict[str, str]:
        """The assistant's variables for this account, as ``ZHANTING_WECHAT_MAIN_TOKEN``."""
        values = (
            self.app_id,
            self.token,
            self.mode,
            "" if self.mode == PLAIN else self.aes_key,
            self.secret if self.tells_may_send == "on" else "",
            self.kind,
            self.tells_may_send,
            self.desk,
            self.store,
        )
        prefix = f"ZHANTING_WECHAT_{self.name.upper().replace('-', '_')}"
        return {f"{prefix}_{field}": value for field, value in zip(NOT_EMPTY, values, strict=True) if value}

    def _digest(self, what: str) -> str:
        return hashlib.sha256(f"{self.name} {what}".encode()).hexdigest()
