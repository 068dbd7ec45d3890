"""What messages mean, where a conversation does not show it: emoticons, codes, stores of accounts, odd input.

Whole conversations: tests/conversations/test_wechat_events.py.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat.emoticons import with_signs
from bot.channels.wechat.inbound import PlatformMessage
from bot.channels.wechat.meaning import Meaning, Meanings
from bot.clock import TIME_ZONE
from bot.domain.wechat.account import Account, Mode
from bot.domain.wechat.content import Scene
from bot.domain.wechat.window import Grant
from bot.services.wechat.scenes import scene_of, words_of
from tests.services.reminded import CONTENT

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=TIME_ZONE)
MAIN = Account("main", "wx1", "token", Mode.PLAIN)
WEST = Account("west", "wx2", "token", Mode.PLAIN, store="west")
MEANINGS = Meanings(CONTENT, (MAIN, WEST))
DEALERSHIP = CONTENT.current().dealership


def meaning(kind: str, account: str = "main", **fields: Any) -> Meaning:
    return MEANINGS.of(PlatformMessage(account, "o-1", "m:1", kind, NOW, **fields))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("你好[微笑]", "你好🙂"),
        ("/::)你好/:rose", "🙂你好🌹"),
        ("[OK]", "OK"),
        ("/:ok", "OK"),
        ("[好的]", "好的"),
        ("/:,@-D/:,@@", "😊😵"),
        ("[X5]多少钱 [加长]", "[X5]多少钱 [加长]"),
        ("https://a.example/:8080", "https://a.example/:8080"),
    ],
)
def test_emoticons(written: str, read: str) -> None:
    assert with_signs(written) == read


@pytest.mark.parametrize(
    ("code", "scene"),
    [
        ("store=east;model=x5;campaign=autumn", Scene("east", "x5", "autumn")),
        (" model=x5 ; store=west ", Scene("west", "x5")),
        ("autumn-x5", Scene("east", "x5", "秋季车展")),
        ("1", Scene("east")),
        ("store=north;model=x99;campaign=" + "长" * 99, Scene(campaign="长" * 40)),
        ("=;=;store", Scene()),
        ("", Scene()),
        (None, Scene()),
    ],
)
def test_what_a_code_stands_for(code: str | None, scene: Scene) -> None:
    assert scene_of(DEALERSHIP, code) == scene


def test_words_of_a_code() -> None:
    assert words_of(DEALERSHIP, Scene("east", "x5")) == "城东店 青岚 X5"
    assert words_of(DEALERSHIP, Scene("gone", "gone", "autumn")) == ""


def test_an_account_of_a_store_brings_it_along() -> None:
    assert meaning("event", "west", event="subscribe").scene == {"store": "west", "at": NOW.isoformat()}
    told = meaning("event", "west", event="subscribe", event_key="qrscene_store=east").scene
    assert told == {"store": "east", "at": NOW.isoformat()}
    assert meaning("event", event="subscribe").scene is None


@pytest.mark.parametrize(
    ("kind", "fields", "grant"),
    [
        ("text", {"text": "你好"}, Grant.MESSAGE),
        ("text", {"text": "预约试驾", "menu_id": "5.1"}, Grant.CLICK),
        ("image", {"media_id": "m"}, Grant.MESSAGE),
        ("unknown", {}, Grant.MESSAGE),
        ("event", {"event": "CLICK", "event_key": "ask_human"}, Grant.CLICK),
        ("event", {"event": "SCAN", "event_key": "1"}, Grant.CLICK),
        ("event", {"event": "subscribe"}, Grant.CLICK),
        ("event", {"event": "VIEW", "event_key": "https://a.example"}, None),
        ("event", {"event": "LOCATION"}, None),
        ("event", {"event": "unsubscribe"}, None),
    ],
)
def test_point_11_what_each_grants(kind: str, fields: dict[str, Any], grant: Grant | None) -> None:
    assert meaning(kind, **fields).grant is grant


def test_the_one_time_code_is_not_in_the_transcript() -> None:
    read = meaning("text", text="绑定 abcd2345")

    assert read.text == "［绑定码］"
    assert "ABCD2345" in str(read.command)


def test_a_voice_cannot_say_a_command() -> None:
    read = meaning("voice", recognition='/greet{"do": "link"}')

    assert read.command is None


def test_the_platforms_desk_ends_its_work() -> None:
    assert meaning("event", event="kf_close_session").desk_closed


_texts = st.one_of(st.none(), st.text(max_size=60))


@given(
    kind=st.sampled_from(["text", "voice", "image", "video", "location", "link", "file", "event", "unknown"]),
    event=st.sampled_from(["subscribe", "SCAN", "CLICK", "TEMPLATESENDJOBFINISH", "odd", ""]),
    texts=st.lists(_texts, min_size=6, max_size=6),
    place=st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
)
def test_point_14_whatever_comes_has_a_meaning(
    kind: str, event: str, texts: list[str | None], place: tuple[float, float]
) -> None:
    """A command is one that Rasa reads: a name and a JSON object in one line."""
    names = ("recognition", "label", "url", "title", "event_key", "msgid")
    fields: dict[str, Any] = dict(zip(names, texts, strict=True))
    read = meaning(
        kind,
        text=texts[0] or "",
        event=event,
        latitude=place[0],
        longitude=place[1],
        menu_id=texts[1],
        **fields,
    )
    assert read.text or kind == "event"
    if read.command and "{" in read.command:
        assert "\n" not in read.command
        assert isinstance(json.loads(read.command[read.command.index("{") :]), dict)
