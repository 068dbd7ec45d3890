"""An installation in which every field that takes a text has one, by the public ways in where there are any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot import clock
from bot.services import scores
from bot.store.staff_tables import Case
from bot.store.tables import Vehicle
from tests.api.test_roles import bearer, cookie
from tests.api.whole import Whole
from tests.files import PNG

DRIVE = {"kind": "test_drive", "store": "east", "model": "x5"}
FAQ = {"category": "store", "questions": ["店里有几位师傅", "师傅一共几位", "你们几位师傅"]}


@dataclass
class Filled:
    """Where the texts went: ids by what they are of."""

    whole: Whole
    client: httpx.Client
    conversations: list[str] = field(default_factory=list)
    visitors: list[str] = field(default_factory=list)
    ids: dict[str, list[str]] = field(default_factory=dict)

    def call(self, method: str, path: str, **body: Any) -> Any:
        answer = self.client.request(method, f"/api/staff/{path}", json=body)
        assert answer.status_code == 200, (path, body, answer.text)
        return answer.json()

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(f"/api/staff/{path}", params=query)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()


def fill(
    whole: Whole, texts: tuple[str, ...], phone: Callable[[int], str], of_staff: tuple[str, ...] = ()
) -> Filled:
    """Each text into each field; ``phone`` gives a number of its own for each.

    ``of_staff``: what stands instead where only staff write: names, content, reasons.
    """
    by_staff = of_staff or texts
    client = httpx.Client(base_url=str(whole.client.base_url), headers=bearer(whole, "admin"), timeout=30)
    filled = Filled(whole, client, ids={"faq": []})
    _talk(filled, texts)
    for number, text in enumerate(texts):
        _about_customers(filled, number, text, by_staff[number], phone(number))
        _about_content(filled, number, by_staff[number])
    _go_into_the_tables(filled, texts, by_staff, phone)
    return filled


def _talk(filled: Filled, texts: tuple[str, ...]) -> None:
    """A conversation on the website: the customer's words, files, the bot's echo, an adviser's answers and notes."""
    client = filled.client
    page = {"page": f"https://cars.example/?q={texts[0]}"[:500]}
    session = client.post("/web/session", json=page).json()
    visitor, id_ = {"Authorization": f"Bearer {session['token']}"}, session["conversation"]
    filled.conversations.append(id_)
    filled.visitors.append(session["token"])
    for number, text in enumerate(texts):
        said = {"text": text, "client_id": f"m{number}"}
        assert client.post("/web/messages", json=said, headers=visitor).status_code == 202
        query = {"client_id": f"f{number}", "name": f"{text}.png"}
        assert client.post("/web/uploads", params=query, content=PNG, headers=visitor).status_code == 202
    filled.call("POST", f"conversations/{id_}/take")
    for text in texts:
        filled.call("POST", f"conversations/{id_}/reply", text=text)
        filled.call("POST", f"conversations/{id_}/note", text=text)
    sent = client.post("/api/staff/uploads", params={"name": texts[0]}, content=PNG).json()
    filled.call("POST", f"conversations/{id_}/reply", attachment=sent["token"])


def _about_customers(filled: Filled, number: int, text: str, name: str, phone: str) -> None:
    conversation = filled.conversations[0]
    lead = filled.call("POST", "leads", phone=phone, name=name[:80], note=text, conversation_id=conversation)
    filled.ids.setdefault("leads", []).append(lead["id"])
    if number < 4:  # one after the other in the only car
        start = f"2026-11-28T{10 + number}:00:00+08:00"
        booked = filled.call("POST", "appointments", **DRIVE, start=start, name=name[:40], phone=phone)
        filled.ids.setdefault("appointments", []).append(booked["id"])
    user = {"username": f"xss{number}", "password": "a-long-password-1", "name": name[:40]}
    filled.call("POST", "users", role="consultant", **user)


def _about_content(filled: Filled, number: int, text: str) -> None:
    entry = {**FAQ, "title": text[:30], "answer": text, "note": text[:100], "draft": True}
    for path, body in (
        (f"faq/store.number_{number}", entry),
        ("templates/utter_greet", {"text": text, "draft": True}),
        (
            f"standard-replies/standard.number_{number}",
            {"title": text[:30], "text": text, "category": text[:20]},
        ),
    ):
        answer = filled.client.put(f"/api/staff/{path}", json=body)
        assert answer.status_code in (200, 400), answer.text  # a text with a variable of its own is refused
        if answer.status_code == 200:
            filled.ids.setdefault(path.split("/")[0], []).append(path.split("/")[1])
    if number == 0:
        out = {"resource": "west-car-x5", "start": "2026-11-29", "end": "2026-11-29", "reason": text}
        filled.client.post("/api/staff/outages", json=out)


def _go_into_the_tables(
    filled: Filled, texts: tuple[str, ...], by_staff: tuple[str, ...], phone: Callable[[int], str]
) -> None:
    """What only a dialogue writes: cases, scores, cars."""
    database, now, conversation = filled.whole.database, clock.now(), filled.conversations[0]
    customer = filled.get("customers", q=phone(0))[0]["id"]
    with database.transaction() as session:
        for number, text in enumerate(texts):
            details = {"what": text, "words": [text, {"place": text}], by_staff[number][:20]: text}
            case = Case(
                id=f"case{number}",
                kind="complaint",
                status="open",
                conversation_id=conversation,
                phone=phone(number),
                details=details,
                created_at=now,
                updated_at=now,
            )
            session.add(case)
            scores.ask(session, scores.Occasion.VISIT, f"v{number}", conversation, "admin", now)
        session.add(Vehicle(plate=by_staff[3][:20], customer_id=customer, model="x5", delivered=now.date()))
    for text in texts:
        given = scores.give(database, conversation, 2, now)
        if given is not None:
            scores.comment(database, given.id, text)
    filled.ids["customers"] = [customer]
    filled.ids["cases"] = [f"case{number}" for number in range(len(texts))]


def pages_of(filled: Filled) -> list[str]:
    """Every page of the console that shows something of it."""
    conversation, customer = filled.conversations[0], filled.ids["customers"][0]
    lists = (
        "",
        "/appointments",
        "/customers",
        "/leads",
        "/cases",
        "/faq",
        "/templates",
        "/standard-replies",
        "/unanswered",
        "/users",
        "/audit",
        "/outbox",
        "/settings",
        "/me",
        "/try",
    )
    return [
        *(f"/console{path}" for path in lists),
        f"/console/conversations/{conversation}",
        f"/console/conversations/{conversation}/card",
        f"/console/customers/{customer}",
        f"/console/customers/{customer}/card",
        "/console/templates/utter_greet",
        *(f"/console/faq/{id_}" for id_ in filled.ids["faq"][:8]),
        *(f"/console/standard-replies/{id_}" for id_ in filled.ids["standard-replies"][:4]),
    ]


def console_cookie(filled: Filled) -> str:
    """The session of the administrator, for a browser."""
    return cookie(filled.whole, "admin")["Cookie"].partition("=")[2]
