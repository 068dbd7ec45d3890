"""The things that audit lines name, in words and with a link: who reads the log knows no ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console.customer_words import Words
from bot.console.settings_forms import PARTS
from bot.domain.cases import CaseKind
from bot.services.audit import AuditLine
from bot.services.content.snapshot import Content
from bot.services.leads import LeadKind
from bot.services.masking import mask_phone
from bot.services.wording import say_time
from bot.services.workplace import titles_of
from bot.store.database import Database
from bot.store.staff_tables import Case, Lead
from bot.store.tables import Appointment, Customer, Outage, WaitlistEntry

GONE = "（已删除）"
LISTS = {"cases": ("工单列表", "/console/cases"), "leads": ("线索列表", "/console/leads")}
_OPAQUE = re.compile(r"[0-9a-f]{8,}")


@dataclass(frozen=True)
class Named:
    """``small`` stands beside it, as a username does."""

    words: str
    link: str | None = None
    small: str = ""


class AuditNames:
    """What the lines of one page name, looked up at once."""

    def __init__(
        self, database: Database, content: Content, lines: Iterable[AuditLine], people: Mapping[str, str]
    ) -> None:
        self._content, self._people = content, people
        self._words = Words(content.dealership)
        lines = tuple(lines)
        ids = {line.subject for line in lines if line.subject}
        talks = {line.conversation_id for line in lines if line.conversation_id}
        with database.reading() as session:
            self._found = {id_: named for find in self._finders() for id_, named in find(session, ids)}
        self._titles = titles_of(database, talks)

    def subject(self, line: AuditLine) -> Named | None:
        """What it was done to; a conversation is named by ``conversation``, a person to themselves by nobody."""
        id_ = line.subject
        if id_ in (None, "", line.username, line.conversation_id):
            return None
        id_ = str(id_)
        group = line.action.partition(".")[0]
        if group == "user":
            return Named(self._people.get(id_, id_), small=id_ if id_ in self._people else "")
        if id_ in LISTS:
            return Named(*LISTS[id_])
        if group == "content":
            return self._entry(id_)
        if group == "dealership":
            return Named(self._setting(id_))
        if group == "outbox":
            return Named(f"编号 {id_}")
        if id_ in self._found:
            return self._found[id_]
        return self._unknown(id_, group)

    def conversation(self, id_: str | None) -> str | None:
        """Whose it is, or which visitor's."""
        return self._titles.get(id_, GONE) if id_ else None

    def word(self, value: str) -> str:
        """The name behind an account's, a resource's, a store's or a car's id, else the value."""
        return self._people.get(value) or self._words.name(value)

    def _unknown(self, id_: str, group: str) -> Named | None:
        name = self.word(id_)
        if name == id_ and _OPAQUE.fullmatch(id_):
            return None if group == "file" else Named(GONE)
        return Named(name)

    def _entry(self, subject: str) -> Named:
        kind, _, id_ = subject.partition("/")
        if kind == "faq":
            title = self._content.faq[id_].title if id_ in self._content.faq else id_
            return Named(f"问答“{title}”", f"/console/faq/{id_}")
        if kind == "standard_reply":
            known = self._content.standard_replies.get(id_)
            return Named(f"标准话术“{known.title if known else id_}”", f"/console/standard-replies/{id_}")
        return Named("助手话术", f"/console/templates/{id_}", small=id_)

    def _setting(self, subject: str) -> str:
        kind, _, id_ = subject.partition(":")
        title = next((part.title for part in PARTS if part.kind == kind), "资料")
        return f"{title}：{self._words.name(id_)}" if id_ else title

    def _finders(self) -> tuple[Callable[[Session, set[str]], Iterable[tuple[str, Named]]], ...]:
        return (self._customers, self._leads, self._cases, self._visits, self._waiting, self._outages)

    def _customers(self, session: Session, ids: set[str]) -> Iterable[tuple[str, Named]]:
        for row in _rows(session, Customer, ids):
            yield row.id, Named(_somebody(row), f"/console/customers/{row.id}")

    def _leads(self, session: Session, ids: set[str]) -> Iterable[tuple[str, Named]]:
        for row in _rows(session, Lead, ids):
            yield row.id, Named(f"{self._words.of(LeadKind(row.kind))}，{_somebody(row)}", "/console/leads")

    def _cases(self, session: Session, ids: set[str]) -> Iterable[tuple[str, Named]]:
        for row in _rows(session, Case, ids):
            phone = f"，{mask_phone(row.phone)}" if row.phone else ""
            yield row.id, Named(f"{self._words.of(CaseKind(row.kind))}工单{phone}", "/console/cases")

    def _visits(self, session: Session, ids: set[str]) -> Iterable[tuple[str, Named]]:
        for row in _rows(session, Appointment, ids):
            yield row.id, Named(f"预约码 {row.code}，{say_time(row.start)}")

    def _waiting(self, session: Session, ids: set[str]) -> Iterable[tuple[str, Named]]:
        for row in _rows(session, WaitlistEntry, ids):
            yield row.id, Named(f"候补，{_somebody(row)}")

    def _outages(self, session: Session, ids: set[str]) -> Iterable[tuple[str, Named]]:
        for row in _rows(session, Outage, ids):
            yield row.id, Named(f"{self._words.name(row.resource)}，{say_time(row.start)} 起")


def _rows(session: Session, table: Any, ids: set[str]) -> Iterable[Any]:
    return session.scalars(sa.select(table).where(table.id.in_(sorted(ids)))) if ids else ()


def _somebody(row: Any) -> str:
    return " ".join(filter(None, (row.name or "未留姓名", mask_phone(row.phone) if row.phone else "")))
