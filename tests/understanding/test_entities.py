"""Entities: what customers name, in all the ways they write it."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.entities import Lexicon, LexiconEntry, extract_entities
from bot.understanding.numbers import to_number

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
LEXICON = Lexicon(
    models=(
        LexiconEntry("x5", "青岚 X5", ("X5", "小SUV")),
        LexiconEntry("x7", "青岚 X7", ("X7", "七座的")),
        LexiconEntry("s6", "青岚 S6", ("S6",)),
        LexiconEntry("e5", "青岚 E5", ("E5", "电车", "纯电")),
    ),
    stores=(
        LexiconEntry("east", "城东店", ("城东", "东店", "东边那家")),
        LexiconEntry("west", "城西店", ("城西", "西店")),
    ),
    jobs=(
        LexiconEntry("first_service", "首次保养", ("首保",)),
        LexiconEntry("regular_service", "常规保养", ("小保养", "换机油")),
        LexiconEntry("major_service", "大保养"),
        LexiconEntry("ev_service", "纯电车型保养", ("电车保养",)),
        LexiconEntry("brake_check", "刹车检查", ("刹车",)),
        LexiconEntry("aircon_service", "空调清洗"),
    ),
)


def found(text: str, *kinds: str) -> list[tuple[str, object]]:
    entities = extract_entities(text, LEXICON, NOW)
    return [(entity.entity, entity.value) for entity in entities if not kinds or entity.entity in kinds]


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
    ("text", "digits"),
    [
        ("13800000001", ["13800000001"]),
        ("138 0000 0001", ["13800000001"]),
        ("138-0000-0001", ["13800000001"]),
        ("１３８００００００１２", ["13800000012"]),
        ("+86 138 0000 0001", ["13800000001"]),
        ("0086-13800000001", ["13800000001"]),
        ("8613800000001", ["13800000001"]),
        ("一三八零零零零零零零一", ["13800000001"]),
        ("幺三八 零零零零 零零零幺", ["13800000001"]),
        ("打13800000001或者13900001111", ["13800000001", "13900001111"]),
        ("13800000001 13900001111", ["13800000001", "13900001111"]),
        ("不是13800000001,是13900001111", ["13900001111"]),
        ("13800000001,哦打错了,是13900001111", ["13900001111"]),
        ("13800000001 不对 13900001111", ["13900001111"]),
        ("打错了 是13900001111", ["13900001111"]),
        ("138.0000.0001", ["13800000001"]),
        ("(+86)13800000001", ["13800000001"]),
        ("壹叁捌零零零零零零零壹", ["13800000001"]),
        ("1380000000一", ["13800000001"]),
        ("手机号1380000零零零一", ["13800000001"]),
        ("0571-88881234", []),
        ("0571 8888 1234", []),
        ("0500-8800-1001", []),
        ("400-000-1188", []),
    ],
)
def test_phones(text: str, digits: list[str]) -> None:
    assert found(text, "phone", "phone_invalid") == [("phone", value) for value in digits]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("138000000", "short"),
        ("1380000000", "short"),
        ("138000000012", "long"),
        ("1380000000123", "long"),
        ("138 0000 000", "short"),
        ("12800000001", "prefix"),
    ],
)
def test_wrong_phones(text: str, problem: str) -> None:
    digits = text.replace(" ", "")
    assert found(text, "phone", "phone_invalid") == [
        ("phone_invalid", {"digits": digits, "problem": problem})
    ]


@pytest.mark.parametrize(
    ("text", "entity", "number"),
    [
        ("浙A·D1001", "plate", "浙AD1001"),
        ("浙ad1001", "plate", "浙AD1001"),
        ("浙 A D1001", "plate", "浙AD1001"),
        ("浙A F30303", "plate", "浙AF30303"),
        ("浙A·F30303", "plate", "浙AF30303"),
        ("粵B12345", "plate", "粤B12345"),
        ("浙A12345D", "plate", "浙A12345D"),
        ("浙A：D1001", "plate", "浙AD1001"),
        ("浙江A12345", "plate", "浙A12345"),
        ("沪牌A12345", "plate", "沪A12345"),
        ("黑龙江 A·12345", "plate", "黑A12345"),
        ("浙A1234学", "plate", "浙A1234学"),
        ("AD1001", "plate_invalid", "AD1001"),
        ("车牌AD1001", "plate_invalid", "AD1001"),
        ("车牌号是 A12345", "plate_invalid", "A12345"),
        ("我的车是浙A·D1001 X5", "plate", "浙AD1001"),
        ("浙A1001", "plate_invalid", "浙A1001"),
        ("浙A123456", "plate_invalid", "浙A123456"),
        ("浙AO1001", "plate_invalid", "浙AO1001"),
    ],
)
def test_plates(text: str, entity: str, number: str) -> None:
    assert found(text, "plate", "plate_invalid") == [(entity, number)]


@pytest.mark.parametrize("text", ["我的新X5 3900公里", "青岚X5", "江苏S6", "新车"])
def test_no_plate(text: str) -> None:
    assert found(text, "plate", "plate_invalid") == []


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
    ("text", "km"),
    [
        ("三万二", 32_000),
        ("3.2万", 32_000),
        ("32000公里", 32_000),
        ("32,000公里", 32_000),
        ("3万多公里", 30_000),
        ("3万多", 30_000),
        ("不到五千", 5_000),
        ("8k", 8_000),
        ("1w2", 12_000),
        ("十万出头", 100_000),
        ("10万+", 100_000),
        ("八九千公里", 8_000),
        ("十二三万", 120_000),
        ("跑了小两万", 20_000),
        ("快三万了", 30_000),
        ("还没到一千公里", 1_000),
        ("8千公里", 8_000),
        ("八千", 8_000),
        ("三万两千公里", 32_000),
        ("开了5000", 5_000),
        ("跑了一万二", 12_000),
        ("里程不对是三万二", 32_000),
        ("没怎么开,两千来公里", 2_000),
        ("差不多四万", 40_000),
        ("11万8", 118_000),
        ("3900", 3_900),
        ("去年六月交车,一万五", 15_000),
        ("X5 3.2万", 32_000),
    ],
)
def test_mileage(text: str, km: int) -> None:
    assert found(text, "mileage") == [("mileage", km)]


@pytest.mark.parametrize(
    "text",
    [
        "15到20万",
        "3年6万公里",
        "每5000公里保养一次",
        "往南两公里",
        "3900元",
        "0571 8888 1234",
        "座机 057188881234",
        "开了三年",
        "一点",
        "2",
    ],
)
def test_no_mileage(text: str) -> None:
    assert found(text, "mileage") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("KHM374", "KHM374"),
        ("khm 374", "KHM374"),
        ("预约码是KHM-374", "KHM374"),
        ("ＫＨＭ３７４", "KHM374"),
        ("K H M 3 7 4", "KHM374"),
        ("KHM三七四", "KHM374"),
    ],
)
def test_booking_codes(text: str, code: str) -> None:
    assert found(text) == [("booking_code", code)]


@pytest.mark.parametrize("text", ["SUV 256", "KHI374", "KHM304", "KHM3745", "AKHM374"])
def test_no_booking_code(text: str) -> None:
    assert found(text, "booking_code") == []


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


@given(st.text(max_size=30))
def test_numbers_never_raise(text: str) -> None:
    to_number(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("三万二", 32_000),
        ("一千零五", 1_005),
        ("十", 10),
        ("廿三", 23),
        ("二零二六", 2_026),
        ("3万2千", 32_000),
        ("", None),
        ("万", None),
    ],
)
def test_numbers(text: str, value: float | None) -> None:
    assert to_number(text) == value


phones = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
PHONE_FORMS = (
    "{0}{1}{2}",
    "{0} {1} {2}",
    "{0}-{1}-{2}",
    "{0}.{1}.{2}",
    "+86 {0}{1}{2}",
    "+86{0}-{1}-{2}",
    "0086{0}{1}{2}",
    "我的电话是{0}{1}{2}，谢谢",
)


@given(phones, st.sampled_from(PHONE_FORMS), st.sampled_from(["digits", "wide", "numerals", "spoken"]))
@settings(max_examples=300, deadline=None)
def test_a_phone_is_the_same_in_every_form(phone: str, form: str, script: str) -> None:
    signs = {
        "digits": "0123456789",
        "wide": "０１２３４５６７８９",
        "numerals": "零一二三四五六七八九",
        "spoken": "零幺二三四五六七八九",
    }[script]
    if script not in ("digits", "wide") and not form.startswith(("{0}{1}", "{0} {1}", "{0}-", "我")):
        return
    parts = [
        part.translate(str.maketrans("0123456789", signs)) for part in (phone[:3], phone[3:7], phone[7:])
    ]
    assert found(form.format(*parts), "phone", "phone_invalid") == [("phone", phone)]


@given(phones, st.integers(1, 2))
def test_a_phone_without_its_last_digits_is_short(phone: str, missing: int) -> None:
    value = {"digits": phone[:-missing], "problem": "short"}
    assert found(phone[:-missing], "phone", "phone_invalid") == [("phone_invalid", value)]


plates = st.one_of(
    st.from_regex(r"[京沪浙粤苏川][A-HJ-NP-Z][0-9]{5}", fullmatch=True),
    st.from_regex(r"[京沪浙粤苏川][A-HJ-NP-Z][A-HJ-NP-Z][0-9]{4}", fullmatch=True),
    st.from_regex(r"[京沪浙粤苏川][A-HJ-NP-Z][ABCDEFGHJK][0-9]{5}", fullmatch=True),
    st.from_regex(r"[京沪浙粤苏川][A-HJ-NP-Z][0-9]{5}[ABCDEFGHJK]", fullmatch=True),
)


@given(plates, st.sampled_from(["", "·", " ", "-", ".", "・"]), st.booleans(), st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_plate_is_the_same_in_every_form(plate: str, dot: str, is_small: bool, is_spaced: bool) -> None:
    tail = " ".join(plate[2:]) if is_spaced else plate[2:]
    written = plate[:2] + dot + tail
    text = written.lower() if is_small else written
    assert found(text, "plate", "plate_invalid") == [("plate", plate)]


@given(
    st.integers(6, 300),
    st.sampled_from(["{km}公里", "{km}", "开了{km}公里", "{ten}万公里", "里程{km}", "{km}km", "{thousand}k"]),
)
@settings(max_examples=200, deadline=None)
def test_a_mileage_is_the_same_in_every_form(hundreds: int, form: str) -> None:
    km = hundreds * 1000
    said = form.format(km=km, ten=f"{km / 10_000:g}", thousand=km // 1000)
    assert found(said, "mileage") == [("mileage", km)]
