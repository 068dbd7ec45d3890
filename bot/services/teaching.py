"""Turning what was not understood into a way to ask that the FAQ knows."""

from __future__ import annotations

from datetime import datetime

from bot.domain.errors import InvalidInput
from bot.services import unanswered
from bot.services.content import editing, listing
from bot.services.content.editing import FAQ, Change, Editor
from bot.services.content.snapshot import Content
from bot.services.unanswered import State, as_example
from bot.store.database import Database

LONGEST = 200


def to_faq(
    database: Database, content: Content, id_: int, topic: str, by: Editor, now: datetime
) -> tuple[str, bool]:
    """Add the sentence to the questions of a topic, live at once; gives it, and whether it is live (else a draft).

    Raises ``NotFound`` for the entry or the topic, ``InvalidInput`` for a sentence that is no question.
    """
    question = example_of(unanswered.find(database, id_).text)
    entry = listing.find_entry(database, FAQ, topic, now)
    known = [str(text) for text in entry.data.get("questions") or ()]
    if question not in known:
        change = Change({"questions": [*known, question]}, seen=entry.version, note=f"未答清单 {id_}")
        editing.edit(database, content, FAQ, topic, change, by, now)
    if by.may_approve:
        unanswered.resolve(database, id_, State.RESOLVED, by.name, f"faq {topic}", now)
    return question, by.may_approve


def example_of(text: str) -> str:
    """A stored text as a sentence to learn; raises ``InvalidInput`` when too long or without a word."""
    example = as_example(text).strip(" ?？。.!！~…，,")
    if not any(char.isalnum() for char in example) or len(example) > LONGEST:
        raise InvalidInput(f"only a sentence of at most {LONGEST} characters can be learned")
    return example
