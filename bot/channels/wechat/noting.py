"""What a message or event changes beside the conversation: who follows, what was scanned, what was delivered."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.channels.wechat.inbound import PlatformMessage
from bot.channels.wechat.meaning import Meaning
from bot.domain.errors import Conflict
from bot.domain.wechat.account import Account, Desk
from bot.services import conversations
from bot.services.content.snapshot import ContentStore
from bot.services.wechat import contacts, scenes
from bot.services.wechat.templates import DELIVERED, note_report
from bot.store.database import Database

logger = logging.getLogger(__name__)


def note_event(
    database: Database, account: Account, message: PlatformMessage, meaning: Meaning, at: datetime
) -> None:
    """What is to be noted of an event that is no line of the transcript."""
    if meaning.follow is False:
        contacts.unfollowed(database, account, message.openid, at)
    if meaning.report is not None:
        _note_report(database, account, meaning.report.msgid, meaning.report.status)
    if meaning.desk_closed and account.desk is Desk.PLATFORM:
        _give_back(database, account, message, at)


def note_arrival(
    database: Database, content: ContentStore, conversation_id: str, meaning: Meaning, at: datetime
) -> None:
    """What a new message brings along, noted before its turn, which may need it."""
    if meaning.follow:
        contacts.followed(database, conversation_id, at)
    if meaning.scene:
        contacts.note_scene(database, conversation_id, dict(meaning.scene), at)
    if meaning.source is not None:
        words = scenes.words_of(content.current().dealership, meaning.source)
        scenes.note_source(database, conversation_id, meaning.source, words)


def _note_report(database: Database, account: Account, msgid: str, status: str) -> None:
    row = note_report(database, account.name, msgid, status)
    if row is not None and status != DELIVERED:
        logger.warning(
            "a template message of WeChat account %s was not delivered: %s", account.name, status[:60]
        )


def _give_back(database: Database, account: Account, message: PlatformMessage, at: datetime) -> None:
    """The platform's own customer service is done: the bot answers again."""
    found = contacts.arrived(database, account, message.openid, message.key, None, at)
    try:
        conversations.back_to_bot(database, found.conversation_id, at)
    except Conflict:  # somebody took it in our console, and goes on
        logger.info("conversation %s stays with its adviser", found.conversation_id)
