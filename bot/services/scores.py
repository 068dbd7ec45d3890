"""Scores: what customers say of a handoff or a visit, from 1 (bad) to 5 (very good), and a word.

Each occasion is asked about once. An answer counts for ``PATIENCE``; a word that follows the score is its comment.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.conversation import Owner
from bot.domain.errors import InvalidInput
from bot.services.content.snapshot import Content
from bot.services.messages import Utterance, add_notice
from bot.services.replies import SOURCE, reply_for
from bot.store.database import Database
from bot.store.lifecycle_tables import Survey
from bot.store.staff_tables import Score, User
from bot.store.tables import Conversation

PATIENCE, APART = timedelta(days=7), timedelta(hours=1)
LOWEST, HIGHEST = 1, 5
TITLES = {1: "1分 很不满意", 2: "2分 不满意", 3: "3分 一般", 4: "4分 满意", 5: "5分 很满意"}
"""By score, and in this order: a typed number means the button of that number."""
COMMENT_LENGTH = 500
NOTICE = "score"
"""What asks after a handoff, at once. After visits surveys ask (``bot.services.surveys``)."""


class Occasion(str, Enum):
    HANDOFF = "handoff"
    VISIT = "visit"


@dataclass(frozen=True)
class ScoreView:
    """One question and its answer: ``score`` and ``comment`` are None until given, ``username`` is whom it is about."""

    id: int
    occasion: Occasion
    subject: str
    conversation_id: str
    username: str | None
    score: int | None
    comment: str | None
    asked_at: datetime
    scored_at: datetime | None


@dataclass(frozen=True)
class Scores:
    """How often was asked, how often answered, the average (None without answers), and how often each score came."""

    asked: int
    given: int
    average: float | None
    distribution: dict[int, int]


def ask(
    session: Session,
    occasion: Occasion | str,
    subject: str,
    conversation_id: str,
    username: str | None,
    now: datetime,
) -> bool:
    """Note that the customer is asked; False when that was done before. The caller says the words."""
    kind = Occasion(occasion)
    known = sa.select(Score.id).where(Score.occasion == kind.value, Score.subject == subject)
    if session.scalars(known).first() is not None:
        return False
    session.add(
        Score(
            occasion=kind.value,
            subject=subject,
            conversation_id=conversation_id,
            username=username,
            asked_at=now,
        )
    )
    return True


def ask_after_handoff(
    session: Session,
    content: Content,
    conversation_id: str,
    handoff_id: str,
    username: str,
    name: str,
    now: datetime,
) -> bool:
    """Ask in the conversation for a score of the adviser ``name``; False when that was done, or cannot be said."""

    def words(channel: str, owner: Owner) -> Utterance:
        reply = reply_for(content, "utter_ask_score", {"name": name}, channel)
        assert reply is not None
        return Utterance(reply["text"], score_buttons(handoff_id), {"notice": NOTICE}, reply[SOURCE])

    if "utter_ask_score" not in content.templates:
        return False
    asked = ask(session, Occasion.HANDOFF, handoff_id, conversation_id, username, now)
    return asked and add_notice(session, conversation_id, words, now) is not None


def may_ask(session: Session, conversation_id: str, now: datetime) -> bool:
    """Whether a question would come at a good moment: no person has the conversation or is waited for, and no other
    question came within the last hour. The conversation is locked."""
    row = session.get(Conversation, conversation_id, with_for_update=True)
    if row is None or Owner(row.state) not in (Owner.BOT, Owner.CLOSED):
        return row is None
    return not any(
        session.scalars(
            sa.select(table.id).where(table.conversation_id == conversation_id, table.asked_at > now - APART)
        ).first()
        for table in (Score, Survey)
    )


def score_buttons(subject: str) -> tuple[dict[str, str], ...]:
    """One for each score, 1 first, about ``subject`` alone however late it is pressed."""
    return tuple(
        {"title": title, "payload": f"/give_score{json.dumps({'score': score, 'subject': subject})}"}
        for score, title in TITLES.items()
    )


def waiting(database: Database, conversation_id: str, now: datetime) -> ScoreView | None:
    """The newest question that still waits for its score."""
    query = _asked(conversation_id, now).where(Score.score.is_(None))
    return _first(database, query)


def given_last(database: Database, conversation_id: str, now: datetime) -> ScoreView | None:
    """The score that was given last."""
    query = _asked(conversation_id, now).where(Score.score.is_not(None))
    return _first(database, query.order_by(None).order_by(Score.scored_at.desc(), Score.id.desc()))


def give(
    database: Database, conversation_id: str, score: int, now: datetime, subject: str | None = None
) -> ScoreView | None:
    """Keep a score for the question about ``subject``, or for the newest one; None where none waits for it.

    A score stays as it was first given. Raises ``InvalidInput`` for a number that is no score.
    """
    if not LOWEST <= score <= HIGHEST:
        raise InvalidInput(f"{score} is no score")
    with database.transaction() as session:
        query = _asked(conversation_id, now).where(Score.score.is_(None)).with_for_update()
        row = session.scalars(query if subject is None else query.where(Score.subject == subject)).first()
        if row is None:
            return None
        row.score, row.scored_at = score, now
        return _view(row)


def correct(database: Database, conversation_id: str, score: int, now: datetime) -> ScoreView | None:
    """Another score than was said a moment ago, for the same question; None where none was given."""
    with database.transaction() as session:
        query = _asked(conversation_id, now).where(Score.score.is_not(None)).with_for_update()
        row = session.scalars(query.order_by(None).order_by(Score.scored_at.desc(), Score.id.desc())).first()
        if row is None:
            return None
        row.score, row.scored_at = score, now
        return _view(row)


def comment(database: Database, score_id: int, text: str) -> None:
    """Keep a word that came with a score, after what was said before."""
    with database.transaction() as session:
        row = session.get(Score, score_id, with_for_update=True)
        if row is not None:
            row.comment = "；".join(filter(None, [row.comment, text.strip()]))[:COMMENT_LENGTH]


def scores_of_conversation(database: Database, conversation_id: str) -> tuple[ScoreView, ...]:
    """The newest question first."""
    query = sa.select(Score).where(Score.conversation_id == conversation_id)
    with database.reading() as session:
        return tuple(map(_view, session.scalars(query.order_by(Score.asked_at.desc(), Score.id.desc()))))


def indicators(database: Database, since: datetime, until: datetime, username: str | None = None) -> Scores:
    """The scores that were asked for in a period, of one adviser if named."""
    query = _in_period(since, until)
    if username is not None:
        query = query.where(Score.username == username)
    with database.reading() as session:
        return _counted(row.score for row in session.execute(query))


def indicators_by_adviser(database: Database, since: datetime, until: datetime) -> dict[str, Scores]:
    """The same for each adviser who was asked about, by username."""
    scores: dict[str, list[int | None]] = {}
    with database.reading() as session:
        for row in session.execute(_in_period(since, until).where(Score.username.is_not(None))):
            scores.setdefault(row.username, []).append(row.score)
    return {username: _counted(given) for username, given in sorted(scores.items())}


def user_of_resources(session: Session, resources: Iterable[str]) -> str | None:
    """The username of whoever is one of these resources of the dealership."""
    query = sa.select(User.username).where(User.resource.in_(list(resources))).order_by(User.username)
    return session.scalars(query).first()


def _asked(conversation_id: str, now: datetime) -> Any:
    return (
        sa.select(Score)
        .where(Score.conversation_id == conversation_id, Score.asked_at > now - PATIENCE)
        .order_by(Score.asked_at.desc(), Score.id.desc())
    )


def _first(database: Database, query: Any) -> ScoreView | None:
    with database.reading() as session:
        row = session.scalars(query).first()
        return None if row is None else _view(row)


def _in_period(since: datetime, until: datetime) -> Any:
    return sa.select(Score.username, Score.score).where(Score.asked_at >= since, Score.asked_at < until)


def _counted(scores: Iterable[int | None]) -> Scores:
    every = list(scores)
    given = [score for score in every if score is not None]
    distribution = {score: given.count(score) for score in range(LOWEST, HIGHEST + 1)}
    return Scores(len(every), len(given), sum(given) / len(given) if given else None, distribution)


def _view(row: Any) -> ScoreView:
    return ScoreView(
        row.id,
        Occasion(row.occasion),
        row.subject,
        row.conversation_id,
        row.username,
        row.score,
        row.comment,
        row.asked_at,
        row.scored_at,
    )
