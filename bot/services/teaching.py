"""Turning what was not understood into a way to ask that the FAQ knows."""

from __future__ import annotations

import re
from datetime import datetime

from bot.domain.errors import InvalidInput
from bot.domain.versions import Version
from bot.services import unanswered
from bot.services.content import editing, listing
from bot.services.content.editing import FAQ, Change, Editor
from bot.services.content.listing import Entry
from bot.services.content.snapshot import Content
from bot.services.unanswered import State
from bot.store.database import Database

LONGEST = 200
MASK = re.compile(r"〔[^〕]*〕")


def to_faq(
    database: Database,
    content: Content,
    id_: int,
    topic: str,
    by: Editor,
    now: datetime,
    words: str | None = None,
) -> tuple[str, bool]:
    """Add the sentence to the questions of a topic, live at once; gives it, and whether it is live (else a draft).

    ``words``: instead of the customer's. Raises ``NotFound`` for the entry or the topic, ``InvalidInput`` for what is
    no question.
    """
    found = unanswered.find(database, id_)
    question = example_of(found.text if words is None else words)
    entry = listing.find_entry(database, FAQ, topic, now)
    base = _base(entry, by)
    known = [str(text) for text in base.data.get("questions") or ()]
    if question not in known:
        change = Change({"questions": [*known, question]}, seen=base.number, note=f"未答清单 {id_}")
        editing.edit(database, content, FAQ, topic, change, by, now)
    if by.may_approve:
        unanswered.resolve(database, id_, State.RESOLVED, by.name, f"faq {topic}", now)
    return question, by.may_approve


def _base(entry: Entry, by: Editor) -> Version:
    """What the question is added to: the draft of somebody who may not approve has their earlier questions."""
    own = [draft for draft in entry.drafts if draft.author == by.name and draft.number > entry.head]
    return entry.shown if by.may_approve or not own else own[0]


def example_of(text: str) -> str:
    """A text as a sentence to learn, on one line.

    Raises ``InvalidInput`` when it is too long, without a word, or has a mark in the place of somebody's data, which no
    customer would ever type.
    """
    mark = MASK.search(text)
    if mark:
        raise InvalidInput(
            f"{mark.group()} stands for masked data and cannot be learned: give the words without it"
            " (--question, --text)"
        )
    example = " ".join(text.split()).strip(" ?？。.!！~…，,")
    if not any(char.isalnum() for char in example) or len(example) > LONGEST:
        raise InvalidInput(f"only a sentence of at most {LONGEST} characters can be learned")
    return example
