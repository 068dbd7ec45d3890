"""The REST channel, compatible with stock Rasa's: ``POST /webhooks/rest/webhook``."""

from __future__ import annotations

import secrets
from ipaddress import ip_address
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.channels.requests import json_object, text_field
from bot.domain.errors import InvalidInput, NotAllowed
from bot.services.messages import Inbound, StoredMessage
from bot.services.turns import Turns

LONGEST_BODY_TEXT = 200_000


def rest_channel(turns: Turns, token: str | None) -> Blueprint:
    """Open on loopback; from elsewhere it needs ``Authorization: Bearer <ZHANTING_REST_TOKEN>``."""
    blueprint = Blueprint("rest", url_prefix="/webhooks/rest")

    @blueprint.get("/")
    async def health(_: Request) -> HTTPResponse:
        return json({"status": "ok"})

    @blueprint.post("/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        _require_access(request, token)
        inbound = _inbound(request)
        outcome = await turns.handle(inbound)
        return json([_reply(inbound.sender, message) for message in outcome.replies])

    return blueprint


def _inbound(request: Request) -> Inbound:
    body = json_object(request)
    sender = text_field(body, "sender")
    text = body.get("message", "")
    if text is not None and not isinstance(text, str):
        raise InvalidInput("message must be a text")
    if len(text or "") > LONGEST_BODY_TEXT:
        raise InvalidInput(f"message is longer than {LONGEST_BODY_TEXT} characters")
    return Inbound("rest", str(sender), text or "", text_field(body, "message_id", 120, required=False))


def _reply(sender: str, message: StoredMessage) -> dict[str, Any]:
    reply: dict[str, Any] = {"recipient_id": sender, "text": message.text}
    if message.buttons:
        reply["buttons"] = list(message.buttons)
    if message.custom:
        reply["custom"] = message.custom
    return reply


def _require_access(request: Request, token: str | None) -> None:
    """Raises ``NotAllowed``; compares in constant time."""
    if is_loopback(request):
        return
    given = (request.headers.get("authorization") or "").removeprefix("Bearer ").strip()
    if not token or not secrets.compare_digest(given.encode(), token.encode()):
        raise NotAllowed("the REST channel needs a valid token from outside this machine")


def is_loopback(request: Request) -> bool:
    """Whether the request comes straight from this machine, not through a proxy."""
    if request.headers.get("x-forwarded-for") or request.headers.get("forwarded"):
        return False
    try:
        return ip_address(request.ip).is_loopback
    except ValueError:
        return False
