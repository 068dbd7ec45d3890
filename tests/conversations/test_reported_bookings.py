"""What customers with a booking ran into: changing and leaving it, reminders, a visit that lost its time."""

from __future__ import annotations

import pytest

from bot import clock
from bot.domain.booking import VisitKind, VisitRequest
from bot.services import booking, disruptions
from bot.services.visits import BookedVisit, Contact
from bot.store.tables import Appointment
from tests.conversations.harness import Customer, local
from tests.conversations.notices import hears, hears_nothing

OLD = "周六 11月28日 14:00"
SERVICE = "约保养 S6 浙A·D1001 30000公里 做常规保养和空调清洗 城东店 周五上午十点 张伟 13812345678"


def books(
    customer: Customer,
    start: str = "2026-11-28T14:00",
    code: str = "KHM374",
    model: str = "x5",
    adviser: str | None = None,
) -> BookedVisit:
    """A test drive of this customer in the east, booked earlier."""
    request = VisitRequest(VisitKind.TEST_DRIVE, "east", model, adviser=adviser)
    return booking.book(
        customer.assistant.installation.database, customer.dealership, clock.now(), customer.conversation_id,
        request, local(start), Contact("王芳", "13700001111"), make_code=lambda: code,
    )  # fmt: skip


def drops_out(customer: Customer, resource: str = "east-car-x5", day: str = "2026-11-28") -> None:
    """A resource for a whole day; the customer is told."""
    disruptions.begin_outage(
        customer.assistant.installation.database, customer.dealership, clock.now(), resource,
        local(f"{day}T00:00"), local(f"{day}T23:30"), "检修", "manager",
    )  # fmt: skip


@pytest.fixture
async def owner(customer: Customer) -> Customer:
    """Somebody whose test drive of the X5 is on Saturday at two."""
    await customer.says("你好")
    books(customer)
    return customer


@pytest.fixture
async def reminded(owner: Customer) -> Customer:
    """The same, a day before, when the reminder has just come."""
    owner.at("2026-11-27T14:00")
    hears(owner, "提醒您", OLD)
    return owner


@pytest.fixture
async def disrupted(owner: Customer) -> Customer:
    """The same, just told that the car is not there on Saturday."""
    drops_out(owner)
    hears(owner, "做不了了", OLD)
    return owner


def visit(customer: Customer) -> Appointment:
    [row] = customer.rows(Appointment)
    return row


@pytest.mark.parametrize("said", ["算了还是原来时间", "算了，就按原来的"])
async def test_leaving_a_change_names_the_visit_that_stays(reminded: Customer, said: str) -> None:
    await reminded.clicks("改时间")
    await reminded.says("后天同一时间")
    await reminded.says(said, "保持不变", OLD, "KHM374", never=("什么都没有预约",))
    assert reminded.form is None
    reminded.has_booked(start="2026-11-28T14:00")


async def test_another_time_said_on_leaving_a_change_is_read(reminded: Customer) -> None:
    await reminded.clicks("改时间")
    await reminded.says("周日上午十点", "周日 11月29日 10:00", "对吗")
    await reminded.says("算了，还是下午四点吧", "周日 11月29日 16:00", "对吗")


async def test_a_no_to_a_change_on_the_card_keeps_the_draft(customer: Customer) -> None:
    await customer.says("试驾X5 城东 周六上午九点 张伟 13812345678 驾照五年", "确认预约吗")
    await customer.clicks("改一下")
    await customer.says("算了不改了，还是9点", "周六 11月28日 09:00", "确认预约吗")
    await customer.clicks("确认预约", "预约码")
    customer.has_booked(start="2026-11-28T09:00")


async def test_a_second_thought_on_the_service_card_keeps_the_draft(customer: Customer) -> None:
    await customer.says(SERVICE, "确认预约吗")
    await customer.says("算了空调还是洗吧", "确认预约吗", "常规保养", never=("停下",))
    await customer.says("算了不约了", "停下")
    customer.has_booked_nothing()


async def test_leaving_a_second_booking_does_not_deny_the_first(owner: Customer) -> None:
    await owner.says("再约一个X7的试驾")
    await owner.says("算了不约了", "没有动", never=("什么都没有预约",))
    owner.has_booked(code="KHM374")


async def test_a_visit_without_time_is_never_called_unchanged(disrupted: Customer) -> None:
    await disrupted.says("取消", "要取消")
    await disrupted.says("先不取消", "做不了了", "KHM374", never=("保持不变",))
    assert "周六 11月28日 14:00 城西店" in disrupted.reply.buttons


@pytest.mark.parametrize(
    ("said", "time", "store"),
    [
        ("这些都不方便，周日下午四点呢，城西也行", "周日 11月29日 16:00", "城西店"),
        ("周三下午两点", "周三 11月25日 14:00", "城东店"),
        ("周日下午四点城西", "周日 11月29日 16:00", "城西店"),
    ],
)
async def test_a_typed_time_is_for_the_visit_that_lost_its_own(
    disrupted: Customer, said: str, time: str, store: str
) -> None:
    await disrupted.says(said, time, store, "对吗")
    await disrupted.says("对", "改好了", time, "KHM374")
    assert visit(disrupted).needs_new_time is False


async def test_another_visit_that_is_named_is_the_one_to_change(owner: Customer) -> None:
    books(owner, "2026-11-29T10:00", "ABC234", "e5")
    drops_out(owner)
    hears(owner, "做不了了")
    await owner.says("E5改到周日下午三点", "试驾 青岚 E5", "周日 11月29日 15:00", "对吗")


@pytest.mark.parametrize("said", ["我要原来那个时间，别的不行", "下午两点到底行不行"])
async def test_who_insists_on_the_lost_time_hears_why_not(disrupted: Customer, said: str) -> None:
    await disrupted.says(said, "做不了了", never=("现在约的是", "约走"))
    assert disrupted.reply.buttons


async def test_see_you_after_a_lost_time(disrupted: Customer) -> None:
    await disrupted.says("好的 明天见", "做不了了", never=("再见",))


async def test_a_question_after_the_news_is_answered(disrupted: Customer) -> None:
    await disrupted.says("你们周末几点关门")
    disrupted.was_told("store.hours")


async def test_another_car_instead_of_the_lost_one(disrupted: Customer) -> None:
    await disrupted.says("那换个x7吧 还是9点", "X7", "做不了了", never=("留着",))
    await disrupted.clicks("重新约试驾", "周六 11月28日 09:00")


async def test_the_adviser_who_was_asked_for_is_named(customer: Customer) -> None:
    await customer.says("周三下午三点想找林晓试驾S6 城东", "姓名")
    await customer.says("张伟 13812345678", "驾照")
    await customer.clicks("符合", "由林晓接待")
    await customer.clicks("确认预约", "约好了", "由林晓接待")
    await customer.says("查一下我的预约", "由林晓接待")
    drops_out(customer, "east-adviser-1", "2026-11-25")
    hears(customer, "林晓", "改由", "周三 11月25日 15:00")
    await customer.says("查一下我的预约", "周三 11月25日 15:00", never=("林晓",))


async def test_moved_to_a_time_when_the_adviser_is_away(customer: Customer) -> None:
    await customer.says("你好")
    books(customer, "2026-11-25T15:00", adviser="east-adviser-1")
    drops_out(customer, "east-adviser-1", "2026-11-26")
    await customer.says("改到周四下午三点", "由林晓接待", "对吗")
    await customer.says("对", "改好了", "林晓那个时间有别的安排")


async def test_nobody_is_told_of_an_adviser_nobody_asked_for(owner: Customer) -> None:
    adviser = next(name for name in visit(owner).resources if "adviser" in name)
    drops_out(owner, adviser)
    hears_nothing(owner)


async def test_a_cancelled_visit_is_not_the_one_to_change(customer: Customer) -> None:
    await customer.says("你好")
    books(customer, "2026-11-27T15:00", "ABC234", "e5")
    books(customer, "2026-11-28T10:00", "YAM222", "x7")
    await customer.says("取消预约 YAM222", "要取消")
    await customer.clicks("确认取消", "已经取消")
    await customer.says("改到周六同一时间", "E5", "周六 11月28日 15:00", "对吗", never=("已经取消",))
    await customer.says("算了", "保持不变")
    customer.at("2026-11-26T15:00")
    hears(customer, "提醒您", "E5")
    await customer.says("改到周六同一时间", "E5", "周六 11月28日 15:00", "对吗")


async def test_a_yes_to_booking_again_begins_it(owner: Customer) -> None:
    await owner.says("取消预约", "要取消")
    await owner.clicks("确认取消", "已经取消")
    await owner.says("查一下我的预约", "要重新约一个吗")
    await owner.says("好", "哪一款")


@pytest.mark.parametrize("said", ["先不取消", "不取消了", "别取消"])
async def test_not_cancelling_begins_no_cancellation(owner: Customer, said: str) -> None:
    await owner.says(said, "保持不变", OLD, never=("要取消",))
    assert owner.form is None
    owner.has_booked(code="KHM374")


async def test_not_cancelling_what_is_not_there(customer: Customer) -> None:
    await customer.says("先不取消", never=("预约码",))
    assert customer.form is None


@pytest.mark.parametrize("said", ["会的", "会来的", "收到，谢谢", "收到谢谢", "好的 到时候见", "1"])
async def test_a_yes_to_the_reminder_in_other_words(reminded: Customer, said: str) -> None:
    await reminded.says(said, OLD)
    assert reminded.has_booked().promised_at is not None


async def test_a_one_still_counts_after_a_word_in_between(reminded: Customer) -> None:
    await reminded.says("你是机器人吗")
    await reminded.says("谢谢")
    await reminded.says("1", OLD)
    assert reminded.has_booked().promised_at is not None


@pytest.mark.parametrize("said", ["来不了", "那天有点事 可能来不了", "那天有事"])
async def test_who_cannot_come_chooses(reminded: Customer, said: str) -> None:
    await reminded.says(said, OLD, "改个时间，还是取消")
    assert reminded.form is None
    await reminded.clicks("改时间", "现在约的是")


async def test_who_cannot_come_at_the_last_moment_gets_a_person(owner: Customer) -> None:
    owner.at("2026-11-28T12:01")
    hears(owner, "提醒您")
    await owner.says("那天有事，去不了了", "不到 2 小时")


async def test_an_adviser_still_has_to_confirm(customer: Customer) -> None:
    await customer.says("你好")
    books(customer)
    database = customer.assistant.installation.database
    with database.transaction() as session:
        session.query(Appointment).update({"needs_approval": True})
    await customer.says("查一下我的预约", "KHM374", "打电话和您确认", "137****1111")


async def test_a_code_that_cannot_exist(customer: Customer) -> None:
    await customer.says("查一下我的预约", "预约码")
    await customer.says("AAA111", "没有 AAA111 这个预约码", never=("记下",))
    await customer.says("AAA111 13700001111", "没有 AAA111 这个预约码", never=("记下",))
    books(customer)
    await customer.says("KHM374", OLD)
