"""Charts: drawn by a process of their own, safe on a page, and no reason for a page to fail."""

from __future__ import annotations

import re
import signal
import sys
from xml.etree import ElementTree

import pytest

from bot.console import charts
from bot.console.charts import NOT_DRAWN, Bars, Heat, Line, Painter

PAGE = {
    "bars": Bars("按类型", [("<b>$x^2$", 3.0), ("等待", 0.0)], seconds=[1.0, 0.0]),
    "none": Bars("空的", []),
    "line": Line("NPS", [("2026-09", None), ("2026-10", -12.5)], 50),
    "heat": Heat("触点", [("周一", [0] * 23 + [4])], "最多的是周一 23 时"),
}


@pytest.fixture(scope="module")
def painter() -> Painter:
    return Painter()


def test_each_is_an_image_with_words(painter: Painter) -> None:
    drawn = painter.draw(PAGE)
    told = {name: [each.text for each in ElementTree.fromstring(svg)[:2]] for name, svg in drawn.items()}
    ns = "{http://www.w3.org/2000/svg}"
    assert ElementTree.fromstring(drawn["bars"])[0].tag == f"{ns}title"
    assert told == {
        "bars": ["按类型", "<b>$x^2$ 3（其中 1）；等待 0（其中 0）"],
        "none": ["空的", "没有数据"],
        "line": ["NPS", "2026-09 无；2026-10 -12.5"],
        "heat": ["触点", "最多的是周一 23 时"],
    }


def test_a_page_takes_it_as_it_is(painter: Painter) -> None:
    """No style, no colour that is not the page's, no id twice, text as text."""
    whole = "".join(painter.draw(PAGE).values())
    assert "style=" not in whole
    assert "<style" not in whole
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', whole)) <= {"none"} | {
        f"var(--{name})" for name in ("text", "muted", "line", "chart", "chart-2", "warn")
    }
    ids = re.findall(r'\bid="([^"]*)"', whole)
    assert len(set(ids)) == len(ids)
    assert re.search(r"<text[^>]*>&lt;b&gt;＄x\^2＄</text>", whole)


def test_matplotlib_stays_out_of_the_server(painter: Painter) -> None:
    painter.draw(PAGE)
    assert "bot.console.drawing" not in sys.modules


def test_a_process_that_is_gone_is_no_matter(painter: Painter) -> None:
    painter.draw(PAGE)
    process = painter._process
    assert process is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert "<svg" in painter.draw(PAGE)["line"]
    assert painter._process is not process


def test_when_drawing_fails_the_page_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(charts.sys, "executable", "/bin/false")
    assert Painter().draw(PAGE) == dict.fromkeys(PAGE, NOT_DRAWN)
    assert "charts could not be drawn" in caplog.text
