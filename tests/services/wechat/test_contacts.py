"""What customers of WeChat did, and what may be sent to them because of it (``reference/wechat.md``)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.conversation import HandoffReason
from bot.domain.wechat.account import Desk
from bot.domain.wechat.window import Grant
from bot.services.conversations import locked, queue_up
from bot.services.queue import waiting_list
from bot.services.wechat import contacts
from bot.store.database import Database
from tests.services.wechat.customers import LIMITS, MAIN, QUIET, Customer


@pytest.fixture
def database(shared: Database) -> Database:
    return shared


def test_point_12_a_sender_is_channel_account_and_openid(database: Database) -> None:
    one, other = Customer(database, MAIN, "o-same"), Customer(database, QUIET, "o-same")
    one.writes("你好")
    other.writes("你好")

    assert one.id != other.id
    assert (one.conversation.channel, one.conversation.sender) == ("wechat", "main/o-same")
    assert contacts.address_of(database, other.id) == ("quiet", "o-same")


def test_a_message_grants_and_its_redelivery_does_not(database: Database) -> None:
    customer = Customer(database)
    customer.writes("你好", key="m:1")
    customer.gets("您好")
    assert customer.sent() == "您好"

    customer.writes("你好", key="m:1")
    assert customer.left == 4
    customer.later(seconds=1)
    customer.writes("在吗", key="m:2")
    assert customer.left == 5


def test_whether_a_message_is_new(database: Database) -> None:
    customer = Customer(database)
    assert contacts.arrived(database, MAIN, customer.openid, "m:1", Grant.MESSAGE, customer.now).is_new
    customer.writes("你好", key="m:1")
    assert not contacts.arrived(database, MAIN, customer.openid, "m:1", Grant.MESSAGE, customer.now).is_new


def test_a_click_grants_three_for_a_minute(database: Database) -> None:
    customer = Customer(database)
    customer.clicks()

    assert customer.left == 3
    customer.later(minutes=1)
    assert customer.left == 0


def test_a_slot_keeps_the_courier_away_and_grows_only(database: Database) -> None:
    customer = Customer(database)
    customer.writes(waiting=timedelta(seconds=5))
    customer.writes(waiting=timedelta(seconds=3))
    customer.gets("您好")

    assert customer.claim() is None
    customer.later(seconds=5)
    assert customer.claim() is not None


def test_first_contact_of_rivals_makes_one_conversation(database: Database) -> None:
    def arrive(number: int) -> str:
        return contacts.arrived(
            database, MAIN, "o-first", f"m:{number}", Grant.MESSAGE, Customer.now
        ).conversation_id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(arrive, range(8)))) == 1


def test_nothing_goes_to_who_does_not_follow_any_more(database: Database) -> None:
    customer = Customer(database)
    customer.writes()
    customer.gets("您好")
    contacts.unfollowed(database, MAIN, customer.openid, customer.later(seconds=1))

    assert customer.claim() is None
    with database.reading() as session:
        quota = contacts.quota_of(session, customer.id, LIMITS, customer.now)
    assert quota == contacts.Quota(0, None, 1, contacts.UNFOLLOWED)


def test_who_follows_again_gets_what_is_not_older_than_two_days(database: Database) -> None:
    customer = Customer(database)
    customer.writes()
    customer.gets("旧")
    contacts.unfollowed(database, MAIN, customer.openid, customer.later(seconds=1))
    customer.later(hours=47)
    customer.gets("新")
    customer.later(hours=2)

    contacts.followed(database, customer.id, customer.now)
    customer.clicks()

    assert customer.sent_all() == ["新"]
    assert customer.notes() == ["客户取消关注期间的 1 条消息已过期，没有送达"]


def test_an_old_unfollow_that_comes_late_changes_nothing(database: Database) -> None:
    customer = Customer(database)
    customer.writes()
    contacts.unfollowed(database, MAIN, customer.openid, customer.now - timedelta(seconds=5))

    assert customer.row.is_following


def test_who_left_and_writes_does_not_follow_for_that(database: Database) -> None:
    """The chat stays open to them; nothing can be sent until they follow."""
    customer = Customer(database)
    customer.writes()
    contacts.unfollowed(database, MAIN, customer.openid, customer.later(seconds=1))
    customer.later(seconds=1)
    customer.writes("还在吗")

    assert (customer.row.is_following, customer.row.blocked) == (False, contacts.UNFOLLOWED)
    assert not contacts.may_send(database, MAIN, customer.id, customer.now)
    contacts.followed(database, customer.id, customer.later(seconds=1))
    assert contacts.may_send(database, MAIN, customer.id, customer.now)


def test_the_scene_of_the_last_scan(database: Database) -> None:
    customer = Customer(database)
    customer.writes()
    contacts.note_scene(database, customer.id, {"store": "east"}, customer.now)

    assert customer.row.scene == {"store": "east"}


def test_an_account_that_was_refused_may_not_send_for_a_while(database: Database) -> None:
    customer = Customer(database)
    customer.writes()
    assert contacts.may_send(database, MAIN, customer.id, customer.now)
    assert not contacts.may_send(database, QUIET, customer.id, customer.now)

    with database.transaction() as session:
        row = session.get(type(customer.row), (MAIN.name, customer.openid))
        row.blocked, row.blocked_at = contacts.PERMISSION, customer.now
    assert not contacts.may_send(database, MAIN, customer.id, customer.now)
    assert contacts.may_send(database, MAIN, customer.id, customer.later(minutes=11))


@pytest.mark.parametrize("channel", ["web", "rest"])
def test_conversations_of_other_channels_have_no_quota(database: Database, channel: str) -> None:
    from bot.services.messages import Inbound, receive

    customer = Customer(database)
    received = receive(database, Inbound(channel, "o-web", "你好"), customer.now)

    assert contacts.address_of(database, received.conversation_id) is None
    assert not contacts.is_ours(database, received.conversation_id)
    with database.reading() as session:
        assert contacts.quota_of(session, received.conversation_id, LIMITS, customer.now) is None


def test_who_the_platforms_people_answer_has_no_place_in_our_queue(database: Database) -> None:
    """Neither is such a conversation given to an adviser of ours, nor does it push others back."""
    for account, openid in ((replace(MAIN, desk=Desk.PLATFORM), "o-theirs"), (MAIN, "o-ours")):
        id_ = contacts.arrived(database, account, openid, "m:1", Grant.MESSAGE, Customer.now).conversation_id
        with database.transaction() as session:
            queue_up(session, locked(session, id_), HandoffReason.ASKED, {}, Customer.now)

    assert [each.conversation_id for each in waiting_list(database)] == [id_]
