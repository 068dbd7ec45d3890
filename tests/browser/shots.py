"""Pictures of the console for the documentation: ``python -m tests.browser.shots URL`` writes docs/images/console-*.png.

The server at URL must be a new one with ``ZHANTING_ADMIN_PASSWORD`` as the tests have it: the pictures show what happens in
it. A page that wants to be in the documentation gets a function in ``PAGES``.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chat import Chat
from tests.browser.conftest import BROWSERS, FLAGS
from tests.browser.console import StaffApi, sign_in
from tests.browser.desk import Desk, conversation_of

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
UNANSWERED = ("那个东西怎么弄的呀", "那个东西怎么弄的呀", "车里能装火炉吗", "可以拿骆驼抵车款吗")


@dataclass
class Studio:
    """A browser before a running server, with a consultant and a conversation that they have taken."""

    browser: Browser
    url: str
    staff: StaffApi
    consultant: tuple[str, str]
    conversation: str = ""

    def open(self, viewport: dict[str, int], scheme: str = "light") -> Page:
        context = self.browser.new_context(
            viewport=viewport,  # type: ignore[arg-type]
            color_scheme=scheme,  # type: ignore[arg-type]
            locale="zh-CN",
            device_scale_factor=2 if viewport is PHONE else 1,
        )
        return context.new_page()

    def desk(self, viewport: dict[str, int], scheme: str = "light") -> Desk:
        return Desk(self.open(viewport, scheme), self.url).sign_in(*self.consultant)


def workplace(studio: Studio) -> None:
    """A conversation in the middle of it, with more people waiting."""
    customer = studio.open(DESKTOP)
    customer.goto(studio.url)
    chat = Chat(customer)
    chat.open()
    chat.ask("X5 和 X7 有什么区别？")
    chat.ask("我想试驾 X5")
    chat.ask("转人工")
    studio.staff.says("shots-rescue", "我要投诉，上次保养没有做完")
    studio.staff.says("shots-person", "转人工")
    studio.conversation = conversation_of(customer)
    desk = studio.desk(DESKTOP)
    desk.be("在线")
    desk.open(studio.conversation)
    if desk.button("接手").is_visible():
        desk.take()
    desk.say("您好，X5 是紧凑型 SUV，X7 大一号，有五座和七座。您平时几个人用车？")
    chat.say("一家四口，周末常跑长途")
    expect(desk.texts.last).to_have_text("一家四口，周末常跑长途")
    desk.page.get_by_role("button", name="内部备注").click()
    desk.say("四口之家，可以推荐 X7 五座")
    desk.page.get_by_role("button", name="回复客户").click()
    desk.input.fill("那我建议您两款都试一下，")
    desk.scope("我的")
    shoot(desk.page, "workplace")
    desk.input.fill("/")
    desk.page.locator(".picker [role=option]").first.wait_for()
    shoot(desk.page, "standard-replies")
    shoot(customer, "widget-adviser")


def workplace_in_the_dark(studio: Studio) -> None:
    desk = studio.desk(DESKTOP, "dark")
    desk.open(studio.conversation)
    shoot(desk.page, "workplace-dark")


def workplace_on_a_phone(studio: Studio) -> None:
    desk = studio.desk(PHONE)
    shoot(desk.page, "list-phone")
    desk.open(studio.conversation)
    shoot(desk.page, "workplace-phone")


def administration(studio: Studio) -> None:
    """People, the audit log and the settings, as an administrator sees them."""
    studio.staff.hire("service_adviser", name="赵磊")
    studio.staff.hire("manager", name="孙丽", stores=["west"])
    for viewport, suffix in ((DESKTOP, ""), (PHONE, "-phone")):
        page = studio.open(viewport)
        sign_in(page, studio.url, "/console/users")
        page.get_by_role("listitem").first.wait_for()
        shoot(page, f"users{suffix}")
        for path in ("audit", "settings", "me"):
            page.goto(f"{studio.url}/console/{path}")
            shoot(page, f"{path}{suffix}")


def customers_and_appointments(studio: Studio) -> None:
    """A day on the board with a drop-out, a customer's page, leads and cases."""
    staff = studio.staff
    east = {"store": "east", "phone": "13700001111"}
    service = {"kind": "service", "items": ["regular_service"], **east}
    staff.post("appointments", kind="test_drive", model="s6", start="2026-11-23T14:00", name="李静", **east)
    staff.post("appointments", model="x5", start="2026-11-23T10:30", name="韩梅", **service)
    owner = {**service, "phone": "13800000003", "items": ["ev_service"], "plate": "浙AF30303"}
    staff.post("appointments", model="e5", start="2026-11-23T13:00", name="张一帆", **owner)
    out = {"start": "2026-11-23T08:30", "end": "2026-11-23T12:00", "reason": "举升机检修"}
    staff.post("outages", resource="east-bay-2", **out)
    customer = staff.get("customers", q="13800000003")[0]["id"]
    for viewport, suffix in ((DESKTOP, ""), (PHONE, "-phone")):
        page = studio.open(viewport)
        sign_in(page, studio.url, "/console/me")
        for name, path in (
            ("appointments", "appointments?store=east&day=2026-11-23"),
            ("appointments-week", "appointments?store=east&day=2026-11-23&view=week"),
            ("customer", f"customers/{customer}"),
            ("customers", "customers"),
            ("leads", "leads"),
            ("cases", "cases"),
        ):
            page.goto(f"{studio.url}/console/{path}")
            shoot(page, f"{name}{suffix}")


def content(studio: Studio) -> None:
    """Answers, templates, standard replies, what was not understood, a sentence tried, what goes out, and the way in."""
    for number, words in enumerate(UNANSWERED):
        studio.staff.says(f"shots-unanswered-{number}", words)
    for viewport, suffix in ((DESKTOP, ""), (PHONE, "-phone")):
        page = studio.open(viewport)
        page.goto(f"{studio.url}/console/login")
        shoot(page, f"login{suffix}")
        sign_in(page, studio.url, "/console/me")
        for name, path, ready in (
            ("faq", "faq", ".entry"),
            ("faq-entry", "faq/store.parking", "#preview .message"),
            ("templates", "templates", ".entry"),
            ("standard-reply", "standard-replies/standard.test_drive_booked", "#preview .message"),
            ("unanswered", "unanswered", ".sentence"),
            ("outbox", "outbox", "main h1"),
        ):
            page.goto(f"{studio.url}/console/{path}")
            page.locator(ready).first.wait_for()
            shoot(page, f"{name}{suffix}")
        page.goto(f"{studio.url}/console/try")
        page.get_by_label("说一句试试").last.fill("周六下午三点想去城东店试驾 X5")
        page.keyboard.press("Enter")
        page.locator(".facts").wait_for()
        shoot(page, f"try{suffix}")


PAGES: tuple[Callable[[Studio], None], ...] = (
    workplace,
    workplace_in_the_dark,
    workplace_on_a_phone,
    administration,
    customers_and_appointments,
    content,
)


def shoot(page: Page, name: str) -> None:
    """Once everything has its place."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(600)
    page.screenshot(path=IMAGES / f"console-{name}.png")


def main(url: str) -> None:
    path = next(filter(None, map(shutil.which, BROWSERS)))
    staff = StaffApi(url)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        consultant = staff.hire("consultant", name="林晓", skills=["sales"], stores=["east"])
        studio = Studio(browser, url, staff, consultant)
        for page in PAGES:
            page(studio)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
