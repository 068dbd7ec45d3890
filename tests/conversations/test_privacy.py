"""A copy of one's data and its deletion, asked for in the dialogue."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import clock
from bot.domain.errors import NotFound
from bot.services import privacy
from bot.store.lifecycle_tables import Task
from bot.store.tables import Conversation, Message, Vehicle
from bot.store.tables import Customer as CustomerRow
from tests.conversations.harness import Assistant, Customer

PHONE, PLATE = "13800000001", "浙A·D1001"
TOKEN = re.compile(r"/my-data/([\w-]{43})\.zip")


def fetched(customer: Customer, home: Path) -> str:
    """The page of the copy behind the address that was told."""
    found = TOKEN.search(customer.reply.text)
    assert found, customer.reply.text
    database = customer.assistant.installation.database
    packed = privacy.fetch_copy(database, home, found[1], clock.now())
    with pytest.raises(NotFound):
        privacy.fetch_copy(database, home, found[1], clock.now())
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return archive.read("index.html").decode()


async def test_a_copy_for_who_shows_who_they_are(customer: Customer, tmp_path: Path) -> None:
    await customer.says("把我的资料发给我一份", "手机号", "车牌")
    await customer.says(PHONE, "车牌或者预约码")
    await customer.says(PLATE, "24 小时")
    assert "浙AD1001" in fetched(customer, tmp_path)
    assert [(row.kind, row.outcome) for row in customer.assistant.rows(Task)] == [("data_request", "done")]


async def test_an_address_grows_old(customer: Customer, tmp_path: Path) -> None:
    await customer.says(f"导出我的个人信息 {PHONE} {PLATE}", "24 小时")
    token = TOKEN.search(customer.reply.text)[1]  # type: ignore[index]
    database = customer.assistant.installation.database
    with pytest.raises(NotFound):
        privacy.fetch_copy(database, tmp_path, token, clock.now() + timedelta(hours=25))
    assert [row.status for row in customer.assistant.rows(Task)] == ["open"]  # a person does it


@pytest.mark.parametrize("wish", ["导出我的个人信息", "把我的信息删了"])
async def test_a_stranger_gets_nothing(customer: Customer, tmp_path: Path, wish: str) -> None:
    await customer.says(f"{wish} {PHONE} 浙AD1002", "没有查到对得上的登记")
    await customer.says(
        f"{PHONE} 浙AD1003", "没能核对出是您本人", "15 天", "0500-8800-1001", never=("my-data",)
    )
    [task] = customer.assistant.rows(Task)
    assert (task.phone, task.skill, task.details) == (None, "manager", {"wish": "unproven"})
    later = clock.now() + timedelta(minutes=3)
    assert privacy.run_erasures(customer.assistant.installation.database, tmp_path, later) == 0
    assert len(customer.assistant.rows(CustomerRow, phone=PHONE)) == 1
    await customer.says("你们几点开门", "09:00")


async def test_the_code_of_a_visit_shows_who_asks(customer: Customer, tmp_path: Path) -> None:
    code = await _booked(customer)
    await customer.says("把我的资料发给我一份", "预约码")
    await customer.says(f"{code} 13812345678", "24 小时")
    assert "张伟" in fetched(customer, tmp_path)


async def test_a_deletion_after_one_more_yes(
    customer: Customer, assistant: Assistant, tmp_path: Path
) -> None:
    await customer.says("删除我的信息", "核对")
    await customer.says(f"{PHONE} {PLATE}", "会删除", "会留下", "确认删除吗")
    await customer.clicks("确认删除", "几分钟内")
    database, id_ = assistant.installation.database, customer.conversation_id
    assert privacy.run_erasures(database, tmp_path, clock.now()) == 0  # the answer is read first
    assert privacy.run_erasures(database, tmp_path, clock.now() + timedelta(minutes=3)) == 1
    for table, conditions in (
        (CustomerRow, {"phone": PHONE}),
        (Vehicle, {"plate": "浙AD1001"}),
        (Conversation, {"id": id_}),
        (Message, {"conversation_id": id_}),
        (Task, {}),
    ):
        assert assistant.rows(table, **conditions) == [], table
    await customer.says("你们几点开门", "09:00")  # whoever writes again is somebody new


async def test_nothing_goes_without_a_yes(customer: Customer, tmp_path: Path) -> None:
    await customer.says("请帮我把我的个人信息都删掉", "核对")
    await customer.says(f"{PHONE} {PLATE}", "确认删除吗")
    await customer.clicks("不删了", "什么都没有删")
    later = clock.now() + timedelta(minutes=3)
    assert privacy.run_erasures(customer.assistant.installation.database, tmp_path, later) == 0
    assert len(customer.assistant.rows(CustomerRow, phone=PHONE)) == 1


async def test_what_is_to_come_keeps_the_data(customer: Customer) -> None:
    code = await _booked(customer)
    await customer.says("删除我的个人信息", "核对")
    await customer.says(f"13812345678 预约码{code}", "还不能删", "1 个未到店的预约")
    assert "取消预约" in customer.reply.buttons
    assert customer.assistant.rows(Task) == []


async def test_who_wants_it_no_more_opens_no_task(customer: Customer) -> None:
    await customer.says("把我的信息删了", "核对")
    await customer.says("不用了", "什么都没有删")
    assert customer.form is None
    assert customer.assistant.rows(Task) == []


async def test_what_is_booked_after_the_yes_leaves_it_to_people(customer: Customer, tmp_path: Path) -> None:
    await customer.says("删除我的信息", "核对")
    await customer.says(f"{PHONE} {PLATE}", "确认删除吗")
    await customer.clicks("确认删除", "几分钟内")
    customer.assistant.books("2026-11-28T10:00", phone=PHONE)
    database = customer.assistant.installation.database
    for minutes in (3, 4):
        assert privacy.run_erasures(database, tmp_path, clock.now() + timedelta(minutes=minutes)) == 0
    [task] = customer.assistant.rows(Task)
    assert (task.status, task.details["left_to_people"]) == ("open", True)
    assert len(customer.assistant.rows(CustomerRow, phone=PHONE)) == 1


async def test_in_the_middle_of_a_booking(customer: Customer) -> None:
    await customer.says("我想试驾X5", "门店")
    await customer.says("把我的信息删了", "核对")
    await customer.says("你们几点开门", "09:00", "核对")
    await customer.says("算了", "什么都没有删")
    assert customer.form is None


@pytest.mark.parametrize("question", ["我的聊天记录能删吗", "删除我的信息要多久", "怎么删除我的个人信息"])
async def test_a_question_about_deletion_is_answered(customer: Customer, question: str) -> None:
    await customer.says(question, "随时可以要求删除")
    assert customer.form is None


async def _booked(customer: Customer) -> Any:
    await customer.says("我想周六上午十点去城东店试驾X5", "姓名和手机号")
    await customer.says("张伟 13812345678", "驾照")
    await customer.clicks("符合", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    return customer.reply.code
