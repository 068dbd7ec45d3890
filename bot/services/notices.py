"""The words of what a customer is told without having asked: which template on which occasion, and its buttons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.booking import VisitKind
from bot.domain.conversation import Owner
from bot.domain.dealership import Dealership, Store
from bot.domain.surveys import Question, SurveyKind
from bot.services.availability import local
from bot.services.calendar_files import calendar_path
from bot.services.content.snapshot import Content
from bot.services.event_notices import KINDS as EVENT_KINDS
from bot.services.messages import Utterance
from bot.services.replies import SOURCE, reply_for
from bot.services.surveys import ASK_COMPLAINT, ASK_VISIT, buttons_of, kind_of_visit
from bot.services.wording import say_time
from bot.store.bookings import Row

ASKING = {"reminder": "utter_reminder", "disrupted": "utter_notice_disrupted"}
"""With buttons; the others, and these where nobody hears a click, are told in plain words."""
PLAIN = {
    "confirmation": "utter_notice_booked",
    "reminder": "utter_reminder_plain",
    "moved": "utter_notice_moved",
    "cancelled": "utter_notice_cancelled",
    "approved": "utter_notice_approved",
    "restored": "utter_notice_restored",
    "disrupted": "utter_notice_disrupted_plain",
    "adviser_changed": "utter_notice_adviser_changed",
}
SUBJECTS = {
    "confirmation": "utter_mail_booked",
    "reminder": "utter_mail_reminder",
    "moved": "utter_mail_moved",
    "cancelled": "utter_mail_cancelled",
    "approved": "utter_mail_approved",
    "restored": "utter_mail_restored",
    "disrupted": "utter_mail_disrupted",
    "adviser_changed": "utter_mail_adviser_changed",
}
OUTREACH = "outreach"
CONTACTS = {
    "first_service_invitation": "utter_outreach_first_service",
    "first_service": "utter_outreach_first_service_late",
    "warranty_end_check": "utter_outreach_warranty",
    "holiday_greeting": "utter_outreach_greeting",
    "care_salon": "utter_outreach_event",
    "seasonal_campaign": "utter_outreach_event",
    "theme_event": "utter_outreach_event",
}
"""By moment; services between are told with ``utter_outreach_service``."""
OF_EVENTS = {"event_reminder": "utter_event_reminder", "event_moved_up": "utter_event_moved_up"}
OVER = {"waitlist_over": "utter_waitlist_over", "waitlist_lapsed": "utter_waitlist_lapsed"}


@dataclass(frozen=True)
class Letter:
    """An e-mail's words."""

    subject: str
    text: str


@dataclass(frozen=True)
class Notice:
    """What is told: an outbox row's ``kind`` and ``data``, and the visit or waitlist entry that it is about."""

    kind: str
    data: Mapping[str, Any]
    about: Row

    @property
    def occasion(self) -> str:
        return "reminder" if self.kind.startswith("reminder_") else self.kind

    @property
    def is_of_waitlist(self) -> bool:
        return self.kind.startswith("waitlist_")


class Notices:
    """Words from the approved templates of one content. Raises LookupError or UnfitValue where there are none.

    ``public_url`` is where the calendar files are, without a slash at the end.
    """

    def __init__(self, content: Content, public_url: str = "") -> None:
        self._content, self._dealership = content, content.dealership
        self._public_url = public_url

    def for_chat(self, notice: Notice, channel: str, owner: Owner, now: datetime) -> Utterance:
        """Buttons are offered while the bot acts on a click: nobody else does."""
        is_heard = owner in (Owner.BOT, Owner.CLOSED)
        buttons = self._buttons(notice, now) if is_heard else ()
        said = self._words(notice, channel, asking=bool(buttons))
        from_template = said.get("buttons", ()) if is_heard else ()
        return Utterance(said["text"], (*from_template, *buttons), {"notice": notice.kind}, said[SOURCE])

    def for_mail(self, notice: Notice) -> Letter:
        text = str(self._words(notice, None, asking=False)["text"])
        values = self._values(notice)
        body = self._say("utter_mail_body", None, text=text, store=values["store"], hotline=values["hotline"])
        return Letter(str(self._subject(notice)["text"]), f"{body['text']}\n")

    def _words(self, notice: Notice, channel: str | None, asking: bool) -> dict[str, Any]:
        occasion, visit = notice.occasion, notice.about
        if notice.kind == "waitlist_offer":
            return self._offer(notice, channel, asking)
        if notice.kind == "waitlist_passed":
            return self._say("utter_waitlist_passed", channel, **passed_values(self._dealership, notice))
        if notice.is_of_waitlist:
            return self._say(OVER[occasion], channel, **visit_values(self._dealership, visit))
        if asking and occasion in ASKING and not (occasion == "reminder" and visit.promised_at):
            return self._say(ASKING[occasion], channel, **visit_values(self._dealership, visit))
        if notice.kind == OUTREACH:
            contact = notice.about
            usual = CONTACTS.get(contact.moment, "utter_outreach_service")
            template = "utter_outreach_birthday" if _is_birthday(contact) else usual
            return self._say(template, channel, **contact_values(contact))
        if notice.kind in EVENT_KINDS:
            values = event_values(self._content, notice.about)
            return self._say(OF_EVENTS[notice.kind], channel, **values)
        if notice.kind == ASK_VISIT:
            when, what = say_time(visit.start), what_of(self._dealership, visit)
            question = self._question(kind_of_visit(visit))
            return self._say("utter_ask_score_visit", channel, time=when, what=what, question=question.text)
        if notice.kind == ASK_COMPLAINT:
            question = self._question(SurveyKind.COMPLAINT)
            return self._say("utter_ask_survey_complaint", channel, question=question.text)
        calendar = f"{self._public_url}{calendar_path(visit)}"
        values = visit_values(self._dealership, visit)
        adviser, other = notice.data.get("adviser"), notice.data.get("other")
        return self._say(PLAIN[occasion], channel, calendar=calendar, adviser=adviser, other=other, **values)

    def _offer(self, notice: Notice, channel: str | None, asking: bool) -> dict[str, Any]:
        deadline = say_time(_time(notice.data["until"]))
        name = "utter_waitlist_offer" if asking else "utter_waitlist_offer_plain"
        return self._say(name, channel, deadline=deadline, **offer_values(self._dealership, notice.about))

    def _subject(self, notice: Notice) -> dict[str, Any]:
        if notice.kind == OUTREACH:
            return self._say("utter_mail_outreach", None, **contact_values(notice.about))
        if notice.kind in EVENT_KINDS:
            return self._say("utter_mail_event", None, **event_values(self._content, notice.about))
        if notice.kind == "waitlist_offer":
            return self._say(
                "utter_mail_waitlist_offer", None, **offer_values(self._dealership, notice.about)
            )
        if notice.kind == "waitlist_passed":
            return self._say("utter_mail_waitlist_passed", None, **passed_values(self._dealership, notice))
        if notice.is_of_waitlist:
            return self._say("utter_mail_waitlist_over", None, **offer_values(self._dealership, notice.about))
        return self._say(SUBJECTS[notice.occasion], None, **visit_values(self._dealership, notice.about))

    def _values(self, notice: Notice) -> dict[str, Any]:
        if notice.kind == OUTREACH:
            return contact_values(notice.about)
        if notice.kind in EVENT_KINDS:
            return event_values(self._content, notice.about)
        if notice.kind == "waitlist_passed":
            return passed_values(self._dealership, notice)
        values = offer_values if notice.is_of_waitlist else visit_values
        return values(self._dealership, notice.about)

    def _say(self, template: str, channel: str | None, **values: Any) -> dict[str, Any]:
        reply = reply_for(self._content, template, values, channel)
        if reply is None:
            raise LookupError(f"no approved template {template}")
        return reply

    def _buttons(self, notice: Notice, now: datetime) -> tuple[dict[str, str], ...]:
        if notice.kind == "waitlist_offer":
            return _offer_buttons(notice)
        if notice.kind == OUTREACH:
            return contact_buttons(notice.about)
        if notice.kind in EVENT_KINDS:
            return (_button("来不了", "cancel_event", entry=str(notice.about.id)),)
        if notice.occasion == "reminder":
            return self._reminder_buttons(notice, now)
        if notice.kind in (ASK_VISIT, ASK_COMPLAINT):
            kind = kind_of_visit(notice.about) if notice.kind == ASK_VISIT else SurveyKind.COMPLAINT
            return buttons_of(notice.data["survey"], self._question(kind))
        return self._new_times(notice, now) if notice.occasion == "disrupted" else ()

    def _question(self, kind: SurveyKind) -> Question:
        """The first one of a sheet."""
        return self._dealership.surveys.questions(kind)[0]

    def _reminder_buttons(self, notice: Notice, now: datetime) -> tuple[dict[str, str], ...]:
        """What cannot be changed any more is no button: a person can help then."""
        code, hours = notice.about.code, self._dealership.rules.change_notice_hours
        coming = _button("会准时到", "visit_reply", do="confirm", code=code)
        if (notice.about.start - now).total_seconds() < hours * 3600:
            return coming, _button("来不了，找顾问", "ask_human")
        identity = {"booking_code": code}
        return (
            coming,
            _button("改时间", "change_booking", **identity),
            _button("取消预约", "cancel_booking", **identity),
        )

    def _new_times(self, notice: Notice, now: datetime) -> tuple[dict[str, str], ...]:
        visit = notice.about
        times = [
            _button(
                self._time_and_store(slot, visit.store),
                "visit_reply",
                do="move",
                code=visit.code,
                time=slot["start"],
                store=slot["store"],
            )
            for slot in notice.data.get("alternatives", ())
            if _time(slot["start"]) > now
        ]
        if not times:
            return ()
        other = _button("其他时间", "change_booking", booking_code=visit.code)
        return (*times, other, _button("联系顾问", "ask_human"))

    def _time_and_store(self, slot: Mapping[str, str], usual: str) -> str:
        when = say_time(_time(slot["start"]))
        return when if slot["store"] == usual else f"{when} {_store(self._dealership, slot['store']).name}"


def visit_values(dealership: Dealership, row: Row) -> dict[str, Any]:
    """What the templates may say of a visit, or of what an entry of the waitlist waits for."""
    start = getattr(row, "start", None) or row.offered_start or row.from_
    store = _store(dealership, getattr(row, "offered_store", None) or row.store)
    return {
        "code": getattr(row, "code", ""),
        "name": row.name or "您好",
        "what": f"{what_of(dealership, row)}{_with_adviser(dealership, row)}",
        "time": say_time(start),
        "store": store.name,
        "address": store.address,
        "hotline": store.sales_phone if row.kind == VisitKind.TEST_DRIVE else store.service_phone,
    }


def offer_values(dealership: Dealership, entry: Row) -> dict[str, Any]:
    """What the templates may say of an offer from the waitlist."""
    values = visit_values(dealership, entry)
    return {
        "what": values["what"],
        "time": values["time"],
        "store": values["store"],
        "hotline": values["hotline"],
    }


def passed_values(dealership: Dealership, notice: Notice) -> dict[str, Any]:
    """What the templates may say of an offer that was not answered; the entry itself has nothing on offer any more."""
    values = visit_values(dealership, notice.about)
    return {
        "what": values["what"],
        "time": say_time(_time(notice.data["start"])),
        "store": _store(dealership, notice.data["store"]).name,
        "hotline": values["hotline"],
    }


def what_of(dealership: Dealership, row: Row) -> str:
    """ "试驾 青岚 X5"; what left the content meanwhile is named by its id."""
    models = {model.id: model.name for model in dealership.models}
    model = models.get(row.model, row.model) if row.model else ""
    if row.kind == VisitKind.TEST_DRIVE:
        return f"试驾 {model}".strip()
    jobs = {job.id: job.name for job in dealership.services}
    wanted = row.items if hasattr(row, "items") else row.jobs
    return f"{model} {'、'.join(jobs.get(id_, id_) for id_ in wanted)}".strip()


def _with_adviser(dealership: Dealership, row: Row) -> str:
    """Who receives the customer of a test drive, where somebody was asked for by name and has time."""
    adviser = getattr(row, "adviser", None)
    if row.kind != VisitKind.TEST_DRIVE or not adviser or adviser not in row.resources:
        return ""
    name = next((known.name for known in dealership.resources if known.id == adviser), "")
    return f"，由{name}接待" if name else ""


def _store(dealership: Dealership, store_id: str | None) -> Store:
    """The first store speaks for one that nobody chose, or that left the content."""
    return next((store for store in dealership.stores if store.id == store_id), dealership.stores[0])


def _offer_buttons(notice: Notice) -> tuple[dict[str, str], ...]:
    """They name the slot, so that they count for this offer alone, however late they are pressed."""
    entry = str(notice.about.id)
    offer = {"entry": entry, "time": notice.data["start"], "store": notice.data["store"]}
    return (
        _button("要这个时间", "visit_reply", do="accept", **offer),
        _button("不要了，继续等", "visit_reply", do="decline", **offer),
        _button("退出候补", "visit_reply", do="leave", entry=entry),
    )


def contact_values(contact: Row) -> dict[str, Any]:
    """What the templates may say of a contact (a row of outreach); empty where it has none of it."""
    known = contact.details
    return {
        "car": known.get("car", ""),
        "title": known.get("title", ""),
        "km": known.get("km", ""),
        "day": known.get("on", ""),
        "job_name": known.get("job_name", ""),
        "items": known.get("items", ""),
        "minutes": known.get("minutes", 0),
        "price": known.get("price", ""),
        "holiday": known.get("holiday", ""),
        "event": known.get("event", ""),
        "time": known.get("time", ""),
        "offer": known.get("offer", ""),
        "store": known.get("store", ""),
        "hotline": known.get("hotline", ""),
    }


def event_values(content: Content, signup: Row) -> dict[str, Any]:
    """What the templates may say of an event that somebody signed up to. Raises LookupError for one that is gone."""
    event = content.events[signup.event]
    store = _store(content.dealership, event.store)
    return {
        "event": event.name,
        "name": signup.name or "您好",
        "time": say_time(local(event.start)),
        "store": store.name,
        "address": store.address,
        "people": signup.people,
        "hotline": store.sales_phone,
    }


def _is_birthday(contact: Row) -> bool:
    return contact.moment == "holiday_greeting" and contact.details.get("holiday") == "生日"


def contact_buttons(contact: Row) -> tuple[dict[str, str], ...]:
    """They name the contact, so that they count for this one however late they are pressed."""
    entry = str(contact.id)
    if contact.details.get("event"):
        return (
            _button("我要报名", "visit_reply", do="contact_book", entry=entry),
            _button("这次不去", "visit_reply", do="contact_refuse", entry=entry),
        )
    if not contact.details.get("job"):
        return ()
    return (
        _button("帮我预约", "visit_reply", do="contact_book", entry=entry),
        _button("暂时不需要", "visit_reply", do="contact_refuse", entry=entry),
        _button("已经做过了", "visit_reply", do="contact_elsewhere", entry=entry),
    )


def _button(title: str, intent: str, **entities: str) -> dict[str, str]:
    values = json.dumps(entities, ensure_ascii=False) if entities else ""
    return {"title": title, "payload": f"/{intent}{values}"}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
