"""One-time codes for WeChat over the staff API: who gets one, and that it is told once."""

from __future__ import annotations

from bot import clock
from bot.domain.wechat.account import Account, Mode
from bot.domain.wechat.window import Grant
from bot.services.audit import list_audit
from bot.services.wechat import contacts, identity
from bot.services.wechat.identity import Link
from tests.api.application import Desk

OWNER = "13800000001"
MAIN = Account("main", "wx1", "token", Mode.PLAIN)


async def test_a_code_for_a_customer(desk: Desk) -> None:
    [found] = await desk.get("customers", q=OWNER)
    made = await desk.post(f"customers/{found['id']}/wechat-code")
    id_ = contacts.arrived(desk.database, MAIN, "o-1", "m:1", Grant.MESSAGE, clock.now()).conversation_id

    assert identity.use_code(desk.database, id_, made["code"], clock.now()) is Link.LINKED
    card = await desk.get(f"conversations/{id_}/card")
    assert card["customer"]["id"] == found["id"]
    [line] = list_audit(desk.database, action="customer.link_code_made")
    assert (line.subject, made["code"] in str(line)) == (found["id"], False)


async def test_no_code_for_nobody(desk: Desk) -> None:
    await desk.post("customers/nobody/wechat-code", 404)
