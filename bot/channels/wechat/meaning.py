"""What a message or event of the platform means for us: a line of the transcript, what the bot reads, what is noted.

Everything that the bot answers goes through a turn, so that the transcript has it and a form goes on where it was. What
is no text becomes a command (``Inbound.command``), which only the platform can vouch for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels.wechat.emoticons import with_signs
from bot.channels.wechat.inbound import PlatformMessage
from bot.domain.dealership import Dealership
from bot.domain.replies import BUTTON_INTENTS
from bot.domain.wechat.account import Account
from bot.domain.wechat.content import Scene
from bot.domain.wechat.pieces import button_of
from bot.domain.wechat.window import Grant
from bot.services.content.snapshot import Content, ContentStore
from bot.services.messages import SPOKEN
from bot.services.replies import topic_payload
from bot.services.wechat import choices, identity, places, scenes
from bot.store.database import Database

QRSCENE = "qrscene_"
NAMES = {"video": "视频", "shortvideo": "小视频", "file": "文件", "link": "链接"}
LONGEST_LABEL = 200
"""Characters of what the platform says about a place, a file or a link."""


@dataclass(frozen=True)
class Report:
    """What the platform says became of a template message."""

    msgid: str
    status: str


@dataclass(frozen=True)
class Meaning:
    """``text``: the customer's line; empty: there is none, and no turn. ``command``: what the bot reads instead of it.

    ``grant``: what may be sent because of it. ``attach``: the picture is wanted. ``scene``: what the scanned code
    brings along; ``source``: the same, for whoever looks after the customer. ``follow``: they follow the account now,
    or no longer. ``desk_closed``: the platform's customer service has ended its work.
    """

    text: str = ""
    payload: str | None = None
    command: str | None = None
    reply: str | None = None
    grant: Grant | None = None
    attach: bool = False
    scene: Mapping[str, Any] | None = None
    source: Scene | None = None
    follow: bool | None = None
    report: Report | None = None
    desk_closed: bool = False


NOTHING = Meaning()


class Meanings:
    """Reads messages with the dealer's content of the moment; with a database also clicks on what the bot offered."""

    def __init__(
        self, content: ContentStore, accounts: Iterable[Account], database: Database | None = None
    ) -> None:
        self._store, self._database = content, database
        self._accounts = {account.name: account for account in accounts}

    def of(self, message: PlatformMessage) -> Meaning:
        """Reads the database; to be called in a thread."""
        content = self._store.current()
        if message.kind == "event":
            read = _EVENTS.get((message.event or "").lower())
            return read(message, content, self._accounts.get(message.account)) if read else NOTHING
        if message.kind == "text":
            return self._text(message)
        return _KINDS.get(message.kind, _unknown)(message, content)

    def _text(self, message: PlatformMessage) -> Meaning:
        if message.menu_id is not None:
            payload = self._clicked(message, message.menu_id)
            return Meaning(message.text or "［选项］", payload=payload, grant=Grant.CLICK)
        code = identity.code_in(message.text)
        if code is not None:
            return Meaning(
                "［绑定码］", command=_do("link", code=code), grant=Grant.MESSAGE
            )  # nobody has to read it
        if identity.asks_how(message.text):
            return Meaning(message.text, command=_do("link"), grant=Grant.MESSAGE)
        return Meaning(with_signs(message.text) or "［空消息］", grant=Grant.MESSAGE)

    def _clicked(self, message: PlatformMessage, menu_id: str) -> str | None:
        """What the clicked choice says; None for an id that was never given out: its title is read as a text."""
        place, account = button_of(menu_id), self._accounts.get(message.account)
        if place is None or account is None or self._database is None:
            return None
        return choices.payload_at(self._database, account.sender_of(message.openid), *place)


def _subscribe(message: PlatformMessage, content: Content, account: Account | None) -> Meaning:
    key = (message.event_key or "").removeprefix(QRSCENE)
    return _scanned(message, content, account, "follow", "［关注了公众号", key, follow=True)


def _scan(message: PlatformMessage, content: Content, account: Account | None) -> Meaning:
    return _scanned(message, content, account, "scan", "［扫了二维码", message.event_key or "")


def _scanned(
    message: PlatformMessage,
    content: Content,
    account: Account | None,
    do: str,
    line: str,
    key: str,
    follow: bool | None = None,
) -> Meaning:
    """The store of an account that belongs to one counts where the code does not say another."""
    dealership = content.dealership
    scene = scenes.scene_of(dealership, key)
    words = scenes.words_of(dealership, scene)
    brought = Scene(scene.store or _store_of(dealership, account), scene.model, scene.campaign)
    model = {"scanned_model": scene.model} if scene.model else {}
    about = {"subject": words} if words else {}
    return Meaning(
        f"{line}{'：' if words else ''}{words}］",
        command=_do(do, **about, **model),
        grant=Grant.CLICK,
        scene=scenes.as_json(brought, message.created) or None,
        source=scene,
        follow=follow,
    )


def _click(message: PlatformMessage, content: Content, account: Account | None) -> Meaning:
    """A key of the menu is an intent, a topic, or one of ``clicks``; one that is none of them gets the choices."""
    key, wechat = (message.event_key or "").strip(), content.dealership.wechat
    click = wechat.clicks.get(key)
    topic, intent = (click.topic or "", click.intent or "") if click else (key, key)
    command = "/greet"
    if topic in content.faq:
        command = topic_payload(topic)
    elif intent in BUTTON_INTENTS:
        command = f"/{intent}"
    title = wechat.names().get(key) or (click.title if click else key[:LONGEST_LABEL])
    return Meaning(f"［菜单］{title}", command=command, grant=Grant.CLICK)


def _unsubscribe(message: PlatformMessage, content: Content, account: Account | None) -> Meaning:
    return Meaning(follow=False)


def _delivered(message: PlatformMessage, content: Content, account: Account | None) -> Meaning:
    if message.msgid is None:
        return NOTHING
    return Meaning(report=Report(message.msgid, message.status or "unknown"))


def _desk_closed(message: PlatformMessage, content: Content, account: Account | None) -> Meaning:
    return Meaning(desk_closed=True)


_Event = Callable[[PlatformMessage, Content, "Account | None"], Meaning]
_EVENTS: dict[str, _Event] = {
    "subscribe": _subscribe,
    "scan": _scan,
    "click": _click,
    "unsubscribe": _unsubscribe,
    "templatesendjobfinish": _delivered,
    "kf_close_session": _desk_closed,
}
"""Everything else, as VIEW and LOCATION (a report of where the phone is), is acknowledged and means nothing."""


def _voice(message: PlatformMessage, content: Content) -> Meaning:
    said = with_signs(message.recognition or "").strip()
    if said:
        return Meaning(f"{SPOKEN}{said}", grant=Grant.MESSAGE)
    return Meaning(SPOKEN, command=_do("voice"), grant=Grant.MESSAGE)


def _image(message: PlatformMessage, content: Content) -> Meaning:
    return Meaning("［图片］", command=_do("picture"), grant=Grant.MESSAGE, attach=True)


def _received(message: PlatformMessage, content: Content) -> Meaning:
    name = NAMES[message.kind]
    about = " ".join(part[:LONGEST_LABEL] for part in (message.title, message.url) if part)
    return Meaning(f"［{name}］{about}", command=_do("received", subject=name), grant=Grant.MESSAGE)


def _location(message: PlatformMessage, content: Content) -> Meaning:
    """The place as people say it, with its position for whoever drives there, and the store that is nearest to it."""
    if message.latitude is None or message.longitude is None or not (message.latitude or message.longitude):
        return _unknown(message, content)
    position = f"{message.latitude:.6f},{message.longitude:.6f}"
    place = f"{(message.label or '')[:LONGEST_LABEL].strip()}（{position}）"
    nearest = places.nearest_store(content.dealership.stores, message.latitude, message.longitude)
    near = (
        {"nearest": nearest.store.id, "distance": places.say_distance(nearest.km)}
        if nearest is not None and nearest.km <= places.NEAR_KM
        else {}
    )
    return Meaning(f"［位置］{place}", command=_command("inform", place=place, **near), grant=Grant.MESSAGE)


def _unknown(message: PlatformMessage, content: Content) -> Meaning:
    return Meaning("［无法显示的消息］", command=_do("unknown"), grant=Grant.MESSAGE)


_KINDS: dict[str, Callable[[PlatformMessage, Content], Meaning]] = {
    "voice": _voice,
    "image": _image,
    "location": _location,
    **dict.fromkeys(NAMES, _received),
}


def _do(what: str, **entities: str) -> str:
    """A remark of the platform's (``actions.wechat_talk``)."""
    return _command("greet", do=what, **entities)


def _command(intent: str, **entities: str) -> str:
    return f"/{intent}{json.dumps(entities, ensure_ascii=False)}"


def _store_of(dealership: Dealership, account: Account | None) -> str | None:
    known = {store.id for store in dealership.stores}
    return account.store if account is not None and account.store in known else None
