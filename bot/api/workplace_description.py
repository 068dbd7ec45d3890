"""The OpenAPI description of the consultant's workplace and its stream."""

from __future__ import annotations

from typing import Any

from bot.api.schemas import (
    FLAG,
    MOMENT,
    NULLABLE,
    NUMBER,
    TEXT,
    TEXTS,
    TIME,
    array,
    enum_of,
    operation,
    query,
    ref,
)
from bot.api.schemas import record as record_of
from bot.domain.conversation import Author, Owner
from bot.domain.staff import Presence, Role
from bot.services.workplace import Scope

_ID = "of the conversation"
_OBJECT = {"type": "object"}
_NOT_OWN = "the conversation is not the caller's"
_STREAM = (
    "Server-sent events for a page: `desk` (what waits, own conversations, presence), `conversation`, `message` "
    "(its id is the sequence number; internal ones too) and `typing` of the conversation named, `ready` after the "
    "first round with the number of messages that were missing, `ended` when the session is over. `wechat` in "
    "`conversation`: how many messages may still be sent there (`left`, until `ends`), how many lines wait (`queued`) "
    "and why (`blocked`: quota, permission, unfollowed or failed); null on other channels. Goes on after "
    "`Last-Event-ID`; without it the last hundred messages come first. While it is open, presence and leases are "
    "renewed."
)


def workplace_paths() -> dict[str, Any]:
    """``/api/staff/desk``, ``/stream``, ``/standard-replies`` and what a page tells of an open conversation."""
    stream = operation(
        _STREAM,
        TEXT,
        query("conversation", TEXT, "the open conversation"),
        query("after", NUMBER, "the last sequence number that the page has"),
        query("news", FLAG, "only `news`, whenever something changed that staff see"),
        s404="no such conversation",
    )
    stream["responses"]["200"]["content"] = {"text/event-stream": {"schema": TEXT}}
    return {
        "/api/staff/desk": {
            "get": operation(
                "Conversations as the workplace lists them, the newest first; `all` is for supervisors, "
                "`closed` what one ended or gave back lately.",
                array(ref("DeskLine")),
                query("scope", enum_of(Scope), "own ones without it"),
                query("q", TEXT, "words in a customer's name or in what was said"),
                s403="only supervisors see all",
            )
        },
        "/api/staff/stream": {"get": stream},
        "/api/staff/colleagues": {
            "get": operation(
                "Who can be given a conversation: those who are there first.", array(ref("Colleague"))
            )
        },
        "/api/staff/conversations/{id}/transcript": {
            "get": operation(
                "The end of the transcript as the workplace shows it, or the hundred messages before one.",
                array(ref("TranscriptLine")),
                query("before", NUMBER, "a sequence number"),
                id_=_ID,
            )
        },
        "/api/staff/standard-replies": {
            "get": operation(
                "Approved standard replies that fit the words, filled from the customer's card, the best first.",
                array(ref("StandardReply")),
                query("q", TEXT, "words, shortcut or pinyin"),
                query("conversation", TEXT, "whose customer they are for"),
            )
        },
        "/api/staff/conversations/{id}/typing": {
            "post": operation(
                "The adviser writes just now, or has stopped; only in their own conversation (409).",
                _OBJECT,
                body=record_of("on", on=FLAG),
                id_=_ID,
                s409=_NOT_OWN,
            )
        },
        "/api/staff/conversations/{id}/seen": {
            "post": operation(
                "The adviser has seen everything up to this number, in their own conversation (409).",
                _OBJECT,
                body=record_of(seq=NUMBER),
                id_=_ID,
                s409=_NOT_OWN,
            )
        },
    }


def workplace_schemas() -> dict[str, Any]:
    """``DeskLine``, ``Colleague``, ``TranscriptLine`` and ``StandardReply``."""
    return {
        "DeskLine": record_of(
            id=TEXT,
            title=TEXT,
            channel=TEXT,
            state=enum_of(Owner),
            skill=NULLABLE,
            reason=NULLABLE,
            waiting_since=MOMENT,
            updated_at=TIME,
            preview=TEXT,
            preview_author={**enum_of(Author), "nullable": True},
            unread={**NUMBER, "description": "messages and notes that nobody who has it has seen"},
            unanswered={**FLAG, "description": "a person has it, and the customer wrote last"},
            adviser=NULLABLE,
            adviser_name=NULLABLE,
        ),
        "Colleague": record_of(
            username=TEXT, name=TEXT, role=enum_of(Role), skills=TEXTS, presence=enum_of(Presence)
        ),
        "TranscriptLine": record_of(
            seq=NUMBER,
            author=enum_of(Author),
            text={**TEXT, "description": "telephone and identity card numbers are masked"},
            masked={**FLAG, "description": "something in the text is masked, and can be revealed"},
            buttons=array(record_of(title=TEXT)),
            custom=_OBJECT,
            client_id=NULLABLE,
            time=TIME,
            username=NULLABLE,
            name=NULLABLE,
            internal=FLAG,
            understanding={**_OBJECT, "nullable": True},
        ),
        "StandardReply": record_of(
            id=TEXT,
            version=NUMBER,
            title=TEXT,
            category=TEXT,
            shortcut=TEXT,
            text=TEXT,
            open={**TEXTS, "description": "what stands as 【…】 in the text and has to be written first"},
        ),
    }
