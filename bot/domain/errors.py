"""The one tree of errors. Each becomes a reply template or an HTTP status in one place at the edge."""

from __future__ import annotations

from collections.abc import Mapping


class ZhantingError(Exception):
    """Base of everything that we raise on purpose; its text is one clear English line."""


class SetupError(ZhantingError):
    """The installation cannot start: shown as one line, exit code 1."""


class ContentError(SetupError):
    """A content file is wrong; names file, entry and field."""

    def __init__(self, file: str, entry: str, field: str, problem: str) -> None:
        self.file, self.entry, self.field, self.problem = file, entry, field, problem
        where = ", ".join(part for part in (entry and f"entry {entry}", field and f"field {field}") if part)
        super().__init__(f"{file}: {where}: {problem}" if where else f"{file}: {problem}")


class InvalidInput(ZhantingError):
    """The caller sent something that cannot be taken (HTTP 400)."""


class InvalidContent(ContentError, InvalidInput):
    """Somebody's edit cannot be taken; ``words`` says why in Chinese."""

    def __init__(self, file: str, entry: str, field: str, problem: str, words: str) -> None:
        super().__init__(file, entry, field, problem)
        self.words = words


class ImportRefused(InvalidInput):
    """A file cannot be imported, and nothing of it was. ``faults``: all that is wrong with its place, in Chinese."""

    def __init__(self, file: str, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__(f"{file}: nothing was imported ({len(faults)} to mend)")


class InvalidFields(InvalidInput):
    """What somebody filled in cannot be taken. ``faults``: why not, in Chinese, by the field ("hours.opens")."""

    def __init__(self, problem: str, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__(problem)

    @property
    def words(self) -> str:
        return next(iter(self.faults.values()), "")


class InvalidOutage(InvalidInput):
    """An outage that cannot be begun; ``words`` says why in Chinese."""

    def __init__(self, problem: str, words: str) -> None:
        self.words = words
        super().__init__(problem)


class NotFound(ZhantingError):
    """What was asked for does not exist, or the caller may not know that it does (HTTP 404)."""


class NotAllowed(ZhantingError):
    """Missing or wrong credentials (HTTP 401)."""


class NotPermitted(ZhantingError):
    """The caller is known and may not do this (HTTP 403)."""


class TooManyRequests(ZhantingError):
    """The caller is faster than a limit (HTTP 429)."""


class TooLarge(ZhantingError):
    """A file is larger than can be taken (HTTP 413); ``words`` says so in Chinese."""

    words = "文件太大了，最大 8 MB。"


class WrongKind(ZhantingError):
    """A file is of a kind that is not taken (HTTP 415); ``words`` says so in Chinese."""

    words = "只能发送图片（jpg、png、webp、gif）或 PDF 文件。"


class Conflict(ZhantingError):
    """The state changed meanwhile (HTTP 409)."""


class StaleView(Conflict):
    """The conversation is not (or no longer) the caller's; ``words`` says whose in Chinese.

    ``owner`` and ``epoch`` are what they are now, ``adviser`` the name of whoever has it.
    """

    def __init__(self, problem: str, words: str, owner: str, epoch: int, adviser: str | None = None) -> None:
        self.words, self.owner, self.epoch, self.adviser = words, owner, epoch, adviser
        super().__init__(problem)


class WrongState(Conflict):
    """What staff want to record does not fit the state of the visit; ``words`` says why in Chinese."""

    def __init__(self, problem: str, words: str) -> None:
        self.words = words
        super().__init__(problem)


class BookingRefused(Conflict):
    """A visit cannot be booked at that time; ``reason`` is a ``bot.domain.booking.Refusal``."""

    def __init__(self, reason: object, alternatives: tuple[object, ...] = ()) -> None:
        self.reason, self.alternatives = reason, alternatives
        super().__init__(f"booking refused: {reason}")


class SlotTaken(BookingRefused):
    """Another visit claimed a resource first."""


class DeliveryFailed(ZhantingError):
    """A message could not be handed over; ``final``: it never can. ``words`` says why in Chinese.

    Neither text names a person.
    """

    def __init__(self, problem: str, final: bool = False, words: str = "") -> None:
        self.final, self.words = final, words or problem
        super().__init__(problem)


class TooLateToChange(Conflict):
    """The change notice before the visit has passed."""


class OfferOver(Conflict):
    """A slot offered from the waitlist is no longer held; ``alternatives`` are free slots near it."""

    def __init__(self, alternatives: tuple[object, ...] = ()) -> None:
        self.alternatives = alternatives
        super().__init__("the offer is over")
