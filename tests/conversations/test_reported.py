"""What customers who tried the assistant ran into, so that it does not come back."""

from __future__ import annotations

import pytest

from tests.conversations.harness import Customer

UP_FRONT = "试驾X5 城东 周六上午十点 张伟 13812345678 驾照五年"


async def test_an_emergency_breaks_through_the_queue(customer: Customer) -> None:
    await customer.says("转人工", "第 1 位")
    await customer.says("我车着火了", "119", "400-000-1188")
    await customer.says("在迎宾大道加油站", "手机号")
    await customer.says("13812345678", "已经登记救援", "人工顾问")
    assert customer.has_case("rescue").details["place"] == "在迎宾大道加油站"


async def test_told_mileage_counts_more_than_the_record(customer: Customer) -> None:
    await customer.says("13800000004 浙A·C4004 现在6万2千公里了还保修吗", "已经过了整车质保", "里程")


async def test_the_check_before_the_warranty_ends_is_recommended(customer: Customer) -> None:
    await customer.says("我的车下次该做什么保养", "手机号和车牌")
    await customer.says("13800000004 浙A·C4004", "保修到期前检测")


async def test_a_clock_time_alone_keeps_the_booked_day(customer: Customer) -> None:
    await customer.says(UP_FRONT, "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says("查一下预约", "11月28日 10:00")
    await customer.says("改到4点", "11月28日 16:00")
    await customer.clicks("确认改期", "改好了")
    customer.has_booked(kind="test_drive", start="2026-11-28T16:00")


@pytest.mark.parametrize("said", ["不取消", "算了不取消了", "先不取消", "保留吧"])
async def test_no_to_a_cancellation_keeps_the_booking(customer: Customer, said: str) -> None:
    await customer.says(UP_FRONT, "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says("取消预约", "要取消")
    await customer.says(said, "保持不变")
    customer.has_booked(kind="test_drive", start="2026-11-28T10:00")


async def test_service_in_the_words_of_a_test_drive(customer: Customer) -> None:
    await customer.says("我周一要去城西店保养x5", "车牌")
    assert customer.form == "service_visit_form"


async def test_a_service_in_the_middle_leaves_the_test_drive_alone(customer: Customer) -> None:
    await customer.says("想周四上午11点去城东试驾X5", "姓名和手机号")
    await customer.says("我也要约个保养，X5 浙A·L8888 两万公里 大保养 周四上午9点", "哪家门店")
    assert customer.form == "service_visit_form"
    assert customer.slot("drive_time") == "2026-11-26T11:00:00+08:00"
    await customer.says("还是先试驾吧", "姓名和手机号")
    assert customer.slot("drive_time") == "2026-11-26T11:00:00+08:00"


async def test_leaving_one_booking_for_the_other(customer: Customer) -> None:
    await customer.says("我想预约试驾", "哪一款")
    await customer.says("算了先保养", "车型和车牌")
    assert customer.form == "service_visit_form"


@pytest.mark.parametrize("place", ["在家楼下", "星河小区3栋", "二环高架", "不知道在哪"])
async def test_any_words_are_a_place(customer: Customer, place: str) -> None:
    await customer.says("车打不着火了", "什么位置")
    await customer.says(place, "手机号")


async def test_an_age_beyond_the_limits(customer: Customer) -> None:
    await customer.says("试驾S3 城西 周六下午2点 钱七 13812345671 今年75岁 驾龄40年", "坐着体验")
    assert customer.form is None


async def test_not_coming_is_no_breakdown(customer: Customer) -> None:
    await customer.says("我明天来不了了", "预约码")


async def test_no_plate_yet(customer: Customer) -> None:
    await customer.says("预约保养", "车型和车牌")
    await customer.says("车牌还没上", "哪一款")
    await customer.says("青岚X5", "多少公里")


@pytest.mark.parametrize("name", ["霍元甲", "约翰", "小青", "Tom"])
async def test_a_name_beside_the_phone(customer: Customer, name: str) -> None:
    await customer.says(f"试驾X5 城西 明天下午2点 {name} 13010000002 驾龄十年", "确认预约吗", name)


async def test_the_same_time_on_another_day(customer: Customer) -> None:
    await customer.says(UP_FRONT, "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says("改到下周五同样时间", "11月27日 10:00")


async def test_confirming_a_booking_is_no_yes_to_a_person(customer: Customer) -> None:
    await customer.says("再便宜五千就订", "要我请顾问")
    await customer.says("确认预约", never=("转接",))


async def test_a_late_tap_is_never_read_as_text(customer: Customer) -> None:
    await customer.says("我想试驾S6", "什么时候")
    late = customer.reply.buttons[0]
    await customer.says("周二下午2点", "姓名和手机号")
    reply = await customer.says(late)
    assert "手机号是 1 开头" not in reply.text


async def test_what_is_taken_up_is_acknowledged(customer: Customer) -> None:
    await customer.says("我想预约保养", "车型和车牌")
    await customer.says("E5 浙A·F99999", "多少公里")
    await customer.says("城西店", "记下了", "多少公里")


async def test_two_visits_at_the_same_time_are_pointed_out(customer: Customer) -> None:
    await customer.says(UP_FRONT, "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says(
        "再约一个试驾S3 城东 周六上午十点 张伟 13812345678 驾照五年", "时间重叠", "确认预约吗"
    )
