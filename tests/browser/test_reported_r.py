"""Words where ids stood: what staff read under messages, in lists, choices and histories, in a real browser."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser.console import StaffApi, sign_in

UNKNOWN = "qpwo eiru tyal"


@pytest.fixture
def staff(server_url: str) -> StaffApi:
    return StaffApi(server_url)


def conversation(staff: StaffApi, *texts: str) -> str:
    sender = f"r-{secrets.token_hex(4)}"
    for text in texts:
        staff.says(sender, text)
    return str(next(row["id"] for row in staff.get("conversations") if row["sender"] == sender))


def test_understanding_names_the_topic_of_an_answer_alone(
    page: Page, server_url: str, staff: StaffApi
) -> None:
    talk = conversation(staff, "你们有停车位吗", "我要投诉")
    sign_in(page, server_url, f"/console/conversations/{talk}")
    understood = page.locator(".understood summary")

    expect(understood.first).to_contain_text(f"问答“{staff.get('faq/store.parking')['title']}”")
    expect(understood.last).to_contain_text("投诉")
    expect(understood.last).not_to_contain_text("“")
    expect(page.locator(".log")).not_to_contain_text("store.")


def test_the_title_alone_chooses_a_topic(page: Page, server_url: str, staff: StaffApi) -> None:
    for _ in range(2):
        conversation(staff, UNKNOWN)
    sign_in(page, server_url, "/console/unanswered")
    line = page.locator(".sentence", has_text=UNKNOWN)
    line.get_by_label("加到别的主题").fill(staff.get("faq/store.parking")["title"])
    line.get_by_role("button", name="加", exact=True).click()

    expect(line).to_have_count(0)


def test_a_list_shows_what_variables_stand_for(page: Page, server_url: str) -> None:
    sign_in(page, server_url, "/console/faq?q=booking.cancel")
    expect(page.locator(".entry .words").first).to_contain_text("开始前 2 小时以上可以取消")
    page.goto(f"{server_url}/console/templates?q=utter_next_model")
    expect(page.locator(".entry .words").first).to_contain_text("再为您约【车型】")


def test_a_tried_sentence_names_stores(page: Page, server_url: str) -> None:
    sign_in(page, server_url, "/console/try")
    page.get_by_label("说一句试试").last.fill("怎么去城西店")
    page.get_by_role("button", name="试试").click()

    expect(page.locator(".facts")).to_contain_text("门店：城西店")
    expect(page.locator(".facts")).not_to_contain_text("west")


def test_a_reviewer_sees_a_draft_as_customers_would(page: Page, server_url: str, staff: StaffApi) -> None:
    draft = staff.put("faq/store.lounge", answer="休息区有{brand}咖啡。", draft=True)["draft"]
    sign_in(page, server_url, "/console/faq/store.lounge")

    expect(page.locator(".notice [data-draft] .message .text")).to_have_text("休息区有青岚汽车咖啡。")
    staff.post("faq/store.lounge/retire", version=draft["version"])


def test_a_history_of_the_settings_names_people(page: Page, server_url: str, staff: StaffApi) -> None:
    entry = next(row for row in staff.get("dealership", kind="profile") if row["kind"] == "profile")
    changed = staff.put("dealership/profile", data={"complaint_hours": 47}, version=entry["version"])
    staff.put("dealership/profile", data=entry["data"], version=changed["version"])
    sign_in(page, server_url, "/console/settings")
    page.get_by_text("修改记录").click()

    expect(page.locator(".versions li").first).to_contain_text("管理员")
    expect(page.locator(".versions li").first).to_contain_text("投诉多久内答复：47 → 48")
