"""What goes wrong on the platform's side, by order of a test."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Fault:
    """``what``: an error code, "500", "hang" (no answer), "html", "cut" (done, but the answer is lost)."""

    path: str
    what: int | str
    times: int = 1
    after: int = 0
    openid: str = ""
    seen: int = 0


@dataclass
class Faults:
    planned: list[Fault] = field(default_factory=list)

    def plan(self, path: str, what: int | str, times: int = 1, after: int = 0, openid: str = "") -> None:
        """The calls of ``path`` number ``after`` + 1 to ``after`` + ``times`` from now on go wrong."""
        self.planned.append(Fault(path, what, times, after, openid))

    def take(self, path: str, openid: str = "") -> int | str | None:
        """What goes wrong with this call; every plan counts it."""
        wrong = None
        for fault in self.planned:
            if not path.endswith(fault.path) or (fault.openid and fault.openid != openid):
                continue
            fault.seen += 1
            if wrong is None and fault.after < fault.seen <= fault.after + fault.times:
                wrong = fault.what
        return wrong
