"""The chat widget on the demo page: a test drive is booked in every way that a customer has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.chat import Chat

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
PHONE = {"width": 390, "height": 844}


class TestBooking:
    def test_with_clicks(self, chat: Chat, page: Page) -> None:
        page.get_by_role("button", name="预约试驾", exact=True).click()
        expect(chat.from_customer).to_have_text(["我想试驾"])

        clicks = 0

        def choose() -> None:
            nonlocal clicks
            clicks += 1
            if clicks == 3:
                picture(page, "widget.png")
            chat.choices.first.click()

        assert chat.book(choose, chat.say)
        assert clicks >= 3
        assert chat.seqs() == sorted(set(chat.seqs()))

    def test_with_the_keyboard_alone(self, chat: Chat, page: Page) -> None:
        keyboard = page.keyboard
        chat.press_until("Tab", "launcher")
        keyboard.press("Enter")
        expect(chat.panel).to_be_visible()
        assert chat.focused() == "textarea"

        def write(text: str) -> None:
            keyboard.type(text)
            keyboard.press("Enter")

        def choose() -> None:
            chat.press_until("Shift+Tab", "choice")
            for _ in range(chat.choices.count()):
                keyboard.press("ArrowLeft")
            keyboard.press("Enter")
            assert chat.focused() == "textarea"

        write("我想试驾")
        assert chat.book(choose, write)

    def test_goes_on_after_a_reload(self, chat: Chat, page: Page) -> None:
        chat.open()
        chat.ask("我想试驾")
        chat.choices.first.click()
        chat.wait_for_answer()
        before = chat.transcript()

        page.reload()
        expect(chat.panel).to_be_visible()
        expect(chat.messages).to_have_count(len(before))
        assert chat.transcript() == before
        assert chat.book(chat.choices.first.click, chat.say)

    def test_only_the_last_question_can_be_answered(self, chat: Chat) -> None:
        chat.open()
        chat.ask("我想试驾")
        offered = chat.choices.all_inner_texts()
        chat.choices.first.click()
        chat.wait_for_answer()
        past = chat.element.locator(".option")
        assert past.all_inner_texts() == offered
        assert all(past.nth(index).is_disabled() for index in range(len(offered)))
        expect(chat.element.locator(".option.chosen")).to_have_text([offered[0]])


class TestPage:
    def test_a_model_card_opens_the_chat_with_its_sentence(self, chat: Chat, page: Page) -> None:
        card = page.get_by_role("button", name="预约试驾 青岚 X5")
        card.click()
        expect(chat.from_customer).to_have_text(["我想试驾青岚 X5"])
        chat.wait_for_answer()
        page.keyboard.press("Escape")
        expect(chat.panel).to_be_hidden()
        expect(card).to_be_focused()

    def test_the_page_shows_the_dealership(self, chat: Chat, page: Page) -> None:
        body = page.locator("body")
        for words in (
            "青岚汽车",
            "城东店",
            "江州市城西区学府路 16 号",
            "8.98–11.98",
            "周一休息",
            "400-000-1188",
        ):
            expect(body).to_contain_text(words)

    def test_escape_returns_the_focus_and_the_badge_counts(self, chat: Chat, page: Page) -> None:
        chat.open()
        page.keyboard.press("Escape")
        expect(chat.panel).to_be_hidden()
        assert chat.focused() == "launcher"
        page.evaluate("document.querySelector('zhanting-chat').ask('你好')")
        badge = chat.element.locator(".badge")
        expect(badge).to_be_visible()
        assert int(badge.inner_text()) >= 1
        expect(chat.launcher).to_have_attribute(
            "aria-label", f"打开在线咨询，{badge.inner_text()} 条未读消息"
        )
        chat.open()
        page.keyboard.press("Escape")
        expect(badge).to_be_hidden()

    def test_a_phone_gets_a_sheet(self, browser: Browser, server_url: str) -> None:
        context = browser.new_context(viewport=PHONE, locale="zh-CN", device_scale_factor=2, has_touch=True)
        page = context.new_page()
        page.goto(server_url)
        chat = Chat(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        chat.launcher.tap()
        chat.ask("我想试驾")
        assert chat.panel.bounding_box() == {"x": 0, "y": 0, **PHONE}
        for button in chat.panel.locator("button:visible").all():
            box = button.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44, button.inner_text()
        for _ in range(2):
            chat.choices.first.tap()
            chat.wait_for_answer()
        picture(page, "widget-phone.png")
        context.close()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("accent", ["", "#ffd400", "#d0021b", "#101010"])
    def test_texts_have_contrast(self, browser: Browser, server_url: str, scheme: Any, accent: str) -> None:
        context = browser.new_context(viewport=PHONE, color_scheme=scheme)
        page = context.new_page()
        if accent:
            page.route("**/web/session", lambda route: paint(route, accent))
        page.goto(server_url)
        chat = Chat(page)
        chat.open()
        chat.ask("我想试驾")
        assert page.evaluate(CONTRASTS) == []
        dark = page.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches")
        assert dark == (scheme == "dark")
        context.close()


def picture(page: Page, name: str) -> None:
    """Writes a picture for the documentation, on request only: it differs a little on every machine."""
    if os.environ.get("UPDATE_SCREENSHOTS") == "1":
        IMAGES.mkdir(parents=True, exist_ok=True)
        page.mouse.move(0, 0)
        page.screenshot(path=str(IMAGES / name), animations="disabled")


def paint(route: Route, accent: str) -> None:
    response = route.fetch()
    route.fulfill(response=response, json={**response.json(), "accent_color": accent})


# Every visible text of the open chat against the nearest background behind it; lists those below 4.5:1.
CONTRASTS = """() => {
  const root = document.querySelector("zhanting-chat").shadowRoot;
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = text => {
    const part = v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb(text).map(v => part(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = node => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (rgb(colour)[3] !== 0) return colour;
    }
  };
  const own = node => [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
  return [...root.querySelectorAll(".panel *")]
    .filter(node => own(node) && node.checkVisibility({ visibilityProperty: true }))
    .map(node => {
      const [low, high] = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => a - b);
      return [node.className || node.tagName, (high + 0.05) / (low + 0.05)];
    })
    .filter(([, ratio]) => ratio < 4.5);
}"""
