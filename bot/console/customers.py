"""The pages about customers: the card beside a conversation, customers, leads and cases."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from sanic.request import Request
from sanic.response import HTTPResponse

from bot import clock
from bot.console.customer_words import CASE_KINDS, LEAD_STATUSES, Words
from bot.console.site import Site
from bot.console.work_words import CASE_OUTCOMES, RESCUE_STEPS
from bot.domain.booking import VisitStatus
from bot.domain.cases import CASE_OUTCOMES as ENDS
from bot.domain.cases import CaseKind, CaseStatus
from bot.domain.dealership import ResourceKind
from bot.domain.errors import NotFound
from bot.domain.staff import Permission, may
from bot.services import audit, cases, customer_card, customers, leads
from bot.services.cases import CaseView
from bot.services.content.snapshot import Content
from bot.services.leads import LeadStatus
from bot.services.staff import Staff
from bot.services.texts import is_storable
from bot.services.users import UserView, list_users
from bot.services.wechat.identity import is_used

LONGEST_QUERY = 80
MOST = 100


def add_customer_pages(site: Site) -> None:
    """``/console/customers``, a customer's page, ``/console/leads``, ``/console/cases``, and the card fragments."""

    @site.page("/console/customers", Permission.SEE_CUSTOMERS)
    async def all_customers(request: Request, staff: Staff) -> HTTPResponse:
        query = str(request.args.get("q") or "").strip()[:LONGEST_QUERY]
        query = query if is_storable(query) else ""
        content = await asyncio.to_thread(site.content.current)
        found = await asyncio.to_thread(customers.find_customers, site.database, query, MOST)
        about = {"found": len(found)}
        await asyncio.to_thread(
            audit.note_now, site.database, staff.actor, "customer.searched", clock.now(), details=about
        )
        words = Words(content.dealership)
        return site.render(
            request, staff, "customers.html", query=query, customers=found, words=words, most=MOST
        )

    @site.page("/console/customers/<id_:str>", Permission.SEE_CUSTOMERS)
    async def one_customer(request: Request, staff: Staff, id_: str) -> HTTPResponse:
        return await _shown(site, request, staff, "customer.html", customer_card.card_of_customer, id_)

    @site.page("/console/customers/<id_:str>/card", Permission.SEE_CUSTOMERS)
    async def customers_card(request: Request, staff: Staff, id_: str) -> HTTPResponse:
        return await _shown(site, request, staff, "_card.html", customer_card.card_of_customer, id_)

    @site.page("/console/conversations/<id_:str>/card", Permission.SEE_CUSTOMERS)
    async def conversations_card(request: Request, staff: Staff, id_: str) -> HTTPResponse:
        return await _shown(site, request, staff, "_card.html", customer_card.card_of, id_)

    @site.page("/console/leads", Permission.SEE_CUSTOMERS)
    async def all_leads(request: Request, staff: Staff) -> HTTPResponse:
        status = _choice(LeadStatus, request.args.get("status"))
        found = await asyncio.to_thread(leads.list_leads, site.database, status)
        await note_list(site, staff, "leads")
        return await in_list(
            site,
            request,
            staff,
            "leads.html",
            chosen=status,
            leads=list(map(customer_card.masked_lead, found)),
            statuses=LEAD_STATUSES,
        )

    @site.page("/console/cases", Permission.SEE_CUSTOMERS)
    async def all_cases(request: Request, staff: Staff) -> HTTPResponse:
        status = _choice(CaseStatus, request.args.get("status")) or CaseStatus.OPEN
        kind = _choice(CaseKind, request.args.get("kind"))
        found = await asyncio.to_thread(cases.list_cases, site.database, kind, status)
        if status is CaseStatus.OPEN:
            found.sort(key=_urgency)
        await note_list(site, staff, "cases")
        return await in_list(
            site,
            request,
            staff,
            "cases.html",
            chosen=status,
            kind=kind,
            cases=list(map(customer_card.masked_case, found)),
            kinds=CASE_KINDS,
            outcomes={each: [[key, CASE_OUTCOMES[key]] for key in ENDS[each]] for each in CaseKind},
            outcome_names=CASE_OUTCOMES,
            step_names={step.value: name for step, name in RESCUE_STEPS.items()},
            left=time_left,
        )


async def _shown(
    site: Site, request: Request, staff: Staff, template: str, read: Any, raw: str
) -> HTTPResponse:
    """A card, read and written into the audit log."""
    content: Content = await asyncio.to_thread(site.content.current)
    now, id_ = clock.now(), unquote(raw)
    try:
        if not is_storable(id_):
            raise NotFound("no such customer")
        card = await asyncio.to_thread(read, site.database, content, id_, now)
    except NotFound:
        return site.render(request, staff, "customer_missing.html", status=404)
    source = card.source.id if card.source is not None else None
    await asyncio.to_thread(customers.note_seen, site.database, staff.actor, now, card.subject, source)
    advisers = [
        (resource.id, resource.name)
        for resource in content.dealership.resources
        if resource.kind is ResourceKind.SALES_ADVISER
    ]
    return site.render(
        request,
        staff,
        template,
        card=card,
        words=Words(content.dealership),
        models=content.dealership.models,
        advisers=advisers,
        may_book=staff.may(Permission.BOOK),
        may_erase=staff.may(Permission.READ_AUDIT),
        has_wechat=await asyncio.to_thread(is_used, site.database),
        confirmed=VisitStatus.CONFIRMED,
    )


async def in_list(site: Site, request: Request, staff: Staff, template: str, **values: Any) -> HTTPResponse:
    content = await asyncio.to_thread(site.content.current)
    people = await asyncio.to_thread(list_users, site.database, clock.now())
    names = {person.username: person.name for person in people}
    owners = {person.username: person.name for person in people if _may_own(person)}
    return site.render(
        request,
        staff,
        template,
        words=Words(content.dealership),
        people=owners,
        names=names,
        me=staff.username,
        **values,
    )


def _may_own(person: UserView) -> bool:
    return person.is_active and may(person.role, Permission.SEE_CUSTOMERS)


async def note_list(site: Site, staff: Staff, name: str) -> None:
    await asyncio.to_thread(
        customers.note_seen, site.database, staff.actor, clock.now(), name, action=f"{name}.seen"
    )


def _urgency(case: CaseView) -> tuple[bool, bool, datetime]:
    """Somebody who stands at the roadside comes first, then what is due next."""
    return case.kind is not CaseKind.RESCUE, case.due_at is None, case.due_at or case.created_at


def _choice(enum: Any, text: str | None) -> Any:
    """A member of ``enum``; None for anything else: a filter that is not one filters nothing."""
    return next((member for member in enum if member.value == text), None)


def time_left(time: timedelta) -> str:
    """ "3 小时 20 分" until something is due."""
    minutes = max(0, int(time.total_seconds() // 60))
    hours, rest = divmod(minutes, 60)
    return f"{hours} 小时 {rest} 分" if hours else f"{rest} 分钟"
