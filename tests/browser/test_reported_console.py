"""What testers could not do in the workplace: book inside a conversation, read a number, find what is new."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console import StaffApi, sign_in
from tests.browser.desk import Desk
from tests.browser.test_board import a_phone, pick


@pytest.fixture(scope="module")
def staff(server_url: str) -> StaffApi:
    return StaffApi(server_url)


def taken(staff: StaffApi) -> tuple[str, str]:
    """A customer of the REST channel whose conversation the administrator has: sender and conversation."""
    sender = f"desk-{secrets.token_hex(4)}"
    staff.says(sender, "你好")
    [id_] = [row["id"] for row in staff.get("conversations") if row["sender"] == sender]
    staff.post(f"conversations/{id_}/take")
    return sender, str(id_)


def test_a_number_from_the_conversation_is_read_adopted_and_booked_with(
    page: Page, server_url: str, staff: StaffApi
) -> None:
    sender, id_ = taken(staff)
    phone, card = a_phone(), page.locator("#card")
    masked = f"{phone[:3]}****{phone[-4:]}"
    sign_in(page, server_url, f"/console/conversations/{id_}")
    expect(card).to_contain_text("还不知道是谁")
    card.get_by_role("button", name="填写电话").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("手机号").fill("1234567")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog.get_by_role("alert")).to_contain_text("手机号不对：要 11 位")
    dialog.get_by_role("button", name="不了").click()

    staff.says(sender, f"我的手机是 {phone}")
    expect(card).to_contain_text("客户在对话里写的，请核对")
    line = page.locator(".message.customer").last
    expect(line).to_contain_text(masked)
    line.get_by_role("button", name="显示号码").click()
    expect(line).to_contain_text(phone)
    card.get_by_role("button", name="认作客户").click()
    expect(card.get_by_role("button", name="认作客户")).to_have_count(0)
    expect(card).to_contain_text(masked)

    card.get_by_role("button", name="新预约").click()
    dialog.locator("[name=model]").select_option("e5")
    dialog.get_by_label("姓名").fill("钱多多")
    pick(page, "2026-11-25", "16:00")
    dialog.get_by_role("button", name="预约", exact=True).click()
    expect(card).to_contain_text("周三 11月25日 16:00")
    card.get_by_role("button", name="改期").click()
    pick(page, "2026-11-25", "10:00")
    page.get_by_role("button", name="改到这个时间").click()
    expect(card).to_contain_text("周三 11月25日 10:00")
    assert [row["model"] for row in staff.get("appointments", phone=phone)] == ["e5"]


def test_what_a_colleague_passes_on_is_marked_until_it_is_opened(
    page: Page, server_url: str, staff: StaffApi
) -> None:
    sender, id_ = taken(staff)
    staff.says(sender, "在吗")
    username, password = staff.hire("consultant", name="林晓")
    desk = Desk(page, server_url).sign_in(username, password)
    desk.be("在线")
    page.locator("#find").click()  # a page may make sounds once it was touched
    desk.scope("我的")  # else the page shows those who wait, if another test left some
    staff.post(f"conversations/{id_}/transfer", username=username, note="客户要看 X5")
    line = desk.line(id_)
    expect(line.locator(".unread")).to_be_visible()
    expect(line).to_contain_text("待回复")
    page.wait_for_function("document.title.startsWith('(')")
    page.wait_for_function("Number(document.documentElement.dataset.rang ?? 0) > 0")

    line.click()
    expect(desk.log).to_contain_text("客户要看 X5")
    expect(line.locator(".unread")).to_have_count(0)
    expect(line).to_contain_text("待回复")
    desk.say("在的")
    expect(line).not_to_contain_text("待回复")
    desk.button("交回机器人").click()
    page.get_by_role("dialog").get_by_role("button", name="交回", exact=True).click()
    desk.scope("已结束")
    expect(line).to_contain_text("机器人接待中")
    desk.be("离线")  # nobody is given the conversations of other tests


def test_red_notices_go_once_they_are_no_longer_true(page: Page, server_url: str, staff: StaffApi) -> None:
    (_, first), (_, second) = taken(staff), taken(staff)
    username, password = staff.hire("manager", name="王经理")
    desk = Desk(page, server_url).sign_in(username, password)
    notices = page.locator("#toasts .problem")
    desk.open(first)
    page.route("**/api/staff/colleagues", lambda route: route.abort())
    for _ in range(2):
        desk.button("转接").click()
        expect(desk.button("转接")).to_be_enabled()
    expect(notices).to_have_count(1)
    desk.scope("全部")
    desk.line(second).click()
    expect(notices).to_have_count(0)

    desk.button("转接").click()
    expect(notices).to_have_count(1)
    page.context.set_offline(True)
    expect(desk.banner).to_have_text("已断开，正在重连…")
    page.context.set_offline(False)
    expect(notices).to_have_count(0)


def test_an_editor_lands_on_a_page_of_their_own(page: Page, server_url: str, staff: StaffApi) -> None:
    sign_in(page, server_url, "/console", *staff.hire("content_editor"))
    assert page.url == f"{server_url}/console/faq"

    page.goto(f"{server_url}/console/me")
    page.locator(".brand").click()
    page.wait_for_url("**/console/faq")


def test_who_was_faster_is_named_where_the_reader_looks(
    page: Page, browser: Browser, server_url: str, staff: StaffApi
) -> None:
    sign_in(page, server_url, "/console/settings")
    other = browser.new_context(locale="zh-CN").new_page()
    sign_in(other, server_url, "/console/settings")
    for each, words in ((other, "别人写的"), (page, "我写的")):
        each.get_by_label("停车").fill(f"{words} {secrets.token_hex(2)} 号停车场。")
        each.get_by_role("button", name="保存").first.click()
        if each is other:
            expect(each.get_by_text("已保存，马上生效")).to_be_visible()
    told = page.get_by_role("alert").filter(has_text="没有保存：管理员 在")
    expect(told).to_be_in_viewport()
    expect(told).to_be_focused()
    other.context.close()
    page.evaluate(
        "document.querySelectorAll('form[data-changed]').forEach((form) => delete form.dataset.changed)"
    )
