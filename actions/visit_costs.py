"""What the jobs of a visit cost and how long they take, asked while it is being booked."""

from __future__ import annotations

import re

from actions.base import Turn
from actions.forms import Draft
from actions.job_words import named_jobs
from actions.visit_jobs import free_jobs
from bot.domain.workshop import jobs_of, visit_minutes, visit_price
from bot.services.content.variables import price_text
from bot.services.wording import say_job_names, say_jobs

_ASKS = re.compile(
    r"多少钱|[啥什]么?价钱?|几块钱|贵不贵|多少费用|费用多少|多久|多长时间|多少时间|几个小时|几个钟头?|多少分钟"
)
_INTERVAL = re.compile(r"多久[要得该再]?[换做洗查检]|[一几]次")
_OF_ALL = re.compile(r"一共|总共|全部|加起来|合计|算下来|这次|今天|都")
_ANYTHING = re.compile(
    r"[\W_]|大概|大约|左右|需要|下来|时间|费用|价格|项目|请问|保养|[那这要得花是的了个完好弄做等修洗换查能呢啊呀哦吧用费车我你们和跟就]"
)


def costs_asked(turn: Turn, draft: Draft) -> list[str]:
    """The jobs whose price or minutes are asked for, and nothing else with them; none for any other question."""
    if turn.is_payload or not _ASKS.search(turn.text) or _INTERVAL.search(turn.text):
        return []
    named, chosen = named_jobs(turn), draft["visit_jobs"] or []
    is_of_all = _OF_ALL.search(turn.text) is not None
    if not named and not is_of_all and "保养" in turn.text:  # what a service costs in general
        return []
    text = list(turn.text)
    for found in turn.values_of({"job"}):
        text[found["start"] : found["end"]] = " " * (found["end"] - found["start"])
    rest = _ANYTHING.sub("", _OF_ALL.sub("", _ASKS.sub("", "".join(text))))
    if rest or not draft["visit_model"]:
        return []
    wanted = named or chosen
    return [] if "service" in wanted else list(wanted)


def tell_costs(turn: Turn, draft: Draft, jobs: list[str]) -> None:
    """Minutes and price of the whole visit, or of the one job that was named."""
    chosen, model = draft["visit_jobs"] or [], draft["visit_model"]
    if set(jobs) == set(chosen):
        all_jobs = jobs_of(turn.dealership, jobs)
        paid = [job for job in all_jobs if job.id not in free_jobs(turn)]
        price = price_text(visit_price(turn.dealership, paid, model))
        turn.say("utter_visit_sum", minutes=visit_minutes(turn.dealership, all_jobs, model), price=price)
        return
    lines = say_jobs(turn.dealership, jobs, model, free_jobs(turn))
    if set(jobs) <= set(chosen):
        turn.say("utter_job_costs", jobs=lines)
    else:
        missing = [job for job in jobs if job not in chosen]
        turn.say("utter_job_costs_not_chosen", jobs=lines, names=say_job_names(turn.dealership, missing))
