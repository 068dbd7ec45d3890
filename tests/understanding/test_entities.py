"""Entities in words: models, stores, jobs, names, days and times as customers write them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.entities import extract_entities
from tests.understanding.small_lexicon import LEXICON, NOW, found


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("试驾X5", ["x5"]),
        ("x 5多少钱", ["x5"]),
        ("Ｘ５", ["x5"]),
        ("青岚X5和青岚 s6", ["x5", "s6"]),
        ("七座的有现车吗", ["x7"]),
        ("小suv", ["x5"]),
        ("說錯了,是X7", ["x7"]),
        ("不是X5是X7", ["x7"]),
        ("还是S6吧,X5不要了", ["s6"]),
        ("X5周六上午10点", ["x5"]),
        ("X52多少钱", []),
        ("试驾宝马X5", []),
        ("宝马 X5 多少钱", []),
        ("吉利的S3", []),
        ("比亚迪的电车", []),
        ("奥迪A6", []),
        ("特斯拉Model Y", []),
        ("我开的是宝马X5想换青岚X7", ["x7"]),
        ("哈弗H6和你们X5比怎么样", ["x5"]),
        ("宝马和X5怎么选", ["x5"]),
        ("S6和X5都想试", ["s6", "x5"]),
        ("x五", ["x5"]),
        ("叉5", ["x5"]),
        ("埃克斯五", ["x5"]),
        ("艾克斯七", ["x7"]),
        ("S陆", ["s6"]),
        ("x五百块", []),
        ("BX5", []),
        ("浙A·X5001", []),
        ("浙AX5123", []),
        ("预约码 KX5 234", []),
    ],
)
def test_models(text: str, ids: list[str]) -> None:
    assert found(text, "model") == [("model", value) for value in ids]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("城东店吧", ["east"]),
        ("城東店", ["east"]),
        ("东边那家", ["east"]),
        ("城西", ["west"]),
        ("城东店还是城西店近", ["east", "west"]),
        ("不是城东,是城西", ["west"]),
        ("不去城东", ["east"]),
    ],
)
def test_stores(text: str, ids: list[str]) -> None:
    assert found(text, "store") == [("store", value) for value in ids]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("首保", ["first_service"]),
        ("换机油,再加刹车检查和空调清洗", ["regular_service", "brake_check", "aircon_service"]),
        ("我的电车要做纯电车型保养", ["ev_service"]),
        ("不要大保养,换成首保", ["first_service"]),
    ],
)
def test_jobs(text: str, ids: list[str]) -> None:
    assert found(text, "job") == [("job", value) for value in ids]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我叫王小明", "王小明"),
        ("我叫李娜想试驾X5", "李娜"),
        ("我叫王小明电话13900001111", "王小明"),
        ("我叫歐陽鋒", "歐陽鋒"),
        ("我叫阿依古丽·买买提", "阿依古丽·买买提"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        ("买买提·艾合买提 13900001234", "买买提·艾合买提"),
        ("我叫迪丽热巴", "迪丽热巴"),
        ("我叫Tom", "Tom"),
        ("My name is Lucy", "Lucy"),
        ("我叫David,13900001234", "David"),
        ("找我老公 李强", "李强"),
        ("我老公李强去", "李强"),
        ("给我爸张建国约的", "张建国"),
        ("帮我妈王桂兰预约", "王桂兰"),
        ("联系人是我老婆刘芳", "刘芳"),
        ("登记李雷", "李雷"),
        ("我姓李", "李"),
        ("免贵姓孙", "孙"),
        ("我姓欧阳", "欧阳"),
        ("姓名:张伟", "张伟"),
        ("名字写错了,是张玮", "张玮"),
        ("张伟 13812345678", "张伟"),
        ("13812345678,张伟", "张伟"),
        ("张伟13812345678", "张伟"),
        ("张先生", "张先生"),
        ("我是李女士", "李女士"),
        ("叫我小林就行", "小林"),
        ("张伟", "张伟"),
        ("欧阳娜娜", "欧阳娜娜"),
        ("周杰", "周杰"),
        ("高明", "高明"),
        ("时雨", "时雨"),
        ("X5周六上午10点 城东店 王芳 13900001111", "王芳"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert found(text, "name") == [("name", name)]


@pytest.mark.parametrize(
    "text",
    [
        "周六",
        "周末",
        "高速",
        "安排",
        "方便",
        "马上",
        "明天",
        "谢谢",
        "好的",
        "金额",
        "常规",
        "全部",
        "任何",
        "时间",
        "车子",
        "保养",
        "白色",
        "左右",
        "成功",
        "许多",
        "于是",
        "路上",
        "都行",
        "可以",
        "没有",
        "多少钱",
        "找张经理",
        "王师傅修的",
        "我是车主",
        "我是来试驾的",
        "我叫不动",
        "司机",
        "随便",
        "好的谢谢",
        "我朋友马上到",
        "我老公说不急",
        "我妈让我问问",
        "写错了",
        "那个",
        "应该",
        "江州",
        "何时",
        "万一",
    ],
)
def test_no_name(text: str) -> None:
    assert found(text, "name") == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("去年十一月提的车 开了8000", "2025-11-01"),
        ("2025年5月交车", "2025-05-01"),
        ("2025-05-20", "2025-05-20"),
        ("三年前", "2023-11-22"),
        ("19年6月,十一万多", "2019-06-01"),
    ],
)
def test_delivery_dates(text: str, day: str) -> None:
    assert found(text, "delivery_date") == [("delivery_date", day)]


@pytest.mark.parametrize(
    "text", ["我想明天提车", "去年九月拿的驾照", "今天", "12月3号能提车吗", "上周三去的城东店"]
)
def test_no_delivery_date(text: str) -> None:
    assert found(text, "delivery_date") == []


def test_time_is_that_of_the_contract() -> None:
    value = {"kind": "point", "start": "2026-11-28T10:00:00+08:00", "end": None, "grain": "minute"}
    assert found("张伟 13812345678 周六上午十点 X5") == [
        ("name", "张伟"),
        ("phone", "13812345678"),
        ("time", value),
        ("model", "x5"),
    ]
    assert found("去年十一月提的车", "time") == []
    assert found("浙A·D1001 13812345678 KHM374", "time") == []


anything = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [
                "X5",
                "青岚",
                "浙A·D1001",
                "浙A",
                "13812345678",
                "138",
                "张伟",
                "周六",
                "我叫",
                "我姓",
                "李",
                "三万二",
                "公里",
                "KHM374",
                "城东店",
                "首保",
                "去年",
                "十一月",
                ",",
                "是",
                "不是",
            ]
        ),
        max_size=10,
    ).map("".join),
)


@given(anything)
@settings(max_examples=400, deadline=None)
def test_spans_lie_in_the_text_and_only_times_overlap(text: str) -> None:
    entities = extract_entities(text, LEXICON, NOW)
    assert [entity.start for entity in entities] == sorted(entity.start for entity in entities)
    assert all(text[entity.start : entity.end] == entity.text != "" for entity in entities)
    others = [entity for entity in entities if entity.entity != "time"]
    assert all(left.end <= right.start for left, right in pairwise(others))
