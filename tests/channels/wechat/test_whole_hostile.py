"""Requests of somebody hostile to the real assistant: refused or acknowledged, never an error of ours."""

from __future__ import annotations

import pytest

from tests.wechat_platform.assistant import Station
from tests.wechat_platform.hostile import BODIES, hostile_request, in_plain_text, oversized

OPENID = "o-hostile-00000000000001"
PLAIN_SENDER = "o-plain-000000000000001"


@pytest.mark.parametrize("account", ["main", "plain"])
@pytest.mark.parametrize("kind", sorted(BODIES))
async def test_point_02_hostile_xml_with_a_right_signature(station: Station, account: str, kind: str) -> None:
    platform = station.platform
    made = hostile_request(platform.accounts[account], kind, OPENID, platform.clock.now())
    status, body = await platform.post(account, made.query, made.body)

    assert (status, body) == (200, b"success") or 400 <= status < 500
    assert "Traceback" not in station.server.err


async def test_point_02_too_large_a_body(station: Station) -> None:
    platform = station.platform
    made = oversized(platform.accounts["main"], OPENID, platform.clock.now())
    status, _ = await platform.post("main", made.query, made.body)

    assert status in (403, 413)


async def test_point_03_plain_text_is_never_taken_in_safe_mode(station: Station) -> None:
    platform = station.platform
    made = in_plain_text(platform.accounts["main"], PLAIN_SENDER, platform.clock.now())
    status, _ = await platform.post("main", made.query, made.body)

    assert status == 403
    with pytest.raises(AssertionError, match="0 conversations"):
        station.conversation_of(platform.customer(PLAIN_SENDER))


async def test_point_04_a_nonce_that_was_used_for_another_message(station: Station) -> None:
    """The same request again is a redelivery; the nonce with another message is a replay. In plain mode the signature
    does not cover the body, so nothing else would tell."""
    platform = station.platform
    customer = platform.customer("o-replayed-0000000000001", "plain")
    made = customer.text("你好").request()
    await customer.done()
    statuses = [(await platform.post("plain", made.query, made.body))[0] for _ in range(2)]
    other = made.body.replace("你好".encode(), "转人工".encode()).replace(b"<MsgId>", b"<MsgId>9")
    statuses.append((await platform.post("plain", made.query, other))[0])

    assert statuses == [200, 200, 403]
    assert station.asked(customer) == ["你好"]
