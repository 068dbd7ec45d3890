"""The outbox over the staff API: what failed and why, every attempt, and sending again."""

from __future__ import annotations

from bot.api.outbox import Channel, State
from bot.domain.errors import DeliveryFailed
from bot.services.audit import list_audit
from bot.store.outbox import CHANNELS, STATES
from tests.api.application import Desk
from tests.services.reminded import Post, send

GONE = DeliveryFailed("the webhook answered 410", final=True, words="接收推送的系统回复了 410")


async def test_a_failed_event_its_attempts_and_sending_it_again(desk: Desk) -> None:
    visit = await desk.books()
    send(desk.database, Post(failures=[GONE], listens=True))
    (failed,) = await desk.get("outbox", state="failed")

    (attempt,) = failed.pop("deliveries")
    assert (attempt["delivered"], attempt["problem"]) == (False, GONE.words)
    assert (failed["kind"], failed["channel"], failed["problem"]) == ("booked", "webhook", GONE.words)
    assert (failed["appointment_id"], failed["code"]) == (visit["id"], visit["code"])
    assert "phone" not in failed, "what is told stays inside"

    await desk.post(f"outbox/{failed['id']}/retry")
    await desk.post(f"outbox/{failed['id']}/retry", expected=409)
    send(desk.database, Post(listens=True))
    sent = [line for line in await desk.get("outbox", channel="webhook") if line["id"] == failed["id"]]
    assert [each["delivered"] for each in sent[0]["deliveries"]] == [True, False]
    assert (sent[0]["state"], sent[0]["problem"]) == ("sent", None)
    (line,) = list_audit(desk.database, action="outbox.retried")
    assert (line.username, line.subject) == ("admin", str(failed["id"]))


async def test_what_cannot_be_asked_for(desk: Desk) -> None:
    await desk.get("outbox", 400, state="lost")
    await desk.get("outbox", 400, channel="pigeon")
    await desk.get("outbox", 400, limit="0")
    for id_ in ("17", "x", "-1", "99999999999999999999"):
        await desk.post(f"outbox/{id_}/retry", expected=404)


def test_its_words_are_the_stores() -> None:
    assert [state.value for state in State] == list(STATES)
    assert [channel.value for channel in Channel] == list(CHANNELS)
