"""The jobs of a service visit as customers speak of them: one more, one less, and what suits the car."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actions.base import Turn
from bot.domain.dealership import Powertrain, ServiceJob
from bot.domain.workshop import unsuitable_jobs
from bot.services.vehicles import suggested_job
from bot.services.wording import say_km

_SOME_SERVICE = re.compile(r"保养|保样|宝养|保羊")
_PUNCTURE = re.compile(r"胎.{0,6}(扎|钉|漏气|慢撒气|破|瘪)|(扎|钉).{0,6}胎|补一?下?个?(车|轮)?胎")
LOOKED_AT = "diagnosis"
_NOT_BEFORE = (
    r"(?:不做|不要|去掉|取消|别做|删掉|不看|不用做?|不洗|不换|不查|不检|不(?=[换洗查看检补]))(?:那个|这个)?"
)
_NOT_BEHIND = (
    r"(?:检查|检测|换位|清洗|项目|那个|这个|那项|这项)*(?:就|先|也|暂时)*"
    r"(?:不做|不要|去掉|取消|别做|删掉|不看|不用|不洗|不换|不查|不检|免了|算了|不弄)"
)
_ADDS = re.compile(
    r"再加|还要|另外|顺便|加上|一起|再做|加个|加一|还有|再来|再洗|再换|再检|再看|再查|也[要做洗换看查检来]"
)


def adds(turn: Turn) -> bool:
    """Whether the jobs of a message come on top of those chosen so far (再加个空调清洗)."""
    return bool(_ADDS.search(turn.text))


def is_puncture(turn: Turn) -> bool:
    """A hole in a tyre is to be mended: no job of the price list, the workshop has to look at it."""
    return bool(_PUNCTURE.search(turn.text)) and not turn.values("job")


def speaks_of_service(turn: Turn) -> bool:
    """Whether "保养" is said as such, beside the jobs that are named ("保养和刹车检查")."""
    text = turn.text
    for found in turn.values_of({"job"}):
        text = text.replace(turn.text[found["start"] : found["end"]], " ")
    return bool(_SOME_SERVICE.search(text)) and turn.intent in ("book_service", "inform", "request_change")


def refused_jobs(turn: Turn, earlier: Sequence[str]) -> list[str]:
    """Which of the jobs chosen so far the customer takes back (刹车不看了, 不做轮胎了)."""
    if turn.is_payload or turn.is_question:
        return []
    known = {job.id: job for job in turn.dealership.services}
    return [id_ for id_ in earlier if id_ in known and _is_refused(turn.text, known[id_])]


def _is_refused(text: str, job: ServiceJob) -> bool:
    words = "|".join(re.escape(word) for word in sorted({job.name, *job.aliases}, key=len, reverse=True))
    spoken = rf"(?:{words})"
    return bool(re.search(rf"{_NOT_BEFORE}{spoken}|{spoken}{_NOT_BEHIND}", text, re.IGNORECASE))


def fitting(turn: Turn, model: str, job: str) -> str:
    """The job as it is done on this model, told where the customer named another one: 换机油 on an electric car."""
    dealership = turn.dealership
    if job == "service" or not unsuitable_jobs(dealership, [dealership.service(job)], model):
        return job
    car, services = dealership.model(model), turn.content.schedule.next_service.jobs
    electric = car.powertrain is Powertrain.ELECTRIC
    instead = services.electric if electric else services.regular
    if job in turn.values("job") and job != services.first:
        turn.say(
            "utter_job_not_for_car",
            model=car.name,
            kind="纯电车" if electric else "燃油车",
            job=dealership.service(job).name,
            instead=dealership.service(instead).name,
        )
    return instead


def without_late_first_service(turn: Turn, model: str, mileage: int | None, jobs: list[str]) -> list[str]:
    """The free first service only for a car that is due for it; beyond, the job of its mileage, with the reason."""
    schedule = turn.content.schedule
    first = schedule.next_service.jobs.first
    if first not in jobs or mileage is None or mileage < 0:
        return jobs
    due = suggested_job(schedule, turn.dealership.model(model).powertrain, mileage)
    electric = turn.dealership.model(model).powertrain is Powertrain.ELECTRIC
    if due == first or (electric and mileage <= schedule.next_service.first_km):
        return jobs
    turn.say(
        "utter_first_service_is_over",
        mileage=say_km(mileage),
        job=turn.dealership.service(due).name,
    )
    return [due if job == first else job for job in jobs]


def free_jobs(turn: Turn) -> tuple[str, ...]:
    """The electric car's first service is free: by mileage, as far as it is known."""
    mileage, rule = turn.slot("visit_mileage"), turn.content.schedule.next_service
    return (rule.jobs.electric,) if mileage is not None and 0 <= mileage <= rule.first_km else ()
