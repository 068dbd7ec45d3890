"""The figures as a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.indicators import Standing, Unit
from bot.services.exchange.sheets import table_bytes
from bot.services.indicators.figures import Figure

UNITS = {Unit.PERCENT: "%", Unit.POINTS: "分", Unit.NPS: "", Unit.TIMES: "次"}
STANDINGS = {Standing.REACHED: "达标", Standing.MISSED: "未达标", Standing.NONE: ""}
ALL_STORES = "全部门店"
COLUMNS = ("编号", "指标", "期间", "门店", "数值", "单位", "目标", "达标", "分子", "分母", "来源", "口径")


def number(value: float | None) -> str:
    """At most one digit behind the point; "" for nothing."""
    if value is None:
        return ""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # + 0.0: no "-0"


def target_words(figure: Figure) -> str:
    """ "≥ 90", "1–2"; "" where the store sets it."""
    indicator = figure.indicator
    if indicator.target is None:
        return ""
    if indicator.target_most is not None:
        return f"{number(indicator.target)}–{number(indicator.target_most)}"
    return f"≥ {number(indicator.target)}"


def csv_of(figures: Iterable[Figure], store_name: str) -> bytes:
    """As CSV that spreadsheets open."""
    return table_bytes("indicators.csv", COLUMNS, (_row(each, store_name) for each in figures))


def _row(figure: Figure, store_name: str) -> dict[str, str]:
    indicator, counted = figure.indicator, figure.counted
    values = (
        indicator.id,
        indicator.name,
        figure.period.id,
        store_name,
        number(figure.value),
        UNITS[indicator.unit],
        target_words(figure),
        STANDINGS[figure.standing],
        number(counted.hits) if counted else "",
        str(counted.cases) if counted else "",
        "人工填写" if indicator.by_hand else "系统统计",
        indicator.counts,
    )
    return dict(zip(COLUMNS, values, strict=True))
