"""Standard replies in the staff API: edited, proposed, taken out of use, and what the workplace offers then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.staff import Role
from tests.api.whole import Whole, whole

pytestmark = pytest.mark.asyncio(loop_scope="module")
REPLY = "standard-replies/standard.one_moment"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def staffed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Whole]:
    async with whole(tmp_path_factory.mktemp("standard")) as running:
        running.add_user(Role.CONSULTANT)
        running.add_user(Role.CONTENT_EDITOR)
        yield running


async def sends(staffed: Whole, role: Role, method: str, path: str, **body: Any) -> Any:
    headers = staffed.headers(f"test.{role.value}")
    return await staffed.client.request(method, f"/api/staff/{path}", json=body, headers=headers)


async def offered(staffed: Whole, words: str) -> list[tuple[str, str]]:
    """What somebody who types the words is offered."""
    return [(reply["id"], reply["text"]) for reply in await staffed.get("standard-replies", q=words)]


async def test_an_edit_is_offered_at_once_and_rolled_back(staffed: Whole) -> None:
    before = await offered(staffed, "qsd")
    edited = await staffed.send("PUT", REPLY, text="马上，{brand}。", version=1)

    assert {"version": 2, "shortcut": "qsd", "category": "通用", "warnings": []}.items() <= edited.items()
    assert "buttons" not in edited
    assert (await offered(staffed, "qsd"))[0][1] == "马上，青岚汽车。"
    found = await staffed.get("standard-replies/search", q="qsd", category="通用")
    assert [entry["version"] for entry in found] == [2]
    await staffed.send("POST", f"{REPLY}/rollback", version=1)
    assert await offered(staffed, "qsd") == before
    versions = await staffed.get(f"{REPLY}/history")
    assert [version["text"] for version in versions[:3:2]] == [before[0][1]] * 2


async def test_a_consultant_proposes_and_an_editor_publishes(staffed: Whole) -> None:
    before = await offered(staffed, "qsd")
    drafted = await sends(staffed, Role.CONSULTANT, "PUT", REPLY, text="草稿里的话。")
    assert drafted.json()["draft"]["author"] == "test.consultant"
    assert await offered(staffed, "qsd") == before
    assert (await sends(staffed, Role.CONSULTANT, "POST", f"{REPLY}/approve")).status_code == 403

    approved = await sends(staffed, Role.CONTENT_EDITOR, "POST", f"{REPLY}/approve")
    assert approved.status_code == 200
    assert (await offered(staffed, "qsd"))[0][1] == "草稿里的话。"
    lines = await staffed.get("audit", action="content")
    mine = [(line["username"], line["action"]) for line in lines if "standard.one_moment" in line["subject"]]
    assert mine[:2] == [("test.content_editor", "content.approved"), ("test.consultant", "content.edited")]


async def test_faults_are_told_with_their_field(staffed: Whole) -> None:
    for body, field, words in (
        ({"shortcut": "jsy"}, "shortcut", "快捷码已经给了“结束语”，请换一个"),
        ({"text": "在 {nowhere}"}, "text", "没有变量 {nowhere}"),
        ({"buttons": []}, "buttons", "没有“buttons”这个字段"),
    ):
        refused = await sends(staffed, Role.CONTENT_EDITOR, "PUT", REPLY, **body)
        assert (refused.status_code, refused.json()["field"]) == (400, field)
        assert words in refused.json()["message"]
    shown = await staffed.send("POST", f"{REPLY}/preview", shortcut="jsy", text="{customer}请看 {nowhere}")
    assert shown["text"] == "王先生请看 {nowhere}"
    assert {fault["field"] for fault in shown["faults"]} == {"shortcut", "text"}


async def test_a_new_one_is_offered_until_it_is_out_of_use(staffed: Whole) -> None:
    missing = await sends(staffed, Role.CONTENT_EDITOR, "PUT", "standard-replies/standard.tow", title="拖车")
    assert (missing.status_code, missing.json()["message"]) == (400, "新话术要有文字")
    suggested = (await staffed.send("POST", "standard-replies/new/preview", title="拖车"))["suggested_id"]
    assert suggested == "standard.tuo_che"
    path = f"standard-replies/{suggested}"
    made = await staffed.send("PUT", path, title="拖车", text="拖车【几点】到。", shortcut="tc", version=0)
    assert (made["status"], made["category"]) == ("approved", "")
    assert (suggested, "拖车【几点】到。") in await offered(staffed, "tc")

    await staffed.send("POST", f"{path}/retire")
    assert suggested not in [id_ for id_, _ in await offered(staffed, "")]
    await staffed.send("POST", f"{path}/restore")
    assert suggested in [id_ for id_, _ in await offered(staffed, "tc")]
