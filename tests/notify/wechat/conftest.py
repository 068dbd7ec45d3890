"""The server in the place of the platform."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.notify.wechat.answering import Answering, answering


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Answering]:
    async with answering() as running:
        yield running
