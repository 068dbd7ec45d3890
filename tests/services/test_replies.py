"""Replies made of the approved content: channels, types, buttons to what is not there any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.replies import Button, FaqEntry, Template, UnfitValue, VariableType
from bot.services.content.snapshot import Content
from bot.services.replies import SOURCE, reply_for
from tests.installations import filled_database


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Content]:
    database, store = filled_database(tmp_path_factory.mktemp("replies"))
    yield store.current()
    database.close()


def with_template(content: Content, template: Template) -> Content:
    return replace(
        content,
        templates={template.id: template},
        versions={**content.versions, f"template/{template.id}": 7},
    )


def test_the_words_of_the_channel_and_the_version(content: Content) -> None:
    ours = with_template(content, Template("utter_x", "您好 {brand}", channels={"wechat": "微信您好"}))

    for channel, words in (("wechat", "微信您好"), ("web", "您好 青岚汽车"), (None, "您好 青岚汽车")):
        reply = reply_for(ours, "utter_x", {}, channel)
        assert reply == {"text": words, SOURCE: {"id": "template/utter_x", "version": 7}}


def test_values_are_checked_and_others_ignored(content: Content) -> None:
    variables = {"price": VariableType.PRICE, "unused": VariableType.TEXT}
    ours = with_template(content, Template("utter_x", "要 {price}", variables=variables))

    reply = reply_for(ours, "utter_x", {"price": "398 元起", "brand": "别的"})
    assert reply is not None
    assert reply["text"] == "要 398 元起"
    for values in ({}, {"price": None}, {"price": 398}, {"price": "便宜"}):
        with pytest.raises(UnfitValue, match=r"\{price\}"):
            reply_for(ours, "utter_x", values)


def test_only_what_is_declared_replaces_a_variable_of_the_dealership(content: Content) -> None:
    ours = with_template(content, Template("utter_x", "{brand}"))

    reply = reply_for(ours, "utter_x", {"brand": "别的"})
    assert reply is not None
    assert reply["text"] == "青岚汽车"


def test_a_button_to_a_topic_that_is_gone_is_not_shown(content: Content) -> None:
    buttons = (Button("停车", topic="store.parking"), Button("试驾", intent="book_test_drive"))
    entry = FaqEntry("x.y", "标题", "答案", buttons=buttons)
    without = {id_: e for id_, e in content.faq.items() if id_ != "store.parking"}
    ours = replace(content, faq={**without, "x.y": entry}, versions={**content.versions, "faq/x.y": 1})

    reply = reply_for(ours, "utter_faq/x.y", {})
    assert reply is not None
    assert [button["title"] for button in reply["buttons"]] == ["试驾"]


def test_every_answer_can_be_rendered(content: Content) -> None:
    for topic in content.faq:
        reply = reply_for(content, f"utter_faq/{topic}", {})
        assert reply is not None
        assert "{" not in reply["text"], topic


def test_what_is_not_there(content: Content) -> None:
    assert reply_for(content, "utter_nothing", {}) is None
    assert reply_for(content, "utter_faq/nothing.here", {}) is None
