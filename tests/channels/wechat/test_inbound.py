"""The messages and events of the platform as values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.wechat.inbound import LONGEST_KEY, BadMessage, PlatformMessage, read
from bot.clock import TIME_ZONE

COMMON = {"ToUserName": "gh_97417a04a28d", "FromUserName": "oUser_1-a", "CreateTime": "1348831860"}


def message(type_: str, **fields: Any) -> PlatformMessage:
    return read("main", {**COMMON, "MsgType": type_, "MsgId": "1234567890123456", **fields})


def event(name: str, **fields: Any) -> PlatformMessage:
    return read("main", {**COMMON, "MsgType": "event", "Event": name, **fields})


def test_point_14_text() -> None:
    read_ = message("text", Content="我想试驾", bizmsgmenuid="1a.2")

    assert (read_.account, read_.openid, read_.original) == ("main", "oUser_1-a", "gh_97417a04a28d")
    assert (read_.kind, read_.text, read_.menu_id, read_.key) == (
        "text",
        "我想试驾",
        "1a.2",
        "m:1234567890123456",
    )
    assert read_.created == datetime(2012, 9, 28, 19, 31, tzinfo=TIME_ZONE)


def test_point_14_pictures_voices_and_films() -> None:
    image = message("image", PicUrl="https://pic.example/1", MediaId="media")
    voice = message("voice", MediaId="media", Format="amr", Recognition="我想试驾")

    assert (image.kind, image.pic_url, image.media_id) == ("image", "https://pic.example/1", "media")
    assert (voice.kind, voice.format, voice.recognition) == ("voice", "amr", "我想试驾")
    assert message("voice", MediaId="media", Recognition="").recognition is None
    assert message("video", MediaId="m").kind == "video"
    assert message("shortvideo", MediaId="m").kind == "shortvideo"


def test_point_14_places_links_and_files() -> None:
    place = message("location", Location_X="31.23", Location_Y="121.47", Scale="15", Label="上海市人民广场")
    link = message("link", Title="新车评测", Description="…", Url="https://news.example/1")

    assert (place.latitude, place.longitude, place.label) == (31.23, 121.47, "上海市人民广场")
    assert (link.title, link.url) == ("新车评测", "https://news.example/1")
    assert message("file", Title="合同.pdf").kind == "file"


@pytest.mark.parametrize("degrees", ["", "north", "nan", "inf", "91", "1e999", "-90.5"])
def test_a_place_that_is_none_has_no_degrees(degrees: str) -> None:
    assert message("location", Location_X=degrees, Location_Y="121").latitude is None


def test_point_14_events() -> None:
    follow = event("subscribe", EventKey="qrscene_store=east", Ticket="ticket")
    place = event("LOCATION", Latitude="31.2", Longitude="121.4", Precision="119")
    report = event("TEMPLATESENDJOBFINISH", MsgID="200163836", Status="failed:user block")

    assert (follow.kind, follow.event, follow.event_key, follow.ticket) == (
        "event",
        "subscribe",
        "qrscene_store=east",
        "ticket",
    )
    assert (place.latitude, place.longitude) == (31.2, 121.4)
    assert (report.msgid, report.status) == ("200163836", "failed:user block")
    assert {event(name).event for name in ("unsubscribe", "SCAN", "CLICK", "VIEW")} == {
        "unsubscribe",
        "SCAN",
        "CLICK",
        "VIEW",
    }


@pytest.mark.parametrize("type_", ["", "hologram", "EVENTS", "中文"])
def test_point_14_an_unknown_type_is_a_message_too(type_: str) -> None:
    assert message(type_).kind == "unknown"


def test_point_05_a_redelivery_has_the_same_key_and_nothing_else_has() -> None:
    keys = [
        message("text", Content="a", MsgId="1").key,
        message("text", Content="a", MsgId="2").key,
        event("CLICK", EventKey="a").key,
        event("CLICK", EventKey="b").key,
        event("VIEW", EventKey="a").key,
        read(
            "main",
            {**COMMON, "CreateTime": "1348831861", "MsgType": "event", "Event": "CLICK", "EventKey": "a"},
        ).key,
        event("VIEW", EventKey="https://shop.example/" + "a" * 200).key,
        event("VIEW", EventKey="https://shop.example/" + "a" * 201).key,
        message("text", Content="a", MsgId="").key,
        message("text", Content="b", MsgId="").key,
    ]

    assert len(set(keys)) == len(keys)
    assert all(len(key) <= LONGEST_KEY for key in keys)
    assert message("text", Content="other", MsgId="1").key == keys[0]
    assert event("CLICK", EventKey="a").key == keys[2]


@pytest.mark.parametrize(
    "fields",
    [
        {"FromUserName": ""},
        {"FromUserName": "a b"},
        {"FromUserName": "中"},
        {"FromUserName": "a" * 65},
        {"FromUserName": {"item": ["a"]}},
        {"CreateTime": ""},
        {"CreateTime": "-1"},
        {"CreateTime": "9" * 20},
        {"CreateTime": "１２"},
    ],
)
def test_what_names_no_customer_or_time_is_no_message(fields: dict[str, Any]) -> None:
    with pytest.raises(BadMessage):
        message("text", Content="a", **fields)


VALUES = st.one_of(st.text(max_size=20), st.just({"item": ["a"]}), st.just(["a"]))
FIELDS = (
    "MsgType",
    "Event",
    "EventKey",
    "MsgId",
    "Location_X",
    "Latitude",
    "Content",
    "Title",
    "MediaId",
    "CreateTime",
)


@given(fields=st.dictionaries(st.sampled_from(FIELDS), VALUES))
@settings(max_examples=150, deadline=None)
def test_any_fields_are_a_message_or_refused(fields: dict[str, Any]) -> None:
    try:
        read_ = read("main", {**COMMON, "MsgType": "event", **fields})
    except BadMessage:
        return
    assert 0 < len(read_.key) <= LONGEST_KEY
    assert read_.key.isprintable()
