"""Customer and consultant together: the widget on one side, the workplace on the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chat import Chat
from tests.browser.console import StaffApi
from tests.browser.desk import Desk, conversation_of

PHONE = {"width": 390, "height": 844}
Opens = Callable[..., Desk]


@pytest.fixture(scope="module")
def staff(server_url: str) -> StaffApi:
    return StaffApi(server_url)


@pytest.fixture
def desks(browser: Browser, server_url: str) -> Iterator[Opens]:
    """Opens the workplace for somebody, each in a browser of their own; their scripts must not fail."""
    problems: list[str] = []
    with ExitStack() as opened:

        def open_desk(person: tuple[str, str], **settings: object) -> Desk:
            context = opened.enter_context(_context(browser, **settings))
            page = context.new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            return Desk(page, server_url).sign_in(*person)

        yield open_desk
    assert problems == []


@contextmanager
def _context(browser: Browser, **settings: object) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="zh-CN", **({"viewport": {"width": 1280, "height": 860}} | settings))  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    yield context
    context.close()


def waits(chat: Chat) -> str:
    """The customer asks for a person; gives the conversation."""
    chat.open()
    chat.ask("我想找人工顾问")
    return conversation_of(chat.page)


def reconnect(desk: Desk) -> None:
    """The line is free again, and the browser says so: no need to wait for the next attempt."""
    desk.page.unroute("**/api/staff/stream**")
    desk.page.evaluate("dispatchEvent(new Event('online'))")


def test_a_customer_is_served_by_a_person_and_goes_on_with_the_bot(
    chat: Chat, staff: StaffApi, desks: Opens
) -> None:
    chat.open()
    chat.ask("我想试驾 X5")
    chat.ask("我想找人工顾问")
    id_ = conversation_of(chat.page)
    desk = desks(staff.hire("consultant", name="林晓", skills=["sales"]))

    desk.scope("排队")
    desk.line(id_).click()
    expect(desk.state).to_contain_text("排队中 · 要求人工")
    expect(desk.texts.filter(has_text="我想试驾 X5")).to_have_count(1)
    expect(desk.page.locator(".understood summary").first).to_contain_text("机器人理解：预约试驾")
    desk.take()
    expect(chat.element.locator(".role")).to_have_text("顾问 林晓 正在为您服务")

    chat.input.press_sequentially("想问")
    expect(desk.page.locator(".writing")).to_have_text("客户正在输入…")
    chat.say("想问问 X5 有现车吗")
    expect(desk.texts.last).to_have_text("想问问 X5 有现车吗")
    expect(desk.page.locator(".writing")).to_have_text("")

    desk.input.press_sequentially("有")
    expect(chat.element.locator(".typing.on")).to_contain_text("顾问 林晓")
    desk.say("有的，城东店两台。")
    expect(chat.element.locator(".message.staff .text").last).to_have_text("有的，城东店两台。")
    expect(chat.element.locator(".message.staff .name").last).to_have_text("顾问 林晓")
    expect(desk.messages.filter(has_text="城东店两台").locator(".reach")).to_have_text("已读")

    _sends_a_standard_reply(desk, chat)
    desk.page.get_by_role("button", name="内部备注").click()
    desk.say("客户在意交车时间")
    expect(desk.messages.filter(has_text="客户在意交车时间")).to_have_class(re.compile("internal"))

    desk.button("交回机器人").click()
    desk.page.get_by_label("告诉机器人办了什么").fill("现车情况已说明")
    desk.page.get_by_role("button", name="交回", exact=True).click()
    expect(desk.state).to_contain_text("机器人接待中")
    expect(chat.element.locator(".role")).to_contain_text("智能助手")
    assert "客户在意交车时间" not in "".join(chat.transcript())
    assert chat.ask("你们几点关门？")
    chat.assert_same_after_reload()


def _sends_a_standard_reply(desk: Desk, chat: Chat) -> None:
    desk.input.fill("/")
    search = desk.page.get_by_label("搜索标准话术")
    expect(search).to_be_focused()
    search.press_sequentially("dddz")
    expect(desk.page.locator(".picker [role=option]")).to_have_count(1)
    search.press("Enter")
    expect(desk.input).to_have_value(re.compile("^【门店】的地址是【门店地址】"))
    desk.input.press("Enter")
    expect(desk.problem).to_have_text("请先填写【门店】")
    desk.input.fill("城东店的地址是江州市城东区迎宾大道 88 号。")
    desk.input.press("Enter")
    expect(chat.element.locator(".message.staff .text").last).to_contain_text("迎宾大道 88 号")


def test_of_two_who_race_one_gets_it_and_the_other_reads_why(
    chat: Chat, staff: StaffApi, desks: Opens
) -> None:
    id_ = waits(chat)
    first, second = (desks(staff.hire("consultant", name=name)) for name in ("林晓", "陈晨"))
    for desk in (first, second):
        desk.open(id_)
        expect(desk.button("接手")).to_be_visible()
    second.page.context.set_offline(True)  # the second has not heard of it when they press the button
    first.take()
    second.page.route("**/api/staff/stream**", lambda route: route.abort())
    second.page.context.set_offline(False)
    second.button("接手").click()

    expect(second.page.locator(".toast.problem")).to_contain_text("对话已由林晓接手")
    reconnect(second)
    expect(second.button("接手")).to_be_hidden()
    expect(second.state).to_contain_text("林晓接待中")
    expect(second.page.get_by_role("button", name="回复客户")).to_be_disabled()
    first.say("您好，我是林晓。")
    expect(chat.element.locator(".message.staff .text")).to_have_text(["您好，我是林晓。"])


def test_a_stale_view_refuses_to_send_and_keeps_the_words(chat: Chat, staff: StaffApi, desks: Opens) -> None:
    id_ = waits(chat)
    desk = desks(staff.hire("consultant", name="林晓"))
    desk.open(id_)
    desk.take()
    desk.page.route("**/api/staff/stream**", lambda route: route.abort())
    desk.page.context.set_offline(True)
    staff.post(f"conversations/{id_}/take", away=True)
    desk.page.context.set_offline(False)
    desk.say("我马上给您查。")

    expect(desk.problem).to_contain_text("没有发出：对话已由管理员接手")
    expect(desk.input).to_have_value("我马上给您查。")
    assert "我马上给您查。" not in "".join(chat.transcript())
    reconnect(desk)
    expect(desk.banner).to_contain_text("这个对话已由管理员接手")
    desk.page.reload()
    expect(desk.input).to_have_value("我马上给您查。")


def test_a_page_that_was_cut_off_catches_up_and_says_so(chat: Chat, staff: StaffApi, desks: Opens) -> None:
    id_ = waits(chat)
    desk = desks(staff.hire("consultant", name="林晓"))
    desk.open(id_)
    desk.take()
    told = staff.get(f"conversations/{id_}/messages")[-1]["seq"]
    expect(desk.messages.last).to_have_attribute("data-seq", str(told))
    desk.page.context.set_offline(True)
    expect(desk.banner).to_have_text("已断开，正在重连…")
    for text in ("第一句", "第二句", "第三句"):
        chat.say(text)
        expect(chat.from_customer.last).to_have_text(text)
    desk.say("还没连上")
    expect(desk.problem).to_contain_text("网络断开了")
    desk.page.context.set_offline(False)

    expect(desk.banner).to_contain_text("已重新连上，补上 3 条消息。")
    assert desk.texts.all_inner_texts()[-3:] == ["第一句", "第二句", "第三句"]
    desk.input.press("Enter")
    expect(chat.element.locator(".message.staff .text")).to_have_text(["还没连上"])
    seqs = desk.messages.evaluate_all("nodes => nodes.map(node => Number(node.dataset.seq))")
    assert seqs == sorted(set(seqs))


def test_new_work_is_counted_in_the_title_and_does_not_move_the_reader(
    chat: Chat, staff: StaffApi, desks: Opens
) -> None:
    desk = desks(staff.hire("consultant", name="林晓"))
    desk.be("离开")
    desk.page.locator("#mute").click()
    desk.page.locator("#mute").click()
    rang = desk.page.evaluate("document.documentElement.dataset.rang ?? '0'")
    id_ = waits(chat)
    expect(desk.page).to_have_title(re.compile(r"^\(\d+\) 对话"))
    desk.page.wait_for_function("rang => document.documentElement.dataset.rang !== rang", arg=rang)

    desk.scope("排队")
    desk.line(id_).click()
    desk.take()
    for number in range(12):
        desk.say(f"第 {number} 句\n说明\n说明")
        expect(desk.texts.last).to_contain_text(f"第 {number} 句")
    desk.log.evaluate("node => node.scrollTo({top: 40, behavior: 'instant'})")
    before = desk.log.evaluate("node => node.scrollTop")
    chat.say("还在吗")
    expect(desk.page.locator(".jump")).to_be_visible()
    assert desk.log.evaluate("node => node.scrollTop") == before
    desk.page.locator(".jump").click()
    expect(desk.texts.last).to_be_in_viewport()


def test_on_a_phone_one_column_at_a_time(chat: Chat, staff: StaffApi, desks: Opens) -> None:
    id_ = waits(chat)
    desk = desks(staff.hire("consultant", name="林晓"), viewport=PHONE, has_touch=True)
    desk.scope("排队")
    desk.line(id_).tap()
    expect(desk.title).to_be_visible()
    expect(desk.line(id_)).to_be_hidden()
    desk.take()
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    heights = desk.page.locator("#talk button").evaluate_all(
        "nodes => nodes.filter((n) => n.offsetParent).map((n) => [n.textContent, n.getBoundingClientRect().height])"
    )
    assert [words for words, height in heights if height < 44] == []
    desk.page.get_by_role("button", name="客户资料").tap()
    expect(desk.page.locator("#card")).to_be_visible()
    desk.page.get_by_role("button", name="返回对话").tap()
    desk.page.get_by_role("button", name="返回列表").tap()
    desk.scope("我的")
    expect(desk.line(id_)).to_be_visible()


def test_what_a_customer_writes_is_shown_as_text(
    chat: Chat, staff: StaffApi, desks: Opens, page: Page
) -> None:
    hostile = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    id_ = waits(chat)
    chat.say(f"{hostile} javascript:alert(1)")
    desk = desks(staff.hire("consultant", name=hostile[:40]))
    desk.open(id_)
    desk.take()
    expect(desk.texts.filter(has_text="onerror").first).to_contain_text(hostile)
    desk.say(hostile)
    expect(chat.element.locator(".message.staff .text").last).to_have_text(hostile)
    assert desk.page.locator("main img, main a[href^='javascript']").count() == 0
    assert "taken" not in (desk.page.title(), page.title())
