"""Who owns a conversation: every change, from every state, by everybody; leases; what for and in which order."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest

from bot.clock import TIME_ZONE
from bot.domain.conversation import (
    Change,
    HandoffReason,
    Owner,
    Ownership,
    Party,
    skill_of,
    urgency,
)
from bot.domain.errors import Conflict
from bot.domain.handoff import HandoffRules, LeaseState, lease_state
from bot.domain.staff import Skill

NOW = datetime(2026, 11, 22, 10, tzinfo=TIME_ZONE)
BOT, QUEUE, ADVISER, CLOSED = Owner.BOT, Owner.QUEUE, Owner.ADVISER, Owner.CLOSED
ANYONE = {Party.STAFF, Party.HOLDER, Party.SUPERVISOR}
HOLDER = {Party.HOLDER, Party.SUPERVISOR}
POSSIBLE = {
    (Change.QUEUE, BOT): (QUEUE, {Party.BOT}),
    (Change.LEAVE_QUEUE, QUEUE): (BOT, {Party.CUSTOMER}),
    **{(Change.TAKE, owner): (ADVISER, ANYONE) for owner in (BOT, QUEUE, CLOSED)},
    (Change.TAKE_AWAY, ADVISER): (ADVISER, {Party.SUPERVISOR}),
    (Change.ASSIGN, QUEUE): (ADVISER, {Party.SYSTEM}),
    (Change.TRANSFER, ADVISER): (ADVISER, HOLDER),
    (Change.REQUEUE, ADVISER): (QUEUE, HOLDER),
    (Change.LOSE, ADVISER): (QUEUE, {Party.SYSTEM}),
    (Change.RELEASE, ADVISER): (BOT, HOLDER),
    (Change.CLOSE, ADVISER): (CLOSED, HOLDER),
    (Change.DISMISS, QUEUE): (CLOSED, ANYONE),
    (Change.WRITE_AGAIN, CLOSED): (BOT, {Party.CUSTOMER}),
}


@pytest.mark.parametrize(("change", "owner", "party"), list(product(Change, Owner, Party)))
def test_every_change_is_possible_as_listed_and_not_otherwise(
    change: Change, owner: Owner, party: Party
) -> None:
    to, by = POSSIBLE.get((change, owner), (None, set()))
    if to is not None and party in by:
        assert Ownership(owner, 7).after(change, party) == Ownership(to, 8)
    else:
        with pytest.raises(Conflict):
            Ownership(owner, 7).after(change, party)


def minutes(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


@pytest.mark.parametrize(
    ("lease", "grace", "state"),
    [
        (minutes(1), None, LeaseState.HELD),
        (minutes(1), minutes(-5), LeaseState.HELD),
        (minutes(0), None, LeaseState.LAPSED),
        (minutes(-61), None, LeaseState.LAPSED),
        (None, None, LeaseState.LAPSED),
        (minutes(-1), minutes(1), LeaseState.IN_GRACE),
        (minutes(-3), minutes(0), LeaseState.LOST),
    ],
)
def test_a_lease_ends_by_a_grace_time(
    lease: datetime | None, grace: datetime | None, state: LeaseState
) -> None:
    assert lease_state(lease, grace, NOW) is state


def test_who_has_a_console_is_expected_to_beat() -> None:
    rules = HandoffRules()
    assert rules.lease(NOW, has_console=True) == NOW + timedelta(seconds=90)
    assert rules.lease(NOW, has_console=False) == NOW + timedelta(hours=4)


@pytest.mark.parametrize(
    ("reason", "summary", "skill"),
    [
        (HandoffReason.COMPLAINT, {"facts": {"drive_model": "x5"}}, Skill.COMPLAINT),
        (HandoffReason.LOW_SCORE, {}, Skill.COMPLAINT),
        (HandoffReason.RESCUE, {}, Skill.SERVICE),
        (HandoffReason.HAGGLING, {"facts": {"car_plate": "浙A"}}, Skill.SALES),
        (HandoffReason.ASKED, None, Skill.SALES),
        (HandoffReason.ASKED, {"facts": {"known_name": "王"}}, Skill.SALES),
        (HandoffReason.ASKED, {"facts": {"visit_model": "x5"}}, Skill.SERVICE),
        (HandoffReason.MISUNDERSTOOD, {"facts": {"visit_model": "x5", "drive_model": "s3"}}, Skill.SALES),
        (HandoffReason.ASKED, {"skill": "complaint"}, Skill.COMPLAINT),
    ],
)
def test_what_an_adviser_must_be_good_at(
    reason: HandoffReason, summary: dict[str, object] | None, skill: Skill
) -> None:
    assert skill_of(reason, summary) is skill


def test_help_comes_first_and_nobody_starts_anew() -> None:
    order = [("rescue", False), ("complaint", False), ("low_score", True), ("asked_for_a_person", True)]
    ranks = [urgency(*each) for each in (*order, ("price_negotiation", False), (None, False))]
    assert ranks == [0, 1, 2, 3, 4, 4]
