"""The audit log as a page: who read or changed what."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from sanic.request import Request
from sanic.response import HTTPResponse

from bot import clock
from bot.console.audit_names import AuditNames
from bot.console.settings_forms import PARTS
from bot.console.site import Site
from bot.domain.staff import Permission
from bot.services.audit import SYSTEM, AuditLine, list_audit
from bot.services.audit_words import GROUPS, action_words, actor_words, details_words
from bot.services.staff import Staff
from bot.services.texts import is_storable
from bot.services.users import list_users

PATH = "/console/audit"
PAGE = 50
LARGEST_ID = 2**31 - 1


def add_audit_pages(site: Site) -> None:
    """``/console/audit``; the filters are those of ``GET /api/staff/audit``."""

    @site.page(PATH, Permission.READ_AUDIT)
    async def audit(request: Request, staff: Staff) -> HTTPResponse:
        chosen = {name: _asked(request, name) for name in ("username", "action", "conversation")}
        before = _asked(request, "before")
        from_ = int(before) if before.isascii() and before.isdigit() and int(before) <= LARGEST_ID else None
        found = await asyncio.to_thread(
            list_audit,
            site.database,
            chosen["username"] or None,
            chosen["action"] or None,
            chosen["conversation"] or None,
            from_,
            PAGE + 1,
        )
        people = {
            user.username: user.name
            for user in await asyncio.to_thread(list_users, site.database, clock.now())
        }
        content = await asyncio.to_thread(site.content.current)
        names = await asyncio.to_thread(AuditNames, site.database, content, found[:PAGE], people)
        older = {**chosen, "before": str(found[PAGE - 1].id)} if len(found) > PAGE else None
        return site.render(
            request,
            staff,
            "audit.html",
            lines=[_shown(line, people, names) for line in found[:PAGE]],
            people=people,
            groups=list(GROUPS.items()),
            chosen=chosen,
            is_filtered=any(chosen.values()),
            talk=names.conversation(chosen["conversation"] or None),
            is_first=from_ is None,
            newest=_address(chosen),
            older=_address(older) if older else None,
        )


def _shown(line: AuditLine, people: dict[str, str], names: AuditNames) -> dict[str, Any]:
    return {
        "at": line.at,
        "who": actor_words(line.username, people),
        "username": "" if line.username == SYSTEM else line.username,
        "action": action_words(line.action),
        "subject": names.subject(line),
        "conversation_id": line.conversation_id,
        "conversation": names.conversation(line.conversation_id),
        "details": _details(line, names),
        "address": line.address or "",
    }


def _details(line: AuditLine, names: AuditNames) -> str:
    group = line.action.partition(".")[0]
    if group == "dealership":
        return details_words(line.details, names.word, _setting_labels(line.subject or ""))
    labels = {"outage": {"resource": "停用的"}, "session": {"kind": "从"}}.get(group)
    return details_words(line.details, names.word, labels=labels)


def _setting_labels(subject: str) -> dict[str, str]:
    """What a form calls the fields of an entry; of several below one another the headings."""
    kind = subject.partition(":")[0]
    groups = [group for part in PARTS if part.kind == kind for group in part.groups]
    return {
        field.path: f"{group.title} {field.label}".strip() if group.title else field.label
        for group in groups
        for field in group.fields
    }


def _address(query: dict[str, str]) -> str:
    asked = urlencode({name: value for name, value in query.items() if value})
    return f"{PATH}?{asked}" if asked else PATH


def _asked(request: Request, name: str) -> str:
    text = str(request.args.get(name) or "").strip()[:120]
    return text if is_storable(text) else ""
