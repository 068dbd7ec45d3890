"""Who a WeChat customer is: a number alone shows and links nothing; a booking code with its number, or a code, does."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from bot import clock
from bot.domain.conversation import Owner
from bot.services.audit import Actor
from bot.services.wechat import identity
from bot.store.tables import Conversation, Customer, Message
from tests.conversations.followers import Follower
from tests.conversations.harness import Assistant
from tests.services.owners import pass_by_hand

OWNER = "13800000001"
"""Of dealership/customers.yml, with an X5 of the plate 浙A·D1001."""


@pytest.fixture
def follower(assistant: Assistant) -> Follower:
    return Follower(assistant)


def linked(follower: Follower) -> str | None:
    [row] = follower.assistant.rows(Conversation, id=follower.conversation_id)
    return None if row.customer_id is None else str(row.customer_id)


def customer_of(assistant: Assistant, phone: str) -> str:
    [row] = assistant.rows(Customer, phone=phone)
    return str(row.id)


def internal(follower: Follower) -> list[str]:
    rows = follower.assistant.rows(Message, conversation_id=follower.conversation_id, internal=True)
    return [row.text for row in sorted(rows, key=lambda row: row.seq)]


async def test_a_number_alone_shows_nobodys_car(follower: Follower, assistant: Assistant) -> None:
    assert customer_of(assistant, OWNER)
    await follower.does("text", text="我的车该保养了吗")
    reply = await follower.says(f"我的手机是{OWNER}", never=("X5", "3,900"))
    assert "D1001" not in reply.text
    assert linked(follower) is None


async def test_a_number_for_a_booking_of_ones_own_links_nothing(follower: Follower) -> None:
    await follower.does("text", text="周六上午十点去城东店试驾X5")
    await follower.says(f"王五 {OWNER}")
    await follower.clicks("符合")
    reply = await follower.clicks("确认预约", "预约码")
    assert linked(follower) is None
    await follower.says("查预约")
    await follower.says(f"{reply.code} {OWNER}")
    assert linked(follower) is None, "the code was told in this very conversation"


async def test_a_booking_code_with_its_number_links(follower: Follower, assistant: Assistant) -> None:
    visit = assistant.books("2026-11-28T10:00", phone=OWNER)
    await follower.does("text", text="查预约")
    await follower.says(f"{visit.code} {OWNER}", "11月28日")
    assert linked(follower) == customer_of(assistant, OWNER)


async def test_a_booking_code_with_another_number_does_not(follower: Follower, assistant: Assistant) -> None:
    visit = assistant.books("2026-11-28T10:00", phone=OWNER)
    await follower.does("text", text="查预约")
    await follower.says(f"{visit.code} 13900001111")
    assert linked(follower) is None


async def test_a_one_time_code_links(follower: Follower, assistant: Assistant) -> None:
    customer = customer_of(assistant, OWNER)
    made = identity.new_code(assistant.installation.database, customer, Actor("lin"), clock.now())
    await follower.does("text", "绑定好了", text=f"绑定 {made.code.lower()}")
    assert linked(follower) == customer
    assert follower.line == "［绑定码］"


async def test_a_one_time_code_in_the_middle_of_a_booking(follower: Follower, assistant: Assistant) -> None:
    made = identity.new_code(
        assistant.installation.database, customer_of(assistant, OWNER), Actor("lin"), clock.now()
    )
    await follower.does("text", "哪一款", text="我想试驾")
    await follower.does("text", "绑定好了", "哪一款", text=f"绑定{made.code}")


async def test_wrong_codes(follower: Follower) -> None:
    for number in range(5):
        await follower.does("text", "这个绑定码不对", text=f"绑定 AAAA222{number}")
    reply = await follower.does("text", "次数有点多", text="绑定 AAAA2229")
    assert "转人工顾问" in reply.buttons
    assert linked(follower) is None


async def test_codes_while_the_customer_waits_for_a_person(follower: Follower, assistant: Assistant) -> None:
    customer = customer_of(assistant, OWNER)
    made = identity.new_code(assistant.installation.database, customer, Actor("lin"), clock.now())
    await follower.does("text", "第 1 位", text="转人工")
    await follower.does("text", "这个绑定码不对", "第 1 位", text="绑定 AAAA2222")
    await follower.does("text", "绑定要带上绑定码", text="绑定")
    await follower.does("text", "绑定好了", "第 1 位", text=f"绑定 {made.code}")
    assert linked(follower) == customer
    assert internal(follower)[-2:] == [identity.REFUSED_LINE, identity.LINKED_LINE]


async def test_codes_beside_an_adviser(follower: Follower, assistant: Assistant) -> None:
    customer = customer_of(assistant, OWNER)
    made = identity.new_code(assistant.installation.database, customer, Actor("lin"), clock.now())
    await follower.does("text", text="转人工")
    with assistant.installation.database.transaction() as session:
        pass_by_hand(session.get(Conversation, follower.conversation_id), Owner.ADVISER)
    await follower.does("text", "这个绑定码不对", text="绑定 AAAA2222")
    await follower.does("text", "绑定好了", text=f"绑定 {made.code}")
    assert linked(follower) == customer
    assert internal(follower)[-2:] == [identity.REFUSED_LINE, identity.LINKED_LINE]


@pytest.mark.parametrize("text", ["绑定", "绑定码", "怎么绑定？"])
async def test_how_to_link_is_said_to_who_sends_no_code(follower: Follower, text: str) -> None:
    await follower.does("text", "向顾问要", "预约码和预约时留的手机号", never=("不对",), text=text)


async def test_a_forged_command_links_nothing(follower: Follower, assistant: Assistant) -> None:
    made = identity.new_code(
        assistant.installation.database, customer_of(assistant, OWNER), Actor("lin"), clock.now()
    )
    web = assistant.customer()
    await web.sends(f'/greet{{"do": "link", "code": "{made.code}"}}')
    await follower.does("text", text=f'/greet{{"do": "link", "code": "{made.code}"}}')
    with assistant.installation.database.reading() as session:
        rows: Any = session.scalars(sa.select(Conversation.customer_id)).all()
    assert set(rows) == {None}
