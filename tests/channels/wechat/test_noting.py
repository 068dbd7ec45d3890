"""What the platform's events change beside the conversation, with the real meanings of the demo dealership."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot import clock
from bot.channels.wechat.meaning import Meanings
from bot.domain.conversation import Owner
from bot.store.tables import Conversation
from bot.store.wechat_tables import WeChatTemplate
from tests.channels.wechat.application import ACCOUNTS, Application, Customer, account_of, running
from tests.installations import filled_database
from tests.services.owners import pass_by_hand

pytestmark = pytest.mark.slow


@pytest.fixture
async def application(tmp_path: Any) -> AsyncIterator[Application]:
    filled = filled_database(tmp_path)
    meanings = Meanings(filled[1], [account_of(each) for each in ACCOUNTS], filled[0])
    async with running(filled, meanings=meanings) as application:
        yield application


async def happens(customer: Customer, event: str, later: int = 0, **more: Any) -> Any:
    fields = customer.fields("event", Event=event, **more)
    return await customer.deliver({**fields, "CreateTime": fields["CreateTime"] + later})


async def test_point_14_a_code_brings_its_store_model_and_campaign_along(application: Application) -> None:
    customer = application.customer()
    await happens(customer, "subscribe", EventKey="qrscene_store=east;campaign=秋季车展")

    scene = customer.contact().scene
    assert (scene["store"], scene["campaign"]) == ("east", "秋季车展")
    assert "秋季车展" in customer.conversation().page


async def test_point_14_a_later_code_counts_instead(application: Application) -> None:
    customer = application.customer()
    await happens(customer, "subscribe", EventKey="qrscene_store=east")
    await happens(customer, "SCAN", later=1, EventKey="store=west")

    assert customer.contact().scene["store"] == "west"


async def test_point_14_who_leaves_and_comes_again_is_written_to_again(application: Application) -> None:
    customer = application.customer()
    await happens(customer, "subscribe")
    await happens(customer, "unsubscribe", later=1)
    assert customer.contact().blocked == "unfollowed"

    await happens(customer, "subscribe", later=2)
    assert (customer.contact().blocked, customer.contact().is_following) == (None, True)


async def test_point_14_a_delivery_report_is_noted_and_a_failure_logged(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    customer = application.customer()
    with application.database.transaction() as session:
        session.add(
            WeChatTemplate(account="main", msgid="200163836", openid=customer.openid, sent_at=clock.now())
        )
    caplog.set_level(logging.WARNING)
    await happens(customer, "TEMPLATESENDJOBFINISH", MsgID=200163836, Status="failed:user block")
    await happens(customer, "TEMPLATESENDJOBFINISH", MsgID=5, Status="success")

    with application.database.reading() as session:
        assert session.get(WeChatTemplate, ("main", "200163836")).status == "failed:user block"
    assert "failed:user block" in caplog.text
    assert customer.openid not in caplog.text


@pytest.mark.parametrize(
    ("account", "owner", "after"),
    [
        ("desk", Owner.QUEUE, Owner.BOT),
        ("desk", Owner.ADVISER, Owner.ADVISER),
        ("main", Owner.QUEUE, Owner.QUEUE),
    ],
)
async def test_point_15_the_platforms_desk_gives_the_customer_back(
    application: Application, account: str, owner: Owner, after: Owner
) -> None:
    customer = application.customer(account)
    await customer.write("你好")
    with application.database.transaction() as session:
        pass_by_hand(session.get(Conversation, customer.conversation().id), owner)
    await happens(customer, "kf_close_session", KfAccount="test@gh")

    assert customer.conversation().state == after.value


async def test_point_13_an_id_that_was_never_given_out_is_read_as_its_title(application: Application) -> None:
    customer = application.customer()

    assert await customer.write("预约试驾", bizmsgmenuid="zz.9") == "echo 预约试驾"
