"""Every route of the staff API and the console, as every role and as nobody. A route without a line here fails."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot import clock
from bot.api.gate import COOKIE
from bot.domain.staff import Role
from bot.services.credentials import token_hash
from bot.services.staff import csrf_token
from bot.store.staff_tables import AccessToken
from tests.api.whole import Whole, whole

pytestmark = pytest.mark.asyncio(loop_scope="module")
FRONT = {Role.CONSULTANT, Role.SERVICE_ADVISER, Role.MANAGER, Role.ADMINISTRATOR}
WORKSHOP = {Role.SERVICE_ADVISER, Role.MANAGER, Role.ADMINISTRATOR}
LEADERS = {Role.MANAGER, Role.ADMINISTRATOR}
EDITORS = {Role.CONTENT_EDITOR, Role.MANAGER, Role.ADMINISTRATOR}
CHIEF = {Role.ADMINISTRATOR}
EVERYBODY = set(Role)
GONE = "switched-off"

OPEN = """
GET  /api/openapi.json
POST /api/staff/login
GET  /console/login
POST /console/login
GET  /console/static/{}
HEAD /console/static/{}
"""
TABLE: tuple[tuple[set[Role], str], ...] = (
    (
        EVERYBODY,
        """
GET    /console
GET    /api/staff/{}
POST   /api/staff/{}
PUT    /api/staff/{}
DELETE /api/staff/{}
PATCH  /api/staff/{}
GET    /api/staff/catalogue
GET    /api/staff/me
POST   /api/staff/me/password
POST   /api/staff/me/sign-out-everywhere
POST   /api/staff/logout
GET    /console/me
""",
    ),
    (
        EVERYBODY,  # a draft is everybody's to write; who may approve decides what it becomes
        """
GET  /api/staff/faq/search
GET  /api/staff/faq/{}
PUT  /api/staff/faq/{}
GET  /api/staff/faq/{}/history
POST /api/staff/faq/{}/preview
POST /api/staff/faq/{}/rollback
GET  /api/staff/templates/search
GET  /api/staff/templates/{}
PUT  /api/staff/templates/{}
GET  /api/staff/templates/{}/history
POST /api/staff/templates/{}/preview
POST /api/staff/templates/{}/rollback
GET  /api/staff/standard-replies/search
GET  /api/staff/standard-replies/{}
PUT  /api/staff/standard-replies/{}
GET  /api/staff/standard-replies/{}/history
POST /api/staff/standard-replies/{}/preview
POST /api/staff/standard-replies/{}/rollback
GET  /api/staff/unanswered
POST /api/staff/unanswered/{}/resolve
POST /api/staff/understand
GET  /console/faq
GET  /console/faq/new
GET  /console/faq/{}
GET  /console/templates
GET  /console/templates/{}
GET  /console/standard-replies
GET  /console/standard-replies/new
GET  /console/standard-replies/{}
GET  /console/try
GET  /console/unanswered
""",
    ),
    (
        FRONT,
        """
GET    /api/staff/conversations
GET    /api/staff/conversations/{}
GET    /api/staff/conversations/{}/messages
GET    /api/staff/conversations/{}/transcript
POST   /api/staff/conversations/{}/take
POST   /api/staff/conversations/{}/reply
POST   /api/staff/conversations/{}/note
POST   /api/staff/conversations/{}/transfer
POST   /api/staff/conversations/{}/release
POST   /api/staff/conversations/{}/close
POST   /api/staff/conversations/{}/typing
POST   /api/staff/conversations/{}/seen
GET    /api/staff/conversations/{}/card
PUT    /api/staff/conversations/{}/customer
POST   /api/staff/conversations/{}/reveal
POST   /api/staff/conversations/{}/messages/{}/reveal
GET    /api/staff/queue
POST   /api/staff/presence
GET    /api/staff/desk
GET    /api/staff/colleagues
GET    /api/staff/standard-replies
GET    /api/staff/stream
POST   /api/staff/uploads
GET    /api/staff/customers
GET    /api/staff/customers/{}
PATCH  /api/staff/customers/{}
POST   /api/staff/customers/{}/reveal
POST   /api/staff/customers/{}/wechat-code
PUT    /api/staff/customers/{}/vehicles/{}
DELETE /api/staff/customers/{}/vehicles/{}
GET    /api/staff/leads
POST   /api/staff/leads
PATCH  /api/staff/leads/{}
POST   /api/staff/leads/{}/reveal
GET    /api/staff/cases
POST   /api/staff/cases/{}/assign
POST   /api/staff/cases/{}/close
POST   /api/staff/cases/{}/progress
GET    /api/staff/events
GET    /api/staff/events/{}/signups
GET    /api/staff/events/{}/signups.csv
POST   /api/staff/events/{}/signups
POST   /api/staff/event-signups/{}/people
POST   /api/staff/event-signups/{}/cancel
POST   /api/staff/event-signups/{}/attendance
POST   /api/staff/event-signups/{}/reveal
GET    /api/staff/tasks
POST   /api/staff/tasks/{}/assign
POST   /api/staff/tasks/{}/end
POST   /api/staff/tasks/{}/reveal
POST   /api/staff/cases/{}/reveal
GET    /api/staff/appointments
POST   /api/staff/appointments
GET    /api/staff/appointments/{}
PATCH  /api/staff/appointments/{}
POST   /api/staff/appointments/{}/approve
POST   /api/staff/appointments/{}/cancel
POST   /api/staff/appointments/{}/check-in
POST   /api/staff/appointments/{}/complete
POST   /api/staff/appointments/{}/move
POST   /api/staff/appointments/{}/no-show
POST   /api/staff/appointments/{}/reveal
GET    /api/staff/slots
GET    /api/staff/resources
GET    /api/staff/waitlist
POST   /api/staff/waitlist
DELETE /api/staff/waitlist/{}
POST   /api/staff/waitlist/{}/reveal
GET    /api/staff/outages
GET    /console/conversations/{}
GET    /console/conversations/{}/card
GET    /console/appointments
GET    /console/customers
GET    /console/customers/{}
GET    /console/customers/{}/card
GET    /console/leads
GET    /console/cases
GET    /console/tasks
GET    /console/events
""",
    ),
    (
        EDITORS,
        """
POST /api/staff/faq/{}/approve
POST /api/staff/faq/{}/restore
POST /api/staff/faq/{}/retire
POST /api/staff/templates/{}/approve
POST /api/staff/templates/{}/restore
POST /api/staff/templates/{}/retire
POST /api/staff/standard-replies/{}/approve
POST /api/staff/standard-replies/{}/restore
POST /api/staff/standard-replies/{}/retire
""",
    ),
    (
        WORKSHOP,
        """
POST   /api/staff/outages
DELETE /api/staff/outages/{}
POST   /api/staff/resources/{}/feed
""",
    ),
    (
        LEADERS,
        """
GET    /api/staff/audit
GET    /api/staff/indicators
GET    /api/staff/indicators/csv
GET    /api/staff/indicators/{}/rows
PUT    /api/staff/indicators/{}/entries
GET    /console/indicators
GET    /console/indicators/report
GET    /console/indicators/{}
POST   /api/staff/customers/import
GET    /api/staff/customers/{}/copy
POST   /api/staff/customers/{}/erase
GET    /api/staff/outbox
POST   /api/staff/outbox/{}/retry
GET    /api/staff/dealership
PUT    /api/staff/dealership/{}
DELETE /api/staff/dealership/{}
GET    /api/staff/dealership/{}/history
POST   /api/staff/dealership/{}/rollback
GET    /console/audit
GET    /console/outbox
GET    /console/settings
GET    /console/settings/{}
""",
    ),
    (
        CHIEF,
        """
GET   /api/staff/users
POST  /api/staff/users
PATCH /api/staff/users/{}
POST  /api/staff/users/{}/password
GET   /console/users
""",
    ),
)


def lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        if line.strip():
            method, path = line.split()
            yield method, path


WHO = {route: roles for roles, text in TABLE for route in lines(text)}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def staffed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Whole]:
    async with whole(tmp_path_factory.mktemp("roles")) as running:
        for role in Role:
            running.add_user(role)
        running.add_user(Role.ADMINISTRATOR, GONE)
        await running.send("PATCH", f"users/{GONE}", active=False)
        yield running


async def test_every_route_has_its_line(staffed: Whole) -> None:
    found = {
        (method, re.sub("<[^>]+>", "{}", "/" + route.path.lstrip("/")))
        for group in staffed.app.router.groups.values()
        for route in group.routes
        for method in route.methods
    }
    guarded = {route for route in found if route[1].startswith(("/api/", "/console"))}

    assert guarded - set(lines(OPEN)) == set(WHO)


@pytest.mark.parametrize("role", [Role.CONTENT_EDITOR, Role.ADMINISTRATOR])
async def test_a_token_opens_what_its_role_may(staffed: Whole, role: Role) -> None:
    wrong = {}
    for (method, path), roles in WHO.items():
        if path.startswith("/console"):
            continue
        status = await knock(staffed, method, path, bearer(staffed, f"test.{role.value}"))
        if not fits(status, role in roles):
            wrong[method, path] = status

    assert wrong == {}


@pytest.mark.parametrize("role", list(Role))
async def test_a_session_opens_what_its_role_may(staffed: Whole, role: Role) -> None:
    wrong = {}
    for (method, path), roles in WHO.items():
        status = await knock(staffed, method, path, cookie(staffed, f"test.{role.value}"))
        if not fits(status, role in roles):
            wrong[method, path] = status

    assert wrong == {}


async def test_nobody_gets_in(staffed: Whole) -> None:
    for method, path in WHO:
        status = await knock(staffed, method, path, {})
        assert status == (302 if path.startswith("/console") else 401), (method, path)


@pytest.mark.parametrize("way", ["token", "session"])
async def test_neither_does_somebody_switched_off(staffed: Whole, way: str) -> None:
    for method, path in WHO:
        headers = bearer(staffed, GONE) if way == "token" else cookie(staffed, GONE)
        status = await knock(staffed, method, path, headers)
        assert status == (302 if path.startswith("/console") else 401), (method, path)


@pytest.mark.parametrize("forged", [None, "of another session"])
async def test_a_session_changes_nothing_without_its_pages_token(staffed: Whole, forged: str | None) -> None:
    other = cookie(staffed, "test.manager")["X-CSRF-Token"]
    for method, path in WHO:
        headers = cookie(staffed, "test.administrator")
        own = headers.pop("X-CSRF-Token")
        if forged:
            headers["X-CSRF-Token"] = other
        if method != "GET":
            assert await knock(staffed, method, path, headers) == 403, (method, path)
        assert own != other


async def test_a_token_of_one_kind_is_none_of_the_other(staffed: Whole) -> None:
    """The console's cookie is no API token, and an API token in the cookie is no session."""
    as_token = bearer(staffed, "test.administrator", kind="session")
    as_cookie = cookie(staffed, "test.administrator", kind="token")

    assert await knock(staffed, "GET", "/api/staff/me", as_token) == 401
    assert await knock(staffed, "GET", "/api/staff/me", as_cookie) == 401
    assert await knock(staffed, "GET", "/console/me", as_cookie) == 302


async def test_an_expired_token_is_none(staffed: Whole) -> None:
    assert await knock(staffed, "GET", "/api/staff/me", bearer(staffed, "test.manager", hours=-1)) == 401


def fits(status: int, allowed: bool) -> bool:
    """With made-up ids and an empty body: found, not found, not acceptable or in conflict, but let in."""
    return (
        status not in (401, 403) and (status < 400 or status in (400, 404, 409, 415))
        if allowed
        else status == 403
    )


async def knock(staffed: Whole, method: str, path: str, headers: dict[str, str]) -> int:
    """The status of a call with ids that lead nowhere; of a stream no more than that is read."""
    address = re.sub(r"/\{\}", "/0", path)
    body = {} if method == "GET" else {"json": {}}
    async with staffed.client.stream(method, address, headers=headers, **body) as answer:  # type: ignore[arg-type]
        return answer.status_code


def bearer(staffed: Whole, username: str, kind: str = "token", hours: int = 1) -> dict[str, str]:
    return {"Authorization": f"Bearer {new_token(staffed, username, kind, hours)}"}


def cookie(staffed: Whole, username: str, kind: str = "session") -> dict[str, str]:
    token = new_token(staffed, username, kind)
    return {"Cookie": f"{COOKIE}={token}", "X-CSRF-Token": csrf_token(token)}


def new_token(staffed: Whole, username: str, kind: str, hours: int = 1) -> str:
    """A fresh one for each call: some calls end the session. Without a password, which takes its time to check."""
    token = secrets.token_urlsafe(32)
    row = AccessToken(
        token_hash=token_hash(token),
        username=username,
        kind=kind,
        expires_at=clock.now() + timedelta(hours=hours),
    )
    with staffed.database.transaction() as session:
        session.add(row)
    return token
