"""Visits as iCalendar files (RFC 5545): one for its customer, a feed for each adviser, technician, bay and car.

The customer's file is open to whoever has its address: it says what, when and where, and nothing about a person; the
booking code stays out too, because it changes the visit together with the phone number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from icalendar import Alarm, Calendar, Event, Timezone, TimezoneStandard, vCalAddress

from bot.clock import TIME_ZONE
from bot.domain.booking import VisitKind, VisitStatus
from bot.domain.dealership import Dealership, Resource, Store
from bot.services.visits import BookedVisit
from bot.store.bookings import Row

PRODUCT = "-//Zhanting//Booking//ZH"
DOMAIN = "zhanting.invalid"
"""In UIDs and as the organizer's host: RFC 2606 keeps ``.invalid`` from ever being anybody's."""
REMIND_BEFORE = timedelta(hours=2)
REFRESH = timedelta(minutes=15)
PUBLISH, CANCEL = "PUBLISH", "CANCEL"
STATUS_WORDS = {
    VisitStatus.CONFIRMED: "已确认",
    VisitStatus.CANCELLED: "已取消",
    VisitStatus.CHECKED_IN: "已到店",
    VisitStatus.COMPLETED: "已完成",
    VisitStatus.NO_SHOW: "未到店",
}


@dataclass(frozen=True)
class OutOfUse:
    """A resource cannot be used from ``start`` to ``end``; ``noted_at`` is when that was said last."""

    id: str
    start: datetime
    end: datetime
    noted_at: datetime


def calendar_path(visit: BookedVisit | Row) -> str:
    """The path of the customer's file, which nobody can guess; it stays the same when the visit is moved."""
    return f"/calendar/{visit.calendar_token}.ics"


def calendar_link(public_url: str, visit: BookedVisit) -> str:
    """The whole address; ``public_url`` is the setting, without a slash at the end."""
    return f"{public_url}{calendar_path(visit)}"


def visit_file(dealership: Dealership, visit: BookedVisit) -> bytes:
    """The customer's file. A later one replaces an earlier one: same UID, greater SEQUENCE."""
    cancelled = visit.status is VisitStatus.CANCELLED
    calendar = _calendar(CANCEL if cancelled else PUBLISH)
    event = _event(visit, what_of(dealership, visit))
    event.add("organizer", _organizer(dealership))
    store = _store(dealership, visit)
    if store is not None:
        event.add("location", f"{dealership.profile.brand} {store.name}，{store.address}")
        event.add("description", f"{store.name} 电话 {_phone(store, visit)}")
    if not cancelled and not visit.needs_new_time:
        event.add_component(_alarm(what_of(dealership, visit)))
    calendar.add_component(event)
    return calendar.to_ical()


def feed_file(
    dealership: Dealership,
    resource: Resource,
    visits: Iterable[BookedVisit],
    outages: Iterable[OutOfUse] = (),
) -> bytes:
    """The calendar of a resource for staff eyes: jobs, model, code and the customer's name, but no phone number.

    Of an outage it says when, and not why or by whom: the reason is whatever somebody wrote.
    """
    calendar = _calendar(PUBLISH)
    store = next((store.name for store in dealership.stores if store.id == resource.store), resource.store)
    for name in ("name", "x-wr-calname"):
        calendar.add(name, f"{store} {resource.name}")
    for name in ("refresh-interval", "x-published-ttl"):
        calendar.add(name, REFRESH, parameters={"VALUE": "DURATION"})
    for visit in visits:
        event = _event(visit, f"{what_of(dealership, visit)} {visit.name}")
        event.add("location", store)
        event.add("description", "\n".join(_staff_lines(visit)))
        calendar.add_component(event)
    for outage in outages:
        calendar.add_component(_outage_event(outage, f"停用 {resource.name}", store))
    return calendar.to_ical()


def what_of(dealership: Dealership, visit: BookedVisit) -> str:
    """ "试驾 青岚 X5" or "青岚 E5 电动车保养、刹车检查"; what left the content meanwhile is named by its id."""
    models = {model.id: model.name for model in dealership.models}
    jobs = {job.id: job.name for job in dealership.services}
    model = models.get(visit.model, visit.model) if visit.model else ""
    if visit.kind is VisitKind.TEST_DRIVE:
        return f"试驾 {model}".strip()
    return f"{model} {'、'.join(jobs.get(item, item) for item in visit.items)}".strip()


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(_time_zone())
    return calendar


def _time_zone() -> Timezone:
    """China keeps UTC+8 the whole year since September 1991."""
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1991, 9, 15))  # noqa: DTZ001 - RFC 5545, 3.6.5: a local time without TZID
    standard.add("tzoffsetfrom", timedelta(hours=8))
    standard.add("tzoffsetto", timedelta(hours=8))
    standard.add("tzname", "CST")
    zone = Timezone()
    zone.add("tzid", str(TIME_ZONE))
    zone.add_component(standard)
    return zone


def _event(visit: BookedVisit, summary: str) -> Event:
    """DTSTAMP is the last change and not the moment of the download, so that the same visit gives the same file."""
    cancelled = visit.status is VisitStatus.CANCELLED
    changed = visit.updated_at.astimezone(timezone.utc)
    event = Event()
    event.add("uid", f"{visit.id}@{DOMAIN}")
    event.add("sequence", visit.sequence)
    event.add("dtstamp", changed)
    event.add("created", visit.created_at.astimezone(timezone.utc))
    event.add("last-modified", changed)
    event.add("dtstart", visit.start.astimezone(TIME_ZONE))
    event.add("dtend", visit.end.astimezone(TIME_ZONE))
    event.add("summary", f"{summary}（待改期）" if visit.needs_new_time and not cancelled else summary)
    event.add("status", _status(visit))
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    return event


def _outage_event(outage: OutOfUse, summary: str, store: str) -> Event:
    """The period is part of the UID: an outage has no sequence number by which programs would notice a change."""
    event = Event()
    period = "-".join(f"{moment.timestamp():.0f}" for moment in (outage.start, outage.end))
    event.add("uid", f"outage-{outage.id}-{period}@{DOMAIN}")
    event.add("dtstamp", outage.noted_at.astimezone(timezone.utc))
    event.add("dtstart", outage.start.astimezone(TIME_ZONE))
    event.add("dtend", outage.end.astimezone(TIME_ZONE))
    event.add("summary", summary)
    event.add("location", store)
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    return event


def _status(visit: BookedVisit) -> str:
    if visit.status is VisitStatus.CANCELLED:
        return "CANCELLED"
    return "TENTATIVE" if visit.needs_new_time else "CONFIRMED"


def _alarm(summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -REMIND_BEFORE)
    alarm.add("description", summary)
    return alarm


def _organizer(dealership: Dealership) -> vCalAddress:
    """RFC 5546 wants one; nobody is to write to it."""
    address = vCalAddress(f"mailto:noreply@{DOMAIN}")
    address.params["CN"] = dealership.profile.brand
    return address


def _store(dealership: Dealership, visit: BookedVisit) -> Store | None:
    return next((store for store in dealership.stores if store.id == visit.store), None)


def _phone(store: Store, visit: BookedVisit) -> str:
    return store.sales_phone if visit.kind is VisitKind.TEST_DRIVE else store.service_phone


def _staff_lines(visit: BookedVisit) -> list[str]:
    state = "待改期" if visit.needs_new_time else STATUS_WORDS[visit.status]
    lines = [f"预约码 {visit.code}", f"状态 {state}", f"资源 {'、'.join(visit.resource_names)}"]
    return [*lines, "爽约多次，待顾问确认"] if visit.needs_approval else lines
