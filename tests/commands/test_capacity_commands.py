"""``python -m bot booking outage`` and ``waitlist``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.commands.terminal import Run, booked

pytestmark = pytest.mark.slow


def test_an_outage_says_whom_it_hits(run: Run) -> None:
    drive = booked(run)
    service = ("booking", "book", "--kind", "service", "--jobs", "常规保养", "--store", "east")
    run(*service, "--at", "2026-11-28 14:00", "--name", "李", "--phone", "13812345670")
    outage = ("booking", "outage", "begin")

    car = run(
        *outage,
        "城东 X5 试驾车",
        "--from",
        "2026-11-28 09:00",
        "--to",
        "2026-11-28 18:00",
        "--reason",
        "剐蹭",
    )[1]
    assert "需要客户改时间的预约 1 个，已给顾问建了回访" in car
    assert "1 位客户没有对话也没有邮箱，收不到通知，请打电话：\n  王小明  13812345678\n" in car
    assert f"{drive} 可以改到：周六 11月28日" in car
    bay = run(*outage, "east-bay-1", "--from", "2026-11-28 09:00", "--to", "2026-11-28 18:00")[1]
    assert "换了资源、时间不变的预约 1 个" in bay
    assert "没有受影响的预约" in run(*outage, "east-bay-2", "--to", "2026-11-23 18:00")[1]
    assert "需要新时间" in run("booking", "show", drive)[1]
    assert (
        "停用：城东 X5 试驾车 2026-11-28 09:00 到 2026-11-28 18:00（剐蹭）"
        in run("booking", "day", "2026-11-28")[1]
    )
    assert run("booking", "outage", "list")[1].endswith("共 3 个\n")
    ended = run("booking", "outage", "end", "east-car-x5")[1]
    assert "恢复了原来时间的预约 1 个" in ended
    assert "请打电话：\n  王小明  13812345678\n" in ended
    assert drive in ended
    assert run("booking", "outage")[1].endswith("共 2 个\n")


def test_an_outage_that_is_known_already_says_so(run: Run) -> None:
    begin = ("booking", "outage", "begin", "east-bay-1", "--from", "2026-11-28 09:00")
    run(*begin, "--to", "2026-11-28 18:00")
    again = run(*begin, "--to", "2026-11-28 17:00")[1]
    assert "本来就停用：2026-11-28 09:00 到 2026-11-28 18:00" in again
    assert "没有变化" in again
    assert "已停用" not in again


def test_an_outage_that_ends_before_it_begins_was_called_off(run: Run) -> None:
    run("booking", "outage", "begin", "east-bay-1", "--from", "2026-11-28 09:00", "--to", "2026-11-28 18:00")
    assert "停用已撤销" in run("booking", "outage", "end", "east-bay-1")[1]
    listed = run("booking", "outage", "list", "--all")[1]
    assert re.search(r"2026-11-28 09:00 +2026-11-28 18:00 +已撤销", listed)


def test_an_outage_of_what_was_removed_can_be_ended(run: Run, tmp_path: Path) -> None:
    booked(run)
    file = tmp_path / "cars.csv"
    run("dealership", "export", str(file))
    whole = file.read_text("utf-8-sig")
    lines = whole.splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "east-car-x5" not in line), "utf-8")
    run("dealership", "import", str(file), "--remove", "--disrupt")
    assert "east-car-x5" in run("booking", "outage", "list")[1]
    assert "east-car-x5 的停用" in run("booking", "outage", "end", "east-car-x5")[1]
    file.write_text(whole, "utf-8")
    assert "新增 1 条：resource/east-car-x5" in run("dealership", "import", str(file))[1]


def test_what_comes_back_by_import_says_whom_it_helps(run: Run, tmp_path: Path) -> None:
    code = booked(run)
    file = tmp_path / "cars.csv"
    run("dealership", "export", str(file))
    whole = file.read_text("utf-8-sig")
    lines = whole.splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "east-car-x5" not in line), "utf-8")
    run("dealership", "import", str(file), "--remove", "--disrupt")
    file.write_text(whole, "utf-8")
    told = run("dealership", "import", str(file))[1]
    assert "城东 X5 试驾车 的停用" in told
    assert "恢复了原来时间的预约 1 个" in told
    assert code in told


def test_the_waitlist(run: Run) -> None:
    code = booked(run)
    add = ("booking", "waitlist", "add", "--kind", "test_drive", "--model", "x5", "--store", "east")
    point = ("--from", "2026-11-28 14:00", "--to", "2026-11-28 14:30", "--phone", "13812345670")
    assert (
        "前面还有 0 位：11-28 14:00 到 11-28 14:30 周六、周日 09:00–18:00"
        in run(*add, *point, "--weekdays", "7,6", "--hours", "09:00-18:00")[1]
    )
    assert "现在没有可以提供的时间" in run("booking", "waitlist", "offer")[1]
    run("booking", "cancel", code)
    run("booking", "waitlist", "offer")

    listed = run("booking", "waitlist")[1].splitlines()
    assert "等客户回复" in listed[2]
    assert "周六 11月28日 14:00 城东店，11:00 前回复" in listed[2]
    assert "候补客户" in run("booking", "holds")[1]
    id_ = listed[2].split()[0]
    accepted = run("booking", "waitlist", "accept", id_)[1]
    assert "时间：周六 11月28日 14:00–14:45" in accepted
    assert run("booking", "waitlist", "list")[1].endswith("共 0 位\n")
    assert "已约上" in run("booking", "waitlist", "list", "--all")[1]
    run(*add, *point[:4], "--phone", "13812345671")
    id_ = run("booking", "waitlist")[1].splitlines()[2].split()[0]
    assert "已退出" in run("booking", "waitlist", "leave", id_)[1]


def test_staff_hear_whom_no_message_reaches(run: Run) -> None:
    add = ("booking", "waitlist", "add", "--kind", "test_drive", "--model", "x5", "--store", "east")
    point = ("--from", "2026-11-28 14:00", "--to", "2026-11-28 14:30", "--phone")
    call = "1 位客户没有对话也没有邮箱，收不到"
    waiting = run(*add, *point, "13812345670", "--name", "李")[1]
    assert f"{call}有空位的通知，请打电话：\n  李  13812345670\n" in waiting
    assert "现在就有空位，可以直接预约（booking book）：\n  周六 11月28日 14:00  城东店" in waiting
    offered = run("booking", "waitlist", "offer")[1]
    assert offered.startswith(f"新提供了 1 个时间\n{call}通知，请打电话：\n  李  13812345670\n")
    assert "请打电话" not in run(*add, *point, "13812345671", "--email", "wu@example.com")[1]

    later = ("--at", "2026-11-28 16:00", "--phone", "13812345678", "--email", "wang@example.com")
    code = booked(run, *later)
    told = "客户会在对话或邮件里收到通知\n"
    assert run("booking", "move", code, "--to", "2026-11-29 14:00")[1].endswith(told)
    assert run("booking", "cancel", code)[1].endswith(told)
