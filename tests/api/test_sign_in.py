"""Signing in to the console: the cookie, what guessing costs, and the headers of every page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from bot.api.gate import COOKIE
from bot.services.throttle import MOST_FAILURES, MOST_FAILURES_OF_A_NAME
from tests.api.whole import Whole, whole
from tests.server import PASSWORD

PAGES = (
    "/",
    "/console/login",
    "/console",
    "/console/me",
    "/console/users",
    "/console/faq",
    "/console/nowhere",
)


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path, ZHANTING_TRUSTED_PROXIES="1") as running:
        yield running


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Whole) -> None:
    [cookie] = cookies(await sign_in(site)).values()

    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/"
    assert not cookie["secure"]


async def test_behind_https_it_travels_over_tls_alone(tmp_path: Path) -> None:
    async with whole(tmp_path, ZHANTING_PUBLIC_URL="https://cars.example") as running:
        [cookie] = cookies(await sign_in(running)).values()

    assert cookie["secure"]


async def test_a_session_that_somebody_put_there_is_not_taken_over(site: Whole) -> None:
    planted = "x" * 43
    answer = await sign_in(site, cookie=planted)
    token = cookies(answer)[COOKIE].value
    again = cookies(await sign_in(site, cookie=token))[COOKIE].value

    assert len({planted, token, again}) == 3
    assert (
        await site.client.get("/console/me", headers={"Cookie": f"{COOKIE}={planted}"})
    ).status_code == 302


async def test_signing_out_ends_the_session_on_the_server(site: Whole) -> None:
    headers = site.session()
    before = await site.client.get("/console/me", headers=headers)
    out = await site.client.post("/api/staff/logout", headers=headers)
    after = await site.client.get("/console/me", headers=headers)

    assert (before.status_code, out.status_code, after.status_code) == (200, 200, 302)


async def test_another_sites_form_signs_nobody_in(site: Whole) -> None:
    assert (await sign_in(site, origin="https://evil.example")).status_code == 403


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/elsewhere"],
)
async def test_nobody_is_sent_elsewhere_after_signing_in(site: Whole, wanted: str) -> None:
    answer = await sign_in(site, next_=wanted)

    assert (answer.status_code, answer.headers["location"]) == (302, "/console")


async def test_guessing_from_one_address_ends_soon(site: Whole) -> None:
    wrong = [await sign_in(site, password="wrong", said="203.0.113.1") for _ in range(MOST_FAILURES + 1)]
    right = await sign_in(site, said="203.0.113.1")
    elsewhere = await sign_in(site, said="203.0.113.2")

    assert [answer.status_code for answer in wrong] == [401] * MOST_FAILURES + [429]
    assert right.status_code == 429
    assert elsewhere.status_code == 302


async def test_guessing_at_one_name_from_many_addresses_ends_too(site: Whole) -> None:
    """Whoever has signed in from their address before is not locked out by strangers."""
    at_home = await sign_in(site, said="203.0.113.200")
    for number in range(MOST_FAILURES_OF_A_NAME):
        await api_login(site, "wrong", f"198.51.100.{number}")
    stranger = await api_login(site, PASSWORD, "198.51.100.250")
    again = await sign_in(site, said="203.0.113.200")

    assert (at_home.status_code, stranger.status_code, again.status_code) == (302, 429, 302)


async def test_every_page_forbids_foreign_scripts(site: Whole) -> None:
    for path in PAGES:
        answer = await site.client.get(path, headers=site.session(), follow_redirects=True)
        policy = answer.headers.get("content-security-policy", "")
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["referrer-policy"], path
        if answer.headers["content-type"].startswith("text/html"):
            assert "unsafe" not in policy, path
            assert "default-src" in policy, path
            assert "frame-ancestors" in policy, path


async def test_two_pages_have_two_nonces(site: Whole) -> None:
    policies = {
        (await site.client.get("/console/login")).headers["content-security-policy"] for _ in range(3)
    }

    assert len(policies) == 3


async def sign_in(
    site: Whole,
    password: str = PASSWORD,
    said: str = "203.0.113.5",
    cookie: str = "",
    origin: str = "",
    next_: str = "",
) -> httpx.Response:
    headers = {"X-Forwarded-For": said}
    headers |= {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
    headers |= {"Origin": origin} if origin else {}
    form = {"username": "admin", "password": password, "next": next_}
    answer = await site.client.post("/console/login", data=form, headers=headers)
    site.client.cookies.clear()
    return answer


async def api_login(site: Whole, password: str, said: str) -> httpx.Response:
    body = {"username": "admin", "password": password}
    return await site.client.post("/api/staff/login", json=body, headers={"X-Forwarded-For": said})


def cookies(answer: httpx.Response) -> SimpleCookie:
    assert answer.status_code == 302, answer.text
    return SimpleCookie(answer.headers["set-cookie"])
