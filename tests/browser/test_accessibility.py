"""axe-core finds nothing serious in the widget and in any page of the console, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.axe import grave_issues
from tests.browser.chat import Chat
from tests.browser.console import StaffApi, sign_in

PAGES = (
    "/console",
    "/console/conversations/{conversation}",
    "/console/appointments",
    "/console/customers",
    "/console/customers/{customer}",
    "/console/leads",
    "/console/cases",
    "/console/tasks",
    "/console/events",
    "/console/indicators",
    "/console/indicators/report",
    "/console/indicators/nps",
    "/console/indicators/trainings",
    "/console/faq",
    "/console/faq/new",
    "/console/faq/store.hours",
    "/console/templates",
    "/console/templates/utter_greet",
    "/console/standard-replies",
    "/console/standard-replies/new",
    "/console/standard-replies/standard.greeting",
    "/console/try",
    "/console/unanswered",
    "/console/users",
    "/console/me",
    "/console/audit",
    "/console/outbox",
    "/console/settings",
    "/console/settings/profile",
    "/console/faq/no.such.entry",
)
LOOKS = {"light": ("light", 1280), "dark": ("dark", 1280), "phone": ("light", 390)}


@pytest.fixture(scope="module", params=LOOKS)
def look(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    scheme, width = LOOKS[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": 860}, locale="zh-CN", color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def ids(server_url: str) -> dict[str, str]:
    """A customer who booked, complained and waits for a person."""
    api = StaffApi(server_url)
    api.says("axe", "我要投诉，电话13800002222，工号3的态度很差")
    api.says("axe", "转人工")
    conversation = next(row["id"] for row in api.get("conversations") if row["sender"] == "axe")
    return {"conversation": conversation, "customer": api.get("customers")[0]["id"]}


@pytest.fixture(scope="module")
def signed_in(look: BrowserContext, server_url: str) -> Page:
    page = look.new_page()
    sign_in(page, server_url, "/console/me")
    return page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_console(signed_in: Page, server_url: str, ids: dict[str, str], path: str) -> None:
    signed_in.goto(server_url + path.format(**ids))
    signed_in.locator("main").wait_for()
    signed_in.wait_for_load_state("load")
    signed_in.wait_for_timeout(300)  # what the page fetches for itself

    assert grave_issues(signed_in) == []


def test_signing_in(look: BrowserContext, server_url: str) -> None:
    page = look.new_page()
    page.context.clear_cookies()
    page.goto(f"{server_url}/console/login")
    page.get_by_label("用户名").fill("nobody")
    page.get_by_label("密码").fill("wrong-password")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("alert").wait_for()

    assert grave_issues(page) == []
    page.close()


def test_the_chat(look: BrowserContext, server_url: str) -> None:
    page = look.new_page()
    page.goto(server_url)
    chat = Chat(page)
    closed = grave_issues(page)
    chat.launcher.click()
    chat.input.wait_for()
    empty = grave_issues(page)
    chat.say("我想试驾")
    chat.wait_for_answer()
    talking = grave_issues(page)

    assert (closed, empty, talking) == ([], [], [])
    page.close()


def test_what_is_serious_is_found(look: BrowserContext) -> None:
    """The control: without it, a page that axe cannot look into would pass."""
    page = look.new_page()
    page.set_content('<main><button></button><p style="color:#999;background:#fff">浅灰</p></main>')
    found = [issue.split()[0] for issue in grave_issues(page)]

    assert {"button-name", "color-contrast"} <= set(found)
    page.close()
