"""Pictures between a customer and a consultant, chosen with the button beside the text."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bot.api.gate import COOKIE
from tests.api.served import served
from tests.api.test_roles import bearer, cookie
from tests.api.whole import Whole
from tests.browser.chat import Chat
from tests.files import PNG

PICTURE = {"name": "车灯.png", "mimeType": "image/png", "buffer": PNG}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with served(tmp_path_factory.mktemp("files"), ZHANTING_RATE_LIMIT="off") as whole:
        yield whole


@pytest.fixture
def open_chat(page: Page, site: Whole) -> Chat:
    page.goto(str(site.client.base_url))
    chat = Chat(page)
    chat.launcher.click()
    chat.input.wait_for()
    return chat


def test_a_customers_picture_and_a_consultants(open_chat: Chat, context: BrowserContext, site: Whole) -> None:
    page, url = open_chat.page, str(site.client.base_url).rstrip("/")
    send(page, "发送图片或 PDF", PICTURE)
    pictures = page.locator("zhanting-chat .attachment img")
    expect(pictures).to_have_count(1)
    expect(open_chat.from_bot.last).to_contain_text("顾问")
    assert shown(page, "zhanting-chat")

    conversation = newest(url, site)
    token = cookie(site, "admin")["Cookie"].partition("=")[2]
    context.add_cookies([{"name": COOKIE, "value": token, "url": url}])
    desk = context.new_page()
    desk.goto(f"{url}/console/conversations/{conversation}")
    expect(desk.locator(".log .attachment img")).to_have_count(1)
    desk.get_by_role("button", name="接手", exact=True).click()
    expect(desk.get_by_role("button", name="图片或 PDF")).to_be_enabled()
    send(desk, "图片或 PDF", PICTURE)
    expect(desk.locator(".log .attachment img")).to_have_count(2)
    expect(pictures).to_have_count(2)


def test_a_file_that_is_not_taken_is_said_so(open_chat: Chat) -> None:
    send(open_chat.page, "发送图片或 PDF", {**PICTURE, "buffer": b"<html>"})

    expect(open_chat.page.locator("zhanting-chat .counter")).to_contain_text("只能发送图片")
    expect(open_chat.page.locator("zhanting-chat .attachment")).to_have_count(0)


def test_a_file_that_is_too_large_is_not_even_sent(open_chat: Chat) -> None:
    requests: list[str] = []
    open_chat.page.on("request", lambda request: requests.append(request.url))
    send(open_chat.page, "发送图片或 PDF", {**PICTURE, "buffer": PNG + bytes(8 * 1024 * 1024)})

    expect(open_chat.page.locator("zhanting-chat .counter")).to_contain_text("8 MB")
    assert not [url for url in requests if "/uploads" in url]


def send(page: Page, button: str, file: dict[str, object]) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files(file)  # type: ignore[arg-type]


def shown(page: Page, host: str) -> bool:
    """The picture was loaded: the policy of the page lets it in."""
    page.wait_for_function(
        "host => document.querySelector(host).shadowRoot.querySelector('.attachment img').naturalWidth > 0",
        arg=host,
    )
    return True


def newest(url: str, site: Whole) -> str:
    rows = httpx.get(f"{url}/api/staff/conversations", headers=bearer(site, "admin")).json()
    return str(rows[0]["id"])
