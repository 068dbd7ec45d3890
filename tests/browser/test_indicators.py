"""The pages of indicators over a made-up year: what they show is what plain Python counts from the rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bot.domain.indicators import read_period
from bot.services.indicators.tables import UNITS, number
from tests.api.served import served
from tests.browser.axe import grave_issues
from tests.browser.console import sign_in
from tests.indicators.demo import demo_content
from tests.indicators.recount import Dump, Recount
from tests.indicators.year import Year
from tests.server import PASSWORD

HOME = "/console/indicators"


@pytest.fixture(scope="module")
def dealer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Dump]]:
    with served(tmp_path_factory.mktemp("dealer"), ZHANTING_RATE_LIMIT="off") as whole:
        Year(160).into(whole.database)
        yield str(whole.client.base_url).rstrip("/"), Dump(whole.database)


def go(page: Page, url: str, path: str = HOME) -> None:
    sign_in(page, url, HOME, password=PASSWORD)
    page.goto(url + path)


@pytest.mark.parametrize("asked", ["period=2026-10", "period=2026-Q3&store=east"])
@pytest.mark.parametrize("path", [HOME, f"{HOME}/report"])
def test_the_page_shows_what_the_rows_say(
    page: Page, dealer: tuple[str, Dump], path: str, asked: str
) -> None:
    url, dump = dealer
    go(page, url, f"{path}?{asked}")
    shown = page.locator("li[data-id], tr[data-id]").evaluate_all(
        "all => all.map(each => [each.dataset.id, each.querySelector('[data-value]').textContent.trim()])"
    )
    period, store = read_period(asked.split("&")[0][7:]), "east" if "east" in asked else None
    indicators = demo_content().indicators
    assert [id_ for id_, _ in shown] == list(indicators)
    for id_, text in shown:
        indicator = indicators[id_]
        own = period.within(indicator.period)
        value = None if indicator.by_hand else Recount(dump, own.first, own.end, store).value(id_)
        assert text == ("—" if value is None else number(value) + UNITS[indicator.unit]), id_


def test_a_figure_leads_to_what_is_behind_it(page: Page, dealer: tuple[str, Dump]) -> None:
    url, dump = dealer
    go(page, url, f"{HOME}?period=2026-10")
    page.get_by_role("link", name="试驾→成交").click()
    recount = Recount(dump, read_period("2026-10").first, read_period("2026-10").end, None)
    expect(page.locator("#rows tbody tr")).to_have_count(len(recount.drives()))
    expect(page.locator("#past svg title")).to_have_text("试驾→成交")
    page.get_by_role("link", name="城西店").click()
    expect(page.locator("h1")).to_contain_text("城西店")
    page.locator("#rows").get_by_role("link", name="看对话").first.click()
    page.wait_for_url("**/console/conversations/y*")


def test_pictures_have_words_and_numbers(page: Page, dealer: tuple[str, Dump]) -> None:
    url, dump = dealer
    go(page, url, f"{HOME}?period=2026-10")
    for place in ("way", "heat", "complaints", "contacts"):
        assert page.locator(f"#{place} svg[role=img] > title").first.text_content()
    first, end = read_period("2026-10").first, read_period("2026-10").end
    recount = Recount(dump, first, end, None)
    wrote = {
        row["conversation_id"]
        for row in dump["messages"]
        if row["author"] == "customer" and recount.within(row["created_at"])
    }
    assert f"咨询 {len(wrote)}；" in str(page.locator("#way svg > desc").text_content())
    page.locator("#heat summary").click()
    touched = [row["created_at"] for row in dump["messages"] if row["author"] == "customer"]
    touched += [row["sent_at"] for row in dump["outreach"] if row["sent_at"]]
    counts = [[0] * 24 for _ in range(7)]
    for at in filter(recount.within, touched):
        counts[at.weekday()][at.hour] += 1
    cells = page.locator("#heat tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td')].map(cell => Number(cell.textContent)))"
    )
    assert cells == counts


def test_a_training_is_entered(page: Page, dealer: tuple[str, Dump]) -> None:
    url, _ = dealer
    go(page, url, f"{HOME}/trainings?period=2026-09&store=east")
    expect(page.locator("#figure [data-value]")).to_have_text("—")
    page.get_by_label("数值").fill("2")
    page.get_by_label("说明").fill("新车型培训")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#figure [data-value]")).to_have_text("2次")
    expect(page.locator("#entered")).to_contain_text("admin 于")
    expect(page.locator("#figure")).to_contain_text("达标")


def test_the_table_for_a_spreadsheet(page: Page, dealer: tuple[str, Dump]) -> None:
    url, _ = dealer
    go(page, url, f"{HOME}?period=2026-10&store=east")
    with page.expect_download() as started:
        page.get_by_role("link", name="导出 CSV").click()
    assert started.value.suggested_filename == "indicators-2026-10-east.csv"
    text = started.value.path().read_text("utf-8-sig")
    table = {row["编号"]: row for row in csv.DictReader(text.splitlines())}
    shown = page.locator("[data-id=nps] [data-value]").text_content()
    assert (table["nps"]["数值"], table["nps"]["门店"]) == (shown, "城东店")
    assert table["consult_to_test_drive"]["数值"] == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_everybody_can_read_it(
    context: BrowserContext, dealer: tuple[str, Dump], scheme: str
) -> None:
    url, _ = dealer
    page = context.new_page()  # not the one that minds the policy: axe sets styles
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 390, "height": 844})
    for path in (HOME, f"{HOME}/report", f"{HOME}/nps"):
        go(page, url, f"{path}?period=2026-10")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert grave_issues(page) == []


def test_the_report_is_for_paper(page: Page, dealer: tuple[str, Dump]) -> None:
    url, _ = dealer
    go(page, url, f"{HOME}/report?period=2026-10")
    page.emulate_media(media="print")
    expect(page.locator("header.bar")).to_be_hidden()
    expect(page.get_by_role("button", name="打印")).to_be_hidden()
    assert page.pdf(format="A4", prefer_css_page_size=True).count(b"/Type /Page\n") <= 4
