"""Two server processes on one PostgreSQL and one Redis: a redelivery meets the other one, and each message is handled once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from tests.database import new_postgres_url
from tests.proof import size
from tests.redis import redis_url
from tests.server import RunningServer, start_server
from tests.wechat_platform.accounts import PlatformAccount
from tests.wechat_platform.assistant import Station, start_station
from tests.wechat_platform.delivery import Way
from tests.wechat_platform.storm import Storm

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

USERS, MESSAGES = size(6, 50), size(40, 500)
OPENING = "你们几点开门"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Station, RunningServer]]:
    folder = tmp_path_factory.mktemp("pair")
    shared = {"DATABASE_URL": new_postgres_url(), "REDIS_URL": redis_url()}
    station = start_station(folder / "one", [PlatformAccount("main")], **shared)
    second = start_server(folder / "two", **station.settings)
    station.platform.accounts["main"].more_addresses = [f"{second.url}/wechat/main"]
    yield station, second
    station.database.close()
    for server in (station.server, second):
        if server.process.poll() is None:
            server.stop()


async def test_point_07_a_redelivery_joins_the_turn_of_the_other_process(
    pair: tuple[Station, RunningServer],
) -> None:
    station, _ = pair
    station.slow_down({OPENING: 2.0})
    async with station.platform:
        customer = station.platform.customer("o-other-process-000000001")
        delivery = customer.text(OPENING, Way(cut=(0.4, 5.0, 5.0)))
        await customer.done()
        await customer.until(station.has_everything)

        assert delivery.outcomes[0] == "cut"
        assert station.asked(customer) == [OPENING]
        station.sees_everything_once(customer)


async def test_points_05_and_12_a_storm_over_two_processes(pair: tuple[Station, RunningServer]) -> None:
    station, _ = pair
    station.slow_down({})
    async with station.platform:
        storm = Storm(station, USERS, MESSAGES, name="pair")
        await storm.blows()
        await storm.has_settled()

        storm.was_weathered()
        assert station.platform.tokens["main"].fetched <= 2


async def test_one_of_two_processes_is_killed(pair: tuple[Station, RunningServer]) -> None:
    """The other one goes on with what the dead one had taken. Last: it leaves one process."""
    station, second = pair
    station.slow_down({"*": 0.3})
    async with station.platform:
        storm = Storm(station, USERS, MESSAGES, name="widowed")
        blowing = asyncio.ensure_future(storm.blows())
        while storm.asked < MESSAGES // 2 and not blowing.done():
            await asyncio.sleep(0.01)
        second.stop(signal.SIGKILL)
        station.platform.accounts["main"].more_addresses = []
        await blowing
        await storm.has_settled(90)

        assert storm.lost_nothing_that_was_taken() <= USERS
