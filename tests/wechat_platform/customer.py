"""A customer of an Official Account: writes, clicks, follows, and sees what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.delivery import Delivery, Way
from tests.wechat_platform.quota import CLICK, MESSAGE, Quota
from tests.wechat_platform.shown import Choice, Shown

if TYPE_CHECKING:
    from tests.wechat_platform.platform import Platform

USUAL = Way()
PATIENCE = 30.0


@dataclass
class Customer:
    """``shown`` is their screen, with what they wrote themselves. Every act gives the ``Delivery``; await ``done``."""

    platform: Platform
    account: PlatformAccount
    openid: str
    follows: bool = True
    quota: Quota = field(default_factory=Quota)
    shown: list[Shown] = field(default_factory=list)
    typing_until: float = 0.0
    deliveries: list[Delivery] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def text(self, text: str, way: Way = USUAL, msgid: int | None = None) -> Delivery:
        return self._message("text", {"Content": text}, text, way, msgid)

    def click(self, choice: Choice, way: Way = USUAL) -> Delivery:
        """A click in a msgmenu: a text with the choice's id, which allows less than a message."""
        fields = {"Content": choice.text, "bizmsgmenuid": choice.id}
        return self._message("text", fields, choice.text, way, grant=CLICK)

    def image(self, content: bytes, way: Way = USUAL) -> Delivery:
        media = self.platform.media.keep(content, "image/jpeg")
        fields = {"PicUrl": f"{self.platform.url}/picture/{media}", "MediaId": media}
        return self._message("image", fields, "［图片］", way, media=media)

    def voice(self, recognition: str | None = None, way: Way = USUAL) -> Delivery:
        media = self.platform.media.keep(b"#!AMR\n" + bytes(32), "audio/amr")
        fields = {"MediaId": media, "Format": "amr"}
        if recognition is not None:
            fields["Recognition"] = recognition
        return self._message("voice", fields, f"［语音］{recognition or ''}", way)

    def video(self, kind: str = "video", way: Way = USUAL) -> Delivery:
        media = self.platform.media.keep(bytes(64), "video/mp4")
        return self._message(kind, {"MediaId": media, "ThumbMediaId": media}, "［视频］", way)

    def location(self, latitude: float, longitude: float, label: str = "", way: Way = USUAL) -> Delivery:
        fields = {"Location_X": latitude, "Location_Y": longitude, "Scale": 16, "Label": label}
        return self._message("location", fields, f"［位置］{label}", way)

    def link(self, title: str, url: str, way: Way = USUAL) -> Delivery:
        fields = {"Title": title, "Description": "", "Url": url}
        return self._message("link", fields, f"［链接］{title}", way)

    def unknown(self, kind: str = "miniprogrampage", way: Way = USUAL) -> Delivery:
        return self._message(kind, {"Title": "?", "AppId": "wx0"}, "［小程序］", way)

    def follow(self, scene: str = "", way: Way = USUAL) -> Delivery:
        """Follow the account, after scanning the code of a scene or not."""
        self.follows = True
        fields = {"EventKey": f"qrscene_{scene}" if scene else ""}
        if scene:
            fields["Ticket"] = self.platform.codes.ticket_of(scene)
        return self._event("subscribe", fields, way, CLICK)

    def unfollow(self, way: Way = USUAL) -> Delivery:
        self.follows, self.quota = False, Quota()
        return self._event("unsubscribe", {"EventKey": ""}, way)

    def scan(self, scene: str, way: Way = USUAL) -> Delivery:
        if not self.follows:
            return self.follow(scene, way)
        fields = {"EventKey": scene, "Ticket": self.platform.codes.ticket_of(scene)}
        return self._event("SCAN", fields, way, CLICK)

    def menu(self, key: str, way: Way = USUAL) -> Delivery:
        """A click on a button of the account's menu."""
        return self._event("CLICK", {"EventKey": key}, way, CLICK)

    def view(self, url: str, way: Way = USUAL) -> Delivery:
        return self._event("VIEW", {"EventKey": url, "MenuId": 1}, way, CLICK)

    def reports_location(self, latitude: float, longitude: float, way: Way = USUAL) -> Delivery:
        fields = {"Latitude": latitude, "Longitude": longitude, "Precision": 60.0}
        return self._event("LOCATION", fields, way)

    def template_done(self, msgid: int, status: str = "success", way: Way = USUAL) -> Delivery:
        return self._event("TEMPLATESENDJOBFINISH", {"MsgID": msgid, "Status": status}, way)

    def _message(
        self,
        kind: str,
        fields: dict[str, Any],
        seen: str,
        way: Way,
        msgid: int | None = None,
        grant: tuple[str, int, float] = MESSAGE,
        media: str = "",
    ) -> Delivery:
        now = self.platform.clock.now()
        self.quota.grant(grant, now)
        self.show(Shown("image" if media else "text", seen, "own", now, media_id=media))
        number = msgid if msgid is not None else self.platform.next_msgid()
        return self._bring({"MsgType": kind, **fields, "MsgId": number}, way)

    def _event(
        self, event: str, fields: dict[str, Any], way: Way, grant: tuple[str, int, float] | None = None
    ) -> Delivery:
        if grant:
            self.quota.grant(grant, self.platform.clock.now())
        return self._bring({"MsgType": "event", "Event": event, **fields}, way)

    def _bring(self, fields: dict[str, Any], way: Way) -> Delivery:
        created = int(self.platform.clock.now())
        head = {"ToUserName": self.account.original_id, "FromUserName": self.openid, "CreateTime": created}
        delivery = Delivery(self.account, self.openid, {**head, **fields}, way, self.platform.clock.now)
        self.deliveries.append(delivery)
        task = asyncio.get_running_loop().create_task(self.platform.bring(self, delivery))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return delivery

    def show(self, shown: Shown) -> None:
        self.shown.append(shown)
        if shown.via in ("passive", "custom"):
            self.typing_until = 0.0
        self.news()

    def show_template(self, body: dict[str, Any]) -> None:
        lines = "\n".join(str(each["value"]) for each in body["data"].values())
        now = self.platform.clock.now()
        self.show(Shown("template", lines, "template", now, url=str(body.get("url") or "")))

    def news(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    @property
    def received(self) -> list[Shown]:
        """What came from the account, in order."""
        return [each for each in self.shown if each.via != "own"]

    @property
    def texts(self) -> list[str]:
        return [each.whole for each in self.received]

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Those of the newest msgmenu."""
        return next((each.choices for each in reversed(self.received) if each.choices), ())

    def choice(self, part: str) -> Choice:
        """The choice whose words contain ``part``."""
        found = [choice for choice in self.choices if part in choice.text]
        assert found, f"no {part!r} among {[each.text for each in self.choices]}; screen: {self.texts}"
        return found[0]

    async def done(self) -> None:
        """Every message that was sent has its answer, or the platform gave up."""
        while self.tasks:
            await asyncio.wait(set(self.tasks))

    async def until(self, is_so: Callable[[Customer], Any], seconds: float = PATIENCE) -> None:
        """Wait until the screen is so; fails with what is on it."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not is_so(self):
            changed, left = self.changed, deadline - loop.time()
            assert left > 0, "never seen; the screen:\n" + "\n".join(
                f"{each.via}: {each.whole}" for each in self.shown
            )
            try:
                await asyncio.wait_for(changed.wait(), min(left, 1.0))
            except asyncio.TimeoutError:
                continue

    async def sees(self, part: str, seconds: float = PATIENCE, after: int = 0) -> Shown:
        """Wait for something from the account that contains ``part``, after the first ``after`` received ones."""
        await self.until(lambda me: any(part in each.whole for each in me.received[after:]), seconds)
        return next(each for each in self.received[after:] if part in each.whole)
