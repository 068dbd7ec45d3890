"""Template messages for notices outside of the window (``templates:`` in ``dealership/wechat.yml``).

The platform refuses words that do not fit a field's type (error 47003), so each is brought to its length:
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Template_Message_Interface.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot import clock
from bot.domain.dealership import Dealership
from bot.domain.replies import render
from bot.domain.wechat.account import Account
from bot.domain.wechat.content import NoticeTemplate
from bot.services.availability import local
from bot.services.content.snapshot import Content, ContentStore
from bot.services.event_notices import KINDS as EVENT_KINDS
from bot.services.messages import StoredMessage
from bot.services.notices import OUTREACH, event_values, visit_values
from bot.services.overtaken import overtaken_by
from bot.services.wechat.ledger import TemplateMessage
from bot.store.bookings import Row
from bot.store.database import Database
from bot.store.tables import OutboxMessage
from bot.store.wechat_tables import WeChatTemplate

LONGEST = {
    "thing": 20,
    "name": 10,
    "character_string": 32,
    "phrase": 5,
    "phone_number": 17,
    "car_number": 8,
    "const": 20,
}
"""Characters by the type of a field, which its name begins with."""
NOTHING = "无"
CONTACT_FIELDS = (
    "title",
    "car",
    "plate",
    "on",
    "km",
    "job_name",
    "items",
    "price",
    "store",
    "hotline",
    "holiday",
)
DELIVERED = "success"


class Templates:
    """Finds the template message of a line that came by itself."""

    def __init__(self, database: Database, content: ContentStore) -> None:
        self._database, self._content = database, content

    def __call__(self, account: Account, line: StoredMessage) -> TemplateMessage | None:
        """None where the dealer has set up none, or where the visit has changed since."""
        dealership, kind = self._content.current().dealership, str(line.custom.get("notice") or "")
        template = template_for(dealership, account.name, kind)
        about = self._about(line, kind) if template else None
        if template is None or about is None:
            return None
        if kind == OUTREACH:
            values = _of_contact(about)
        elif kind in EVENT_KINDS:
            values = _of_event(self._content.current(), about)
        else:
            values = {**visit_values(dealership, about), **_moment(about)}
        return TemplateMessage(template.template_id, filled(template.fields, values), template.url)

    def _about(self, line: StoredMessage, kind: str) -> Row | None:
        """The visit, waitlist entry or contact that the line told of; it was written together with its outbox row."""
        query = (
            sa.select(OutboxMessage)
            .where(OutboxMessage.conversation_id == line.conversation_id, OutboxMessage.kind == kind)
            .where(OutboxMessage.channel == "chat", OutboxMessage.sent_at == line.time)
        )
        with self._database.reading() as session:
            row = session.scalars(query.limit(1)).first()
            if row is None:
                return None
            about, overtaken = overtaken_by(session, row, clock.now())
            return None if overtaken else about


def template_for(dealership: Dealership, account: str, kind: str) -> NoticeTemplate | None:
    """The template for a kind of notice; ``reminder`` is for reminders of all hours."""
    of_account = [template for template in dealership.wechat.templates if template.account == account]
    names = (kind, "reminder" if kind.startswith("reminder_") else kind)
    return next((found for name in names for found in of_account if found.notice == name), None)


def filled(fields: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """The words by field, each in one line and of a length that its type takes."""
    return {name: _fitting(name, render(words, values)) for name, words in fields.items()}


def note_report(database: Database, account: str, msgid: str, status: str) -> WeChatTemplate | None:
    """What the platform says became of a template message; gives its row, None for one that is not ours."""
    with database.transaction() as session:
        row = session.get(WeChatTemplate, (account, msgid), with_for_update=True)
        if row is None:
            return None
        row.status, row.reported_at = status[:60], clock.now()
        outbox: Any = session.get(OutboxMessage, row.outbox_id) if row.outbox_id is not None else None
        if outbox is not None and status != DELIVERED:
            outbox.problem = f"微信模板消息未送达：{status}"[:300]
        return row


def reporting(database: Database) -> Callable[[str, str, str], WeChatTemplate | None]:
    """``note_report`` for a database."""
    return lambda account, msgid, status: note_report(database, account, msgid, status)


def _fitting(name: str, words: str) -> str:
    words = " ".join(words.split()) or NOTHING
    longest = LONGEST.get(re.sub(r"\d+$", "", name), 20)
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def _of_contact(contact: Row) -> dict[str, Any]:
    """What a template may say of something that is due; a field without a value says 无."""
    return {**dict.fromkeys(CONTACT_FIELDS, ""), **contact.details}


def _of_event(content: Content, signup: Row) -> dict[str, Any]:
    """What a template may say of an event: as of a visit; an event has no code."""
    values = event_values(content, signup)
    start = content.events[signup.event].start
    return {**values, "what": values["event"], "code": "", **_words_of(start)}


def _moment(about: Row) -> dict[str, str]:
    """The time as a field ``time`` takes it, and the day as ``date`` does."""
    return _words_of(getattr(about, "start", None) or about.offered_start or about.from_)


def _words_of(moment: datetime) -> dict[str, str]:
    start = local(moment)
    return {"moment": f"{start:%Y年%m月%d日 %H:%M}", "day": f"{start:%Y年%m月%d日}"}
