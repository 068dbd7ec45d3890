"""The dealership out and in: a round trip, changes that count at once, refusals, and resources that go."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.dealership import Dealership
from bot.domain.errors import ImportRefused, InvalidInput
from bot.services import booking, disruptions
from bot.services.content.editing import Editor
from bot.services.content.files import read_content
from bot.services.content.snapshot import ContentStore
from bot.services.content.sync import sync_content
from bot.services.exchange.dealership import DealershipReport, import_dealership
from bot.services.exchange.dealership_files import (
    SECTIONS,
    dealership_folder,
    dealership_yaml,
    read_dealership_file,
    resources_csv,
)
from bot.services.exchange.dealership_listing import dealership_entries, exported
from bot.services.exchange.words import Names
from bot.services.visits import BookedVisit, Contact, find_visit
from bot.settings import ROOT
from bot.store.database import Database
from tests.installations import filled_database
from tests.services.bookings import DRIVE, NOW, SERVICE, TWO, WANG

LI = Editor("li", may_approve=True)


class Desk:
    """An installation, and files beside it."""

    def __init__(self, database: Database, store: ContentStore, folder: Path) -> None:
        self.database, self.store, self.folder = database, store, folder

    @property
    def dealership(self) -> Dealership:
        return self.store.current().dealership

    def takes(self, text: str | bytes, name: str = "dealer.yml", **more: bool) -> DealershipReport:
        file = self.folder / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return self.takes_path(file, **more)

    def takes_path(self, path: Path, **more: bool) -> DealershipReport:
        raw = read_dealership_file(path, Names(self.dealership))
        return import_dealership(self.database, self.store.current(), raw, LI, NOW, **more)

    def faults(self, text: str | bytes, name: str = "dealer.yml", **more: bool) -> tuple[str, ...]:
        before = dealership_entries(self.database)
        with pytest.raises(ImportRefused) as raised:
            self.takes(text, name, **more)
        assert dealership_entries(self.database) == before
        return raised.value.faults

    def resources(self, *without: str) -> str:
        entries = exported(self.database, NOW)
        kept = [entry for entry in entries["resource"] if entry["id"] not in without]
        return dealership_yaml({"resource": kept}).decode()

    def book(self, **more: Any) -> BookedVisit:
        arguments: dict[str, Any] = {"request": DRIVE, "start": TWO, "contact": WANG, **more}
        return booking.book(self.database, self.dealership, NOW, None, **arguments)

    def find(self, visit: BookedVisit) -> BookedVisit:
        return find_visit(self.database, self.dealership, visit.code, None)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database, store = filled_database(tmp_path)
    yield Desk(database, store, tmp_path)
    database.close()


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """For files that are refused."""
    folder = tmp_path_factory.mktemp("unchanged")
    database, store = filled_database(folder)
    yield Desk(database, store, folder)
    database.close()


def test_a_round_trip_changes_nothing(desk: Desk) -> None:
    before, entries = desk.dealership, exported(desk.database, NOW)
    folder = desk.folder / "out"
    folder.mkdir()
    for name, data in dealership_folder(entries):
        (folder / name).write_bytes(data)

    for report in (
        desk.takes(dealership_yaml(entries), remove=True),
        desk.takes_path(folder, remove=True),
        desk.takes(resources_csv(entries["resource"]), "resources.csv", remove=True),
        desk.takes_path(ROOT / "dealership", remove=True),
    ):
        assert (report.added, report.changed, report.removed, report.kept) == ([], [], [], [])
    assert len(report.unchanged) == sum(len(entries[section.kind]) for section in SECTIONS)
    assert replace(desk.dealership, revision=0) == replace(before, revision=0)
    assert {entry.version for entry in dealership_entries(desk.database)} == {1}


NOT_EXPORTED = (
    "lifecycle.yml",
    "wechat.yml",
    "customers.yml",
    "policies",
    "surveys.yml",
    "outreach.yml",
    "advice.yml",
    "events.yml",
    "indicators.yml",
)


def test_an_exported_folder_can_be_the_content(desk: Desk, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "dealership").mkdir(parents=True)
    for name in ("faq", *(f"dealership/{each}" for each in NOT_EXPORTED)):
        (root / name).symlink_to(ROOT / name)
    for name, data in dealership_folder(exported(desk.database, NOW)):
        (root / "dealership" / name).write_bytes(data)

    assert [(e.kind, e.id, e.data) for e in read_content(root)] == [
        (e.kind, e.id, e.data) for e in read_content(ROOT)
    ]


def test_a_change_counts_at_once_with_author_and_version(desk: Desk) -> None:
    old = dealership_yaml({"store": exported(desk.database, NOW)["store"]}).decode()
    report = desk.takes(old.replace("城西店, 城西", "城西店, 大学城, 城西").replace("17:30", "19:00", 1))

    assert (report.changed, report.unchanged) == (["store/east", "store/west"], [])
    assert f"{desk.dealership.store('east').hours.service.closes:%H:%M}" == "19:00"
    east = next(entry for entry in dealership_entries(desk.database) if entry.id == "east")
    assert (east.version, east.author) == (2, "li")
    # it counts as edited: the file's version no longer replaces it
    entries = [entry for entry in read_content(ROOT) if entry.kind != "customer"]
    sync_content(desk.database, entries, NOW)
    assert f"{desk.dealership.store('east').hours.service.closes:%H:%M}" == "19:00"


def test_what_a_file_does_not_name_stays_unless_it_is_to_go(desk: Desk) -> None:
    text = desk.resources("west-bay-1", "east-car-s6")
    assert desk.takes(text).kept == ["resource/east-car-s6", "resource/west-bay-1"]
    assert len(desk.dealership.resources) == 26
    assert desk.takes(text, remove=True, dry_run=True).removed == [
        "resource/east-car-s6",
        "resource/west-bay-1",
    ]
    assert len(desk.dealership.resources) == 26
    desk.takes(text, remove=True)
    assert len(desk.dealership.resources) == 24
    again = desk.takes("resources:\n- {id: west-bay-1, store: west, kind: bay, name: 城西 1 号工位}\n")
    assert again.added == ["resource/west-bay-1"]


def test_excel_brings_resources(desk: Desk) -> None:
    rows = csv.DictReader(
        io.StringIO(resources_csv(exported(desk.database, NOW)["resource"]).decode("utf-8-sig"))
    )
    assert {row["electric"] for row in rows} == {"", "是"}
    text = "编号,门店,类型,名称,车型,纯电\neast-adviser-5,城东店,销售顾问,钱多,,\neast-car-e5b,east,试驾车,第二辆 E5,青岚 E5,是\n"
    report = desk.takes(text.encode("gb18030"), "resources.csv")

    assert report.added == ["resource/east-adviser-5", "resource/east-car-e5b"]
    car = desk.dealership.resources[-1]
    assert (car.store, car.kind.value, car.model, car.electric) == ("east", "test_car", "e5", True)


def test_a_resource_with_visits_goes_only_with_a_disruption(desk: Desk) -> None:
    drive, service = desk.book(), desk.book(request=SERVICE)
    bay = service.resources[0]
    text = desk.resources("east-car-x5", bay)

    assert desk.faults(text, remove=True) == (
        f"资源 {bay}（城东 1 号工位）还有 1 个预约：{service.code} 周六 11月28日 14:00。"
        "加上 --disrupt，会为这些预约换资源，换不了的请客户改时间",
        f"资源 east-car-x5（城东 X5 试驾车）还有 1 个预约：{drive.code} 周六 11月28日 14:00。"
        "加上 --disrupt，会为这些预约换资源，换不了的请客户改时间",
    )
    report = desk.takes(text, remove=True, disrupt=True)

    assert report.removed == [f"resource/{bay}", "resource/east-car-x5"]
    assert [[visit.code for visit in done.moved] for done in report.disruptions] == [[service.code], []]
    assert desk.find(service).resources[0] == "east-bay-2"
    assert desk.find(drive).needs_new_time
    assert disruptions.affected_by_removal(desk.database, desk.dealership, NOW) == {}


def test_what_is_removed_is_not_offered_after_its_last_visit(desk: Desk) -> None:
    visit = desk.book()
    done = desk.takes(desk.resources("east-car-x5"), remove=True, disrupt=True).disruptions[0]
    times = done.new_times[visit.id]
    assert times
    assert {slot.store for slot in times} == {"west"}


def test_what_comes_back_is_of_use_again(desk: Desk) -> None:
    everything = desk.resources()
    drive = desk.book()
    adviser = next(name for name in drive.resources if "adviser" in name)
    desk.takes(desk.resources("east-car-x5", adviser), remove=True, disrupt=True)
    assert desk.find(drive).needs_new_time
    outages = disruptions.list_outages(desk.database, desk.dealership, NOW)
    assert {outage.resource for outage in outages} == {"east-car-x5", adviser}

    report = desk.takes(everything)
    assert {done.outage.resource for done in report.recoveries} == {"east-car-x5", adviser}
    assert [visit.code for done in report.recoveries for visit in done.restored] == [drive.code]
    assert disruptions.list_outages(desk.database, desk.dealership, NOW) == ()
    again = desk.find(drive)
    assert (again.needs_new_time, again.start, again.resources[0]) == (False, TWO, "east-car-x5")
    assert desk.takes(everything).recoveries == []


def test_what_staff_took_out_of_use_stays_so(desk: Desk) -> None:
    everything = desk.resources()
    arguments = (NOW, TWO + timedelta(days=2), "送修", "li")
    disruptions.begin_outage(desk.database, desk.dealership, NOW, "east-car-x5", *arguments)
    desk.takes(desk.resources("east-car-x5"), remove=True)
    assert desk.takes(everything).recoveries == []
    [outage] = disruptions.list_outages(desk.database, desk.dealership, NOW)
    assert outage.reason == "送修"


def test_a_resource_with_visits_cannot_become_another_unnoticed(desk: Desk) -> None:
    visit = desk.book()
    becomes = "resources:\n- {id: east-car-x5, store: east, kind: test_car, name: 新 X7, model: x7}\n"
    assert "还有 1 个预约" in desk.faults(becomes)[0]

    done = desk.takes(becomes, disrupt=True).disruptions[0]
    assert [each.code for each in done.to_rebook] == [visit.code]
    drive = replace(DRIVE, model="x7")
    two = [desk.book(request=drive, contact=Contact("乙", f"1381234567{n}")) for n in range(2)]
    assert {each.resources[0] for each in two} == {"east-car-x5", "east-car-x7"}


def test_another_name_is_no_disruption(desk: Desk) -> None:
    desk.book()
    renamed = "resources:\n- {id: east-car-x5, store: east, kind: test_car, name: 新 X5, model: x5}\n"
    assert desk.takes(renamed).changed == ["resource/east-car-x5"]


def test_the_public_notice_of_a_year(desk: Desk) -> None:
    text = "holidays:\n- {date: 2027-10-01, name: 国庆节, days: 7}\n- {date: 2027-10-09, name: 调休, off: false}\n"
    assert desk.takes(text).added == ["holiday/2027-10-01", "holiday/2027-10-09"]
    assert [day.off for day in desk.dealership.holidays] == [True, False]
    entries = exported(desk.database, NOW)
    assert desk.takes(dealership_yaml(entries), remove=True).changed == []
    assert desk.faults(text.replace("7}", "70}")) == (
        "holidays 第 1 条（2027-10-01）：days：70 不是 1 到 15 天",
    )


def test_visits_outside_new_hours_are_told(desk: Desk) -> None:
    visit = desk.book()
    report = desk.takes("closures:\n- {name: 盘点, date: 2026-11-28}\n")

    assert [(each.visit.code, each.reason) for each in report.out_of_rules] == [(visit.code, "那天不营业")]
    assert (report.added, report.kept) == (["closure/盘点"], ["closure/春节"])
    later = desk.takes("closures:\n- {name: 年会, date: 2026-12-30}\n")
    assert later.out_of_rules == []  # told once, by the import that did it


def test_what_visits_and_customers_name_cannot_go(desk: Desk) -> None:
    visit = desk.book(request=SERVICE)
    entries = exported(desk.database, NOW)
    services = [entry for entry in entries["service"] if entry["id"] != "regular_service"]
    models = [entry for entry in entries["model"] if entry["id"] != "s3"]
    resources = [entry for entry in entries["resource"] if entry["model"] != "s3"]
    assert "regular_service" in desk.faults(dealership_yaml({"service": services}), remove=True)[0]
    assert desk.faults(dealership_yaml({"model": models, "resource": resources}), remove=True) == (
        "车型 s3 不能删除：客户的车还在用（1 辆）",
    )
    assert visit.items == ("regular_service",)


def test_what_answers_quote_cannot_go(desk: Desk) -> None:
    entries = exported(desk.database, NOW)
    services = [entry for entry in entries["service"] if entry["id"] != "tire_service"]
    found = desk.faults(dealership_yaml({"service": services}), remove=True)
    assert any("还在用变量 {service_price_tire}：先改那里的文字" in fault for fault in found), found


RULES = (ROOT / "dealership" / "booking.yml").read_text("utf-8")
STORE = "stores:\n- {{id: east, name: 城东店, address: a, sales_phone: '0500-1', service_phone: '0500-2', hours: {{showroom: {hours}, service: {{opens: '08:30', closes: '17:30'}}}}}}\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("resources:\n- {id: a, store: north, kind: bay, name: x}\n", "resources 第 1 条（a）：没有“north”这家门店"),
        ("resources:\n- {id: a, store: east, kind: test_car, name: x, model: z}\n", "resources 第 1 条（a）：没有“z”这个车型"),
        ("resources:\n- {id: a, store: east, kind: lift, name: x}\n", "resources 第 1 条（a）：kind：只能是 test_car、sales_adviser、bay、technician"),
        ("resources:\n- {id: a, store: east, kind: test_car, name: x}\n", "resources 第 1 条（a）：试驾车要写 model（车型）"),
        ("resources:\n- {id: a b, store: east, kind: bay, name: x}\n", "resources 第 1 条（a b）：id 只能用字母、数字、- 和 _，最多 40 个字"),
        ("resources:\n- {id: a, store: east, kind: bay, name: x}\n- {id: a, store: east, kind: bay, name: x}\n", "resources 第 2 条（a）：与resources 第 1 条（a）重复"),
        ("resources:\n- {id: a, store: east, kind: bay, name: x, colour: red}\n", "resources 第 1 条（a）：没有“colour”这一项"),
        ("resources:\n- {id: a, store: east, kind: bay}\n", "resources 第 1 条（a）：缺少“name”"),
        ('resources:\n- {id: a, store: east, kind: bay, name: "x\\0"}\n', "resources 第 1 条（a）：有不能保存的字符"),
        ("resources: 5", "resources：下面要是一组条目（每条以“-”开头）"),
        (STORE.format(hours="{opens: '18:00', closes: '09:00'}"), "stores 第 1 条（east）：展厅营业时间：09:00 打烊早于 18:00 开门"),
        (STORE.format(hours="{opens: '09:00', closes: '18:00', closed_weekdays: [0, 8]}"), "stores 第 1 条（east）：展厅休息日：0、8 不是 1（周一）到 7（周日）"),
        (STORE.format(hours="{opens: early, closes: '18:00'}"), "stores 第 1 条（east）：hours.showroom.opens：要写成 09:00 这样的时间"),
        (STORE.format(hours="{closes: '18:00'}"), "stores 第 1 条（east）：hours.showroom：缺少“opens”"),
        ("closures:\n- {name: 盘点}\n", "closures 第 1 条（盘点）：要写 date（日期）或 lunar（农历月-日），两者选一"),
        ("closures:\n- {name: 盘点, lunar: 13-01}\n", "closures 第 1 条（盘点）：lunar：“13-01”要写成 01-01 这样的农历月-日"),
        ("closures:\n- {name: 盘点, date: 2026-13-01}\n", "closures 第 1 条（盘点）：date：要写成 2026-10-01 这样的日期"),
        ("closures:\n- {name: 盘点, date: soon}\n", "closures 第 1 条（盘点）：date：要写成 2026-10-01 这样的日期"),
        ("services:\n- {id: a, name: x, minutes: 0, price: -1}\n", "services 第 1 条（a）：minutes：0 不是 1 到 1440 分钟"),
        ("services:\n- {id: a, name: x, minutes: many, price: 1}\n", "services 第 1 条（a）：minutes：要是整数"),
        ("tyres: []\nstores: []\n", "不认识“tyres”，只能是 profile、rules、handoff、stores、models、services、resources、closures、holidays"),
        ("hours: 5", "要有 profile、rules、handoff、stores、models、services、resources、closures、holidays 中的一项"),
        ("resources: [", "第 1 行不是有效的 YAML（UTF-8）"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(unchanged: Desk, text: str, found: str) -> None:
    assert unchanged.faults(text)[0] == found


def test_the_rules_alone_and_what_is_wrong_with_them(desk: Desk) -> None:
    assert desk.takes(RULES.replace("horizon_days: 30", "horizon_days: 45"), "booking.yml").changed == [
        "rules/rules"
    ]
    assert desk.dealership.rules.horizon_days == 45
    wrong = RULES.replace("slot_minutes: 30", "slot_minutes: 20").replace(
        "hold_minutes: 10", "hold_minutes: 0"
    )
    assert desk.faults(wrong, "booking.yml") == (
        "rules：slot_minutes：20 要是 15 分钟的倍数",
        "rules：hold_minutes：0 要大于 0",
    )
    much = RULES.replace("hold_minutes: 10", "hold_minutes: 99999").replace("min_age: 18", "min_age: -1")
    assert desk.faults(much.replace('"17:00"', "1700"), "booking.yml") == (
        "rules：test_drive.last_start：要写成 09:00 这样的时间",
        "rules：test_drive.min_age：-1 不能小于 0",
        "rules：hold_minutes：99999 太多了，最多 1440",
    )


PROFILE = (ROOT / "dealership" / "profile.yml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("Asia/Shanghai", "Asia/Shangha", "time_zone：没有“Asia/Shangha”这个时区，要写成 Asia/Shanghai 这样"),
        ('"#0f6b6b"', "red", "accent_color：“red”要写成 #0f6b6b 这样的颜色"),
        ("400-000-1188", '""', "rescue_line 不能是空的"),
        ('"08:30"', '"8:30"', "consultants_online.opens：要写成 09:00 这样的时间"),
        ("complaint_hours: 48", "complaint_hours: -1", "complaint_hours：-1 不是 1 到 720"),
        ("months: 36", "months: 0", "warranty.months：0 不是 1 到 600"),
    ],
)
def test_what_is_wrong_with_the_profile(unchanged: Desk, old: str, new: str, found: str) -> None:
    assert unchanged.faults(PROFILE.replace(old, new), "profile.yml") == (f"profile：{found}",)


def test_two_resources_cannot_have_one_name(unchanged: Desk) -> None:
    text = "resources:\n- {id: east-bay-9, store: east, kind: bay, name: 城东 2 号工位}\n"
    assert unchanged.faults(text) == (
        "resources 第 1 条（east-bay-9）：名称“城东 2 号工位”与 east-bay-2 重复",
    )


def test_a_job_of_the_schedule_cannot_go(unchanged: Desk) -> None:
    services = [e for e in exported(unchanged.database, NOW)["service"] if e["id"] != "regular_service"]
    assert (
        "保养计划（next_service.jobs.regular）还在用“regular_service”"
        in (unchanged.faults(dealership_yaml({"service": services}), remove=True)[0])
    )


def test_the_last_of_a_kind_stays(desk: Desk) -> None:
    assert desk.faults("resources: []\n", remove=True)[0] == "resources：至少要有一个资源"


def test_every_fault_of_a_sheet_is_listed(desk: Desk) -> None:
    text = "id,store,kind,name,electric\na,east,lift,x,\n,east,bay,x,\nc,north,bay,y,maybe\n"
    assert desk.faults(text, "resources.csv") == (
        "第 2 行（a）：类型“lift”不认识，只能是 test_car（试驾车）、sales_adviser（销售顾问）、bay（工位）、technician（技师）",
        "第 3 行：缺少 id",
        "第 4 行（c）：electric 只能写 是 或 否，不能是“maybe”",
        "第 4 行（c）：没有“north”这家门店",
    )


def test_other_files_are_not_read(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match=r"must be a folder or end with \.yml or \.csv"):
        desk.takes("", "a.xlsx")
    with pytest.raises(InvalidInput, match="cannot be read"):
        desk.takes_path(desk.folder / "none.yml")
    (desk.folder / "empty").mkdir()
    with pytest.raises(ImportRefused):
        desk.takes_path(desk.folder / "empty")
