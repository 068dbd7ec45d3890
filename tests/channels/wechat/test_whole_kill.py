"""Kill -9 while customers write in WeChat: nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from tests.proof import size
from tests.server import start_server
from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.assistant import start_station
from tests.wechat_platform.storm import Storm

USERS, MESSAGES = size(6, 50), size(36, 500)
LATER = "2026-11-22T10:01:00+08:00"


async def test_killed_while_customers_write(tmp_path: Path) -> None:
    home = tmp_path / "home"
    station = await asyncio.to_thread(start_station, home, [PlatformAccount("main")])
    station.slow_down({"*": 0.2})
    async with station.platform:
        storm = Storm(station, USERS, MESSAGES, name="killed")
        blowing = asyncio.ensure_future(storm.blows())
        while storm.asked < MESSAGES // 2 and not blowing.done():
            await asyncio.sleep(0.01)
        station.server.stop(signal.SIGKILL)
        again = {**station.settings, "ZHANTING_CLOCK": LATER}
        station.server = await asyncio.to_thread(start_server, home, **again)
        station.platform.point_at(station.server.url)
        await blowing
        await storm.has_settled(60)

        assert storm.asked == MESSAGES
        assert storm.lost_nothing_that_was_taken() <= USERS
    station.database.close()
    assert station.server.stop() == 0
