"""The workplace as a consultant sees it: what the tests say instead of selectors."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from tests.browser.console import sign_in

_CONVERSATION = """async () => {
  const key = Object.keys(localStorage).find((name) => name.endsWith(":token"));
  const body = JSON.stringify({ token: JSON.parse(localStorage[key]) });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("/web/session", { method: "POST", headers, body });
  return (await answer.json()).conversation;
}"""


def conversation_of(customer: Page) -> str:
    """The id of the conversation in a customer's widget."""
    return str(customer.evaluate(_CONVERSATION))


class Desk:
    """One member of the staff in front of the workplace."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.lines = page.locator("#lines a")
        self.log = page.locator(".log")
        self.messages = page.locator(".log .message")
        self.texts = page.locator(".log .message .text")
        self.input = page.locator(".composer textarea")
        self.problem = page.locator(".composer .problem")
        self.banner = page.locator(".talk-box .banner")
        self.title = page.locator(".talk-box h1")
        self.state = page.locator(".talk-box .whom p")

    def sign_in(self, username: str, password: str) -> Desk:
        sign_in(self.page, self.url, "/console", username, password)
        self.page.locator("#choose").wait_for()
        return self

    def be(self, presence: str) -> None:
        """在线, 离开 or 离线."""
        with self.page.expect_response("**/api/staff/presence"):
            self.page.get_by_label("我的状态").select_option(label=presence)

    def scope(self, name: str) -> None:
        self.page.locator(".tabs").get_by_role("button", name=name).click()

    def button(self, name: str) -> Locator:
        return self.page.locator(".talk-box > header").get_by_role("button", name=name, exact=True)

    def line(self, conversation: str) -> Locator:
        return self.page.locator(f'#lines a[data-id="{conversation}"]')

    def open(self, conversation: str) -> None:
        self.page.goto(f"{self.url}/console/conversations/{conversation}")
        self.messages.first.wait_for()

    def take(self) -> None:
        self.button("接手").click()
        self.button("转接").wait_for()

    def say(self, text: str) -> None:
        self.input.fill(text)
        self.input.press("Enter")
