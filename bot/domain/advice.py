"""Which model suits what somebody wants a car for, and how models differ. Pure functions; sums are 元, prices of models
万元. The words of each reason are content (``dealership/advice.yml``): nothing is said that the models do not hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.dealership import Model
from bot.domain.replies import variables_of

MOST = 3
"""Models that are recommended, and compared, at once."""
NEAREST = 2
"""Models that are named where none has everything."""
YUAN = 10_000

_WORDS: dict[str, frozenset[str]] = {
    "within_budget": frozenset({"price"}),
    "starts_within_budget": frozenset({"price", "price_from"}),
    "above_minimum": frozenset({"price"}),
    "enough_seats": frozenset({"seats", "people"}),
    "seats_wanted": frozenset({"seats"}),
    "energy_wanted": frozenset({"energy", "engine"}),
    "body_wanted": frozenset({"body", "kind"}),
    "over_budget": frozenset({"price_from", "over"}),
    "under_budget": frozenset({"price_to"}),
    "too_few_seats": frozenset({"seats"}),
    "other_energy": frozenset({"energy"}),
    "other_body": frozenset({"body", "kind"}),
    "unwanted": frozenset({"name"}),
}
"""The reasons for and against a model, with what their words may say."""
ROWS = ("price", "kind", "energy", "engine", "seats", "range")
"""What a comparison shows, in this order."""
_SEATS, _ENERGY, _BODY, _UNDER = 100.0, 8.0, 4.0, 6.0
"""What it costs a model to lack something: seats cannot be added, of the rest the body is given up first."""
_OVER = 40.0
"""The price of a model that is over the budget, for each whole budget: a tenth weighs as much as the other body."""


@dataclass(frozen=True)
class Suit:
    """A model that suits a use: ``points`` decide the order, ``reason`` says why. ``people``: not for more of them."""

    model: str
    points: int
    reason: str
    people: int | None = None


@dataclass(frozen=True)
class Use:
    """What a car is bought for; ``id`` is a value of the entity ``use``."""

    id: str
    name: str
    suits: tuple[Suit, ...] = ()
    asked: bool = True


@dataclass(frozen=True)
class Repurchase:
    """When the next car is expected: so many months or km after the delivery of the present one."""

    months: int = 72
    km: int = 120_000


@dataclass(frozen=True)
class AdviceRules:
    """``dealership/advice.yml``. ``words``: a sentence for each reason, ``names`` for ids, ``rows`` for the lines of a
    comparison. ``age_bands``: the last year of each band of a car's age. A use that is not ``asked`` has no button.
    """

    uses: tuple[Use, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    rows: Mapping[str, str] = field(default_factory=dict, hash=False)
    age_bands: tuple[int, ...] = (1, 3, 5, 8)
    repurchase: Repurchase = field(default_factory=Repurchase)


@dataclass(frozen=True)
class Needs:
    """What somebody looks for. ``people`` sit in it, ``seats`` were asked for; ``buy_within`` is in months.

    ``unwanted`` are kinds of energy and body (不要电车).
    """

    budget_min: int | None = None
    budget_max: int | None = None
    people: int | None = None
    seats: int | None = None
    uses: tuple[str, ...] = ()
    energy: str | None = None
    body: str | None = None
    current_car: str | None = None
    buy_within: int | None = None
    unwanted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """Why a model fits or does not: a code of the content's words, or the finished ``text`` of a use."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict, hash=False)
    text: str = ""


@dataclass(frozen=True)
class Suggestion:
    model: Model
    reasons: tuple[Reason, ...]
    misses: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Advice:
    """At most three models that have everything; where there are none, the nearest ones with what they lack.

    ``cheapest`` is set where every model costs more than the budget.
    """

    fits: tuple[Suggestion, ...]
    nearest: tuple[Suggestion, ...] = ()
    cheapest: Model | None = None


def advise(models: Sequence[Model], rules: AdviceRules, needs: Needs) -> Advice:
    """The models for these needs, the best first: by what their uses suit, then the dearer one within the budget."""
    judged = [_judged(model, rules, needs) for model in models]
    fits = [each for each in judged if not each.misses]
    if fits:
        fits.sort(key=lambda each: _rank(each, rules, needs))
        return Advice(tuple(fits[:MOST]))
    nearest = sorted(judged, key=lambda each: (_lacks(each, needs), _rank(each, rules, needs)))
    if nearest and _lacks(nearest[0], needs) < _SEATS:
        nearest = [each for each in nearest if _lacks(each, needs) < _SEATS]
    cheapest = min(models, key=lambda model: model.price_from, default=None)
    if cheapest is None or needs.budget_max is None or _yuan(cheapest.price_from) <= needs.budget_max:
        cheapest = None
    return Advice((), tuple(nearest[:NEAREST]), cheapest)


def compare(models: Sequence[Model], rules: AdviceRules) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(row, a value for each model) of what the content knows; a row that says nothing is left out."""
    values = [_facts(model, rules) for model in models[:MOST]]
    rows = ((row, tuple(each[row] for each in values)) for row in ROWS)
    return tuple((row, cells) for row, cells in rows if any(cells))


def advice_problems(rules: AdviceRules, models: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the rules, as field and reason. ``models``: the ids on sale."""
    yield from _use_problems(rules, models)
    yield from _word_problems(rules)
    if list(rules.age_bands) != sorted(set(rules.age_bands)) or any(band < 1 for band in rules.age_bands):
        yield "age_bands", "must be years in rising order"
    if rules.repurchase.months < 1 or rules.repurchase.km < 1:
        yield "repurchase", "must be at least 1"


def price_words(model: Model) -> str:
    """The guide price in 万元."""
    return f"{model.price_from:g}–{model.price_to:g} 万元"


def _use_problems(rules: AdviceRules, models: Collection[str]) -> Iterator[tuple[str, str]]:
    for use in rules.uses:
        for suit in use.suits:
            if suit.model not in models:
                yield f"uses.{use.id}", f"{suit.model!r} does not exist"
            if suit.points < 1:
                yield f"uses.{use.id}", "points must be at least 1"


def _word_problems(rules: AdviceRules) -> Iterator[tuple[str, str]]:
    for code, text in rules.words.items():
        unknown = variables_of(text) - _WORDS.get(code, frozenset())
        if code not in _WORDS:
            yield f"words.{code}", "is no reason"
        elif unknown:
            yield f"words.{code}", f"{{{min(unknown)}}} has no value"
    for row in rules.rows:
        if row not in ROWS:
            yield f"rows.{row}", "is no row"


def _judged(model: Model, rules: AdviceRules, needs: Needs) -> Suggestion:
    found = [
        *_of_budget(model, needs),
        *_of_seats(model, needs),
        *_of_kind(model, rules, needs),
    ]
    uses = [Reason("use", text=suit.reason) for suit in _suits(model, rules, needs)]
    reasons = tuple(reason for fits, reason in found if fits)
    return Suggestion(model, (*reasons, *uses), tuple(reason for fits, reason in found if not fits))


def _of_budget(model: Model, needs: Needs) -> Iterator[tuple[bool, Reason]]:
    least, most = needs.budget_min, needs.budget_max
    price = {"price": price_words(model), "price_from": f"{model.price_from:g} 万元"}
    if most is not None and _yuan(model.price_from) > most:
        over = {**price, "over": f"{model.price_from - most / YUAN:.2f}".rstrip("0").rstrip(".") + " 万元"}
        yield False, Reason("over_budget", over)
    elif least is not None and _yuan(model.price_to) < least:
        yield False, Reason("under_budget", {"price_to": f"{model.price_to:g} 万元"})
    elif most is not None:
        whole = _yuan(model.price_to) <= most
        yield True, Reason("within_budget" if whole else "starts_within_budget", price)
    elif least is not None:
        yield True, Reason("above_minimum", price)


def _of_seats(model: Model, needs: Needs) -> Iterator[tuple[bool, Reason]]:
    most, wanted = max(model.seats), max(needs.seats or 0, needs.people or 0)
    if wanted > most:
        yield False, Reason("too_few_seats", {"seats": str(most)})
    elif needs.seats:
        seats = min(count for count in model.seats if count >= wanted)
        yield True, Reason("seats_wanted", {"seats": str(seats)})
    elif needs.people and needs.people > 1:
        seats = min(count for count in model.seats if count >= wanted)
        yield True, Reason("enough_seats", {"seats": str(seats), "people": str(needs.people)})


def _of_kind(model: Model, rules: AdviceRules, needs: Needs) -> Iterator[tuple[bool, Reason]]:
    name = rules.names.get
    for kind in (model.powertrain.value, model.body):
        if kind in needs.unwanted:
            yield False, Reason("unwanted", {"name": name(kind, kind)})
    if needs.energy:
        energy = model.powertrain.value
        about = {"energy": name(energy, energy), "engine": model.engine}
        fits = energy == needs.energy
        yield fits, Reason("energy_wanted" if fits else "other_energy", about)
    if needs.body:
        fits = model.body == needs.body
        about = {"body": name(model.body, model.body), "kind": model.kind}
        yield fits, Reason("body_wanted" if fits else "other_body", about)


def _rank(each: Suggestion, rules: AdviceRules, needs: Needs) -> tuple[int, float]:
    """Smaller is better. Who names no budget sees the cheaper one first."""
    points = sum(suit.points for suit in _suits(each.model, rules, needs))
    has_budget = needs.budget_max is not None
    return -points, -each.model.price_from if has_budget else each.model.price_from


def _suits(model: Model, rules: AdviceRules, needs: Needs) -> Iterator[Suit]:
    for use in rules.uses:
        if use.id in needs.uses:
            for suit in use.suits:
                if suit.model == model.id and (not suit.people or (needs.people or 0) <= suit.people):
                    yield suit


def _lacks(each: Suggestion, needs: Needs) -> float:
    costs = {"too_few_seats": _SEATS, "other_energy": _ENERGY, "other_body": _BODY, "under_budget": _UNDER}
    costs["unwanted"] = _ENERGY
    total = sum(costs.get(miss.code, 0.0) for miss in each.misses)
    if needs.budget_max and any(miss.code == "over_budget" for miss in each.misses):
        total += _OVER * (_yuan(each.model.price_from) / needs.budget_max - 1)
    return total


def _facts(model: Model, rules: AdviceRules) -> dict[str, str]:
    energy = model.powertrain.value
    return {
        "price": price_words(model),
        "kind": model.kind,
        "energy": rules.names.get(energy, energy),
        "engine": model.engine,
        "seats": "/".join(map(str, model.seats)),
        "range": "/".join(map(str, model.range_km)),
    }


def _yuan(price: float) -> int:
    return round(price * YUAN)
