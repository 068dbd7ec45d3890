"""A year of a dealer's work, made up from a seed: 2026 up to ``NOW``, written into a database as rows."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from bot.clock import TIME_ZONE
from bot.store.database import Database
from bot.store.lifecycle_tables import (
    EventSignup,
    Outreach,
    Referral,
    ReferralUse,
    Survey,
    Task,
)
from bot.store.staff_tables import Case, Lead, Score, User
from bot.store.tables import Appointment, Conversation, Customer, Message, Unanswered, Vehicle

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)
STORES = ("east", "west")
MOMENTS = (
    "first_service",
    "service_10k",
    "service_20k",
    "standard_service",
    "warranty_end_check",
    "holiday_greeting",
    "trade_in",
)
INTENTS = ("book_test_drive", "faq", "book_service", "greet", "compare_models", "complain")
TOPICS = ("price.list", "service.price", "product.range", "store.hours", "drive.license")
QUESTIONS = ("有没有露营改装", "能不能装拖车钩", "轮胎氮气怎么收费")


class Year:
    """Rows by table. ``size`` is about the number of customers."""

    def __init__(self, size: int, seed: int = 7) -> None:
        self.dice, self.size, self.numbers = random.Random(seed), size, 0
        self.rows: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        self._staff()
        for number in range(size):
            self._somebody(number)
        self._events()

    def into(self, database: Database) -> None:
        with database.transaction() as session:
            for table, rows in self.rows.items():
                if rows:
                    session.execute(table.__table__.insert(), rows)

    def id(self) -> str:
        self.numbers += 1
        return f"y{self.numbers:031}"

    def time(self, first: datetime | None = None, days: float = 400) -> datetime:
        """A moment after ``first``; by default from mid-October 2025 on, so that some lie before the year."""
        first = first or datetime(2025, 10, 15, 8, 0, tzinfo=TIME_ZONE)
        return first + timedelta(seconds=self.dice.randrange(max(1, int(days * 86400))))

    def may(self, share: float) -> bool:
        return self.dice.random() < share

    def _staff(self) -> None:
        for name, stores in (("li", ["east"]), ("wang", ["west"]), ("zhao", [])):
            self.rows[User].append(
                {
                    "username": f"y.{name}",
                    "password_hash": "-",
                    "role": "consultant",
                    "stores": stores,
                    "skills": [],
                    "is_active": True,
                    "must_change_password": False,
                    "presence": "offline",
                    "created_at": NOW,
                }
            )

    def _somebody(self, number: int) -> None:
        phone, store = f"139{number:08}", self.dice.choice(STORES)
        conversation, begun = self.id(), self.time()
        is_owner = self.may(0.6)
        customer = self._customer(phone, store) if is_owner or self.may(0.3) else None
        if customer and is_owner:
            self._car(customer, store)
            if self.may(0.2):
                self._car(customer, store)
        self._talk(conversation, customer, number, begun)
        self._visits(phone, store, conversation)
        self._lead(phone, conversation, begun)
        self._case(phone, conversation)
        if customer:
            self._owner_work(customer, phone, store, conversation)

    def _customer(self, phone: str, store: str) -> str:
        id_, created = self.id(), self.time()
        self.rows[Customer].append({"id": id_, "phone": phone, "name": "客户", "created_at": created})
        if self.may(0.2):
            self.rows[Referral].append({"code": f"R{id_[-9:]}", "customer_id": id_, "created_at": created})
        return id_

    def _car(self, customer: str, store: str) -> None:
        self.numbers += 1
        delivered = date(2024, 1, 1) + timedelta(days=self.dice.randrange(1050))
        self.rows[Vehicle].append(
            {
                "plate": f"浙Y{self.numbers:06}",
                "customer_id": customer,
                "model": "x5",
                "delivered": delivered,
                "store": store if self.may(0.9) else None,
                "left_on": delivered + timedelta(days=300) if self.may(0.1) else None,
            }
        )

    def _talk(self, id_: str, customer: str | None, number: int, begun: datetime) -> None:
        said = sorted(self.time(begun, 60) for _ in range(self.dice.randrange(1, 6)))
        self.rows[Conversation].append(
            {
                "id": id_,
                "channel": self.dice.choice(("web", "wechat", "rest")),
                "sender": f"y{number}",
                "state": "bot",
                "last_seq": len(said),
                "customer_id": customer,
                "created_at": begun,
                "updated_at": said[-1],
            }
        )
        for seq, at in enumerate(said, start=1):
            intent = self.dice.choice(INTENTS)
            topic = {"id": self.dice.choice(TOPICS), "score": 0.9} if intent == "faq" else None
            author = "customer" if self.may(0.8) else "bot"
            self.rows[Message].append(
                {
                    "conversation_id": id_,
                    "seq": seq,
                    "author": author,
                    "text": "……",
                    "answered": True,
                    "internal": False,
                    "understanding": {"intent": intent, "faq": topic} if author == "customer" else None,
                    "created_at": at,
                }
            )
        if self.may(0.2):
            self._unanswered(id_, said[0])

    def _unanswered(self, conversation: str, at: datetime) -> None:
        which = self.dice.choice(QUESTIONS)
        self.rows[Unanswered].append(
            {
                "conversation_id": conversation,
                "seq": 1,
                "kind": "fallback",
                "state": "open",
                "text": which,
                "same_as": str(QUESTIONS.index(which)),
                "candidates": [],
                "intents": [],
                "created_at": at,
                "updated_at": at,
            }
        )

    def _visits(self, phone: str, store: str, conversation: str) -> None:
        for _ in range(self.dice.randrange(9)):
            created = self.time()
            start = self.time(created, 20)
            id_, kind = self.id(), self.dice.choice(("test_drive", "service"))
            ends = ("completed", "completed", "checked_in", "cancelled", "no_show")
            status = self.dice.choice(ends) if start < NOW else "confirmed"
            self.rows[Appointment].append(
                {
                    "id": id_,
                    "kind": kind,
                    "status": status,
                    "code": f"Y{self.numbers}",
                    "store": store,
                    "items": [],
                    "start": start,
                    "end": start + timedelta(hours=1),
                    "name": "客户",
                    "phone": phone,
                    "resources": [],
                    "conversation_id": conversation if self.may(0.7) else None,
                    "sequence": 0,
                    "calendar_token": f"token{id_}",
                    "needs_approval": False,
                    "needs_new_time": False,
                    "created_at": created,
                    "updated_at": created,
                }
            )
            if status == "completed" and self.may(0.7):
                self._survey(kind, id_, phone, store, start)

    def _survey(self, kind: str, subject: str, phone: str, store: str | None, after: datetime) -> None:
        answered = self.time(after, 3)
        given = answered < NOW and self.may(0.8)
        score = self.dice.choice((40, 60, 80, 90, 95, 100)) if given else None
        self.rows[Survey].append(
            {
                "id": self.id(),
                "kind": kind,
                "subject": subject,
                "phone": phone,
                "store": store,
                "satisfaction": score,
                "nps": self.dice.randrange(11) if given and kind != "complaint" else None,
                "answers": {},
                "asked_at": after,
                "answered_at": answered if given else None,
            }
        )

    def _lead(self, phone: str, conversation: str, at: datetime) -> None:
        if not self.may(0.5):
            return
        status = self.dice.choice(("new", "contacted", "won", "won", "lost"))
        id_ = self.id()
        self.rows[Lead].append(
            {
                "id": id_,
                "kind": self.dice.choice(("test_drive", "price", "adviser")),
                "status": status,
                "phone": phone,
                "conversation_id": conversation,
                "created_at": at,
                "updated_at": self.time(at, 90),
            }
        )
        codes = self.rows[Referral]
        if codes and self.may(0.3):
            self.rows[ReferralUse].append(
                {
                    "code": self.dice.choice(codes)["code"],
                    "phone": phone,
                    "lead_id": id_,
                    "created_at": at,
                }
            )

    def _case(self, phone: str, conversation: str) -> None:
        if not self.may(0.4):
            return
        kind, at, id_ = self.dice.choice(("complaint", "rescue", "callback")), self.time(), self.id()
        closed = self.time(at, 3)
        is_closed, is_answered = closed < NOW and self.may(0.9), self.may(0.9)
        outcome = self.dice.choice(("settled", "settled", "withdrawn")) if is_closed else None
        exact = self.may(0.2)
        self.rows[Case].append(
            {
                "id": id_,
                "kind": kind,
                "status": "closed" if is_closed else "open",
                "conversation_id": conversation,
                "phone": phone,
                "details": {"withdrawn": True} if self.may(0.1) else {"complete": True},
                "due_at": at + timedelta(hours=48) if kind == "complaint" else None,
                "closed_at": closed if is_closed else None,
                "outcome": outcome,
                "answered_at": (at + timedelta(minutes=5) if exact else self.time(at, 0.006))
                if is_answered
                else None,
                "escalation": 0,
                "created_at": at,
                "updated_at": closed,
            }
        )
        if kind == "complaint" and is_closed:
            self._survey("complaint", id_, phone, None, closed)

    def _owner_work(self, customer: str, phone: str, store: str, conversation: str) -> None:
        for moment in self.dice.sample(MOMENTS, 3):
            opened = self.time()
            self.rows[Outreach].append(
                {
                    "id": self.id(),
                    "plate": f"浙Y{customer[-6:]}",
                    "customer_id": customer,
                    "moment": moment,
                    "occasion": "",
                    "state": self.dice.choice(("sent", "booked", "refused", "expired", "planned")),
                    "channel": "wechat",
                    "store": store,
                    "details": {},
                    "conversation_id": conversation,
                    "opened_at": opened,
                    "sent_at": opened if self.may(0.9) else None,
                    "updated_at": opened,
                }
            )
        self._task(customer, phone, store)
        if self.may(0.4):
            at = self.time()
            self.rows[Score].append(
                {
                    "occasion": "handoff",
                    "subject": self.id(),
                    "conversation_id": conversation,
                    "username": self.dice.choice(("y.li", "y.wang", "y.zhao")),
                    "score": self.dice.randrange(1, 6) if self.may(0.8) else None,
                    "asked_at": at,
                    "scored_at": self.time(at, 1),
                }
            )

    def _task(self, customer: str, phone: str, store: str) -> None:
        due = self.time()
        kind = self.dice.choice(("follow_up_call", "outreach_call", "complaint_follow_up", "trade_in"))
        status = self.dice.choice(("done", "done", "open", "cancelled"))
        done = status == "done"
        ends = ("settled", "goes_on", "unreached")
        calls = ("reached", "reached", "unreached", "wrong_number")
        self.rows[Task].append(
            {
                "id": self.id(),
                "key": f"year/{self.numbers}",
                "kind": kind,
                "status": status,
                "title": "任务",
                "customer_id": customer,
                "phone": phone,
                "store": store if self.may(0.5) else None,
                "details": {},
                "due_at": due,
                "outcome": self.dice.choice(ends if kind == "complaint_follow_up" else calls)
                if done
                else None,
                "closed_at": self.time(due, 2) if done else None,
                "created_at": due,
                "updated_at": due,
            }
        )

    def _events(self) -> None:
        """Of two events the content knows nothing (any more); nobody was at the one in June."""
        for event, start in {
            "care_salon_2026_12": NOW,
            "spring_2026": datetime(2026, 3, 7, 15, 0, tzinfo=TIME_ZONE),
            "summer_2026": datetime(2026, 6, 6, 15, 0, tzinfo=TIME_ZONE),
            "autumn_2026": datetime(2026, 11, 1, 0, 0, tzinfo=TIME_ZONE),
        }.items():
            for number in range(3):
                came = number < 2 and event != "summer_2026"
                self.rows[EventSignup].append(
                    {
                        "id": self.id(),
                        "event": event,
                        "phone": f"139{number:08}",
                        "people": 1,
                        "status": "attended" if came else "absent",
                        "created_at": start - timedelta(days=9),
                        "updated_at": start + timedelta(minutes=number),
                    }
                )
