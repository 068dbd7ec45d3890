"""The time of a turn over the length of the conversation, both sides, as SVG whose words can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

POINTS = 50
"""Of a curve: so many medians keep the file small."""


def draw(path: Path, ours: Sequence[float], stock: Sequence[float]) -> None:
    """`ours` and `stock`: seconds of turn 1, 2, 3 … of a conversation."""
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "speed", "font.size": 11}):
        figure, axes = pyplot.subplots(figsize=(8, 4.2))
        for name, turns, colour in (("stock Rasa 3.6.21", stock, "#b4491f"), ("Zhanting", ours, "#1f6fb4")):
            places, times = smooth(turns)
            axes.plot(places, times, color=colour, linewidth=2, label=name)
        axes.set(
            xlabel="turn of the conversation", ylabel="milliseconds", title="A question, turn after turn"
        )
        axes.set_yscale("log")
        axes.grid(axis="y", alpha=0.3, which="both")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        figure.tight_layout()
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None}, facecolor="white")
        pyplot.close(figure)


def smooth(turns: Sequence[float]) -> tuple[list[float], list[float]]:
    """Where, and milliseconds: medians of turns that follow one another."""
    step = max(1, -(-len(turns) // POINTS))
    parts = [turns[at : at + step] for at in range(0, len(turns), step)]
    return [number * step + (len(part) + 1) / 2 for number, part in enumerate(parts)], [
        1000 * median(part) for part in parts
    ]
