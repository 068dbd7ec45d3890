"""Standard replies: found by words, shortcut or pinyin, filled from the customer's card; approved ones only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.booking import VisitStatus
from bot.domain.replies import STANDARD_VARIABLES, StandardReply
from bot.services.content.snapshot import Content
from bot.services.pinyin import spelled_out
from bot.services.staff import Staff
from bot.services.wording import fill_spaced, say_time
from bot.services.workplace import FACTS_OF_A_MODEL, FACTS_OF_A_NAME, first_fact, newest_facts
from bot.store.database import Database
from bot.store.staff_tables import Lead
from bot.store.tables import Appointment, Conversation, Customer, Vehicle

_OPEN = re.compile(r"【([^【】\n]{1,20})】")
LABELS = {
    "customer": "客户称呼",
    "adviser": "顾问姓名",
    "model": "车型",
    "store": "门店",
    "store_phone": "门店电话",
    "store_address": "门店地址",
    "visit_time": "到店时间",
    "booking_code": "预约码",
    "plate": "车牌",
}
"""What each variable of the card is called."""
assert set(LABELS) == set(STANDARD_VARIABLES)


@dataclass(frozen=True)
class FilledReply:
    """A standard reply as it would be sent. ``open``: what stands as 【…】 in the text and has to be written first."""

    id: str
    version: int
    title: str
    category: str
    shortcut: str
    text: str
    open: tuple[str, ...]


def find_replies(
    database: Database,
    content: Content,
    words: str,
    conversation_id: str | None,
    staff: Staff,
    now: datetime,
) -> list[FilledReply]:
    """The approved replies that have all the words, the best first: by shortcut, then title, then text."""
    values = {**content.variables, **_card(database, content, conversation_id, staff, now)}
    wanted = words.casefold().split()
    ranked = [(_rank(reply, wanted), reply) for reply in content.standard_replies.values()]
    found = sorted((each for each in ranked if each[0] is not None), key=lambda each: each[0] or 0)
    return [_filled(reply, content.versions[f"standard_reply/{reply.id}"], values) for _, reply in found]


def _rank(reply: StandardReply, wanted: list[str]) -> int | None:
    """How well a reply has the words: 0 is best; None when one of them is missing."""
    ranks = [_rank_of_word(reply, word) for word in wanted]
    return None if None in ranks else max((rank for rank in ranks if rank is not None), default=0)


def _rank_of_word(reply: StandardReply, word: str) -> int | None:
    spelled, initials = _pinyin(reply.title)
    title = reply.title.casefold()
    if word in (reply.shortcut, title):
        return 0
    if reply.shortcut.startswith(word) or initials.startswith(word) or title.startswith(word):
        return 1
    if word in title or word in reply.category.casefold() or spelled.startswith(word) or word in initials:
        return 2
    return 3 if word in reply.text.casefold() or word in spelled else None


@lru_cache(maxsize=1000)
def _pinyin(title: str) -> tuple[str, str]:
    """A title spelled out and as the beginnings of its syllables."""
    syllables = [syllable.casefold() for syllable in spelled_out(title)]
    return "".join(syllables), "".join(syllable[:1] for syllable in syllables)


def _filled(reply: StandardReply, version: int, values: Mapping[str, str | None]) -> FilledReply:
    def value_of(name: str) -> str:
        return values.get(name) or f"【{LABELS.get(name, name)}】"

    text = fill_spaced(reply.text, value_of)
    missing = tuple(dict.fromkeys(_OPEN.findall(text)))
    return FilledReply(reply.id, version, reply.title, reply.category, reply.shortcut, text, missing)


def _card(
    database: Database, content: Content, conversation_id: str | None, staff: Staff, now: datetime
) -> dict[str, str | None]:
    """What is known of the customer, the visit to come and the adviser."""
    with database.reading() as session:
        conversation = session.get(Conversation, conversation_id) if conversation_id else None
        customer = _customer(session, conversation)
        visit = _visit(session, conversation, customer, now)
        lead = _lead(session, conversation)
        vehicle = _vehicle(session, customer)
        facts = newest_facts(session, [conversation.id]).get(conversation.id, {}) if conversation else {}
        model = _first(visit, lead, name="model") or first_fact(facts, FACTS_OF_A_MODEL)
        model = model or _first(vehicle, name="model")
        name = _first(customer, visit, lead, name="name") or first_fact(facts, FACTS_OF_A_NAME)
        plate = _first(visit, vehicle, name="plate")
    dealership = content.dealership
    stores = {store.id: store for store in dealership.stores}
    usual = staff.stores[0] if staff.stores else next(iter(stores)) if len(stores) == 1 else None
    store = stores.get(visit.store if visit is not None else usual or "")
    service = visit is not None and visit.kind == "service"
    return {
        "customer": name,
        "adviser": staff.name,
        "model": {each.id: each.name for each in dealership.models}.get(model or ""),
        "store": store.name if store else None,
        "store_phone": (store.service_phone if service else store.sales_phone) if store else None,
        "store_address": store.address if store else None,
        "visit_time": say_time(visit.start) if visit is not None else None,
        "booking_code": visit.code if visit is not None else None,
        "plate": plate,
    }


def _first(*rows: Any, name: str) -> str | None:
    return next((value for row in rows if (value := getattr(row, name, None))), None)


def _customer(session: Session, conversation: Conversation | None) -> Any:
    if conversation is None or not conversation.customer_id:
        return None
    return session.get(Customer, conversation.customer_id)


def _visit(session: Session, conversation: Conversation | None, customer: Any, now: datetime) -> Any:
    """The next visit that this conversation or its customer has booked."""
    if conversation is None:
        return None
    theirs = [Appointment.conversation_id == conversation.id]
    if customer is not None:
        theirs.append(Appointment.phone == customer.phone)
    query = (
        sa.select(Appointment)
        .where(
            sa.or_(*theirs),
            Appointment.end > now,
            Appointment.status.in_([VisitStatus.CONFIRMED.value, VisitStatus.CHECKED_IN.value]),
        )
        .order_by(Appointment.start)
        .limit(1)
    )
    return session.scalars(query).first()


def _lead(session: Session, conversation: Conversation | None) -> Any:
    if conversation is None:
        return None
    query = sa.select(Lead).where(Lead.conversation_id == conversation.id)
    return session.scalars(query.order_by(Lead.updated_at.desc()).limit(1)).first()


def _vehicle(session: Session, customer: Any) -> Any:
    """The car of a customer who has one; of two nobody can tell which is meant."""
    if customer is None:
        return None
    rows = session.scalars(sa.select(Vehicle).where(Vehicle.customer_id == customer.id).limit(2)).all()
    return rows[0] if len(rows) == 1 else None
