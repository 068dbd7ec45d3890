"""What a scanned QR code brings along: the store where it hangs, the model that it shows, the campaign it is for.

A code carries its meaning itself (``store=east;model=x5;campaign=autumn``), or a name or number from the list
``scenes:`` of ``dealership/wechat.yml``: temporary codes of the platform may take numbers alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.dealership import Dealership
from bot.domain.wechat.content import Scene
from bot.store.database import Database
from bot.store.tables import Conversation
from bot.store.wechat_tables import WeChatContact

COUNTS_FOR = timedelta(days=7)
"""For so long after a scan, or a place that was sent, a booking begins with the store and model."""
LONGEST_CAMPAIGN = 40
_PARTS = ("store", "model", "campaign")
_NEITHER = Scene()


def scene_of(dealership: Dealership, text: str | None) -> Scene:
    """What a code stands for; of what the dealer does not have nothing is taken up."""
    text = (text or "").strip()
    if text in dealership.wechat.scenes:
        return dealership.wechat.scenes[text]
    parts = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
    told = {name.strip(): value.strip() for name, value in parts.items()}
    campaign = "".join(sign for sign in told.get("campaign", "") if sign.isprintable())[:LONGEST_CAMPAIGN]
    return Scene(
        store=_known(told.get("store"), dealership.stores),
        model=_known(told.get("model"), dealership.models),
        campaign=campaign or None,
    )


def as_json(scene: Scene, at: datetime) -> dict[str, str]:
    """What is kept of it (``WeChatContact.scene``); empty where it says nothing."""
    told = {name: str(getattr(scene, name)) for name in _PARTS if getattr(scene, name)}
    return {**told, "at": at.isoformat()} if told else {}


def words_of(dealership: Dealership, scene: Scene) -> str:
    """ "城东店 青岚 X5"; empty where neither store nor model is meant."""
    store = _known(scene.store, dealership.stores)
    model = _known(scene.model, dealership.models)
    names = (store and dealership.store(store).name, model and dealership.model(model).name)
    return " ".join(name for name in names if name)


def brought_along(database: Database, dealership: Dealership, conversation_id: str, now: datetime) -> Scene:
    """The store and model that a booking may begin with; nothing for a customer of another channel."""
    with database.reading() as session:
        kept = _kept(session, conversation_id)
    if not kept.get("at") or now - datetime.fromisoformat(kept["at"]) > COUNTS_FOR:
        return _NEITHER
    return Scene(
        store=_known(kept.get("store"), dealership.stores),
        model=_known(kept.get("model"), dealership.models),
        campaign=kept.get("campaign"),
    )


def keep_store(database: Database, conversation_id: str, store: str, now: datetime) -> None:
    """The store nearest to the customer is proposed for the next booking; the rest of what was scanned stays."""
    with database.transaction() as session:
        contact = _contact(session, conversation_id)
        if contact is not None:
            contact.scene = {**(contact.scene or {}), "store": store, "at": now.isoformat()}
            contact.updated_at = now


def note_source(database: Database, conversation_id: str, scene: Scene, words: str) -> None:
    """Where the customer comes from, as staff and their leads see it instead of a page of the website."""
    about = "，".join(part for part in (scene.campaign, words) if part)
    if not about:
        return
    change = sa.update(Conversation).where(Conversation.id == conversation_id)
    with database.transaction() as session:
        session.execute(change.values(page=f"微信扫码：{about}"))


def _kept(session: Session, conversation_id: str) -> dict[str, Any]:
    query = sa.select(WeChatContact.scene).where(WeChatContact.conversation_id == conversation_id)
    return dict(session.scalar(query) or {})


def _contact(session: Session, conversation_id: str) -> Any:
    query = sa.select(WeChatContact).where(WeChatContact.conversation_id == conversation_id)
    return session.scalars(query.with_for_update()).first()


def _known(id_: str | None, entries: Any) -> str | None:
    return id_ if any(entry.id == id_ for entry in entries) else None
