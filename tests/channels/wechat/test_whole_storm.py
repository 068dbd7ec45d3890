"""Many customers over a bad network: each message handled once, no answer lost or repeated, order kept.

``make proof`` sends 500 messages of 50 users, every test run 60 of 8.
"""

from __future__ import annotations

from tests.proof import size
from tests.wechat_platform.assistant import Station
from tests.wechat_platform.storm import Storm

USERS, MESSAGES = size(8, 50), size(60, 500)


async def test_points_05_07_and_12_redelivered_doubled_and_overtaken(station: Station) -> None:
    storm = Storm(station, USERS, MESSAGES)
    await storm.blows()
    await storm.has_settled()

    assert storm.asked == MESSAGES
    assert storm.disturbed() > MESSAGES * 0.15
    storm.was_weathered()
