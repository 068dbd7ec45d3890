"""What a customer gives and cannot be right is named; what was corrected counts; nothing is asked twice without a reason."""

from __future__ import annotations

import pytest

from tests.conversations.harness import Customer
from tests.conversations.stations import DRIVE, SERVICE


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("1381234567", "少了 1 位"),
        ("138 1234 567", "少了 1 位"),
        ("138123456789", "多了 1 位"),
        ("12812345678", "不像是手机号"),
        ("0571-88881234", "不像是手机号"),
        ("0571 8888 1234", "不像是手机号"),
    ],
)
async def test_a_phone_number_that_cannot_be(customer: Customer, said: str, problem: str) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says(said, problem)
    assert customer.slot("drive_phone") is None
    await customer.says("张伟 13812345678", "驾照")


@pytest.mark.parametrize(
    "said",
    [
        "张伟 13812345678，打错了是13987654321",
        "张伟，电话不是13812345678是13987654321",
        "张伟 一三九八七六五四三二一",
    ],
)
async def test_the_number_that_was_corrected(customer: Customer, said: str) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says(said, "驾照")
    assert customer.slot("drive_phone") == "13987654321"
    assert customer.slot("drive_name") == "张伟"


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("浙A1234", "少了 1 位"),
        ("浙A·12", "少了"),
        ("浙A1234567", "多了 2 位"),
        ("浙A123456", "多了 1 位"),
        ("浙AO1234", "没有字母 I 和 O"),
        ("车牌AD1001", "省份简称"),
        ("A12345", "省份简称"),
    ],
)
async def test_a_plate_that_cannot_be(customer: Customer, said: str, problem: str) -> None:
    await customer.says(SERVICE, "车牌号")
    reply = await customer.says(said, problem if said != "浙A·12" else "车牌")
    assert reply.texts.count(reply.texts[0]) == 1
    assert customer.slot("visit_plate") is None
    await customer.says("浙江 A D 1 0 0 1", "多少公里")
    assert customer.slot("visit_plate") == "浙AD1001"


async def test_a_plate_without_province_of_a_car_to_look_up(customer: Customer) -> None:
    await customer.says("我的车该做什么保养了", "登记的手机号和车牌")
    await customer.says("13800000001 车牌AD1001", "省份简称")
    await customer.says("浙A·D1001", "青岚 X5", "首次保养")


@pytest.mark.parametrize("said", ["S6和X5都想试驾", "想试驾S6跟X5两款"])
async def test_two_models_in_one_wish(customer: Customer, said: str) -> None:
    await customer.says(said, "先约青岚 S6", "再为您约青岚 X5", "什么时候")
    assert customer.slot("drive_model") == "s6"


async def test_a_model_corrected_is_no_second_wish(customer: Customer) -> None:
    await customer.says("我想试驾S6，说错了，X5", "哪家门店", never=("先约",))
    assert customer.slot("drive_model") == "x5"


@pytest.mark.parametrize("said", ["我想试驾宝马X5", "试驾宝马的X5"])
async def test_the_model_of_another_maker_is_not_ours(customer: Customer, said: str) -> None:
    await customer.says(said)
    assert customer.slot("drive_model") is None


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("我叫阿依古丽·买买提，13812345678", "阿依古丽·买买提"),
        ("找我老公 李强 13812345678", "李强"),
        ("免贵姓欧阳，13812345678", "欧阳"),
        ("我叫David，13812345678", "David"),
    ],
)
async def test_names(customer: Customer, said: str, name: str) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says(said, "驾照")
    assert customer.slot("drive_name") == name


@pytest.mark.parametrize(
    ("said", "delivered"),
    [("2025年3月", "2025年3月1日"), ("去年3月提的车", "2025年3月1日"), ("三年前", "2023年11月22日")],
)
async def test_a_delivery_told_to_the_month(customer: Customer, said: str, delivered: str) -> None:
    await customer.says("我的车该做什么保养了", "登记的手机号和车牌")
    await customer.says("X5", "哪天交的车")
    await customer.says(said, f"按 {delivered} 估算", "多少公里")


@pytest.mark.parametrize("said", ["2025年3月15日", "2025-03-15", "昨天"])
async def test_a_delivery_told_to_the_day(customer: Customer, said: str) -> None:
    await customer.says("我的车该做什么保养了", "登记的手机号和车牌")
    await customer.says("X5", "哪天交的车")
    await customer.says(said, "多少公里", never=("估算",))
