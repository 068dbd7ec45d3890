"""What testers read where ids and English words stood: the audit log, the card, standard replies."""

from __future__ import annotations

from typing import Any

import pytest

from bot.console.audit_names import GONE, AuditNames
from bot.console.content_words import VARIABLE_NAMES
from bot.console.customer_words import Words
from bot.domain.conversation import HandoffReason
from bot.services import audit
from bot.services.audit import SYSTEM, Actor, list_audit
from bot.services.audit_words import action_words, details_words
from bot.services.content.snapshot import Content
from bot.services.customers import CustomerChange, change_customer
from bot.services.wording import fill_spaced
from bot.store.database import Database
from bot.store.tables import Customer
from tests.installations import filled_database
from tests.services.bookings import NOW, TWO, book

LIN = Actor("linxiao")
PEOPLE = {"linxiao": "林晓", "admin": "管理员"}
HEX = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def filled(tmp_path: Any) -> tuple[Database, Content]:
    database, store = filled_database(tmp_path)
    return database, store.current()


def a_customer(database: Database) -> str:
    with database.transaction() as session:
        session.add(Customer(id=HEX, phone="13812345678", name="王小明", created_at=NOW))
    return HEX


def named(filled: tuple[Database, Content], action: str, subject: str) -> Any:
    """How the newest line is told on the page."""
    audit.note_now(filled[0], LIN, action, NOW, subject=subject)
    line = list_audit(filled[0], limit=1)[0]
    return AuditNames(*filled, [line], PEOPLE).subject(line)


def test_the_audit_log_names_a_customer_with_a_masked_number(filled: tuple[Database, Content]) -> None:
    shown = named(filled, "customer.seen", a_customer(filled[0]))

    assert (shown.words, shown.link) == ("王小明 138****5678", f"/console/customers/{HEX}")


def test_the_audit_log_names_a_visit_by_its_code(filled: tuple[Database, Content]) -> None:
    visit = book(filled[0], TWO)

    assert visit.code in named(filled, "appointment.booked", visit.id).words


@pytest.mark.parametrize(
    ("action", "subject", "words"),
    [
        ("cases.seen", "cases", "工单列表"),
        ("leads.seen", "leads", "线索列表"),
        ("user.changed", "admin", "管理员"),
        ("content.approved", "faq/store.hours", "问答“营业时间”"),
        ("dealership.changed", "store:west", "门店与营业时间：城西店"),
        ("customer.seen", HEX, GONE),
    ],
)
def test_the_audit_log_has_words_for(
    filled: tuple[Database, Content], action: str, subject: str, words: str
) -> None:
    assert named(filled, action, subject).words == words


def test_details_of_the_audit_log_are_chinese() -> None:
    before = {"kind": "price", "appointment_id": HEX}

    assert details_words({"found": 8}) == "找到 8 位"
    assert details_words({"kind": "test_drive"}) == "类型 试驾"
    assert details_words({"by": "cases", "id": HEX}) == "来自 工单"
    assert details_words({"by": "test_drive", "before": before}) == "来自 试驾；原来 询价"
    assert details_words({"to": "linxiao"}, lambda id_: PEOPLE.get(id_, id_)) == "给 林晓"
    assert details_words({"resource": "car"}, labels={"resource": "停用的"}) == "停用的 car"
    assert details_words({"settled": True, "outcome": "solved"}) == "已解决 是；结果 已解决"
    assert action_words("appointment.booked") == "预约：新建"


def test_only_what_changed_of_a_customer_is_told(filled: tuple[Database, Content]) -> None:
    database, content = filled
    change = CustomerChange(name="王大明", email="", adviser="")
    change_customer(database, content.dealership, a_customer(database), change, LIN, NOW)
    change_customer(database, content.dealership, HEX, change, LIN, NOW)

    lines = list_audit(database)
    assert [details_words(line.details) for line in lines] == ["改了 姓名"]


def test_the_program_has_no_username(filled: tuple[Database, Content]) -> None:
    audit.note_now(filled[0], Actor(SYSTEM), "lead.created", NOW, subject=HEX)
    line = list_audit(filled[0])[0]

    assert AuditNames(*filled, [line], PEOPLE).conversation(line.conversation_id) is None


def test_every_reason_has_words(filled: tuple[Database, Content]) -> None:
    words = Words(filled[1].dealership)

    assert [reason for reason in HandoffReason if words.reason(reason.value) == reason.value] == []


@pytest.mark.parametrize(
    ("address", "shown", "link"),
    [
        ("https://www.dealer.example/models/x5?utm=1", "dealer.example/models/x5", True),
        ("https://dealer.example/%E8%AF%95%E9%A9%BE/", "dealer.example/试驾", True),
        ("javascript:alert(1)", "javascript:alert(1)", False),
        ("https://[", "https://[", False),
    ],
)
def test_a_page_is_told_by_host_and_path(
    filled: tuple[Database, Content], address: str, shown: str, link: bool
) -> None:
    words = Words(filled[1].dealership)

    assert words.page(address) == shown
    assert (words.link(address) == address) is link


def test_a_latin_name_does_not_stick_to_chinese(filled: tuple[Database, Content]) -> None:
    values = {"model": "青岚 X5", "customer": "Tom", "store": "城东店"}

    def filled_in(text: str) -> str:
        return fill_spaced(text, lambda name: values[name])

    assert filled_in("{model}现在有试驾车。") == "青岚 X5 现在有试驾车。"
    assert filled_in("上次看的{model}，{customer}您好") == "上次看的青岚 X5，Tom 您好"
    assert filled_in("给{customer}在{store}留车") == "给 Tom 在城东店留车"


def test_every_variable_of_a_template_has_a_name(filled: tuple[Database, Content]) -> None:
    used = {name for template in filled[1].templates.values() for name in template.variables}

    assert used - VARIABLE_NAMES.keys() == set()
