"""Every figure once more, in plain Python over the rows of a dump, case by case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.clock import TIME_ZONE
from bot.store.database import Database
from bot.store.tables import Base
from tests.indicators.year import NOW

USERS = {"y.li": "east", "y.wang": "west"}
EVENTS = {"care_salon_2026_12": ("east", date(2026, 12, 5))}
INVITES = {"first_service", "service_10k", "service_20k", "standard_service", "warranty_end_check"}
Row = Any


class Dump:
    """All rows, by table, as dictionaries."""

    def __init__(self, database: Database) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {}
        with database.reading() as session:
            for name, table in Base.metadata.tables.items():
                self.tables[name] = [dict(row._mapping) for row in session.execute(sa.select(table))]
        self.stores_of_phone: dict[str, set[str]] = defaultdict(set)
        self.phone_of = {row["id"]: row["phone"] for row in self["customers"]}
        self.cars_of: dict[str, list[Row]] = defaultdict(list)
        for visit in self["appointments"]:
            self.stores_of_phone[visit["phone"]].add(visit["store"])
        for car in self["vehicles"]:
            self.cars_of[car["customer_id"]].append(car)
            if car["store"]:
                self.stores_of_phone[self.phone_of[car["customer_id"]]].add(car["store"])

    def __getitem__(self, table: str) -> list[dict[str, Any]]:
        return self.tables[table]

    def bought(self, phone: str, since: datetime) -> bool:
        day = since.astimezone(TIME_ZONE).date()
        for lead in self["leads"]:
            if lead["phone"] == phone and lead["status"] == "won" and on(lead["updated_at"]) >= day:
                return True
        owners = [id_ for id_, number in self.phone_of.items() if number == phone]
        return any(car["delivered"] >= day for owner in owners for car in self.cars_of[owner])


def on(moment: datetime) -> date:
    return moment.astimezone(TIME_ZONE).date()


class Recount:
    """The figures of the days from ``first`` to before ``end``; ``store`` None is all of them."""

    def __init__(self, dump: Dump, first: date, end: date, store: str | None) -> None:
        self.dump, self.first, self.end, self.store = dump, first, end, store

    def value(self, id_: str) -> float | None:
        return getattr(self, id_)()  # type: ignore[no-any-return]

    def within(self, moment: Any) -> bool:
        if moment is None:
            return False
        day = on(moment) if isinstance(moment, datetime) else moment
        return self.first <= day < self.end

    def here(self, store: str | None, phone: str | None = None) -> bool:
        if self.store is None:
            return True
        if store is None and phone is not None:
            return self.store in self.dump.stores_of_phone[phone]
        return store == self.store

    def referral_rate(self) -> float | None:
        brought = {use["phone"] for use in self.dump["referral_uses"]}
        leads = [
            x for x in self.dump["leads"] if self.within(x["created_at"]) and self.here(None, x["phone"])
        ]
        return share(leads, lambda lead: lead["phone"] in brought)

    def customer_events(self) -> float:
        came: dict[str, list[datetime]] = defaultdict(list)
        for row in self.dump["event_signups"]:
            if row["status"] == "attended":
                came[row["event"]].append(row["updated_at"])
        number = 0
        for event, times in came.items():
            store, day = EVENTS.get(event, (None, on(min(times))))
            number += self.within(day) and (self.store is None or self.store == store)
        return float(number)

    def loyal_customers(self) -> float | None:
        visits: dict[str, int] = defaultdict(int)
        for visit in self.dump["appointments"]:
            if visit["kind"] == "service" and visit["status"] == "completed" and self.within(visit["start"]):
                visits[visit["phone"]] += 1
        owners = [
            phone
            for id_, phone in self.dump.phone_of.items()
            if any(map(self.in_use, self.dump.cars_of[id_]))
        ]
        return share(owners, lambda phone: visits[phone] >= 2)

    def in_use(self, car: Row) -> bool:
        gone = car["left_on"] is not None and car["left_on"] < self.end
        return car["delivered"] < self.end and not gone and self.here(car["store"])

    def surveys(self, kind: str | None, field: str) -> list[int]:
        return [
            row[field]
            for row in self.dump["surveys"]
            if self.within(row["answered_at"])
            and row[field] is not None
            and kind in (None, row["kind"])
            and self.here(row["store"], row["phone"])
        ]

    def very_satisfied(self) -> float | None:
        return share(self.surveys(None, "satisfaction"), lambda score: score >= 90)

    def complaint_satisfaction(self) -> float | None:
        return share(self.surveys("complaint", "satisfaction"), lambda score: score >= 80)

    def purchase_satisfaction(self) -> float | None:
        return mean(self.surveys("test_drive", "satisfaction"))

    def service_satisfaction(self) -> float | None:
        return mean(self.surveys("service", "satisfaction"))

    def nps(self) -> float | None:
        given = self.surveys(None, "nps")
        happy, unhappy = sum(score > 8 for score in given), sum(score < 7 for score in given)
        return 100 * (happy - unhappy) / len(given) if given else None

    def adviser_satisfaction(self) -> float | None:
        return mean(
            20 * row["score"]
            for row in self.dump["scores"]
            if row["score"] and self.within(row["scored_at"]) and self.here(USERS.get(row["username"]))
        )

    def follow_up_calls(self) -> float | None:
        kinds = {"follow_up_call", "complaint_follow_up", "rescue_follow_up"}
        due = [
            row
            for row in self.dump["tasks"]
            if row["kind"] in kinds
            and self.within(row["due_at"])
            and self.here(row["store"], row["phone"])
            and (row["status"] == "done" or (row["status"] == "open" and row["due_at"] <= NOW))
        ]
        return share(due, lambda row: row["outcome"] in ("reached", "settled", "goes_on"))

    def record_accuracy(self) -> float | None:
        calls = [
            row
            for row in self.dump["tasks"]
            if row["kind"] in ("outreach_call", "follow_up_call")
            and row["status"] == "done"
            and self.within(row["closed_at"])
            and self.here(row["store"], row["phone"])
        ]
        return share(calls, lambda row: row["outcome"] != "wrong_number")

    def service_invitations(self) -> float | None:
        sent = [
            row
            for row in self.dump["outreach"]
            if row["moment"] in INVITES and self.within(row["sent_at"]) and self.here(row["store"])
        ]
        return share(sent, lambda row: row["state"] == "booked")

    def cases(self, kind: str) -> list[Row]:
        return [
            row
            for row in self.dump["cases"]
            if row["kind"] == kind
            and self.within(row["created_at"])
            and row["outcome"] != "withdrawn"
            and not row["details"].get("withdrawn")
            and self.here(None, row["phone"])
        ]

    def complaints_in_time(self) -> float | None:
        told = [row for row in self.cases("complaint") if row["closed_at"] or row["due_at"] <= NOW]
        two_days = timedelta(hours=48)
        return share(
            told, lambda row: bool(row["closed_at"]) and row["closed_at"] - row["created_at"] <= two_days
        )

    def rescues_in_time(self) -> float | None:
        soon = timedelta(minutes=5)
        return share(
            self.cases("rescue"),
            lambda row: bool(row["answered_at"]) and row["answered_at"] - row["created_at"] <= soon,
        )

    def consult_to_test_drive(self) -> float | None:
        if self.store is not None:
            return None
        asked = {
            row["conversation_id"]
            for row in self.dump["messages"]
            if row["author"] == "customer" and self.within(row["created_at"]) and buying(row["understanding"])
        }
        booked = {
            row["conversation_id"]
            for row in self.dump["appointments"]
            if row["kind"] == "test_drive" and self.within(row["created_at"])
        }
        return share(asked, lambda conversation: conversation in booked)

    def drives(self) -> list[Row]:
        return [
            row
            for row in self.dump["appointments"]
            if row["kind"] == "test_drive"
            and row["status"] in ("checked_in", "completed")
            and self.within(row["start"])
            and self.here(row["store"])
        ]

    def test_drive_to_sale(self) -> float | None:
        return share(self.drives(), lambda row: self.dump.bought(row["phone"], row["start"]))

    def showroom_to_sale(self) -> float | None:
        first: dict[str, datetime] = {}
        seen = [(row["phone"], row["start"]) for row in self.drives()]
        for lead in self.dump["leads"]:
            noted = lead["kind"] == "adviser" and self.within(lead["created_at"])
            if noted and self.here(None, lead["phone"]):
                seen.append((lead["phone"], lead["created_at"]))
        for phone, at in seen:
            first[phone] = min(at, first.get(phone, at))
        return share(first.items(), lambda came: self.dump.bought(*came))

    def repeat_purchase(self) -> float | None:
        new = [
            car for car in self.dump["vehicles"] if self.within(car["delivered"]) and self.here(car["store"])
        ]
        return share(
            new,
            lambda car: any(
                other["delivered"] < car["delivered"] for other in self.dump.cars_of[car["customer_id"]]
            ),
        )


def buying(understood: Row) -> bool:
    if not understood:
        return False
    topic = (understood["faq"] or {}).get("id", "").split(".")[0]
    wanted = understood["intent"] in ("book_test_drive", "compare_models", "haggle", "trade_in")
    return wanted or topic in ("product", "price", "buy", "drive", "used")


def share(cases: Iterable[Any], hit: Callable[[Any], bool]) -> float | None:
    every = list(cases)
    return 100 * len([case for case in every if hit(case)]) / len(every) if every else None


def mean(scores: Iterable[float]) -> float | None:
    every = list(scores)
    return sum(every) / len(every) if every else None
