"""Everything that belongs to one telephone number, by table.

One person is one number: what somebody did under another number is not found. A conversation is theirs if it is linked
to them, or if it is linked to nobody and something of theirs (a visit, a case, a lead …) came from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.lifecycle_tables import (
    Consent,
    EventPlace,
    EventSignup,
    MileageReading,
    Outreach,
    Profile,
    Referral,
    ReferralUse,
    Survey,
    Task,
)
from bot.store.staff_tables import Case, Delivery, Handoff, Lead, Score, Upload
from bot.store.tables import (
    Appointment,
    Claim,
    Conversation,
    Customer,
    DialogueState,
    Hold,
    Message,
    OutboxMessage,
    Unanswered,
    Vehicle,
    WaitlistEntry,
)
from bot.store.wechat_tables import WeChatContact, WeChatLink, WeChatPassive, WeChatTemplate

Row = Any
OF_PHONE = (Appointment, WaitlistEntry, Case, Lead, Task, Survey, EventSignup, Profile, Consent, ReferralUse)
"""Tables with a telephone number and the conversation from which the row came."""
AT_ONCE = 500
"""Ids in one statement."""


@dataclass(frozen=True)
class Person:
    """Ids of what belongs to a number; empty where nothing does."""

    phone: str
    customers: tuple[str, ...] = ()
    plates: tuple[str, ...] = ()
    conversations: tuple[str, ...] = ()
    appointments: tuple[str, ...] = ()
    waitlist: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    handoffs: tuple[str, ...] = field(default=())

    @property
    def is_known(self) -> bool:
        return any(
            (self.customers, self.conversations, self.appointments, self.waitlist, self.cases, self.leads)
        )


def find_person(session: Session, phone: str) -> Person:
    """What belongs to a number."""
    customers = _ids(session, Customer.id, Customer.phone == phone)
    conversations = _conversations(session, phone, customers)
    return Person(
        phone=phone,
        customers=customers,
        plates=_ids(session, Vehicle.plate, Vehicle.customer_id.in_(customers)),
        conversations=conversations,
        appointments=_ids(session, Appointment.id, Appointment.phone == phone),
        waitlist=_ids(session, WaitlistEntry.id, WaitlistEntry.phone == phone),
        cases=_ids(session, Case.id, sa.or_(Case.phone == phone, Case.conversation_id.in_(conversations))),
        leads=_ids(session, Lead.id, Lead.phone == phone),
        handoffs=_ids(session, Handoff.id, Handoff.conversation_id.in_(conversations)),
    )


@dataclass(frozen=True)
class Part:
    """A kind of data: its name in Chinese, its table, and which rows are the person's."""

    name: str
    table: Any
    condition: Any


def _waits_in(conversations: Iterable[str]) -> Any:
    """A code that was told before any number was."""
    return sa.and_(_of(ReferralUse.conversation_id, conversations), ReferralUse.phone.is_(None))


def parts_of(person: Person) -> Iterator[Part]:
    """All that is stored about somebody, what depends on other rows first."""
    talks, customers = person.conversations, person.customers
    by_phone = {table: table.phone == person.phone for table in OF_PHONE}
    signups = sa.select(EventSignup.id).where(EventSignup.phone == person.phone)
    yield Part("里程记录", MileageReading, MileageReading.plate.in_(person.plates))
    yield Part(
        "回访与邀约", Outreach, sa.or_(Outreach.plate.in_(person.plates), Outreach.customer_id.in_(customers))
    )
    yield Part(
        "员工任务",
        Task,
        sa.or_(by_phone[Task], _of(Task.conversation_id, talks), Task.customer_id.in_(customers)),
    )
    yield Part("满意度调查", Survey, sa.or_(by_phone[Survey], _of(Survey.conversation_id, talks)))
    yield Part("活动座位", EventPlace, EventPlace.signup_id.in_(signups))
    yield Part("活动报名", EventSignup, by_phone[EventSignup])
    yield Part("需求档案", Profile, sa.or_(by_phone[Profile], _of(Profile.conversation_id, talks)))
    yield Part("同意记录", Consent, sa.or_(by_phone[Consent], _of(Consent.conversation_id, talks)))
    yield Part("推荐关系", ReferralUse, sa.or_(by_phone[ReferralUse], _waits_in(talks)))
    yield Part("推荐码", Referral, Referral.customer_id.in_(customers))
    outbox = _outbox(person)
    of_outbox = sa.select(OutboxMessage.id).where(outbox)
    yield Part("发送记录", Delivery, Delivery.outbox_id.in_(of_outbox))
    yield Part("通知", OutboxMessage, outbox)
    yield Part("占用的时段", Claim, Claim.appointment_id.in_(person.appointments))
    yield Part("预约", Appointment, by_phone[Appointment])
    yield Part("保留的时段", Hold, Hold.owner.in_([*talks, *person.waitlist]))
    yield Part("候补", WaitlistEntry, by_phone[WaitlistEntry])
    yield Part("工单", Case, Case.id.in_(person.cases))
    yield Part("线索", Lead, by_phone[Lead])
    yield Part("评分", Score, _of(Score.conversation_id, talks))
    yield Part("人工服务", Handoff, _of(Handoff.conversation_id, talks))
    yield Part("未答问题", Unanswered, _of(Unanswered.conversation_id, talks))
    yield Part("上传的文件", Upload, _of(Upload.conversation_id, talks))
    yield Part("对话状态", DialogueState, _of(DialogueState.sender_id, talks))
    yield Part("微信回复", WeChatPassive, _of(WeChatPassive.conversation_id, talks))
    theirs = sa.select(WeChatContact.openid).where(_of(WeChatContact.conversation_id, talks))
    yield Part("微信模板消息", WeChatTemplate, WeChatTemplate.openid.in_(theirs))
    yield Part("微信身份", WeChatContact, _of(WeChatContact.conversation_id, talks))
    yield Part("微信绑定码", WeChatLink, WeChatLink.customer_id.in_(customers))
    yield Part("消息", Message, _of(Message.conversation_id, talks))
    yield Part("对话", Conversation, _of(Conversation.id, talks))
    yield Part("车辆", Vehicle, Vehicle.plate.in_(person.plates))
    yield Part("客户资料", Customer, Customer.id.in_(customers))


def mentions(phone: str) -> dict[Any, tuple[Any, ...]]:
    """Columns of words and values in which the number of one person may stand in what belongs to another."""
    return {
        Message: (Message.text, Message.payload, Message.custom, Message.buttons, Message.understanding),
        DialogueState: (DialogueState.state,),
        Handoff: (Handoff.summary, Handoff.note),
        Case: (Case.details, Case.note),
        Lead: (Lead.note,),
        Unanswered: (Unanswered.text,),
        Task: (Task.details, Task.note, Task.title),
    }


def _of(column: Any, ids: Iterable[str]) -> Any:
    return column.in_(list(ids))


def _outbox(person: Person) -> Any:
    """Messages to them, and what staff and other systems are told of them."""
    names = [*person.appointments, *person.waitlist, *person.cases, *person.leads, *person.handoffs]
    return sa.or_(
        OutboxMessage.appointment_id.in_(person.appointments),
        OutboxMessage.waitlist_id.in_(person.waitlist),
        OutboxMessage.conversation_id.in_(person.conversations),
        sa.cast(OutboxMessage.data, sa.String).contains(person.phone, autoescape=True),
        *(OutboxMessage.key.startswith(f"{name}/") for name in names[:AT_ONCE]),
    )


def _conversations(session: Session, phone: str, customers: tuple[str, ...]) -> tuple[str, ...]:
    came_from: set[str] = set()
    for table in OF_PHONE:
        query = sa.select(table.conversation_id).where(
            table.phone == phone, table.conversation_id.is_not(None)
        )
        came_from.update(session.scalars(query))
    linked = Conversation.customer_id.in_(customers)
    free = sa.and_(Conversation.customer_id.is_(None), Conversation.id.in_(list(came_from)))
    return _ids(session, Conversation.id, sa.or_(linked, free))


def _ids(session: Session, column: Any, condition: Any) -> tuple[str, ...]:
    return tuple(session.scalars(sa.select(column).where(condition).order_by(column)))
