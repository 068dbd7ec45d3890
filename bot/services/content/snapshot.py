"""The content as the program reads it: one immutable snapshot, rebuilt when its revision changes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import clock
from bot.domain import dealership as d
from bot.domain.advice import AdviceRules
from bot.domain.events import DealerEvent
from bot.domain.handoff import HandoffRules
from bot.domain.indicators import Indicator
from bot.domain.lifecycle import Schedule
from bot.domain.outreach import OutreachRules
from bot.domain.replies import FaqEntry, StandardReply, Template
from bot.domain.surveys import SurveyRules
from bot.domain.versions import Status, Version, live_version, next_change
from bot.domain.wechat.content import WeChatContent
from bot.services.content.entries import KINDS, FileEntry, Policy, parse
from bot.services.content.files import read_dealership_files
from bot.services.content.variables import dealership_variables
from bot.services.content.versions import temporary_versions
from bot.store.database import Database
from bot.store.tables import ContentEntry, ContentRevision

REVISION = sa.select(ContentRevision.__table__.c.number)
_EVER = datetime.min.replace(tzinfo=timezone.utc)
_NEVER = datetime.max.replace(tzinfo=timezone.utc)
_of_this_turn: ContextVar[dict[ContentStore, Content] | None] = ContextVar("of_this_turn", default=None)


@dataclass(frozen=True)
class Content:
    """Everything approved: the dealership, its schedule, the FAQ, the templates, standard replies and synonyms.

    ``revision`` changes whenever any of it does. ``synonyms``: what customers say, by the word of the FAQ.
    """

    dealership: d.Dealership
    schedule: Schedule
    faq: Mapping[str, FaqEntry]
    templates: Mapping[str, Template]
    versions: Mapping[str, int]
    variables: Mapping[str, str]
    synonyms: Mapping[str, tuple[str, ...]]
    revision: int
    standard_replies: Mapping[str, StandardReply] = field(default_factory=dict)
    outreach: OutreachRules = field(default_factory=OutreachRules)
    advice: AdviceRules = field(default_factory=AdviceRules)
    events: Mapping[str, DealerEvent] = field(default_factory=dict)
    indicators: Mapping[str, Indicator] = field(default_factory=dict)


class ContentStore:
    """Hands out the current snapshot; asks the database for the revision alone when nothing changed.

    A version with a validity begins and ends without a change of the revision: the snapshot knows that moment.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: _Known | None = None

    @contextmanager
    def one_snapshot(self, content: Content | None = None) -> Iterator[None]:
        """Whoever asks in here for the current content gets this one, or that which the first of them got.

        A turn is of a piece, and the database is asked once. It holds in this task, and in threads that it starts with
        its context.
        """
        token = _of_this_turn.set({} if content is None else {self: content})
        try:
            yield
        finally:
            _of_this_turn.reset(token)

    def current(self) -> Content:
        """What counts now, or in the turn that asks (``one_snapshot``)."""
        of_this_turn = _of_this_turn.get()
        if of_this_turn is None:
            return self._newest()
        if self not in of_this_turn:
            of_this_turn[self] = self._newest()
        return of_this_turn[self]

    def last_known(self) -> Content:
        """Without asking the database, which may be away; asks it where it never was."""
        return self._newest() if self._known is None else self._known.content

    def read(self, session: Session, revision: int | None = None) -> Content:
        """What counts now, for who reads other things too; ``revision``: as it was just read (``REVISION``)."""
        now, known = clock.now(), self._known
        newest = revision if revision is not None else session.connection().scalar(REVISION) or 0
        if known is not None and known.counts(newest, now):
            return known.content
        with self._lock:
            revision, known = session.connection().scalar(REVISION) or 0, self._known
            if known is None or not known.counts(revision, now):
                temporary = temporary_versions(session)
                content = build_content(live_rows(session, temporary, now), revision)
                until = next_change(chain(*temporary.values()), now) or _NEVER
                known = self._known = _Known(content, now if temporary else _EVER, until)
            return known.content

    def _newest(self) -> Content:
        with self._database.reading() as session:
            return self.read(session)


@dataclass(frozen=True)
class _Known:
    """The newest snapshot and how long it counts unless the revision changes."""

    content: Content
    since: datetime
    until: datetime

    def counts(self, revision: int, now: datetime) -> bool:
        return self.content.revision == revision and self.since <= now < self.until


def live_rows(
    session: Session, temporary: Mapping[tuple[str, str], list[Version]], now: datetime
) -> Iterator[tuple[str, str, dict[str, Any], int]]:
    """What counts now of every entry, in the order of the files."""
    rows = session.scalars(
        sa.select(ContentEntry).order_by(
            ContentEntry.kind,
            ContentEntry.file.is_(None),
            ContentEntry.file,
            ContentEntry.position,
            ContentEntry.id,
        )
    )
    for row in rows:
        live = live_version(None, temporary.get((row.kind, row.id), ()), now)
        if live is not None:
            yield row.kind, row.id, as_declared(row, live.data), live.number
        elif row.status == Status.APPROVED:
            yield row.kind, row.id, as_declared(row, row.data), row.version


def as_declared(row: ContentEntry, data: Mapping[str, Any]) -> dict[str, Any]:
    """A template's variables are those of its file, whoever wrote the words: they are what the dialogues give."""
    if row.kind != "template" or not row.file_data:
        return dict(data)
    return {**data, "variables": row.file_data.get("variables", {})}


def build_content(rows: Iterable[tuple[str, str, dict[str, Any], int]], revision: int) -> Content:
    """Parse rows of (kind, id, data, version) into a snapshot."""
    parsed: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    versions: dict[str, int] = {}
    for kind, id_, data, version in rows:
        parsed[kind][id_] = parse(KINDS[kind], data, f"database {kind}", id_)
        versions[f"{kind}/{id_}"] = version
    dealership = _dealership(parsed, revision)
    return Content(
        dealership=dealership,
        schedule=parsed["lifecycle"]["lifecycle"],
        faq=parsed["faq"],
        templates=parsed["template"],
        outreach=parsed["outreach"].get("outreach") or OutreachRules(),
        advice=parsed["advice"].get("advice") or AdviceRules(),
        versions=versions,
        variables=dealership_variables(dealership, parsed["lifecycle"]["lifecycle"]),
        synonyms={id_: synonym.words for id_, synonym in parsed["synonym"].items()},
        revision=revision,
        standard_replies=parsed["standard_reply"],
        events=parsed["event"],
        indicators=parsed["indicator"],
    )


def read_dealership(folder: Path) -> d.Dealership:
    """The dealership straight from its files, without a database (training, tests)."""
    return _dealership(_parse_files(read_dealership_files(folder)), revision=0)


def _parse_files(entries: Iterable[FileEntry]) -> dict[str, dict[str, Any]]:
    parsed: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for entry in entries:
        parsed[entry.kind][entry.id] = parse(KINDS[entry.kind], entry.data, entry.file, entry.id)
    return parsed


def _dealership(parsed: Mapping[str, Mapping[str, Any]], revision: int) -> d.Dealership:
    policies: Iterable[Policy] = parsed["policy"].values()
    return d.Dealership(
        revision=revision,
        profile=parsed["profile"]["profile"],
        rules=parsed["rules"]["rules"],
        stores=tuple(parsed["store"].values()),
        models=tuple(parsed["model"].values()),
        services=tuple(parsed["service"].values()),
        resources=tuple(parsed["resource"].values()),
        closures=tuple(parsed["closure"].values()),
        holidays=tuple(parsed["holiday"].values()),
        policies={policy.id: policy.text for policy in policies},
        handoff=parsed["handoff"].get("handoff") or HandoffRules(),
        wechat=parsed["wechat"].get("wechat") or WeChatContent(),
        surveys=parsed["surveys"].get("surveys") or SurveyRules(),
        maintenance=_maintenance(parsed["lifecycle"].get("lifecycle")),
    )


def _maintenance(schedule: Schedule | None) -> frozenset[str]:
    return frozenset() if schedule is None else schedule.next_service.jobs.all
