"""Requests that only somebody hostile or broken sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from wechatpy.crypto import PrpCrypto, WeChatCrypto

from tests.wechat_platform.accounts import PLAIN, PlatformAccount
from tests.wechat_platform.envelope import Request, query_of, request_of, sign, xml_of

LARGE = 257 * 1024
ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
LAUGHS = f'<!DOCTYPE xml [<!ENTITY l0 "ha">{ENTITIES}]>'
OUTSIDE = '<!DOCTYPE xml [<!ENTITY file SYSTEM "file:///etc/passwd">]>'

BODIES: dict[str, Callable[[str], bytes]] = {
    "laughs": lambda xml: (LAUGHS + xml.replace("</xml>", "<X>&l8;</X></xml>")).encode(),
    "outside": lambda xml: (OUTSIDE + xml.replace("</xml>", "<X>&file;</X></xml>")).encode(),
    "deep": lambda xml: xml.replace("</xml>", "<a>" * 2000 + "</a>" * 2000 + "</xml>").encode(),
    "wide": lambda xml: xml.replace("</xml>", "".join(f"<a{n}/>" for n in range(5000)) + "</xml>").encode(),
    "doubled": lambda xml: xml.replace(
        "</xml>", "<FromUserName>o-somebody-else</FromUserName></xml>"
    ).encode(),
    "cut": lambda xml: xml.encode()[:-20],
    "bytes": lambda xml: xml.encode().replace(b"<MsgType>", b"<MsgType>\xff\xfe"),
    "nul": lambda xml: xml.encode().replace(b"<MsgType>", b"<MsgType>\x00"),
    "json": lambda xml: b'{"MsgType": "text"}',
    "nothing": lambda xml: b"",
    "huge id": lambda xml: xml.replace("</xml>", f"<Ticket>{'9' * 60_000}</Ticket></xml>").encode(),
}
"""By what is wrong with the XML inside: the request around it is signed as it should be."""


def hostile_request(account: PlatformAccount, kind: str, openid: str, now: float) -> Request:
    """A request whose signature is right and whose XML is as ``BODIES`` says."""
    fields = {
        "ToUserName": account.original_id,
        "FromUserName": openid,
        "CreateTime": int(now),
        "MsgType": "text",
        "Content": "你好",
        "MsgId": 1,
    }
    body = BODIES[kind](xml_of(fields))
    query = {**query_of(account, int(now)), "openid": openid}
    if account.mode == PLAIN:
        return Request(query, body)
    key = WeChatCrypto(account.token, account.aes_key, account.app_id).key
    cipher = _Bytes(key).encrypt(body, account.app_id).decode()
    signature = sign(account.token, query["timestamp"], query["nonce"], cipher)
    outer = xml_of({"ToUserName": account.original_id, "Encrypt": cipher})
    return Request({**query, "encrypt_type": "aes", "msg_signature": signature}, outer.encode())


class _Bytes(PrpCrypto):  # type: ignore[misc]
    """wechatpy's, also for bytes that are no text."""

    def encrypt(self, text: bytes, app_id: str) -> bytes:
        return bytes(self._encrypt(text, app_id))


def oversized(account: PlatformAccount, openid: str, now: float) -> Request:
    """More than the platform ever sends."""
    made = request_of(account, {"Content": "x" * LARGE}, int(now), openid)
    return replace(made, body=made.body + b" " * LARGE)


def in_plain_text(account: PlatformAccount, openid: str, now: float) -> Request:
    """A message that is not encrypted, to an account in safe mode, with a right signature."""
    plain = PlatformAccount(account.name, mode=PLAIN)
    fields = {
        "ToUserName": account.original_id,
        "FromUserName": openid,
        "CreateTime": int(now),
        "MsgType": "text",
        "Content": "你好",
        "MsgId": 2,
    }
    return request_of(plain, fields, int(now), openid)
