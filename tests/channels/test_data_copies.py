"""The address of a copy works once, over HTTP."""

from __future__ import annotations

import io
import re
import zipfile

import httpx

from tests.server import RunningServer


def test_a_copy_is_fetched_once(server: RunningServer) -> None:
    said = _say(server, "导出我的个人信息 13800000002 浙A·B2002")
    found = re.search(r"/my-data/[\w-]+\.zip", said)
    assert found, said
    address = server.url + found.group()
    with httpx.Client(timeout=60) as client:
        head = client.head(address)
        first, again = client.get(address), client.get(address)

    assert head.status_code == 405  # who only looks does not use it up
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(first.content)) as archive:
        assert "浙AB2002" in archive.read("data.json").decode()
    assert again.status_code == 404
    assert "已经用过" in again.text


def test_an_address_that_nobody_was_told(server: RunningServer) -> None:
    for name in ("x.zip", "a" * 43, "a" * 200 + ".zip"):
        assert httpx.get(f"{server.url}/my-data/{name}", timeout=60).status_code == 404


def _say(server: RunningServer, text: str) -> str:
    answer = httpx.post(
        f"{server.url}/webhooks/rest/webhook",
        json={"sender": "wants-a-copy", "message": text},
        headers={"Authorization": "Bearer a-token-of-the-test"},
        timeout=60,
    )
    return "\n".join(each.get("text", "") for each in answer.json())
