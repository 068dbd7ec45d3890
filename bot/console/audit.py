"""The audit log as a page: who read or changed what."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from sanic.request import Request
from sanic.response import HTTPResponse

from bot import clock
from bot.console.site import Site, in_thread
from bot.domain.staff import Permission
from bot.services.audit import AuditLine, list_audit
from bot.services.audit_words import GROUPS, action_words, actor_words, details_words, subject_words
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
        found = await in_thread(
            list_audit,
            site.database,
            chosen["username"] or None,
            chosen["action"] or None,
            chosen["conversation"] or None,
            from_,
            PAGE + 1,
        )
        people = {
            user.username: user.name for user in await in_thread(list_users, site.database, clock.now())
        }
        older = {**chosen, "before": str(found[PAGE - 1].id)} if len(found) > PAGE else None
        return site.render(
            request,
            staff,
            "audit.html",
            lines=[_shown(line, people) for line in found[:PAGE]],
            people=people,
            groups=list(GROUPS.items()),
            chosen=chosen,
            is_filtered=any(chosen.values()),
            is_first=from_ is None,
            newest=_address(chosen),
            older=_address(older) if older else None,
        )


def _shown(line: AuditLine, people: dict[str, str]) -> dict[str, Any]:
    return {
        "at": line.at,
        "who": actor_words(line.username, people),
        "username": line.username,
        "action": action_words(line.action),
        "subject": subject_words(line),
        "conversation_id": line.conversation_id,
        "details": details_words(line.details),
        "address": line.address or "",
    }


def _address(query: dict[str, str]) -> str:
    asked = urlencode({name: value for name, value in query.items() if value})
    return f"{PATH}?{asked}" if asked else PATH


def _asked(request: Request, name: str) -> str:
    text = str(request.args.get(name) or "").strip()[:120]
    return text if is_storable(text) else ""
