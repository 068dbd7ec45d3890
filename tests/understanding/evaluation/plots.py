"""The pictures of docs/understanding.md, as SVG that is the same for the same figures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from tests.understanding.evaluation.findings import SAMPLE, UNSEEN, Findings, System
from tests.understanding.evaluation.measures import MEASURES, Measure, Rate, reliability

OURS, STOCK = "#1a6b8f", "#c2622d"
SHOWN: tuple[tuple[Measure, str], ...] = tuple(
    (measure, style)
    for style, name in (("-", "intent right"), ("--", "topic ranked first"))
    for measure in MEASURES
    if measure.name == name
)
"""Measures in the plots of accuracy, with their lines."""


def draw_all(findings: Findings, folder: Path) -> list[str]:
    """Write the pictures; returns their file names."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {"reliability": _reliability, "learning-curve": _learning_curve}
    if findings.stock:
        pictures["epochs"] = _epochs
    names = []
    for name, draw in pictures.items():
        names.append(f"understanding-{name}.svg")
        with _picture(folder / names[-1]) as axes:
            draw(axes, findings)
    return names


def _reliability(axes: Any, findings: Findings) -> None:
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    shown = [(findings.ours, OURS)] + [(system, STOCK) for system in list(findings.stock.values())[-1:]]
    for system, colour in shown:
        bins = reliability(system.pairs[UNSEEN])
        where = [found.confidence for found in bins]
        low = [found.right.share - found.right.interval[0] for found in bins]
        high = [found.right.interval[1] - found.right.share for found in bins]
        shares = [found.right.share for found in bins]
        axes.errorbar(where, shares, [low, high], fmt="o-", color=colour, capsize=2, label=system.name)
    axes.set(xlabel="confidence", ylabel="share right", xlim=(0, 1.02), ylim=(0, 1.02))


def _epochs(axes: Any, findings: Findings) -> None:
    for measure, style in SHOWN:
        for systems, colour, data in (
            (findings.stock, STOCK, "all"),
            (findings.stock_of_sample, "#e0a37f", f"{SAMPLE} a topic"),
        ):
            rates = [_rate(measure, system) for system in systems.values()]
            axes.plot(
                list(systems),
                [r.share for r in rates],
                f"o{style}",
                color=colour,
                label=f"stock ({data}): {measure.name}",
            )
        ours = _rate(measure, findings.ours).share
        axes.axhline(ours, linestyle=style, color=OURS, label=f"ours (all): {measure.name}")
    axes.set(
        xlabel="epochs of the stock configuration",
        ylabel="share of the unseen rows",
        xticks=list(findings.stock),
    )


def _learning_curve(axes: Any, findings: Findings) -> None:
    topics = len({row.topic for row in findings.data.training if row.topic})
    everything = round(sum(row.topic is not None for row in findings.data.training) / max(1, topics))
    systems = {**findings.curve, everything: findings.ours}
    for measure, style in SHOWN:
        rates = [_rate(measure, system) for system in systems.values()]
        axes.plot(list(systems), [r.share for r in rates], f"o{style}", color=OURS, label=measure.name)
        low, high = zip(*(rate.interval for rate in rates), strict=True)
        axes.fill_between(list(systems), low, high, color=OURS, alpha=0.12, linewidth=0)
    axes.set(xlabel="training questions per topic", ylabel="share of the unseen rows", xticks=list(systems))


def _rate(measure: Measure, system: System) -> Rate:
    return measure.of(system.pairs[UNSEEN])


@contextmanager
def _picture(path: Path) -> Iterator[Any]:
    """Text stays text; no date and no random names, so that a picture changes only with its figures."""
    with matplotlib.rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": path.name, "font.family": "sans-serif"}
    ):
        figure, axes = pyplot.subplots(figsize=(6.4, 4.2))
        yield axes
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.legend(fontsize=8, frameon=False)
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None}, facecolor="white")
        pyplot.close(figure)
    path.write_text("\n".join(line.rstrip() for line in path.read_text("utf-8").splitlines()) + "\n", "utf-8")
