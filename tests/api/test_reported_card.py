"""A telephone number that the customer writes: the card knows it, it can be shown, and whoever asked is on record."""

from __future__ import annotations

import json
import uuid

import pytest

from bot import clock
from bot.services.audit import list_audit
from bot.services.messages import Inbound, receive
from tests.api.application import PHONE, Desk

MASKED = "138****5678"


def writes(desk: Desk, *texts: str) -> str:
    sender = uuid.uuid4().hex
    for text in texts:
        id_ = receive(desk.database, Inbound("web", sender, text), clock.now()).conversation_id
    return id_


async def test_the_card_knows_the_newest_number_that_the_customer_wrote(desk: Desk) -> None:
    id_ = writes(desk, "先打 13900001111 吧", f"还是打 {PHONE}", "谢谢")
    card = await desk.get(f"conversations/{id_}/card")

    found = {name: card["customer"][name] for name in ("id", "phone", "known_by", "message")}
    assert found == {"id": None, "phone": MASKED, "known_by": "message", "message": 2}
    assert (await desk.post(f"conversations/{id_}/reveal"))["phone"] == PHONE


async def test_the_customer_is_written_down_without_typing_the_number(desk: Desk) -> None:
    id_ = writes(desk, f"我是 {PHONE}", "打 13900001111 也行")
    linked = await desk.call("PUT", f"conversations/{id_}/customer", json={"message": 1})

    assert (linked["customer"]["phone"], linked["customer"]["known_by"]) == (MASKED, "linked")
    again = await desk.call("PUT", f"conversations/{writes(desk, PHONE)}/customer", json={"message": 1})
    assert again["customer"]["id"] == linked["customer"]["id"]


@pytest.mark.parametrize("message", [2, 99, 0, -1, "1", True, 2**40])
async def test_a_message_without_a_number_names_nobody(desk: Desk, message: object) -> None:
    id_ = writes(desk, PHONE, "你好")

    await desk.call("PUT", f"conversations/{id_}/customer", 400, json={"message": message})


async def test_a_masked_message_is_shown_and_the_log_tells_who_asked(desk: Desk) -> None:
    id_ = writes(desk, f"我的电话 {PHONE}", "你好")
    lines = await desk.get(f"conversations/{id_}/transcript")

    assert [(line["text"], line["masked"]) for line in lines] == [
        (f"我的电话 {MASKED}", True),
        ("你好", False),
    ]
    assert await desk.post(f"conversations/{id_}/messages/1/reveal") == {"text": f"我的电话 {PHONE}"}
    [entry] = list_audit(desk.database, action="customer.revealed")
    assert (entry.username, entry.conversation_id, entry.details) == (
        "admin",
        id_,
        {"by": "messages", "id": 1},
    )
    assert PHONE not in json.dumps(entry.details)
    for seq, status in ((2, 404), (3, 404), (0, 400), ("x", 400), (2**40, 400)):
        await desk.post(f"conversations/{id_}/messages/{seq}/reveal", status)


@pytest.mark.parametrize("phone", ["123", "1381234567", "021-55551234"])
async def test_a_bad_number_is_refused_with_its_field_and_why(desk: Desk, phone: str) -> None:
    id_ = writes(desk, "你好")
    answer = await desk.call("PUT", f"conversations/{id_}/customer", 400, json={"phone": phone})

    assert answer["faults"] == {"phone": "手机号不对：要 11 位，以 13 到 19 开头。"}
    assert answer["message"] == answer["faults"]["phone"]
