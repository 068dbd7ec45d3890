"""Times, drivers and words of customers who were booking, as they were reported, so that they do not come back."""

from __future__ import annotations

import pytest

from bot.store.tables import Hold
from tests.conversations.harness import Customer

CONTACT = "张伟 13812345678"


async def reaches_the_summary(customer: Customer, wish: str = "我想周六上午十点半去城东店试驾X5") -> None:
    await customer.says(f"{wish} {CONTACT} 驾照五年", "确认预约吗")


async def books(customer: Customer, wish: str) -> None:
    await reaches_the_summary(customer, wish)
    await customer.clicks("确认预约", "预约码")


def start_held(customer: Customer) -> list[str]:
    return [hold.details["start"][5:16] for hold in customer.rows(Hold)]


@pytest.mark.parametrize("said", ["我想预约一下", "预约一下", "约个时间", "我要预约明天上午10点"])
async def test_what_for_is_asked(customer: Customer, said: str) -> None:
    await customer.says(said, "是想试驾，还是给车做保养", never=("车牌",))


async def test_the_day_is_kept_while_it_is_asked_what_for(customer: Customer) -> None:
    await customer.says("我要预约明天上午10点", "试驾")
    await customer.clicks("试驾", "哪一款")
    await customer.says("X5 城东", "周一 11月23日 10:00 城东店", "姓名和手机号")


async def test_who_wants_to_look_is_welcome(customer: Customer) -> None:
    await customer.says("下周五想看看车", "看车不用预约", never=("车牌",))
    await customer.clicks("预约试驾", "哪一款")
    await customer.says("X5 城东", "周五 11月27日")


@pytest.mark.parametrize("said", ["等一下，改成十一点", "稍等，改成十一点", "改到十一点"])
async def test_eleven_is_an_hour_of_the_agreed_day(customer: Customer, said: str) -> None:
    await reaches_the_summary(customer)
    await customer.says(said, "周六 11月28日 11:00", "确认预约吗")


@pytest.mark.parametrize(
    ("said", "start"), [("晚一个小时", "11:30"), ("提前半小时", "10:00"), ("推迟一小时", "11:30")]
)
async def test_the_agreed_time_is_moved(customer: Customer, said: str, start: str) -> None:
    await reaches_the_summary(customer)
    await customer.says(said, f"周六 11月28日 {start}", "确认预约吗")


async def test_this_saturday_is_the_one_to_come(customer: Customer) -> None:
    await customer.says("想试驾X5 城东", "什么时候")
    await customer.says("这周六上午十点", "周六 11月28日 10:00", never=("过去",))


async def test_a_clock_time_belongs_to_the_advisers_day(customer: Customer) -> None:
    await customer.says("想试驾X5 城东", "什么时候")
    await customer.says("林晓周六有空吗", "周六 11月28日")
    await customer.says("4点", "周六 11月28日 16:00")


async def test_the_refused_day_is_still_offered_after_the_contact(customer: Customer) -> None:
    await customer.says("想试驾S6 12月11号下午7点 城东", "营业时间")
    offered = customer.reply.buttons
    await customer.says("项充 13800001234", "时间还没定")
    assert customer.reply.buttons == offered
    await customer.says("那早点 4点")
    assert start_held(customer) == ["12-11T16:00"]


async def test_it_is_held_in_one_sentence(customer: Customer) -> None:
    await customer.says("想周五去城东试驾X5", "选哪一个")
    await customer.says("11点", "周五 11月27日 11:00", "姓名和手机号")
    reply = await customer.says("改成下午2点", "周五 11月27日 14:00", "姓名和手机号")
    assert reply.text.count("14:00") == 1


async def test_a_morning_is_called_so(customer: Customer) -> None:
    await customer.says("想试驾X5 城东", "什么时候")
    await customer.says("周二上午", "周二 11月24日上午，这些时间有空", never=("06:00",))


@pytest.mark.parametrize("said", ["好了 现在约我老婆的", "帮她也约", "另一台也约一下"])
async def test_the_second_car_is_driven_by_somebody_else(customer: Customer, said: str) -> None:
    await customer.says(f"帮我和我老婆都约试驾 e5和x7 城东周六上午十点 {CONTACT} 驾照五年", "再为您约青岚 X7")
    await customer.clicks("确认预约", "预约码")
    await customer.says(said, "再为您约青岚 X7", "什么时候", never=("找到了",))
    await customer.says("同一时间", "您符合吗", never=("找到了",))
    await customer.clicks("符合", "试驾 青岚 X7", "周六 11月28日 10:00，城东店", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(count=2, model="x7", start="2026-11-28T10:00")


@pytest.mark.parametrize("said", ["哦 我看错了 符合的", "看错了，我符合"])
async def test_a_wrong_no_about_the_licence_is_corrected(customer: Customer, said: str) -> None:
    await customer.says("我想周五上午11点去城东店试驾X5", "姓名和手机号")
    await customer.says(CONTACT, "您符合吗")
    await customer.clicks("不符合", "顾问开车")
    await customer.says(said, "周五 11月27日 11:00", "试驾 青岚 X5", "张伟", "确认预约吗")
    customer.belongs_to_bot()


async def test_the_licence_in_the_line_of_the_phone(customer: Customer) -> None:
    await customer.says("我想周五上午11点去城东店试驾X5", "姓名和手机号")
    await customer.says(f"{CONTACT} 符合", "确认预约吗")
    other = customer.assistant.customer()
    await other.says("我想周五下午3点去城东店试驾X5", "姓名和手机号")
    await other.says("李强 13700002222 不符合", never=("确认预约吗",))


@pytest.mark.parametrize("said", ["确认", "还用这个", "用原来的"])
async def test_the_known_contact_is_used_again(customer: Customer, said: str) -> None:
    await books(customer, "我想周五上午11点去城东店试驾X5")
    await customer.says("再约周日下午三点城东店试驾S6", "姓名和手机号")
    await customer.says(said, "您符合吗")
    assert customer.slot("drive_phone") == "13812345678"


async def test_a_visit_of_the_same_phone_at_the_same_time_is_named_without_details(
    customer: Customer,
) -> None:
    customer.assistant.books("2026-11-28T10:30", model="s6", phone="13812345678")
    await reaches_the_summary(customer)
    assert "时间重叠" in customer.reply
    assert "KHM374" not in customer.reply
    await customer.clicks("确认预约", "预约码")


async def test_a_fourth_test_drive_is_for_an_adviser(customer: Customer) -> None:
    for day, code in ((24, "AAA222"), (25, "BBB222"), (26, "CCC222")):
        customer.assistant.books(f"2026-11-{day}T10:00", code=code, phone="13812345678")
    await reaches_the_summary(customer)
    await customer.clicks("确认预约", "顾问", "先不加")
    customer.has_booked_nothing()
    assert start_held(customer) == []


@pytest.mark.parametrize("said", ["那现在10点有了吗", "那10点有空了吗"])
async def test_whether_it_came_free_is_about_the_slot(customer: Customer, said: str) -> None:
    customer.assistant.books("2026-11-28T10:00", model="x7")
    await customer.says("周六上午10点试驾X7 城东", "约走")
    await customer.says(said, "周六 11月28日 10:00", "约走", never=("登记的手机号",))
    assert customer.form == "test_drive_form"


async def test_a_part_of_the_day_stays_in_the_booking(customer: Customer) -> None:
    await customer.says("想试驾X5 城东", "什么时候")
    await customer.says("上午早点的", "哪一个", never=("车牌",))
    assert customer.form == "test_drive_form"


async def test_any_store_and_the_nearest(customer: Customer) -> None:
    await customer.says("想试驾X5", "哪家门店")
    await customer.says("就近的吧", "迎宾大道", "哪家门店")
    await customer.says("哪个店有空去哪个", "什么时候")


async def test_the_store_is_changed_on_the_card(customer: Customer) -> None:
    await reaches_the_summary(customer, "我想周六上午十点半去城西店试驾X5")
    await customer.says("其实还是城东吧", "10:30，城东店", "确认预约吗")


async def test_nothing_is_held_in_the_queue(customer: Customer) -> None:
    await customer.says("转人工", "顾问")
    await customer.says("再约今天下午3点城西店试驾S3", "您的话已记下", never=("为您保留",))


async def test_what_somebody_else_thinks_over_is_not_called_taken(customer: Customer) -> None:
    other = customer.assistant.customer()
    await other.says("周六上午10点试驾X7 城东", "已为您保留")
    await customer.says("周六上午10点试驾X7 城东", "正在被别人考虑", never=("约走",))


async def test_the_car_and_its_owner_are_kept_for_the_booking(customer: Customer) -> None:
    await customer.says(
        "该保养了吗 E5 2025年3月提车 开了12000公里 浙AD12345 我叫张三 13900001111", "帮您约个时间"
    )
    await customer.says("顺便把轮胎也换了", "哪家门店", never=("车牌",))
    await customer.says("城东店 周六上午10点", "张三 13900001111", "确认预约吗")


async def test_a_question_is_no_no(customer: Customer) -> None:
    await reaches_the_summary(customer)
    await customer.says("不是说好林晓接待吗", "林晓接待", "确认预约吗", never=("要改哪一项",))
