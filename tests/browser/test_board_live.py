"""The board takes over what others do, without losing what its reader does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import StaffApi
from tests.browser.test_board import on_board, opens, service

DAY = "2026-12-02"


@pytest.fixture(scope="module")
def staff(server_url: str) -> StaffApi:
    return StaffApi(server_url)


def test_what_a_colleague_books_appears_by_itself(page: Page, server_url: str, staff: StaffApi) -> None:
    first = service(staff, "在前面", f"{DAY}T09:00")
    page.set_viewport_size({"width": 1000, "height": 420})
    opens(page, server_url, f"/console/appointments?store=east&day={DAY}")
    on_board(page, first).focus()
    page.evaluate("scrollTo(0, 200)")
    page.evaluate("document.querySelector('#board .scroll-x').scrollLeft = 60")
    where = "[Math.round(scrollY), document.querySelector('#board .scroll-x').scrollLeft]"
    before = page.evaluate(where)
    visit = service(staff, "新来的", f"{DAY}T11:00")

    expect(on_board(page, visit)).to_contain_text("新来的")
    expect(page.locator("#board-state")).to_contain_text("2 个预约")
    expect(on_board(page, first)).to_be_focused()
    assert page.evaluate(where) == before


def test_nothing_moves_under_an_open_dialog(page: Page, server_url: str, staff: StaffApi) -> None:
    opens(page, server_url, f"/console/appointments?store=west&day={DAY}")
    page.get_by_role("button", name="新预约").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("姓名").fill("写到一半")
    with page.expect_response("**/api/staff/waitlist") as looked:  # of the reading after the dialog
        visit = service(staff, "同时来的", f"{DAY}T10:00", store="west")
        page.wait_for_timeout(500)
        expect(dialog.get_by_label("姓名")).to_have_value("写到一半")
        expect(on_board(page, visit)).to_have_count(0)
        dialog.get_by_role("button", name="不了").click()
        service(staff, "又来一位", f"{DAY}T14:00", store="west")
    assert looked.value.ok
    expect(on_board(page, visit)).to_contain_text("同时来的")
