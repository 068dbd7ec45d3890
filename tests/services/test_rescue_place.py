"""Where a customer is who waits for rescue: what they write later comes onto the record that staff read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.clock import TIME_ZONE
from bot.domain.cases import CaseKind
from bot.domain.conversation import HandoffReason, Owner
from bot.services import cases
from bot.services.messages import HandoffRequest
from bot.services.places import place_told
from tests.installations import filled_database
from tests.services.dialogues import Echo
from tests.services.test_turns import Room

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)
RESCUE = HandoffRequest(HandoffReason.RESCUE, {"facts": {}})
COMPLAINT = HandoffRequest(HandoffReason.COMPLAINT, {"facts": {}})
CARS = ("青岚 X5", "X5")


class Waiting(Room):
    """A customer whose breakdown is on record and who waits for a person."""

    async def after(self, kind: CaseKind = CaseKind.RESCUE, **details: str) -> Waiting:
        self.said = await self.say("车抛锚了")
        case = cases.open_case(self.database, kind, self.said.conversation_id, NOW, details)
        cases.update_case(self.database, case, NOW, None, {"complete": True})
        return self

    @property
    def place(self) -> Any:
        (case,) = cases.list_cases(self.database)
        return case.details.get("place")


@pytest.fixture
def filled(tmp_path: Path) -> Any:
    return filled_database(tmp_path)


async def test_the_place_comes_onto_the_record(filled: Any) -> None:
    room = await Waiting(filled, Echo(handoff=RESCUE)).after()
    heard = await room.say("我现在在绕城高速出口")

    assert room.owner(heard) is Owner.QUEUE
    assert room.place == "我现在在绕城高速出口"
    assert len(heard.replies) == 1
    assert "您的话已记下" in heard.replies[0].text


async def test_what_was_known_stays_before_it(filled: Any) -> None:
    room = await Waiting(filled, Echo(handoff=RESCUE)).after(place="人民路")
    for text in ("我现在在绕城高速出口，多久能到", "我现在在绕城高速出口", "急死了"):
        await room.say(text)
    assert room.place == "人民路；我现在在绕城高速出口"


async def test_a_place_and_a_number_in_one_message(filled: Any) -> None:
    room = await Waiting(filled, Echo(handoff=RESCUE)).after()
    heard = await room.say("在人民路口，电话13812345678，开的X5")

    assert "138****5678" in heard.replies[0].text
    (case,) = cases.list_cases(room.database)
    assert (case.phone, case.details["place"]) == ("13812345678", "在人民路口")


async def test_a_complaint_has_no_place(filled: Any) -> None:
    room = await Waiting(filled, Echo(handoff=COMPLAINT)).after(CaseKind.COMPLAINT)
    await room.say("我现在在绕城高速出口")
    assert room.place is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("绕城高速出口", "绕城高速出口"),
        ("往前挪了一点，现在在迎宾收费站旁边", "现在在迎宾收费站旁边"),
        ("G25江州出口往南两公里，浙A·D1001", "G25江州出口往南两公里"),
        ("青岚X5，车牌浙AD1001", None),
        ("13812345678", None),
        ("你们从哪个出口过来", None),
        ("多久能到", None),
        ("人没事", None),
        ('/back_to_bot{"do": "A1"}', None),
    ],
)
def test_what_is_a_place(text: str, place: str | None) -> None:
    assert place_told(text, CARS) == place
