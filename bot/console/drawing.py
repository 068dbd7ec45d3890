"""Draws charts with matplotlib, in a process of its own that ``bot.console.charts`` starts and asks.

``python -m bot.console.drawing`` reads lines, each a JSON list of charts, and answers each with a line: the list of
their SVGs. It ends with its input, or when nothing was asked for some minutes.

Text stays text, and the colours are those of the page, light or dark. The page's policy allows no inline style
(``bot.console.site.policy``): what matplotlib says in ``style`` becomes attributes. Matplotlib knows no CSS variables:
it is given stand-ins, which are replaced.
"""

from __future__ import annotations

import io
import json
import re
import select
import sys
import warnings
from typing import Any, TextIO
from xml.etree import ElementTree

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bot.console.charts import Bars, Chart, Heat, Line

IDLE = 300.0
"""Seconds without a question after which the process ends."""
WIDTH, DOT = 420, 72
"""In points, as wide as a phone shows it without making the text too small."""
_SIZE = 13
_INK, _MUTED, _LINE, _BAR, _SECOND, _MARK = (f"#0{n}0{n}0{n}" for n in range(1, 7))
_COLOURS = {
    _INK: "var(--text)",
    _MUTED: "var(--muted)",
    _LINE: "var(--line)",
    _BAR: "var(--chart)",
    _SECOND: "var(--chart-2)",
    _MARK: "var(--warn)",
}
_SVG = "http://www.w3.org/2000/svg"


def main(asked: TextIO, answers: TextIO) -> None:
    """Answer until there is nothing more to come."""
    while select.select([asked], [], [], IDLE)[0]:
        line = asked.readline()
        if not line:
            return
        drawn = [draw(_read(**chart)) for chart in json.loads(line)]
        answers.write(json.dumps(drawn) + "\n")
        answers.flush()


def _read(kind: str, **fields: Any) -> Chart:
    chart: Chart = {"Bars": Bars, "Line": Line, "Heat": Heat}[kind](**fields)
    return chart


def draw(chart: Chart) -> str:
    """The SVG of a chart."""
    if isinstance(chart, Bars):
        return _bars(chart)
    return _line(chart) if isinstance(chart, Line) else _heat(chart)


def _bars(chart: Bars) -> str:
    values, seconds = chart.values, chart.seconds
    figure, axes = _canvas(14 + 34 * max(1, len(values)), left=0.31, right=0.14)
    places = range(len(values))
    axes.barh(places, [value for _, value in values], height=0.62, color=_BAR, alpha=0.45 if seconds else 1)
    if seconds:
        axes.barh(places, seconds, height=0.62, color=_SECOND)
    most = max([value for _, value in values] or [0]) or 1
    for place, (_, value) in enumerate(values):
        axes.text(value + most * 0.02, place, f"{value:g}", va="center", color=_INK, size=_SIZE)
    axes.set_yticks(list(places), [_plain(name) for name, _ in values])
    axes.set_xlim(0, most)
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.set_xticks([])
    _bare(axes)
    told = [f"{name} {value:g}" for name, value in values]
    if seconds:
        told = [f"{one}（其中 {part:g}）" for one, part in zip(told, seconds, strict=True)]
    return _svg(figure, chart.title, "；".join(told) or "没有数据")


def _line(chart: Line) -> str:
    values = chart.values
    figure, axes = _canvas(190, left=0.11, right=0.04, bottom=0.15)
    numbers = [float("nan") if value is None else value for _, value in values]
    axes.plot(range(len(values)), numbers, color=_BAR, linewidth=2.5, marker="o", markersize=5)
    if chart.target is not None:
        axes.axhline(chart.target, color=_MARK, linewidth=1.5, linestyle=(0, (5, 4)))
    every = max(1, len(values) // 4)
    shown = [place for place in range(len(values)) if (len(values) - 1 - place) % every == 0]
    axes.set_xticks(shown, [values[place][0] for place in shown])
    axes.set_xlim(-0.4, len(values) - 0.6)
    axes.margins(y=0.15)
    _bare(axes)
    axes.grid(axis="y", color=_LINE)
    axes.set_axisbelow(True)
    told = "；".join(f"{name} {'无' if value is None else format(value, '.1f')}" for name, value in values)
    return _svg(figure, chart.title, told)


def _heat(chart: Heat) -> str:
    figure, axes = _canvas(200, left=0.09, right=0.04, bottom=0.14)
    most = max([number for _, numbers in chart.rows for number in numbers] or [0]) or 1
    for place, (_, numbers) in enumerate(chart.rows):
        for hour, number in enumerate(numbers):
            alpha = 0.1 + 0.9 * number / most if number else 0.04
            axes.add_patch(
                Rectangle((hour + 0.04, place - 0.46), 0.92, 0.92, color=_BAR, alpha=alpha, linewidth=0)
            )
    axes.set_xlim(0, 24)
    axes.set_ylim(len(chart.rows) - 0.5, -0.5)
    axes.set_xticks([0, 6, 12, 18, 24], ["0时", "6时", "12时", "18时", "24时"])
    axes.set_yticks(range(len(chart.rows)), [name for name, _ in chart.rows])
    _bare(axes)
    return _svg(figure, chart.title, chart.description)


def _canvas(height: int, left: float, right: float, bottom: float = 0.0) -> tuple[Any, Any]:
    figure = Figure(figsize=(WIDTH / DOT, height / DOT))
    figure.patch.set_visible(False)
    axes: Any = figure.add_axes((left, bottom, 1 - left - right, 0.97 - bottom))
    axes.patch.set_visible(False)
    return figure, axes


def _plain(name: str) -> str:
    """A dollar sign would begin a formula."""
    return name.replace("$", "＄")


def _bare(axes: Any) -> None:
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, labelsize=_SIZE, labelcolor=_MUTED)


def _svg(figure: Any, title: str, description: str) -> str:
    out = io.StringIO()
    settings = {"svg.fonttype": "none", "svg.hashsalt": title}  # the salt keeps ids of charts apart
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from current font")  # the browser has the fonts
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None})
    return _for_the_page(out.getvalue(), title, description)


def _for_the_page(svg: str, title: str, description: str) -> str:
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)
    referred = set(re.findall(r"#([\w-]+)", svg))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        _restyle(element)
        if element.get("id") not in referred:  # "axes_1" is in every chart
            element.attrib.pop("id", None)
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "class": "chart", "xmlns": _SVG}
    told = ElementTree.Element("desc")
    told.text = description
    name = ElementTree.Element("title")
    name.text = title
    root.insert(0, told)
    root.insert(0, name)
    text = ElementTree.tostring(root, encoding="unicode")
    for colour, variable in _COLOURS.items():
        text = text.replace(colour, variable)
    return text


def _restyle(element: Any) -> None:
    """Presentation attributes instead of ``style``; the font's family is the page's."""
    for declaration in element.attrib.pop("style", "").split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip(), value.strip()
        if name == "font":
            size = re.search(r"([\d.]+)px", value)
            element.set("font-size", size[1] if size else str(_SIZE))
        elif name:
            element.set(name, value)
    for name in [name for name in element.attrib if name.startswith("{")]:
        element.set("href", element.attrib.pop(name))


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
