"""The page of events: somebody is signed up, the party changes, and cancels."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.console import sign_in


def test_a_sign_up_from_its_first_word_to_its_end(page: Page, server_url: str) -> None:
    sign_in(page, server_url, "/console/events")
    page.get_by_role("link", name="车主家庭日").click()
    expect(page.locator("#event h2")).to_contain_text("主题客户活动")
    page.get_by_role("button", name="登记报名").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("手机号").fill("13800009999")
    dialog.get_by_label("称呼").fill("沙龙客户")
    dialog.get_by_label("人数").fill("3")
    dialog.get_by_role("button", name="登记").click()
    line = page.locator("#signups li").filter(has_text="沙龙客户")
    expect(line).to_contain_text("3 人")
    expect(line).to_contain_text("138****9999")
    expect(page.locator("#counts")).to_contain_text("剩 27 个")
    line.get_by_role("button", name="显示号码").click()
    expect(line).to_contain_text("13800009999")

    with page.expect_download() as download:
        page.get_by_role("link", name="导出名单").click()
    assert "13800009999" in download.value.path().read_text("utf-8-sig")

    line.get_by_role("button", name="改人数").click()
    dialog.get_by_label("人数").fill("1")
    dialog.get_by_role("button", name="保存").click()
    expect(page.locator("#counts")).to_contain_text("剩 29 个")
    line.get_by_role("button", name="取消报名").click()
    dialog.get_by_role("button", name="取消报名").click()
    expect(line).to_contain_text("已取消")
    expect(page.locator("#counts")).to_contain_text("剩 30 个")


def test_the_page_fits_a_phone(page: Page, server_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, server_url, "/console/events")
    expect(page.locator("#event")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
