"""Reading JSON bodies: a wrong one is a clear 400 and never a stack trace."""

from __future__ import annotations

import json
from typing import Any

from sanic.request import Request

from bot.domain.errors import InvalidInput
from bot.services.texts import is_storable


def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; raises ``InvalidInput``."""
    if not (request.content_type or "").startswith("application/json"):
        raise InvalidInput("Content-Type must be application/json")
    try:
        body = json.loads(request.body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InvalidInput("the body is not valid JSON") from error
    if not isinstance(body, dict):
        raise InvalidInput("the body must be a JSON object")
    return body


def text_field(body: dict[str, Any], name: str, longest: int = 255, required: bool = True) -> str | None:
    """A text of the body that is stored or looked for as it is; raises ``InvalidInput``."""
    value = any_text_field(body, name, longest, required)
    if value is not None and not is_storable(value):
        raise InvalidInput(f"{name} has characters that cannot be stored")
    return value


def any_text_field(body: dict[str, Any], name: str, longest: int, required: bool = True) -> str | None:
    """A text of the body, whatever its characters; raises ``InvalidInput`` when missing, no text, or too long."""
    value = body.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be a text")
    if len(value) > longest:
        raise InvalidInput(f"{name} is longer than {longest} characters")
    if required and not value.strip():
        raise InvalidInput(f"{name} is empty")
    return value
