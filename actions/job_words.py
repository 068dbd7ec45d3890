"""The words in which customers take a workshop job or take it back: names, aliases and the short forms of both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from actions.base import Turn
from bot.domain.dealership import ServiceJob

_QUESTION = re.compile(r"要不要|需不需|用不用|会不会|能不能|怎样")
_NOT_BEFORE = (
    r"(?:不做|不要|去掉|取消|别做|删掉|不看|不用做?|不想[做要洗换查看]?|不洗|不换|不查|不检|不(?=[换洗查看检补]))"
    r"(?:那个|这个)?"
)
_TAIL = r"(?:检查|检测|换位|清洗|项目|那个|这个|那项|这项)*"
_NOT_BEHIND = (
    rf"{_TAIL}(?:就|先|也|都|暂时)*"
    r"(?:不做|不要|去掉|取消|别做|删掉|不看|不用|不洗|不换|不查|不检|免了|算了|不弄)"
)
_EXCHANGE = r"(?:换成|改成|换为|改为).{0,4}"
_AND = r"[和跟与及、]"
_JOINS = r"(?:[和跟与及、+]|还有|以及|加上?|再?加一?个)(?:一下)?"
_GOES_ON = r"(?=\W|$|[和跟与及也都吧做查洗换看要]|一起|一下)"
_ALSO = r"也(?:一起|帮我)?[要做洗换查看检来]"
_ADDS = re.compile(
    r"再加|还要|另外|顺便|加上|一起|再做|加个|加一|还有|再来|再洗|再换|再检|再看|再查|想加|也[要做洗换看查检来]"
)
_ADDS_TO_BOOKED = re.compile(r"加(?![油气速])|还[要想]|顺便|一起|再[做来洗换检看查]|也[要做洗换查看检来]")
_GLUE = re.compile(r"[\W_]|一起|一下|[和跟与及都也全要做查洗换看检吧的了个把再加我想还这那]")
_ONLY_BEFORE = r"(?:只|光|就)(?:想|要|需要)?(?:做|换|洗|查|看|检)?(?:一下|个)?"
_ONLY_BEHIND = r"(?:就行|就好|就可以|就够|就成|即可)"
_UNLISTED = re.compile(r"刹车[油液]|制动[油液]|变速箱油|防冻液|冷却液|火花塞|雨刮器?|玻璃水")
_DOES = re.compile(r"换|加|做|更新")
_TAKES_BACK = re.compile(f"{_NOT_BEFORE}|{_NOT_BEHIND}|{_EXCHANGE}")
_WANTS_ALONE = re.compile(f"{_ONLY_BEFORE}|{_ONLY_BEHIND}")


def adds(turn: Turn) -> bool:
    """Whether the jobs of a message come on top of those chosen so far (再加个空调清洗)."""
    return bool(_ADDS.search(turn.text))


def adds_to_booked(turn: Turn) -> bool:
    """Like ``adds``, for a visit that is booked: it is changed at once, so that the word has to be clear."""
    return bool(_ADDS_TO_BOOKED.search(turn.text))


def says_only_jobs(turn: Turn) -> bool:
    """A message of jobs and nothing else, whatever it was taken for: 首次保养和换机油都做."""
    text = list(turn.text)
    for found in turn.values_of({"job"}):
        text[found["start"] : found["end"]] = " " * (found["end"] - found["start"])
    return bool(turn.values("job")) and not turn.is_payload and not _GLUE.sub("", "".join(text))


def named_jobs(turn: Turn) -> list[str]:
    """The jobs of a message, each once: those with their names, and short ones that are joined to others (和空调)."""
    if turn.is_payload:
        return list(dict.fromkeys(turn.values("job")))
    unlisted = [found.span() for found in _unlisted(turn)]
    named = [
        found["value"]
        for found in turn.values_of({"job"})
        if not any(start < found["end"] and found["start"] < end for start, end in unlisted)
    ]
    return list(dict.fromkeys([*named, *joined_jobs(turn), *(only_jobs(turn))]))


def joined_jobs(turn: Turn) -> list[str]:
    """The jobs that are named by their first two characters beside another, or with "也": 大保养和空调, 空调也要."""
    text, any_job = _without_unlisted(turn), _all_words(turn.dealership.services)
    return [
        id_
        for short, id_ in _short_names(turn.dealership.services).items()
        if re.search(
            rf"{_JOINS}{short}{_GOES_ON}|{short}(?:{_ALSO}|{_AND}(?:{any_job}))",
            text,
        )
    ]


def drop_names_of_jobs(turn: Turn) -> None:
    """ "大保养和空调": 和 is a surname, too, but nobody is called 和空调."""
    if joined_jobs(turn):
        joined = re.compile(rf"{_AND}(?:{_all_words(turn.dealership.services)})")
        is_job = [
            found["entity"] == "name" and joined.fullmatch(str(found["value"])) for found in turn.entities
        ]
        turn.entities = [found for found, drop in zip(turn.entities, is_job, strict=True) if not drop]


def only_jobs(turn: Turn) -> list[str]:
    """The jobs of a message that wants nothing else: 换个机油就行."""
    if turn.is_payload or asks_about(turn):
        return []
    text = _without_unlisted(turn)
    if not _WANTS_ALONE.search(text):
        return []
    return [id_ for id_, alone in _alone(tuple(turn.dealership.services)) if alone.search(text)]


def refused_jobs(turn: Turn) -> list[str]:
    """The jobs that the customer takes back, chosen or not (刹车不看了, 不做轮胎了, 把轮胎换成刹车检查)."""
    if turn.is_payload or asks_about(turn):
        return []
    text = _without_unlisted(turn)
    if not _TAKES_BACK.search(text):  # most often: the many words of all jobs need not be looked for
        return []
    return [id_ for id_, refused in _refusals(tuple(turn.dealership.services)) if refused.search(text)]


def unlisted_work(turn: Turn) -> str:
    """Work that no job of the price list stands for, although one has a similar name: 换刹车油; "" without any."""
    if turn.is_payload or asks_about(turn) or not _DOES.search(turn.text):
        return ""
    return next((found.group() for found in _unlisted(turn)), "")


def asks_about(turn: Turn) -> bool:
    """A question changes no jobs (刹车要不要检查)."""
    return turn.is_question or bool(_QUESTION.search(turn.text))


@lru_cache(maxsize=4)
def _refusals(services: tuple[ServiceJob, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Of each job the words that take it back; made once for a price list."""
    any_job = f"(?:{_all_words(services)})"
    found = []
    for job in services:
        spoken = f"(?:{_words(services, job)})"
        before = rf"{_NOT_BEFORE}(?:{any_job}{_TAIL}{_AND})*{spoken}"
        behind = rf"{spoken}(?:{_TAIL}{_AND}{any_job})*(?:{_NOT_BEHIND}|{_TAIL}{_EXCHANGE}{any_job})"
        found.append((job.id, re.compile(rf"{before}|{behind}", re.IGNORECASE)))
    return tuple(found)


@lru_cache(maxsize=4)
def _alone(services: tuple[ServiceJob, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Of each job the words that want nothing else."""
    words = [(job.id, f"(?:{_words(services, job)})") for job in services]
    return tuple(
        (id_, re.compile(rf"{_ONLY_BEFORE}{spoken}|{spoken}{_TAIL}{_ONLY_BEHIND}", re.IGNORECASE))
        for id_, spoken in words
    )


def _words(services: Iterable[ServiceJob], job: ServiceJob) -> str:
    shorts = [short for short, id_ in _short_names(services).items() if id_ == job.id]
    return _alternatives([job.name, *job.aliases, *shorts])


def _all_words(services: Iterable[ServiceJob]) -> str:
    names = [word for job in services for word in (job.name, *job.aliases)]
    return _alternatives([*names, *_short_names(services)])


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


def _short_names(services: Iterable[ServiceJob]) -> dict[str, str]:
    """The first two characters of a job's name, and of what is done (机油); the job that stands first has them."""
    shorts: dict[str, str] = {}
    for job in services:
        for words in filter(None, (job.name, job.detail)):
            shorts.setdefault(words[:2], job.id)
    return shorts


def _unlisted(turn: Turn) -> list[re.Match[str]]:
    listed = [word for job in turn.dealership.services for word in (job.name, *job.aliases)]
    found = _UNLISTED.finditer(turn.text)
    return [match for match in found if not any(match.group() in word for word in listed)]


def _without_unlisted(turn: Turn) -> str:
    text = list(turn.text)
    for found in _unlisted(turn):
        text[found.start() : found.end()] = "·" * len(found.group())
    return "".join(text)
