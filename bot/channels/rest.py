"""The REST channel, compatible with stock Rasa's: ``POST /webhooks/rest/webhook``."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.channels.requests import any_text_field, json_object, text_field
from bot.domain.errors import NotAllowed
from bot.services.credentials import bearer_token, is_from_here, same_token
from bot.services.messages import Inbound, StoredMessage
from bot.services.throttle import Flood
from bot.services.turns import Turns

LONGEST_BODY_TEXT = 200_000


def rest_channel(turns: Turns, token: str | None, flood: Flood) -> Blueprint:
    """Open on loopback; from elsewhere it needs ``Authorization: Bearer <ZHANTING_REST_TOKEN>``.

    A program with the token speaks for many customers: ``flood`` counts by sender, not by its address.
    """
    blueprint = Blueprint("rest", url_prefix="/webhooks/rest")

    @blueprint.get("/")
    async def health(_: Request) -> HTTPResponse:
        return json({"status": "ok"})

    @blueprint.post("/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        _require_access(request, token)
        inbound = _inbound(request)
        if not is_loopback(request):
            flood.visitor(f"rest/{inbound.sender}")
        outcome = await turns.handle(inbound)
        return json([_reply(inbound.sender, message) for message in outcome.replies])

    return blueprint


def _inbound(request: Request) -> Inbound:
    body = json_object(request)
    sender = text_field(body, "sender")
    text = any_text_field(body, "message", LONGEST_BODY_TEXT, required=False)
    return Inbound("rest", str(sender), text or "", text_field(body, "message_id", 120, required=False))


def _reply(sender: str, message: StoredMessage) -> dict[str, Any]:
    reply: dict[str, Any] = {"recipient_id": sender, "text": message.text}
    if message.buttons:
        reply["buttons"] = list(message.buttons)
    if message.custom:
        reply["custom"] = message.custom
    return reply


def _require_access(request: Request, token: str | None) -> None:
    """Raises ``NotAllowed``."""
    if is_loopback(request):
        return
    if not token or not same_token(bearer_token(request.headers.get("authorization")), token):
        raise NotAllowed("the REST channel needs a valid token from outside this machine")


def is_loopback(request: Request) -> bool:
    """Whether the request comes straight from this machine, not through a proxy."""
    return is_from_here(request.ip, request.headers)
