"""Conversations through the staff API: taken, answered, passed on; what is stale is refused with words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot import clock
from bot.domain.conversation import HandoffReason
from bot.domain.staff import Role
from bot.services import conversations
from bot.services.messages import Inbound, receive
from bot.services.staff import hash_password, log_in
from bot.store.staff_tables import AuditEntry, User
from tests.api.application import PHONE, Desk
from tests.api.application import desk as open_desk


@dataclass
class Two:
    """The administrator, a consultant, and a customer who waits."""

    admin: Desk
    lin: Desk
    id: str

    def path(self, act: str = "") -> str:
        return f"conversations/{self.id}/{act}".rstrip("/")


@pytest_asyncio.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with open_desk(tmp_path) as admin:
        lin = colleague(admin, "lin", Role.CONSULTANT)
        yield Two(admin, lin, waiting(admin))


def colleague(desk: Desk, username: str, role: Role) -> Desk:
    with desk.database.transaction() as session:
        session.add(
            User(
                username=username,
                password_hash=hash_password("secret-word"),
                role=role.value,
                name="林晓",
                skills=["sales"],
                created_at=clock.now(),
            )
        )
    token = log_in(desk.database, username, "secret-word", clock.now())
    return replace(desk, headers={"Authorization": f"Bearer {token}"})


def waiting(desk: Desk, sender: str = "wang") -> str:
    received = receive(desk.database, Inbound("rest", sender, f"我的电话{PHONE}"), clock.now())
    summary = {"facts": {"known_phone": PHONE}}
    with desk.database.transaction() as session:
        row = conversations.locked(session, received.conversation_id)
        conversations.queue_up(session, row, HandoffReason.ASKED, summary, clock.now())
    return received.conversation_id


async def test_take_reply_and_release_without_more_words(two: Two) -> None:
    assert (await two.lin.post(two.path("take")))["state"] == "adviser"
    said = await two.lin.post(two.path("reply"), text="您好，我是林晓")
    assert (said["author"], said["name"], said["text"]) == ("staff", "林晓", "您好，我是林晓")
    assert (await two.lin.post(two.path("release")))["state"] == "bot"


async def test_lists_tell_whose_and_why(two: Two) -> None:
    [queued] = await two.lin.get("queue")
    assert (queued["id"], queued["number"], queued["skill"]) == (two.id, 1, "sales")
    [row] = await two.lin.get("conversations", state="queued")
    assert (row["reason"], row["adviser"], row["epoch"]) == ("asked_for_a_person", None, 1)
    assert row["waiting_since"] == queued["waiting_since"]
    assert row["waiting_since"].startswith("2026-11-22T10:0")
    assert await two.lin.get("conversations", mine="true") == []
    await two.lin.post(two.path("take"))

    [row] = await two.lin.get("conversations", mine="true", state="adviser")
    assert (row["adviser"], row["adviser_name"], row["waiting_since"]) == ("lin", "林晓", None)
    assert await two.admin.get("conversations", mine="true") == []
    assert await two.lin.get("queue") == []


async def test_telephone_numbers_are_masked_everywhere(two: Two) -> None:
    await two.lin.post(two.path("take"))
    await two.lin.post(two.path("note"), text=f"打过{PHONE}")
    detail = await two.lin.get(two.path())
    for told in (
        await two.lin.get("conversations"),
        detail,
        await two.lin.get(two.path("messages")),
        await two.lin.post(two.path("reply"), text=f"您的电话是{PHONE}吗"),
    ):
        assert PHONE not in str(told)
    assert detail["handoffs"][0]["summary"]["facts"]["known_phone"] == "138****5678"


async def test_the_transcript_has_the_lines_for_staff_and_goes_on(two: Two) -> None:
    await two.lin.post(two.path("take"))
    await two.lin.post(two.path("note"), text="老客户")
    rows = await two.admin.get(two.path("messages"))
    assert [row["text"] for row in rows if row["internal"]] == ["林晓 接手了会话", "老客户"]
    assert await two.admin.get(two.path("messages"), after=rows[-2]["seq"]) == rows[-1:]


async def test_a_colleagues_conversation_is_refused_with_words(two: Two) -> None:
    await two.lin.post(two.path("take"))
    for act, body in (("take", {}), ("reply", {"text": "您好"})):
        told = await two.admin.post(two.path(act), 409, **body)
        assert told["message"] == "对话已由林晓接手"
        assert (told["state"], told["adviser"], told["epoch"]) == ("adviser", "林晓", 2)
    assert (await two.admin.post(two.path("take"), away=True))["adviser"] == "admin"
    await two.lin.post(two.path("take"), 403, away=True)


async def test_a_stale_epoch_and_a_resend(two: Two) -> None:
    epoch = (await two.lin.post(two.path("take")))["epoch"]
    first = await two.lin.post(two.path("reply"), text="您好", epoch=epoch, client_id="a")
    assert await two.lin.post(two.path("reply"), text="您好", epoch=epoch, client_id="a") == first
    told = await two.lin.post(two.path("reply"), 409, text="您好", epoch=epoch - 1)
    assert told["message"]


async def test_transfer_note_and_close(two: Two) -> None:
    await two.lin.post(two.path("take"))
    told = await two.lin.post(two.path("transfer"), 409, username="admin")
    assert "不在线" in told["message"]
    await two.admin.post("presence", presence="away")
    assert (await two.lin.post(two.path("transfer"), username="admin"))["adviser"] == "admin"
    back = await two.admin.post(two.path("transfer"), skill="service", note="要修车")
    assert (back["state"], back["skill"]) == ("queued", "service")
    await two.lin.post(two.path("take"))
    closed = await two.lin.post(two.path("close"), outcome="solved", note="好了")
    assert closed["state"] == "closed"
    outcomes = [each["outcome"] for each in (await two.lin.get(two.path()))["handoffs"]]
    assert outcomes == ["transferred", "transferred", "solved"]


async def test_who_comes_online_gets_what_waits(two: Two) -> None:
    assert (await two.lin.post("presence", presence="online"))["presence"] == "online"
    assert (await two.lin.get(two.path()))["adviser"] == "lin"


async def test_place_and_wait_are_told_while_it_waits(two: Two) -> None:
    second = waiting(two.admin, "zhang")
    told = await two.lin.get(f"conversations/{second}")
    assert (told["place"], told["expected_minutes"]) == (2, None)
    await two.lin.post(f"conversations/{second}/take")
    assert (await two.lin.get(f"conversations/{second}"))["place"] is None


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("take", {"epoch": "1"}),
        ("take", {"away": 1}),
        ("reply", {}),
        ("reply", {"text": "  "}),
        ("reply", {"text": "x" * 2001}),
        ("reply", {"text": "\x00"}),
        ("reply", {"text": "您好", "client_id": "x" * 101}),
        ("note", {}),
        ("transfer", {}),
        ("transfer", {"username": "admin", "skill": "sales"}),
        ("transfer", {"skill": "cooking"}),
        ("release", {"settled": "yes"}),
        ("close", {}),
        ("close", {"outcome": "won"}),
        ("reply", {"text": "您好", "colour": "red"}),
    ],
)
async def test_what_cannot_be_taken_is_refused(two: Two, act: str, body: dict[str, object]) -> None:
    await two.lin.post(two.path("take"))
    await two.lin.post(two.path(act), 400, **body)
    assert (await two.lin.get(two.path()))["adviser"] == "lin"


async def test_what_does_not_exist(two: Two) -> None:
    await two.lin.get("conversations/none", 404)
    await two.lin.post("conversations/none/take", 404)
    await two.lin.post(two.path("take"))
    await two.lin.post(two.path("transfer"), 404, username="nobody")


async def test_reading_a_transcript_is_logged_once(two: Two) -> None:
    for _ in range(3):
        await two.lin.get(two.path("messages"))
    with two.admin.database.reading() as session:
        lines = session.query(AuditEntry).filter(AuditEntry.action == "conversation.opened").all()
    assert [(line.username, line.conversation_id) for line in lines] == [("lin", two.id)]
