"""Calendar files as a calendar program reads them, and the feeds behind their addresses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from icalendar import Calendar

from bot import clock
from bot.domain.booking import VisitKind, VisitStatus
from bot.domain.errors import NotFound
from bot.services.booking import cancel_visit, move_visit
from bot.services.calendar_files import calendar_link, calendar_path, feed_file, visit_file
from bot.services.calendar_links import feed_addresses, feed_of_token, renew_feed, visit_of_token
from bot.services.disruptions import begin_outage, end_outage
from bot.services.outbox import Senders, send_due
from bot.services.visits import BookedVisit, Contact
from bot.store.database import Database
from tests.services import reminded
from tests.services.bookings import DEMO, NOW, THREE, TWO, WANG, at, book

LATER = NOW + timedelta(hours=1)
VISIT = BookedVisit(
    id="4f1c",
    kind=VisitKind.TEST_DRIVE,
    status=VisitStatus.CONFIRMED,
    code="KHM374",
    store="east",
    model="x5",
    items=(),
    start=TWO,
    end=TWO + timedelta(minutes=45),
    name=WANG.name,
    phone=WANG.phone,
    plate=None,
    mileage=None,
    resources=("car-east-x5",),
    resource_names=("X5 试驾车",),
    conversation_id="c",
    created_at=NOW,
    updated_at=NOW,
    sequence=0,
    calendar_token="t" * 43,
    promised_at=None,
    needs_approval=False,
    needs_new_time=False,
)
SERVICED = replace(
    VISIT,
    kind=VisitKind.SERVICE,
    items=("regular_service", "brake_check"),
    plate="浙AD1001",
    mileage=12345,
)
PERSONAL = ("王小明", "13812345678", "1381", "浙A", "D1001", "KHM374")


def parsed(file: bytes) -> Any:
    return Calendar.from_ical(file)


def event_of(file: bytes) -> Any:
    [event] = parsed(file).walk("VEVENT")
    return event


def feed_of(database: Database, resource: str, now: datetime = NOW) -> list[Any]:
    [path] = [a.path for a in feed_addresses(database, DEMO, now) if a.resource.id == resource]
    token = path.removeprefix("/calendar/feeds/").removesuffix(".ics")
    feed = feed_of_token(database, DEMO, now, token)
    return list(parsed(feed_file(DEMO, feed.resource, feed.visits, feed.outages)).walk("VEVENT"))


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


class TestTheCustomersFile:
    def test_a_test_drive(self) -> None:
        file = visit_file(DEMO, VISIT)
        calendar, event = parsed(file), event_of(file)

        assert (calendar["METHOD"], calendar["VERSION"], event["STATUS"]) == ("PUBLISH", "2.0", "CONFIRMED")
        assert event["SUMMARY"] == "试驾 青岚 X5"
        assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (TWO, TWO + timedelta(minutes=45))
        assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"
        assert event["LOCATION"] == "青岚汽车 城东店，江州市城东区迎宾大道 88 号"
        assert event["DESCRIPTION"] == "城东店 电话 0500-8800-1001"
        assert (event["SEQUENCE"], event["UID"]) == (0, f"{VISIT.id}@zhanting.invalid")
        assert event["TRANSP"] == "OPAQUE"
        assert event.decoded("DTSTAMP") == NOW.astimezone(timezone.utc)
        assert event["ORGANIZER"].params["CN"] == "青岚汽车"

    def test_a_service_visit_names_its_jobs_and_the_workshop(self) -> None:
        event = event_of(visit_file(DEMO, SERVICED))

        assert event["SUMMARY"] == "青岚 X5 常规保养、刹车检查"
        assert event["DESCRIPTION"].endswith(DEMO.store("east").service_phone)

    def test_it_reminds_two_hours_before(self) -> None:
        [alarm] = event_of(visit_file(DEMO, VISIT)).walk("VALARM")

        assert (alarm["ACTION"], alarm.decoded("TRIGGER")) == ("DISPLAY", timedelta(hours=-2))

    def test_nothing_in_it_tells_who(self) -> None:
        text = str(parsed(visit_file(DEMO, SERVICED)).to_ical(), "utf-8").replace("\r\n ", "")

        assert [word for word in (*PERSONAL, "12345") if word in text] == []
        assert [word for word in PERSONAL if word in calendar_path(SERVICED)] == []

    def test_its_lines_are_those_of_the_standard(self) -> None:
        long = replace(DEMO.store("east"), address="迎宾大道，88 号；" * 12)
        dealership = replace(DEMO, stores=(long, *DEMO.stores[1:]))
        file = visit_file(dealership, VISIT)

        assert file.endswith(b"END:VCALENDAR\r\n")
        assert file.count(b"\n") == file.count(b"\r\n")
        assert max(len(line) for line in file.split(b"\r\n")) <= 75
        for line in file.split(b"\r\n"):
            line.decode("utf-8")  # no character is torn in two
        assert event_of(file)["LOCATION"].endswith(long.address)

    def test_the_time_zone_is_told(self) -> None:
        [zone] = parsed(visit_file(DEMO, VISIT)).walk("VTIMEZONE")

        assert zone["TZID"] == "Asia/Shanghai"
        assert datetime(2026, 7, 1, tzinfo=zone.to_tz()).utcoffset() == timedelta(hours=8)

    def test_a_move_updates_the_same_event(self, database: Database) -> None:
        visit = book(database)
        moved = move_visit(database, DEMO, LATER, visit.code, WANG.phone, THREE)
        before, after = event_of(visit_file(DEMO, visit)), event_of(visit_file(DEMO, moved))

        assert calendar_path(moved) == calendar_path(visit)
        assert after["UID"] == before["UID"]
        assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
        assert after.decoded("DTSTART") == THREE
        assert after.decoded("LAST-MODIFIED") == LATER.astimezone(timezone.utc)
        assert after.decoded("CREATED") == before.decoded("CREATED")

    def test_a_cancellation_takes_it_away(self, database: Database) -> None:
        visit = book(database)
        move_visit(database, DEMO, LATER, visit.code, WANG.phone, THREE)
        file = visit_file(DEMO, cancel_visit(database, DEMO, LATER, visit.code, WANG.phone))
        event = event_of(file)

        assert (parsed(file)["METHOD"], event["STATUS"]) == ("CANCEL", "CANCELLED")
        assert (event["SEQUENCE"], event["TRANSP"]) == (2, "TRANSPARENT")
        assert event.walk("VALARM") == []

    def test_a_visit_without_a_time_is_tentative(self) -> None:
        event = event_of(visit_file(DEMO, replace(VISIT, needs_new_time=True)))

        assert event["STATUS"] == "TENTATIVE"
        assert event["SUMMARY"] == "试驾 青岚 X5（待改期）"
        assert event.walk("VALARM") == []

    @pytest.mark.parametrize("status", [s for s in VisitStatus if s is not VisitStatus.CANCELLED])
    def test_a_visit_that_has_begun_stays_in_the_calendar(self, status: VisitStatus) -> None:
        event = event_of(visit_file(DEMO, replace(VISIT, status=status)))

        assert event["STATUS"] == "CONFIRMED"

    def test_what_left_the_content_meanwhile_breaks_nothing(self) -> None:
        visits = (VISIT, SERVICED)
        emptied = replace(DEMO, stores=(), models=(), services=())

        assert [event_of(visit_file(emptied, visit))["SUMMARY"] for visit in visits] == [
            "试驾 x5",
            "x5 regular_service、brake_check",
        ]

    def test_the_same_visit_gives_the_same_file(self) -> None:
        assert visit_file(DEMO, VISIT) == visit_file(DEMO, VISIT)


class TestAddresses:
    def test_the_file_is_found_by_its_address_alone(self, database: Database) -> None:
        visit = book(database)

        assert len(visit.calendar_token) == 43
        assert calendar_link("https://cars.example", visit) == f"https://cars.example{calendar_path(visit)}"
        assert visit_of_token(database, DEMO, visit.calendar_token).id == visit.id
        for other in (visit.code, visit.id, "", visit.calendar_token[:-1], visit.calendar_token.swapcase()):
            with pytest.raises(NotFound):
                visit_of_token(database, DEMO, other)

    def test_no_two_visits_share_one(self, database: Database) -> None:
        visits = [book(database, at(f"11-28 {hour}:00")) for hour in range(10, 16)]

        assert len({visit.calendar_token for visit in visits}) == len(visits)

    def test_every_resource_has_a_feed_that_stays(self, database: Database) -> None:
        first = feed_addresses(database, DEMO, NOW)

        assert [address.resource for address in first] == list(DEMO.resources)
        assert len({address.path for address in first}) == len(DEMO.resources)
        assert feed_addresses(database, DEMO, LATER) == first

    def test_a_new_resource_gets_its_feed(self, database: Database) -> None:
        fewer = replace(DEMO, resources=DEMO.resources[1:])
        first = feed_addresses(database, fewer, NOW)

        assert feed_addresses(database, DEMO, NOW)[1:] == first

    def test_a_renewed_feed_leaves_its_old_address_dead(self, database: Database) -> None:
        old = feed_addresses(database, DEMO, NOW)[0]
        new = renew_feed(database, DEMO, NOW, old.resource.id)

        assert new.path != old.path
        assert feed_addresses(database, DEMO, NOW)[0] == new
        with pytest.raises(NotFound):
            feed_of_token(database, DEMO, NOW, _token(old.path))
        assert feed_of_token(database, DEMO, NOW, _token(new.path)).resource == old.resource

    def test_a_feed_can_be_renewed_before_it_was_asked_for(self, database: Database) -> None:
        assert renew_feed(database, DEMO, NOW, DEMO.resources[0].id).path.startswith("/calendar/feeds/")
        with pytest.raises(NotFound):
            renew_feed(database, DEMO, NOW, "nobody")

    def test_a_resource_that_is_no_more_has_none(self, database: Database) -> None:
        address = feed_addresses(database, DEMO, NOW)[0]

        with pytest.raises(NotFound):
            feed_of_token(database, replace(DEMO, resources=()), NOW, _token(address.path))


class TestFeeds:
    def test_adviser_and_car_have_the_visit(self, database: Database) -> None:
        visit = book(database, make_code=lambda: "KHM374")
        other = next(r.id for r in DEMO.resources if r.id not in visit.resources)

        for resource in visit.resources:
            [event] = feed_of(database, resource)
            assert event["SUMMARY"] == "试驾 青岚 X5 王小明"
            assert "KHM374" in event["DESCRIPTION"]
            assert WANG.phone not in event["DESCRIPTION"]
        assert feed_of(database, other) == []

    def test_no_phone_number_is_in_a_feed(self, database: Database) -> None:
        visit = book(database)
        feed = feed_of_token(database, DEMO, NOW, _token(feed_addresses(database, DEMO, NOW)[0].path))

        assert WANG.phone.encode() not in feed_file(DEMO, feed.resource, (visit,)).replace(b"\r\n ", b"")

    def test_moves_and_cancellations_are_in_it(self, database: Database) -> None:
        visit, other = book(database), book(database, at("11-29 14:00"))
        moved = move_visit(database, DEMO, LATER, visit.code, WANG.phone, THREE)
        cancel_visit(database, DEMO, LATER, other.code, WANG.phone)

        events = feed_of(database, moved.resources[0])

        assert [(e["STATUS"], e["SEQUENCE"], e.decoded("DTSTART")) for e in events] == [
            ("CONFIRMED", 1, THREE),
            ("CANCELLED", 1, at("11-29 14:00")),
        ]

    def test_it_reaches_from_30_days_ago_to_60_days_ahead(self, database: Database) -> None:
        visit = book(database)
        car = visit.resources[0]

        shown = {days: len(feed_of(database, car, TWO + timedelta(days=days))) for days in (-61, -59, 29, 31)}

        assert shown == {-61: 0, -59: 1, 29: 1, 31: 0}

    def test_an_outage_keeps_the_time_and_tells_nothing_of_a_person(self, database: Database) -> None:
        car, reason = "east-car-x5", "王小明 13812345678 剐蹭"
        out = begin_outage(database, DEMO, NOW, car, at("11-28 09:00"), at("11-29 18:00"), reason, "li")
        [event] = feed_of(database, car)

        assert (event["SUMMARY"], event["STATUS"], event["TRANSP"]) == (
            "停用 城东 X5 试驾车",
            "CONFIRMED",
            "OPAQUE",
        )
        assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (at("11-28 09:00"), at("11-29 18:00"))
        text = event.to_ical().decode()
        assert [word for word in ("王小明", "1381234", "剐蹭", "li@") if word in text] == []
        assert feed_of(database, "east-car-x7") == []

        begin_outage(database, DEMO, NOW, car, at("11-29 18:00"), at("11-30 18:00"), "", "li")
        [longer] = feed_of(database, car)
        assert longer.decoded("DTEND") == at("11-30 18:00")
        assert longer["UID"] != event["UID"]
        end_outage(database, DEMO, at("11-28 12:00"), out.outage.id)
        [ended] = feed_of(database, car)
        assert (ended.decoded("DTSTART"), ended.decoded("DTEND")) == (at("11-28 09:00"), at("11-28 12:00"))

    def test_an_outage_that_was_called_off_is_not_in_it(self, database: Database) -> None:
        out = begin_outage(database, DEMO, NOW, "east-bay-1", TWO, THREE, "", "li")
        end_outage(database, DEMO, LATER, out.outage.id)

        assert feed_of(database, "east-bay-1") == []

    def test_an_id_that_begins_like_another_is_not_it(self, database: Database) -> None:
        visit = book(database)
        short = replace(DEMO.resources[0], id=visit.resources[0][:-1])

        assert feed_of_shorter(database, short) == []

    def test_many_visits_cost_no_more_statements(self, database: Database) -> None:
        visit = book(database)
        address = next(a for a in feed_addresses(database, DEMO, NOW) if a.resource.id == visit.resources[0])
        counts = []
        for hour in (None, 10, 12):
            if hour:
                book(database, at(f"11-28 {hour}:00"), contact=Contact("李雷", f"139000000{hour}"))
            with statements(database) as seen:
                feed_of_token(database, DEMO, NOW, _token(address.path))
            counts.append(len([s for s in seen if s.lstrip().upper().startswith("SELECT")]))

        assert counts == [3, 3, 3]

    def test_the_program_is_told_how_often_to_ask(self, database: Database) -> None:
        resource = DEMO.resources[0]
        calendar = parsed(feed_file(DEMO, resource, ()))

        assert calendar["NAME"] == f"{DEMO.store(resource.store).name} {resource.name}"
        assert calendar.decoded("REFRESH-INTERVAL") == timedelta(minutes=15)


def feed_of_shorter(database: Database, resource: Any) -> list[BookedVisit]:
    dealership = replace(DEMO, resources=(*DEMO.resources, resource))
    address = feed_addresses(database, dealership, NOW)[-1]
    return list(feed_of_token(database, dealership, NOW, _token(address.path)).visits)


def _token(path: str) -> str:
    return path.removeprefix("/calendar/feeds/").removesuffix(".ics")


def test_who_is_told_by_staff_is_told_the_address(database: Database) -> None:
    """A visit that staff book or move: the chat message names the calendar file as the dialogue does."""
    customer = reminded.conversation(database)
    visit = book(database, conversation_id=customer, by_staff=True)
    clock.clock.set(NOW)
    try:
        send_due(database, reminded.CONTENT, Senders(public_url="https://cars.example"))
        move_visit(database, DEMO, NOW, visit.code, None, THREE, by_staff=True)
        send_due(database, reminded.CONTENT, Senders(public_url="https://cars.example"))
    finally:
        clock.clock.set(None)

    link = calendar_link("https://cars.example", visit)
    told = [message.text for message in reminded.said(database, customer)]
    assert [text.splitlines()[-1] for text in told] == [f"加入日历：{link}", f"更新日历：{link}"]
