"""Customers and cars of another system: what a file may say, what it changes, and what a faulty one is told."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import Workbook

from bot.domain.errors import ImportRefused, InvalidInput
from bot.services import privacy
from bot.services.audit import Actor
from bot.services.consents import Purpose, allows
from bot.services.consents import say as say_consent
from bot.services.exchange.customer_rows import COLUMNS
from bot.services.exchange.customers import CustomerReport, export_customers, import_customers
from bot.services.outreach.run import run_outreach
from bot.store.database import Database
from bot.store.lifecycle_tables import Consent, ErasedNumber, MileageReading
from bot.store.staff_tables import AuditEntry, Lead, User
from bot.store.tables import Customer, Vehicle
from tests.database import open_database, sqlite_database
from tests.services.bookings import DEMO, NOW
from tests.services.racing import race
from tests.services.reminded import CONTENT

HEADER = "手机号,姓名,车牌,车型,交车日期,里程,里程日期,上次保养日期,上次保养里程,同意活动通知"
WANG = "13812345678,王小明,浙A·D9001,X5,2026/3/1,9700,2026-11-20,2026-07-01,5100,是"
LI = "138-1234-5679,李女士,浙a·f30309,青岚 E5,2025年11月20日,19400 公里,,,,"
PLATE = "浙AD9001"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = sqlite_database(tmp_path)
    yield database
    database.close()


def takes(database: Database, *rows: str, header: str = HEADER, **more: Any) -> CustomerReport:
    name, now = more.pop("name", "cars.csv"), more.pop("now", NOW)
    data = more.pop("data", "\n".join((header, *rows)).encode())
    home = more.pop("home", None) or Path(database.engine.url.database or "").parent
    return import_customers(database, home, DEMO, now, name, data, Actor("lin"), **more)


def faults(database: Database, *rows: str, **more: Any) -> tuple[str, ...]:
    with pytest.raises(ImportRefused) as raised:
        takes(database, *rows, **more)
    return raised.value.faults


def rows(database: Database, table: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(sa.select(table)))


def told(report: CustomerReport) -> tuple[int, int, list[tuple[str, str]], int]:
    return report.customers, report.cars, report.changed, report.unchanged


def test_customers_with_their_cars(database: Database) -> None:
    report = takes(database, WANG, LI)

    assert told(report) == (2, 2, [], 0)
    people = {row.phone: row for row in rows(database, Customer)}
    cars = {row.plate: row for row in rows(database, Vehicle)}
    assert (people["13812345678"].name, set(people)) == ("王小明", {"13812345678", "13812345679"})
    wang, li = cars[PLATE], cars["浙AF30309"]
    assert (wang.model, wang.delivered, wang.mileage, wang.mileage_on) == (
        "x5",
        date(2026, 3, 1),
        9_700,
        date(2026, 11, 20),
    )
    assert (wang.last_service_on, wang.last_service_km) == (date(2026, 7, 1), 5_100)
    assert (li.model, li.delivered, li.mileage, li.mileage_on) == (
        "e5",
        date(2025, 11, 20),
        19_400,
        NOW.date(),
    )
    assert {(row.source, row.km) for row in rows(database, MileageReading)} == {
        ("import", 9_700),
        ("import", 19_400),
    }
    [line] = rows(database, AuditEntry)
    assert (line.username, line.action, line.details) == (
        "lin",
        "customers.imported",
        {"customers": 2, "cars": 2, "changed": 0},
    )


def test_what_came_in_is_reached_out_to(database: Database) -> None:
    takes(database, WANG)
    assert run_outreach(database, CONTENT.current(), NOW).opened == {("service_10k", "call"): 1}


def test_the_same_file_again_changes_nothing_and_another_tells_what_it_changes(database: Database) -> None:
    takes(database, WANG, LI)
    before = len(rows(database, MileageReading)), len(rows(database, Consent))
    later = NOW + timedelta(days=3)
    assert told(takes(database, WANG, LI, now=later)) == (0, 0, [], 2)
    assert (len(rows(database, MileageReading)), len(rows(database, Consent))) == before

    other = WANG.replace("9700,2026-11-20", "9,2026-11-20").replace("9,2026-11-20", "9800,2026-11-24")
    changed = takes(database, other.replace("王小明", "王晓明"), LI, now=later)
    assert told(changed) == (0, 0, [("第 2 行", "姓名、里程")], 1)
    assert rows(database, Vehicle)[0].mileage == 9_800
    assert told(takes(database, "13812345678,,,,,,,,,")) == (0, 0, [], 1)  # empty cells leave what is there
    assert [row.name for row in rows(database, Customer)] == ["王晓明", "李女士"]


def test_several_cars_of_one_customer(database: Database) -> None:
    second = "13812345678,,浙AD9002,S6,2025-01-02,,,,,"
    assert told(takes(database, WANG, second)) == (1, 2, [], 0)


def test_a_dry_run_changes_nothing(database: Database) -> None:
    assert told(takes(database, WANG, dry_run=True)) == (1, 1, [], 0)
    assert rows(database, Customer) == rows(database, Vehicle) == rows(database, AuditEntry) == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (WANG.replace("13812345678", "1381234567"), "手机号：“1381234567”不是 11 位手机号"),
        (WANG.replace("13812345678", ""), "手机号：没有填"),
        (
            WANG.replace("13812345678", "1.38E+10"),
            "手机号：“1.38E+10”被 Excel 改成了科学计数法，请把这一列设为“文本”再填",
        ),
        (WANG.replace("浙A·D9001", "D9001"), "车牌：“D9001”不对，要写成 浙A·D1001 这样"),
        (WANG.replace("浙A·D9001", ""), "车牌：有“车型”却没有车牌"),
        (WANG.replace("X5", "X9"), "车型：没有“X9”这个车型"),
        (WANG.replace("X5", ""), "车型：新的车要填"),
        (WANG.replace("2026/3/1", ""), "交车日期：新的车要填"),
        (WANG.replace("2026/3/1", "2026-02-30"), "交车日期：“2026-02-30”要写成 2026-11-28 这样"),
        (WANG.replace("2026/3/1", "1926-02-01"), "交车日期：“1926-02-01”不可能"),
        (WANG.replace("2026/3/1", "2026-08-01"), "上次保养日期：2026-07-01 早于交车日期 2026-08-01"),
        (WANG.replace("2026-11-20", "2026-11-23"), "里程日期：“2026-11-23”还没有到"),
        (WANG.replace("9700", "约9700"), "里程：“约9700”要是公里数（整数）"),
        (WANG.replace("9700", ""), "里程日期：有日期却没有里程"),
        (WANG.replace("9700", "5000"), "上次保养里程：5100 大于里程 5000"),
        (WANG.replace("2026-07-01", ""), "上次保养里程：要同时写上次保养日期"),
        (WANG.replace(",是", ",好"), "同意活动通知：“好”要写“是”或“否”"),
        (f"{WANG},", ""),
        (f"{WANG},x", "单元格比表头多"),
    ],
)
def test_a_fault_names_row_and_column_and_nothing_is_imported(
    database: Database, row: str, fault: str
) -> None:
    if not fault:
        assert told(takes(database, LI, row)) == (2, 2, [], 0)
        return
    assert faults(database, LI, row) == (f"第 3 行：{fault}",)
    assert rows(database, Customer) == rows(database, Vehicle) == []


def test_faults_across_rows_and_against_what_is_stored(database: Database) -> None:
    header = "手机号,姓名,车牌,车型,交车日期,车架号,专属顾问"
    vin = "LSVAA4182E2123456"
    one = f"13812345678,王,浙AD9001,X5,2026-03-01,{vin},陈立"
    takes(database, one, header=header)
    assert rows(database, Customer)[0].adviser == "east-adviser-2"
    assert rows(database, Vehicle)[0].vin == vin

    found = faults(
        database,
        one,
        one.replace("王", "李"),
        f"13812345670,,浙AD9001,X5,2026-03-01,{vin.lower()},",
        f"13812345671,,浙AD9003,X5,2026-03-01,{vin},张没有",
        "13812345672,,浙AD9004,X5,2026-03-01,LSVAA4182E212345O,",
        header=header,
    )
    assert found == (
        "第 3 行：车牌：与第 2 行重复",
        "第 3 行：车架号：与第 2 行重复",
        "第 3 行：姓名：与第 2 行同一位客户写的不一样",
        "第 4 行：车牌：与第 2 行重复",
        "第 4 行：车架号：与第 2 行重复",
        "第 4 行：车牌：浙AD9001 登记在另一位客户名下，过户请先在原客户页面移除",
        "第 5 行：车架号：与第 2 行重复",
        "第 5 行：专属顾问：没有“张没有”这位顾问，或不止一位",
        "第 5 行：车架号：是 浙AD9001 的",
        "第 6 行：车架号：“LSVAA4182E212345O”不对，要 17 位字母和数字，没有 I、O、Q",
    )


def test_a_colleague_may_be_the_adviser(database: Database) -> None:
    with database.transaction() as session:
        session.add(
            User(username="lin", name="周售后", password_hash="", role="service_adviser", created_at=NOW)
        )
    takes(database, "13812345678,周售后", header="手机号,顾问")
    assert rows(database, Customer)[0].adviser == "lin"


def test_a_refusal_of_the_customer_outlives_the_file(database: Database) -> None:
    takes(database, WANG)
    with database.transaction() as session:
        assert allows(session, Purpose.MARKETING, "13812345678")
        say_consent(session, Purpose.MARKETING, False, "dialogue", NOW, "13812345678")
    report = takes(database, WANG)
    assert report.warnings == ["第 2 行：同意活动通知：客户自己说过不同意，仍按客户说的"]
    assert told(report) == (0, 0, [], 1)
    with database.reading() as session:
        assert not allows(session, Purpose.MARKETING, "13812345678")


def test_a_file_may_withdraw_consent(database: Database) -> None:
    takes(database, "13812345678,否,否", header="手机号,保养提醒,同意活动通知")
    with database.reading() as session:
        assert not allows(session, Purpose.SERVICE_CONTACT, "13812345678")


GONE = "没有导入：这位客户的资料已按要求删除，本人再来预约或留下号码后才能导入"


def test_who_was_erased_stays_away_until_they_come_back(database: Database, tmp_path: Path) -> None:
    takes(database, WANG, LI)
    privacy.erase(database, tmp_path, "13812345678", Actor("lin"), NOW)
    for dry_run in (True, False):
        report = takes(database, WANG, LI, dry_run=dry_run)
        assert (told(report), report.warnings) == ((0, 0, [], 1), [f"第 2 行：{GONE}"])
    assert [row.phone for row in rows(database, Customer)] == ["13812345679"]
    assert [row.plate for row in rows(database, Vehicle)] == ["浙AF30309"]

    with database.transaction() as session:
        session.add(
            Lead(
                id="back", kind="callback", phone="13812345678", status="new", created_at=NOW, updated_at=NOW
            )
        )
    report = takes(database, WANG, LI)
    assert (told(report), report.warnings) == ((1, 1, [], 1), [])

    privacy.erase(database, tmp_path, "13812345678", Actor("lin"), NOW)
    assert takes(database, WANG).warnings == [f"第 2 行：{GONE}"]


def test_a_mark_tells_no_number_without_the_key(database: Database, tmp_path: Path) -> None:
    takes(database, WANG)
    privacy.erase(database, tmp_path, "13812345678", Actor("lin"), NOW)
    [row] = rows(database, ErasedNumber)
    assert hashlib.sha256(b"13812345678").hexdigest() != row.mark
    key = tmp_path / "erased.key"
    assert (key.stat().st_mode & 0o777, key.read_text() in (row.mark, row.key)) == (0o600, False)

    key.unlink()
    lost = "有 1 位删除过资料的客户无法识别（erased.key 换过或丢失），请核对文件里没有他们"
    assert takes(database, WANG).warnings == [lost]
    privacy.erase(database, tmp_path, "13812345678", Actor("lin"), NOW)  # makes another key
    assert takes(database, WANG).warnings == [lost, f"第 2 行：{GONE}"]


def test_older_facts_do_not_replace_newer_ones(database: Database) -> None:
    takes(database, WANG)
    older = WANG.replace("9700,2026-11-20", "6000,2026-08-01").replace("2026-07-01,5100", "2026-06-01,4900")
    assert told(takes(database, older)) == (0, 0, [("第 2 行", "里程")], 0)
    car = rows(database, Vehicle)[0]
    assert (car.mileage, car.last_service_km) == (9_700, 5_100)
    assert told(takes(database, older)) == (0, 0, [], 1)


def test_a_mileage_that_went_back_is_said(database: Database) -> None:
    takes(database, WANG)
    report = takes(database, WANG.replace("9700,2026-11-20", "8700,2026-11-21"))
    assert report.warnings == ["第 2 行：里程 8700 和已有的 9700 公里对不上，以日期较新的为准"]
    assert rows(database, Vehicle)[0].mileage == 8_700


@pytest.mark.parametrize("name", ["all.csv", "all.xlsx"])
def test_what_goes_out_comes_in_and_fills_an_empty_database(
    database: Database, tmp_path: Path, name: str
) -> None:
    takes(database, WANG, LI, "13812345670,=1+1,,,,,,,,")
    count, data = export_customers(database, name)
    assert count == 3
    assert told(takes(database, name=name, data=data)) == (0, 0, [], 3)

    folder = tmp_path / "empty"
    folder.mkdir()
    empty = sqlite_database(folder)
    assert told(takes(empty, name=name, data=data)) == (3, 2, [], 0)
    assert export_customers(empty, "again.csv")[1].count(b"\r\n") == 4
    assert {row.name for row in rows(empty, Customer)} == {"王小明", "李女士", "=1+1"}
    empty.close()


def test_what_goes_out_is_safe_in_excel(database: Database) -> None:
    takes(database, "13812345670,=1+1,,,,,,,,")
    _, data = export_customers(database, "all.csv")
    line = next(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert tuple(line) == COLUMNS
    assert (line["name"], line["phone"]) == ("'=1+1", "13812345670\t")


def test_an_excel_file_with_numbers_and_dates(database: Database) -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(["手机号", "车牌", "车型", "交车日期", "里程", "里程日期"])
    sheet.append([13812345678, "浙A·D9001", "X5", datetime(2026, 3, 1), 9700.0, date(2026, 11, 20)])
    sheet["K900"].number_format = "@"  # a format alone is no cell
    assert told(takes(database, name="cars.xlsx", data=_saved(book))) == (1, 1, [], 0)
    car = rows(database, Vehicle)[0]
    assert (car.delivered, car.mileage, car.mileage_on) == (date(2026, 3, 1), 9_700, date(2026, 11, 20))

    sheet["A3"], sheet["B3"] = "=A2+1", "#REF!"
    sheet["B3"].data_type = "e"
    assert faults(database, name="cars.xlsx", data=_saved(book)) == (
        "第 3 行：A3 是公式或错误值，请改成文字或数字",
        "第 3 行：B3 是公式或错误值，请改成文字或数字",
    )


def _saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_files_that_are_none(database: Database) -> None:
    assert told(takes(database, data=f"{HEADER}\n{WANG}\n".encode("gb18030"))) == (1, 1, [], 0)
    assert faults(database, data=b"\x00\xff\x00") == ("文件不是文本：请在 Excel 里另存为“CSV UTF-8”",)
    assert faults(database, name="x.xlsx", data=b"no") == ("文件不是 Excel 工作簿（.xlsx）",)
    assert faults(database, header="姓名,鞋码") == (
        "第 1 行：不认识“鞋码”这一列",
        "第 1 行：缺少“phone（手机号）”这一列",
    )
    assert faults(database) == ("文件里没有客户",)
    with pytest.raises(InvalidInput, match=r"must end with .csv or .xlsx"):
        takes(database, name="cars.txt")


@pytest.mark.parametrize("kind", ["postgres"])
def test_the_same_file_twice_at_once_is_taken_once(tmp_path: Path, kind: str) -> None:
    database = open_database(kind, tmp_path)
    reports, failures = race(4, lambda _: takes(database, WANG, LI, home=tmp_path))
    assert (failures, sum(each.customers for each in reports), sum(each.cars for each in reports)) == (
        0,
        2,
        2,
    )
    assert len(rows(database, MileageReading)) == 2
    database.close()
