"""``python -m bot booking``: visits, their customers and free times."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.commands.terminal import BOOK, TWO, Run, booked
from tests.server import run_bot

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def test_the_life_of_a_visit(run: Run) -> None:
    code = booked(run, *TWO, "--plate", "浙A·D1001", "--mileage", "3900")

    shown = run("booking", "show", code.lower())[1]
    for line in (
        "时间：周六 11月28日 14:00–14:45",
        "类型：试驾  青岚 X5",
        "客户：王小明  13812345678",
        "车辆：浙A·D1001  3,900 公里",
        "安排：城东 X5 试驾车、林晓",
    ):
        assert line in shown
    moved = run("booking", "move", code, "--to", "2026-11-29T10:30:00+08:00", "--store", "城西")[1]
    assert moved.startswith("已改约\n")
    assert "周日 11月29日 10:30" in moved
    assert "城西店" in moved
    assert (
        f"{code}  周日 11月29日 10:30  王小明  已到店"
        in run("booking", "check-in", code, now="2026-11-29T10:20:00+08:00")[1]
    )
    assert "已完成" in run("booking", "complete", code, now="2026-11-29T11:20:00+08:00")[1]
    listed = run("booking", "list", "--phone", "138 1234 5678")[1]
    assert "已完成" in listed
    assert listed.endswith("共 1 个\n")


def test_a_refusal_says_why_and_what_else_is_free(run: Run) -> None:
    booked(run)
    code, out, err = run(*BOOK, "--at", "2026-11-28 14:30", "--phone", "13812345679")

    assert (code, out) == (1, "")
    assert err.splitlines() == [
        "zhanting: 约不了：试驾车已经被约走了（car_out）",
        "可以约：",
        "  2026-11-28 15:00  周六 11月28日 15:00  城东店",
        "  2026-11-28 14:30  周六 11月28日 14:30  城西店",
        "  2026-11-28 14:30  周六 11月28日 14:30  城东店  换 青岚 X7",
    ]
    assert (
        "那天不营业" in run(*BOOK, "--at", "2027-02-06 14:30", "--phone", "13812345679", now="2027-02-01")[2]
    )


def test_staff_need_no_notice_and_no_phone(run: Run) -> None:
    code = booked(run, "--at", "2026-11-22 10:30", "--phone", "13812345678")

    assert run("booking", "cancel", code)[1].startswith(f"已取消 {code}（周日 11月22日 10:30 王小明）\n")
    assert run("booking", "cancel", code)[0] == 0
    refused = run("booking", "move", code, "--to", "2026-11-23 10:30")
    assert (refused[0], refused[1]) == (1, "")
    assert "预约已经取消" in refused[2]


def test_lists_in_every_form(run: Run) -> None:
    code = booked(run)
    service = ("booking", "book", "--kind", "保养", "--jobs", "常规保养,刹车检查", "--store", "西店")
    run(*service, "--at", "2026-11-26 09:00", "--name", "李", "--phone", "13812345670")

    table = run("booking", "list")[1].splitlines()
    assert len(table) == 5
    assert "常规保养、刹车检查" in table[2]
    assert table[3].startswith(code)
    rows = list(csv.DictReader(io.StringIO(run("booking", "list", "--format", "csv")[1])))
    assert [row["jobs"] for row in rows] == ["regular_service;brake_check", ""]
    found = json.loads(run("booking", "list", "--format", "json", "--store", "城东店")[1])
    assert [(visit["code"], visit["start"]) for visit in found] == [(code, "2026-11-28T14:00:00+08:00")]
    for option in (
        ("--day", "2026-11-26"),
        ("--to", "2026-11-26"),
        ("--kind", "service"),
        ("--store", "west"),
    ):
        assert run("booking", "list", *option)[1].endswith("共 1 个\n")
    assert run("booking", "list", "--status", "已取消")[1].endswith("共 0 个\n")
    assert run("booking", "list", "--day", "今天")[1].endswith("共 0 个\n")
    assert run("booking", "list", "--unsettled", now="2026-12-01")[1].endswith("共 2 个\n")
    day = run("booking", "day", "2026-11-28")[1]
    assert f"14:00–14:45  {code}" in day
    assert "城西店  周六 11月28日（展厅 09:00–18:00，售后 08:30–17:30）\n没有预约" in day
    assert "售后 休息" in run("booking", "day", "tomorrow", "--store", "城西店")[1]


def test_free_slots(run: Run) -> None:
    booked(run)
    out = run(
        "booking",
        "slots",
        "--kind",
        "试驾",
        "--model",
        "青岚 X5",
        "--from",
        "2026-11-28",
        "--to",
        "2026-11-28",
    )[1]

    assert re.search(r"周六 11月28日  城东店  .*13:00 15:00", out)
    assert re.search(r"周六 11月28日  城西店  .*13:30 14:00 14:30", out)
    assert out.endswith("共 31 个\n")


SLOTS = ("booking", "slots", "--kind", "保养", "--jobs", "常规保养,刹车检查")


def test_a_long_list_of_free_times_ends_with_a_whole_day_and_says_so(run: Run) -> None:
    everything = run(*SLOTS, "--to", "2026-11-30", "--limit", "999")[1].splitlines()
    cut = run(*SLOTS, "--to", "2026-11-30")[1].splitlines()

    assert [line.split() for line in cut[2:-1]] == [line.split() for line in everything[2 : len(cut) - 1]]
    assert "只显示到 周三 11月25日，后面还有" in cut[-1]
    assert "后面" not in everything[-1]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--kind", "试驾", "--model", "x5", "--adviser", "郭师傅"), "这位同事不在这家店做这项业务"),
        (("--kind", "保养", "--jobs", "常规保养", "--model", "e5"), "这个项目不适合这款车"),
        (("--kind", "保养", "--jobs", "常规保养,纯电保养"), "这个项目不适合这款车"),
        (("--kind", "保养", "--jobs", "常规保养", "--to", "2026-11-20"), "这个时间已经过去了"),
        (("--kind", "保养", "--jobs", "常规保养", "--from", "2027-03-01"), "太远了，还不能约那一天"),
        (
            ("--kind", "保养", "--jobs", "常规保养", "--store", "西店", "--from", "明天", "--to", "明天"),
            "那天不营业",
        ),
    ],
)
def test_no_free_time_has_its_reason(try_out: Run, arguments: tuple[str, ...], reason: str) -> None:
    assert try_out("booking", "slots", *arguments)[:2] == (0, f"没有空位：{reason}\n")


def test_staff_see_times_without_the_customers_notice(try_out: Run) -> None:
    out = try_out("booking", "slots", "--kind", "试驾", "--model", "x5", "--store", "east", "--to", "今天")[1]
    assert "城东店  10:30 11:00" in out


def test_a_plate_tells_the_car(run: Run) -> None:
    service = (
        "booking",
        "book",
        "--kind",
        "service",
        "--jobs",
        "常规保养",
        "--store",
        "east",
        "--name",
        "李",
    )
    code, _, err = run(*service, *TWO, "--plate", "浙AF30303")
    assert (code, "这个项目不适合这款车" in err) == (1, True)


def test_what_a_visit_says_of_its_customer_can_be_corrected(run: Run) -> None:
    code = booked(run)
    out = run(
        "booking", "edit", code, "--name", "王晓明", "--phone", "138 1234 0000", "--plate", "浙A·D1001"
    )[1]

    assert out.startswith("已更正\n")
    assert "客户：王晓明  13812340000" in out
    assert "车辆：浙A·D1001" in run("booking", "show", code)[1]
    assert "已更正" in run("booking", "edit", code, "--mileage", "5000", "--email", "wang@example.com")[1]


def test_whom_somebody_has_to_call(run: Run) -> None:
    code, other = booked(run), booked(run, "--at", "2026-11-28 16:00", "--phone", "13812345679")
    outage = ("--from", "2026-11-28 13:00", "--to", "2026-11-28 15:00")
    run("booking", "outage", "begin", "east-car-x5", *outage)

    listed = run("booking", "list", "--to-call")[1]
    assert code in listed
    assert other not in listed
    found = json.loads(run("booking", "list", "--format", "json")[1])
    assert [(visit["code"], visit["to_call"], visit["reached"]) for visit in found] == [
        (code, True, False),
        (other, False, False),
    ]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("booking", "show", "NONE22"), "没有找到预约 NONE22（请核对预约码）"),
        (("booking", "check-in", "NONE22"), "没有找到"),
        (("booking", "list", "--day", "soon"), "--day must be a day like"),
        (("booking", "list", "--from", "soon"), "--from must be a time like"),
        (("booking", "list", "--store", "north"), "没有“north”，可以写：城东店、城西店"),
        (("booking", "list", "--from", "2026-11-30", "--to", "2026-11-20"), "--from 要早于 --to"),
        (("booking", "list", "--phone", "13800"), "“13800”不是 11 位手机号"),
        (("booking", "edit", "NONE22", "--name", "王"), "没有找到预约 NONE22"),
        (("booking", "edit", "NONE22"), "要写改什么"),
        (("booking", "list", "--status", "lost"), "--status must be one of confirmed（已预约）"),
        (("booking", "slots", "--kind", "wash"), "--kind must be one of test_drive（试驾）"),
        (("booking", "slots", "--kind", "test_drive"), "a test drive needs a known model"),
        (("booking", "slots", "--kind", "service"), "a service visit needs known jobs"),
        (("booking", "slots", "--kind", "service", "--jobs", "wash"), "--jobs: nothing is called 'wash'"),
        ((*BOOK, "--at", "2026-11-28", "--phone", "13812345678"), "--at must be a time like"),
        ((*BOOK, "--at", "2026-11-28 14:00", "--phone", "123"), "--phone must be a mobile number"),
        ((*BOOK, *TWO, "--name", " "), "--name must have 1 to 80 characters"),
        ((*BOOK, *TWO, "--plate", "A"), "--plate must be a number plate"),
        ((*BOOK, *TWO, "--mileage", "-1"), "--mileage must be a number of km"),
        (("booking", "outage", "begin", "ghost", "--to", "2026-12-01 10:00"), "nothing is called 'ghost'"),
        (("booking", "outage", "begin", "east-bay-1", "--to", "2026-11-01 10:00"), "停用"),
        (("booking", "outage", "end", "ghost"), "no outage ghost"),
        (("booking", "waitlist", "leave", "ghost"), "no entry ghost on the waitlist"),
        (("booking", "import", "/no/such.csv"), "cannot be read"),
        (("booking", "export", "/no/such/x.csv"), "cannot be written"),
        (("booking", "export", "x.xlsx"), "must end with .csv or .yml"),
        (("dealership", "import", "/no/such.yml"), "cannot be read"),
        (("dealership", "import", __file__), "must be a folder or end with .yml or .csv"),
        (("dealership", "export", "x.xlsx"), "must be a folder or end with .yml or .csv"),
        (("dealership", "list", "--kind", "tyre"), "--kind must be one of"),
    ],
)
def test_a_mistake_is_one_clear_line(try_out: Run, arguments: tuple[str, ...], problem: str) -> None:
    code, out, err = try_out(*arguments)

    assert (code, out) == (1, "")
    assert err.startswith("zhanting: ")
    assert problem in err
    assert err.count("\n") == 1


def test_nothing_else_is_printed(tmp_path: Path) -> None:
    done = run_bot(tmp_path / "home", "booking", "list")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("共 0 个\n")


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_commands_are_documented(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")

    assert "`.venv/bin/python -m bot booking list`" in text
    assert "`.venv/bin/python -m bot dealership list`" in text
