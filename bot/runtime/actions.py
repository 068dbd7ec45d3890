"""Runs the actions of ``actions/`` in this process instead of calling an action server over HTTP.

Rasa knows one extension point for actions, the endpoint; ours hands the call to the SDK's executor. YAML alone
cannot do it (``reference/rasa.md``, *Where a message's time goes*). ``rasa run actions`` still works.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from bot.services import metrics

_failures: ContextVar[list[Exception]] = ContextVar("failures")


@contextmanager
def watching() -> Iterator[None]:
    """Raises at the end what an action raised: Rasa 3.6.21 logs it and goes on as if nothing had been done."""
    failures: list[Exception] = []
    token = _failures.set(failures)
    try:
        yield
    finally:
        _failures.reset(token)
    if failures:
        raise failures[0]


class InProcessActions(EndpointConfig):
    """An action endpoint that is a function call."""

    def __init__(self, package: str = "actions") -> None:
        super().__init__(url="in-process", enable_selective_domain=True)  # no action asks for the domain
        self._executor = ActionExecutor()
        self._executor.register_package(package)

    async def request(
        self, method: str = "post", subpath: str | None = None, json: dict[str, Any] | None = None, **_: Any
    ) -> Any:
        """What the action server would have answered to the call ``json``."""
        try:
            with metrics.part("actions"):
                return await self._executor.run(json)
        except ActionExecutionRejection as rejected:
            raise _client_error(400, rejected.action_name, rejected.message) from rejected
        except ActionNotFoundException as missing:
            raise _client_error(404, missing.action_name, missing.message) from missing
        except Exception as error:
            _failures.get([]).append(error)
            raise


def _client_error(status: int, action_name: str, message: str) -> ClientResponseError:
    body = json.dumps({"action_name": action_name, "error": message})
    return ClientResponseError(status, message, body)
