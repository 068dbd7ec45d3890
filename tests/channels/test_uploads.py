"""Files of customers: what they are is seen in their content, and nobody reads one without its address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot import clock
from bot.domain.errors import WrongKind
from bot.services.uploads import LARGEST, clean_name, delete_unsent, keep_file, type_of
from bot.store.staff_tables import Upload
from tests.channels.application import Application, running
from tests.files import GIF, JPEG, PDF, PNG, WEBP
from tests.installations import filled_database
from tests.services.dialogues import Echo


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    async with running(filled_database(tmp_path), Echo()) as application:
        yield application


@pytest.mark.parametrize(
    ("content", "kind", "name"),
    [
        (PNG, "image/png", "车灯.png"),
        (JPEG, "image/jpeg", "车灯.jpg"),
        (GIF, "image/gif", "车灯.gif"),
        (WEBP, "image/webp", "车灯.webp"),
        (PDF, "application/pdf", "车灯.pdf"),
    ],
)
async def test_a_file_is_a_message_and_can_be_read(
    application: Application, content: bytes, kind: str, name: str
) -> None:
    visitor = await application.visitor()
    sent = await upload(application, visitor, content, name="车灯.exe")
    await application.turns.close()
    message, answer = await history(application, visitor)
    attachment = message["custom"]["attachment"]
    read = await application.client.get(attachment["url"])

    assert sent.status_code == 202
    assert (message["author"], message["text"]) == ("customer", "")
    assert attachment == {**attachment, "name": name, "type": kind, "size": len(content)}
    assert "顾问" in answer["text"]
    assert application.dialogue.heard == []
    assert (read.status_code, read.content) == (200, content)
    assert read.headers["content-type"] == kind
    assert read.headers["x-content-type-options"] == "nosniff"
    assert read.headers["content-disposition"].startswith("attachment" if kind.endswith("pdf") else "inline")
    assert "sandbox" in read.headers["content-security-policy"]
    assert "private" in read.headers["cache-control"]


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"MZ\x90\x00" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"\x89PNG",
        b"\xff\xd8",
        b"RIFF\x00\x00\x00\x00AVI LIST",
        b"%PDF-x",
        b" %PDF-1.4",
        b"just words",
        bytes(64),
    ],
)
async def test_anything_else_is_refused_with_words(application: Application, content: bytes) -> None:
    visitor = await application.visitor()
    answer = await upload(application, visitor, content, name="photo.png")

    assert answer.status_code == 415
    assert "图片" in answer.json()["message"]
    assert await history(application, visitor) == []


async def test_a_file_that_is_too_large_is_refused(application: Application) -> None:
    visitor = await application.visitor()
    fits = await upload(application, visitor, PNG + bytes(LARGEST - len(PNG)), client_id="a")
    answer = await upload(application, visitor, PNG + bytes(LARGEST - len(PNG) + 1), client_id="b")

    assert fits.status_code == 202
    assert answer.status_code == 413
    assert "8 MB" in answer.json()["message"]


async def test_an_empty_file_and_one_without_an_id_are_refused(application: Application) -> None:
    visitor = await application.visitor()
    empty = await upload(application, visitor, b"")
    nameless = await application.client.post("/web/uploads", content=PNG, headers=visitor)

    assert (empty.status_code, nameless.status_code) == (400, 400)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
async def test_nobody_without_a_session_sends_files(
    application: Application, headers: dict[str, str]
) -> None:
    assert (await upload(application, headers, PNG)).status_code == 401


async def test_a_resend_is_the_same_message(application: Application) -> None:
    visitor = await application.visitor()
    first, again = [await upload(application, visitor, PNG, client_id="one") for _ in range(2)]
    await application.turns.close()

    assert again.json() == {**first.json(), "duplicate": True}
    assert len(await history(application, visitor)) == 2


async def test_files_count_as_messages(application: Application) -> None:
    visitor = await application.visitor()
    answers = [await upload(application, visitor, PNG, client_id=f"{n}") for n in range(31)]

    assert [answer.status_code for answer in answers] == [202] * 30 + [429]


@pytest.mark.parametrize("token", ["x", "A" * 43, "..%2f..%2fzhanting.db", "A" * 42 + "é"])
async def test_a_made_up_address_leads_nowhere(application: Application, token: str) -> None:
    assert (await application.client.get(f"/files/{token}/a.png")).status_code == 404


async def test_a_customer_cannot_send_the_file_of_somebody_else(application: Application) -> None:
    """``attachment`` is no field of a message: a file comes with its own request alone."""
    visitor = await application.visitor()
    folder = Path(application.database.engine.url.database).parent / "uploads"
    kept = keep_file(application.database, folder, PNG, "a", clock.now(), "admin")
    body = {"text": "", "client_id": "x", "attachment": kept.token}
    await application.client.post("/web/messages", json=body, headers=visitor)
    await application.turns.close()

    assert (await history(application, visitor))[0]["custom"] == {}


async def test_what_was_never_sent_goes_after_a_day(application: Application, tmp_path: Path) -> None:
    database, folder = application.database, tmp_path / "uploads"
    visitor = await application.visitor()
    await upload(application, visitor, PNG)
    unsent = keep_file(database, folder, PNG, "a", clock.now(), "admin")
    young = delete_unsent(database, folder, clock.now() + timedelta(hours=23))
    old = delete_unsent(database, folder, clock.now() + timedelta(hours=25))
    with database.reading() as session:
        left = list(session.scalars(sa.select(Upload.token)))

    assert (young, old) == (0, 1)
    assert unsent.token not in left
    assert [path.name for path in folder.iterdir()] == left


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\照片\\IMG 1.JPG", "IMG 1.png"),
        ('a"><script>.html', "a_script.png"),
        ("a\r\nX-Evil: 1", "a _X-Evil_ 1.png"),
        ("\u202egpj.exe", "gpj.png"),
        ("", "图片.png"),
        (None, "图片.png"),
        ("...", "图片.png"),
        ("\ud800", "图片.png"),
        ("长" * 300, "长" * 80 + ".png"),
    ],
)
def test_names_become_harmless(given: str | None, name: str) -> None:
    assert clean_name(given, "image/png") == name


def test_a_page_that_begins_like_a_picture_is_no_page() -> None:
    """It is taken for a picture and served as one, never as HTML (``nosniff``)."""
    assert type_of(GIF + b"<script>alert(1)</script>") == "image/gif"
    with pytest.raises(WrongKind):
        type_of(b"<!-- -->" + GIF)


async def upload(
    application: Application, headers: dict[str, str], content: bytes, **query: Any
) -> httpx.Response:
    named = {"client_id": "one", "name": "a.png", **query}
    return await application.client.post("/web/uploads", content=content, headers=headers, params=named)


async def history(application: Application, visitor: dict[str, str]) -> list[dict[str, Any]]:
    answer = await application.client.get("/web/messages", headers=visitor)
    return list(answer.json()["messages"])
