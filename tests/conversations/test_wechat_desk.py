"""Dealers who use the platform's own customer service: our queue has no places to speak of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions import context
from bot.domain.wechat.account import Desk
from bot.services.wechat.desk import PlatformDesk
from tests.conversations.followers import ACCOUNT, Follower
from tests.conversations.harness import Assistant


@pytest.fixture
def follower(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> Follower:
    accounts = (replace(ACCOUNT, desk=Desk.PLATFORM),)
    settings = replace(assistant.installation.settings, wechat_accounts=accounts)
    context.use(replace(assistant.installation, settings=settings))
    elsewhere = PlatformDesk(assistant.installation.database, accounts).has
    monkeypatch.setattr(assistant.turns._waiting, "_waits_elsewhere", elsewhere)
    return Follower(assistant)


@pytest.mark.parametrize("time", ["2026-11-22T10:00", "2026-11-22T22:00"])
async def test_point_15_the_platforms_people_take_over(follower: Follower, time: str) -> None:
    """Whenever they work: the platform tells that itself."""
    follower.at(time)
    await follower.does(
        "event", "已经为您转到人工客服", never=("第 1 位",), event="CLICK", event_key="ask_human"
    )
    follower.is_queued("asked_for_a_person")
    await follower.is_ignored("有人吗")


async def test_the_customer_may_come_back_to_the_bot(follower: Follower) -> None:
    await follower.does("text", "转到人工客服", text="转人工")
    await follower.says("返回机器人", "我回来了")
    follower.belongs_to_bot()


async def test_a_breakdown_is_answered_all_the_same(follower: Follower) -> None:
    await follower.does("text", "转到人工客服", text="转人工")
    await follower.says("我的车抛锚了", "400-000-1188")


async def test_customers_elsewhere_wait_as_ever(follower: Follower) -> None:
    other = follower.assistant.customer()
    await other.says("转人工", "第 1 位")
    await other.says("有人吗", "第 1 位")
