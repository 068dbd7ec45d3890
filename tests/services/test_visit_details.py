"""Correcting who comes and with which car: reminders that wait follow."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.domain.errors import NotFound
from bot.services.visit_details import Correction, correct_visit
from bot.store.database import Database
from bot.store.tables import OutboxMessage
from tests.services.bookings import DEMO, NOW, book


def addresses(database: Database) -> set[tuple[str, str | None]]:
    """Of the e-mails that wait."""
    with database.reading() as session:
        query = sa.select(OutboxMessage.kind, OutboxMessage.address)
        waiting = query.where(OutboxMessage.state == "pending", OutboxMessage.channel == "email")
        return {(kind, address) for kind, address in session.execute(waiting).all()}


def test_reminders_go_to_the_new_address(database: Database) -> None:
    visit = book(database)
    assert addresses(database) == set()

    correct_visit(database, DEMO, NOW, visit.code, Correction(email="old@example.com"))
    assert addresses(database) == {("reminder_24", "old@example.com"), ("reminder_2", "old@example.com")}
    correct_visit(database, DEMO, NOW, visit.code, Correction(email="new@example.com"))
    assert {address for _, address in addresses(database)} == {"new@example.com"}


def test_nothing_goes_to_the_owner_of_a_wrong_number(database: Database) -> None:
    visit = book(database)
    correct_visit(database, DEMO, NOW, visit.code, Correction(email="wang@example.com"))

    corrected = correct_visit(database, DEMO, NOW, visit.code, Correction(name="李", phone="13812340000"))
    assert (corrected.name, corrected.phone, corrected.slot) == ("李", "13812340000", visit.slot)
    assert addresses(database) == set()


def test_an_unknown_code(database: Database) -> None:
    with pytest.raises(NotFound):
        correct_visit(database, DEMO, NOW, "NONE22", Correction(name="李"))
