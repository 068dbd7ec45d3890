"""``python -m bot booking`` and ``dealership`` as somebody at the terminal meets them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot import clock
from bot.__main__ import main
from tests.installations import filled_database
from tests.server import CLOCK, run_bot

pytestmark = pytest.mark.slow
Run = Callable[..., tuple[int, str, str]]
BOOK = ("booking", "book", "--kind", "test_drive", "--model", "x5", "--store", "east", "--name", "王小明")
TWO = ("--at", "2026-11-28 14:00", "--phone", "13812345678")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """A command in this process, on an installation of its own, on Sunday 2026-11-22 at 10:00."""
    yield _runner(_new_home(tmp_path), monkeypatch, capsys)
    clock.clock.set(None)


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that nobody changes."""
    return _new_home(tmp_path_factory.mktemp("home"))


@pytest.fixture
def try_out(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    yield _runner(empty_home, monkeypatch, capsys)
    clock.clock.set(None)


def _new_home(home: Path) -> Path:
    database, _ = filled_database(home)
    database.close()
    Path(database.url.removeprefix("sqlite:///")).rename(home / "zhanting.db")
    return home


def _runner(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("ZHANTING_HOME", str(home))
    for module in ("bookings", "dealership_content"):
        monkeypatch.setattr(f"bot.commands.{module}.prepare", lambda *_, **__: None)
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}.reconfigure", lambda **_: None, raising=False)

    def command(*arguments: str, now: str = CLOCK) -> tuple[int, str, str]:
        monkeypatch.setenv("ZHANTING_CLOCK", now)
        code = main(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def booked(run: Run, *more: str) -> str:
    """Book, and give the code."""
    code, out, err = run(*BOOK, *(more or TWO))
    assert (code, err) == (0, "")
    found = re.search(r"预约码：(\w+)", out)
    assert found, out
    return found[1]


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
    text = (Path(__file__).resolve().parents[1] / page).read_text("utf-8")

    assert "`.venv/bin/python -m bot booking list`" in text
    assert "`.venv/bin/python -m bot dealership list`" in text
