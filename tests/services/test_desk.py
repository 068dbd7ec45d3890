"""What members of the staff do with a conversation, and what everybody else sees of it."""

from __future__ import annotations

import pytest

from bot.domain.conversation import HandoffReason, Outcome, Owner
from bot.domain.errors import Conflict, NotPermitted, StaleView, WrongState
from bot.domain.staff import Presence, Role, Skill
from bot.services import audit, desk, messages
from bot.store.database import Database
from tests.services.desks import Room, demo_content


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database, demo_content())


def test_a_waiting_conversation_is_taken_and_the_customer_told(room: Room) -> None:
    lin, id_ = room.staff("lin"), room.waiting()
    view = desk.take(room.database, room.content, id_, lin, room.later(minutes=2))

    assert (view.owner, view.adviser, view.adviser_name, view.epoch) == (Owner.ADVISER, "lin", "Lin", 2)
    assert (view.reason, view.skill, view.waiting_since) == ("asked_for_a_person", "sales", None)
    assert len(room.seen(id_)) == 1
    assert "Lin" in room.seen(id_)[0]
    assert "lin" not in room.seen(id_)[0]
    [handoff] = room.handoffs(id_)
    assert (handoff.status, handoff.adviser, handoff.taken_at) == ("taken", "lin", room.now)


def test_taking_again_changes_nothing(room: Room) -> None:
    lin, id_ = room.staff("lin"), room.waiting()
    first = desk.take(room.database, room.content, id_, lin, room.now)
    again = desk.take(room.database, room.content, id_, lin, room.now)
    assert again == first
    assert len(room.seen(id_)) == 1


@pytest.mark.parametrize("closed", [False, True])
def test_nobody_asked_and_somebody_steps_in(room: Room, closed: bool) -> None:
    lin, id_ = room.staff("lin"), room.conversation()
    desk.take(room.database, room.content, id_, lin, room.now)
    if closed:
        desk.close(room.database, room.content, id_, lin, room.now, Outcome.SOLVED)
        desk.take(room.database, room.content, id_, lin, room.later(minutes=1))

    assert room.owner(id_) == (Owner.ADVISER, "lin")
    assert [each.reason for each in room.handoffs(id_)] == ["taken_by_staff"] * (1 + closed)


def test_the_second_is_told_who_was_first(room: Room) -> None:
    lin, zhou, id_ = room.staff("lin"), room.staff("zhou"), room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    with pytest.raises(StaleView) as told:
        desk.take(room.database, room.content, id_, zhou, room.now)

    assert told.value.words == "对话已由Lin接手"
    assert (told.value.owner, told.value.epoch, told.value.adviser) == ("adviser", 2, "Lin")
    with pytest.raises(NotPermitted):
        desk.take(room.database, room.content, id_, zhou, room.now, away=True)


def test_a_supervisor_takes_away_only_on_purpose(room: Room) -> None:
    lin, boss, id_ = room.staff("lin"), room.staff("boss", role=Role.MANAGER), room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    with pytest.raises(StaleView):
        desk.take(room.database, room.content, id_, boss, room.now)
    desk.take(room.database, room.content, id_, boss, room.later(minutes=1), away=True)

    assert room.owner(id_) == (Owner.ADVISER, "boss")
    with pytest.raises(StaleView):
        desk.reply(room.database, id_, lin, "您好", room.now)
    assert [(each.adviser, each.outcome) for each in room.handoffs(id_)] == [
        ("lin", "taken_away"),
        ("boss", None),
    ]


def test_a_reply_is_the_advisers_and_goes_out_once(room: Room) -> None:
    lin, id_ = room.staff("lin"), room.waiting()
    view = desk.take(room.database, room.content, id_, lin, room.now)
    first = desk.reply(room.database, id_, lin, "您好", room.now, view.epoch, "a")
    again = desk.reply(room.database, id_, lin, "别的", room.later(seconds=1), view.epoch, "a")

    assert again == first
    assert (first.name, first.username, first.client_id, first.internal) == ("Lin", "lin", "a", False)
    [row] = messages.messages_after(room.database, id_, first.seq - 1)
    assert row == first
    assert [line.partition(": ")[2] for line in room.seen(id_)][1:] == ["您好"]


def test_a_resend_is_the_same_line_though_the_conversation_has_gone(room: Room) -> None:
    lin, id_ = room.staff("lin"), room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    first = desk.reply(room.database, id_, lin, "您好", room.now, client_id="a")
    desk.release(room.database, room.content, id_, lin, room.now)
    assert desk.reply(room.database, id_, lin, "您好", room.now, client_id="a") == first


def test_ids_of_customers_and_staff_do_not_meet(room: Room) -> None:
    lin, zhou, id_ = room.staff("lin"), room.staff("zhou"), room.waiting()
    room.says("客户的", client_id="a")
    desk.take(room.database, room.content, id_, lin, room.now)
    desk.reply(room.database, id_, lin, "顾问的", room.now, client_id="a")
    desk.add_note(room.database, id_, zhou, "同事的", room.now, client_id="a")
    late = room.says("还在吗", client_id="b")

    rows = messages.messages_after(room.database, id_, internal=True)
    assert [row.text for row in rows if row.client_id == "a"] == ["客户的", "顾问的", "同事的"]
    assert not late.duplicate


@pytest.mark.parametrize("act", ["release", "requeue", "close", "away"])
def test_a_stale_view_refuses_to_send_and_says_why(room: Room, act: str) -> None:
    lin, boss, id_ = room.staff("lin"), room.staff("boss", role=Role.MANAGER), room.waiting()
    old = desk.take(room.database, room.content, id_, lin, room.now).epoch
    if act == "release":
        desk.release(room.database, room.content, id_, lin, room.now)
    elif act == "requeue":
        desk.transfer(room.database, room.content, id_, lin, room.now, skill=Skill.SERVICE)
    elif act == "close":
        desk.close(room.database, room.content, id_, lin, room.now, Outcome.LOST)
    else:
        desk.take(room.database, room.content, id_, boss, room.now, away=True)
    before = room.row(id_).last_seq
    with pytest.raises(StaleView) as told:
        desk.reply(room.database, id_, lin, "您好", room.now, old)

    assert told.value.words
    assert told.value.epoch > old
    assert room.row(id_).last_seq == before


def test_taken_back_by_the_same_person_is_not_the_view_they_had(room: Room) -> None:
    lin, id_ = room.staff("lin"), room.waiting()
    old = desk.take(room.database, room.content, id_, lin, room.now).epoch
    desk.release(room.database, room.content, id_, lin, room.now)
    desk.take(room.database, room.content, id_, lin, room.now)
    with pytest.raises(StaleView):
        desk.reply(room.database, id_, lin, "您好", room.now, old)
    assert desk.reply(room.database, id_, lin, "您好", room.now).text == "您好"


def test_notes_and_what_happened_are_for_the_staff_alone(room: Room) -> None:
    lin, zhou, id_ = room.staff("lin"), room.staff("zhou"), room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    desk.add_note(room.database, id_, zhou, "老客户，注意价格", room.now)
    desk.transfer(room.database, room.content, id_, lin, room.now, to_username="zhou", note="赶时间")

    assert room.internal(id_) == [
        "Lin 接手了会话",
        "老客户，注意价格",
        "Lin 把会话转给了 Zhou：赶时间",
    ]
    said = "".join(room.seen(id_))
    assert "老客户" not in said
    assert "赶时间" not in said
    assert messages.replies_to(room.database, id_, 1) == []


def test_transfer_to_a_colleague(room: Room) -> None:
    lin, _, id_ = room.staff("lin"), room.staff("zhou", Skill.SERVICE), room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    view = desk.transfer(room.database, room.content, id_, lin, room.later(seconds=30), to_username="zhou")

    assert (view.owner, view.adviser, view.epoch) == (Owner.ADVISER, "zhou", 3)
    assert "Zhou" in room.seen(id_)[-1]
    assert [(each.adviser, each.status, each.outcome) for each in room.handoffs(id_)] == [
        ("lin", "done", "transferred"),
        ("zhou", "taken", None),
    ]


def test_nobody_is_given_a_conversation_who_is_not_there(room: Room) -> None:
    lin, id_ = room.staff("lin"), room.waiting()
    room.staff("zhou", online=False)
    desk.take(room.database, room.content, id_, lin, room.now)
    for name in ("zhou", "lin"):
        with pytest.raises(WrongState) as told:
            desk.transfer(room.database, room.content, id_, lin, room.now, to_username=name)
        assert told.value.words
    assert room.owner(id_) == (Owner.ADVISER, "lin")


def test_transfer_to_a_skill_waits_for_somebody_else(room: Room) -> None:
    lin, id_ = room.staff("lin", Skill.SALES, Skill.SERVICE), room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    desk.transfer(room.database, room.content, id_, lin, room.now, skill=Skill.SERVICE, note="要修车")
    view = room.view(id_)

    assert (view.owner, view.adviser, view.skill, view.waiting_since) == (
        Owner.QUEUE,
        None,
        "service",
        room.now,
    )
    assert room.handoffs(id_)[-1].summary["before"] == {
        "adviser": "lin",
        "how": "transferred",
        "note": "要修车",
    }


def test_back_to_the_bot_with_what_was_settled(room: Room) -> None:
    lin, id_ = room.staff("lin"), room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    view = desk.release(room.database, room.content, id_, lin, room.now, note="已约好周六试驾", settled=True)

    assert view.owner is Owner.BOT
    assert view.handback is not None
    assert (view.handback["note"], view.handback["settled"], view.handback["by"]) == (
        "已约好周六试驾",
        True,
        "lin",
    )
    assert room.seen(id_)[-1].startswith("bot: ")
    [handoff] = room.handoffs(id_)
    assert (handoff.status, handoff.outcome, handoff.note) == ("done", "released", "已约好周六试驾")


def test_closed_and_written_to_again(room: Room) -> None:
    lin, id_ = room.staff("lin"), room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    view = desk.close(room.database, room.content, id_, lin, room.now, Outcome.BOOKED, note="周六")
    assert view.owner is Owner.CLOSED

    received = room.says("对了，还有个问题")
    assert (received.owner, received.epoch) == (Owner.BOT, view.epoch + 1)
    assert room.handoffs(id_)[0].outcome == "booked"


def test_a_waiting_conversation_can_be_dismissed_without_a_word(room: Room) -> None:
    lin, id_ = room.staff("lin"), room.waiting()
    desk.close(room.database, room.content, id_, lin, room.now, Outcome.SPAM)
    assert room.owner(id_)[0] is Owner.CLOSED
    assert room.seen(id_) == []


def test_what_is_not_theirs_cannot_be_ended(room: Room) -> None:
    lin, zhou, id_ = room.staff("lin"), room.staff("zhou"), room.waiting()
    for act in (desk.release, desk.transfer):
        more = {"skill": Skill.SALES} if act is desk.transfer else {}
        with pytest.raises(StaleView):
            act(room.database, room.content, id_, zhou, room.now, **more)  # type: ignore[operator]
    desk.take(room.database, room.content, id_, lin, room.now)
    with pytest.raises(Conflict):
        desk.close(room.database, room.content, id_, zhou, room.now, Outcome.LOST)


def test_the_score_is_asked_for_once_somebody_has_talked(room: Room) -> None:
    lin, silent, talked = room.staff("lin"), room.waiting("silent"), room.waiting("talked")
    for id_ in (silent, talked):
        desk.take(room.database, room.content, id_, lin, room.now)
    desk.reply(room.database, talked, lin, "您好", room.now)
    for id_ in (silent, talked):
        desk.release(room.database, room.content, id_, lin, room.later(minutes=1))

    def asked(id_: str) -> bool:
        return any(row.custom.get("notice") == "score" for row in messages.messages_after(room.database, id_))

    assert (asked(silent), asked(talked)) == (False, True)


def test_who_changes_the_owner_is_in_the_audit_log(room: Room) -> None:
    lin, zhou, id_ = room.staff("lin"), room.staff("zhou"), room.waiting()
    desk.take(room.database, room.content, id_, lin, room.now)
    desk.transfer(room.database, room.content, id_, lin, room.now, to_username="zhou")
    desk.release(room.database, room.content, id_, zhou, room.now)
    desk.take(room.database, room.content, id_, zhou, room.now)
    desk.close(room.database, room.content, id_, zhou, room.now, Outcome.SOLVED)

    lines = audit.list_audit(room.database, conversation_id=id_)
    assert [(line.username, line.action) for line in reversed(lines)] == [
        ("lin", "conversation.taken"),
        ("lin", "conversation.transferred"),
        ("zhou", "conversation.released"),
        ("zhou", "conversation.taken"),
        ("zhou", "conversation.closed"),
    ]


def test_words_that_are_missing_stop_nobody(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    lin, id_ = room.staff("lin"), room.waiting()
    room.content = demo_content(without="utter_adviser_joined")
    desk.take(room.database, room.content, id_, lin, room.now)
    assert room.owner(id_) == (Owner.ADVISER, "lin")
    assert room.seen(id_) == []
    assert "utter_adviser_joined" in caplog.text


def test_presence_is_what_was_chosen(room: Room) -> None:
    lin = room.staff("lin")
    assert room.beat(lin, Presence.AWAY) is Presence.AWAY
    assert room.beat(lin) is Presence.AWAY


def test_reasons_are_kept_for_the_next_one(room: Room) -> None:
    lin, id_ = room.staff("lin"), room.waiting(reason=HandoffReason.COMPLAINT)
    desk.take(room.database, room.content, id_, lin, room.now)
    desk.transfer(room.database, room.content, id_, lin, room.now, skill=Skill.COMPLAINT)
    assert [each.reason for each in room.handoffs(id_)] == ["complaint", "complaint"]
