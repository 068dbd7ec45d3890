"""What customers who tried the assistant ran into with services, bookings of their own and small talk."""

from __future__ import annotations

import pytest

from tests.conversations.harness import Customer

DRIVE = "试驾X5 城东 周六上午十点 张伟 13812345678 驾照五年"
SERVICE = "保养 X5 浙A·D1001 23000公里 城东店 下周三上午九点 张伟 13812345678"


async def test_the_workshop_rests_and_the_showroom_is_open(customer: Customer) -> None:
    said = "保养 X5 浙A·D1001 两万三千公里 城西店 周一上午十点"
    await customer.says(said, "城西店售后周一休息", never=("城西店不营业",))


async def test_hours_name_the_department_and_its_days(customer: Customer) -> None:
    await customer.says(
        "城西店周一能试驾吗", "展厅 每天 09:00–18:00；售后 周二至周日 08:30–17:30（周一休息）"
    )


async def test_a_puncture_is_looked_at(customer: Customer) -> None:
    await customer.says("我姓许,X5 浙A·D1001 车胎被钉子扎了 补一下", "故障检修", "多少公里")
    assert customer.slot("visit_jobs") == ["diagnosis"]
    assert customer.slot("visit_name") == "许"


async def test_the_free_first_service_has_its_limits(customer: Customer) -> None:
    await customer.says("X5 浙A·D1001 23000公里 首次保养 城东店 周三上午九点", "23,000 公里", "常规保养")
    assert customer.slot("visit_jobs") == ["regular_service"]


async def test_the_free_first_service_in_time(customer: Customer) -> None:
    await customer.says("X5 浙A·D1001 4800公里 首次保养 城东店 周三上午九点", never=("您的车已经",))
    assert customer.slot("visit_jobs") == ["first_service"]


async def test_two_requests_joined_in_one_breath(customer: Customer) -> None:
    await customer.says("明天上午我要过去试驾然后顺便把我那个旧车做个保养，X5", "还提到了预约保养")
    assert customer.form == "test_drive_form"


@pytest.mark.parametrize(
    "said",
    [
        "想保养 浙A·D1001",
        "12月5号10点保养 S6 浙A3B4C5 2万公里 城东",
        "约12月5号10点做保养,浙A·D12345,E5,城东,1万公里",
    ],
)
async def test_a_service_in_keywords(customer: Customer, said: str) -> None:
    await customer.says(said)
    assert customer.form == "service_visit_form", customer.told("no service was begun")


async def test_what_for_is_asked_and_the_rest_is_kept(customer: Customer) -> None:
    await customer.says("X5 下下周五 3:30pm 城东", "想试驾，还是给车做保养")
    await customer.clicks("试驾", "12月4日 15:30", "姓名和手机号")
    assert customer.slot("drive_model") == "x5"


async def test_the_delivery_date_is_not_known(customer: Customer) -> None:
    await customer.says("我的车还在保修期吗", "交车日期")
    await customer.says("X5", "哪天交的车")
    await customer.says("不清楚", "多少公里")
    await customer.says("2万公里", "没有交车日期", "大保养")


@pytest.mark.parametrize("said", ["没有", "不记得了", "真的忘了", "没有预约码"])
async def test_without_the_booking_code(customer: Customer, said: str) -> None:
    await customer.says("查一下我的预约", "预约码")
    await customer.says(said, "请顾问", "0500-8800-1001", never=("没有听懂",))
    await customer.says("好的", "已经为您转接")


@pytest.mark.parametrize("said", ["查预约 DPX488", "查询预约 DPX488"])
async def test_a_code_starts_the_look_up(customer: Customer, said: str) -> None:
    await customer.says(said, "手机号")
    assert customer.slot("booking_code") == "DPX488"


async def test_own_bookings_in_the_middle_of_another(customer: Customer) -> None:
    await customer.says(DRIVE, "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says("预约保养", "车型和车牌")
    await customer.says("我有哪些预约", "11月28日 10:00", "车型和车牌")
    assert customer.form == "service_visit_form"


async def test_a_new_wish_at_the_code(customer: Customer) -> None:
    await customer.says("查一下我的预约", "预约码")
    await customer.says("改到后天下午", "为您改期", "预约码")
    await customer.says("算了取消吧", "都没有动")
    assert customer.form is None


async def test_the_service_is_cancelled_and_not_the_test_drive(customer: Customer) -> None:
    await customer.says(SERVICE, "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says(DRIVE.replace("城东", "城西"), "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says("保养也取消", "要取消", "常规保养")
    await customer.clicks("确认取消", "已经取消")
    customer.has_booked(kind="test_drive")


async def test_another_car_for_a_booked_test_drive(customer: Customer) -> None:
    await customer.says(DRIVE, "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    reply = await customer.says("顺便把车换成X7", "不能直接换车", "重新约")
    assert reply.buttons == ["重新约试驾 青岚 X7", "取消现在的预约", "只改时间"]
    customer.has_booked(kind="test_drive", model="x5", start="2026-11-28T10:00")


async def test_half_an_hour_earlier(customer: Customer) -> None:
    await customer.says(DRIVE, "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says("能提前半小时吗", "11月28日 09:30")
    await customer.clicks("确认改期", "改好了")
    customer.has_booked(kind="test_drive", start="2026-11-28T09:30")


@pytest.mark.parametrize("said", ["我想退定金", "退定金", "想退订金", "不要车了退钱"])
async def test_a_refund_needs_no_booking_code(customer: Customer, said: str) -> None:
    await customer.says(said, never=("预约码",))
    assert {"price.deposit", "buy.cancel_order"} & _told(customer), customer.told("no answer")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("你真笨", "抱歉"),
        ("我爱你", "谢谢您的喜欢"),
        ("你几岁", "没有年龄"),
        ("今天天气", "天气预报"),
        ("现在几点", "10:00"),
        ("？？？", "哪里没说清楚"),
    ],
)
async def test_a_line_that_fits(customer: Customer, said: str, line: str) -> None:
    await customer.says(said, line, never=("跟您聊天很开心", "表情"))


async def test_out_of_scope_twice(customer: Customer) -> None:
    await customer.says("今天股票会涨吗", "帮不上忙", never=("不能乱说",))
    await customer.says("帮我写首诗", "不在行", never=("没能听懂",))


def _told(customer: Customer) -> set[str]:
    """The topics that were answered, or offered as a choice."""
    topics = ("price.deposit", "buy.cancel_order")
    offered = " ".join(choice["payload"] for choice in customer.reply.choices)
    return {t for t in topics if customer.assistant.answer(t) in customer.reply.text or t in offered}
