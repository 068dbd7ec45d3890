"""What customers who booked test drives ran into, so that it does not come back."""

from __future__ import annotations

import pytest

from bot.store.staff_tables import Case, Handoff
from tests.conversations.harness import Customer

WISH = "想周四上午11点去城东试驾X5"
CONTACT = "张伟 13812345678"


async def reaches_the_summary(customer: Customer) -> None:
    await customer.says(f"{WISH} {CONTACT}", "您符合吗")
    await customer.clicks("符合", "确认预约吗")


@pytest.mark.parametrize("said", ["我想问一下S3多少钱", "我还想了解一下E5", "S6多少钱"])
async def test_a_question_about_another_model_keeps_the_car(customer: Customer, said: str) -> None:
    await customer.says(WISH, "姓名和手机号")
    await customer.says(said, "指导价", "姓名和手机号")
    await customer.says(CONTACT, "您符合吗")
    await customer.says("符合,但是我想问一下S3多少钱", "确认预约吗", "试驾 青岚 X5")
    customer.has_booked_nothing()


@pytest.mark.parametrize("said", ["换成S3", "改试S3", "还是S3吧"])
async def test_another_model_is_chosen(customer: Customer, said: str) -> None:
    await reaches_the_summary(customer)
    await customer.says(said, "试驾 青岚 S3", "确认预约吗")


async def test_a_yes_with_a_but_books_nothing(customer: Customer) -> None:
    await reaches_the_summary(customer)
    await customer.says("行,但是我要带孩子可以吗", "确认预约吗")
    customer.has_booked_nothing()
    await customer.says("可以的没问题,但是时间能不能晚点", "11月26日 11:30")
    customer.has_booked_nothing()
    await customer.says("下午3点", "11月26日 15:00", "确认预约吗")
    await customer.says("好的不过能换个车吗", "哪一款")
    customer.has_booked_nothing()
    await customer.says("S3", "试驾 青岚 S3", "确认预约吗")
    await customer.says("好的", "预约码")
    customer.has_booked(model="s3", start="2026-11-26T15:00")


async def test_a_part_of_the_day_belongs_to_the_days_talked_about(customer: Customer) -> None:
    await customer.says("想试驾X5 城东", "什么时候")
    await customer.says("下周一或下周二", "哪一个")
    await customer.says("下午", "哪一个")
    assert {title[:9] for title in customer.reply.buttons} == {"周一 11月23日", "周二 11月24日"}
    assert all(int(title[10:12]) >= 12 for title in customer.reply.buttons)


async def test_a_clock_time_belongs_to_the_chosen_day(customer: Customer) -> None:
    await customer.says(f"12月3日14:00去城东试驾X5 {CONTACT} 驾照五年", "确认预约吗")
    await customer.says("下午3点", "12月3日 15:00", "确认预约吗")
    await customer.says("你刚才说几点?", "12月3日 15:00", "确认预约吗")
    await customer.says("改一下时间", "什么时候")
    await customer.says("下午4点", "12月3日 16:00", "确认预约吗")


async def test_what_was_noted_is_repeated(customer: Customer) -> None:
    await customer.says(WISH, "姓名和手机号")
    await customer.says("你刚才说几点?", "目前记下的是", "11月26日 11:00", "姓名和手机号")


async def test_a_past_day_is_left_behind(customer: Customer) -> None:
    await customer.says("想试驾X5 城东", "什么时候")
    await customer.says("上周五", "已经过去了")
    await customer.says("那早上七点呢", never=("11月20日",))
    await customer.says("下午5点", never=("11月20日",))


@pytest.mark.parametrize("said", ["你们销售给我打电话 13500002222 姓魏 想买X7", "回电话给我 13500002222"])
async def test_a_call_is_no_test_drive(customer: Customer, said: str) -> None:
    reply = await customer.says(said, "13500002222", never=("没有听懂", "没能听懂"))
    assert len(reply.texts) == 2
    assert customer.form is None
    [handoff] = customer.rows(Handoff)
    assert handoff.summary["facts"]["known_phone"] == "13500002222"


async def test_a_call_back_at_night(customer: Customer) -> None:
    customer.at("2026-11-22T22:00")
    await customer.says("你们销售给我打电话 13500002222 姓魏 想买X7", "会在", "联系您")
    assert [case.phone for case in customer.rows(Case)] == ["13500002222"]


async def test_who_drives_is_no_name(customer: Customer) -> None:
    await customer.says(WISH, "姓名和手机号")
    await customer.says("13822230012,我女儿来试,她叫周小小", "您符合吗")
    assert customer.slot("drive_name") == "周小小"


async def test_phone_is_no_name(customer: Customer) -> None:
    await customer.says(WISH, "姓名和手机号")
    await customer.says("phone 13812341234", "怎么称呼您")
    await customer.says("蒋", "您符合吗")
    assert customer.slot("drive_name") == "蒋"


@pytest.mark.parametrize("said", ["还有S6呢", "那S6呢", "再约S6"])
async def test_the_second_model(customer: Customer, said: str) -> None:
    await customer.says("X5和S6都想试，城东，周四上午11点", "这次先约青岚 X5", "姓名和手机号")
    await customer.says(CONTACT, "您符合吗")
    await customer.clicks("符合", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    await customer.says(said, "再为您约青岚 S6", "什么时候", never=("哪一款", "哪家"))
    await customer.says("周四下午2点", "试驾 青岚 S6", "张伟 13812345678", "确认预约吗")


@pytest.mark.parametrize(
    ("said", "name"),
    [("13266667777 金", "金"), ("13822230003 小张", "小张"), ("我和爱人一起来 13822220013 许三多", "许三多")],
)
async def test_name_and_phone_while_slots_are_shown(customer: Customer, said: str, name: str) -> None:
    first = await customer.says("想试驾X5 城东", "什么时候")
    again = await customer.says(said, "记下了", "时间还没定")
    assert again.texts[-1] != first.texts[-1]
    assert customer.slot("drive_name") == name
    await customer.says("周四上午11点", "您符合吗", never=("姓名", "称呼"))


async def test_name_and_phone_beside_a_time(customer: Customer) -> None:
    await customer.says("想试驾X5 城东", "什么时候")
    await customer.says("周四12点半 13811110021 施", "您符合吗", never=("称呼",))
    assert customer.slot("drive_name") == "施"


async def test_facts_while_slots_are_shown_are_noted(customer: Customer) -> None:
    await customer.says("想试驾X5 城东", "什么时候")
    await customer.says("13666667777", "记下了", "时间还没定")
    await customer.says("城东", "记下了", "时间还没定")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("2月30号", "找不到"),
        ("大年初一", "太远了"),
        ("1月15号", "太远了"),
        ("昨天下午", "已经过去了"),
        ("去年的今天", "已经过去了"),
    ],
)
async def test_dates_that_cannot_be_are_named_at_once(customer: Customer, said: str, reason: str) -> None:
    await customer.says("想试驾X5", "哪家门店")
    await customer.says(said, reason, "哪家门店")
    await customer.says("城东", "什么时候")


@pytest.mark.parametrize("said", ["随便", "你定吧", "都行"])
async def test_the_time_is_left_to_us(customer: Customer, said: str) -> None:
    await customer.says("想试驾S6", "什么时候")
    await customer.says(said, "点一个")
    assert len(customer.reply.buttons) == 3
    await customer.says(said, "哪个合适", never=("没有听懂", "没能听懂"))


@pytest.mark.parametrize(
    ("said", "named"), [("想试驾X9", "X9"), ("我想试驾宝马X3", "宝马X3"), ("试驾X3", "X3")]
)
async def test_a_model_that_is_not_built_here(customer: Customer, said: str, named: str) -> None:
    await customer.says(said, f"我们没有 {named}", "哪一款")
    assert len(customer.reply.buttons) == 5


async def test_a_model_that_is_not_built_here_inside_a_booking(customer: Customer) -> None:
    await customer.says("想试驾S6", "什么时候")
    await customer.says("X9", "我们没有 X9", never=("没有听懂",))
    await customer.clicks("青岚 S3")
    assert customer.slot("drive_model") == "s3"


async def test_back_to_a_test_drive_that_was_left(customer: Customer) -> None:
    await customer.says("想试驾X5 城西", "什么时候")
    await customer.says("算了不试了", "停下")
    await customer.says("还是试吧", "接着刚才", "什么时候", never=("哪一款", "哪家"))
    assert (customer.slot("drive_model"), customer.slot("drive_store")) == ("x5", "west")


async def test_later_keeps_the_draft(customer: Customer) -> None:
    await reaches_the_summary(customer)
    await customer.says("等会再说", "给您留着", "确认预约吗")
    await customer.says("继续", "试驾 青岚 X5", "确认预约吗")
    await customer.clicks("确认预约", "预约码")


async def test_somebody_else_drives(customer: Customer) -> None:
    await customer.says(f"{WISH} {CONTACT}", "您符合吗")
    await customer.clicks("不符合", "坐着体验")
    await customer.says("我老公来试", "您符合吗", never=("哪一款", "哪家", "姓名"))
    await customer.clicks("符合", "试驾 青岚 X5", "11月26日 11:00", "张伟 13812345678")
