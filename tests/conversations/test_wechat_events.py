"""What only happens in WeChat, as the channel gives it to the dialogue: following, codes, menus, voices, places."""

from __future__ import annotations

import pytest

from bot.domain.wechat.pieces import menu_id
from bot.store.tables import Message
from tests.conversations.followers import Follower
from tests.conversations.harness import Assistant

EAST_NEARBY = {"latitude": 30.2950, "longitude": 120.2400}


@pytest.fixture
def follower(assistant: Assistant) -> Follower:
    return Follower(assistant)


async def test_point_14_following_brings_the_main_choices(follower: Follower) -> None:
    reply = await follower.does("event", "感谢关注青岚汽车", "小岚", event="subscribe")
    assert reply.buttons == ["预约试驾", "预约保养", "我的车该做什么", "车型和价格", "转人工顾问"]
    assert follower.line == "［关注了公众号］"
    await follower.clicks("预约试驾", "哪一款")


async def test_point_14_a_scanned_code_speaks_of_its_model_and_store(follower: Follower) -> None:
    key = "qrscene_store=east;model=x5;campaign=秋季"
    reply = await follower.does("event", "城东店 青岚 X5", event="subscribe", event_key=key)
    assert "试驾 青岚 X5" in reply.buttons
    await follower.clicks("试驾 青岚 X5", "目前记下的是：城东店", "时间")
    assert follower.slot("drive_store") == "east"
    assert follower.slot("drive_model") == "x5"


async def test_a_scanned_model_is_what_a_test_drive_begins_with(follower: Follower) -> None:
    await follower.does("event", event="subscribe", event_key="qrscene_autumn-x5")
    await follower.says("我想预约试驾", "目前记下的是：城东店，青岚 X5")
    assert follower.slot("drive_model") == "x5"


async def test_what_the_customer_says_counts_more_than_the_code(follower: Follower) -> None:
    await follower.does("event", event="subscribe", event_key="qrscene_autumn-x5")
    await follower.says("我想去城西店试驾S3", never=("目前记下的是",))
    assert follower.slot("drive_store") == "west"
    assert follower.slot("drive_model") == "s3"


async def test_a_code_counts_for_a_week(follower: Follower) -> None:
    await follower.does("event", event="subscribe", event_key="qrscene_autumn-x5")
    follower.at("2026-11-30T10:00")
    await follower.says("我想预约试驾", "哪一款", never=("目前记下的是",))


async def test_point_14_a_follower_who_scans_is_not_welcomed_again(follower: Follower) -> None:
    await follower.does("event", "您扫的是城西店的码", never=("感谢关注",), event="SCAN", event_key="2")
    await follower.says("我要约保养")
    assert follower.slot("visit_store") == "west"


async def test_scanning_in_the_middle_of_a_booking_changes_nothing_of_it(follower: Follower) -> None:
    await follower.says("我想在城西店试驾S3")
    await follower.does("event", "您扫的是城东店", event="SCAN", event_key="store=east;model=x5")
    assert follower.slot("drive_store") == "west"
    assert follower.slot("drive_model") == "s3"
    assert follower.form == "test_drive_form"


@pytest.mark.parametrize(
    ("key", "title", "said"),
    [
        ("book_test_drive", "预约试驾", "哪一款"),
        ("check_booking", "我的预约", "预约码"),
        ("ask_human", "人工客服", "顾问"),
        ("price_list", "车型和价格", "青岚 S3"),
        ("store.parking", "store.parking", "停车"),
        ("left_over_from_last_year", "left_over_from_last_year", "小岚"),
    ],
)
async def test_point_14_clicks_in_the_menu_start_dialogues(
    follower: Follower, key: str, title: str, said: str
) -> None:
    await follower.does("event", said, event="CLICK", event_key=key)
    assert follower.line == f"［菜单］{title}"


async def test_point_14_a_voice_is_read_like_a_text(follower: Follower) -> None:
    await follower.does("voice", "哪一款", recognition="我想预约试驾。")
    assert follower.line == "［语音］我想预约试驾。"
    await follower.does("voice", "哪家门店", recognition="第一个")
    assert follower.slot("drive_model") == "s3"


async def test_point_14_a_voice_without_words_asks_for_a_text(follower: Follower) -> None:
    await follower.does("voice", "打字告诉我")
    await follower.says("我想试驾", "哪一款")
    await follower.does("voice", "打字告诉我", "哪一款")
    assert follower.form == "test_drive_form"


@pytest.mark.parametrize(
    ("kind", "fields", "said", "line"),
    [
        ("image", {}, "要我请一位顾问来看吗", "［图片］"),
        ("video", {}, "您发来的视频", "［视频］"),
        ("file", {"title": "合同.docx"}, "您发来的文件", "［文件］合同.docx"),
        (
            "link",
            {"title": "X5 评测", "url": "https://a.example"},
            "您发来的链接",
            "［链接］X5 评测 https://a.example",
        ),
        ("unknown", {}, "打字告诉我", "［无法显示的消息］"),
    ],
)
async def test_point_14_what_is_no_text_is_kept_and_answered(
    follower: Follower, kind: str, fields: dict[str, str], said: str, line: str
) -> None:
    await follower.does(kind, said, **fields)
    assert follower.line == line


async def test_after_a_picture_a_yes_calls_a_person(follower: Follower) -> None:
    await follower.does("image")
    await follower.says("好的", "已经为您转接")
    follower.is_queued("asked_for_a_person")


async def test_point_14_a_location_finds_the_nearest_store(follower: Follower) -> None:
    place = {**EAST_NEARBY, "label": "江州市城东区某路 5 号"}
    reply = await follower.does(
        "location",
        "城东店",
        "700 米",
        "迎宾大道 88 号",
        "0500-8800-1002",
        "09:00",
        "apis.map.qq.com",
        **place,
    )
    assert "预约保养" in reply.buttons
    assert follower.line.startswith("［位置］江州市城东区某路 5 号（30.295")
    await follower.clicks("预约保养")
    assert follower.slot("visit_store") == "east"


async def test_a_location_answers_the_question_for_the_store(follower: Follower) -> None:
    await follower.says("我想试驾S3", "哪家门店")
    await follower.does("location", "离您最近的是城东店", **EAST_NEARBY)
    assert follower.slot("drive_store") == "east"
    assert follower.asked == "drive_time"


async def test_a_location_does_not_change_the_store_that_was_chosen(follower: Follower) -> None:
    await follower.says("我想在城西店试驾S3")
    await follower.does("location", "城东店", **EAST_NEARBY)
    assert follower.slot("drive_store") == "west"
    assert follower.form == "test_drive_form"


async def test_a_location_is_where_help_is_needed(follower: Follower) -> None:
    await follower.says("我的车抛锚了", "位置")
    await follower.does("location", "手机", never=("离您最近",), **EAST_NEARBY, label="绕城高速 12 公里处")
    case = follower.has_case("rescue")
    assert case.details["place"] == "绕城高速 12 公里处（30.295000,120.240000）"


async def test_a_location_of_a_waiting_customer_goes_onto_the_rescue(follower: Follower) -> None:
    await follower.says("车抛锚了在人民路", "安全第一")
    await follower.says("13812345678")
    await follower.does("location", never=("离您最近",), **EAST_NEARBY, label="服务区")
    assert follower.has_case("rescue").details["place"].endswith("服务区（30.295000,120.240000）")


@pytest.mark.parametrize("said", ["你好[微笑]", "你好/::)", "[微笑]你好/:rose"])
async def test_emoticons_do_not_confuse(follower: Follower, said: str) -> None:
    await follower.does("text", "小岚", text=said)


async def test_an_emoticon_alone(follower: Follower) -> None:
    await follower.does("text", "收到您的表情了", text="[微笑][玫瑰]")


async def test_brackets_that_are_no_emoticon_stay(follower: Follower) -> None:
    await follower.does("text", text="[X5]多少钱")
    assert follower.line == "[X5]多少钱"


async def test_point_13_a_clicked_choice_is_the_button(follower: Follower) -> None:
    await follower.says("你好", "小岚")
    chosen = menu_id(_last_offer(follower), 1)
    await follower.does("text", "哪一款", text="预约试驾", menu_id=chosen)


async def test_point_13_a_forged_choice_is_only_a_text(follower: Follower) -> None:
    await follower.says("你好", "小岚")
    for forged in ("zzz.1", "1.1", "/ask_human", "9z9z.9"):
        await follower.does("text", "停车", text="停车免费吗", menu_id=forged)


async def test_point_13_a_number_chooses(follower: Follower) -> None:
    await follower.says("你好", "小岚")
    await follower.does("text", "哪一款", text="回复1")


@pytest.mark.parametrize(
    "event", ["VIEW", "LOCATION", "unsubscribe", "TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH"]
)
def test_point_14_events_without_a_line(follower: Follower, event: str) -> None:
    meaning = follower.meaning("event", event=event, msgid="1", status="success")
    assert (meaning.text, meaning.grant) == ("", None)
    assert (meaning.follow is False) == (event == "unsubscribe")
    assert (meaning.report is not None) == (event == "TEMPLATESENDJOBFINISH")


async def test_the_source_of_a_scan(follower: Follower) -> None:
    meaning = follower.meaning("event", event="SCAN", event_key="autumn-x5")
    assert meaning.source is not None
    assert meaning.source.campaign == "秋季车展"


def _last_offer(follower: Follower) -> int:
    rows = follower.assistant.rows(Message, conversation_id=follower.conversation_id, author="bot")
    return max(int(row.seq) for row in rows if row.buttons)


async def test_who_is_far_from_every_store_is_told_of_all(follower: Follower) -> None:
    """Beijing is 1,100 km away."""
    reply = await follower.does(
        "location", "城东店", "城西店", never=("最近", "公里"), latitude=39.9, longitude=116.4, label="北京"
    )
    assert reply.text.count("售后") == 2


async def test_a_place_in_the_gulf_of_guinea_is_none(follower: Follower) -> None:
    await follower.does("location", "读不出来", latitude=0.0, longitude=0.0)
