"""The words that staff read and write for what the program keeps as ids: stores, models, jobs, kinds, states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from bot.domain.booking import Refusal, VisitKind, VisitStatus
from bot.domain.dealership import Dealership, ResourceKind

KINDS = {VisitKind.TEST_DRIVE: "试驾", VisitKind.SERVICE: "保养维修"}
STATUSES = {
    VisitStatus.CONFIRMED: "已预约",
    VisitStatus.CANCELLED: "已取消",
    VisitStatus.CHECKED_IN: "已到店",
    VisitStatus.COMPLETED: "已完成",
    VisitStatus.NO_SHOW: "未到店",
}
RESOURCE_KINDS = {
    ResourceKind.TEST_CAR: "试驾车",
    ResourceKind.SALES_ADVISER: "销售顾问",
    ResourceKind.BAY: "工位",
    ResourceKind.TECHNICIAN: "技师",
}
REFUSALS = {
    Refusal.NO_TEST_CAR: "这家店没有这款试驾车",
    Refusal.NO_EQUIPMENT: "这家店没有做这个项目的工位或技师",
    Refusal.WRONG_POWERTRAIN: "这个项目不适合这款车",
    Refusal.ADVISER_ELSEWHERE: "这位同事不在这家店做这项业务",
    Refusal.PAST: "这个时间已经过去了",
    Refusal.TOO_SOON: "太近了，来不及准备",
    Refusal.TOO_FAR: "太远了，还不能约那一天",
    Refusal.CLOSED_DAY: "那天不营业",
    Refusal.OUTSIDE_HOURS: "不在营业时间里",
    Refusal.LAST_START: "下班前来不及做完",
    Refusal.NOT_ON_GRID: "预约从整点或半点开始",
    Refusal.CAR_OUT: "试驾车已经被约走了",
    Refusal.ADVISERS_BUSY: "销售顾问都有安排了",
    Refusal.BAY_FULL: "工位约满了",
    Refusal.TECHNICIANS_BUSY: "技师都有安排了",
    Refusal.ADVISER_BUSY: "这位同事那个时间有安排了",
}
_MORE_KINDS = {
    "试乘试驾": VisitKind.TEST_DRIVE,
    "保养": VisitKind.SERVICE,
    "维修": VisitKind.SERVICE,
    "售后": VisitKind.SERVICE,
}
_MORE_STATUSES = {
    "": VisitStatus.CONFIRMED,
    "预约": VisitStatus.CONFIRMED,
    "已确认": VisitStatus.CONFIRMED,
    "取消": VisitStatus.CANCELLED,
    "到店": VisitStatus.CHECKED_IN,
    "完成": VisitStatus.COMPLETED,
    "爽约": VisitStatus.NO_SHOW,
    "失约": VisitStatus.NO_SHOW,
}

T = TypeVar("T")


class Names:
    """Finds ids by what staff write: the id itself, the name or an alias. Nothing found is None."""

    def __init__(self, dealership: Dealership) -> None:
        self.stores = tuple(store.name for store in dealership.stores)
        self.models = tuple(model.name for model in dealership.models)
        self.jobs = tuple(job.name for job in dealership.services)
        self._stores = _by_word(dealership.stores)
        self._models = _by_word(dealership.models)
        self._jobs = _by_word(dealership.services)
        self._resources = _by_word(dealership.resources)

    def store(self, text: str) -> str | None:
        return self._stores.get(_folded(text))

    def model(self, text: str) -> str | None:
        return self._models.get(_folded(text))

    def job(self, text: str) -> str | None:
        return self._jobs.get(_folded(text))

    def resource(self, text: str) -> str | None:
        return self._resources.get(_folded(text))


def visit_kind(text: str) -> VisitKind | None:
    """``test_drive`` or ``service`` by id or word."""
    return _meant(text, KINDS, _MORE_KINDS)


def visit_status(text: str) -> VisitStatus | None:
    """A state by id or word; nothing written is confirmed."""
    return _meant(text, STATUSES, _MORE_STATUSES)


def resource_kind(text: str) -> ResourceKind | None:
    return _meant(text, RESOURCE_KINDS, {})


def choices(words: Mapping[Any, str]) -> str:
    """ "test_drive（试驾）、service（保养维修）" """
    return "、".join(f"{known.value}（{word}）" for known, word in words.items())


def _meant(text: str, words: Mapping[T, str], more: Mapping[str, T]) -> T | None:
    plain = _folded(text).replace("-", "_").replace(" ", "_")
    known: dict[str, T] = {**{word: value for value, word in words.items()}, **more}
    return known.get(plain) or next(
        (value for value in words if getattr(value, "value", value) == plain), None
    )


def _by_word(items: Iterable[Any]) -> dict[str, str]:
    """Ids go before names, and names before aliases; a word with two meanings has none."""
    found: dict[str, str] = {}
    items = tuple(items)
    for words in (
        lambda item: (item.id,),
        lambda item: (item.name,),
        lambda item: getattr(item, "aliases", ()),
    ):
        layer: dict[str, set[str]] = {}
        for item in items:
            for word in words(item):
                layer.setdefault(_folded(word), set()).add(item.id)
        found = {**{word: min(ids) for word, ids in layer.items() if len(ids) == 1}, **found}
    return found


def _folded(text: str) -> str:
    return " ".join(text.split()).lower()
