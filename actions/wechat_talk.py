"""What only happens in WeChat: following, scanning a code, a voice without words, a file, a place, a one-time code.

The channel says it with ``/greet{"do": …}`` (``bot.channels.wechat.meaning``), or ``/inform{"place": …}`` for a place.
"""

from __future__ import annotations

from collections.abc import Callable

from rasa_sdk.events import SlotSet

from actions.base import Events, Turn, button
from actions.forms import Draft
from bot.domain.booking import VisitKind
from bot.domain.cases import CaseKind
from bot.domain.dealership import Store
from bot.services.cases import add_place, urgent_case_of
from bot.services.content.variables import hours_text
from bot.services.visits import visits_of_conversation
from bot.services.wechat import scenes
from bot.services.wechat.identity import NO_CODE, WRONG_CODE, Link, use_code
from bot.services.wechat.places import map_link

LINK_WORDS = {
    Link.LINKED: "utter_wechat_linked",
    Link.WRONG: "utter_wechat_link_wrong",
    Link.TOO_OFTEN: "utter_wechat_link_too_often",
}


def remarked(turn: Turn) -> Events | None:
    """The answer to a remark of the channel's; None for any other greeting."""
    answer = _ANSWERS.get(str(turn.last("do"))) if turn.is_payload else None
    return None if answer is None else answer(turn)


def place_sent(turn: Turn) -> bool:
    """Whether the customer sent where they are."""
    return turn.is_payload and bool(turn.values("place"))


def take_place(turn: Turn) -> Events:
    """A place that no form asked for: for help that is on its way, else the nearest store, for the next booking."""
    case = urgent_case_of(turn.database, turn.conversation_id)
    if case is not None and case.kind is CaseKind.RESCUE:
        add_place(turn.database, case.id, turn.now, str(turn.last("place")))
        say_place(turn)
    else:
        say_nearest(turn)
    return [SlotSet("misunderstandings", None)]


def say_place(turn: Turn) -> str:
    """Tell that a place is noted; gives it."""
    place = str(turn.last("place"))
    turn.say("utter_wechat_place_recorded", place=place)
    return place


def say_nearest(turn: Turn) -> str | None:
    """Tell the way to the nearest store and keep it in mind; gives its id, None where none is near.

    Where none is, or none has a position, all are named."""
    store = next((store for store in turn.dealership.stores if store.id == turn.last("nearest")), None)
    if store is None:
        turn.say("utter_wechat_place_noted", stores="\n".join(map(_contact, turn.dealership.stores)))
        return None
    turn.say(
        "utter_wechat_nearest",
        store=store.name,
        distance=str(turn.last("distance")),
        address=store.address,
        phone=_phones(store),
        hours=hours_text(store),
        link=map_link(store) or store.address,
    )
    scenes.keep_store(turn.database, turn.conversation_id, store.id, turn.now)
    return store.id


def _contact(store: Store) -> str:
    return f"{store.name}：{store.address}，{_phones(store)}"


def _phones(store: Store) -> str:
    return f"销售 {store.sales_phone}，售后 {store.service_phone}"


def fill_in_scanned(turn: Turn, draft: Draft, prefix: str) -> dict[str, str]:
    """Put store and model of the code that was scanned, or the store near the place that was sent, into what a booking
    that begins leaves open; gives what it put there."""
    scene = scenes.brought_along(turn.database, turn.dealership, turn.conversation_id, turn.now)
    wanted = {"store": scene.store, "model": scene.model if prefix == "drive" else None}
    brought = {
        f"{prefix}_{name}": value
        for name, value in wanted.items()
        if value and draft[f"{prefix}_{name}"] is None and not turn.values(name)
    }
    if brought.get("drive_model") in _driven(turn):
        del brought["drive_model"]
    draft.update(brought)
    return brought


def say_scanned(turn: Turn, draft: Draft, brought: dict[str, str]) -> None:
    """What counts of it is said, so that nobody books at a store that they never named without knowing."""
    names = [
        turn.dealership.model(value).name if slot == "drive_model" else turn.dealership.store(value).name
        for slot, value in brought.items()
        if draft[slot] == value
    ]
    if names:
        turn.say("utter_so_far", known="，".join(names))


def _driven(turn: Turn) -> set[str | None]:
    """The models of the test drives that this conversation booked: who scanned the code for one has had it."""
    visits = visits_of_conversation(turn.database, turn.dealership, turn.conversation_id)
    return {visit.model for visit in visits if visit.kind is VisitKind.TEST_DRIVE}


def _welcomed(turn: Turn) -> Events:
    about, first = turn.last("subject"), _drive_first(turn)
    if about:
        turn.say("utter_wechat_welcome_scanned", buttons=first, about=str(about))
    else:
        turn.say("utter_wechat_welcome", buttons=first)
    return [SlotSet("misunderstandings", None)]


def _scanned(turn: Turn) -> Events:
    about = turn.last("subject")
    if about:
        turn.say("utter_wechat_scanned", buttons=_drive_first(turn), about=str(about))
    else:
        turn.say("utter_greet")
    return [SlotSet("misunderstandings", None)]


def _drive_first(turn: Turn) -> list[dict[str, str]]:
    """A test drive of the model that the code shows."""
    model = turn.last("scanned_model")
    found = next((known for known in turn.dealership.models if known.id == model), None)
    return [button(f"试驾 {found.name}", "book_test_drive", model=found.id)] if found else []


def _not_heard(turn: Turn) -> Events:
    turn.say("utter_wechat_voice")
    return []


def _pictured(turn: Turn) -> Events:
    turn.say("utter_file_received")
    return _offers_person()


def _received(turn: Turn) -> Events:
    turn.say("utter_wechat_received", what=str(turn.last("subject")))
    return _offers_person()


def _not_readable(turn: Turn) -> Events:
    turn.say("utter_wechat_unknown")
    return []


def _linked(turn: Turn) -> Events:
    code = turn.last("code")
    if code is None:
        turn.say("utter_wechat_link_wrong", problem=NO_CODE)
        return []
    outcome = use_code(turn.database, turn.conversation_id, str(code), turn.now)
    turn.say(LINK_WORDS[outcome], problem=WRONG_CODE)
    return []


def _offers_person() -> Events:
    return [SlotSet("pending_offer", "human"), SlotSet("misunderstandings", None)]


_ANSWERS: dict[str, Callable[[Turn], Events]] = {
    "follow": _welcomed,
    "scan": _scanned,
    "voice": _not_heard,
    "picture": _pictured,
    "received": _received,
    "unknown": _not_readable,
    "link": _linked,
}
