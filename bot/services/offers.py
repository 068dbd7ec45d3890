"""What the bot offered a customer lately, and which of its buttons they mean."""

from __future__ import annotations

import json
import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import Author
from bot.store.database import Database
from bot.store.prepared import PREPARED
from bot.store.tables import Message

OFFERS_REMEMBERED = 50
A_TURN = 8
"""Lines that the bot hardly ever says more of at once."""
_ORDINAL = re.compile(
    r"^\s*(?:回复\s*)?(?:(?:嗯|那|就|我|选|要|问|是|想)*第\s*)?(?P<number>[一二三四五六七八九1-9１-９])\s*(?:[个项条种]|个时间)?\s*"
    r"(?:就行|就好|那个|的)?\s*[吧。.,，]?\s*$"
)
_AGREES = re.compile(
    r"^\W*(?:嗯+|好+|可以|行|没问题|确认|ok|就(?:这个|它|这样|这会儿)|(?:这个|那个)?时间可以)(?:的|啊|呀|吧|呢|了|就行)*\W*$",
    re.IGNORECASE,
)
_messages = Message.__table__.c
_OFFERED = (
    sa.select(_messages.seq, _messages.reply_to, sa.cast(_messages.buttons, sa.Text))
    .where(_messages.conversation_id == sa.bindparam("conversation_id"), _messages.author == Author.BOT.value)
    .order_by(_messages.seq.desc())
    .limit(sa.bindparam("most"))
    .execution_options(**PREPARED)
)

_SAID = (
    sa.select(sa.cast(_messages.custom, sa.Text), sa.cast(_messages.buttons, sa.Text))
    .where(_messages.conversation_id == sa.bindparam("conversation_id"), _messages.author == Author.BOT.value)
    .order_by(_messages.seq.desc())
    .limit(sa.bindparam("most"))
    .execution_options(**PREPARED)
)
"""As text: few of them have to be read."""


def offered_button(
    session: Session, conversation_id: str, text: str, payload: str | None
) -> dict[str, str] | None:
    """The button that was clicked, or whose title was typed: nothing but what the bot itself offered."""
    wanted = (payload or text).strip()
    is_click = wanted.startswith("/")
    turns = _offers(session, conversation_id, OFFERS_REMEMBERED if is_click else A_TURN)
    if is_click:
        for button in (button for turn in turns for button in _read(turn)):
            if button["payload"] == wanted:
                return button
    latest = _read(turns[0]) if turns else []
    ordinal = _ORDINAL.match(text)
    if ordinal and latest:
        number = "一二三四五六七八九".find(ordinal["number"]) + 1 or int(ordinal["number"])
        return latest[number - 1] if number <= len(latest) else None
    if len(latest) == 1 and '"time"' in latest[0]["payload"] and _AGREES.match(text):
        return latest[0]  # the only time that there is
    return _titled(text.strip().casefold(), latest)


def latest_buttons(database: Database, conversation_id: str) -> list[dict[str, str]]:
    """What the bot's last message offered, whether it answered something or came by itself."""
    with database.reading() as session:
        said = session.connection().execute(_SAID, {"conversation_id": conversation_id, "most": 1}).first()
    return list(json.loads(said.buttons or "null") or ()) if said else []


def latest_notice(database: Database, conversation_id: str) -> tuple[str, list[dict[str, str]], bool] | None:
    """Kind and buttons of what came by itself last, and whether the bot has said nothing since; None without one."""
    wanted = {"conversation_id": conversation_id, "most": OFFERS_REMEMBERED}
    with database.reading() as session:
        said = session.connection().execute(_SAID, wanted).all()
    for age, (custom, buttons) in enumerate(said):
        notice = json.loads(custom).get("notice") if custom and '"notice"' in custom else None
        if notice:
            return str(notice), list(json.loads(buttons or "null") or ()), age == 0
    return None


def _titled(text: str, buttons: list[dict[str, str]]) -> dict[str, str] | None:
    """The button with this title, or the only one that begins so ("还用"); a day alone is no slot."""
    exact = [button for button in buttons if button["title"].strip().casefold() == text]
    begins = [
        button
        for button in buttons
        if len(text) >= 2
        and button["title"].casefold().startswith(text)
        and '"time"' not in button["payload"]
    ]
    return exact[0] if exact else begins[0] if len(begins) == 1 else None


def _offers(session: Session, conversation_id: str, lines: int) -> list[list[str]]:
    """The buttons of the bot's last lines by turn, the newest turn first: of the whole turn, however many it has.

    As JSON, a list for each line: few of them have to be read. A notice (``add_notice``) is a turn by itself.
    """
    turns: dict[tuple[int | None, int | None], list[str]] = {}
    wanted = {"conversation_id": conversation_id, "most": lines}
    said = session.connection().execute(_OFFERED, wanted).all()
    for seq, reply_to, buttons in said:
        turn = (reply_to, seq if reply_to is None else None)
        turns.setdefault(turn, []).append(buttons or "null")
    if len(turns) == 1 and A_TURN == len(said) < OFFERS_REMEMBERED:
        return _offers(session, conversation_id, OFFERS_REMEMBERED)
    return list(turns.values())


def _read(turn: list[str]) -> list[dict[str, str]]:
    return [button for line in turn for button in json.loads(line) or ()]
