"""Asking for a person: what customers who tried the assistant ran into, so that it does not come back."""

from __future__ import annotations

import pytest

from bot.store.staff_tables import Case, Handoff
from bot.store.tables import OutboxMessage
from tests.conversations.harness import Customer

NIGHT = "2026-11-22T22:00"
COMPLAINT = "我要投诉 提车三个月发动机就坏了"
FIRST, SECOND = "13812345678", "13866660009"
URGENT = [
    (("垃圾店！修了三次还没修好！", "找你们领导来！！"), "complaint", "complaint"),
    ((COMPLAINT, "叫你们经理出来"), "complaint", "complaint"),
    (("车自燃了 在路边", "转人工"), "rescue", "service"),
    (("车冒烟了", "不知道在哪", "叫个人来"), "rescue", "service"),
]


async def promised(customer: Customer) -> None:
    """At night a call at 08:30 is promised."""
    customer.at(NIGHT)
    await customer.says("转人工", "不在线")
    await customer.says(FIRST, "138****5678", "换个时间")


# A complaint or a breakdown stays one


@pytest.mark.parametrize(("said", "kind", "skill"), URGENT)
async def test_a_person_before_the_record_is_complete(
    customer: Customer, said: tuple[str, ...], kind: str, skill: str
) -> None:
    for text in said:
        await customer.says(text)
    handoff, case = customer.is_queued(kind), customer.has_case(kind)
    assert (handoff.skill, handoff.summary["case"]) == (skill, case.id)
    told = customer.assistant.rows(OutboxMessage, kind="staff_alert", channel="wecom")
    assert [(row.data["occasion"], row.data["case_id"]) for row in told] == [("urgent", case.id)]
    await customer.says(FIRST, "号码 138****5678 记下了", "第 1 位")
    assert customer.has_case(kind, phone=FIRST).details["complete"]
    customer.is_queued(kind)


async def test_the_number_comes_with_the_wish(customer: Customer) -> None:
    await customer.says(COMPLAINT)
    await customer.says(f"叫你们经理打给我 {FIRST}", "记下了")
    customer.is_queued("complaint")
    customer.has_case("complaint", phone=FIRST)


async def test_a_complaint_at_night(customer: Customer) -> None:
    customer.at(NIGHT)
    await customer.says(COMPLAINT)
    await customer.says("叫你们经理出来", "不在线")
    await customer.says(FIRST, "138****5678")
    cases = {case.kind: case for case in customer.rows(Case)}
    assert (cases["complaint"].phone, cases["complaint"].details["complete"]) == (FIRST, True)
    assert cases["callback"].details["reason"] == "complaint"


async def test_other_numbers_are_only_passed_on(customer: Customer) -> None:
    """Without a wish for a call and without a record, the customer goes on waiting."""
    await customer.says("转人工")
    await customer.says(FIRST, "您的话已记下")
    customer.is_queued("asked_for_a_person")


# The number and the call


@pytest.mark.parametrize(
    "said", ["号码错了 应该是13866660009", "换个号码 13866660009", "不对 13866660009", "打13866660009吧"]
)
async def test_another_number(customer: Customer, said: str) -> None:
    await promised(customer)
    await customer.says(said, "138****0009", "08:30")
    customer.has_case("callback", phone=SECOND, due_at="2026-11-23T08:30")
    await customer.says("不用打了", "不给您回电话")
    customer.has_case("callback", status="closed")


async def test_another_number_later(customer: Customer) -> None:
    await promised(customer)
    await customer.says("停车免费吗")
    await customer.says("对了 电话写错了 是13988880009", "139****0009")
    customer.has_case("callback", phone="13988880009")


async def test_the_number_was_wrong(customer: Customer) -> None:
    await promised(customer)
    await customer.says("号码错了", "手机号")
    await customer.says(SECOND, "138****0009")
    customer.has_case("callback", phone=SECOND)


async def test_another_number_and_time(customer: Customer) -> None:
    await promised(customer)
    await customer.says(f"换个号码 {SECOND}，明天下午三点打", "138****0009", "15:00")
    customer.has_case("callback", phone=SECOND, due_at="2026-11-23T15:00")


@pytest.mark.parametrize("said", ["不用打了", "我不要了", "算了不留了", "不需要了"])
async def test_no_call_after_all(customer: Customer, said: str) -> None:
    await promised(customer)
    await customer.says(said, "不给您回电话")
    customer.has_case("callback", status="closed")


async def test_no_call_after_the_time_was_changed(customer: Customer) -> None:
    await promised(customer)
    await customer.says("明天下午三点", "15:00")
    await customer.says("不用打了", "不给您回电话")
    customer.has_case("callback", status="closed")


@pytest.mark.parametrize("said", ["我不要了", "算了不留了"])
async def test_no_number_is_left(customer: Customer, said: str) -> None:
    customer.at(NIGHT)
    await customer.says("转人工", "手机号")
    await customer.says(said, "在这里回复您", never=("没有预约", "预约码"))
    assert customer.has_case("callback", status="open").details["complete"]


@pytest.mark.parametrize("said", ["随便什么时候", "都行", "知道了", "停车免费吗"])
async def test_a_time_after_a_sentence_between(customer: Customer, said: str) -> None:
    await promised(customer)
    await customer.says(said, never=("没有听懂", "安全第一"))
    customer.has_case("callback", due_at="2026-11-23T08:30")
    await customer.says("明天上午10点吧", "改到", "10:00")
    customer.has_case("callback", due_at="2026-11-23T10:00")
    assert customer.form is None


async def test_a_booking_after_the_promise(customer: Customer) -> None:
    await promised(customer)
    await customer.says("我周末想去试驾X5", "门店")
    assert customer.form == "test_drive_form"


# While waiting


@pytest.mark.parametrize("said", ["我留个电话吧 你们打给我 13911112222", "13911112222 让他打这个"])
async def test_a_call_is_wanted(customer: Customer, said: str) -> None:
    await customer.says("转人工")
    await customer.says(said, "不用在这里等", "139****2222", "11:00")
    customer.belongs_to_bot()
    customer.has_case("callback", phone="13911112222", due_at="2026-11-22T11:00")


async def test_a_call_is_wanted_after_closing(customer: Customer) -> None:
    await customer.says("转人工")
    customer.at("2026-11-22T21:00")
    await customer.says("那明天十点打我 13977770002", "139****0002", "10:00")
    customer.has_case("callback", phone="13977770002", due_at="2026-11-23T10:00")


@pytest.mark.parametrize("said", ["算了不等了", "谢谢 不用了", "不等了"])
async def test_no_more_waiting(customer: Customer, said: str) -> None:
    await customer.says("转人工")
    await customer.says(said, "退出排队")
    customer.belongs_to_bot()
    assert [handoff.status for handoff in customer.rows(Handoff)] == ["withdrawn"]


async def test_no_more_waiting_and_a_question(customer: Customer) -> None:
    await customer.says("转人工")
    await customer.says("不等了 你跟我说一下地址", "退出排队")
    customer.was_told("store.address")
    customer.belongs_to_bot()


@pytest.mark.parametrize("said", ["不用了，我再等等", "算了，你们快点", "不用了"])
async def test_unclear_words_do_not_end_an_urgent_wait(customer: Customer, said: str) -> None:
    await customer.says(COMPLAINT)
    await customer.says("叫你们经理出来")
    await customer.says(said, "第 1 位")
    customer.is_queued("complaint")


async def test_a_breakdown_while_waiting(customer: Customer) -> None:
    await customer.says("转人工")
    await customer.says("卧槽 爆胎了 咋办", "第 1 位", "400-000-1188")
    customer.is_queued("asked_for_a_person")
    await customer.clicks("我要救援", "安全第一", "什么位置")


# Is somebody there, and can it be cheaper?


@pytest.mark.parametrize("said", ["顾问在吗", "有人吗"])
async def test_is_somebody_there(customer: Customer, said: str) -> None:
    await customer.says(said, "您好")
    await customer.clicks("转人工顾问", "已经为您转接")


@pytest.mark.parametrize("said", ["x5最低多少能拿下", "你们能优惠多少", "x7 打折不", "到底能不能便宜"])
async def test_haggling(customer: Customer, said: str) -> None:
    await customer.says(said, "请一位顾问")
    customer.was_told("price.discount")
    await customer.says("好的", "已经为您转接")
    customer.is_queued("price_negotiation")
