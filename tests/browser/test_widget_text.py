"""What is written and how it is shown: hostile text, long text, half-typed text, text read aloud."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.chat import CONTACT, Chat

HOSTILE = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> [看](javascript:window.hacked=1) '
    "javascript:window.hacked=1 data:text/html,x https://bank.example@evil.example/ 第一行\n第二行 https://example.com/a?b=1。"
)


class TestText:
    def test_hostile_text_is_shown_as_text(self, chat: Chat, page: Page) -> None:
        chat.open()
        chat.input.fill(HOSTILE)
        chat.input.press("Enter")
        chat.wait_for_answer()
        shown = chat.from_customer.last
        assert shown.evaluate("node => node.textContent") == HOSTILE
        assert shown.locator("img, script").count() == 0
        assert shown.locator("a").evaluate_all("nodes => nodes.map(n => n.href)") == [
            "https://example.com/a?b=1"
        ]
        assert shown.locator("a").get_attribute("rel") == "noopener noreferrer nofollow"
        assert page.evaluate("window.hacked") is None

    def test_what_staff_and_bot_write_is_text_too(self, chat: Chat, page: Page) -> None:
        page.route("**/web/messages?*", lambda route: route.fulfill(json=conversation_of_strangers()))
        page.route("**/web/stream", lambda route: route.abort())
        chat.open()
        expect(chat.messages).to_have_count(4)
        assert chat.element.locator(".log img, .log script").count() == 0
        assert chat.element.locator(".staff .text").evaluate("node => node.textContent") == HOSTILE
        assert chat.choices.all_inner_texts() == ["<b>好</b>"]
        assert chat.element.locator(".bot a").get_attribute("href") == "tel:4000001188"
        expect(chat.element.locator(".day")).to_have_text(["周六 11月21日", "周日 11月22日"])
        expect(chat.element.locator(".staff .name")).to_have_text("顾问 林晓")
        assert chat.element.locator(".staff .bubble").get_attribute("title") == "周日 11月22日 09:30"
        assert page.evaluate("window.hacked") is None

    def test_a_calendar_file_of_ours_is_a_short_link(self, chat: Chat, page: Page, server_url: str) -> None:
        """Wherever the words say that our server is, and never in the words of a stranger."""
        path = f"/calendar/{'k' * 43}.ics"
        text = f"约好了。\n加入日历：https://public.example/dealer{path}"
        messages = [
            message(1, "bot", text, "2026-11-22T09:30:00+08:00"),
            message(2, "customer", text, "2026-11-22T09:31:00+08:00"),
            message(3, "bot", "见 https://public.example/calendar/k.ics", "2026-11-22T09:32:00+08:00"),
        ]
        page.route(
            "**/web/messages?*", lambda route: route.fulfill(json={"messages": messages, "last_seq": 3})
        )
        page.route("**/web/stream", lambda route: route.abort())
        chat.open()
        expect(chat.messages).to_have_count(3)
        first, other = chat.from_bot.nth(0), chat.from_bot.nth(1)
        assert first.evaluate("node => node.textContent") == "约好了。\n加入日历：打开日历文件"
        assert first.locator("a").evaluate("node => node.href") == f"{server_url}{path}"
        assert chat.from_customer.evaluate("node => node.textContent") == text
        assert other.locator("a").inner_text() == "https://public.example/calendar/k.ics"

    def test_enter_sends_and_shift_enter_breaks_the_line(self, chat: Chat, page: Page) -> None:
        chat.open()
        page.keyboard.type("第一行")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("第二行")
        assert chat.from_customer.count() == 0
        page.keyboard.press("Enter")
        expect(chat.from_customer).to_have_text(["第一行\n第二行"])
        height = chat.from_customer.evaluate("node => node.getBoundingClientRect().height")
        assert height > 40

    def test_an_input_method_may_end_its_word_with_enter(self, chat: Chat) -> None:
        chat.open()
        chat.input.fill("我想shijia")
        composing = {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True}
        chat.input.dispatch_event("keydown", composing)
        assert chat.from_customer.count() == 0
        assert chat.input.input_value() == "我想shijia"

    def test_the_length_is_limited_with_a_warning(self, chat: Chat) -> None:
        chat.open()
        counter = chat.element.locator(".counter")
        chat.input.fill("车" * 500)
        expect(counter).to_have_text("")
        chat.input.fill("🚗" * 990)
        expect(counter).to_have_text("还可以输入 10 字")
        chat.input.fill("车" * 1003)
        expect(counter).to_have_text("超出 3 字，请删减后再发送")
        chat.input.press("Enter")
        assert chat.from_customer.count() == 0

    def test_nothing_moves_when_the_assistant_types(self, chat: Chat) -> None:
        chat.open()
        chat.ask("你好")
        log = chat.element.locator(".log")
        heights = log.evaluate(
            """log => [false, true].map(on => {
              log.querySelector(".typing").classList.toggle("on", on);
              return [log.scrollHeight, log.querySelector(".message").getBoundingClientRect().top];
            })"""
        )
        assert heights[0] == heights[1]

    def test_it_speaks_to_a_screen_reader(self, chat: Chat) -> None:
        chat.open()
        chat.ask("我想试驾")
        expect(chat.panel).to_have_role("dialog")
        expect(chat.panel).to_have_accessible_name("与小岚对话")
        expect(chat.input).to_have_accessible_name("输入您的问题")
        log = chat.element.get_by_role("log")
        expect(log).to_have_attribute("aria-live", "polite")
        assert "您：" in log.inner_text()
        expect(chat.element.get_by_role("group", name="可选回答").last).to_be_visible()


def conversation_of_strangers() -> dict[str, Any]:
    """A history of two days in which everybody writes HTML."""
    button = {"title": "<b>好</b>", "payload": "/affirm"}
    messages = [
        message(1, "bot", "<i>您好</i>", "2026-11-21T16:30:00+08:00", buttons=[button]),
        message(2, "customer", CONTACT, "2026-11-21T16:31:00+08:00"),
        message(3, "staff", HOSTILE, "2026-11-22T01:30:00+00:00", custom={"name": "林晓"}),
        message(4, "bot", "救援电话 400-000-1188", "2026-11-22T09:31:00+08:00", buttons=[button]),
    ]
    return {"messages": messages, "last_seq": 4}


def message(seq: int, author: str, text: str, time: str, **more: Any) -> dict[str, Any]:
    return {"seq": seq, "author": author, "text": text, "time": time, "buttons": [], "custom": {}, **more}
