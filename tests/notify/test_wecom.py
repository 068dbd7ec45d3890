"""Messages of a WeCom group robot to a real HTTP server, and every way in which it can refuse them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.errors import DeliveryFailed
from bot.notify.wecom import RobotSender
from tests.notify.test_webhook import Receiver, receiving

TOOK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}
TEXT = "**1 项工作等得太久**\n> 销售：排队已等 5 分钟"


def failure(receiver: Receiver, seconds: float = 2) -> DeliveryFailed:
    with receiving(receiver), pytest.raises(DeliveryFailed) as raised:
        RobotSender(receiver.url, seconds).send(TEXT)
    assert "token" not in f"{raised.value} {raised.value.words}", "the address is a secret"
    return raised.value


def test_a_markdown_message() -> None:
    with receiving(Receiver(body=json.dumps(TOOK).encode())) as receiver:
        RobotSender(receiver.url).send(TEXT)

    ((headers, body),) = receiver.requests
    assert json.loads(body) == {"msgtype": "markdown", "markdown": {"content": TEXT}}
    assert headers[":path"] == "/hook?token=1"
    assert headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("answer", "final", "words"),
    [
        ({"errcode": 93000, "errmsg": "invalid webhook url"}, True, "企业微信机器人不存在"),
        ({"errcode": 45009, "errmsg": "api freq out of limit"}, False, "企业微信机器人发送太频繁"),
        ({"errcode": 40058, "errmsg": "13812345678"}, False, "企业微信拒收（40058）"),
        ({"errmsg": "ok"}, False, "企业微信拒收（None）"),
        ([], False, "企业微信拒收（None）"),
    ],
)
def test_an_answer_that_is_no_ok(answer: Any, final: bool, words: str) -> None:
    problem = failure(Receiver(body=json.dumps(answer).encode()))

    assert (problem.final, problem.words) == (final, words)


@pytest.mark.parametrize("receiver", [Receiver(500), Receiver(404), Receiver(body=b"<html>")])
def test_an_answer_that_is_not_wecoms(receiver: Receiver) -> None:
    assert not failure(receiver).final


def test_it_is_not_sent_elsewhere() -> None:
    with receiving(Receiver(body=json.dumps(TOOK).encode())) as other:
        problem = failure(Receiver(302, location=other.url))

    assert str(problem) == "WeCom answered 302"
    assert other.requests == []


def test_a_robot_that_says_nothing() -> None:
    assert not failure(Receiver(seconds=1), seconds=0.2).final
