"""Each figure of a made-up year is what plain Python counts from the rows, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from bot.domain.errors import InvalidInput, NotFound
from bot.domain.indicators import COMPUTED, Grain, Standing, period_of, read_period
from bot.services.audit import Actor, list_audit
from bot.services.indicators import figures as f
from bot.services.indicators.entries import enter
from bot.services.indicators.sources import SOURCES
from bot.store.database import Database
from tests.database import KINDS, open_database
from tests.indicators.demo import demo_content
from tests.indicators.recount import Dump, Recount
from tests.indicators.year import NOW, Year

PERIODS = ("2026-02", "2026-06", "2026-10", "2026-11", "2026-Q1", "2026-Q4", "2026", "2025-12", "2027-01")


@pytest.fixture(scope="module", params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = open_database(request.param, tmp_path_factory.mktemp("year"))
    Year(160).into(database)
    yield database
    database.close()


@pytest.fixture(scope="module")
def dump(database: Database) -> Dump:
    return Dump(database)


def test_the_content_has_every_indicator_of_the_manual() -> None:
    assert set(SOURCES) == COMPUTED
    assert set(demo_content().indicators) == COMPUTED | {"trainings"}


@pytest.mark.parametrize("store", [None, "east", "west"])
@pytest.mark.parametrize("period", PERIODS)
def test_the_figures_are_what_the_rows_say(
    database: Database, dump: Dump, period: str, store: str | None
) -> None:
    content = demo_content()
    for figure in f.figures(database, content, read_period(period), store, NOW):
        if figure.indicator.by_hand:
            assert figure.value is None
            continue
        own = figure.period
        said = Recount(dump, own.first, own.end, store).value(figure.indicator.id)
        assert figure.value == (said if said is None else pytest.approx(said)), figure.indicator.id


def test_the_year_has_something_of_everything(database: Database) -> None:
    """Else the comparison above would prove little: no figure of the year is at an end of its scale or missing."""
    for figure in f.figures(database, demo_content(), read_period("2026"), None, NOW):
        if not figure.indicator.by_hand:
            assert figure.value is not None
            assert figure.counted is not None
            assert 0 < abs(figure.value) < 100, figure.indicator.id


def test_the_list_is_what_was_counted(database: Database) -> None:
    content, period = demo_content(), read_period("2026-10")
    for figure in f.figures(database, content, period, "east", NOW):
        found = f.rows(database, content, figure.indicator.id, period, "east", NOW)
        cases = figure.counted.cases if figure.counted else 0
        assert len(found) == cases, figure.indicator.id
        if figure.counted:
            assert sum(row.hit for row in found) == figure.counted.hits
        assert len({row.id for row in found}) == len(found)


def test_nothing_that_happened_is_no_figure_and_misses_no_target(database: Database) -> None:
    for figure in f.figures(database, demo_content(), read_period("2031-05"), "west", NOW):
        if figure.indicator.id not in ("customer_events", "loyal_customers"):
            assert (figure.value, figure.standing) == (None, Standing.NONE)


def test_a_longer_period_is_told_around_a_month(database: Database) -> None:
    told = {
        each.indicator.id: each.period.id
        for each in f.figures(database, demo_content(), read_period("2026-05"), None, NOW)
    }
    assert (told["nps"], told["customer_events"], told["repeat_purchase"]) == ("2026-05", "2026-Q2", "2026")


def test_how_it_developed_ends_with_the_figure(database: Database) -> None:
    content, period = demo_content(), read_period("2026-10")
    past = f.development(database, content, "nps", period, None, NOW)
    assert [each.period.id for each in past[:2]] == ["2025-11", "2025-12"]
    assert (len(past), past[-1]) == (12, f.figure(database, content, "nps", period, None, NOW))


def test_what_is_entered_by_hand(database: Database) -> None:
    content, actor = demo_content(), Actor("boss")

    def entered(period: str, store: str | None = "east") -> f.Figure:
        return f.figure(database, content, "trainings", read_period(period), store, NOW)

    for value in (1, 2):
        enter(database, content, "trainings", read_period("2026-09"), "east", value, "安全培训", actor, NOW)
    enter(database, content, "trainings", read_period("2026-08"), "east", 0, None, actor, NOW)
    september = entered("2026-09")
    assert september.entry is not None
    assert (september.value, september.standing, september.entry.entered_by) == (2, Standing.REACHED, "boss")
    assert (entered("2026-08").value, entered("2026-08").standing) == (0, Standing.MISSED)
    assert (entered("2026-Q3").value, entered("2026-Q3").standing) == (2, Standing.NONE)
    assert (entered("2026-09", None).value, entered("2026-10").value) == (None, None)
    lines = list_audit(database, action="indicator.entered")
    assert [line.details["value"] for line in lines] == [0, 2, 1]


@pytest.mark.parametrize(
    ("id_", "period", "store", "value", "error"),
    [
        ("nps", "2026-09", None, 1, InvalidInput),
        ("nothing", "2026-09", None, 1, NotFound),
        ("trainings", "2026-Q3", None, 1, InvalidInput),
        ("trainings", "2026-09", "nowhere", 1, InvalidInput),
        ("trainings", "2026-09", None, -1, InvalidInput),
        ("trainings", "2026-09", None, 1.5, InvalidInput),
        ("trainings", "2026-09", None, float("nan"), InvalidInput),
    ],
)
def test_what_cannot_be_entered(
    database: Database, id_: str, period: str, store: str | None, value: float, error: type[Exception]
) -> None:
    with pytest.raises(error):
        enter(database, demo_content(), id_, read_period(period), store, value, None, Actor("boss"), NOW)


def test_periods() -> None:
    assert read_period("2026-Q4").first == date(2026, 10, 1)
    assert read_period("2026-12").end == date(2027, 1, 1)
    assert read_period("2026").before().id == "2025"
    assert read_period("2026-01").before().id == "2025-12"
    assert period_of(date(2026, 11, 22), Grain.QUARTER).name == "2026年四季度"
    for text in ("2026-13", "2026-Q5", "26", "1999", "2026-1", "２０２６", "2026\n", ""):
        with pytest.raises(InvalidInput):
            read_period(text)
