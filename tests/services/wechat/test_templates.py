"""Template messages: which notice has one, what stands in it, and what the platform says became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot import clock
from bot.domain.errors import ContentError
from bot.domain.wechat.account import Account, Mode
from bot.domain.wechat.content import NoticeTemplate, WeChatContent
from bot.domain.wechat.window import Grant
from bot.services import booking
from bot.services.content.consistency import check_consistency
from bot.services.content.files import read_content
from bot.services.messages import StoredMessage
from bot.services.wechat import contacts
from bot.services.wechat.templates import LONGEST, Templates, filled, note_report, template_for
from bot.settings import ROOT
from bot.store.database import Database
from bot.store.tables import OutboxMessage
from bot.store.wechat_tables import WeChatTemplate
from tests.services.bookings import NOW, book
from tests.services.reminded import CONTENT, at, rows, said, send

MAIN = Account("main", "wx1111111111", "token", Mode.PLAIN)
FIELDS = {
    "thing1": "{what}",
    "time2": "{moment}",
    "thing3": "{store} {address}",
    "character_string4": "{code}",
}
ENTRIES = read_content(ROOT)
REMINDER = NoticeTemplate("main", "reminder", "T-1", FIELDS, "https://cars.example/")


@pytest.fixture(autouse=True)
def clock_again() -> Iterator[None]:
    clock.clock.set(NOW)
    yield
    clock.clock.set(None)


def templates(database: Database, *known: NoticeTemplate) -> Templates:
    dealership = replace(CONTENT.current().dealership, wechat=WeChatContent(templates=known))
    content: Any = SimpleNamespace(current=lambda: replace(CONTENT.current(), dealership=dealership))
    return Templates(database, content)


def reminded(database: Database) -> tuple[StoredMessage, Any]:
    """The line of a reminder in the conversation of a WeChat customer, and the visit."""
    id_ = contacts.arrived(database, MAIN, "o-1", "m:1", Grant.MESSAGE, NOW).conversation_id
    visit = book(database, conversation_id=id_)
    due = max(
        row.due_at for row in rows(database) if row.kind.startswith("reminder") and row.channel == "chat"
    )
    at(due)
    send(database)
    return said(database, id_)[-1], visit


def test_a_reminder_has_the_words_of_its_visit(database: Database) -> None:
    line, visit = reminded(database)

    message = templates(database, REMINDER)(MAIN, line)
    assert message is not None
    assert (message.template_id, message.url) == ("T-1", "https://cars.example/")
    assert message.data == {
        "thing1": "试驾 青岚 X5",
        "time2": "2026年11月28日 14:00",
        "thing3": "城东店 江州市城东区迎宾大道 88 号",
        "character_string4": visit.code,
    }


def test_no_template_no_message(database: Database) -> None:
    line, _ = reminded(database)

    assert templates(database)(MAIN, line) is None
    assert templates(database, replace(REMINDER, account="other"))(MAIN, line) is None
    assert templates(database, replace(REMINDER, notice="moved"))(MAIN, line) is None
    assert templates(database, REMINDER)(MAIN, replace(line, custom={})) is None


def test_a_visit_that_was_cancelled_since_is_not_told_any_more(database: Database) -> None:
    line, visit = reminded(database)
    booking.cancel_visit(
        database, CONTENT.current().dealership, clock.now(), visit.code, visit.phone, by_staff=True
    )

    assert templates(database, REMINDER)(MAIN, line) is None


def test_the_exact_notice_goes_before_the_general_one() -> None:
    exact = replace(REMINDER, notice="reminder_24", template_id="T-24")
    dealership = replace(CONTENT.current().dealership, wechat=WeChatContent(templates=(REMINDER, exact)))

    found = [template_for(dealership, "main", kind) for kind in ("reminder_24", "reminder_2", "ask_score")]
    assert [each and each.template_id for each in found] == ["T-24", "T-1", None]


@pytest.mark.parametrize("name", [*LONGEST, "date", "unheard_of"])
def test_no_field_is_longer_than_its_type_takes(name: str) -> None:
    [words] = filled({f"{name}1": "{what}"}, {"what": "很长\n的一句话" * 20}).values()

    assert len(words) <= LONGEST.get(name, 20)
    assert words.endswith("…")
    assert "\n" not in words


def test_an_empty_field_says_so() -> None:
    assert filled({"thing1": "{adviser}"}, {"adviser": " "}) == {"thing1": "无"}


def test_point_14_the_report_of_a_template_goes_to_its_row_and_the_outbox(database: Database) -> None:
    line, _ = reminded(database)
    [outbox] = [row for row in rows(database, conversation_id=line.conversation_id) if row.sent_at]
    for msgid in ("1", "2"):
        with database.transaction() as session:
            known = {"account": "main", "msgid": msgid, "openid": "o-1", "outbox_id": outbox.id}
            session.add(WeChatTemplate(**known, sent_at=NOW))

    note_report(database, "main", "1", "success")
    assert rows(database, id=outbox.id)[0].problem is None
    note_report(database, "main", "2", "failed:user block")
    with database.reading() as session:
        states = [session.get(WeChatTemplate, ("main", msgid)).status for msgid in ("1", "2")]  # type: ignore[union-attr]
        assert session.get(OutboxMessage, outbox.id).problem == "微信模板消息未送达：failed:user block"
    assert states == ["success", "failed:user block"]
    assert note_report(database, "main", "3", "success") is None


WRONG: tuple[tuple[str, dict[str, Any]], ...] = (
    ("clicks.x", {"clicks": {"x": {"title": "x", "intent": "greet_me"}}}),
    ("clicks.x", {"clicks": {"x": {"title": "x"}}}),
    ("clicks.x", {"clicks": {"x": {"title": "x", "topic": "no.topic"}}}),
    ("scenes.1.store", {"scenes": {"1": {"store": "north"}}}),
    ("scenes.1.model", {"scenes": {"1": {"model": "x99"}}}),
    ("menu.nothing", {"menu": [{"name": "空", "key": "nothing"}]}),
    ("templates.ask_score", {"templates": [{"notice": "ask_score"}]}),
    ("templates.reminder.thing1", {"templates": [{"fields": {"thing1": "{price}"}}]}),
    ("templates.reminder", {"templates": [{}, {}]}),
    ("templates.reminder", {"templates": [{"fields": {}}]}),
)


@pytest.mark.parametrize(("field", "data"), WRONG)
def test_what_leads_nowhere_is_refused(field: str, data: dict[str, Any]) -> None:
    whole = {
        "account": "main",
        "notice": "reminder",
        "template_id": "T",
        "fields": {"thing1": "{what}"},
        "url": None,
    }
    data = {"menu": [], **{name: _whole(name, value, whole) for name, value in data.items()}}
    entries = [
        replace(entry, data={**entry.data, **data}) if entry.kind == "wechat" else entry for entry in ENTRIES
    ]
    with pytest.raises(ContentError) as refused:
        check_consistency(entries)
    assert refused.value.field == field


def _whole(name: str, value: Any, template: dict[str, Any]) -> Any:
    if name == "templates":
        return [{**template, **each} for each in value]
    if name == "menu":
        return [{"url": None, "buttons": [], **each} for each in value]
    empty: dict[str, Any] = {"clicks": {"intent": None, "topic": None}}.get(
        name, {"store": None, "model": None, "campaign": None}
    )
    return {key: {**empty, **each} for key, each in value.items()}
