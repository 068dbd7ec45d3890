"""What programs of the dealer's met in the staff API: whose conversation it is counts, and who booked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.domain.staff import Role
from bot.services import conversations
from tests.api.application import PHONE
from tests.api.application import desk as open_desk
from tests.api.test_desk_api import Two, colleague, waiting


@pytest_asyncio.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with open_desk(tmp_path) as admin:
        yield Two(admin, colleague(admin, "lin", Role.CONSULTANT), waiting(admin))


def seen_up_to(two: Two) -> int:
    return conversations.conversation(two.admin.database, two.id).staff_read_seq


async def test_writing_and_reading_need_ones_own_conversation(two: Two) -> None:
    for path, body in (("typing", {"on": True}), ("seen", {"seq": 1})):
        refused = await two.lin.post(two.path(path), 409, **body)
        assert "请先接手" in refused["message"]
    assert await two.admin.post(two.path("seen"), seq=1) == {}
    assert seen_up_to(two) == 0
    await two.lin.post(two.path("take"))

    await two.lin.post(two.path("typing"), on=True)
    await two.lin.post(two.path("seen"), 400, seq=99)
    await two.lin.post(two.path("seen"), seq=1)
    assert seen_up_to(two) == 1


async def test_who_books_a_test_drive_has_the_lead(two: Two) -> None:
    await two.lin.books()
    [lead] = await two.lin.get("leads")
    assert lead["adviser"] == "lin"


async def test_the_number_of_a_waiting_customer_can_be_shown(two: Two) -> None:
    card = await two.lin.get(two.path("card"))
    assert card["customer"]["phone"] == "138****5678"
    assert (await two.lin.post(two.path("reveal")))["phone"] == PHONE


async def test_an_older_page_of_ones_own_is_told_to_reload(two: Two) -> None:
    await two.lin.post(two.path("take"))
    refused = await two.lin.post(two.path("reply"), 409, text="您好", epoch=0)
    assert refused["message"] == "对话状态已变化，请刷新后再发"
