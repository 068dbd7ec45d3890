"""Which car suits, what differs, and whether needs are kept: as customers ask."""

from __future__ import annotations

import pytest

from bot.store.lifecycle_tables import Consent, Profile
from bot.store.staff_tables import Lead
from tests.conversations.harness import Customer


async def test_needs_in_one_sentence_are_answered_at_once(customer: Customer) -> None:
    await customer.says(
        "我想买辆20万以内的家用SUV，五口人", "20 万元以内", "家用", "5 口人", "青岚 X7", "青岚 X5"
    )
    assert "青岚 S3" not in customer.reply.text
    assert "预约试驾 X7" in customer.reply.buttons
    assert customer.form is None


async def test_two_questions_at_most_and_reasons(customer: Customer) -> None:
    await customer.says("帮我做个选车测试", "预算大概多少")
    assert customer.reply.buttons == [
        "预算 10 万以内",
        "预算 10–15 万",
        "预算 15–20 万",
        "预算 20 万以上",
        "都行",
    ]
    await customer.clicks("10–15 万", "主要用来做什么")
    await customer.clicks("上下班代步", "10–15 万元", "青岚 S6", "指导价")
    await customer.clicks("不用记", "只在这次对话里用")
    assert customer.rows(Profile) == []
    assert [row.granted for row in customer.rows(Consent, purpose="profile")] == [False]


async def test_both_questions_can_be_passed_over(customer: Customer) -> None:
    await customer.says("按我的需求帮我选车", "预算大概多少")
    await customer.says("随便", "主要用来做什么")
    await customer.says("都行", "没有特别的要求", "青岚 S3")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("15w", "15 万元以内"),
        ("十五六万", "15–16 万元"),
        ("20万左右", "18–22 万元"),
        ("15", "15 万元以内"),
        ("十来万吧", "9–15 万元"),
        ("15到20", "15–20 万元"),
        ("12万到16万", "12–16 万元"),
    ],
)
async def test_sums_as_people_say_them(customer: Customer, answer: str, said: str) -> None:
    await customer.says("帮我做个选车测试", "预算大概多少")
    await customer.says(answer, "主要用来做什么")
    await customer.clicks("都行", said)


async def test_a_correction_is_taken_up(customer: Customer) -> None:
    await customer.says("我想买辆20万以内的家用SUV", "青岚 X7")
    await customer.says("预算改成15万", "15 万元以内", "青岚 X5", never=("1. 青岚 X7",))
    await customer.says("不要SUV，要轿车", "轿车", "青岚 S6")


async def test_a_budget_below_the_range_is_answered_honestly(customer: Customer) -> None:
    await customer.says("5万块的预算，家用，推荐哪款", "没有这个价位的车", "8.98 万元", "比预算高 3.98 万元")


async def test_nothing_has_everything(customer: Customer) -> None:
    await customer.says("15万以内七座的推荐一款，家用", "目前没有", "青岚 X7", "比预算高 3.98 万元")


async def test_a_question_in_between_and_leaving(customer: Customer) -> None:
    await customer.says("帮我做个选车测试", "预算大概多少")
    await customer.says("质保几年", "预算大概多少")
    customer.was_told("warranty.period")
    await customer.says("算了")
    assert customer.form is None


async def test_consent_keeps_the_needs_and_a_later_no_deletes_them(customer: Customer) -> None:
    await customer.says("预算20万，上下班开，推荐哪款", "要我记下来吗")
    choices = customer.reply
    await customer.says("可以", "记下了")
    [row] = customer.rows(Profile)
    kept = {"budget_max": 200000, "uses": ["commute"], "words": "20 万元以内、上下班代步"}
    assert (row.needs, row.segments) == (kept, ["use:commute"])
    await customer.says("预算改成12万", "12 万元以内", never=("要我记下来吗",))
    [row] = customer.rows(Profile)
    assert row.needs["budget_max"] == 120000
    customer.reply = choices
    await customer.clicks("不用记", "只在这次对话里用")
    assert customer.rows(Profile) == []


async def test_the_recommended_are_compared_and_driven(customer: Customer) -> None:
    await customer.says("预算20万，家用，推荐哪款SUV", "青岚 X7", "青岚 X5")
    await customer.says("这两款有什么区别", "【指导价】", "X7 18.98–24.98 万元", "X5 12.58–16.58 万元")
    await customer.clicks("预约试驾 X5", "哪家门店")
    assert customer.form == "test_drive_form"


async def test_two_models_side_by_side(customer: Customer) -> None:
    await customer.says("S6和X7对比一下", "青岚 S6 和 青岚 X7 对比", "【座位】S6 5｜X7 5/7")
    await customer.says("和E5比呢", "【能源】", "E5 纯电")


async def test_a_comparison_asks_for_the_models(customer: Customer) -> None:
    await customer.says("做个车型对比", "想对比哪两款")
    await customer.clicks("青岚 X5", "想和哪一款对比")
    await customer.clicks("青岚 E5", "【续航（公里）】X5 —｜E5 520/610")


async def test_a_recommendation_inside_a_booking_leaves_it_as_it_is(customer: Customer) -> None:
    await customer.says("我想试驾X5", "哪家门店")
    await customer.says("帮我做个选车测试")
    assert customer.form == "test_drive_form"


async def test_the_consultant_reads_the_needs(customer: Customer) -> None:
    await customer.says("我想买辆20万以内的家用SUV，五口人", "青岚 X7")
    await customer.says("转人工")
    handoff = customer.is_queued("asked_for_a_person")
    assert handoff.summary["facts"]["needs"] == "20 万元以内、家用、5 口人、SUV"


async def test_a_booking_makes_the_profile_the_numbers_and_tells_the_lead(customer: Customer) -> None:
    await customer.says("预算20万，家用，推荐哪款SUV", "青岚 X5")
    await customer.clicks("可以，记下", "记下了")
    await customer.says("周六上午十点去城东店试驾X5", "手机号")
    await customer.says("张伟 13812345678", "驾照")
    await customer.clicks("符合", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    [row] = customer.rows(Profile)
    assert row.phone == "13812345678"
    [lead] = customer.rows(Lead)
    assert lead.note == "购车需求：20 万元以内、家用、SUV"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("有没有10万以下的suv", "目前没有"),
        ("老人接送孙子用，七座，15万", "青岚 X7"),
        ("想买台电车跑滴滴，15w", "比预算高 0.98 万元"),
        ("我们家二胎，想换个大点的车，现在开捷达，预算25万左右，年底前买", "4 口人、现在开捷达、3 个月内买"),
        ("给我老婆买辆代步车，新手，十万左右", "上下班代步、第一辆车"),
    ],
)
async def test_what_leaves_no_choice_is_answered_without_questions(
    customer: Customer, text: str, expected: str
) -> None:
    await customer.says(text, expected, "要我记下来吗")


async def test_one_need_after_the_other(customer: Customer) -> None:
    await customer.says("预算十五六万，平时上下班，有推荐吗", "15–16 万元")
    await customer.says("那如果20万呢", "20 万元以内、上下班代步")
    await customer.says("X5和E5哪个好", "【能源】X5 燃油｜E5 纯电")


async def test_the_needs_are_kept_and_forgotten_in_words(customer: Customer) -> None:
    await customer.says("预算20万，商务接待用，推荐一款", "要我记下来吗")
    await customer.says("质保几年")
    assert customer.rows(Profile) == []
    await customer.says("可以记", "需求记下了")
    assert len(customer.rows(Profile)) == 1
    await customer.says("我的需求别记了", "不记")
    assert customer.rows(Profile) == []


async def test_looking_around(customer: Customer) -> None:
    await customer.says("帮我选车", "预算大概多少")
    await customer.says("没想好", "主要用来做什么")
    await customer.says("随便看看", "没有特别的要求")
    await customer.says("这几款有啥区别", "青岚 S3、青岚 X5、青岚 S6 对比")


@pytest.mark.parametrize(
    "text", ["首付五万能买吗", "十二万卖不卖", "X7最低20万能拿下吗", "保养一次多少钱", "我的车跑了3万公里"]
)
async def test_other_sums_are_no_wish_for_a_car(customer: Customer, text: str) -> None:
    await customer.says(text, never=("主要用来做什么", "按您说的"))


async def test_a_sum_after_an_answer_about_choosing(customer: Customer) -> None:
    await customer.says("想换台车，家里有老人和两个娃")
    customer.was_told("product.family")
    await customer.says("20来万", "主要用来做什么")
    await customer.clicks("家用", "18–25 万元、家用")


async def test_what_is_not_wanted_is_left_out(customer: Customer) -> None:
    await customer.says("预算20万，家用，推荐一款", "青岚 E5")
    await customer.says("不要电车", "不要纯电", never=("青岚 E5",))


async def test_kept_needs_are_known_the_next_day(customer: Customer) -> None:
    await customer.says("预算20万，商务接待用，推荐一款", "要我记下来吗")
    await customer.clicks("可以，记下", "下次不用再说一遍")
    customer.at("2026-11-25T10:00")
    await customer.says("帮我做个选车测试", "20 万元以内、商务接待", "青岚 S6", never=("要我记下来吗",))


async def test_one_more_model_is_set_beside_the_recommended(customer: Customer) -> None:
    await customer.says("推荐一款省油的家用车", "预算大概多少")
    await customer.says("十二万", "青岚 S3")
    await customer.says("那S6呢", "青岚 S3 和 青岚 S6 对比")
    assert len(customer.reply.texts) == 1


async def test_people_answer_the_question_for_the_use(customer: Customer) -> None:
    await customer.says("我想看看suv", "预算大概多少")
    await customer.says("12万到16万", "主要用来做什么")
    await customer.says("三个人", "12–16 万元、家用、3 口人、SUV")


async def test_the_recommended_are_meant_by_their_places(customer: Customer) -> None:
    await customer.says("预算20万买家用车", "1. 青岚 X7", "2. 青岚 X5", "3. 青岚 E5")
    await customer.says("对比一下前两款", "青岚 X7 和 青岚 X5", never=("E5",))
    await customer.says("试驾第二个", "想")
    assert customer.slot("drive_model") == "x5"
