"""Sending what waits in the outbox: each message once, however many processes send.

A message is taken by a conditional update with a lease; the row's new state is the sender's licence. A chat message is
written in the transaction that marks it as sent: exactly once. An e-mail or webhook that was handed over when its
process died goes out again after the lease, under the same id.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot import clock
from bot.domain.booking import VisitStatus
from bot.domain.conversation import Owner
from bot.domain.errors import DeliveryFailed
from bot.domain.reminders import decent_hour, next_attempt
from bot.notify.email import Attachment, Mail, MailSender
from bot.notify.webhook import WebhookSender
from bot.notify.wecom import RobotSender
from bot.services import alerts, deliveries, messages, metrics, scores, surveys
from bot.services.alert_words import alert_letter, robot_text
from bot.services.availability import local
from bot.services.calendar_files import CANCEL, PUBLISH, visit_file
from bot.services.claiming import transact
from bot.services.content.snapshot import ContentStore
from bot.services.deliveries import Attempt
from bot.services.messages import Utterance
from bot.services.notices import Notice, Notices
from bot.services.outreach import contacts as outreach
from bot.services.overtaken import OVERTAKEN, overtaken_by
from bot.services.visits import view_of
from bot.settings import Settings
from bot.store import outbox
from bot.store.bookings import Row
from bot.store.database import Database
from bot.store.lifecycle_tables import Outreach
from bot.store.outbox import DROPPED, FAILED, PENDING, SENT

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=3)
AT_ONCE = {"chat": 200, "email": 20, "webhook": 20, "wecom": 20}
"""How many messages of a channel one run sends; a slow mail server does not keep the chat waiting for long."""
NOT_SET_UP = {
    "email": "没有设置邮件服务器",
    "webhook": "没有设置系统推送",
    "wecom": "没有设置企业微信机器人",
}
"""Why a message was dropped where its channel leads nowhere."""
ASKING: dict[str, Callable[[Session, Row, str, datetime], str | None]] = {
    surveys.ASK_VISIT: surveys.ask_after_visit,
    surveys.ASK_COMPLAINT: surveys.ask_after_complaint,
}
"""What asks the customer: noted in the transaction that writes the question."""
LATER, LATER_WORDS = timedelta(minutes=30), "客户正在和顾问沟通，或者刚问过评分，晚些再问"
ROBOT_MESSAGES, ROBOT_TIME = 20, timedelta(minutes=1)
"""What WeCom takes of one robot; what is due beyond it goes out together a little later."""

SendMail = Callable[[Mail, datetime], None]
SendEvent = Callable[[str, Mapping[str, Any], datetime], None]
SendMarkdown = Callable[[str], None]
Told = Callable[[str], None]


@dataclass(frozen=True)
class Senders:
    """The ways out of the house; None where none is set up. ``public_url`` is what links begin with."""

    mail: SendMail | None = None
    event: SendEvent | None = None
    public_url: str = ""
    robot: SendMarkdown | None = None

    @property
    def channels(self) -> list[str]:
        known = {"chat": True, "email": self.mail, "webhook": self.event, "wecom": self.robot}
        return [channel for channel in outbox.CHANNELS if known[channel]]


def senders_of(settings: Settings) -> Senders:
    """The senders that the settings describe."""
    mail = event = robot = None
    if settings.smtp and settings.mail_from:
        mail = MailSender(settings.smtp, settings.mail_from).send
    if settings.webhook_url and settings.webhook_secret:
        event = WebhookSender(settings.webhook_url, settings.webhook_secret).send
    if settings.wecom_robot:
        robot = RobotSender(settings.wecom_robot).send
    return Senders(mail, event, settings.public_url, robot)


def send_due(
    database: Database,
    content: ContentStore,
    senders: Senders,
    told: Told = lambda _: None,
    channels: Iterable[str] = outbox.CHANNELS,
) -> int:
    """Send what is due by the clock; gives how much was sent. ``told`` hears of each conversation with a new message.

    What fails is tried again later; after such a failure the rest of its channel waits for the next run. What is due
    on a channel that is not set up is dropped: who writes a message need not know where this process can send to.
    """
    desk = _Desk(database, content, senders, told)
    return sum(
        desk.send_channel(channel) if channel in senders.channels else _drop_due(database, channel)
        for channel in channels
    )


def _drop_due(database: Database, channel: str) -> int:
    now = clock.now()
    with database.reading() as session:
        if not outbox.is_due(session, channel, now):
            return 0  # most rounds: no write lock for nothing
    with database.transaction() as session:
        outbox.drop_due(session, channel, now, NOT_SET_UP[channel])
    return 0


class _Desk:
    """One run of one process."""

    def __init__(self, database: Database, content: ContentStore, senders: Senders, told: Told) -> None:
        self._database, self._content = database, content
        self._senders, self._told = senders, told
        self._deliver = {"chat": self._to_chat, "email": self._to_mail, "webhook": self._to_webhook}

    def send_channel(self, channel: str) -> int:
        if channel == "wecom":
            return self._to_robot()
        with self._database.reading() as session:
            rows = outbox.due(session, channel, clock.now(), AT_ONCE[channel])
        sent = 0
        for row in rows:
            token = uuid.uuid4().hex
            if not self._take(row, token):
                continue  # another process got there first
            self._begin()
            try:
                sent += self._deliver[channel](row, token)
            except Exception as error:  # one message that cannot be sent does not keep the others
                if self._failed(row, token, error) and channel != "chat":
                    break
        return sent

    def _begin(self) -> None:
        """What follows is one attempt."""
        self._at, self._started = clock.now(), time.monotonic()

    def _take(self, row: Row, token: str) -> bool:
        now = clock.now()
        with self._database.transaction() as session:
            return outbox.take(session, row.id, token, now, now + LEASE)

    def _to_chat(self, row: Row, token: str) -> bool:
        now, notices = clock.now(), Notices(self._content.current(), self._senders.public_url)

        def work(session: Session) -> bool:
            about, overtaken = overtaken_by(session, row, now, lock=True)
            data = row.data
            if not overtaken and row.kind in ASKING:
                if not scores.may_ask(session, row.conversation_id, now):
                    return self._postpone(session, row, token, now)
                survey = ASKING[row.kind](session, about, row.conversation_id, now)
                data = {**data, "survey": survey}
                overtaken = None if survey else "已经问过"
            if not self._finish(session, row, token, overtaken, now) or overtaken:
                return False
            if row.kind == outreach.KIND:
                outreach.mark_sent(session, about, about.channel, now, local(now).date())
            notice = Notice(row.kind, data, about)

            def words(channel: str, owner: Owner) -> Utterance:
                return notices.for_chat(notice, channel, owner, now)

            if messages.add_notice(session, row.conversation_id, words, now) is None:
                raise DeliveryFailed("no such conversation", final=True, words="找不到这个会话")
            return True

        done = transact(self._database, work)
        if done:
            self._told(row.conversation_id)
        return done

    def _postpone(self, session: Session, row: Row, token: str, now: datetime) -> bool:
        """A question that would disturb comes later; its ``until`` ends that."""
        hours = self._content.current().dealership.profile.consultants_online
        due = decent_hour(local(now) + LATER, hours.opens, hours.closes)
        outbox.finish(session, row.id, token, PENDING, due_at=due, attempts=0, problem=LATER_WORDS)
        return False

    def _to_robot(self) -> int:
        """All that is due in one message."""
        assert self._senders.robot
        now, token = clock.now(), uuid.uuid4().hex
        with self._database.reading() as session:
            if deliveries.count_since(session, "wecom", now - ROBOT_TIME) >= ROBOT_MESSAGES:
                return 0
            rows = outbox.due(session, "wecom", now, AT_ONCE["wecom"])
        mine = [row for row in rows if self._take(row, token)]
        with self._database.reading() as session:
            fresh = [row for row in mine if alerts.is_still_so(session, row.data)]
        self._begin()
        for row in mine:
            if row not in fresh:
                self._done(row, token, OVERTAKEN)
        try:
            if fresh:
                self._senders.robot(robot_text([row.data for row in fresh], self._senders.public_url, now))
        except Exception as error:
            for row in fresh:
                self._failed(row, token, error)
            return 0
        return sum(self._done(row, token, None) for row in fresh)

    def _to_colleague(self, row: Row, token: str) -> bool:
        """Tell a member of the staff what waits, as far as it still does."""
        assert self._senders.mail
        now = clock.now()
        with self._database.reading() as session:
            fresh = [alert for alert in row.data["alerts"] if alerts.is_still_so(session, alert)]
        if not fresh:
            return self._done(row, token, OVERTAKEN)
        letter = alert_letter(fresh, self._senders.public_url, now)
        self._senders.mail(Mail(f"zhanting-{row.id}-alert", row.address, letter.subject, letter.text), now)
        return self._done(row, token, None)

    def _to_mail(self, row: Row, token: str) -> bool:
        assert self._senders.mail
        if row.kind == alerts.KIND:
            return self._to_colleague(row, token)
        now, content = clock.now(), self._content.current()
        with self._database.reading() as session:
            about, overtaken = overtaken_by(session, row, now)
        if not overtaken:
            notice = Notice(row.kind, row.data, about)
            letter = Notices(content, self._senders.public_url).for_mail(notice)
            attachment = _calendar_file(content.dealership, about) if row.appointment_id else None
            id_ = f"zhanting-{row.id}-{row.key.replace('/', '-')}"
            self._senders.mail(Mail(id_, row.address, letter.subject, letter.text, attachment), now)
        return self._done(row, token, overtaken)

    def _to_webhook(self, row: Row, token: str) -> bool:
        assert self._senders.event
        self._senders.event(row.key, row.data, clock.now())
        return self._done(row, token, None)

    def _done(self, row: Row, token: str, overtaken: str | None) -> bool:
        now = clock.now()
        with self._database.transaction() as session:
            is_done = self._finish(session, row, token, overtaken, now) and not overtaken
            if is_done and row.kind == outreach.KIND:
                contact = session.get(Outreach, row.data["outreach"], with_for_update=True)
                outreach.mark_sent(session, contact, row.channel, now, local(now).date())
            return is_done

    def _finish(self, session: Session, row: Row, token: str, overtaken: str | None, now: datetime) -> bool:
        """False when the message is no longer this sender's: it was dropped, or its lease has ended."""
        outcome = "overtaken" if overtaken else "sent"
        metrics.count_when_committed(session, metrics.DELIVERIES, row.channel, outcome)
        if overtaken:
            return outbox.finish(session, row.id, token, DROPPED, problem=overtaken)
        self._record(session, row, None)
        return outbox.finish(session, row.id, token, SENT, sent_at=now, problem=None)

    def _failed(self, row: Row, token: str, error: Exception) -> bool:
        """Note a failure; whether it will be tried again."""
        now, attempts = clock.now(), row.attempts + 1
        again = None if getattr(error, "final", False) else next_attempt(attempts, now)
        until = row.data.get("until")
        if again is None or (until and again >= datetime.fromisoformat(until)):
            state, due, level = FAILED, row.due_at, logging.ERROR
        else:
            state, due, level = PENDING, again, logging.WARNING
        with self._database.transaction() as session:
            self._record(session, row, _words_for(error))
            if not outbox.finish(session, row.id, token, state, due_at=due, problem=_words_for(error)):
                return False  # dropped meanwhile: nobody misses it
            if state == FAILED and row.kind == outreach.KIND:
                contact = session.get(Outreach, row.data["outreach"], with_for_update=True)
                outreach.call_instead(session, contact, now, self._content.current().outreach)
        expected = isinstance(error, DeliveryFailed)
        fate = "is given up" if state == FAILED else "will be sent later"
        metrics.DELIVERIES.labels(row.channel, "given_up" if state == FAILED else "failed").inc()
        told = (row.channel, row.id, row.kind, _subject_of(row), fate, _problem_of(error))
        logger.log(level, "%s message %d (%s of %s) %s: %s", *told, exc_info=not expected)
        return state == PENDING

    def _record(self, session: Session, row: Row, problem: str | None) -> None:
        """The attempt; a chat message is written here in the house and needs none."""
        if row.channel != "chat":
            took = round((time.monotonic() - self._started) * 1000)
            deliveries.record(session, row.id, Attempt(self._at, problem is None, problem, took))


def _subject_of(row: Row) -> str:
    if row.appointment_id:
        return f"visit {row.appointment_id}"
    if row.waitlist_id:
        return f"waitlist entry {row.waitlist_id}"
    return f"conversation {row.conversation_id}" if row.conversation_id else "several things"


def _calendar_file(dealership: Any, visit: Row) -> Attachment:
    view = view_of(dealership, visit)
    method = CANCEL if view.status is VisitStatus.CANCELLED else PUBLISH
    return Attachment("visit.ics", visit_file(dealership, view), method)


def _problem_of(error: Exception) -> str:
    """For the log: what is not a delivery's failure may hold a person's data, and is named by its type alone."""
    return str(error)[:300] if isinstance(error, DeliveryFailed | LookupError) else type(error).__name__


def _words_for(error: Exception) -> str:
    """The same for staff, in Chinese."""
    if isinstance(error, DeliveryFailed):
        return error.words[:300]
    if isinstance(error, LookupError):
        return "没有可用的话术，详见日志"
    return f"程序出错（{type(error).__name__}），详见日志"
