"""What the jobs of a service visit amount to on a car: minutes, price "from", and whether they suit it at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.domain.dealership import Dealership, Powertrain, ServiceJob
from bot.domain.errors import InvalidInput


def jobs_of(dealership: Dealership, ids: Iterable[str]) -> tuple[ServiceJob, ...]:
    """The jobs with these ids, each once. Raises InvalidInput for an unknown one, and for none."""
    known = {job.id: job for job in dealership.services}
    wanted = tuple(dict.fromkeys(ids))
    if not wanted or any(id_ not in known for id_ in wanted):
        raise InvalidInput(f"a service visit needs known jobs, not {list(wanted)}")
    return tuple(known[id_] for id_ in wanted)


def visit_minutes(dealership: Dealership, jobs: Iterable[ServiceJob], model: str | None) -> int:
    """How long a visit takes: the minutes of all its jobs are added, whatever is done together.

    The rule of ``reference/demo-dealership.md`` (*Who and what can be booked*): one bay and one technician do one
    job after the other.
    """
    return sum(job_minutes(dealership, job, model) for job in jobs)


def visit_price(dealership: Dealership, jobs: Iterable[ServiceJob], model: str | None) -> int:
    """The sum of the prices "from", in 元."""
    return sum(job_price(dealership, job, model) for job in jobs)


def job_minutes(dealership: Dealership, job: ServiceJob, model: str | None) -> int:
    """The minutes that a job takes on a car: those of its model, else of its powertrain, else the usual ones."""
    return _on_car(dealership, job.minutes_by, model, job.minutes)


def job_price(dealership: Dealership, job: ServiceJob, model: str | None) -> int:
    """The price "from" of a job on a car, in 元: chosen as ``job_minutes`` are."""
    return _on_car(dealership, job.price_by, model, job.price)


def needs_electric(dealership: Dealership, jobs: Iterable[ServiceJob], model: str | None) -> bool:
    """Whether EV equipment is needed; a job for electric cars tells it where the model is unknown."""
    powertrain = powertrain_of(dealership, model)
    if powertrain is None:
        return any(job.powertrain is Powertrain.ELECTRIC for job in jobs)
    return powertrain is Powertrain.ELECTRIC


def unsuitable_jobs(
    dealership: Dealership, jobs: Iterable[ServiceJob], model: str | None
) -> tuple[ServiceJob, ...]:
    """The jobs that are not done on such a car, as an oil change on an electric one; none for an unknown car."""
    powertrain = powertrain_of(dealership, model)
    return tuple(job for job in jobs if powertrain and job.powertrain not in (None, powertrain))


def suit_one_car(jobs: Iterable[ServiceJob]) -> bool:
    """Whether some car takes all of the jobs: none is both electric and not."""
    return len({job.powertrain for job in jobs} - {None}) <= 1


def powertrain_of(dealership: Dealership, model: str | None) -> Powertrain | None:
    """Raises InvalidInput for an unknown model; None is a car that nobody named."""
    if model is None:
        return None
    found = next((known for known in dealership.models if known.id == model), None)
    if found is None:
        raise InvalidInput(f"unknown model {model!r}")
    return found.powertrain


def _on_car(dealership: Dealership, values: Mapping[str, int], model: str | None, usual: int) -> int:
    powertrain = powertrain_of(dealership, model)
    by_powertrain = values.get(powertrain.value, usual) if powertrain else usual
    return values.get(model, by_powertrain) if model else usual
