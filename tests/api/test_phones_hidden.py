"""Telephone numbers in what staff read: masked everywhere until one is asked for or revealed, and that is logged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import pytest

from bot.api.description import describe
from tests.api.filled import Filled, console_cookie, fill, pages_of
from tests.api.served import served
from tests.api.test_roles import cookie

NUMBERS = ("13812345671", "13912345672", "15012345673", "18612345674", "17712345675", "19912345676")
WRITTEN = (
    "我的电话是{}，请回电",
    "手机 {0:.3}-{1}-{2}",
    "{0:.3} {1} {2}",
    "+86{}",
    "{}",
    "打{}或者发微信",
)
NAMES = ("王一", "王二", "王三", "王四", "王五", "王六")
QUERIES = {"/api/staff/slots": {"kind": "test_drive", "model": "x5"}}
ENDLESS = {"/api/staff/stream"}


def written() -> tuple[str, ...]:
    """Each number as people write it, in full within a text."""
    return tuple(
        form.format(number, number[3:7], number[7:]) for form, number in zip(WRITTEN, NUMBERS, strict=True)
    )


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    with served(tmp_path_factory.mktemp("phones"), ZHANTING_RATE_LIMIT="off") as whole:
        filled = fill(whole, written(), lambda number: NUMBERS[number], NAMES)
        yield filled
        filled.client.close()


def full_numbers(text: str) -> set[str]:
    """Our numbers that somebody could dial from this text, whatever stands between their digits."""
    digits = re.sub(r"[^0-9A-Za-z*一-鿿\"{}\[\]:]", "", text)
    return {number for number in NUMBERS if number in digits}


def test_the_detector_sees_them() -> None:
    assert full_numbers(json.dumps(written(), ensure_ascii=False)) == set(NUMBERS)
    assert full_numbers("138****5671 139****5672") == set()


THEIR_OWN = "/api/staff/customers/{id}/copy"
"""What a customer gets of their own data has their number in full; the audit log gets who asked."""


def test_no_answer_of_the_api_tells_one(filled: Filled) -> None:
    told, read = {}, 0
    for path in describe()["paths"]:
        if "get" not in describe()["paths"][path] or path in ENDLESS:
            continue
        for address in addresses(filled, path):
            answer = filled.client.get(address, params=QUERIES.get(path, {}))
            read += answer.status_code == 200
            if path != THEIR_OWN and (found := full_numbers(answer.text)):
                told[address] = found

    assert told == {}
    assert read > 25


def test_no_page_of_the_console_tells_one(filled: Filled) -> None:
    session = {"Cookie": f"zhanting_staff={console_cookie(filled)}", "Authorization": ""}
    for path in pages_of(filled):
        answer = filled.client.get(path, headers=session)
        assert answer.status_code == 200, path
        assert full_numbers(answer.text) == set(), path


def test_neither_does_the_live_stream(filled: Filled) -> None:
    conversation = filled.conversations[0]
    text = ""
    query = {"conversation": conversation, "after": "0"}
    with filled.client.stream("GET", "/api/staff/stream", params=query) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            text += line
            if "ready" in line or len(text) > 200_000:
                break

    assert "****" in text
    assert full_numbers(text) == set()


def test_the_number_asked_for_is_shown(filled: Filled) -> None:
    [visit] = filled.get("appointments", phone=NUMBERS[0])

    assert visit["phone"] == NUMBERS[0]


@pytest.mark.parametrize("part", ["customers", "leads", "cases", "appointments", "conversations"])
def test_one_that_is_revealed_is_in_the_audit_log(filled: Filled, part: str) -> None:
    ids = {**filled.ids, "conversations": filled.conversations}
    before = len(revealed(filled))
    shown = filled.call("POST", f"{part}/{ids[part][0]}/reveal")
    log = revealed(filled)

    assert re.fullmatch(r"1\d{10}", shown["phone"])
    assert len(log) > before
    assert full_numbers(json.dumps(log)) == set()


def test_customers_see_their_own_conversation_alone(filled: Filled) -> None:
    """A visitor's token opens one conversation, and no id of a conversation opens any."""
    conversation, base = filled.conversations[0], str(filled.client.base_url)
    with httpx.Client(base_url=base) as outsider:
        stranger = outsider.post("/web/session", json={"conversation": conversation}).json()
        for token in (stranger["token"], conversation, "x"):
            headers = {"Authorization": f"Bearer {token}"}
            for path in ("/web/messages", "/web/messages?conversation=" + conversation):
                answer = outsider.get(path, headers=headers)
                assert answer.status_code == (200 if token == stranger["token"] else 401)
                assert full_numbers(answer.text) == set()
    own = {"Authorization": f"Bearer {filled.visitors[0]}"}
    assert full_numbers(filled.client.get("/web/messages", headers=own).text) == set(NUMBERS)
    assert stranger["conversation"] != conversation


def test_tokens_cannot_be_guessed(filled: Filled) -> None:
    with httpx.Client(base_url=str(filled.client.base_url)) as outsider:
        sessions = [outsider.post("/web/session", json={}).json() for _ in range(5)]

    assert len({session["token"] for session in sessions}) == 5
    assert all(len(session["token"]) >= 43 for session in sessions)
    assert all(re.fullmatch("[0-9a-f]{32}", session["conversation"]) for session in sessions)


def test_a_consultant_sees_no_more_than_the_administrator(filled: Filled) -> None:
    headers = {**cookie(filled.whole, "xss0"), "Authorization": ""}
    for path in ("customers", "leads", "cases", "appointments", "conversations", "desk"):
        answer = filled.client.get(f"/api/staff/{path}", headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        assert full_numbers(answer.text) == set(), path


def revealed(filled: Filled) -> list[object]:
    return [row for row in filled.get("audit") if "reveal" in row["action"]]


def addresses(filled: Filled, path: str) -> list[str]:
    if "{id}" not in path:
        return [path]
    named = {
        **filled.ids,
        "conversations": filled.conversations,
        "templates": ["utter_greet"],
        "dealership": ["profile"],
    }
    ids = named.get(path.split("/")[3], [])
    return [path.replace("{id}", id_) for id_ in ids]
