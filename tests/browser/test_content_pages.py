"""FAQ answers, templates and the unanswered list in the console, and what the next customer gets."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.console import StaffApi, sign_in

TOPIC, TITLE, QUESTION = "member.birthday", "生日", "过生日有礼物吗"
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def staff(server_url: str) -> StaffApi:
    return StaffApi(server_url)


@pytest.fixture
def birthday(staff: StaffApi) -> Iterator[str]:
    """A topic whose words are the old ones again afterwards; gives them as a customer gets them."""
    yield said(staff, QUESTION)
    current = staff.get(f"faq/{TOPIC}")
    if current["draft"]:
        staff.post(f"faq/{TOPIC}/retire", version=current["draft"]["version"])
    staff.post(f"faq/{TOPIC}/rollback", version=1)


@pytest.fixture
def visits(page: Page, server_url: str) -> Callable[[str], None]:
    """Goes to a page of the console as the administrator."""

    def go(path: str) -> None:
        if "/console" not in page.url:
            sign_in(page, server_url, path)
        else:
            page.goto(server_url + path)

    return go


def said(staff: StaffApi, text: str) -> str:
    """The answer that a new customer gets."""
    return str(staff.says(f"asks-the-pages-{next(_numbers)}", text)[0]["text"])


def bubble(page: Page) -> Locator:
    return page.locator("#preview .message .text")


def toast(page: Page, words: str) -> Locator:
    return page.locator(".toast", has_text=words)


def test_an_edit_is_previewed_published_and_rolled_back(
    page: Page, visits: Callable[[str], None], staff: StaffApi, birthday: str
) -> None:
    visits("/console/faq")
    page.get_by_label("搜索").fill(TITLE)
    page.locator(".entry", has_text=TOPIC).click()
    expect(bubble(page)).to_have_text(birthday)

    page.get_by_label("答案").fill("{brand}祝您生日快乐，到店有蛋糕。")
    expect(bubble(page)).to_have_text("青岚汽车祝您生日快乐，到店有蛋糕。")
    expect(page.locator("#dirty")).to_have_text("有未保存的修改")
    assert said(staff, QUESTION) == birthday
    page.get_by_role("button", name="发布", exact=True).click()
    expect(toast(page, "已发布")).to_be_visible()
    assert said(staff, QUESTION) == "青岚汽车祝您生日快乐，到店有蛋糕。"

    newest = page.locator("#history > li").first
    expect(newest).to_contain_text("现在用的")
    newest.get_by_text("和第 1 版的不同").click()
    expect(newest.locator("ins").first).to_be_visible()
    expect(newest.locator("del").first).to_be_visible()
    page.locator("#history > li").last.get_by_role("button", name="恢复这一版").click()
    page.get_by_role("dialog").get_by_role("button", name="恢复").click()
    expect(toast(page, "已恢复")).to_be_visible()
    assert said(staff, QUESTION) == birthday


def test_a_consultant_proposes_and_an_editor_approves(
    page: Page, browser: Browser, server_url: str, staff: StaffApi, birthday: str
) -> None:
    consultant, editor = staff.hire("consultant"), staff.hire("content_editor")
    other = browser.new_context(locale="zh-CN").new_page()
    sign_in(other, server_url, f"/console/faq/{TOPIC}", *consultant)
    other.get_by_label("答案").fill("草稿里的祝福。")
    expect(other.get_by_role("button", name="存为草稿")).to_have_count(0)
    other.get_by_role("button", name="提交审核").click()
    expect(toast(other, "等待审核")).to_be_visible()
    assert said(staff, QUESTION) == birthday

    sign_in(page, server_url, "/console/faq?status=waiting", *editor)
    page.locator(".entry", has_text=TOPIC).click()
    draft = page.locator(".notice", has_text=f"{consultant[0]} 的草稿")
    expect(draft.locator("ins").first).to_contain_text("草稿")
    draft.get_by_role("button", name="批准发布").click()
    expect(toast(page, "已批准")).to_be_visible()
    assert said(staff, QUESTION) == "草稿里的祝福。"
    newest = staff.get(f"faq/{TOPIC}/history")[0]
    assert (newest["author"], newest["approved_by"]) == (consultant[0], editor[0])
    assert staff.get("audit", action="content.approved")[0]["subject"] == f"faq/{TOPIC}"
    other.context.close()


def test_somebody_else_was_faster(
    page: Page, visits: Callable[[str], None], staff: StaffApi, birthday: str
) -> None:
    visits(f"/console/faq/{TOPIC}")
    expect(bubble(page)).to_have_text(birthday)
    page.get_by_label("答案").fill("我写的祝福。")
    staff.put(f"faq/{TOPIC}", answer="同事写的祝福。")
    page.get_by_role("button", name="发布", exact=True).click()

    conflict = page.get_by_role("alert").filter(has_text="您的文字还在表单里")
    expect(conflict.locator("del").first).to_contain_text("同事")
    expect(page.get_by_label("答案")).to_have_value("我写的祝福。")
    assert said(staff, QUESTION) == "同事写的祝福。"
    conflict.get_by_role("button", name="用我的文字覆盖").click()
    expect(toast(page, "已发布")).to_be_visible()
    assert said(staff, QUESTION) == "我写的祝福。"


def test_words_for_a_while_and_out_of_use(
    page: Page, visits: Callable[[str], None], staff: StaffApi, birthday: str
) -> None:
    visits(f"/console/faq/{TOPIC}")
    expect(bubble(page)).to_have_text(birthday)
    page.get_by_label("答案").fill("十二月的祝福。")
    page.get_by_text("只在一段时间里用").click()
    page.get_by_label("从", exact=True).fill("2026-12-01T09:00")
    page.get_by_label("到", exact=True).fill("2026-11-30T09:00")
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator("[data-field=valid_until] .fault")).to_have_text("失效时间要晚于生效时间")
    page.get_by_label("到", exact=True).fill("2026-12-31T00:00")
    page.get_by_role("button", name="发布", exact=True).click()
    planned = page.locator(".notice", has_text="周二 12月1日 09:00 生效")
    planned.get_by_role("button", name="撤下").click()
    expect(planned).to_have_count(0)
    assert said(staff, QUESTION) == birthday

    page.get_by_role("button", name="停用", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="停用").click()
    expect(page.locator(".notice", has_text="已停用")).to_be_visible()
    expect(page.get_by_role("button", name="发布", exact=True)).to_be_disabled()
    assert said(staff, QUESTION) != birthday
    page.get_by_role("button", name="恢复使用").click()
    expect(toast(page, "已恢复")).to_be_visible()
    assert said(staff, QUESTION) == birthday


def test_faults_stand_beside_their_field_and_leaving_warns(
    page: Page, visits: Callable[[str], None], birthday: str
) -> None:
    visits(f"/console/faq/{TOPIC}")
    expect(bubble(page)).to_have_text(birthday)
    page.get_by_label("答案").fill("在 {nowhere}")
    fault = page.locator("[data-field=answer] .fault")
    expect(fault).to_have_text("没有变量 {nowhere}")
    expect(page.get_by_label("答案")).to_have_attribute("aria-describedby", "fault-answer")
    page.get_by_role("button", name="加一个按钮").click()
    page.get_by_role("button", name="发布", exact=True).click()
    expect(fault).to_be_visible()

    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("link", name="← 问答").click()
    page.wait_for_url("**/console/faq")
    assert asked == ["beforeunload"]


def test_a_sentence_becomes_a_question_of_a_topic(
    page: Page, visits: Callable[[str], None], staff: StaffApi
) -> None:
    for _ in range(2):
        said(staff, "mnbv poiu trew")
    visits("/console/unanswered")
    line = page.locator(".sentence", has_text="mnbv poiu trew")
    expect(line).to_contain_text("2 次")
    line.get_by_label("加到别的主题").fill(f"{staff.get('faq/store.parking')['title']}（store.parking）")
    line.get_by_role("button", name="加", exact=True).click()
    expect(toast(page, "已加到")).to_be_visible()
    expect(line).to_have_count(0)
    assert "停车位" in said(staff, "mnbv poiu trew")
    page.get_by_role("button", name="已解决").click()
    expect(page.locator(".sentence", has_text="mnbv poiu trew")).to_contain_text("管理员 处理")


def test_a_sentence_becomes_an_answer_of_its_own(
    page: Page, visits: Callable[[str], None], staff: StaffApi
) -> None:
    said(staff, "lkjh gfds aqwe")
    visits("/console/unanswered")
    line = page.locator(".sentence", has_text="lkjh gfds aqwe")
    expect(line.get_by_role("link", name="看对话")).to_have_attribute(
        "href", re.compile("/console/conversations/.")
    )
    line.get_by_role("link", name="新建问答").click()
    expect(page.get_by_label("问法")).to_have_value("lkjh gfds aqwe")
    page.get_by_label("标题").fill("钢琴")
    page.get_by_label("分类").select_option("store")
    expect(page.get_by_label("编号")).to_have_value("store.gang_qin")
    page.get_by_label("答案").fill("城东店有一架钢琴。")
    page.get_by_role("button", name="发布", exact=True).click()
    page.wait_for_url("**/console/faq/store.gang_qin")
    expect(toast(page, "已发布")).to_be_visible()
    assert said(staff, "lkjh gfds aqwe") == "城东店有一架钢琴。"
    page.goto(page.url.replace("faq/store.gang_qin", "unanswered"))
    expect(page.locator("#count")).to_contain_text("共")
    expect(line).to_have_count(0)


def test_the_keyboard_goes_through_the_list(
    page: Page, visits: Callable[[str], None], staff: StaffApi
) -> None:
    said(staff, "yuio hjkl vbnm")
    visits("/console/unanswered")
    line = page.locator(".sentence", has_text="yuio hjkl vbnm")
    expect(line).to_be_visible()
    for _ in range(page.locator(".sentence").count()):
        page.keyboard.press("j")
        if line.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.press("x")
    expect(line).to_have_count(0)
    assert "yuio hjkl vbnm" in [row["text"] for row in staff.get("unanswered", state="ignored")]


def test_what_is_written_is_shown_as_text(page: Page, visits: Callable[[str], None], staff: StaffApi) -> None:
    title = HOSTILE[:30]
    buttons = [{"title": "<b>x</b>", "topic": "store.hours"}]
    entry = {"title": title, "answer": HOSTILE, "questions": [HOSTILE], "buttons": buttons, "note": HOSTILE}
    staff.put("faq/store.hostile", **entry)
    staff.put("faq/store.hostile", answer=f"{HOSTILE}！", draft=True)
    said(staff, f"{HOSTILE} zxcvqwerty")

    visits("/console/faq?q=hostile")
    expect(page.locator(".entry strong")).to_have_text(title)
    page.locator(".entry").click()
    expect(page.locator("#heading")).to_have_text(title)
    expect(bubble(page)).to_have_text(HOSTILE)
    expect(page.locator("#preview .choice")).to_have_text("<b>x</b>")
    expect(page.locator("#history > li").first).to_contain_text("草稿")
    for path in ("/console/unanswered", "/console/faq/new", "/console/try"):
        visits(path)
        page.wait_for_load_state("networkidle")
        assert page.title() != "taken"
        assert page.locator("main img, main b").count() == 0
    staff.post("faq/store.hostile/retire")


def test_a_template_is_previewed_with_examples(
    page: Page, visits: Callable[[str], None], staff: StaffApi
) -> None:
    visits("/console/templates/utter_clock")
    expect(bubble(page)).to_have_text("现在是 周六 11月28日 14:00。")
    expect(page.locator("tbody tr", has_text="{time}")).to_contain_text("时间")
    page.get_by_text("某个渠道用不同的文字").click()
    page.get_by_label("微信").fill("微信里现在是 {time}")
    page.get_by_label("渠道", exact=True).select_option("wechat")
    expect(bubble(page)).to_have_text("微信里现在是 周六 11月28日 14:00")
    assert staff.get("templates/utter_clock")["channels"] == {}
    page.get_by_role("button", name="放弃修改").click()
    page.get_by_role("dialog").get_by_role("button", name="放弃修改").click()
    expect(page.get_by_label("微信")).to_have_value("")


def test_a_standard_reply_is_made_and_edited(
    page: Page, visits: Callable[[str], None], staff: StaffApi
) -> None:
    visits("/console/templates")
    page.get_by_role("link", name="标准话术", exact=True).click()
    page.get_by_role("link", name="新建标准话术").click()
    page.get_by_label("标题").fill("预约拖车")
    expect(page.get_by_label("编号")).to_have_value("standard.yu_yue_tuo_che")
    page.get_by_label("快捷码").fill("yqsj")
    page.get_by_label("文字").fill("拖车【几点】到，")
    page.locator("[data-insert=customer]").click()
    expect(bubble(page)).to_have_text("拖车【几点】到，王先生")
    page.get_by_role("button", name="发布", exact=True).click()
    fault = page.locator("[data-field=shortcut] .fault")
    expect(fault).to_have_text("快捷码已经给了“邀请试驾”，请换一个")
    page.get_by_label("快捷码").fill("yytc")
    page.get_by_role("button", name="发布", exact=True).click()
    page.wait_for_url("**/console/standard-replies/standard.yu_yue_tuo_che")
    expect(toast(page, "已发布，同事马上可以用")).to_be_visible()
    assert [reply["open"] for reply in staff.get("standard-replies", q="yytc")] == [["几点", "客户称呼"]]

    page.get_by_label("文字").fill("拖车【几点】到。")
    page.get_by_role("button", name="发布", exact=True).click()
    newest = page.locator("#history > li").first
    expect(newest).to_contain_text("第 2 版")
    newest.get_by_text("和第 1 版的不同").click()
    expect(newest.locator("del").first).to_contain_text("customer")
    page.get_by_role("button", name="停用", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="停用").click()
    expect(page.locator(".notice", has_text="同事找不到")).to_be_visible()
    assert staff.get("standard-replies", q="yytc") == []


def test_a_sentence_is_tried(page: Page, visits: Callable[[str], None]) -> None:
    visits("/console/try")
    page.get_by_label("说一句试试").last.fill("周六下午三点想试驾")
    page.keyboard.press("Enter")
    facts = page.locator(".facts")
    expect(facts).to_contain_text("进入对话")
    expect(facts).to_contain_text("周六 11月28日 15:00")
    page.get_by_label("说一句试试").last.fill(QUESTION)
    page.keyboard.press("Enter")
    expect(facts).to_contain_text("直接回答")
    expect(page.locator(".understood .message .text")).to_have_text(re.compile("生日"))
