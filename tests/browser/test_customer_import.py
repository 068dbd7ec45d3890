"""A manager takes a file of customers on the customers' page: what is wrong first, then all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from bot.api.gate import COOKIE
from bot.domain.staff import Role
from tests.api.served import served
from tests.api.test_roles import cookie
from tests.api.whole import Whole

HEADER = "手机号,姓名,车牌,车型,交车日期\n"
GOOD = HEADER + "13812345678,王小明,浙A·D9001,X5,2026-03-01\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with served(tmp_path_factory.mktemp("import"), ZHANTING_RATE_LIMIT="off") as whole:
        yield whole


def opened(context: BrowserContext, page: Page, site: Whole, username: str = "admin") -> Locator:
    url = str(site.client.base_url).rstrip("/")
    token = cookie(site, username)["Cookie"].partition("=")[2]
    context.add_cookies([{"name": COOKIE, "value": token, "url": url}])
    page.goto(f"{url}/console/customers")
    return page.locator("#import")


def choose(box: Locator, text: str) -> None:
    file = {"name": "客户.csv", "mimeType": "text/csv", "buffer": text.encode("gb18030")}
    box.get_by_label("文件").set_input_files([file])  # type: ignore[list-item]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_file_is_looked_at_and_taken(
    context: BrowserContext, page: Page, site: Whole, width: int, scheme: str
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    box = opened(context, page, site)
    box.get_by_text("导入客户和车辆").click()
    take = box.get_by_role("button", name="导入", exact=True)
    expect(take).to_be_hidden()

    choose(box, GOOD + "139,,,,\n13812345670,,浙AD9002,X9,2026-03-01\n")
    box.get_by_role("button", name="检查文件").click()
    expect(box.get_by_role("status")).to_contain_text("文件里有 2 处要改，什么也没有写入。")
    expect(box.get_by_role("listitem")).to_have_text(
        ["第 3 行：手机号：“139”不是 11 位手机号", "第 4 行：车型：没有“X9”这个车型"]
    )
    expect(take).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    choose(box, GOOD.replace("9001", f"{width:04d}").replace("5678", f"{width:04d}"))
    expect(box.get_by_role("status")).to_be_empty()
    box.get_by_role("button", name="检查文件").click()
    expect(box.get_by_role("status")).to_contain_text("可以导入：新客户 1 位，新车 1 辆")
    take.click()
    expect(box.get_by_role("status")).to_contain_text("已导入：新客户 1 位，新车 1 辆")
    expect(take).to_be_hidden()
    page.reload()
    expect(page.get_by_role("list", name="客户").get_by_text(f"浙AD{width:04d}")).to_be_visible()


def test_a_consultant_is_not_offered_it(context: BrowserContext, page: Page, site: Whole) -> None:
    site.add_user(Role.CONSULTANT)
    box = opened(context, page, site, "test.consultant")
    expect(page.get_by_role("heading", name="客户")).to_be_visible()
    expect(box).to_have_count(0)
