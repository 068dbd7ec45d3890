"""What goes over the wire to the assistant and back, signed and encrypted by wechatpy: an independent peer."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import xmltodict
from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.utils import WeChatSigner

from tests.wechat_platform.accounts import PLAIN, SAFE, PlatformAccount

Fields = dict[str, Any]
ACKNOWLEDGED = (b"", b"success")
LONGEST_TEXT = 2048


class BadReply(Exception):
    """The platform cannot read the answer: it shows the customer an error."""


@dataclass(frozen=True)
class Request:
    query: dict[str, str]
    body: bytes


def sign(*parts: str) -> str:
    signer = WeChatSigner()
    signer.add_data(*parts)
    return str(signer.signature)


def xml_of(fields: Fields) -> str:
    """The platform's XML: text in CDATA, numbers bare."""
    return f"<xml>{''.join(_element(name, value) for name, value in fields.items())}</xml>"


def _element(name: str, value: Any) -> str:
    if isinstance(value, dict):
        inner = "".join(_element(*each) for each in value.items())
    elif isinstance(value, int | float):
        inner = str(value)
    else:
        inner = "<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"
    return f"<{name}>{inner}</{name}>"


def query_of(account: PlatformAccount, timestamp: int, nonce: str | None = None) -> dict[str, str]:
    nonce = nonce or secrets.token_hex(5)
    signature = sign(account.token, str(timestamp), nonce)
    return {"signature": signature, "timestamp": str(timestamp), "nonce": nonce}


def request_of(account: PlatformAccount, fields: Fields, timestamp: int, openid: str) -> Request:
    """The POST that carries a message, in the account's mode."""
    query, plain = {**query_of(account, timestamp), "openid": openid}, xml_of(fields)
    if account.mode == PLAIN:
        return Request(query, plain.encode())
    encrypted = PrpCrypto(WeChatCrypto(account.token, account.aes_key, account.app_id).key).encrypt(
        plain, account.app_id
    )
    cipher = encrypted.decode() if isinstance(encrypted, bytes) else str(encrypted)
    signature = sign(account.token, query["timestamp"], query["nonce"], cipher)
    outer = {"ToUserName": account.original_id} if account.mode == SAFE else fields
    body = xml_of({**outer, "Encrypt": cipher})
    return Request({**query, "encrypt_type": "aes", "msg_signature": signature}, body.encode())


def reply_in(account: PlatformAccount, body: bytes, openid: str) -> Fields | None:
    """The fields of a passive reply; None for an acknowledgement. Raises ``BadReply``."""
    if body in ACKNOWLEDGED:
        return None
    try:
        fields = dict(xmltodict.parse(body.decode("utf-8"))["xml"])
        if account.mode != PLAIN and "Encrypt" in fields:
            fields = _opened(account, fields)
        elif account.mode == SAFE:
            raise BadReply("not encrypted in safe mode")
    except BadReply:
        raise
    except Exception as error:
        raise BadReply(f"cannot be read: {error!r}") from error
    _check(account, fields, openid)
    return fields


def _opened(account: PlatformAccount, outer: Fields) -> Fields:
    crypto = WeChatCrypto(account.token, account.aes_key, account.app_id)
    plain = crypto.decrypt_message(outer, outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"])
    return dict(xmltodict.parse(plain)["xml"])


def _check(account: PlatformAccount, fields: Fields, openid: str) -> None:
    if fields.get("ToUserName") != openid or fields.get("FromUserName") != account.original_id:
        raise BadReply("goes to somebody else")
    if not str(fields.get("CreateTime", "")).isdigit():
        raise BadReply("has no CreateTime")
    kind = fields.get("MsgType")
    if kind == "text" and not 0 < len((fields.get("Content") or "").encode()) <= LONGEST_TEXT:
        raise BadReply("has no text, or too much of it")
    if kind not in ("text", "image", "news", "transfer_customer_service"):
        raise BadReply(f"is of no known kind: {kind}")
