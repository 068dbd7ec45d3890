"""What visit a command asks for, and for whom: ids, names and aliases of stores, models, jobs and people."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable, Iterable
from typing import Any

from bot.domain.booking import VisitKind, VisitRequest
from bot.domain.errors import InvalidInput
from bot.services.exchange.booking_rows import mobile_number
from bot.services.exchange.words import KINDS, Names, choices, visit_kind
from bot.services.texts import is_email, is_storable
from bot.services.vehicles import canonical_plate
from bot.services.visits import Contact


class Mistake(InvalidInput):
    """An option that cannot be taken; ``words`` says why in Chinese."""

    def __init__(self, problem: str, words: str) -> None:
        self.words = words
        super().__init__(problem)


def request_of(names: Names, given: Namespace) -> VisitRequest:
    """``--kind``, ``--model``, ``--store``, ``--jobs``, ``--adviser``; raises ``InvalidInput`` for what is unknown."""
    kind = visit_kind(given.kind)
    if kind is None:
        raise InvalidInput(f"--kind must be one of {choices(KINDS)}, not {given.kind!r}")
    jobs = [text for text in re.split(r"[,，;；、+]", given.jobs) if text.strip()]
    if kind is VisitKind.TEST_DRIVE and jobs:
        raise Mistake("a test drive has no --jobs", "试驾没有服务项目")
    if kind is VisitKind.TEST_DRIVE and not given.model:
        raise Mistake("a test drive needs a known model", f"试驾要写 --model：{'、'.join(names.models)}")
    if kind is VisitKind.SERVICE and not jobs:
        raise Mistake("a service visit needs known jobs", f"保养维修要写 --jobs：{'、'.join(names.jobs)}")
    return VisitRequest(
        kind,
        given.store and known("--store", given.store, names.store, names.stores),
        given.model and known("--model", given.model, names.model, names.models),
        tuple(dict.fromkeys(known("--jobs", text, names.job, names.jobs) for text in jobs)),
        given.adviser and known("--adviser", given.adviser, names.resource),
    )


def contact_of(given: Namespace) -> Contact:
    """``--name`` and ``--phone``; the waitlist needs no name."""
    phone, name = phone_of(given.phone), " ".join((given.name or "").split())
    if (given.name is not None and not name) or len(name) > 80 or not is_storable(name):
        raise Mistake("--name must have 1 to 80 characters", "姓名要有 1 到 80 个字")
    email = getattr(given, "email", None)
    if email is not None and not is_email(email):
        raise Mistake(f"--email must be an e-mail address, not {email!r}", "邮箱地址不对")
    return Contact(name, phone, email)


def phone_of(text: str) -> str:
    """``--phone`` as it is stored: 11 digits; raises ``Mistake``."""
    phone = mobile_number(text)
    if phone is None:
        raise Mistake(
            f"--phone must be a mobile number of 11 digits, not {text!r}", f"“{text}”不是 11 位手机号"
        )
    return phone


def vehicle_of(given: Namespace) -> dict[str, Any]:
    """``--plate`` and ``--mileage``, as they are stored."""
    if given.mileage is not None and not 0 <= given.mileage <= 9_999_999:
        raise Mistake("--mileage must be a number of km", "里程要是公里数")
    plate = canonical_plate(given.plate) if given.plate else None
    if given.plate and not 6 <= len(plate or "") <= 10:
        raise Mistake(
            f"--plate must be a number plate like 浙AD1001, not {given.plate!r}", "车牌要写成 浙A·D1001 这样"
        )
    return {"plate": plate, "mileage": given.mileage}


def known(option: str, text: str, find: Callable[[str], str | None], names: Iterable[str] = ()) -> str:
    """The id of what an option names; raises ``Mistake`` with the ``names`` that are known."""
    found = find(text)
    if found is None:
        others = "、".join(names)
        words = f"没有“{text}”" + (f"，可以写：{others}" if others else "")
        raise Mistake(f"{option}: nothing is called {text!r}", words)
    return found
