"""Bookings out and in: a round trip, the dealer's former system, and what a faulty file is told."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.domain.booking import Refusal, VisitKind, VisitStatus
from bot.domain.errors import ImportRefused, InvalidInput
from bot.services.booking import cancel_visit
from bot.services.exchange.booking_rows import COLUMNS
from bot.services.exchange.bookings import BookingReport, bookings_csv, bookings_yaml, import_bookings
from bot.services.exchange.words import REFUSALS
from bot.services.visits import Contact, list_visits
from bot.store.database import Database
from bot.store.tables import Appointment, Claim, Customer
from tests.services.bookings import DEMO, NOW, SERVICE, THREE, TWO, book, claims, count

HEADER = "code,kind,status,store,model,jobs,start,name,phone,plate,mileage,resources"
DRIVE_ROW = ",试驾,,城东店,X5,,2026-11-28 14:00,王小明,13812345678,,,"
SERVICE_ROW = "A1,保养,,west,青岚 E5,纯电保养;刹车检查,2026/11/28 9:00,李女士,138-0000-0003,浙A·F30303,19400,"


def takes(database: Database, *rows: str, name: str = "old.csv", **more: Any) -> BookingReport:
    data = "\n".join((HEADER, *rows)).encode()
    return import_bookings(database, DEMO, more.pop("now", NOW), name, more.pop("data", data), **more)


def faults(database: Database, *rows: str, **more: Any) -> tuple[str, ...]:
    with pytest.raises(ImportRefused) as raised:
        takes(database, *rows, **more)
    return raised.value.faults


def everything(database: Database) -> list[tuple[Any, ...]]:
    visits = list_visits(database, DEMO)
    return [(v.code, v.kind, v.status, v.slot, v.model, v.items, v.name, v.phone, v.plate) for v in visits]


def test_each_row_claims_what_it_needs(database: Database) -> None:
    report = takes(database, DRIVE_ROW, SERVICE_ROW.replace("A1", "OLD001"))

    drive, service = list_visits(database, DEMO)[1], list_visits(database, DEMO)[0]
    assert [visit.place for visit in report.booked] == ["第 2 行", "第 3 行"]
    assert (drive.kind, drive.store, drive.model, drive.start) == (VisitKind.TEST_DRIVE, "east", "x5", TWO)
    assert (service.code, service.items, service.mileage) == ("OLD001", ("ev_service", "brake_check"), 19400)
    assert (service.phone, service.plate) == ("13800000003", "浙AF30303")
    assert service.resources == ("west-bay-2", "west-technician-2")  # those with EV equipment
    assert f"{service.end:%H:%M}" == "10:15"
    assert count(database, Customer) == 2
    assert ("east-car-x5", "14:45") in claims(database)  # preparation too


@pytest.mark.parametrize("form", ["csv", "yml"])
def test_a_round_trip_changes_nothing_and_fills_an_empty_database(
    database: Database, tmp_path: Any, form: str
) -> None:
    from tests.database import sqlite_database

    book(database, plate="浙AD1001", mileage=3900, contact=Contact("=1+1", "13812345678"))
    book(database, request=SERVICE, contact=Contact('\'-李, "乙"', "13812345679"))
    gone = book(database, THREE, contact=Contact("丙", "13812345670"))
    cancel_visit(database, DEMO, NOW, gone.code, gone.phone)
    data = (bookings_csv if form == "csv" else bookings_yaml)(list_visits(database, DEMO))

    again = takes(database, name=f"all.{form}", data=data)
    assert (len(again.unchanged), again.booked, again.history) == (3, [], [])

    empty = sqlite_database(tmp_path)
    report = takes(empty, name=f"all.{form}", data=data)
    assert (len(report.booked), len(report.history)) == (2, 1)
    assert everything(empty) == everything(database)
    assert claims(empty) == claims(database)
    empty.close()


def test_an_export_is_safe_in_excel(database: Database) -> None:
    book(database, contact=Contact("=HYPERLINK(1)", "13812345678"))
    data = bookings_csv(list_visits(database, DEMO))

    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["name"] == "'=HYPERLINK(1)"
    assert rows[0]["phone"] == "13812345678\t"
    assert rows[0]["start"] == "2026-11-28 14:00"


def test_what_excel_makes_of_it_is_read(database: Database) -> None:
    header = "预约码;类型;状态;门店;车型;项目;时间;姓名;手机号;车牌"
    row = 'old-17;试驾;已预约;城东;青岚 x5;;2026/11/28 14:00:00;王小明;="+86 138 1234 5678";浙a·d1001'
    data = f"{header}\r\n{row}\r\n;;;;;;;;;\r\n".encode("gb18030")
    report = takes(database, data=data)

    assert [visit.code for visit in report.booked] == ["OLD17"]
    visit = list_visits(database, DEMO)[0]
    assert (visit.phone, visit.plate) == ("13812345678", "浙AD1001")


def test_the_past_is_history_without_claims(database: Database) -> None:
    rows = [
        "H1A1,试驾,已完成,east,x5,,2025-06-03 10:10,甲,13812345671,,,",
        "H2A2,service,no_show,east,,regular_service,2025-06-03 10:00,乙,13812345672,,,east-bay-1",
        "H3A3,service,cancelled,east,,regular_service,2026-12-01 03:00,丙,13812345673,,,",
    ]
    report = takes(database, *rows)

    assert (len(report.history), count(database, Claim)) == (3, 0)
    visits = {visit.code: visit for visit in list_visits(database, DEMO)}
    assert visits["H2A2"].status is VisitStatus.NO_SHOW
    assert visits["H2A2"].resources == ("east-bay-1",)
    assert len(takes(database, *rows).unchanged) == 3


def test_named_resources_are_kept_and_claimed_before_the_others_choose(database: Database) -> None:
    free = ",试驾,,east,s3,,2026-11-28 14:00,甲,1381234567{},,,"
    cars = ("s3", "s6", "x7", "e5")
    rows = [free.format(n).replace("s3", car) for n, car in enumerate(cars[:3])]
    rows.append(",试驾,,east,e5,,2026-11-28 14:00,丁,13812345679,,,孙浩;east-car-e5")
    takes(database, *rows)

    found = next(visit for visit in list_visits(database, DEMO) if visit.name == "丁")
    assert found.resources == ("east-car-e5", "east-adviser-4")


def test_an_agreed_time_may_be_far_or_off_the_grid_but_not_closed(database: Database) -> None:
    takes(
        database,
        ",试驾,,east,x5,,2027-01-20 14:10,甲,13812345671,,,",
        ",试驾,,east,x5,,2026-11-22 10:15,乙,13812345672,,,",
    )
    assert faults(
        database,
        ",保养,,west,,常规保养,2026-11-30 10:00,丙,13812345673,,,",
        ",试驾,,east,x5,,2026-11-28 17:30,丙,13812345673,,,",
        ",试驾,,west,x7,,2026-11-28 12:00,丙,13812345673,,,",
        ",试驾,,east,x5,,2027-02-06 10:00,丙,13812345673,,,",
    ) == (
        "第 2 行：那天不营业",
        "第 3 行：下班前来不及做完",
        "第 4 行：这家店没有这款试驾车",
        "第 5 行：那天不营业",
    )


def test_a_taken_resource_is_named_and_nothing_is_imported(database: Database) -> None:
    book(database)
    other = ",试驾,,east,x5,,2026-11-28 14:30,乙,13812345672,,,"
    good = ",试驾,,east,s3,,2026-11-28 14:00,丙,13812345673,,,"
    before = everything(database), claims(database)

    assert faults(database, good, other) == ("第 3 行：2026-11-28 14:30 试驾车已经被约走了",)
    unsuitable = good.removesuffix(",") + ",east-bay-1"
    assert faults(database, unsuitable) == (
        "第 2 行：城东 1 号工位（east-bay-1）不能用于这次预约：是工位，试驾用不到",
    )
    elsewhere = good.removesuffix(",") + ",周宁"
    assert faults(database, elsewhere) == ("第 2 行：周宁（west-adviser-1）不能用于这次预约：在城西店",)
    assert (everything(database), claims(database), count(database, Customer)) == (*before, 1)


def test_what_is_there_already_is_passed_over_or_refused(database: Database) -> None:
    visit = book(database)
    row = f"{visit.code},试驾,,east,x5,,2026-11-28 14:00,王小明,13812345678,,,"

    assert takes(database, row, DRIVE_ROW.replace("14:00", "16:00")).unchanged == [visit.code]
    assert takes(database, DRIVE_ROW).unchanged == [visit.code]  # the same without its code
    assert faults(database, row.replace("14:00", "15:00").replace("x5", "s3")) == (
        f"第 2 行：预约码 {visit.code} 已经有了，但是车型、时间不一样；改约请用 booking move",
    )
    assert faults(database, row.replace(visit.code, "NEW1")) == (
        f"第 2 行：这位客户这个时间已经有预约 {visit.code}",
    )


def test_a_dry_run_writes_nothing(database: Database) -> None:
    report = takes(database, DRIVE_ROW, dry_run=True)

    assert [(visit.code, visit.resources[0]) for visit in report.booked] == [("", "east-car-x5")]
    assert (count(database, Appointment), count(database, Claim), count(database, Customer)) == (0, 0, 0)


def test_every_fault_is_listed_with_its_row(database: Database) -> None:
    found = faults(
        database,
        "x,洗车,在路上,north,Z9,,28/11,,1.38E+10,A1,很多,ghost",
        ",试驾,,east,,刹车检查,2026-11-28,甲,12345,,,",
        "",
        ",保养,,east,,,2026-11-20 10:00,乙,13812345672,,,",
        ",试驾,completed,east,x5,,2026-11-28 10:00,丙,13812345673,,,",
        ",试驾,no_show,east,x5,,2026-11-28 10:00,丁,13812345674,,,,多",
        "SAME1,试驾,,east,x5,,2026-11-28 10:00,戊,13812345675,,,",
        "same-1,试驾,,east,s3,,2026-11-28 12:00,己,13812345676,,,",
    )

    assert found == (
        "第 2 行：类型“洗车”不认识，只能是 test_drive（试驾）、service（保养维修）",
        "第 2 行：预约码“x”要由 4 到 12 个字母和数字组成",
        "第 2 行：没有“north”这家门店",
        "第 2 行：没有“Z9”这个车型",
        "第 2 行：状态“在路上”不认识，只能是 confirmed（已预约）、cancelled（已取消）、checked_in（已到店）、"
        "completed（已完成）、no_show（未到店）",
        "第 2 行：开始时间“28/11”要写成 2026-11-28 14:00 这样",
        "第 2 行：缺少姓名",
        "第 2 行：手机号“1.38E+10”被 Excel 改成了科学计数法：请把这一列设为“文本”再填",
        "第 2 行：车牌“A1”不对，要写成 浙A·D1001 这样",
        "第 2 行：里程“很多”要是公里数（整数）",
        "第 2 行：没有“ghost”这个资源",
        "第 3 行：试驾要写车型",
        "第 3 行：试驾没有服务项目",
        "第 3 行：开始时间“2026-11-28”要写成 2026-11-28 14:00 这样",
        "第 3 行：手机号“12345”不是 11 位手机号",
        "第 5 行：保养维修要写项目",
        "第 6 行：时间还没有到，状态不能是已完成",
        "第 7 行：单元格比表头多",
        "第 9 行：与第 8 行重复（预约码 SAME1）",
    )
    assert count(database, Appointment) == 0


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        ("a.csv", b"", "第 1 行：缺少“kind（类型）”这一列"),
        ("a.csv", b"kind,kind,store,start,name,phone,who", "第 1 行：不认识“who”这一列"),
        ("a.csv", HEADER.encode(), "文件里没有预约"),
        ("a.csv", f"{HEADER}\n{DRIVE_ROW},9".encode(), "第 2 行：单元格比表头多"),
        ("a.csv", b"\xff\xfe\x00", "文件不是文本"),
        ("a.yml", b"bookings: 5", "要有“bookings:”"),
        ("a.yml", b"bookings: [{kind: service\n", "第 2 行不是有效的 YAML"),
        ("a.yml", b'bookings: [{name: "x\\0"}]', "第 1 条：name 的值不能用"),
        ("a.yml", b"bookings: [{jobs: [{a: 1}]}]", "第 1 条：jobs 的值不能用"),
        ("a.yml", b"bookings: [{kind: service, who: 5}]", "第 1 条：不认识“who”这一项"),
        ("a.yml", b"bookings: [five]", "第 1 条：要是一组“名称: 值”"),
    ],
)
def test_a_file_that_is_no_list_of_bookings(database: Database, name: str, data: bytes, fault: str) -> None:
    assert faults(database, name=name, data=data)[0].startswith(fault)


def test_everything_of_an_installation_fills_another_and_is_known_in_its_own(
    database: Database, tmp_path: Any
) -> None:
    """Past visits that nobody settled, one that was done early, one customer's two visits at once, a car that went."""
    from tests.database import sqlite_database

    rows = [
        "OPEN22,试驾,confirmed,east,x5,,2026-11-18 10:00,甲,13812345671,,,旧车;east-adviser-1",
        "HERE22,service,checked_in,east,,regular_service,2026-11-19 10:00,乙,13812345672,,,",
        "SOON22,试驾,completed,east,x5,,2026-11-22 11:00,丙,13812345673,,,",
        "TWIN22,service,,east,,brake_check,2026-11-28 10:00,丁,13812345674,浙AD1001,,",
        "TWIN33,service,,east,,brake_check,2026-11-28 10:00,丁,13812345674,浙AD1002,,",
    ]
    report = takes(database, *rows)
    assert [visit.code for visit in report.history] == ["OPEN22", "HERE22", "SOON22"]
    assert [visit.code for visit in report.booked] == ["TWIN22", "TWIN33"]
    assert [visit.status.value for visit in report.history] == ["confirmed", "checked_in", "completed"]

    data = bookings_csv(list_visits(database, DEMO))
    assert len(takes(database, data=data, dry_run=True).unchanged) == 5
    empty = sqlite_database(tmp_path)
    takes(empty, data=data)
    assert everything(empty) == everything(database)
    assert claims(empty) == claims(database)
    empty.close()


@pytest.mark.parametrize(
    ("written", "hour"),
    [("2026年12月5日 上午10点", 10), ("２０２６年１２月５日　下午２点半", 14), ("2026/12/5 10:00", 10)],
)
def test_times_and_phones_as_people_write_them(database: Database, written: str, hour: int) -> None:
    takes(
        database,
        DRIVE_ROW.replace("2026-11-28 14:00", written).replace("13812345678", "１３８１２３４５６７８"),
    )

    visit = list_visits(database, DEMO)[0]
    assert (visit.start.hour, visit.phone) == (hour, "13812345678")


def test_a_day_that_does_not_exist_is_named(database: Database) -> None:
    rows = "bookings:\n- {kind: 试驾, store: east, model: x5, start: 2026-02-30 10:00:00, name: 甲, phone: 13812345678}\n"
    assert faults(database, name="a.yml", data=rows.encode()) == (
        "第 1 条：开始时间“2026-02-30 10:00:00”要写成 2026-11-28 14:00 这样",
    )


def test_every_reason_has_its_words() -> None:
    assert set(REFUSALS) == set(Refusal)


def test_another_kind_of_file_is_not_read(database: Database) -> None:
    with pytest.raises(InvalidInput, match=r"must end with \.csv or \.yml"):
        takes(database, name="a.xlsx")


def test_reminders_come_without_a_second_confirmation(database: Database) -> None:
    import sqlalchemy as sa

    from bot.store.tables import OutboxMessage

    with database.transaction() as session:
        session.add(Customer(id="c", phone="13812345678", email="wang@example.com", created_at=NOW))
    takes(database, DRIVE_ROW)

    with database.reading() as session:
        kinds = set(session.scalars(sa.select(OutboxMessage.kind)))
    assert "confirmation" not in kinds
    assert kinds <= {"reminder_24", "reminder_2"}


def test_the_same_file_from_two_desks_at_once_is_taken_once(database: Database) -> None:
    """Without codes only the visits themselves tell that they are there already."""
    rows = [SERVICE_ROW.replace("A1", "").replace("9:00", f"{hour}:00") for hour in (9, 11, 14)]
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: takes(database, *rows), range(4)))

    assert sorted(len(report.booked) for report in reports) == [0, 0, 0, 3]
    assert count(database, Appointment) == 3


def test_many_rows_take_turns(database: Database) -> None:
    rows = [
        f",保养,,east,,常规保养,2026-12-0{day} {hour:02}:30,客户{day}{hour},138{day:04}{hour:04},,,"
        for day in range(1, 8)
        for hour in range(9, 16)
    ]
    report = takes(database, *rows)
    technicians = [visit.resources[1] for visit in report.booked]

    assert len(report.booked) == 49
    assert [technicians.count(f"east-technician-{n}") > 15 for n in (1, 2)] == [True, True]
