"""A password that somebody else made up has to be changed before the console can be used; tokens of scripts work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot import clock
from bot.api.gate import COOKIE
from bot.services.staff import SESSION, csrf_token, log_in
from tests.api.whole import Whole, whole
from tests.server import PASSWORD

LIN = {"username": "linxiao", "name": "林晓", "role": "consultant"}
OWN = "a-much-better-one"


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as running:
        yield running


async def hire(site: Whole, **more: Any) -> str:
    answer = await site.client.post("/api/staff/users", json={**LIN, **more}, headers=site.headers())
    assert answer.status_code == 200, answer.text
    return str(more.get("password") or answer.json()["password"])


def session(site: Whole, password: str, username: str = "linxiao") -> dict[str, str]:
    token = log_in(site.database, username, password, clock.now(), SESSION)
    return {"Cookie": f"{COOKIE}={token}", "X-CSRF-Token": csrf_token(token)}


async def leads_to(site: Whole, headers: dict[str, str], path: str = "/console") -> str | None:
    answer = await site.client.get(path, headers=headers, follow_redirects=False)
    assert answer.status_code in (200, 302), answer.text
    return answer.headers.get("location")


async def test_the_console_opens_once_the_password_is_changed(site: Whole) -> None:
    given = await hire(site)
    headers = session(site, given)
    for path in ("/console", "/console/customers", "/console/users"):
        assert await leads_to(site, headers, path) == "/console/me"
    page = await site.client.get("/console/me", headers=headers)
    assert "请先换成只有您自己知道的" in page.text
    refused = await site.client.get("/api/staff/conversations", headers=headers)
    assert refused.status_code == 403

    body = {"old": given, "new": OWN}
    changed = await site.client.post("/api/staff/me/password", json=body, headers=headers)
    assert changed.status_code == 200
    assert await leads_to(site, headers) is None
    assert "请先换成" not in (await site.client.get("/console/me", headers=headers)).text
    assert await leads_to(site, session(site, OWN)) is None


async def test_a_reset_password_has_to_be_changed_too(site: Whole) -> None:
    await hire(site, password=OWN)
    assert await leads_to(site, session(site, OWN)) is None
    answer = await site.client.post("/api/staff/users/linxiao/password", json={}, headers=site.headers())
    assert await leads_to(site, session(site, answer.json()["password"])) == "/console/me"


async def test_a_token_works_at_once(site: Whole) -> None:
    body = {"username": "linxiao", "password": await hire(site)}
    token = (await site.client.post("/api/staff/login", json=body)).json()["token"]
    answer = await site.client.get("/api/staff/conversations", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(("wanted", "location"), [(None, None), (False, None), (True, "/console/me")])
async def test_who_makes_accounts_by_script_decides(
    site: Whole, wanted: bool | None, location: str | None
) -> None:
    more = {} if wanted is None else {"must_change_password": wanted}
    await hire(site, password="given-by-a-script", **more)
    assert await leads_to(site, session(site, "given-by-a-script")) == location


async def test_the_administrator_of_the_settings_is_not_asked(site: Whole) -> None:
    assert await leads_to(site, session(site, PASSWORD, "admin")) is None


@pytest.mark.parametrize("username", [[None], {"a": 1}, 7, None, "", "林晓"])
async def test_what_is_no_username_is_named_beside_all_else_that_is_wrong(site: Whole, username: Any) -> None:
    body = {"username": username, "name": [], "role": "manager", "password": OWN}
    answer = await site.client.post("/api/staff/users", json=body, headers=site.headers())

    assert answer.status_code == 400, answer.text
    assert set(answer.json()["faults"]) == {"username", "name"}
