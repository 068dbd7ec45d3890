"""The jobs of a service visit as customers speak of them: one more, one less, and what suits the car."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actions.base import Turn
from actions.job_words import unlisted_work
from bot.domain.dealership import Powertrain
from bot.domain.workshop import unsuitable_jobs
from bot.services.vehicles import suggested_job
from bot.services.wording import say_job_names, say_km

_SOME_SERVICE = re.compile(r"保养|保样|宝养|保羊")
_PUNCTURE = re.compile(r"胎.{0,6}(扎|钉|漏气|慢撒气|破|瘪)|(扎|钉).{0,6}胎|补一?下?个?(车|轮)?胎")
LOOKED_AT = "diagnosis"


def is_puncture(turn: Turn) -> bool:
    """A hole in a tyre is to be mended: no job of the price list, the workshop has to look at it."""
    return bool(_PUNCTURE.search(turn.text)) and not turn.values("job")


def speaks_of_service(turn: Turn) -> bool:
    """Whether "保养" is said as such, beside the jobs that are named ("保养和刹车检查")."""
    text = turn.text
    for found in turn.values_of({"job"}):
        text = text.replace(turn.text[found["start"] : found["end"]], " ")
    return bool(_SOME_SERVICE.search(text)) and turn.intent in ("book_service", "inform", "request_change")


def without_included(turn: Turn, jobs: list[str]) -> list[str]:
    """One service in a visit: the largest holds what the others do, is charged once, and the customer reads so."""
    rule = turn.content.schedule.next_service.jobs
    named = [job for job in (rule.major, rule.first, rule.regular) if job in jobs]
    if not named:
        return jobs
    included = named[1:]
    if included:
        name = turn.dealership.service(named[0]).name
        turn.say("utter_job_included", whole=name, jobs=say_job_names(turn.dealership, included))
    return [job for job in jobs if job not in included and job != "service"]


def is_included(turn: Turn, jobs: Sequence[str], chosen: Sequence[str]) -> bool:
    """Whether nothing is named but an oil change, while a larger service is chosen."""
    rule = turn.content.schedule.next_service.jobs
    return list(jobs) == [rule.regular] and (rule.major in chosen or rule.first in chosen)


def say_unlisted_work(turn: Turn) -> bool:
    """Say that some work cannot be booked as such, and what can be instead; False when none was named."""
    work = unlisted_work(turn)
    if work:
        turn.say("utter_job_not_listed", work=work, instead=turn.dealership.service(LOOKED_AT).name)
    return bool(work)


def service_of_mileage(turn: Turn, model: str, mileage: int) -> str:
    """The job that "保养" means at this mileage (-1: unknown); a large one is a suggestion, and said to be one."""
    rule = turn.content.schedule.next_service.jobs
    powertrain = turn.dealership.model(model).powertrain
    job = suggested_job(turn.content.schedule, powertrain, mileage if mileage >= 0 else None)
    if job == rule.major:
        regular, major = turn.dealership.service(rule.regular).name, turn.dealership.service(job).name
        turn.say("utter_service_of_mileage", mileage=say_km(mileage), job=major, instead=regular)
    return job


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
    return free_jobs_at(turn, turn.slot("visit_mileage"))


def free_jobs_at(turn: Turn, mileage: int | None) -> tuple[str, ...]:
    rule = turn.content.schedule.next_service
    return (rule.jobs.electric,) if mileage is not None and 0 <= mileage <= rule.first_km else ()
