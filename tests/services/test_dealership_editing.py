"""The settings: one entry of the dealership is changed, live at once, with its versions and what speaks against it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import Conflict, InvalidFields, NotFound
from bot.services.audit import Actor, list_audit
from bot.services.exchange import dealership_editing as editing
from tests.installations import filled_database
from tests.services.bookings import NOW

BOSS = Actor("boss", "10.0.0.1")


class House:
    """A dealership that somebody changes."""

    def __init__(self, directory: Path) -> None:
        self.database, self.content = filled_database(directory)

    @property
    def dealership(self) -> Any:
        return self.content.current().dealership

    def edit(self, kind: str, id_: str, seen: int | None = None, **data: Any) -> editing.Edited:
        content = self.content.current()
        return editing.edit_entry(self.database, content, kind, id_, data, BOSS, NOW, seen)

    def faults(self, kind: str, id_: str, **data: Any) -> dict[str, str]:
        with pytest.raises(InvalidFields) as refused:
            self.edit(kind, id_, **data)
        return refused.value.faults


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_change_counts_at_once_and_leaves_the_rest(house: House) -> None:
    before = house.dealership

    done = house.edit("profile", "profile", consultants_online={"closes": "21:00"})

    after = house.dealership
    assert (after.profile.consultants_online.closes.hour, done.entry.version) == (21, 2)
    assert after.profile.consultants_online.opens == before.profile.consultants_online.opens
    assert (after.profile.brand, after.stores) == (before.profile.brand, before.stores)
    [line] = list_audit(house.database, action="dealership.changed")
    assert (line.username, line.subject) == ("boss", "profile")
    assert line.details == {"version": 2, "fields": ["consultants_online.closes"]}


def test_the_same_words_again_make_no_version(house: House) -> None:
    brand = house.dealership.profile.brand

    assert house.edit("profile", "profile", brand=brand).entry.version == 1
    assert list_audit(house.database, action="dealership.changed") == []


def test_who_saw_an_earlier_version_is_refused(house: House) -> None:
    house.edit("profile", "profile", seen=1, brand="新岚汽车")

    with pytest.raises(Conflict):
        house.edit("profile", "profile", seen=1, brand="旧岚汽车")
    assert house.dealership.profile.brand == "新岚汽车"


@pytest.mark.parametrize(
    ("kind", "id_", "data", "field"),
    [
        ("profile", "profile", {"brand": " "}, "brand"),
        ("profile", "profile", {"accent_color": "red"}, "accent_color"),
        ("profile", "profile", {"consultants_online": {"opens": "22:00"}}, "consultants_online"),
        ("profile", "profile", {"consultants_online": {"opens": ""}}, "consultants_online.opens"),
        ("profile", "profile", {"warranty": {"months": 0}}, "warranty.months"),
        ("profile", "profile", {"complaint_hours": None}, "complaint_hours"),
        ("rules", "rules", {"horizon_days": 0}, "horizon_days"),
        ("rules", "rules", {"slot_minutes": "x"}, "slot_minutes"),
        ("rules", "rules", {"test_drive": {"minutes": 0}}, "test_drive.minutes"),
        ("rules", "rules", {"reminder_hours": ["x"]}, "reminder_hours"),
        ("rules", "rules", {"test_drive": {"last_start": "5pm"}}, "test_drive.last_start"),
        ("store", "east", {"hours": {"service": {"opens": "20:00"}}}, "hours.service"),
        ("store", "east", {"hours": {"showroom": {"closed_weekdays": [9]}}}, "hours.showroom"),
        ("store", "east", {"name": ""}, "name"),
        ("service", "regular_service", {"price": -1}, "price"),
        ("service", "regular_service", {"minutes": 0}, "minutes"),
        ("model", "s3", {"price_from": 30}, "price_from"),
        ("closure", "国庆节", {}, ""),
        ("store", "east", {"id": "other"}, "id"),
    ],
)
def test_a_fault_is_told_beside_its_field(
    house: House, kind: str, id_: str, data: dict[str, Any], field: str
) -> None:
    faults = house.faults(kind, id_, **data)

    assert list(faults) == [field]
    assert faults[field]
    assert not faults[field].startswith(("：", field or "：：", "."))
    assert house.content.current().versions.get(f"{kind}/{id_}", 1) == 1


def test_an_earlier_version_comes_back(house: House) -> None:
    before = house.dealership.service("regular_service")
    house.edit("service", "regular_service", price=428)
    assert house.dealership.service("regular_service").price == 428

    content = house.content.current()
    done = editing.roll_back_entry(
        house.database, content, "service", "regular_service", 1, BOSS, NOW, seen=2
    )

    assert house.dealership.service("regular_service") == before
    history = editing.entry_history(house.database, "service", "regular_service")
    assert [version.number for version in history] == [3, 2, 1]
    assert (done.entry.version, history[0].author, history[0].note) == (3, "boss", "恢复第 1 版")


def test_a_day_off_is_added_and_taken_away(house: House) -> None:
    day = (NOW + timedelta(days=20)).date()
    house.edit("closure", "盘点", date=day.isoformat(), days=1)
    assert any(closure.date == day for closure in house.dealership.closures)

    editing.remove_entry(house.database, house.content.current(), "closure", "盘点", BOSS, NOW)

    assert all(closure.date != day for closure in house.dealership.closures)
    with pytest.raises(NotFound):
        editing.remove_entry(house.database, house.content.current(), "closure", "盘点", BOSS, NOW)


def test_what_is_used_elsewhere_stays(house: House) -> None:
    with pytest.raises(InvalidFields) as refused:
        editing.remove_entry(house.database, house.content.current(), "store", "east", BOSS, NOW)

    assert "east" in refused.value.words
    assert house.dealership.store("east")


@pytest.mark.parametrize(("kind", "id_"), [("faq", "store.hours"), ("profile", "other"), ("nothing", "x")])
def test_nothing_else_can_be_reached(house: House, kind: str, id_: str) -> None:
    with pytest.raises(NotFound):
        house.edit(kind, id_, brand="x")


@pytest.mark.parametrize("number", ["400-abc", "12", "0" * 21, "４００", "请看官网", "---", "+", "400--"])
def test_nobody_is_sent_to_a_number_that_cannot_be_dialled(house: House, number: str) -> None:
    assert "打不通" in house.faults("profile", "profile", rescue_line=number)["rescue_line"]
    store = house.dealership.stores[0].id
    assert "打不通" in house.faults("store", store, sales_phone=number)["sales_phone"]
    assert "打不通" in house.faults("store", store, service_phone=number)["service_phone"]


@pytest.mark.parametrize("number", ["400-000-1188", "110", "+86 571 8800 1001", "05718800100"])
def test_usual_numbers_are_taken(house: House, number: str) -> None:
    assert house.edit("profile", "profile", rescue_line=number).entry.version >= 1
