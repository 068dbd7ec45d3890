"""Fire, breakdowns and complaints: what customers who tried the assistant ran into, so that it does not come back."""

from __future__ import annotations

import pytest

from bot.understanding.decision import emergency
from tests.conversations.harness import Customer

DRIVE = "试驾X5 城东 周六上午十点"
COMPLAINT = "你们这什么破服务,上次保养给我机油没拧紧漏一地,我要投诉"


@pytest.mark.parametrize(
    "said",
    [
        "E5着火怎么办",
        "车子着火怎么办",
        "起火了怎么办",
        "车着火怎么处理",
        "冒烟",
        "车着火了会不会爆炸",
        "車子起火了",
    ],
)
async def test_a_fire_gets_the_safety_words(customer: Customer, said: str) -> None:
    await customer.says(said, "远离车辆", "119", "400-000-1188", "什么位置")
    customer.has_case("rescue")


@pytest.mark.parametrize(
    "said",
    [
        "打不着火怎么办",
        "点不着火",
        "打着火又熄火",
        "电池会不会自燃",
        "自燃险要不要买",
        "有烟味",
        "我上火了",
        "起火锅了",
    ],
)
def test_other_fires_are_no_emergency(said: str) -> None:
    assert not emergency(said)


async def test_a_fire_inside_a_booking(customer: Customer) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says("等下 我车冒烟了", "远离车辆", "什么位置")
    await customer.says("着火了！", "远离车辆", "119", "什么位置", never=("记下了",))
    assert customer.slot("rescue_place") is None


async def test_the_place_is_not_the_car(customer: Customer) -> None:
    await customer.says("抛锚了在城东区人民路,车是X5 浙A·D1001,手机13800000001", "已经登记救援", "人民路")
    case = customer.has_case("rescue", phone="13800000001")
    assert case.details["place"] == "抛锚了在城东区人民路"
    assert case.details["plate"] == "浙AD1001"


async def test_the_model_is_no_place(customer: Customer) -> None:
    await customer.says("E5冒烟了怎么办", "什么位置")
    assert customer.slot("rescue_place") is None


async def test_words_that_are_no_place(customer: Customer) -> None:
    await customer.says("我的车抛锚了", "什么位置")
    await customer.says("人没事", "记下了", "什么位置")
    await customer.says("你们派人来不", "安排救援", "什么位置")
    await customer.says("多久到", "400-000-1188", "什么位置")
    await customer.says("车是X5 浙A·D1001，在人民路往东", "手机号")
    await customer.says("13812345678", "已经登记救援")
    assert customer.has_case("rescue").details["place"] == "在人民路往东"


@pytest.mark.parametrize("said", ["我在学府路 哪个店近一点", "我在迎宾大道堵着呢,试驾晚点到行不"])
async def test_a_question_from_the_road(customer: Customer, said: str) -> None:
    await customer.says(said, never=("安全第一",))
    assert customer.form is None


@pytest.mark.parametrize("said", ["我在路上了,马上到店", "我在路上了,快到店了", "堵路上了"])
async def test_a_customer_on_the_way(customer: Customer, said: str) -> None:
    await customer.says(said, "注意安全", never=("安全第一",))
    assert customer.form is None


@pytest.mark.parametrize("said", ["我在路上了,马上到店", "我在迎宾大道堵着呢"])
async def test_on_the_way_inside_a_booking(customer: Customer, said: str) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says(said, never=("安全第一",))
    assert customer.form == "test_drive_form"
    assert customer.slot("drive_time") == "2026-11-28T10:00:00+08:00"


@pytest.mark.parametrize("said", ["算了", "没坏", "不是救援", "不用救援"])
async def test_leaving_a_rescue_for_the_booking(customer: Customer, said: str) -> None:
    await customer.says(DRIVE, "姓名和手机号")
    await customer.says("我车抛锚了", "安全第一", "什么位置")
    await customer.says(said, "救援先不安排", "姓名和手机号")
    assert customer.form == "test_drive_form"
    await customer.says("张伟 13812345678 驾照五年", "11月28日 10:00", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(kind="test_drive", model="x5", store="east", start="2026-11-28T10:00")


async def test_a_rescue_that_was_a_mistake(customer: Customer) -> None:
    await customer.says("我车抛锚了", "什么位置")
    await customer.says("不是救援", "救援先不安排")
    assert customer.form is None
    assert customer.has_case("rescue").details["withdrawn"] is True


@pytest.mark.parametrize("said", ["多久到", "你们派人来不", "还有别的办法吗", "车着火了"])
async def test_waiting_for_the_rescue(customer: Customer, said: str) -> None:
    await customer.says("我的车在学府路16号门口抛锚了，电话13812345678", "已经登记救援")
    await customer.says(said, "救援已经登记", "400-000-1188")
    customer.is_queued("rescue")


async def test_waiting_for_anything_else(customer: Customer) -> None:
    await customer.says("转人工", "第 1 位")
    await customer.says("还要等多久", "第 1 位", never=("救援",))


async def test_facts_stay_in_the_complaint(customer: Customer) -> None:
    await customer.says(COMPLAINT, "抱歉", "手机号")
    await customer.says("上周四城东店,姓李的技师", "手机号")
    await customer.says("13700009999 郑", "已经登记投诉")
    case = customer.has_case("complaint", phone="13700009999")
    assert "没拧紧" in case.details["text"]
    assert "姓李的技师" in case.details["text"]
    customer.has_booked_nothing()


async def test_a_bad_review(customer: Customer) -> None:
    await customer.says("给差评 城西店前台小妹态度恶劣", "抱歉", "手机号")
    await customer.says("周三下午", "手机号")
    await customer.says("13811110016", "已经登记投诉")
    text = customer.has_case("complaint", phone="13811110016").details["text"]
    assert "态度恶劣" in text
    assert "周三下午" in text


async def test_details_beside_the_phone(customer: Customer) -> None:
    await customer.says(COMPLAINT, "手机号")
    await customer.says("上周四城东店,姓李的技师，13700009999", "已经登记投诉")
    assert "姓李的技师" in customer.has_case("complaint", phone="13700009999").details["text"]


async def test_a_booking_after_the_complaint(customer: Customer) -> None:
    await customer.says(COMPLAINT, "手机号")
    await customer.says("我想预约周六保养")
    assert customer.form == "service_visit_form"


async def test_the_bot_did_not_understand(customer: Customer) -> None:
    await customer.says(COMPLAINT, "手机号")
    await customer.says("你听不懂人话吗", "很抱歉", never=("记下了",))
    assert "人话" not in customer.has_case("complaint").details["text"]


@pytest.mark.parametrize("name", ["老孙", "老王", "小孙"])
async def test_a_familiar_name(customer: Customer, name: str) -> None:
    await customer.says(f"{DRIVE} 13812345678", "怎么称呼")
    await customer.says(name, "驾照", never=("抱歉",))
    assert customer.slot("drive_name") == name


async def test_an_insult_is_no_name(customer: Customer) -> None:
    await customer.says(f"{DRIVE} 13812345678", "怎么称呼")
    await customer.says("孙子", "怎么称呼")
    assert customer.slot("drive_name") is None


async def test_too_many_calls_are_no_complaint(customer: Customer) -> None:
    reply = await customer.says("你们打电话太多了别打了")
    assert "回访" in f"{reply.text}{reply.buttons}"
    assert customer.form is None


async def test_another_place_after_the_record_is_no_second_rescue(customer: Customer) -> None:
    """At night nobody is there to wait for; the bot keeps the conversation."""
    customer.at("2026-11-22T22:00")
    await customer.says("车抛锚了在人民路", "安全第一")
    await customer.says("13812345678", "已经登记救援")
    await customer.says("我现在在绕城高速出口", "记下了", never=("安全第一", "手机号"))
    assert customer.has_case("rescue").details["place"] == "车抛锚了在人民路；我现在在绕城高速出口"
    await customer.says("又有一辆车抛锚了", "安全第一")
