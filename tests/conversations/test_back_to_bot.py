"""A person gives the conversation back: the bot knows what was settled and asks nothing twice."""

from __future__ import annotations

from bot.store.tables import Conversation
from tests.conversations.harness import Customer
from tests.conversations.people import Adviser, adviser_of
from tests.conversations.stations import STATIONS


async def half_a_drive(customer: Customer) -> Adviser:
    """A test drive of which the licence alone is missing, and a person who takes over."""
    await STATIONS["test drive: licence"].reach(customer)
    await customer.says("转人工", "已经为您转接")
    lin = adviser_of(customer)
    lin.takes()
    return lin


async def test_the_adviser_books_and_the_bot_knows(customer: Customer) -> None:
    lin = await half_a_drive(customer)
    visit = lin.books("2026-11-28T14:00")
    lin.says("给您约好了")
    lin.releases()
    await customer.says("好的谢谢", "不客气", never=("驾照", "手机号", "哪一款"))
    assert customer.form is None
    assert customer.filled("drive_") == {}
    await customer.says("我约的是几点", "周六 11月28日 14:00", visit.code)


async def test_nothing_is_asked_twice(customer: Customer) -> None:
    """Half a test drive, a person who settles nothing, and the bot goes on with what is missing."""
    lin = await half_a_drive(customer)
    lin.says("好的，您接着约就行")
    lin.releases()
    await customer.says("好的", "接着刚才的", "驾照", never=("哪一款", "手机号", "没有听懂"))
    assert customer.form == "test_drive_form"
    await customer.says("符合", "X5")
    await customer.says("确认预约", "预约码")
    booked = customer.has_booked(model="x5", phone="13812345678")
    assert booked.name == "张伟"


async def test_an_answer_right_away(customer: Customer) -> None:
    lin = await half_a_drive(customer)
    lin.releases()
    await customer.says("满一年了，我35岁", "X5", never=("没有听懂",))
    assert customer.slot("drive_licence")


async def test_settled_without_a_booking(customer: Customer) -> None:
    lin = await half_a_drive(customer)
    lin.releases(settled=True, note="客户改天来店")
    await customer.says("好的", never=("驾照",))
    assert customer.form is None
    assert customer.filled("drive_") == {}


async def test_a_person_steps_into_a_form(customer: Customer) -> None:
    """Taken from the bot without having been asked for."""
    await STATIONS["test drive: licence"].reach(customer)
    lin = adviser_of(customer)
    lin.takes()
    lin.releases()
    await customer.says("符合", "X5")


async def test_another_booking_does_not_end_the_form(customer: Customer) -> None:
    lin = await half_a_drive(customer)
    lin.books("2026-11-28T14:00", jobs=("regular_service",))
    lin.releases()
    await customer.says("好的", "驾照")
    assert customer.form == "test_drive_form"


async def test_it_is_told_once(customer: Customer) -> None:
    lin = await half_a_drive(customer)
    lin.releases(settled=True)
    await customer.says("好的")
    [row] = customer.assistant.rows(Conversation, id=customer.conversation_id)
    assert row.handback is None
    await customer.says("我想试驾", "哪一款")


async def test_contact_data_of_the_adviser_is_offered(customer: Customer) -> None:
    await customer.says("转人工")
    lin = adviser_of(customer)
    lin.takes()
    lin.books("2026-11-28T14:00", phone="13900002222")
    lin.releases()
    await customer.says("我想试驾E5", "门店")
    await customer.says("城东店")
    await customer.says("周日下午三点")
    assert any("139****2222" in title for title in customer.reply.buttons), customer.told("not offered")
