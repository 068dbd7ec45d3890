"""Every page of the console says that somebody is there; what was said wrongly on the board, and dead buttons."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.console import StaffApi, sign_in
from tests.browser.desk import Desk, conversation_of

QUICK = "setInterval(() => postMessage('beat'), 300);"


@pytest.fixture(scope="module")
def staff(server_url: str) -> StaffApi:
    return StaffApi(server_url)


def hurry(route: Route) -> None:
    """The worker of the heartbeat ticks faster than 20 s."""
    route.fulfill(body=QUICK, content_type="text/javascript")


@pytest.mark.parametrize("path", ["/console/appointments", "/console/customers", "/console/me"])
def test_a_page_beats_while_it_is_open(page: Page, server_url: str, staff: StaffApi, path: str) -> None:
    beats: list[str] = []
    page.route("**/console/static/heartbeat.js", hurry)
    page.on(
        "request", lambda sent: beats.append(sent.post_data or "") if "/staff/presence" in sent.url else None
    )
    sign_in(page, server_url, path, *staff.hire("consultant"))
    page.wait_for_function("() => !document.getElementById('presence').disabled")
    expect(page.get_by_label("我的状态")).to_have_value("offline")
    page.wait_for_timeout(1500)
    assert len(beats) >= 3
    assert set(beats) == {"{}"}


def test_the_bar_says_what_waits_and_takes_a_choice(
    page: Page, browser: Browser, server_url: str, staff: StaffApi
) -> None:
    staff.says("waits-for-the-bar", "我要找人工顾问")
    sign_in(page, server_url, "/console/customers", *staff.hire("consultant"))
    badge = page.locator("[data-work]")
    expect(badge).to_have_text(str(len(staff.get("queue"))))
    expect(page).to_have_title(re.compile(rf"^\({badge.inner_text()}\) 客户 · "))
    with page.expect_response("**/api/staff/presence") as answered:
        page.get_by_label("我的状态").select_option(label="离开")
    assert answered.value.json()["presence"] == "away"
    page.reload()
    expect(page.get_by_label("我的状态")).to_have_value("away")


def test_who_does_not_converse_has_no_presence(page: Page, server_url: str, staff: StaffApi) -> None:
    username, password = staff.hire("content_editor", name="编辑小何")
    sign_in(page, server_url, "/console/users")
    line = page.locator(f'[data-username="{username}"]')
    expect(line).to_contain_text("编辑小何")
    expect(line).not_to_contain_text("对话")
    expect(line).not_to_contain_text("离线")
    expect(page.locator('[data-username="admin"]')).to_contain_text("对话 ")
    page.context.clear_cookies()
    sign_in(page, server_url, "/console/faq", username, password)
    expect(page.get_by_label("我的状态")).to_have_count(0)


def test_the_queues_buttons_are_over_once_somebody_has_come(
    chat: Chat, browser: Browser, server_url: str, staff: StaffApi
) -> None:
    chat.open()
    chat.ask("我想找人工顾问")
    chat.ask("在吗")
    back = chat.page.get_by_role("button", name="返回机器人")
    expect(back.last).to_be_enabled()
    context = browser.new_context(locale="zh-CN")
    desk = Desk(context.new_page(), server_url).sign_in(*staff.hire("consultant"))
    desk.open(conversation_of(chat.page))
    desk.take()
    expect(back.last).to_be_disabled()
    context.close()


def test_who_cannot_be_told_is_to_be_called(page: Page, server_url: str, staff: StaffApi) -> None:
    wish = {"kind": "service", "store": "east", "model": "x5", "items": ["regular_service"]}
    phone = f"139{secrets.randbelow(10**8):08}"
    visit = staff.post("appointments", start="2026-11-27T10:00:00+08:00", name="冯女士", phone=phone, **wish)
    sign_in(page, server_url, "/console/me")
    page.goto(f"{server_url}/console/appointments?store=east&day=2026-11-27")
    page.locator(f'#board [data-visit="{visit["id"]}"]').first.click()
    page.get_by_role("dialog").get_by_role("button", name="取消预约").click()
    asked = page.get_by_role("dialog").last
    expect(asked).to_contain_text("请打电话告知")
    expect(asked).not_to_contain_text("客户会收到通知")
    asked.get_by_role("button", name="取消预约").click()
    expect(page.locator("#toasts")).to_contain_text("已取消，请打电话告知冯女士")
