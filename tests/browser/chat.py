"""The chat as a customer sees it: what the tests say instead of selectors."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, TimeoutError, expect

CODE = re.compile(r"[A-HJKMNP-Z]{3}[2-9]{3}")
CONTACT = "张伟 13812345678"
QUIET_MS = 500
MOST_TURNS = 12


class Chat:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.element = page.locator("zhanting-chat")
        self.launcher = self._find(".launcher")
        self.panel = self._find(".panel")
        self.input = self._find("textarea")
        self.choices = self._find(".choice")
        self.banner = self._find(".banner")
        self.messages = self._find(".message")
        self.from_customer = self._find(".message.customer .text")
        self.from_bot = self._find(".message.bot .text")
        self.retry = self._find(".retry")

    def _find(self, selector: str) -> Locator:
        return self.element.locator(selector)

    def open(self) -> None:
        self.launcher.click()
        expect(self.panel).to_be_visible()

    def say(self, text: str) -> None:
        self.input.fill(text)
        self.input.press("Enter")

    def ask(self, text: str) -> str:
        """Says `text` and returns the last bubble of the answer."""
        self.say(text)
        return self.wait_for_answer()

    def wait_for_answer(self) -> str:
        """Waits until the assistant has answered the last message and is done; returns its last bubble."""
        try:
            self.page.wait_for_function(_ANSWERED, arg=QUIET_MS)
        except TimeoutError as error:
            state = self.page.evaluate("window.seenState")
            raise AssertionError(
                f"no answer (count, waiting, typing: {state}): {self.transcript()}"
            ) from error
        return self.from_bot.last.inner_text()

    def seqs(self) -> list[int]:
        """Sequence numbers from top to bottom; a message that the server has not confirmed has none yet."""
        found = self.messages.evaluate_all("nodes => nodes.map(node => node.dataset.seq)")
        return [int(seq) for seq in found if seq]

    def press_until(self, key: str, name: str) -> None:
        """Moves the focus with `key` until it is on something of that class."""
        for _ in range(60):
            self.page.keyboard.press(key)
            if self.focused() == name:
                return
        raise AssertionError(f"{name} cannot be reached with {key}")

    def assert_same_after_reload(self) -> None:
        """What the server has is what was on the screen: nothing lost, nothing twice, in this order."""
        before = self.transcript()
        assert self.seqs() == sorted(set(self.seqs()))
        self.page.reload()
        expect(self.messages).to_have_count(len(before))
        assert self.transcript() == before

    def transcript(self) -> list[str]:
        return [text.strip() for text in self._find(".message .text").all_inner_texts()]

    def focused(self) -> str:
        """Class or tag of what has the focus, inside the widget too."""
        return str(self.page.evaluate(_FOCUSED))

    def book(self, choose: Callable[[], None], write: Callable[[str], None], turns: int = MOST_TURNS) -> str:
        """Takes what is offered first until a booking code is named, and returns the code."""
        for _ in range(turns):
            words = self.wait_for_answer()
            if self.booking_code():
                return self.booking_code()
            if self.choices.count():
                choose()
            else:
                write(CONTACT if re.search("姓名|手机|称呼|电话", words) else "明天上午十点")
        raise AssertionError(f"no booking after {turns} turns: {self.transcript()}")

    def booking_code(self) -> str:
        """The code in the answer that follows the customer's last words, or nothing."""
        words = "\n".join(self.from_bot.all_inner_texts()[-2:])
        found = CODE.search(words) if "预约码" in words else None
        return found.group() if found else ""


# True once the last message is not the customer's, nobody types, and nothing has changed for the given time.
_ANSWERED = """quiet => {
  const root = document.querySelector("zhanting-chat").shadowRoot;
  const messages = [...root.querySelectorAll(".message")];
  const waiting = !messages.length || messages.at(-1).classList.contains("customer");
  const state = `${messages.length} ${waiting} ${root.querySelector(".typing").classList.contains("on")}`;
  if (state !== window.seenState) Object.assign(window, { seenState: state, seenAt: performance.now() });
  return state.endsWith("false false") && performance.now() - window.seenAt > quiet;
}"""

_FOCUSED = """() => {
  let node = document.activeElement;
  while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node.className || node.tagName.toLowerCase();
}"""
