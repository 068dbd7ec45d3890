"""The OpenAPI description of conversations and of what the staff do with them."""

from __future__ import annotations

from typing import Any

from bot.api.schemas import (
    FLAG,
    MOMENT,
    NULLABLE,
    NUMBER,
    TEXT,
    TIME,
    array,
    enum_of,
    operation,
    query,
    record,
    ref,
)
from bot.domain.conversation import Author, HandoffReason, Outcome, Owner
from bot.domain.staff import Presence, Skill

_ID = "of the conversation"
_EPOCH = {**NUMBER, "description": "the epoch that the caller saw; 409 when it is another one now"}
_CLIENT_ID = {**TEXT, "description": "names the line: a resend gives the same one"}
_STALE = (
    "the conversation is not the caller's, or changed meanwhile: state, epoch, adviser and words in Chinese"
)
_OBJECT = {"type": "object"}
_NULLABLE_OBJECT = {"type": "object", "nullable": True}
_BUTTONS = array(record(title=TEXT, payload=TEXT))


def conversation_paths() -> dict[str, Any]:
    """``/api/staff/conversations`` and below, ``/api/staff/queue`` and ``/api/staff/presence``."""
    base = "/api/staff/conversations"
    return {
        base: {
            "get": operation(
                "Conversations, newest first.",
                array(ref("Conversation")),
                query("state", enum_of(Owner)),
                query("mine", FLAG, "the caller's alone"),
            )
        },
        f"{base}/{{id}}": {
            "get": operation("One conversation with its handoffs.", ref("OneConversation"), id_=_ID)
        },
        f"{base}/{{id}}/messages": {
            "get": operation(
                "The transcript in order, with the lines for staff alone; telephone numbers are masked.",
                array(ref("Message")),
                query("after", NUMBER, "a sequence number"),
                id_=_ID,
            )
        },
        **{f"{base}/{{id}}/{name}": {"post": act} for name, act in _acts().items()},
        "/api/staff/queue": {
            "get": operation(
                "Who waits, in the order in which they are served.", array(ref("WaitingConversation"))
            )
        },
        "/api/staff/presence": {
            "post": operation(
                "The heartbeat: the caller is there and keeps their conversations. To be sent every 20 seconds.",
                record(
                    presence=enum_of(Presence),
                    waiting={**NUMBER, "description": "conversations in the queue"},
                    unread={**NUMBER, "description": "news in the caller's conversations"},
                ),
                body=record(
                    "presence", presence={**enum_of(Presence), "description": "a new choice, if it is one"}
                ),
            )
        },
    }


def _acts() -> dict[str, Any]:
    note, one = {**TEXT, "description": "for colleagues and the bot"}, ref("Conversation")
    return {
        "take": operation(
            "The caller answers from now on; the bot is silent.",
            one,
            body=record(
                "epoch",
                "away",
                epoch=_EPOCH,
                away={**FLAG, "description": "take it away from a colleague (who supervises)"},
            ),
            id_=_ID,
            s403="only supervisors take conversations away",
            s409=_STALE,
        ),
        "reply": operation(
            "Say something to the customer of one's own conversation.",
            ref("Message"),
            body=record(
                "text", "attachment", "epoch", "client_id",
                text={**TEXT, "description": "needed unless a file is sent"},
                attachment={**TEXT, "description": "the token of a file of the caller's (`POST /uploads`)"},
                epoch=_EPOCH, client_id=_CLIENT_ID,
            ),
            id_=_ID,
            s409=_STALE,
        ),
        "note": operation(
            "A line that customers never see.",
            ref("Message"),
            body=record("client_id", text=TEXT, client_id=_CLIENT_ID),
            id_=_ID,
        ),
        "transfer": operation(
            "To a colleague who is there, or into the queue for a skill: one of the two.",
            one,
            body=record(
                "username", "skill", "note", "epoch",
                username=TEXT, skill=enum_of(Skill), note=note, epoch=_EPOCH,
            ),
            id_=_ID,
            s409=_STALE,
        ),
        "release": operation(
            "Back to the bot.",
            one,
            body=record(
                "note", "settled", "epoch",
                note=note,
                settled={**FLAG, "description": "the bot does not go on with what it was asking"},
                epoch=_EPOCH,
            ),
            id_=_ID,
            s409=_STALE,
        ),
        "close": operation(
            "End it; the bot answers when the customer writes again.",
            one,
            body=record("note", "epoch", outcome=enum_of(Outcome), note=note, epoch=_EPOCH),
            id_=_ID,
            s409=_STALE,
        ),
    }  # fmt: skip


def conversation_schemas() -> dict[str, Any]:
    """``Conversation``, ``OneConversation``, ``Message``, ``Handoff`` and ``WaitingConversation``."""
    conversation = {
        "id": TEXT,
        "sender": TEXT,
        "channel": TEXT,
        "state": enum_of(Owner),
        "epoch": NUMBER,
        "adviser": NULLABLE,
        "adviser_name": NULLABLE,
        "skill": NULLABLE,
        "reason": NULLABLE,
        "waiting_since": MOMENT,
        "preview": {**TEXT, "description": "the last line that the customer can see"},
        "created_at": TIME,
        "updated_at": TIME,
    }
    more = {
        "last_seq": NUMBER,
        "delivered_seq": NUMBER,
        "read_seq": NUMBER,
        "page": NULLABLE,
        "place": {**NUMBER, "nullable": True, "description": "in the queue, 1 being next"},
        "expected_minutes": {**NUMBER, "nullable": True},
        "handoffs": array(ref("Handoff")),
    }
    return {
        "Conversation": record(**conversation),
        "OneConversation": record(**conversation, **more),
        "Message": record(
            seq=NUMBER,
            author=enum_of(Author),
            text=TEXT,
            buttons=_BUTTONS,
            custom=_OBJECT,
            client_id=NULLABLE,
            time=TIME,
            name={**NULLABLE, "description": "of the member of the staff who wrote it"},
            username=NULLABLE,
            internal={**FLAG, "description": "for staff alone"},
            template={**_NULLABLE_OBJECT, "description": "id and version of what the bot said"},
            understanding={**_NULLABLE_OBJECT, "description": "what the bot understood"},
        ),
        "Handoff": record(
            id=TEXT,
            reason=enum_of(HandoffReason),
            skill=NULLABLE,
            status=TEXT,
            summary=_OBJECT,
            adviser=NULLABLE,
            adviser_name=NULLABLE,
            created_at=TIME,
            taken_at=MOMENT,
            ended_at=MOMENT,
            outcome=NULLABLE,
            note=NULLABLE,
        ),
        "WaitingConversation": record(
            id=TEXT,
            number=NUMBER,
            skill=enum_of(Skill),
            reason=NULLABLE,
            waiting_since=TIME,
            returned={**FLAG, "description": "the customer lost their adviser"},
        ),
    }
