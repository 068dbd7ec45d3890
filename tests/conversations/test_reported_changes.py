"""What customers say while a booked visit is being changed or cancelled, besides a time and yes or no."""

from __future__ import annotations

import pytest

from bot import clock
from bot.domain.booking import VisitKind, VisitRequest
from bot.services import booking
from bot.services.visits import BookedVisit, Contact
from bot.store.staff_tables import Case, Handoff
from bot.store.tables import Appointment, Claim
from tests.conversations.harness import Customer, local

OLD = "周六 11月28日 14:00"
NEW = "周日 11月29日 10:00"
LIN, ZHAO = "east-adviser-1", "east-adviser-3"


def books(
    customer: Customer,
    start: str = "2026-11-28T14:00",
    code: str = "KHM374",
    model: str = "x5",
    adviser: str | None = LIN,
    mine: bool = True,
) -> BookedVisit:
    """A test drive in the east with an adviser who was asked for: this customer's, or somebody else's."""
    contact = Contact("王芳", "13700001111") if mine else Contact("李四", "13900002222")
    return booking.book(
        customer.assistant.installation.database, customer.dealership, clock.now(),
        customer.conversation_id if mine else None,
        VisitRequest(VisitKind.TEST_DRIVE, "east", model, adviser=adviser), local(start), contact,
        make_code=lambda: code,
    )  # fmt: skip


@pytest.fixture
async def owner(customer: Customer) -> Customer:
    """Somebody who drives the X5 on Saturday at two, received by 林晓."""
    await customer.says("你好")
    books(customer)
    return customer


@pytest.fixture
async def changing(owner: Customer) -> Customer:
    """The same, who has just been asked for the new time."""
    await owner.says("我要改预约时间", "现在约的是", OLD, "林晓")
    return owner


@pytest.fixture
async def cancelling(owner: Customer) -> Customer:
    """The same, who has just been asked whether to cancel."""
    await owner.says("我要取消预约", "要取消", OLD)
    return owner


def visit(customer: Customer) -> Appointment:
    [row] = customer.rows(Appointment)
    return row


def is_received_by(customer: Customer, adviser: str, start: str = "2026-11-28T14:00") -> None:
    """The visit has the adviser, and claims nobody else besides."""
    row = visit(customer)
    assert (row.start, row.adviser) == (local(start), adviser), customer.told(f"{row.start} {row.adviser}")
    claimed = {claim.resource for claim in customer.assistant.rows(Claim, appointment_id=row.id)}
    assert claimed == {"east-car-x5", adviser}


@pytest.mark.parametrize("said", ["换赵敏吧", "能换成赵敏接待吗", "不要林晓接待，换成赵敏"])
async def test_another_adviser_at_the_new_time(changing: Customer, said: str) -> None:
    await changing.says("周日上午十点", NEW, "对吗")
    await changing.says(said, NEW, "由赵敏接待", "对吗")
    await changing.clicks("确认改期", "改好了", NEW, "由赵敏接待", never=("林晓",))
    is_received_by(changing, ZHAO, "2026-11-29T10:00")


async def test_another_adviser_said_before_the_new_time(changing: Customer) -> None:
    await changing.says("换赵敏吧", OLD, "由赵敏接待", "对吗")
    await changing.says("改到周日上午十点", NEW, "由赵敏接待", "对吗")
    await changing.says("对", "改好了", "由赵敏接待")
    is_received_by(changing, ZHAO, "2026-11-29T10:00")


async def test_another_adviser_and_a_new_time_in_one_breath(owner: Customer) -> None:
    await owner.says("帮我改到周日上午十点，换赵敏接待", NEW, "由赵敏接待", "对吗")
    await owner.says("对", "改好了", "由赵敏接待")
    is_received_by(owner, ZHAO, "2026-11-29T10:00")


async def test_only_another_adviser(changing: Customer) -> None:
    await changing.says("时间不变，换赵敏吧", OLD, "由赵敏接待", "对吗")
    await changing.clicks("确认改期", "改好了", OLD, "由赵敏接待", "KHM374")
    is_received_by(changing, ZHAO)


@pytest.mark.parametrize(
    "said", ["能换成赵敏接待吗", "换赵敏吧", "把我的预约换成赵敏接待", "能不能让赵敏接待我"]
)
async def test_another_adviser_without_a_word_of_changing(owner: Customer, said: str) -> None:
    await owner.says("查一下我的预约", OLD)
    await owner.says(said, OLD, "由赵敏接待", "对吗")
    await owner.says("先不改", "保持不变", "由林晓接待")
    is_received_by(owner, LIN)


async def test_the_other_adviser_has_no_time(changing: Customer) -> None:
    books(changing, "2026-11-28T14:00", "ABC234", "e5", ZHAO, mine=False)
    await changing.says("换赵敏吧", f"{OLD} 赵敏已经有安排了", "离得最近的有")
    offered = changing.reply.buttons[0]
    await changing.clicks(offered, offered[:9], "由赵敏接待", "对吗")
    await changing.clicks("确认改期", "改好了", "由赵敏接待")
    assert changing.rows(Appointment)[0].adviser == ZHAO


async def test_only_times_of_the_other_adviser_are_offered(changing: Customer) -> None:
    for at, hour in enumerate(("13", "14", "15", "16", "17")):
        books(changing, f"2026-11-29T{hour}:00", f"ABC23{at + 2}", "e5", ZHAO, mine=False)
    await changing.says("周日上午十点", "对吗")
    await changing.says("换赵敏吧，周日下午", "周日 11月29日")
    hours = [title.split()[2] for title in changing.reply.buttons if "周日" in title]
    assert hours
    assert {"13:00", "14:00", "15:00", "16:00", "17:00"}.isdisjoint(hours)


async def test_an_adviser_of_the_other_store(changing: Customer) -> None:
    await changing.says("换周宁吧", "周宁不在城东店")
    west = next(title for title in changing.reply.buttons if "城西店" in title)
    await changing.clicks(west, "城西店", "对吗")
    await changing.clicks("确认改期", "改好了", "城西店")


async def test_the_adviser_who_receives_anyway(changing: Customer) -> None:
    await changing.says("还是要林晓接待", never=("对吗", "没有听懂"))
    await changing.says("周日上午十点", NEW, "由林晓接待", "对吗")
    await changing.clicks("确认改期", "改好了", "由林晓接待")
    is_received_by(changing, LIN, "2026-11-29T10:00")


async def test_the_first_adviser_after_all(changing: Customer) -> None:
    await changing.says("周日上午十点", "对吗")
    await changing.says("换赵敏吧", "由赵敏接待", "对吗")
    await changing.says("还是林晓吧", NEW, "由林晓接待", "对吗", never=("取消",))
    await changing.clicks("确认改期", "改好了", "由林晓接待")
    is_received_by(changing, LIN, "2026-11-29T10:00")


async def test_the_other_store_has_not_got_the_adviser(changing: Customer) -> None:
    await changing.says("周日上午十点，换赵敏接待", "由赵敏接待", "对吗")
    await changing.says("改到城西店", "赵敏不在城西店", never=("对吗",))


async def test_the_adviser_who_receives_anyway_is_named(owner: Customer) -> None:
    await owner.says("查一下我的预约", OLD)
    await owner.says("我想改由林晓接待", "由林晓接待", OLD, never=("对吗", "什么时候"))
    assert owner.form is None


async def test_an_adviser_lost_at_the_last_moment(changing: Customer) -> None:
    await changing.says("周日上午十点，换赵敏接待", NEW, "由赵敏接待", "对吗")
    books(changing, "2026-11-29T10:00", "ABC234", "e5", ZHAO, mine=False)
    await changing.clicks("确认改期", "赵敏已经有安排了")
    assert visit(changing).start == local("2026-11-28T14:00")


@pytest.mark.parametrize(
    "said",
    [
        "不是说好林晓接待吗",
        "不是说好了由林晓接待的吗？",
        "取消要扣钱吗",
        "取消了会扣钱吗？",
        "不取消的话会怎么样",
        "我要是取消了下次还能约吗",
        "确认取消吗？",
    ],
)
async def test_a_question_is_no_answer_to_whether_to_cancel(cancelling: Customer, said: str) -> None:
    await cancelling.says(said, never=("保持不变", "已经取消", "没有听懂"))
    assert len(cancelling.reply.texts) > 1, cancelling.told("not answered")
    cancelling.was_asked("booking_confirmed", "要取消")
    await cancelling.clicks("确认取消", "已经取消")


async def test_who_was_to_receive_is_said(cancelling: Customer) -> None:
    await cancelling.says("不是说好林晓接待吗", "由林晓接待", OLD)
    assert "由林晓接待" in cancelling.reply.texts[0]


async def test_what_cancelling_means_is_answered(cancelling: Customer) -> None:
    await cancelling.says("取消要扣钱吗")
    cancelling.was_told("booking.cancel")


@pytest.mark.parametrize("said", ["不取消了", "那就不取消了，可以吗", "算了不取消了行吗", "不"])
async def test_a_no_is_still_a_no(cancelling: Customer, said: str) -> None:
    await cancelling.says(said, "保持不变")
    assert visit(cancelling).status == "confirmed"


@pytest.mark.parametrize("said", ["确定", "对，取消吧", "是的"])
async def test_a_yes_is_still_a_yes(cancelling: Customer, said: str) -> None:
    await cancelling.says(said, "已经取消")


async def test_another_adviser_instead_of_cancelling(cancelling: Customer) -> None:
    await cancelling.says("先别取消，换成赵敏接待吧", OLD, "由赵敏接待", "对吗")
    await cancelling.says("对", "改好了", "由赵敏接待")
    is_received_by(cancelling, ZHAO)


@pytest.mark.parametrize("first", [None, "周日上午十点"])
async def test_a_complaint_and_a_move_in_one_breath(changing: Customer, first: str | None) -> None:
    if first:
        await changing.says(first, "对吗")
    await changing.says(
        "你们上次把我的车弄脏了，能改到周日吗", "抱歉", "已经登记投诉", "137****1111", "周日 11月29日", "对吗"
    )
    assert changing.reply.text.index("已经登记投诉") < changing.reply.text.index("对吗")
    case = changing.has_case("complaint", phone="13700001111")
    assert "弄脏" in case.details["text"]
    await changing.clicks("确认改期", "改好了", "周日 11月29日")
    assert len(changing.rows(Appointment)) == 1
    changing.belongs_to_bot()


@pytest.mark.parametrize(
    "said",
    ["上次你们态度太差了，帮我改到周日", "你们放我鸽子，改到周日吧", "上次等了三个小时没人管，这次改到周日"],
)
async def test_other_complaints_with_a_move(changing: Customer, said: str) -> None:
    await changing.says(said, "抱歉", "已经登记投诉", "周日 11月29日 14:00", "对吗")
    changing.has_case("complaint", phone="13700001111")


@pytest.mark.parametrize(
    "said", ["车有点脏，改到周日吧", "我上次刮花了车，想补漆，先改到周日", "等太久了，改到周日"]
)
async def test_no_complaint_with_a_move(changing: Customer, said: str) -> None:
    await changing.says(said, "周日 11月29日", "对吗", never=("投诉",))
    assert changing.rows(Case) == []


@pytest.mark.parametrize("said", ["我要投诉，另外改到周日", "我要投诉！还有，帮我改到周日"])
async def test_a_complaint_to_be_told_and_a_move(changing: Customer, said: str) -> None:
    await changing.says(said, "抱歉", "您还提到了修改预约", "发生了什么")
    await changing.says(
        "上次试驾回来车里全是泥，没人管", "已经登记投诉", "周日 11月29日 14:00", "对吗", never=("发生了什么",)
    )
    assert "全是泥" in changing.has_case("complaint", phone="13700001111").details["text"]
    await changing.clicks("确认改期", "改好了", "周日 11月29日 14:00", never=("您刚才还提到",))
    assert visit(changing).start == local("2026-11-29T14:00")
    assert changing.form is None
    assert changing.filled("complaint_", "booking_", "paused_", "also_") == {}


async def test_the_move_can_be_taken_up_while_the_complaint_is_told(changing: Customer) -> None:
    await changing.says("我要投诉，另外改到周日", "发生了什么")
    await changing.clicks("修改预约", "周日 11月29日 14:00", "对吗")
    await changing.clicks("确认改期", "改好了", "您刚才还提到了投诉，现在接着办吗")
    changing.has_case("complaint", status="open", phone="13700001111")
    await changing.says("好的", "发生了什么")
    await changing.says("上次试驾回来车里全是泥，没人管", "已经登记投诉")
    assert "全是泥" in changing.has_case("complaint").details["text"]


async def test_a_move_that_went_wrong_is_part_of_the_complaint(changing: Customer) -> None:
    await changing.says("我要投诉，另外改到周日", "发生了什么")
    await changing.says("你们上次答应改到周三，结果没人通知我", "已经登记投诉", "周日 11月29日 14:00", "对吗")
    assert "答应改到周三" in changing.has_case("complaint").details["text"]


async def test_a_sales_adviser_is_nothing_for_a_service_visit(customer: Customer) -> None:
    customer.assistant.books("2026-11-25T10:00", "s3", "west", ("regular_service",))
    await customer.says("我要改预约时间")
    await customer.says("KHM374 13700001111", "现在约的是")
    await customer.says("换赵敏吧", never=("赵敏", "对吗"))
    await customer.says("周四上午十点", "周四 11月26日 10:00", "对吗", never=("赵敏",))


async def test_a_complaint_and_another_adviser(changing: Customer) -> None:
    await changing.says("你们顾问态度太差了，另外换赵敏接待", "已经登记投诉", OLD, "由赵敏接待", "对吗")
    await changing.clicks("确认改期", "改好了", "由赵敏接待")


async def test_a_complaint_alone_leaves_the_move_where_it_was(changing: Customer) -> None:
    await changing.says("周日上午十点", NEW, "对吗")
    await changing.says("我要投诉你们，上次保养等了三个小时没人管", "已经登记投诉", NEW, "对吗")
    await changing.clicks("确认改期", "改好了", NEW)


async def test_the_days_of_a_complaint_are_no_wish(changing: Customer) -> None:
    await changing.says("我要投诉，上周日在城西店等了三个小时没人管", "已经登记投诉")
    changing.was_asked("booking_new_time", "这些时间")
    assert changing.slot("booking_new_store") is None


async def test_a_complaint_while_cancelling(cancelling: Customer) -> None:
    await cancelling.says("我要投诉，你们上次把我的车弄脏了", "已经登记投诉", "要取消")
    await cancelling.clicks("确认取消", "已经取消")
    cancelling.has_case("complaint", phone="13700001111")


async def test_a_complaint_before_the_visit_is_known_goes_to_a_person(customer: Customer) -> None:
    customer.assistant.books("2026-11-28T10:00")
    await customer.says("我要改预约时间", "预约码")
    await customer.says("我要投诉你们，上次保养等了三个小时没人管", "手机号")
    await customer.says("13700001111", "已经登记投诉", "已经为您转接")
    assert [handoff.reason for handoff in customer.rows(Handoff)] == ["complaint"]
