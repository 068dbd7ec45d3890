"""Changing what the bot says: edit, approve, roll back, retire, restore. Each is one transaction, live at its end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.errors import Conflict, InvalidContent, NotFound, NotPermitted
from bot.domain.replies import FaqEntry, StandardReply, Template
from bot.domain.versions import Status, Version
from bot.services import audit
from bot.services.audit import Actor
from bot.services.content import versions
from bot.services.content.checks import (
    Fault,
    faq_faults,
    new_id_faults,
    standard_faults,
    template_faults,
    validity_faults,
)
from bot.services.content.entries import KINDS, parse, plain
from bot.services.content.fields import EDITABLE, LAST_WORDS, field_faults
from bot.services.content.listing import Entry, entry_of, find_version
from bot.services.content.shortcuts import require_free_shortcut
from bot.services.content.snapshot import Content
from bot.store.database import Database
from bot.store.tables import ContentEntry, ContentVersion

FAQ, TEMPLATE, STANDARD = "faq", "template", "standard_reply"
_NEW = {
    FAQ: {"title": "新主题要有标题", "answer": "新主题要有答案"},
    STANDARD: {"title": "新话术要有标题", "text": "新话术要有文字"},
}
"""What a new entry needs, and what is said where it is missing; templates come with the dialogues that say them."""


@dataclass(frozen=True)
class Editor:
    """Who changes something; without ``may_approve`` it becomes a draft. ``actor`` is for the audit log."""

    name: str
    may_approve: bool
    actor: Actor | None = None


@dataclass(frozen=True)
class Change:
    """An edit: ``fields`` as plain data (answer, title, category, questions, buttons; text, channels, buttons).

    What is not named stays. ``validity``: valid_from and valid_until (aware, or None for none); one that is not named
    stays that of the version shown. ``seen``: the version that the editor saw.
    """

    fields: Mapping[str, Any]
    validity: Mapping[str, datetime | None] = field(default_factory=dict)
    seen: int | None = None
    note: str | None = None
    draft: bool = False


def edit(
    database: Database, content: Content, kind: str, id_: str, change: Change, by: Editor, now: datetime
) -> Entry:
    """A new approved version, or a draft where the editor may not approve or wants none; unchanged words make neither.

    An unknown FAQ id becomes a new topic. Raises ``InvalidContent``, ``NotFound`` (template) and ``Conflict`` when the
    entry has changed since the editor saw it, or is retired: only a draft of it can be written then.
    """
    with changing(database) as session:
        row = locked_entry(session, kind, id_) or new_topic(session, kind, id_, change, now)
        if row.status == Status.RETIRED.value and by.may_approve and not change.draft:
            raise Conflict(f"{kind} {id_} is retired: restore it first, or edit it as a draft")
        topics = known_topics(session)
        apply_change(session, content, row, change, by, now, topics)
        return _noted(session, row, by, "content.edited", now)


def approve(
    database: Database,
    content: Content,
    kind: str,
    id_: str,
    by: Editor,
    now: datetime,
    number: int | None = None,
    seen: int | None = None,
    force: bool = False,
) -> Entry:
    """The draft with the ``number``, else the newest, counts from now on; raises ``Conflict`` without such a draft.

    ``seen``: the live version that the draft was compared with. A draft that is older than what counts now would undo
    a newer edit: ``Conflict`` unless ``force``.
    """
    _require_approver(by)
    with changing(database) as session:
        row = _existing(session, kind, id_)
        before = entry_of(session, row, now)
        _check_seen(before, seen, temporary=False)
        drafts = [draft for draft in before.drafts if number in (None, draft.number)]
        if not drafts:
            raise Conflict(f"{kind} {id_} has no such draft")
        draft, newest = drafts[0], max(row.version, before.version)
        if newest > draft.number and before.status is not Status.DRAFT and not force:
            raise Conflict(
                f"version {newest} of {kind} {id_} was published after draft {draft.number}: look at the diff, then"
                ' edit anew or approve with --force ({"force": true})'
            )
        _validated(session, row, draft.data, content, known_topics(session))
        _check_validity(row, draft.valid_from, draft.valid_until, now)
        stored = session.get(ContentVersion, (kind, id_, draft.number))
        row.edited_by = by.name
        if draft.number == versions.next_number(session, row) - 1:
            stored.status, stored.approved_by, stored.approved_at = Status.APPROVED.value, by.name, now
            versions.take_effect(session, row, stored, now)
        else:  # a newer version exists: the approved one has to come after it
            stored.status = Status.RETIRED.value
            again = {"valid_from": draft.valid_from, "valid_until": draft.valid_until}
            note = draft.note or f"草稿 {draft.number}"
            versions.publish(session, row, stored.data, draft.author, by.name, now, note=note, **again)
        return _noted(session, row, by, "content.approved", now)


def roll_back(
    database: Database,
    content: Content,
    kind: str,
    id_: str,
    number: int,
    by: Editor,
    now: datetime,
    seen: int | None = None,
) -> Entry:
    """A new version with the words of an earlier one, without its validity; a draft where ``by`` may not approve."""
    with changing(database) as session:
        row = _existing(session, kind, id_)
        old = find_version(map(versions.version_of, versions.rows_of(session, row)), number)
        if old.approved_at is None:
            raise Conflict(f"version {number} of {kind} {id_} was never approved: approve it instead")
        fields = {name: old.data[name] for name in EDITABLE[kind] if name in old.data}
        validity = dict.fromkeys(("valid_from", "valid_until"))
        change = Change(fields, validity, seen, f"恢复第 {number} 版")
        apply_change(session, content, row, change, by, now, known_topics(session))
        return _noted(session, row, by, "content.rolled_back", now, number)


def retire(
    database: Database,
    kind: str,
    id_: str,
    by: Editor,
    now: datetime,
    number: int | None = None,
    seen: int | None = None,
) -> Entry:
    """The entry is neither said nor suggested any more. With a ``number`` only that draft or planned version goes."""
    _require_approver(by)
    with changing(database) as session:
        row = _existing(session, kind, id_)
        before = entry_of(session, row, now)
        _check_seen(before, seen, temporary=False)
        row.edited_by = by.name
        if number is not None:
            _withdraw(session, row, number)
        elif row.id in LAST_WORDS:
            words = "出错时要靠这句话回复客户，不能停用，可以修改"
            raise InvalidContent(kind, id_, "status", "is needed for errors and cannot be retired", words)
        elif before.status is not Status.RETIRED:
            versions.retire(session, row, by.name, now)
        return _noted(
            session, row, by, "content.retired" if number is None else "content.withdrawn", now, number
        )


def restore(
    database: Database,
    content: Content,
    kind: str,
    id_: str,
    by: Editor,
    now: datetime,
    seen: int | None = None,
) -> Entry:
    """A retired entry is said again, in the words that it had."""
    _require_approver(by)
    with changing(database) as session:
        row = _existing(session, kind, id_)
        before = entry_of(session, row, now)
        _check_seen(before, seen, temporary=False)
        if before.status is not Status.RETIRED:
            raise Conflict(f"{kind} {id_} is not retired")
        _validated(session, row, row.data, content, known_topics(session))
        row.edited_by = by.name
        versions.publish(session, row, row.data, by.name, by.name, now, note="恢复使用")
        return _noted(session, row, by, "content.restored", now)


def apply_change(
    session: Session,
    content: Content,
    row: ContentEntry,
    change: Change,
    by: Editor,
    now: datetime,
    topics: Collection[str],
) -> ContentVersion | None:
    """``edit`` inside a transaction, with the ids that buttons may lead to; None when nothing changes."""
    before = entry_of(session, row, now)
    seen_draft = next((draft for draft in before.drafts if draft.number == change.seen), None)
    base = seen_draft or before.shown
    data = _validated(session, row, {**base.data, **change.fields, "id": row.id}, content, topics)
    validity = {name: getattr(base, name) for name in ("valid_from", "valid_until")}
    if base.is_over(now) or base.status is Status.RETIRED:
        validity = dict.fromkeys(validity)
    validity |= change.validity
    if change.seen is not None and not (seen_draft and seen_draft.number > before.head):
        _check_seen(before, change.seen, temporary=any(validity.values()))
    as_draft = change.draft or not by.may_approve
    if _is_said_already(before, data, validity, as_draft):
        return None
    _check_validity(row, validity["valid_from"], validity["valid_until"], now)
    row.updated_at = now
    if as_draft:
        return versions.add_draft(session, row, data, by.name, now, note=change.note, **validity)
    row.edited_by = by.name
    if seen_draft:
        session.get(ContentVersion, (row.kind, row.id, seen_draft.number)).status = Status.RETIRED.value
    return versions.publish(session, row, data, by.name, by.name, now, note=change.note, **validity)


def known_topics(session: Session) -> set[str]:
    """The ids that a button may lead to: all topics but retired ones."""
    return set(
        session.scalars(
            sa.select(ContentEntry.id).where(
                ContentEntry.kind == FAQ, ContentEntry.status != Status.RETIRED.value
            )
        )
    )


def new_entry(kind: str, id_: str, now: datetime) -> ContentEntry:
    """The row of a topic that has no version yet."""
    return ContentEntry(
        kind=kind, id=id_, data={"id": id_}, status=Status.DRAFT.value, version=0, updated_at=now
    )


def invalid(kind: str, id_: str, fault: Fault) -> InvalidContent:
    """A fault as an error."""
    return InvalidContent(kind, id_, fault.field, fault.problem, fault.words)


@contextmanager
def changing(database: Database) -> Iterator[Session]:
    """A transaction after which every process reads the content anew."""
    try:
        with database.transaction() as session:
            yield session
            session.flush()
            versions.bump_revision(session)
    except sa.exc.IntegrityError as error:
        raise Conflict("somebody else has just made the same entry or version") from error


def locked_entry(session: Session, kind: str, id_: str) -> ContentEntry | None:
    return session.get(ContentEntry, (kind, id_), with_for_update=True)


def _existing(session: Session, kind: str, id_: str) -> ContentEntry:
    row = locked_entry(session, kind, id_)
    if row is None:
        raise NotFound(f"no {kind} entry {id_}")
    return row


def new_topic(session: Session, kind: str, id_: str, change: Change, now: datetime) -> ContentEntry:
    """The row of an id that does not exist yet; the category of an FAQ is what stands before the dot."""
    if kind not in _NEW:
        raise NotFound(f"no {kind} entry {id_}: templates come with the dialogues that say them")
    for fault in new_id_faults(id_):
        raise invalid(kind, id_, fault)
    for name, words in _NEW[kind].items():
        if name not in change.fields:
            raise InvalidContent(kind, id_, name, "is missing", words)
    if change.seen:
        raise Conflict(f"no {kind} entry {id_} any more")
    row = new_entry(kind, id_, now)
    row.data = {"id": id_, **({"category": id_.partition(".")[0]} if kind == FAQ else {})}
    session.add(row)
    session.flush()
    return row


def _validated(
    session: Session, row: ContentEntry, raw: Mapping[str, Any], content: Content, topics: Collection[str]
) -> dict[str, Any]:
    """The entry's plain data; raises ``InvalidContent`` with the first fault."""
    for fault in entry_faults(row.kind, raw, content, topics, row.data):
        raise invalid(row.kind, row.id, fault)
    data: dict[str, Any] = plain(parse(KINDS[row.kind], dict(raw), row.kind, row.id))
    if row.kind == STANDARD:
        require_free_shortcut(session, row.kind, row.id, data)
    return data


def entry_faults(
    kind: str,
    raw: Mapping[str, Any],
    content: Content,
    topics: Collection[str],
    before: Mapping[str, Any] | None = None,
) -> Iterator[Fault]:
    """All that is wrong with plain data; the buttons of ``before`` may stay though their topic was retired since."""
    wrong = list(field_faults(kind, raw))
    yield from wrong
    if wrong:
        return
    kept = {button.get("topic") for button in (before or {}).get("buttons", ())}
    reachable = {*topics, str(raw.get("id")), *kept}
    if kind == FAQ:
        yield from faq_faults(parse(FaqEntry, dict(raw)), content.variables.keys(), reachable)
    elif kind == STANDARD:
        reply = parse(StandardReply, dict(raw))
        others = [other for other in content.standard_replies.values() if other.id != reply.id]
        shortcuts = {other.shortcut: other.title for other in others}
        yield from standard_faults(reply, content.variables.keys(), shortcuts)
    else:
        yield from template_faults(parse(Template, dict(raw)), content.variables.keys(), reachable)


def _check_seen(before: Entry, seen: int | None, temporary: bool) -> None:
    """Raises ``Conflict`` for an editor who saw another version than the one that counts.

    Who plans a version for later has to know of those that are planned already.
    """
    if seen is None or seen == before.head or (seen == before.version and not temporary):
        return
    raise Conflict(f"{before.kind} {before.id} is at version {before.head} now, not {seen}: look at it again")


def _is_said_already(
    before: Entry, data: Mapping[str, Any], validity: Mapping[str, datetime | None], as_draft: bool
) -> bool:
    """Whether a version says just this, now or at the same time."""
    same = [before.shown] if before.status is Status.APPROVED else []
    same += [*before.planned, *(before.drafts if as_draft else ())]
    return any(_says(version, data, validity) for version in same)


def _says(version: Version, data: Mapping[str, Any], validity: Mapping[str, datetime | None]) -> bool:
    return dict(version.data) == dict(data) and (version.valid_from, version.valid_until) == (
        validity["valid_from"],
        validity["valid_until"],
    )


def _check_validity(
    row: ContentEntry, valid_from: datetime | None, valid_until: datetime | None, now: datetime
) -> None:
    for fault in validity_faults(valid_from, valid_until, now):
        raise invalid(row.kind, row.id, fault)


def _withdraw(session: Session, row: ContentEntry, number: int) -> None:
    found = session.get(ContentVersion, (row.kind, row.id, number))
    if found is None:
        raise NotFound(f"no version {number}")
    version = versions.version_of(found)
    if version.status is not Status.DRAFT and not version.is_temporary:
        raise Conflict(f"version {number} is no draft and has no validity: retire the entry or roll it back")
    found.status = Status.RETIRED.value


def _noted(
    session: Session, row: ContentEntry, by: Editor, action: str, now: datetime, number: int | None = None
) -> Entry:
    """The entry, after a line in the audit log; who wrote which words is in the entry's own history."""
    entry = entry_of(session, row, now)
    if by.actor is not None:
        newest = number or max(version.number for version in (entry.shown, *entry.planned, *entry.drafts))
        audit.note(session, by.actor, action, now, f"{entry.kind}/{entry.id}", details={"version": newest})
    return entry


def _require_approver(by: Editor) -> None:
    if not by.may_approve:
        raise NotPermitted(f"{by.name} may not approve")
