"""The accounts of the staff: who may change what, passwords, and what the audit log keeps of it."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.conversation import Owner
from bot.domain.dealership import Dealership
from bot.domain.errors import InvalidFields, NotAllowed, NotFound, TooManyRequests, WrongState, ZhantingError
from bot.domain.staff import Presence, Role, Skill
from bot.services import desk, users
from bot.services.audit import Actor, list_audit
from bot.services.credentials import token_hash
from bot.services.staff import ADMIN, SESSION, ensure_admin, log_in, sign_in, staff_of_token
from bot.services.throttle import MOST_FAILURES, MOST_FAILURES_OF_A_NAME, LoginThrottle
from bot.store.database import Database
from bot.store.staff_tables import User
from tests.installations import filled_database
from tests.services.bookings import NOW
from tests.services.desks import Room, demo_content

ADMINS_PASSWORD = "the-first-password"
BOSS = Actor(ADMIN, "10.0.0.1")
LIN = {"name": "林晓", "role": "consultant", "resource": "east-adviser-1"}


class Office:
    """A dealership with its administrator."""

    def __init__(self, directory: Path) -> None:
        self.database, content = filled_database(directory)
        self.dealership: Dealership = content.current().dealership
        ensure_admin(self.database, ADMINS_PASSWORD, NOW)

    def hire(self, username: str = "linxiao", password: str | None = None, **fields: Any) -> str:
        given = {**LIN, **fields}
        _, chosen = users.create_user(self.database, self.dealership, username, given, BOSS, NOW, password)
        return chosen

    def change(self, username: str, by: Actor = BOSS, **changes: Any) -> users.UserView:
        return users.change_user(self.database, self.dealership, username, changes, by, NOW)

    def log(self) -> list[tuple[str, str, str | None]]:
        return [(line.username, line.action, line.subject) for line in list_audit(self.database)]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_new_consultant_signs_in_with_the_password_told_once(office: Office) -> None:
    password = office.hire()

    staff = staff_of_token(office.database, log_in(office.database, "linxiao", password, NOW), NOW)
    assert (staff.name, staff.role, staff.resource) == ("林晓", Role.CONSULTANT, "east-adviser-1")
    assert staff.skills == (Skill.SALES,)
    assert (ADMIN, "user.created", "linxiao") in office.log()
    assert password not in str(list_audit(office.database))


def test_skills_that_were_named_are_kept(office: Office) -> None:
    office.hire(skills=["complaint", "service"], stores=["east"], conversation_limit=3)

    lin = users.find_user(office.database, "linxiao", NOW)
    assert set(lin.skills) == {Skill.SERVICE, Skill.COMPLAINT}
    assert (lin.stores, lin.conversation_limit) == (("east",), 3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "林\0晓"),
        ("role", "boss"),
        ("role", None),
        ("email", "not an address"),
        ("skills", ["juggling"]),
        ("skills", "sales"),
        ("stores", ["moon"]),
        ("resource", "east-bay-1"),
        ("conversation_limit", -1),
        ("conversation_limit", True),
        ("password_hash", "x"),
    ],
)
def test_a_field_that_cannot_be_taken_is_named(office: Office, field: str, value: object) -> None:
    with pytest.raises(InvalidFields) as refused:
        office.hire(**{field: value})

    assert list(refused.value.faults) == [field]
    with pytest.raises(NotFound):
        users.find_user(office.database, "linxiao", NOW)


def test_all_faults_are_told_at_once(office: Office) -> None:
    with pytest.raises(InvalidFields) as refused:
        office.hire("Lin Xiao", password="short", name="")

    assert set(refused.value.faults) == {"username", "name", "password"}


@pytest.mark.parametrize("password", ["short", "linxiao123", "aaaaaaaaaaaa", " with-space ", "x" * 201])
def test_a_weak_password_is_refused(office: Office, password: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        office.hire(password=password)

    assert list(refused.value.faults) == ["password"]


def test_a_name_and_a_resource_belong_to_one_person(office: Office) -> None:
    office.hire()
    with pytest.raises(WrongState):
        office.hire()
    with pytest.raises(InvalidFields) as refused:
        office.hire("other")
    assert "林晓" in refused.value.faults["resource"]

    office.change("linxiao", active=False)
    office.hire("other")
    with pytest.raises(InvalidFields):
        office.change("linxiao", active=True)


def test_who_is_switched_off_is_out_at_once(office: Office) -> None:
    password = office.hire()
    token = log_in(office.database, "linxiao", password, NOW)

    office.change("linxiao", active=False)

    with pytest.raises(NotAllowed):
        staff_of_token(office.database, token, NOW)
    with pytest.raises(NotAllowed):
        log_in(office.database, "linxiao", password, NOW)
    office.change("linxiao", active=True)
    with pytest.raises(NotAllowed):
        staff_of_token(office.database, token, NOW)
    assert log_in(office.database, "linxiao", password, NOW)
    assert [action for _, action, _ in office.log()][:2] == ["user.switched_on", "user.switched_off"]


@pytest.mark.parametrize("change", [{"active": False}, {"role": "content_editor"}])
def test_conversations_of_somebody_who_may_no_longer_talk_go_back_to_the_queue(
    office: Office, change: dict[str, Any]
) -> None:
    room = Room(office.database, demo_content())
    lin = room.staff("lin")
    theirs, waiting = room.waiting("wang"), room.waiting("zhao")
    desk.take(room.database, room.content, theirs, lin, room.now)
    room.serve()
    assert room.owner(theirs) == (Owner.ADVISER, "lin")

    office.change("lin", **change)
    room.serve()

    assert room.view(theirs).owner is Owner.QUEUE
    assert room.view(waiting).owner is Owner.QUEUE


@pytest.mark.parametrize("change", [{"active": False}, {"role": "manager"}])
def test_the_last_administrator_stays_one(office: Office, change: dict[str, Any]) -> None:
    with pytest.raises(WrongState, match="last administrator"):
        office.change(ADMIN, by=Actor("somebody"), **change)

    office.hire("second", role="administrator", resource=None)
    assert office.change(ADMIN, by=Actor("second"), **change)
    with pytest.raises(WrongState, match="last administrator"):
        office.change("second", by=Actor("somebody"), **change)


@pytest.mark.parametrize("change", [{"active": False}, {"role": "manager"}])
def test_nobody_takes_away_their_own_power(office: Office, change: dict[str, Any]) -> None:
    office.hire("second", role="administrator", resource=None)

    with pytest.raises(WrongState, match="own account"):
        office.change(ADMIN, **change)
    assert office.change(ADMIN, name="老板").name == "老板"


def test_two_administrators_cannot_switch_each_other_off(office: Office) -> None:
    office.hire("second", role="administrator", resource=None)
    barrier, refused = threading.Barrier(2), []

    def switch_off(username: str, by: str) -> None:
        barrier.wait()
        try:
            office.change(username, by=Actor(by), active=False)
        except ZhantingError as error:
            refused.append(error)

    threads = [
        threading.Thread(target=switch_off, args=pair) for pair in ((ADMIN, "second"), ("second", ADMIN))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert [user.is_active for user in users.list_users(office.database, NOW)] == [True, False]


def test_a_password_is_reset_by_somebody_else(office: Office) -> None:
    old = office.hire()
    token = log_in(office.database, "linxiao", old, NOW)

    new = users.reset_password(office.database, "linxiao", BOSS, NOW)

    with pytest.raises(NotAllowed):
        staff_of_token(office.database, token, NOW)
    with pytest.raises(NotAllowed):
        log_in(office.database, "linxiao", old, NOW)
    assert log_in(office.database, "linxiao", new, NOW)


def test_ones_own_password_needs_the_old_one_and_ends_other_sessions(office: Office) -> None:
    old = office.hire()
    here, elsewhere = (log_in(office.database, "linxiao", old, NOW) for _ in range(2))
    lin, new = Actor("linxiao"), "a-much-better-one"
    for wrong_old, wrong_new, field in (("nonsense", new, "old"), (old, "short", "new"), (old, old, "new")):
        with pytest.raises(InvalidFields) as refused:
            users.change_own_password(office.database, lin, wrong_old, wrong_new, NOW, token_hash(here))
        assert list(refused.value.faults) == [field]

    users.change_own_password(office.database, lin, old, new, NOW, token_hash(here))

    assert staff_of_token(office.database, here, NOW)
    with pytest.raises(NotAllowed):
        staff_of_token(office.database, elsewhere, NOW)
    assert log_in(office.database, "linxiao", new, NOW)


def test_signing_out_everywhere_ends_sessions_and_tokens_of_one_person(office: Office) -> None:
    password = office.hire()
    mine = [log_in(office.database, "linxiao", password, NOW, kind) for kind in ("token", SESSION)]
    theirs = log_in(office.database, ADMIN, ADMINS_PASSWORD, NOW)

    assert users.sign_out_everywhere(office.database, Actor("linxiao"), NOW) == 2

    for token, kind in zip(mine, ("token", SESSION), strict=True):
        with pytest.raises(NotAllowed):
            staff_of_token(office.database, token, NOW, kind)
    assert staff_of_token(office.database, theirs, NOW)


def test_presence_ends_when_nothing_is_heard(office: Office) -> None:
    office.hire()
    with office.database.transaction() as session:
        row = session.get(User, "linxiao")
        row.presence, row.seen_until = "online", NOW + timedelta(minutes=1)

    assert users.find_user(office.database, "linxiao", NOW).presence is Presence.ONLINE
    later = NOW + timedelta(minutes=2)
    assert users.find_user(office.database, "linxiao", later).presence is Presence.OFFLINE


def attempt(database: Database, throttle: LoginThrottle, username: str, password: str, address: str) -> str:
    return sign_in(database, throttle, username, password, NOW, address=address)


def test_signing_in_is_in_the_audit_log_whether_it_succeeds_or_not(office: Office) -> None:
    throttle = LoginThrottle()
    for username in (ADMIN, "nobody"):
        with pytest.raises(NotAllowed):
            attempt(office.database, throttle, username, "a wrong one", "10.0.0.9")
    attempt(office.database, throttle, ADMIN, ADMINS_PASSWORD, "10.0.0.9")

    lines = [(each.username, each.action, each.address) for each in list_audit(office.database)]
    assert lines == [
        (ADMIN, "session.begun", "10.0.0.9"),
        ("nobody", "session.refused", "10.0.0.9"),
        (ADMIN, "session.refused", "10.0.0.9"),
    ]
    assert "a wrong one" not in str(list_audit(office.database))


def test_guessing_is_slowed_down_by_address_and_by_name() -> None:
    throttle = LoginThrottle()
    throttle.attempt("home", ADMIN)
    throttle.succeeded("home", ADMIN)
    for number in range(MOST_FAILURES):
        throttle.attempt("one address", f"user{number}")
    with pytest.raises(TooManyRequests):
        throttle.attempt("one address", "another")

    for number in range(MOST_FAILURES_OF_A_NAME - 1):
        throttle.attempt(f"address {number}", ADMIN)
    with pytest.raises(TooManyRequests):
        throttle.attempt("a new address", ADMIN)
    throttle.attempt("a new address", "somebody else")
    throttle.attempt("home", ADMIN)
