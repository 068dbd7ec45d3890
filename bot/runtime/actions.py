"""Runs the actions of ``actions/`` in this process instead of calling an action server over HTTP.

Rasa knows one extension point for actions, the endpoint; ours hands the call to the SDK's executor. YAML alone
cannot do it (``reference/rasa.md``, *Where a message's time goes*). ``rasa run actions`` still works.
"""

from __future__ import annotations

import json
from typing import Any

from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException


class InProcessActions(EndpointConfig):
    """An action endpoint that is a function call."""

    def __init__(self, package: str = "actions") -> None:
        super().__init__(url="in-process")
        self._executor = ActionExecutor()
        self._executor.register_package(package)

    async def request(
        self, method: str = "post", subpath: str | None = None, json: dict[str, Any] | None = None, **_: Any
    ) -> Any:
        """What the action server would have answered to the call ``json``."""
        try:
            return await self._executor.run(json)
        except ActionExecutionRejection as rejected:
            raise _client_error(400, rejected.action_name, rejected.message) from rejected
        except ActionNotFoundException as missing:
            raise _client_error(404, missing.action_name, missing.message) from missing


def _client_error(status: int, action_name: str, message: str) -> ClientResponseError:
    body = json.dumps({"action_name": action_name, "error": message})
    return ClientResponseError(status, message, body)
