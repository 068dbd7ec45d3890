"""The page of tasks: what is due, what to say, and how it ended; and cases that end with an outcome."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.console import StaffApi, sign_in


def test_a_task_is_taken_and_ended(page: Page, server_url: str) -> None:
    """The demo customer with the X5 has had it for a month and a half."""
    sign_in(page, server_url, "/console/tasks")
    task = page.locator("#tasks li").filter(has_text="购车 N+1.5 月回访")
    expect(task).to_have_count(1)
    expect(task).to_contain_text("浙AD1001")
    expect(task).not_to_contain_text("13800000001")
    task.get_by_text("怎么说").click()
    expect(task).to_contain_text("像朋友一样关心车用得怎么样")
    task.get_by_role("button", name="我来做").click()
    expect(task.locator("[data-assign]")).to_have_value("admin")

    task.get_by_role("button", name="完成").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="完成").click()
    expect(dialog).to_be_visible()  # not without an outcome
    dialog.get_by_label("结果").select_option(label="已联系上")
    dialog.get_by_label("说明").fill("车主满意，约了下周首保")
    dialog.get_by_role("button", name="完成").click()
    expect(task).to_have_count(0)
    page.get_by_role("link", name="已完成").click()
    expect(page.locator("#tasks li").filter(has_text="车主满意")).to_contain_text("已联系上")


def test_the_page_fits_a_phone(page: Page, server_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, server_url, "/console/tasks")
    expect(page.locator("#tasks li").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_rescue_is_told_of_and_closed(page: Page, server_url: str) -> None:
    api = StaffApi(server_url)
    api.says("rescued", "车坏在半路了，在人民路88号")
    api.says("rescued", "13800007777")
    sign_in(page, server_url, "/console/cases?kind=rescue")
    case = page.locator("#cases li").filter(has_text="人民路")
    expect(case).to_contain_text("还没人应答")
    case.get_by_role("button", name="告知进展").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("几分钟后到").fill("20")
    dialog.get_by_role("button", name="告诉客户").click()
    expect(case).to_contain_text("已派车，已告诉客户")
    expect(case).not_to_contain_text("还没人应答")
    where = next(row["id"] for row in api.get("conversations") if row["sender"] == "rescued")
    assert "20 分钟" in api.get(f"conversations/{where}/messages")[-1]["text"]

    case.get_by_role("button", name="办结").click()
    dialog.get_by_label("结果").select_option(label="拖车进店")
    dialog.get_by_label("说明").fill("拖到城东店")
    dialog.get_by_role("button", name="办结").click()
    expect(case).to_have_count(0)


def test_a_customer_is_deleted_after_the_digits_were_typed(page: Page, server_url: str) -> None:
    api = StaffApi(server_url)
    wish = {"kind": "test_drive", "store": "west", "model": "x5", "start": "2026-11-27T15:00:00+08:00"}
    api.post("appointments", **wish, name="待删除", phone="13655554444")
    [customer] = api.get("customers", q="4444")
    sign_in(page, server_url, f"/console/customers/{customer['id']}")
    page.get_by_role("button", name="删除全部资料").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("输入手机号后四位").fill("4444")
    dialog.get_by_role("button", name="删除").click()
    expect(dialog).to_contain_text("1 个未到店的预约")
    dialog.get_by_label("一并删除").check()
    dialog.get_by_role("button", name="删除").click()
    page.wait_for_url("**/console/customers")
    assert api.get("customers", q="4444") == []
