"""What visit a command asks for, and for whom: ids, names and aliases of stores, models, jobs and people."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from bot.domain.booking import VisitKind, VisitRequest
from bot.domain.errors import InvalidInput
from bot.services.exchange.booking_rows import mobile_number
from bot.services.exchange.words import KINDS, Names, choices, visit_kind
from bot.services.texts import is_email, is_storable
from bot.services.vehicles import canonical_plate
from bot.services.visits import Contact


def request_of(names: Names, given: Namespace) -> VisitRequest:
    """``--kind``, ``--model``, ``--store``, ``--jobs``, ``--adviser``; raises ``InvalidInput`` for what is unknown."""
    kind = visit_kind(given.kind)
    if kind is None:
        raise InvalidInput(f"--kind must be one of {choices(KINDS)}, not {given.kind!r}")
    jobs = [text for text in re.split(r"[,，;；、+]", given.jobs) if text.strip()]
    if kind is VisitKind.TEST_DRIVE and jobs:
        raise InvalidInput("a test drive has no --jobs")
    return VisitRequest(
        kind,
        given.store and known("--store", given.store, names.store),
        given.model and known("--model", given.model, names.model),
        tuple(dict.fromkeys(known("--jobs", text, names.job) for text in jobs)),
        given.adviser and known("--adviser", given.adviser, names.resource),
    )


def contact_of(given: Namespace) -> Contact:
    """``--name`` and ``--phone``; the waitlist needs no name."""
    phone, name = mobile_number(given.phone), " ".join((given.name or "").split())
    if phone is None:
        raise InvalidInput(f"--phone must be a mobile number of 11 digits, not {given.phone!r}")
    if (given.name is not None and not name) or len(name) > 80 or not is_storable(name):
        raise InvalidInput("--name must have 1 to 80 characters")
    email = getattr(given, "email", None)
    if email is not None and not is_email(email):
        raise InvalidInput(f"--email must be an e-mail address, not {email!r}")
    return Contact(name, phone, email)


def vehicle_of(given: Namespace) -> dict[str, Any]:
    """``--plate`` and ``--mileage``, as they are stored."""
    if given.mileage is not None and not 0 <= given.mileage <= 9_999_999:
        raise InvalidInput("--mileage must be a number of km")
    plate = canonical_plate(given.plate) if given.plate else None
    if given.plate and not 6 <= len(plate or "") <= 10:
        raise InvalidInput(f"--plate must be a number plate like 浙AD1001, not {given.plate!r}")
    return {"plate": plate, "mileage": given.mileage}


def known(option: str, text: str, find: Callable[[str], str | None]) -> str:
    """The id of what an option names; raises ``InvalidInput``."""
    found = find(text)
    if found is None:
        raise InvalidInput(f"{option}: nothing is called {text!r}")
    return found
