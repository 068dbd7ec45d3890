"""The XML of the platform: what is written is read again, by a peer too, and nothing hostile is read."""

from __future__ import annotations

from typing import Any

import pytest
import xmltodict
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy import parse_message

from bot.channels.wechat.xml import BadXml, parse, write

ALLOWED = st.characters(blacklist_categories=("Cs",)).filter(
    lambda char: char in "\t\n" or (char >= " " and char not in "\ufffe\uffff")
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True).filter(
    lambda name: name not in ("item", "List")
)


def test_a_message_as_the_platform_sends_it() -> None:
    body = """<xml>
  <ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName>
  <CreateTime>1348831860</CreateTime>
  <Content><![CDATA[ 我想试驾 <X5> & 更多 ]]></Content>
  <EventKey></EventKey>
  <SendPicsInfo><Count>2</Count><PicList>
    <item><PicMd5Sum><![CDATA[a]]></PicMd5Sum></item><item><PicMd5Sum><![CDATA[b]]></PicMd5Sum></item>
  </PicList></SendPicsInfo>
</xml>"""

    assert parse(body.encode()) == {
        "ToUserName": "gh_97417a04a28d",
        "CreateTime": "1348831860",
        "Content": " 我想试驾 <X5> & 更多 ",
        "EventKey": "",
        "SendPicsInfo": {"Count": "2", "PicList": {"item": [{"PicMd5Sum": "a"}, {"PicMd5Sum": "b"}]}},
    }


def test_one_item_is_a_list_too() -> None:
    assert parse(b"<xml><PicList><item>a</item></PicList></xml>") == {"PicList": {"item": ["a"]}}


@given(fields=st.dictionaries(NAMES, st.text(ALLOWED, max_size=60), min_size=1, max_size=6))
@settings(max_examples=80, deadline=None)
def test_point_10_what_is_written_is_read_again(fields: dict[str, str]) -> None:
    written = write(fields)

    assert parse(written) == fields
    peers = xmltodict.parse(written, strip_whitespace=False)["xml"]
    assert {name: value or "" for name, value in peers.items()} == fields


@pytest.mark.parametrize("text", ["]]>", "a]]>b", "]]]]>>", "]]>]]>", "]]", "<![CDATA[x]]>", "]]]>"])
def test_point_10_the_end_of_a_section_within_a_text_is_split(text: str) -> None:
    written = write(
        {"Content": text, "MsgType": "text", "FromUserName": "a", "ToUserName": "b", "CreateTime": 1}
    )

    assert parse(written)["Content"] == text
    assert parse_message(written).content == text


def test_numbers_are_bare_and_lists_are_items() -> None:
    assert write({"Count": 2, "Pics": ["a", "b"]}) == (
        b"<xml><Count>2</Count><Pics><item><![CDATA[a]]></item><item><![CDATA[b]]></item></Pics></xml>"
    )


def test_what_xml_forbids_is_left_out_and_ends_of_lines_are_newlines() -> None:
    assert parse(write({"Content": "a\x00\x08b\ufffe\ud800c\r\nd\re😀"}))["Content"] == "abc\nd\ne😀"


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="name"):
        write({"a><b": "x"})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"success", id="no XML"),
        pytest.param(b"<xml></xml>", id="no fields"),
        pytest.param(b"<xml>text</xml>", id="text alone"),
        pytest.param(b"<other><a>1</a></other>", id="another root"),
        pytest.param(b"<xml><a>1</a>", id="cut off"),
        pytest.param(b"<xml><a>1</b></xml>", id="crossed"),
        pytest.param(b"<xml><a>1</a></xml><xml/>", id="two roots"),
        pytest.param(b"<xml><a x='1'>1</a></xml>", id="attribute"),
        pytest.param(b"<xml>text<a>1</a></xml>", id="text beside elements"),
        pytest.param(b"<xml><a>1</a><!-- b --></xml>", id="comment"),
        pytest.param(b"<?php 1?><xml><a>1</a></xml>", id="instruction"),
        pytest.param("<xml><a>中</a></xml>".encode("gbk"), id="GBK"),
        pytest.param("<xml><a>中</a></xml>".encode("utf-16"), id="UTF-16"),
        pytest.param(b"<?xml version='1.0' encoding='gbk'?><xml><a>1</a></xml>", id="declared GBK"),
        pytest.param(b"<xml><a>&unknown;</a></xml>", id="entity"),
        pytest.param(b"<xml><a>\x00</a></xml>", id="NUL"),
        pytest.param(b"<xml><" + b"a" * 65 + b">1</" + b"a" * 65 + b"></xml>", id="long name"),
    ],
)
def test_point_02_what_the_platform_never_sends_is_refused(body: bytes) -> None:
    with pytest.raises(BadXml):
        parse(body)


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE xml [<!ENTITY a "b">]>',
        '<!DOCTYPE xml SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE xml [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x"> %a;]>',
        "<!DOCTYPE xml>",
    ],
)
def test_point_02_a_document_type_is_refused(declared: str) -> None:
    with pytest.raises(BadXml, match="document type"):
        parse(f"{declared}<xml><FromUserName>&a;</FromUserName></xml>".encode())


def test_point_02_a_thousand_million_laughs_are_not_laughed() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<!DOCTYPE xml [<!ENTITY l0 "ha">{laughs}]><xml><a>&l9;</a></xml>'

    with pytest.raises(BadXml):
        parse(body.encode())


@pytest.mark.parametrize("depth", [6, 7, 10_000])
def test_point_02_only_so_deep(depth: int) -> None:
    body = b"<xml>" + b"<a>" * (depth - 1) + b"1" + b"</a>" * (depth - 1) + b"</xml>"
    if depth <= 6:
        assert parse(body)
        return
    with pytest.raises(BadXml, match="deep"):
        parse(body)


def test_point_02_only_so_many_elements() -> None:
    items = b"<item>1</item>"
    assert parse(b"<xml><a>" + items * 198 + b"</a></xml>")

    with pytest.raises(BadXml, match="many"):
        parse(b"<xml><a>" + items * 199 + b"</a></xml>")


@pytest.mark.parametrize("name", ["FromUserName", "Encrypt", "Content"])
def test_point_02_a_field_twice_is_refused(name: str) -> None:
    """Whoever checks the first and uses the second can be deceived."""
    with pytest.raises(BadXml, match="twice"):
        parse(f"<xml><{name}>a</{name}><{name}>b</{name}></xml>".encode())


@given(
    body=st.one_of(st.binary(max_size=200), st.text("<>/xmla&;![]CDATA-?\"' ", max_size=80).map(str.encode))
)
@settings(max_examples=200, deadline=None)
def test_any_body_is_read_or_refused(body: bytes) -> None:
    try:
        fields: dict[str, Any] = parse(body)
    except BadXml:
        return
    assert fields
