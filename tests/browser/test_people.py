"""Signing in, the accounts of the staff, one's own account, the audit log and the settings, in a real browser."""

from __future__ import annotations

import itertools
import re
import secrets

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console import PASSWORD, StaffApi, sign_in

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def api(server_url: str) -> StaffApi:
    return StaffApi(server_url)


def new_name() -> str:
    return f"lin{next(_numbers)}{secrets.token_hex(3)}"


def menu(page: Page) -> list[str]:
    """Without the number of what waits."""
    names = page.get_by_role("navigation", name="工作台").get_by_role("link").all_inner_texts()
    return [re.sub(r"\s*\d+$", "", name) for name in names]


def test_a_wrong_password_says_so_and_the_right_one_leads_on(page: Page, server_url: str) -> None:
    page.goto(f"{server_url}/console/audit")
    assert page.url.endswith("/console/login?next=/console/audit")
    page.get_by_label("用户名").fill("admin")
    page.get_by_label("密码").fill("not the password")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("用户名或密码不对")
    expect(page.get_by_label("用户名")).to_have_value("admin")

    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()

    expect(page.get_by_role("heading", name="审计")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="登录失败").first
    expect(row).to_contain_text("admin")
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/console/login")
    page.goto(f"{server_url}/console/audit")
    assert "/console/login" in page.url


@pytest.mark.parametrize(
    "next_", ["//evil.example", "https://evil.example/console", "/console/..//evil.example"]
)
def test_signing_in_never_leads_elsewhere(page: Page, server_url: str, next_: str) -> None:
    sign_in(page, server_url, next_)

    assert page.url.startswith(f"{server_url}/console")


def test_a_new_consultant_signs_in_sees_their_menu_and_changes_the_password(
    page: Page, browser: Browser, server_url: str
) -> None:
    username = new_name()
    sign_in(page, server_url, "/console/users")
    page.get_by_role("button", name="添加人员").click()
    dialog = page.get_by_role("dialog", name="添加人员")
    dialog.get_by_label("用户名").fill("Lin Xiao")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog.get_by_text("用户名用 2 到 40 个小写字母或数字")).to_be_visible()
    expect(dialog.get_by_text("姓名要有 1 到 40 个字")).to_be_visible()
    expect(dialog.get_by_label("用户名")).to_be_focused()
    dialog.get_by_label("用户名").fill(username)
    dialog.get_by_label("姓名").fill("林晓")
    dialog.get_by_role("checkbox", name="城东店").check()
    dialog.get_by_role("button", name="保存").click()
    told = page.get_by_role("dialog", name="新密码")
    password = told.locator("code").inner_text()
    told.get_by_role("button", name="记好了").click()
    row = page.get_by_role("listitem").filter(has_text=username)
    expect(row).to_contain_text("销售顾问")
    expect(row).to_contain_text("离线")
    expect(page.locator("[data-password]")).to_have_text("")
    assert password not in page.content()

    theirs = browser.new_context(locale="zh-CN").new_page()
    sign_in(theirs, server_url, "/console/customers", username, password)
    expect(theirs.get_by_text("这个密码是管理员给的")).to_be_visible()
    assert menu(theirs) == []
    change_password(theirs, "wrong", "a-much-better-one")
    expect(theirs.get_by_text("原密码不对")).to_be_visible()
    change_password(theirs, password, "short")
    expect(theirs.get_by_text("密码至少要 10 个字符")).to_be_visible()
    change_password(theirs, password, "a-much-better-one", again="another-one-here")
    expect(theirs.get_by_text("两次输入的新密码不一样")).to_be_visible()
    change_password(theirs, password, "a-much-better-one")
    theirs.wait_for_url("**/console")
    assert menu(theirs) == ["对话", "预约", "客户", "工单", "任务", "活动", "问答", "话术", "未答问题"]
    theirs.goto(f"{server_url}/console/users")
    expect(theirs.get_by_role("heading", name="没有权限")).to_be_visible()
    theirs.goto(f"{server_url}/console/me")
    change_password(theirs, "a-much-better-one", "another-good-one")
    expect(theirs.get_by_text("密码已修改")).to_be_visible()
    theirs.get_by_role("button", name="退出所有设备").click()
    theirs.wait_for_url("**/console/login")
    sign_in(theirs, server_url, "/console/me", username, "another-good-one")
    expect(theirs.get_by_role("heading", name="林晓")).to_be_visible()

    row.get_by_role("button", name="停用").click()
    page.get_by_role("dialog", name="停用 林晓？").get_by_role("button", name="停用").click()
    expect(row).to_contain_text("已停用")
    theirs.reload()
    assert "/console/login" in theirs.url
    theirs.context.close()


def change_password(page: Page, old: str, new: str, again: str | None = None) -> None:
    form = page.locator("#password")
    form.get_by_label("原密码").fill(old)
    form.get_by_label("新密码", exact=False).first.fill(new)
    form.get_by_label("再输入一次新密码").fill(new if again is None else again)
    form.get_by_role("button", name="修改密码").click()


def test_somebody_is_changed_and_the_audit_log_tells_it(page: Page, server_url: str, api: StaffApi) -> None:
    username, _ = api.hire("consultant")
    sign_in(page, server_url, "/console/users")
    row = page.get_by_role("listitem").filter(has_text=username)
    row.get_by_role("button", name="修改").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("用户名")).to_be_disabled()
    dialog.get_by_label("姓名").fill("<b>赵磊</b>")
    dialog.get_by_label("角色").select_option("service_adviser")
    dialog.get_by_label("投诉").check()
    dialog.get_by_label("同时接待几个对话").fill("2")
    dialog.get_by_role("button", name="保存").click()
    expect(row).to_contain_text("服务顾问")
    expect(row).to_contain_text("<b>赵磊</b>")
    expect(row).to_contain_text("对话 0 / 2")

    page.goto(f"{server_url}/console/audit?action=user")
    line = page.get_by_role("row").filter(has_text=username).first
    expect(line).to_contain_text("人员：修改")
    expect(line).to_contain_text("<b>赵磊</b>")
    page.get_by_label("内容").select_option("session")
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_role("row").filter(has_text="人员：修改")).to_have_count(0)
    page.goto(f"{server_url}/console/audit?conversation=none")
    expect(page.get_by_text("没有符合条件的记录")).to_be_visible()


def test_the_last_administrator_is_kept(page: Page, server_url: str) -> None:
    sign_in(page, server_url, "/console/users")
    row = page.get_by_role("listitem").filter(has_text="（您）")

    expect(row.get_by_role("button", name="停用")).to_have_count(0)
    row.get_by_role("button", name="修改").click()
    expect(page.get_by_role("dialog").get_by_label("角色")).to_be_disabled()


def test_a_setting_counts_in_the_next_answer_and_comes_back(
    page: Page, server_url: str, api: StaffApi
) -> None:
    sign_in(page, server_url, "/console/settings")
    field = page.get_by_label("停车")
    before, after = field.input_value(), f"请停在展厅后面的 {secrets.token_hex(2)} 号停车场。"
    field.fill(after)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存，马上生效")).to_be_visible()
    assert after in str(api.says(f"parks-{secrets.token_hex(4)}", "你们店好停车吗？"))

    page.get_by_text("修改记录").click()
    earlier = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="恢复这一版")).first
    expect(page.get_by_role("listitem").filter(has_text="现在使用")).to_contain_text(
        f"停车：{before} → {after}"
    )
    earlier.get_by_role("button", name="恢复这一版").click()
    expect(page.get_by_label("停车")).to_have_value(before)
    assert before in str(api.says(f"parks-{secrets.token_hex(4)}", "你们店好停车吗？"))


def test_a_setting_that_cannot_be_is_told_beside_its_field(
    page: Page, server_url: str, api: StaffApi
) -> None:
    sign_in(page, server_url, "/console/settings/rules")
    page.get_by_label("最多提前").fill("0")
    page.get_by_label("最小年龄").fill("90")
    page.get_by_role("button", name="保存").click()
    field = page.locator('[data-field="horizon_days"]')
    expect(field).to_contain_text("要大于 0")
    expect(field.get_by_label("最多提前")).to_be_focused()
    expect(page.locator('[data-fault="test_drive.minutes"]')).to_contain_text("最小年龄 不能大于 最大年龄")

    page.goto(f"{server_url}/console/settings/stores")
    stale = page.get_by_role("form", name="城东店")
    stale.get_by_label("销售热线").fill("0500-1")
    version = next(e["version"] for e in api.get("dealership", kind="store") if e["id"] == "store:east")
    address = next(
        e["data"]["address"] for e in api.get("dealership", kind="store") if e["id"] == "store:east"
    )
    api.put("dealership/store%3Aeast", data={"address": f"{address} A"}, version=version)
    stale.get_by_role("button", name="保存").click()
    expect(stale.get_by_role("alert")).to_have_text(re.compile("变化|最新"))
    api.put("dealership/store%3Aeast", data={"address": address})


def test_a_day_off_is_added_and_removed(page: Page, server_url: str) -> None:
    name = f"盘点{secrets.token_hex(2)}"
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page, server_url, "/console/settings/closures")
    page.get_by_text("添加店休日").click()
    new = page.locator("details.new")
    new.get_by_label("名称").fill(name)
    new.get_by_role("button", name="添加").click()
    expect(new.get_by_role("alert")).to_be_visible()
    new.get_by_label("从哪天开始").fill("2027-06-01")
    new.get_by_role("button", name="添加").click()
    summary = page.locator("summary").filter(has_text=name)
    summary.click()
    page.get_by_role("form", name=name).get_by_role("button", name="删除").click()
    expect(summary).to_have_count(0)
    expect(page.get_by_role("heading", name="设置")).to_be_visible()


def test_the_pages_fit_a_phone(page: Page, server_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    sign_in(page, server_url, "/console/users")
    for path in ("users", "me", "audit", "settings", "settings/stores", "settings/closures"):
        page.goto(f"{server_url}/console/{path}")
        page.get_by_role("heading", level=1).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_without_a_network_the_list_says_so_and_tries_again(page: Page, server_url: str) -> None:
    sign_in(page, server_url, "/console/me")
    page.route("**/api/staff/users", lambda route: route.abort())
    page.goto(f"{server_url}/console/users")
    expect(page.get_by_role("alert")).to_contain_text("网络断开了")

    page.unroute("**/api/staff/users")
    page.get_by_role("button", name="再试一次").click()

    expect(page.get_by_role("listitem").filter(has_text="（您）")).to_be_visible()
