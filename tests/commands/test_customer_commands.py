"""Customers from and to files, and the daily run of contacts, at the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.terminal import Run

pytestmark = pytest.mark.slow
LINES = "手机号,姓名,车牌,车型,交车日期,里程,里程日期\n13812345678,王小明,浙A·D9001,X5,2026-03-01,4600,2026-11-21\n"


def test_customers_come_in_are_told_and_go_out(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "cars.csv"
    file.write_text(LINES, "gb18030")
    tried = run("customers", "import", str(file), "--dry-run", "--author", "lin")
    assert tried == (
        0,
        "新客户 1 位，新车 1 辆，更新 0 行，没有变化 0 行（只是试运行，什么也没有写入）\n",
        "",
    )
    assert run("customers", "import", str(file))[1] == "新客户 1 位，新车 1 辆，更新 0 行，没有变化 0 行\n"

    out = run("outreach", "--dry-run")[1]
    assert "首次保养\t电话任务\t1" in out
    assert run("outreach")[1].replace("已安排", "将联系") == out
    assert "已安排 0 次" in run("outreach")[1]

    every = tmp_path / "all.xlsx"
    assert run("customers", "export", str(every))[1].startswith("已导出 6 行到")  # with the demo's five
    assert run("customers", "import", str(every))[1] == "新客户 0 位，新车 0 辆，更新 0 行，没有变化 6 行\n"

    file.write_text(LINES.replace("X5", "X9"), "utf-8")
    code, out, err = run("customers", "import", str(file))
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "zhanting: cars.csv: nothing was imported (1 to mend)",
        "第 2 行：车型：没有“X9”这个车型",
    ]
