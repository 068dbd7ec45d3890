"""The real assistant beside the simulated platform, one for all whole-path tests of a run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.wechat_platform.accounts import COMPATIBLE, PLAIN, PlatformAccount
from tests.wechat_platform.assistant import Station, start_station

ACCOUNTS = {
    "main": {},
    "plain": {"mode": PLAIN},
    "compatible": {"mode": COMPATIBLE},
    "bare": {"tells_may_send": "off", "may_send": False},
    "denied": {"may_send": False},
    "desk": {"desk": "platform"},
}
"""``bare`` may not send and says so; ``denied`` finds out by the platform's 48001."""


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    home = tmp_path_factory.mktemp("wechat") / "home"
    station = start_station(home, [PlatformAccount(name, **more) for name, more in ACCOUNTS.items()])  # type: ignore[arg-type]
    yield station
    station.database.close()
    station.server.stop()


@pytest.fixture
async def station(whole: Station) -> AsyncIterator[Station]:
    """The same with the platform up; turns are as fast as they are."""
    whole.slow_down({})
    async with whole.platform:
        yield whole
