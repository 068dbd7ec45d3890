"""The page on which a person chats through the simulator: its address, and the acts that it asks for."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.wechat_platform.customer import Customer
from tests.wechat_platform.delivery import ATTEMPTS, DEADLINE, Delivery, Way
from tests.wechat_platform.platform import Platform
from tests.wechat_platform.shown import Choice

STATIC = Path(__file__).parent / "static"
CUSTOMERS = {"oLiLei000000000000000000001": "李雷", "oHanMeimei00000000000000002": "韩梅梅"}
Act = Callable[[Customer, dict[str, Any], Way], Delivery]

ACTS: dict[str, Act] = {
    "text": lambda who, body, way: who.text(str(body["text"]), way),
    "click": lambda who, body, way: who.click(Choice(str(body["id"]), str(body["text"])), way),
    "menu": lambda who, body, way: who.menu(str(body["key"]), way),
    "view": lambda who, body, way: who.view(str(body["url"]), way),
    "voice": lambda who, body, way: who.voice(str(body["text"]) or None, way),
    "location": lambda who, body, way: who.location(
        float(body["latitude"]), float(body["longitude"]), str(body["label"]), way
    ),
    "follow": lambda who, body, way: who.follow(str(body.get("scene", "")), way),
    "scan": lambda who, body, way: who.scan(str(body["scene"]), way),
    "unfollow": lambda who, body, way: who.unfollow(way),
}


class Page:
    """Add it to a platform before that starts."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._names = dict(CUSTOMERS)
        for openid in CUSTOMERS:
            for account in platform.accounts:
                platform.customer(openid, account).follows = False
        platform.routes += [
            web.get("/", self._file("index.html", "text/html")),
            web.get("/sim.js", self._file("sim.js", "text/javascript")),
            web.get("/picture/{id}", self._picture),
            web.get("/sim/state", self._state),
            web.post("/sim/act", self._act),
            web.post("/sim/image", self._image),
            web.post("/sim/customer", self._add),
            web.post("/sim/age", self._age),
        ]

    def _file(self, name: str, kind: str) -> Any:
        async def answer(request: web.Request) -> web.Response:
            text = (STATIC / name).read_text("utf-8")
            return web.Response(
                text=text, content_type=kind, charset="utf-8", headers={"Cache-Control": "no-store"}
            )

        return answer

    async def _picture(self, request: web.Request) -> web.Response:
        found = self._platform.media.files.get(request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found[0], content_type=found[1])

    async def _state(self, request: web.Request) -> web.Response:
        who, now = self._who(request.query), self._platform.clock.now()
        people = [
            {
                "openid": openid,
                "name": name,
                "follows": self._platform.customer(openid, who.account.name).follows,
            }
            for openid, name in self._names.items()
        ]
        state = {
            "accounts": [{"name": each.name, "mode": each.mode} for each in self._platform.accounts.values()],
            "people": people,
            "menu": (who.account.menu or {}).get("button", []),
            "shown": [each.as_json() for each in who.shown],
            "typing": who.typing_until > now,
            "left": who.quota.left(now),
            "follows": who.follows,
            "now": now,
            "deliveries": [_delivery(each) for each in who.deliveries[-12:]],
        }
        return web.json_response(state)

    async def _act(self, request: web.Request) -> web.Response:
        body = await request.json()
        ACTS[body["act"]](self._who(body), body, _way(body))
        return web.json_response({})

    async def _image(self, request: web.Request) -> web.Response:
        self._who(request.query).image(await request.read(), _way(request.query))
        return web.json_response({})

    async def _add(self, request: web.Request) -> web.Response:
        number = len(self._names) + 1
        openid = (
            f"oCustomer{number:06}{secrets.token_hex(6)}"  # the assistant may know those of an earlier run
        )
        self._names[openid] = str((await request.json()).get("name") or f"客户{number}")
        self._platform.customer(openid, next(iter(self._platform.accounts))).follows = False
        return web.json_response({"openid": openid})

    async def _age(self, request: web.Request) -> web.Response:
        """As if the customer had not written for so long. The clock stays: the assistant would refuse its times."""
        body = await request.json()
        self._who(body).quota.age(float(body["seconds"]))
        return web.json_response({})

    def _who(self, given: Any) -> Customer:
        openid = given.get("openid") or next(iter(self._names))
        account = given.get("account") or next(iter(self._platform.accounts))
        if openid not in self._names or account not in self._platform.accounts:
            raise web.HTTPNotFound
        return self._platform.customer(openid, account)


def _way(given: Any) -> Way:
    """How the network shall be: patient, in a hurry, or sending everything twice."""
    seconds = min(60.0, max(0.2, float(given.get("deadline") or DEADLINE)))
    again = (0.2,) if str(given.get("twice", "")) in ("true", "True", "1") else ()
    return Way(cut=(seconds,) * ATTEMPTS, again=again)


def _delivery(delivery: Delivery) -> dict[str, Any]:
    fields = delivery.fields
    what = fields.get("Event") or fields["MsgType"]
    tries = [
        {"outcome": each.outcome, "seconds": round(each.seconds, 2), "why": each.why}
        for each in delivery.attempts
    ]
    return {"what": what, "key": delivery.key, "tries": tries, "extra": len(delivery.extra_replies)}
