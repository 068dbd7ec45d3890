"""Texts with markup and scripts in every field: shown as they were written, in the widget and on every page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.api.gate import COOKIE
from tests.api.filled import Filled, console_cookie, fill, pages_of
from tests.api.served import served
from tests.payloads import PAYLOADS

# What no text of a person may become. Nodes in shadow roots count too.
_MADE = """() => {
  const bad = "img[src='x'], svg[onload], iframe, math, meta[http-equiv=refresh], [onerror], [ontoggle], [onfocus],"
    + " [onmouseover], [onload], [onbegin], a[href^='javascript' i], object, embed, base";
  const roots = [document];
  document.querySelectorAll("*").forEach((node) => node.shadowRoot && roots.push(node.shadowRoot));
  return roots.flatMap((root) => [...root.querySelectorAll(bad)].map((node) => node.outerHTML.slice(0, 200)));
}"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    with served(tmp_path_factory.mktemp("xss"), ZHANTING_RATE_LIMIT="off") as whole:
        filled = fill(whole, PAYLOADS, lambda number: f"138{number:08d}")
        assert len(filled.ids["faq"]) > len(PAYLOADS) // 2
        yield filled
        filled.client.close()


@pytest.fixture
def watched(browser: Browser, filled: Filled) -> Iterator[Page]:
    """A page on which no script of a text may run, nor be stopped by the policy: it must not be there at all."""
    context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 860}, locale="zh-CN")
    url = str(filled.client.base_url)
    context.add_cookies([{"name": COOKIE, "value": console_cookie(filled), "url": url}])
    page, problems = context.new_page(), []
    page.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if "Content Security" in line.text else None)
    yield page
    assert page.evaluate("() => window.pwned") is None
    assert page.evaluate(_MADE) == []
    assert problems == []
    context.close()


def test_the_chat_shows_them_as_text(watched: Page, filled: Filled) -> None:
    url = str(filled.client.base_url).rstrip("/")
    watched.goto(url)
    key = f"zhanting:{url}/web:token"
    watched.evaluate(
        "([key, token]) => localStorage.setItem(key, JSON.stringify(token))", [key, filled.visitors[0]]
    )
    watched.reload()
    watched.get_by_role("button", name="打开在线咨询").click()
    texts = watched.locator("zhanting-chat .message .text")
    expect(texts.filter(has_text=PAYLOADS[-1]).first).to_be_attached()
    earlier = watched.get_by_role("button", name="查看更早的消息")
    while earlier.is_visible():
        earlier.click()
        watched.wait_for_timeout(300)
    shown = {text.strip() for text in texts.all_text_contents()}

    assert {payload.strip() for payload in PAYLOADS} <= shown
    assert watched.locator("zhanting-chat .message.staff").count() >= len(PAYLOADS)
    assert watched.locator("zhanting-chat a.attachment").count() == len(PAYLOADS) + 1


def test_the_workplace_shows_them_as_text(watched: Page, filled: Filled) -> None:
    watched.goto(f"{str(filled.client.base_url).rstrip('/')}/console/conversations/{filled.conversations[0]}")
    texts = watched.locator(".log .message .text")
    expect(texts.filter(has_text=PAYLOADS[-1]).first).to_be_attached()
    earlier = watched.get_by_role("button", name="更早")
    while earlier.is_visible():
        earlier.click()
        watched.wait_for_timeout(300)
    shown = {text.strip() for text in texts.all_text_contents()}

    assert {payload.strip() for payload in PAYLOADS} <= shown


def test_no_page_of_the_console_runs_them(watched: Page, filled: Filled) -> None:
    for path in pages_of(filled):
        answer = watched.goto(str(filled.client.base_url).rstrip("/") + path)
        assert answer is not None
        assert answer.status == 200, path
        assert "unsafe" not in answer.headers["content-security-policy"], path
        watched.wait_for_timeout(150)  # what the page fetches for itself
        assert watched.evaluate(_MADE) == [], path


def test_lists_show_names_as_they_are(watched: Page, filled: Filled) -> None:
    base = str(filled.client.base_url).rstrip("/")
    for path in ("/console/leads", "/console/users"):
        watched.goto(base + path)
        expect(watched.locator("main")).to_contain_text(PAYLOADS[0])


def test_a_made_up_address_is_repeated_as_text(watched: Page, filled: Filled) -> None:
    base = str(filled.client.base_url).rstrip("/")
    for path in (
        "/console/faq/<script>window.pwned=1<%2Fscript>",
        '/console/customers?q="><script>window.pwned=1</script>',
    ):
        watched.goto(base + path)
        assert watched.evaluate(_MADE) == []
