"""What customers want a car for, in words: money, people, use; and the codes that friends gave them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.understanding.small_lexicon import found


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("预算20万，三口之家，上下班开", None, 200_000),
        ("15到20万的SUV", 150_000, 200_000),
        ("预算15-20万", 150_000, 200_000),
        ("价位在十二万到十五万之间的有哪些", 120_000, 150_000),
        ("十五万左右推荐哪款", 135_000, 165_000),
        ("预算12.5万左右", 112_500, 137_500),
        ("手里就十万出头", 90_000, 110_000),
        ("二十万以内的suv", None, 200_000),
        ("预算不超过15个", None, 150_000),
        ("最高十六万，要新能源", None, 160_000),
        ("预算死死卡在十三万", None, 130_000),
        ("15w以内", None, 150_000),
        ("至少二十万的车", 200_000, None),
        ("預算20萬選哪臺", None, 200_000),
        ("落到十二三万有什么选择", None, 120_000),
        ("预算十五万八", None, 158_000),
        ("预算十万，不对，二十万以内", None, 200_000),
    ],
)
def test_budgets(text: str, least: int | None, most: int | None) -> None:
    assert found(text, "budget") == [("budget", {"min": least, "max": most})]


@pytest.mark.parametrize(
    "text",
    [
        "首付五万行吗",
        "月薪六千该买哪款",
        "跑了三万公里左右",
        "X7 15万公里以内保修吗",
        "旧车卖了八万块",
        "优惠三万左右",
        "保养一次一千多块",
        "不超过3年",
        "不要超过10个人",
        "周六上午10点到12点",
        "三万二的大保养贵不贵",
    ],
)
def test_other_sums_are_no_budget(text: str) -> None:
    assert found(text, "budget") == []


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("三口之家", "people", [3]),
        ("家里一家四口", "people", [4]),
        ("两口子带俩娃", "people", [4]),
        ("二胎家庭", "people", [4]),
        ("奶爸用车", "people", [3]),
        ("就我一个人开", "people", [1]),
        ("想约明天三点，四个人", "people", []),
        ("要能坐六个人的", "seats", [6]),
        ("六座的有吗", "seats", [6]),
        ("三座城市", "seats", []),
        ("上下班代步，偶尔跑长途", "use", ["commute", "long_trip"]),
        ("平时接送孩子上学", "use", ["family"]),
        ("公司用，常接客户", "use", ["business"]),
        ("新手第一辆车", "use", ["first_car"]),
        ("想要混动的", "energy", ["hybrid"]),
        ("还是油车吧", "energy", ["petrol"]),
        ("要suv不要轿车", "body", ["suv", "sedan"]),
    ],
)
def test_people_and_use(text: str, kind: str, values: list[Any]) -> None:
    assert [value for _, value in found(text, kind)] == values


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("朋友推荐来的，推荐码AB12CD", ["AB12CD"]),
        ("我有推荐码，KHM374", ["KHM374"]),
        ("邀请码：k7m2pq", ["K7M2PQ"]),
        ("老张给的码 H2K9RT", ["H2K9RT"]),
        ("我的推荐码是多少", []),
        ("预约码KHM374", []),
        ("推荐码发我", []),
    ],
)
def test_referral_codes(text: str, codes: list[str]) -> None:
    assert [value for _, value in found(text, "referral_code")] == codes


@pytest.mark.parametrize(
    ("text", "km"),
    [
        ("我现在三万二了", 32_000),
        ("我现在都三万二了", 32_000),
        ("里程更新一下，现在4万5", 45_000),
        ("公里数不对，应该是28000", 28_000),
        ("你们估的不准，我现在是三万一千", 31_000),
        ("不是三万六，我才三万二", 32_000),
        ("俺的车刚2万8", 28_000),
    ],
)
def test_a_corrected_mileage(text: str, km: int) -> None:
    assert found(text, "mileage") == [("mileage", km)]


@pytest.mark.parametrize("text", ["我现在十五万，买哪个", "我手里才三万", "我现在三万块", "我才攒了八万"])
def test_money_is_no_mileage(text: str) -> None:
    assert found(text, "mileage") == []
