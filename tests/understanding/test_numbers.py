"""Entities in digits: phones, number plates, mileages and booking codes as customers write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.numbers import to_number
from tests.understanding.small_lexicon import found


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
