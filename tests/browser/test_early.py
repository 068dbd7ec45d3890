"""On a slow line somebody clicks before the page's scripts are there: it is done once, as soon as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.console import StaffApi, sign_in


@contextmanager
def _late(page: Page, script: str) -> Iterator[None]:
    """Inside, the script is asked for and does not come."""
    asked: list[Route] = []
    page.route(f"**/{script}", lambda route: asked.append(route))  # Playwright marks what it is given
    yield
    while not asked:
        page.wait_for_timeout(20)
    for route in asked:
        route.continue_()
    page.unroute(f"**/{script}")


def test_a_button_of_the_console(page: Page, server_url: str) -> None:
    sign_in(page, server_url, "/console/me")
    with _late(page, "events.js"):
        page.goto(f"{server_url}/console/events", wait_until="commit")
        button = page.get_by_role("button", name="登记报名")
        button.click()
        button.click()
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.get_by_role("dialog").get_by_label("手机号").fill("13800009999")


def test_passwords_are_never_part_of_an_address(page: Page, server_url: str) -> None:
    addresses: list[str] = []
    page.on("request", lambda sent: addresses.append(sent.url))
    sign_in(page, server_url, "/console/tasks", *StaffApi(server_url).hire("consultant"))
    with _late(page, "me.js"):
        page.goto(f"{server_url}/console/me", wait_until="commit")
        for field, text in {
            "old": "not-my-password-1",
            "new": "another-password-1",
            "again": "other-password-1",
        }.items():
            page.locator(f"[name={field}]").fill(text)
        page.get_by_role("button", name="修改密码").click()
    expect(page.locator("[data-fault=again]")).to_have_text("两次输入的新密码不一样")
    assert not any("password-" in address for address in addresses)


def test_what_is_written_counts_as_a_change(page: Page, server_url: str) -> None:
    sign_in(page, server_url, "/console/me")
    with _late(page, "settings.js"):
        page.goto(f"{server_url}/console/settings", wait_until="commit")
        form = page.locator("form[data-entry]").first
        form.locator("input:not([type=checkbox]):visible").first.press_sequentially("1")
    expect(form).to_have_attribute("data-changed", "yes")


@pytest.mark.parametrize("name", ["预约试驾", "预约保养"])
def test_a_button_of_the_dealers_page(page: Page, server_url: str, name: str) -> None:
    with _late(page, "zhanting-chat.js"):
        page.goto(server_url, wait_until="commit")
        page.get_by_role("button", name=name, exact=True).first.click()
    chat = Chat(page)
    expect(chat.panel).to_be_visible()
    expect(chat.from_customer).to_have_text([f"我想{name.replace('预约试驾', '试驾')}"])
