"""The slot that is held while the customer types: told once, renewed while free, given back on leaving."""

from __future__ import annotations

import pytest

from bot.store.tables import Hold
from tests.conversations.harness import Customer
from tests.conversations.stations import CONTACT

WISH = "我想周六下午两点去城东店试驾X5"
TOLD = "已为您保留 10 分钟"


@pytest.fixture
async def waiting(customer: Customer) -> Customer:
    """Somebody for whom Saturday at two is held, and who was asked for name and phone."""
    await customer.says(WISH, TOLD, "姓名和手机号")
    return customer


def held(customer: Customer) -> list[str]:
    """What the conversation holds, as local times."""
    return [hold.details["start"][5:16] for hold in customer.rows(Hold)]


async def test_it_is_told_once(waiting: Customer) -> None:
    await waiting.says("停车免费吗", "姓名和手机号", never=("保留",))
    await waiting.says("张伟", "手机号", never=("保留",))
    await waiting.says("13812345678", "驾照", never=("保留",))
    assert held(waiting) == ["11-28T14:00"]


async def test_it_is_told_to_somebody_whose_name_or_phone_is_known(customer: Customer) -> None:
    await customer.says(f"{WISH}，我叫张伟", TOLD, "张伟您好", "手机号")
    other = customer.assistant.customer()
    await other.says("我想周六下午三点去城东店试驾S3，电话13812345678", TOLD, "怎么称呼")
    await other.says("李强", "驾照", never=("保留",))


async def test_a_new_time_is_told_anew(waiting: Customer) -> None:
    await waiting.says("还是下午四点吧", "16:00", "姓名和手机号")
    assert held(waiting) == ["11-28T16:00"]


async def test_it_is_renewed_silently(waiting: Customer) -> None:
    waiting.at("2026-11-22T10:11")
    await waiting.says(CONTACT, "驾照", never=("约走", "保留"))
    [hold] = waiting.rows(Hold)
    assert f"{hold.expires_at:%H:%M}" == "10:21"
    waiting.at("2026-11-22T10:40")
    await waiting.clicks("符合", "确认预约吗")
    waiting.at("2026-11-22T10:55")
    await waiting.clicks("确认预约", "预约码")
    waiting.has_booked(start="2026-11-28T14:00")


async def test_it_is_lost_while_the_contact_is_typed(waiting: Customer) -> None:
    waiting.at("2026-11-22T10:11")
    waiting.assistant.books("2026-11-28T14:00")
    reply = await waiting.says(CONTACT, "周六 11月28日 14:00", "刚刚被约走了", "都还留着")
    assert "周六 11月28日 13:00 城东店" in reply.buttons
    await waiting.clicks("13:00", "驾照", never=("姓名和手机号",))
    await waiting.clicks("符合", "13:00", "张伟", "确认预约吗")
    await waiting.clicks("确认预约", "预约码")
    waiting.has_booked(start="2026-11-28T13:00", name="张伟", phone="13812345678")


async def test_it_is_lost_before_the_last_yes(waiting: Customer) -> None:
    await waiting.says(CONTACT, "驾照")
    await waiting.clicks("符合", "确认预约吗")
    waiting.at("2026-11-22T10:11")
    waiting.assistant.books("2026-11-28T14:00")
    reply = await waiting.clicks("确认预约", "刚刚被约走了")
    assert "周六 11月28日 14:00 城东店 换 青岚 X7" in reply.buttons
    await waiting.clicks("13:00", "张伟", "确认预约吗")
    await waiting.clicks("确认预约", "预约码")
    waiting.has_booked(start="2026-11-28T13:00")


async def test_nobody_else_gets_it_meanwhile(waiting: Customer) -> None:
    other = waiting.assistant.customer()
    await other.says(WISH, "正在被别人考虑")
    waiting.at("2026-11-22T10:11")
    await other.says("还是周六下午两点", TOLD)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("算了不约了", "什么都没有预约"),
        ("我想预约保养", "车型"),
        ("转人工", "已经为您转接"),
        ("我要投诉你们", "抱歉"),
        ("车抛锚了，走不了了", "双闪"),
        ("帮我查一下以前的预约KHM374", "手机号"),
    ],
)
async def test_leaving_gives_it_back(waiting: Customer, said: str, answer: str) -> None:
    assert held(waiting) == ["11-28T14:00"]
    await waiting.says(said, answer)
    assert held(waiting) == []
    other = waiting.assistant.customer()
    await other.says(WISH, TOLD)


async def test_a_person_at_night_gives_it_back_too(waiting: Customer) -> None:
    waiting.at("2026-11-22T22:00")
    await waiting.says("还是下午两点", "姓名和手机号")
    await waiting.says("转人工", "08:30")
    assert held(waiting) == []


async def test_the_old_time_stays_while_a_new_one_is_refused(waiting: Customer) -> None:
    waiting.assistant.books("2026-11-28T16:00")
    await waiting.says("改成下午四点", "已经被约走了")
    assert held(waiting) == ["11-28T14:00"]
    await waiting.says("那还是下午两点吧", "14:00")
    assert held(waiting) == ["11-28T14:00"]
    await waiting.says("换城西店", "城西店")
    [hold] = waiting.rows(Hold)
    assert (hold.details["store"], hold.details["start"][11:16]) == ("west", "14:00")
    await waiting.says("换成E5", "城西店")
    [hold] = waiting.rows(Hold)
    assert hold.details["model"] == "e5"
