"""Bookings and the dealership from and to files, at the terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.commands.terminal import BOOK, Run, booked

pytestmark = pytest.mark.slow


def test_bookings_go_out_and_come_in(run: Run, tmp_path: Path) -> None:
    booked(run)
    for name in ("all.csv", "all.yml"):
        file = str(tmp_path / name)
        assert run("booking", "export", file)[1] == f"已导出 1 个预约到 {file}\n"
        assert run("booking", "import", file)[1] == "新预约 0 个，历史记录 0 个，没有变化 1 个\n"
    old = tmp_path / "old.csv"
    old.write_text("类型,门店,车型,时间,姓名,手机\n试驾,城东,X7,2026/11/28 14:00,李,13812345670\n", "utf-8")
    tried = run("booking", "import", str(old), "--dry-run")[1]
    assert "只是试运行" in tried
    assert "新预约 1 个" in tried
    done = run("booking", "import", str(old))[1]
    assert "第 2 行" in done
    assert "城东 X7 试驾车、陈立" in done
    old.write_text(
        "类型,门店,车型,时间,姓名,手机\n试驾,城东,X7,2026/11/28 14:30,孙,13812345671\n试驾,,,,,\n", "utf-8"
    )
    code, out, err = run("booking", "import", str(old))
    assert (code, out) == (1, "")
    assert err.splitlines()[:3] == [
        "zhanting: old.csv: nothing was imported (6 to mend)",
        "第 2 行：2026-11-28 14:30 试驾车已经被约走了",
        "第 3 行：没有“”这家门店",
    ]


def test_the_dealership_goes_out_and_comes_in(run: Run, tmp_path: Path) -> None:
    code = booked(run)
    for name in ("dealer.yml", "dealer", "cars.csv"):
        assert "已导出" in run("dealership", "export", str(tmp_path / name))[1]
        taken = run("dealership", "import", str(tmp_path / name), "--remove")[1]
        assert re.fullmatch(r"没有变化 \d+ 条\n", taken), taken
    file = tmp_path / "cars.csv"
    lines = file.read_text("utf-8-sig").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "east-car-x5" not in line), "utf-8")

    assert (
        "仍然保留（要撤下请加 --remove） 1 条：resource/east-car-x5"
        in run("dealership", "import", str(file))[1]
    )
    refused = run("dealership", "import", str(file), "--remove")
    assert (refused[0], refused[1]) == (1, "")
    assert f"还有 1 个预约：{code} 周六 11月28日 14:00。加上 --disrupt" in refused[2]
    done = run("dealership", "import", str(file), "--remove", "--disrupt", "--author", "li")[1]
    assert "撤下 1 条：resource/east-car-x5" in done
    assert "需要客户改时间的预约 1 个" in done
    assert re.search(
        r"east-car-x5 +城东 X5 试驾车 +已停用 +2 +li", run("dealership", "list", "--kind", "resource")[1]
    )
    closed = tmp_path / "closed.yml"
    closed.write_text("closures:\n- {name: 盘点, date: 2026-11-29}\n", "utf-8")
    moved = booked(run, "--at", "2026-11-29 14:00", "--phone", "13812345679", "--model", "x7")
    told = run("dealership", "import", str(closed))[1]
    assert f"注意：预约 {moved}（周日 11月29日 14:00 王小明）不合新的规定：那天不营业" in told
    assert (
        "那天不营业" in run(*BOOK, "--at", "2026-11-29 10:00", "--phone", "13812345670", "--model", "s3")[2]
    )
