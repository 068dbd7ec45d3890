"""What callers of the staff API send: query parameters and JSON bodies, checked. Everything raises ``InvalidInput``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import unquote

from sanic.request import Request
from sanic.response import HTTPResponse

from bot.clock import TIME_ZONE, in_dealers_zone
from bot.domain.errors import InvalidFields, InvalidInput, NotFound
from bot.services.texts import is_email, is_storable

LONGEST_ID = 80
PHONE_WORDS = "手机号不对：要 11 位，以 13 到 19 开头。"
LONGEST_EMAIL = 254
_PHONE = re.compile(r"1[3-9]\d{9}")
_MOST_KM = 3_000_000
_MOST_DIGITS = 18


def body_of(request: Request, *known: str) -> dict[str, Any]:
    """The JSON object of a request (none is an empty one) without other fields than these."""
    body = request.json if request.body else {}
    if not isinstance(body, dict):
        raise InvalidInput("the body must be a JSON object")
    for unknown in body.keys() - set(known):
        raise InvalidInput(f"{unknown[:40]!a} is not a known field")
    return body


def storable(name: str, text: str | None) -> str | None:
    """Not what no database can look for."""
    if text is not None and not is_storable(text):
        raise InvalidInput(f"{name} has characters that cannot be stored")
    return text


def id_of_path(raw: str) -> str:
    """The id in a path; what no database can look for does not exist (``NotFound``)."""
    id_ = unquote(raw)
    if not is_storable(id_):
        raise NotFound("no such thing")
    return id_


def text_of(body: Mapping[str, Any], name: str, longest: int = LONGEST_ID) -> str | None:
    """A text without the space around it; None for an empty one."""
    text = body.get(name)
    if text is None:
        return None
    if not isinstance(text, str) or len(text) > longest:
        raise InvalidInput(f"{name} must be a text of at most {longest} characters")
    return storable(name, text.strip()) or None


def email_of(body: Mapping[str, Any]) -> str | None:
    """An e-mail address, if there is one."""
    text = text_of(body, "email", LONGEST_EMAIL)
    if text is not None and not is_email(text):
        raise InvalidInput("email must be an e-mail address")
    return text


def needed(name: str, value: Any) -> Any:
    """The value of a field that may not be missing."""
    if value is None:
        raise InvalidInput(f"{name} is needed")
    return value


def ids_of(body: Mapping[str, Any], name: str, most: int = 20) -> tuple[str, ...]:
    """A list of ids."""
    values = body.get(name)
    if values is None:
        return ()
    if not isinstance(values, list) or len(values) > most:
        raise InvalidInput(f"{name} must be a list of at most {most} ids")
    return tuple(needed(name, text_of({name: value}, name)) for value in values)


def phone_of(body: Mapping[str, Any]) -> str:
    """A mobile number of 11 digits, however it is grouped."""
    phone = re.sub(r"[\s-]", "", needed("phone", text_of(body, "phone")))
    if not _PHONE.fullmatch(phone):
        raise InvalidFields("phone must be a mobile number of 11 digits", {"phone": PHONE_WORDS})
    return phone


def plate_of(body: Mapping[str, Any]) -> str | None:
    plate = re.sub(r"[\s·]", "", text_of(body, "plate", 20) or "")
    return plate.upper() or None


def mileage_of(body: Mapping[str, Any]) -> int | None:
    """In km."""
    mileage = body.get("mileage")
    if mileage is not None and (type(mileage) is not int or not 0 <= mileage <= _MOST_KM):
        raise InvalidInput(f"mileage must be a number of km up to {_MOST_KM}")
    return mileage


def moment_of(name: str, text: Any, end: bool = False) -> datetime | None:
    """ISO 8601, without an offset the dealer's time; a date alone is its beginning, with ``end`` the whole day."""
    if text is None or text == "":
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "+"))
        if end and len(text) == 10:
            moment += timedelta(days=1)
        return in_dealers_zone(moment)
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(f"{name} must be an ISO 8601 date or time from 1970 on") from error


def minute_of(body: Mapping[str, Any], name: str, default: int) -> int:
    """ "09:30" as minutes of the day; "24:00" is its end."""
    text = text_of(body, name)
    if text is None or text == "24:00":
        return default if text is None else 24 * 60
    try:
        clock = time.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{name} must be a time such as 09:30") from error
    return clock.hour * 60 + clock.minute


def number_of(name: str, text: str | None, default: int, most: int) -> int:
    """A whole number from 1 to ``most``."""
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and 1 <= int(text) <= most):
        raise InvalidInput(f"{name} must be a number from 1 to {most}")
    return int(text)


def switch_of(name: str, text: str | None) -> bool | None:
    """ "true" or "false"; None for nothing."""
    if text not in (None, "", "true", "false"):
        raise InvalidInput(f"{name} must be true or false")
    return text == "true" if text else None


def choice_of(enum: Any, text: Any, name: str) -> Any:
    """A member of ``enum`` by its value; None for nothing."""
    if text is None or text == "":
        return None
    try:
        return enum(text)
    except ValueError as error:
        raise InvalidInput(f"{name} must be one of {', '.join(item.value for item in enum)}") from error


def iso(moment: datetime | None) -> str | None:
    """In the dealer's zone, with offset."""
    return moment.astimezone(TIME_ZONE).isoformat(timespec="seconds") if moment else None


def named(handler: Any, name: str) -> Any:
    """A method as a handler of its own; Sanic tells routes apart by the name of their handler."""

    async def handle(request: Request, **path: str) -> HTTPResponse:
        return await handler(request, **path)

    handle.__name__ = name
    return handle
