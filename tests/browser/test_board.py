"""The board of appointments, the customer's card, leads and cases, in a real browser."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.console import StaffApi, sign_in

TODAY = "2026-11-22"
NARROW = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def staff(server_url: str) -> StaffApi:
    return StaffApi(server_url)


def a_phone() -> str:
    return f"139{secrets.randbelow(10**8):08}"


def opens(page: Page, url: str, path: str) -> None:
    sign_in(page, url, "/console/me")
    page.goto(url + path)


def service(staff: StaffApi, name: str, start: str, **more: Any) -> Any:
    wish = {"kind": "service", "store": "east", "model": "x5", "items": ["regular_service"], **more}
    return staff.post("appointments", start=start, name=name, phone=a_phone(), **wish)


def on_board(page: Page, visit: Any) -> Locator:
    return page.locator(f'#board [data-visit="{visit["id"]}"]').first


def pick(page: Page, day: str, clock: str) -> None:
    """Choose a free time in the open dialog."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("日期").fill(day)
    slot = dialog.get_by_role("button", name=clock).first
    slot.click()
    expect(slot).to_have_attribute("aria-pressed", "true")


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_visit_is_booked_moved_and_cancelled(page: Page, server_url: str, staff: StaffApi) -> None:
    phone = a_phone()
    opens(page, server_url, f"/console/appointments?store=east&day={TODAY}")
    expect(page.locator("#board-state")).to_contain_text("城东店")
    page.get_by_role("button", name="新预约").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=model]").select_option("s3")
    dialog.get_by_role("button", name="预约", exact=True).click()
    expect(dialog).to_be_visible()  # name and number are missing
    dialog.get_by_label("姓名").fill("钱多多")
    dialog.get_by_label("手机号").fill(phone)
    pick(page, "2026-11-26", "10:30")
    dialog.get_by_role("button", name="预约", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("已预约 周四 11月26日 10:30")
    [visit] = staff.get("appointments", phone=phone)
    expect(on_board(page, visit)).to_contain_text("钱多多")

    on_board(page, visit).click()
    dialog.get_by_role("button", name="改期").click()
    pick(page, "2026-11-26", "15:00")
    page.get_by_role("button", name="改到这个时间").click()
    expect(on_board(page, visit)).to_contain_text("15:00")
    assert staff.get("appointments", phone=phone)[0]["start"] == "2026-11-26T15:00:00+08:00"

    on_board(page, visit).click()
    dialog.get_by_role("button", name="取消预约").click()
    page.get_by_role("dialog", name="取消这个预约？").get_by_role("button", name="取消预约").click()
    expect(on_board(page, visit)).to_have_count(0)
    page.get_by_label("显示已取消").check()
    expect(on_board(page, visit)).to_be_visible()


def test_a_customer_comes_and_is_done(page: Page, server_url: str, staff: StaffApi) -> None:
    visit = service(staff, "孙来到", f"{TODAY}T11:00")
    too_early = service(staff, "周还早", f"{TODAY}T15:00")
    opens(page, server_url, f"/console/appointments?store=east&day={TODAY}")
    on_board(page, visit).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("139****")
    assert visit["phone"] not in page.content()
    dialog.get_by_role("button", name="显示号码").click()
    expect(dialog.get_by_role("link", name=visit["phone"])).to_be_visible()
    dialog.get_by_role("button", name="到店", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    on_board(page, visit).click()
    expect(dialog).to_contain_text("已到店")
    dialog.get_by_role("button", name="完成", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("已登记完成")

    on_board(page, too_early).click()
    dialog.get_by_role("button", name="到店", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("离预约时间还早")


def test_a_resource_drops_out_and_comes_back(page: Page, server_url: str, staff: StaffApi) -> None:
    wish = {"kind": "test_drive", "store": "east", "model": "x7"}
    visit = staff.post("appointments", start="2026-11-27T14:00", name="吴改期", phone=a_phone(), **wish)
    opens(page, server_url, "/console/appointments?store=east&day=2026-11-27")
    expect(on_board(page, visit)).to_be_visible()
    page.get_by_role("button", name="登记停用").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("停用什么").select_option("east-car-x7")
    dialog.get_by_label("原因").fill("送修")
    dialog.get_by_role("button", name="停用", exact=True).click()
    expect(dialog).to_contain_text("需要改时间（1）")
    expect(dialog).to_contain_text("请打电话")
    dialog.get_by_role("button", name="关闭").click()
    expect(page.locator("#to-call")).to_contain_text("吴改期")
    expect(page.locator("#board")).to_contain_text("停用：送修")

    page.locator("#outages li", has_text="X7").get_by_role("button", name="提前恢复").click()
    dialog.get_by_role("button", name="恢复", exact=True).click()
    expect(page.locator("#to-call")).not_to_contain_text("吴改期")
    expect(on_board(page, visit)).to_contain_text("14:00")


def test_the_board_is_a_list_by_time_on_a_phone(page: Page, server_url: str, staff: StaffApi) -> None:
    visit = service(staff, "郑手机", "2026-11-30T09:30")
    page.set_viewport_size(NARROW)
    opens(page, server_url, "/console/appointments?store=east&day=2026-11-30")
    expect(on_board(page, visit)).to_contain_text("09:30")
    assert fits(page)
    page.locator("[name=view]").select_option("week")
    expect(page.get_by_role("region", name="周一 11月30日")).to_contain_text("郑手机")
    assert fits(page)


def test_staff_book_from_the_card_without_seeing_the_number(
    page: Page, server_url: str, staff: StaffApi
) -> None:
    name, phone = "<b>李雷</b>", a_phone()
    conversation = _conversation_of(staff)
    card = staff.put(f"conversations/{conversation}/customer", phone=phone, name=name)
    opens(page, server_url, f"/console/customers/{card['customer']['id']}")
    expect(page.get_by_role("heading", name=name)).to_be_visible()  # as text, not as a tag
    page.get_by_role("button", name="新预约").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=model]").select_option("e5")
    pick(page, "2026-11-25", "10:00")
    dialog.get_by_role("button", name="预约", exact=True).click()
    expect(page.locator("#card")).to_contain_text("周三 11月25日 10:00")
    assert phone not in page.content()
    assert [row["model"] for row in staff.get("appointments", phone=phone)] == ["e5"]

    page.get_by_role("button", name="显示号码").click()
    expect(page.get_by_role("link", name=phone)).to_be_visible()
    page.locator("#card").get_by_role("button", name="取消", exact=True).click()
    dialog.get_by_role("button", name="取消预约").click()
    expect(page.locator("#card")).to_contain_text("以前的预约（1）")

    page.get_by_role("button", name="添加").click()
    dialog.get_by_label("车牌").fill(f"浙A·T{secrets.randbelow(9000) + 1000}")
    dialog.locator("[name=model]").select_option("e5")
    dialog.get_by_label("交车日期").fill("2025-11-20")
    dialog.get_by_role("button", name="保存").click()
    expect(page.locator("#card")).to_contain_text("下次：")
    assert fits(page)


def test_a_customer_is_found_by_the_end_of_the_number(page: Page, server_url: str, staff: StaffApi) -> None:
    phone = a_phone()
    staff.put(f"conversations/{_conversation_of(staff)}/customer", phone=phone, name="冯查找")
    opens(page, server_url, "/console/customers")
    page.get_by_role("searchbox").fill(phone[-8:])
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_role("list", name="客户")).to_contain_text("冯查找")
    page.get_by_role("searchbox").fill("没有这个人")
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_text("没有找到“没有这个人”")).to_be_visible()


def test_a_case_is_taken_and_closed(page: Page, server_url: str, staff: StaffApi) -> None:
    sender, phone = f"board-{secrets.token_hex(4)}", a_phone()
    for text in ("我的车抛锚了", "在迎宾大道88号门口", phone):
        staff.says(sender, text)
    [case] = [case for case in staff.get("cases") if case["phone"] == f"139****{phone[-4:]}"]
    opens(page, server_url, "/console/cases")
    line = page.locator(f'[data-id="{case["id"]}"]')
    expect(line).to_contain_text("迎宾大道")
    assert phone not in page.content()
    line.get_by_role("button", name="我来处理").click()
    expect(line.get_by_role("button", name="我来处理")).to_have_count(0)
    line.get_by_role("button", name="办结").click()
    page.get_by_label("结果").select_option("towed")
    page.get_by_label("说明").fill("已拖回城东店")
    page.get_by_role("dialog").get_by_role("button", name="办结").click()
    expect(line).to_have_count(0)
    page.goto(f"{server_url}/console/cases?status=closed")
    expect(line).to_contain_text("已拖回城东店")


def test_a_lead_changes_its_state(page: Page, server_url: str, staff: StaffApi) -> None:
    phone = a_phone()
    opens(page, server_url, "/console/leads")
    page.get_by_role("button", name="登记线索").click()
    page.get_by_label("手机号").fill(phone)
    page.get_by_role("dialog").get_by_label("姓名").fill("陈线索")
    with page.expect_navigation():
        page.get_by_role("dialog").get_by_role("button", name="保存").click()
    line = page.locator("#leads > li", has_text="陈线索")
    line.get_by_label("状态").select_option("contacted")
    expect(page.locator("#toasts")).to_contain_text("已保存")
    page.goto(f"{server_url}/console/leads?status=contacted")
    expect(line).to_be_visible()
    page.set_viewport_size(NARROW)
    assert fits(page)


def _conversation_of(staff: StaffApi) -> str:
    sender = f"board-{secrets.token_hex(4)}"
    staff.says(sender, "你好")
    [id_] = [row["id"] for row in staff.get("conversations") if row["sender"] == sender]
    return str(id_)
