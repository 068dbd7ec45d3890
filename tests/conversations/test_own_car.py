"""What a car needs next, its warranty and its stage: by date and mileage, whichever comes first."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.conversations.harness import Customer


@dataclass(frozen=True)
class Known:
    """A demo customer and what the schedule says on 22 November 2026 (reference: demo dealership, lifecycle)."""

    identity: str
    due: tuple[str, ...]
    warranty: tuple[str, ...]
    model: str
    job: str


CARS = {
    "X5": Known(
        "13800000001 浙A·D1001",
        ("青岚 X5", "新车体验期", "首次保养", "2026年12月30日", "5,000 公里", "1,100 公里"),
        ("还在整车质保期内", "2029年9月30日", "60,000 公里"),
        "x5",
        "first_service",
    ),
    "S6": Known(
        "13800000002 浙A·B2002",
        ("青岚 S6", "保内初期", "大保养", "2026年12月10日", "40,000 公里", "1,400 公里"),
        ("还在整车质保期内", "2027年12月5日", "60,000 公里"),
        "s6",
        "major_service",
    ),
    "E5": Known(
        "13800000003 浙A·F30303",
        ("青岚 E5", "保内初期", "纯电车型保养", "已经到期", "2026年11月18日", "15,000 公里", "时间和里程"),
        ("还在整车质保期内", "2028年11月20日", "2033年11月20日", "150,000 公里"),
        "e5",
        "ev_service",
    ),
    "X7": Known(
        "13800000004 浙A·C4004",
        ("青岚 X7", "保内后期", "大保养", "2027年2月2日", "60,000 公里", "2,200 公里"),
        ("还在整车质保期内", "2026年12月20日", "还有 28 天", "2,200 公里"),
        "x7",
        "major_service",
    ),
    "S3": Known(
        "13800000005 浙A·A5005",
        ("青岚 S3", "换车升级期", "常规保养", "已经到期", "2026年10月1日", "115,000 公里", "时间和里程"),
        ("已经过了整车质保", "2022年6月15日", "60,000 公里"),
        "s3",
        "regular_service",
    ),
}


@pytest.mark.parametrize("car", CARS.values(), ids=CARS)
async def test_what_a_known_car_needs(customer: Customer, car: Known) -> None:
    await customer.says("我的车下次该做什么保养", "手机号和车牌")
    await customer.says(car.identity, *car.due, "约个时间")
    assert customer.form is None


@pytest.mark.parametrize("car", CARS.values(), ids=CARS)
async def test_the_warranty_of_a_known_car(customer: Customer, car: Known) -> None:
    await customer.says("我的车还在保修期吗", "手机号和车牌")
    reply = await customer.says(car.identity, *car.warranty, "约个时间")
    assert "质保" in reply.texts[0]


@pytest.mark.parametrize("question", ["我的车现在处于哪个阶段", "我的车该做什么了", "该保养了吗我的车"])
async def test_ways_to_ask(customer: Customer, question: str) -> None:
    await customer.says(question, "手机号和车牌")


async def test_everything_in_one_message(customer: Customer) -> None:
    await customer.says("我的车该做什么保养了，13800000001 浙AD1001", "首次保养", "新车体验期")


@pytest.mark.parametrize(("first", "second"), [("13800000001", "浙AD1001"), ("浙AD1001", "13800000001")])
async def test_phone_and_plate_one_after_the_other(customer: Customer, first: str, second: str) -> None:
    await customer.says("我的车下次该做什么保养")
    await customer.says(first, "核对后", never=("X5", "3,900"))
    await customer.says(second, "首次保养")


@pytest.mark.parametrize(
    "identity", ["13800000002 浙A·D1001", "13800000001 浙A·B2002", "13911112222 浙A·D1001"]
)
async def test_phone_and_plate_that_do_not_belong_together(customer: Customer, identity: str) -> None:
    """Nothing is told, and any car can still be asked about."""
    await customer.says("我的车下次该做什么保养")
    await customer.says(identity, "没有查到", never=("X5", "S6", "3,900", "38,600", "保内", "新车体验期"))
    await customer.says("X5，2026年9月30日提的车，开了3900公里", "首次保养", "新车体验期", "2026年12月30日")


async def test_a_wrong_and_an_unknown_car_look_the_same(customer: Customer) -> None:
    other = customer.assistant.customer()
    await customer.says("我的车下次该做什么保养")
    await other.says("我的车下次该做什么保养")
    wrong = await customer.says("13911112222 浙A·D1001")
    unknown = await other.says("13911112222 浙A·Z9999")
    assert wrong.text == unknown.text


@pytest.mark.parametrize("car", CARS.values(), ids=CARS)
async def test_the_offer_leads_into_a_booking(customer: Customer, car: Known) -> None:
    """Car, plate, mileage and job are known; only store, time and name are missing."""
    await customer.says("我的车下次该做什么保养")
    await customer.says(car.identity)
    await customer.clicks("帮我预约", "哪家门店")
    jobs = [car.job, "warranty_end_check"] if car.model == "x7" else [car.job]  # its warranty ends in 28 days
    assert (customer.slot("visit_model"), customer.slot("visit_jobs")) == (car.model, jobs)
    phone, plate = car.identity.replace("·", "").split()
    await customer.says("城东店，周三上午十点", "怎么称呼", never=("手机号", "多少公里"))
    await customer.says("王强", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(kind="service", model=car.model, items=jobs, plate=plate, phone=phone, name="王强")


@pytest.mark.parametrize("yes", ["好的", "可以，帮我约一下", "要"])
async def test_the_offer_taken_in_words(customer: Customer, yes: str) -> None:
    await customer.says("我的车下次该做什么保养")
    await customer.says(CARS["X5"].identity)
    await customer.says(yes, "哪家门店")
    assert customer.slot("visit_plate") == "浙AD1001"


async def test_the_offer_taken_with_a_time(customer: Customer) -> None:
    await customer.says("我的车下次该做什么保养")
    await customer.says(CARS["X5"].identity)
    await customer.says("好，约周三上午十点城东店", "怎么称呼")
    assert customer.slot("visit_time") == "2026-11-25T10:00:00+08:00"


@pytest.mark.parametrize("no", ["先不用", "不用了谢谢", "不约"])
async def test_the_offer_declined(customer: Customer, no: str) -> None:
    await customer.says("我的车下次该做什么保养")
    await customer.says(CARS["X5"].identity)
    await customer.says(no)
    assert customer.form is None
    await customer.says("好的")  # a yes to nothing
    assert customer.form is None


async def test_any_car(customer: Customer) -> None:
    await customer.says("我的车下次该做什么保养", "交车日期")
    await customer.says(
        "我是X5，2026年10月20日提车，开了2000公里", "首次保养", "5,000 公里", "2027年1月20日", "新车体验期"
    )
    await customer.clicks("帮我预约", "车牌")
    assert (customer.slot("visit_model"), customer.slot("visit_mileage")) == ("x5", 2000)


async def test_any_car_step_by_step(customer: Customer) -> None:
    await customer.says("我的车下次该做什么保养", "交车日期")
    await customer.says("S3", "哪天交的车")
    await customer.says("2026年10月", "多少公里")
    await customer.says("1500", "首次保养", "新车体验期")


async def test_any_car_by_mileage(customer: Customer) -> None:
    """Young, but past 60,000 km: out of warranty, and in a later stage than its age tells."""
    await customer.says("我的车还在保修期吗", "交车日期")
    await customer.says("S6，2025年5月1日提的车，跑了65000公里", "已经过了整车质保", "里程")
    await customer.says("那我的车现在是哪个阶段", "保修外期")


async def test_any_car_by_age(customer: Customer) -> None:
    await customer.says("我的车还在保修期吗")
    await customer.says("S6，2023年5月1日提的车，跑了20000公里", "已经过了整车质保", "2026年5月1日", "时间")


async def test_an_electric_car_of_any_owner(customer: Customer) -> None:
    await customer.says("我的E5还在质保吗")
    await customer.says(
        "2022年3月提车，跑了80000公里", "已经过了整车质保", "电池", "2030年3月", "150,000 公里"
    )


async def test_a_mileage_that_nobody_knows(customer: Customer) -> None:
    """By age alone, and no distance is made up."""
    await customer.says("我的车下次该做什么保养")
    await customer.says("X5，2026年10月20日提车", "多少公里")
    await customer.says("不清楚", "2027年1月20日", never=("-1", "还差"))


async def test_a_delivery_that_lies_ahead(customer: Customer) -> None:
    await customer.says("我的车下次该做什么保养")
    await customer.says("X5", "哪天交的车")
    await customer.says("2027年3月1日", "交")
    assert customer.form == "own_car_form"


async def test_the_warranty_after_the_service(customer: Customer) -> None:
    """The car is known by now: it is not asked for again."""
    await customer.says("我的车下次该做什么保养")
    await customer.says(CARS["X7"].identity, "保内后期")
    await customer.says("那还在质保期吗", "还在整车质保期内", "2026年12月20日")


async def test_another_car_afterwards(customer: Customer) -> None:
    await customer.says("我的车下次该做什么保养")
    await customer.says(CARS["X7"].identity, "保内后期")
    await customer.says("我另一台车呢，13800000005 浙AA5005，该保养了吗", "换车升级期", never=("X7",))
